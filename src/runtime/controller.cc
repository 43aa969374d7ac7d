#include "runtime/controller.h"

#include "runtime/config_metrics.h"
#include "runtime/environment.h"
#include "runtime/module.h"
#include "syntax/parser.h"

namespace alloy::runtime {
namespace {

// Parses all files; the mistakes of all of them together.
syntax::Diagnosed<ModuleContent> parse(const ConfigSource& source) {
  ModuleContent content{.module_path = source.module_path};
  syntax::Diagnostics diagnostics;
  for (const auto& text : source.files) {
    auto parsed = syntax::parse_file(text);
    if (!parsed) {
      diagnostics.merge(std::move(parsed).error());
      continue;
    }
    for (auto& statement : statements_of((*parsed)->body(), *parsed))
      content.statements.push_back(std::move(statement));
  }
  if (diagnostics.has_errors()) return std::unexpected(std::move(diagnostics));
  const auto variables = std::make_shared<ModuleVariables>();
  variables->set("module_path", Value::string(source.module_path));
  content.variables = variables;
  return content;
}

std::unexpected<LoadFailure> failure(LoadFailure::Stage stage, syntax::Diagnostics diagnostics,
                                     std::vector<syntax::SourcePointer> sources) {
  std::string message = diagnostics.summary();
  return std::unexpected(LoadFailure{.stage = stage,
                                     .message = std::move(message),
                                     .diagnostics = std::move(diagnostics),
                                     .sources = std::move(sources)});
}

const std::string no_hash(64, '0');

}  // namespace

struct Controller::State {
  explicit State(ControllerOptions options)
      : environment(std::move(options)), metrics(environment.options.cluster_name) {}

  bool is_root() const { return environment.options.id.empty(); }

  Environment environment;
  std::shared_ptr<Module> root;
  AsyncLock loading;
  ConfigMetrics metrics;

  mutable std::mutex mutex;  // Guards everything below.
  std::vector<syntax::SourcePointer> sources;
  bool is_started = false;
  bool is_shut_down = false;
};

std::unique_ptr<Controller> Controller::create(ControllerOptions options) {
  auto state = std::make_unique<State>(std::move(options));
  state->root = Module::create(
      state->environment, {.id = state->environment.options.id,
                           .kind = state->is_root() ? ModuleKind::root : ModuleKind::isolated});
  return std::unique_ptr<Controller>(new Controller(std::move(state)));
}

Controller::Controller(std::unique_ptr<State> state) : state_(std::move(state)) {}

Controller::~Controller() { ASSERT(state_->is_shut_down || state_->root->structure() == nullptr); }

Task<LoadResult> Controller::load_path(std::string path) {
  auto source =
      co_await run_blocking(state_->environment.options.executor.blocking(),
                            [path, this] { return state_->environment.options.read(path); });
  if (source) co_return co_await load(*std::move(source));
  state_->metrics.tried(no_hash, false, state_->environment.options.clock.wall());
  co_return std::unexpected(LoadFailure{.message = source.error().message()});
}

Task<LoadResult> Controller::load(ConfigSource source) {
  using Stage = LoadFailure::Stage;
  const auto hold = co_await state_->loading.lock(AsyncLock::Mode::exclusive);
  {
    std::lock_guard lock(state_->mutex);
    if (state_->is_shut_down)
      co_return std::unexpected(LoadFailure{.message = "the program is shutting down"});
  }
  auto content = parse(source);
  state_->metrics.tried(source.sha256(), content.has_value(),
                        state_->environment.options.clock.wall());
  if (!content)
    co_return failure(Stage::parsing, std::move(content).error(), std::move(source.files));

  auto loaded = co_await state_->root->load(*std::move(content));
  if (!loaded && loaded.error().is_structure)
    co_return failure(Stage::structure, std::move(loaded).error().diagnostics,
                      std::move(source.files));
  bool is_first = false;
  {
    std::lock_guard lock(state_->mutex);
    state_->sources = source.files;
    is_first =
        loaded.has_value() && !std::exchange(state_->is_started, loaded || state_->is_started);
  }
  if (is_first) co_await state_->root->start();
  if (!loaded)
    co_return failure(Stage::evaluation, std::move(loaded).error().diagnostics,
                      std::move(source.files));
  co_return LoadResult();
}

void Controller::refuse_loads() {
  std::lock_guard lock(state_->mutex);
  state_->is_shut_down = true;
}

Task<> Controller::shutdown() {
  refuse_loads();
  const auto hold = co_await state_->loading.lock(AsyncLock::Mode::exclusive);
  co_await state_->root->stop();
}

Result<std::vector<ComponentInfo>> Controller::list_components(std::string_view module_id) const {
  const auto module =
      state_->root->find(module_id.empty() && !state_->is_root() ? state_->root->id() : module_id);
  if (module == nullptr) return fail("module not found", ErrorKind::not_found);
  return module->components();
}

std::optional<ComponentInfo> Controller::find_component(std::string_view global_id) const {
  const size_t slash = global_id.rfind('/');
  const bool is_inside = slash != std::string_view::npos;
  const auto module = state_->root->find(is_inside ? global_id.substr(0, slash) : "");
  if (module == nullptr) return std::nullopt;
  return module->component(is_inside ? global_id.substr(slash + 1) : global_id);
}

bool Controller::has_component(std::string_view global_id) const {
  const size_t slash = global_id.rfind('/');
  const bool is_inside = slash != std::string_view::npos;
  const auto module = state_->root->find(is_inside ? global_id.substr(0, slash) : "");
  return module != nullptr &&
         module->has_component(is_inside ? global_id.substr(slash + 1) : global_id);
}

void Controller::collect_metrics(MetricSink& out) const {
  if (state_->is_root()) state_->metrics.collect(out);
  state_->root->collect_metrics(out);
}

std::vector<syntax::SourcePointer> Controller::sources() const {
  std::lock_guard lock(state_->mutex);
  return state_->sources;
}

}  // namespace alloy::runtime
