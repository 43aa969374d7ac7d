#include "runtime/component_node.h"

#include "schema/decode.h"
#include "schema/encode.h"
#include "schema/json.h"

namespace alloy::runtime {
namespace {

// Lets no exception of a component or of a library below it out.
Task<Result<>> apply(Component* component, std::shared_ptr<const void> arguments) {
  try {
    co_return co_await component->apply(std::move(arguments));
  } catch (const std::exception& thrown) {
    co_return fail(thrown.what());
  }
}

// The JSON of a struct, or of why there is none.
std::string json_of(const Schema* schema, const void* object) {
  std::string json;
  if (schema == nullptr || object == nullptr || !append_body_json(json, *schema, object))
    return "[]";
  return json;
}

MetricLabels labels_of(std::string_view module_id, std::string_view id) {
  return {{"component_id", std::string(id)}, {"component_path", fmt::format("/{}", module_id)}};
}

}  // namespace

ComponentNode::ComponentNode(Environment& environment, const ComponentType& type, std::string label,
                             std::string module_id, std::weak_ptr<NodeOwner> owner)
    : Node(Kind::component, std::string(type.name), std::move(label), std::move(owner)),
      environment_(environment),
      type_(type),
      module_id_(std::move(module_id)),
      strand_(environment.options.executor.strand()),
      health_(component_words, environment.options.clock.wall()) {}

ComponentNode::~ComponentNode() = default;

Task<Outcome> ComponentNode::evaluate(BlockContext context) {
  auto decoded = decode(*type_.arguments, context.block->body,
                        {.scope = *context.scope, .file = context.file->name()});
  if (!decoded) co_return std::unexpected(Failure::decoding(decoded.error()));
  std::shared_ptr<Instance> instance;
  {
    std::lock_guard lock(mutex_);
    instance = instance_;
    // What an update that failed has left behind, only another one can mend.
    if (instance != nullptr && !update_failed_ &&
        equal(*type_.arguments, arguments_.get(), decoded->get()))
      co_return Outcome();
  }
  if (instance == nullptr) co_return co_await build(*std::move(decoded));
  co_return co_await update(std::move(instance), *std::move(decoded));
}

Task<Outcome> ComponentNode::build(Arguments arguments) {
  health_.forget_report();
  auto instance = std::make_shared<Instance>(labels_of(module_id_, id()));
  instance->component = type_.create(make_options(*instance));
  const auto built = co_await apply(instance->component.get(), arguments);
  if (!built) {
    Failure failure = Failure::whole("building component: " + built.error().message());
    failure.may_pass = true;
    co_return std::unexpected(std::move(failure));
  }
  std::lock_guard lock(mutex_);
  instance_ = std::move(instance);
  arguments_ = std::move(arguments);
  co_return Outcome();
}

Task<Outcome> ComponentNode::update(std::shared_ptr<Instance> instance, Arguments arguments) {
  // A running component may be in the middle of something on its strand.
  const Result<> updated = is_running_ ? co_await boost::asio::co_spawn(
                                             strand_, apply(instance->component.get(), arguments),
                                             boost::asio::use_awaitable)
                                       : co_await apply(instance->component.get(), arguments);
  std::lock_guard lock(mutex_);
  update_failed_ = !updated;
  if (!updated) {
    Failure failure = Failure::whole("updating component: " + updated.error().message());
    failure.may_pass = true;
    co_return std::unexpected(std::move(failure));
  }
  arguments_ = std::move(arguments);
  co_return Outcome();
}

Options ComponentNode::make_options(Instance& instance) {
  const auto& options = environment_.options;
  const std::string path = join_path(module_id_, id());
  return {.id = id(),
          .label = label(),
          .module_path = module_id_,
          .data_path = fmt::format("{}{}{}", options.storage_path,
                                   options.storage_path.ends_with('/') ? "" : "/", path),
          .logger = Logger(options.log_sink)
                        .with({{"component_path", fmt::format("/{}", module_id_)},
                               {"component_id", id()}}),
          .metrics = instance.metrics,
          .executor = options.executor,
          .strand = strand_,
          .clock = options.clock,
          .services = options.services,
          .stability_min = options.stability_min,
          .host = *this};
}

std::shared_ptr<ComponentNode::Instance> ComponentNode::instance() const {
  std::lock_guard lock(mutex_);
  return instance_;
}

bool ComponentNode::has_task() const {
  const auto built = instance();
  return built != nullptr && built->component->is_running_kind();
}

void ComponentNode::started(WallTime now) {
  is_running_ = has_task();
  health_.started(now);
}

// No coroutine of its own: what has been built stays as long as the node.
Task<> ComponentNode::run(StopToken stop) {
  const auto built = instance();
  ASSERT(built != nullptr);
  return built->component->run(std::move(stop));
}

void ComponentNode::ended(std::string_view error, WallTime now) {
  is_running_ = false;
  health_.ended(error, now);
}

void ComponentNode::set_exports(std::shared_ptr<const void> exports) {
  {
    std::lock_guard lock(mutex_);
    if (exports_ != nullptr && equal(*type_.exports, exports_.get(), exports.get())) return;
    exports_ = std::move(exports);
    exports_value_.reset();
  }
  notify_changed();
}

std::optional<Value> ComponentNode::value() const {
  std::lock_guard lock(mutex_);
  if (!exports_value_) {
    if (type_.exports == nullptr) {
      exports_value_ = Value::object(Object::sorted({}));
    } else {
      const auto exports = exports_ != nullptr ? exports_ : type_.exports->create();
      exports_value_ = encode(*type_.exports, exports.get());
    }
  }
  return exports_value_;
}

void ComponentNode::set_health(HealthState state, std::string message) {
  health_.report(state, std::move(message), environment_.options.clock.wall());
}

void ComponentNode::describe(ComponentInfo& info) const {
  std::shared_ptr<Instance> built;
  Arguments arguments;
  std::shared_ptr<const void> exports;
  {
    std::lock_guard lock(mutex_);
    built = instance_;
    arguments = arguments_;
    exports = exports_;
  }
  if (built != nullptr && arguments != nullptr)
    arguments = built->component->shown(std::move(arguments));
  info.arguments = json_of(type_.arguments, arguments.get());
  if (type_.exports != nullptr && exports == nullptr) exports = type_.exports->create();
  info.exports = json_of(type_.exports, exports.get());
  if (built == nullptr) return;
  if (const auto debug_info = built->component->debug_info())
    info.debug_info = json_of(debug_info->schema, debug_info->value.get());
}

void ComponentNode::collect_metrics(MetricSink& out) const {
  if (const auto built = instance()) built->metrics.collect(out);
}

}  // namespace alloy::runtime
