#include "runtime/component_import.h"

#include "schema/decode.h"
#include "schema/encode.h"

namespace alloy::runtime {
namespace {

// A text member of an encoded struct.
std::string text_of(const Value& object, std::string_view name) {
  const Value* member = object.is_object() ? object.as_object()->find(name) : nullptr;
  if (member == nullptr) return "";
  if (member->is_string()) return member->as_string();
  const SecretText* secret = member->secret();
  return secret != nullptr ? secret->text() : "";
}

// Where relative paths of a module behind a URL start: all before the last slash.
std::string folder_of(const std::string& url) {
  const size_t slash = url.rfind('/');
  return slash == std::string::npos ? url : url.substr(0, slash);
}

class ComponentImport final : public ImportSource, private ComponentHost {
 public:
  ComponentImport(Environment& environment, const ComponentType& type)
      : environment_(environment), type_(type), strand_(environment.options.executor.strand()) {}

  Task<std::expected<ConfigSource, Failure>> evaluate(BlockContext context) override;
  Task<> run(std::function<Task<>(ConfigSource)> on_content,
             std::function<void(const Error&)> on_error, StopToken stop) override;

 private:
  Options make_options(std::string id);
  ConfigSource content();
  void set_exports(std::shared_ptr<const void> exports) override;
  void set_health(HealthState state, std::string message) override;
  static Task<> run_component(Component* component, StopToken stop);

  Environment& environment_;
  const ComponentType& type_;
  AnyExecutor strand_;
  Event changed_;

  std::mutex mutex_;  // Guards everything below.
  std::string label_;
  std::string module_path_;
  std::shared_ptr<const void> exports_;
  std::shared_ptr<const void> arguments_;
  std::string trouble_;
  bool was_unhealthy_ = false;

  MetricRegistry metrics_;
  std::unique_ptr<Component> component_;  // Last: goes first.
};

Task<std::expected<ConfigSource, Failure>> ComponentImport::evaluate(BlockContext context) {
  // An import may poll more often than an answer may take: the component's own check is not made.
  Schema schema = *type_.arguments;
  schema.validate = nullptr;
  auto decoded = decode(schema, context.block->body,
                        Evaluation{.scope = *context.scope, .file = context.file->name()});
  if (!decoded) co_return std::unexpected(Failure::decoding(decoded.error()));
  const std::shared_ptr<const void> arguments = *std::move(decoded);
  const bool is_first = component_ == nullptr;
  if (!is_first && equal(*type_.arguments, arguments_.get(), arguments.get())) co_return content();

  if (is_first)
    component_ =
        type_.create(make_options(fmt::format("{}.{}", context.block->name, context.block->label)));
  const Result<> applied = co_await boost::asio::co_spawn(strand_, component_->apply(arguments),
                                                          boost::asio::use_awaitable);
  if (!applied) {
    if (is_first) component_.reset();
    Failure failure = Failure::whole(
        fmt::format("{}: {}", is_first ? "creating http component" : "updating component",
                    applied.error().message()));
    failure.may_pass = true;
    co_return std::unexpected(std::move(failure));
  }
  {
    std::lock_guard lock(mutex_);
    label_ = context.block->label;
    module_path_ = folder_of(text_of(encode(*type_.arguments, arguments.get()), "url"));
  }
  arguments_ = arguments;
  co_return content();
}

Options ComponentImport::make_options(std::string id) {
  const auto& options = environment_.options;
  return {.id = id,
          .label = "",
          .module_path = "",
          .data_path = fmt::format("{}/{}", options.storage_path, id),
          .logger = Logger(options.log_sink).with({{"config_path", "/"}, {"config_id", id}}),
          .metrics = metrics_,
          .executor = options.executor,
          .strand = strand_,
          .clock = options.clock,
          .services = options.services,
          .stability_min = options.stability_min,
          .host = *this};
}

ConfigSource ComponentImport::content() {
  std::lock_guard lock(mutex_);
  return config_from_text(label_, text_of(encode(*type_.exports, exports_.get()), "content"),
                          module_path_);
}

void ComponentImport::set_exports(std::shared_ptr<const void> exports) {
  std::lock_guard lock(mutex_);
  exports_ = std::move(exports);
  trouble_.clear();
  changed_.notify();
}

void ComponentImport::set_health(HealthState state, std::string message) {
  std::lock_guard lock(mutex_);
  const bool is_unhealthy = state == HealthState::unhealthy;
  // A recovery is worth a look even if there is nothing new.
  if (!is_unhealthy && !std::exchange(was_unhealthy_, false)) return;
  was_unhealthy_ = is_unhealthy;
  trouble_ = is_unhealthy ? std::move(message) : std::string();
  changed_.notify();
}

Task<> ComponentImport::run_component(Component* component, StopToken stop) {
  co_await component->run(std::move(stop));
}

Task<> ComponentImport::run(std::function<Task<>(ConfigSource)> on_content,
                            std::function<void(const Error&)> on_error, StopToken stop) {
  if (component_ == nullptr) co_return;
  TaskGroup group(strand_, TaskGroup::Strands::shared);
  group.spawn(run_component(component_.get(), stop));
  while (co_await changed_.wait(stop) == Wake::notified) {
    std::string trouble;
    {
      std::lock_guard lock(mutex_);
      trouble = std::exchange(trouble_, {});
    }
    if (!trouble.empty())
      on_error(Error(std::move(trouble)));
    else
      co_await on_content(content());
  }
  co_await group.join();
}

}  // namespace

std::unique_ptr<ImportSource> make_component_import(Environment& environment,
                                                    const ComponentType& type) {
  return std::make_unique<ComponentImport>(environment, type);
}

}  // namespace alloy::runtime
