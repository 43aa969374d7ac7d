// mimir.alerts.kubernetes keeps the configuration of a Mimir Alertmanager in step with the
// AlertmanagerConfig resources of a Kubernetes cluster.
#include "components/mimir/alerts_kubernetes/alertmanager_config.h"
#include "components/shared/kubernetes/reconciler.h"
#include "components/shared/rules/ruler_api.h"
#include "components/shared/yaml_writer.h"

namespace alloy::mimir::alerts_kubernetes {
namespace {

using kubernetes::LabelSelectorArguments;
using kubernetes::Reconciler;

constexpr const char* api_path = "/api/v1/alerts";

struct MatcherArguments {
  std::string strategy = "OnNamespace";
  std::string alertmanager_namespace;

  static constexpr auto schema() {
    using M = MatcherArguments;
    return fields(
        required<&M::strategy>("strategy",
                               "OnNamespace, OnNamespaceExceptForAlertmanagerNamespace or None."),
        optional<&M::alertmanager_namespace>("alertmanager_namespace",
                                             "The namespace whose resources apply to all alerts."));
  }
};

struct Arguments {
  std::string address;
  HttpClientArguments http;
  Duration sync_interval = 5min;
  std::map<std::string, std::string> template_files;
  Secret global_config;
  LabelSelectorArguments selector;
  LabelSelectorArguments namespace_selector;
  MatcherArguments matcher;

  static constexpr auto schema() {
    using A = Arguments;
    return fields(
        required<&A::address>("address", "URL of the Mimir Alertmanager."), inlined<&A::http>(),
        optional<&A::sync_interval>("sync_interval",
                                    "How often to send the configuration if nothing changes."),
        optional<&A::template_files>("template_files", "Alertmanager's templates, by their names."),
        required<&A::global_config>("global_config",
                                    "The configuration, in YAML, that the resources add to."),
        block<&A::selector>("alertmanagerconfig_selector",
                            "Which resources count, by their labels."),
        block<&A::namespace_selector>("alertmanagerconfig_namespace_selector",
                                      "Which resources count, by their namespace's labels."),
        block<&A::matcher>("alertmanagerconfig_matcher",
                           "To which alerts the resources' routes apply."));
  }
  Result<> validate() {
    TRY(kubernetes::check_sync_interval(sync_interval));
    return http.validate();
  }
};

Result<MatcherStrategy> read_strategy(const MatcherArguments& arguments) {
  using enum MatcherStrategy::Kind;
  if (arguments.strategy == "OnNamespace") return MatcherStrategy{on_namespace, {}};
  if (arguments.strategy == "None") return MatcherStrategy{none, {}};
  if (arguments.strategy != "OnNamespaceExceptForAlertmanagerNamespace")
    return fail("invalid strategy in alertmanagerconfig_matcher: " + arguments.strategy);
  if (arguments.alertmanager_namespace.empty())
    return fail(
        "alertmanagerconfig_matcher: when strategy is set to "
        "OnNamespaceExceptForAlertmanagerNamespace, alertmanager_namespace has to be set");
  return MatcherStrategy{on_namespace_except, arguments.alertmanager_namespace};
}

// What Mimir takes.
std::string make_payload(const std::map<std::string, std::string>& templates,
                         const std::string& config) {
  std::vector<Object::Member> files;
  for (const auto& [name, text] : templates) files.push_back({name, Value::string(text)});
  return to_yaml(*Object::ordered({{"template_files", Value::object(Object::ordered(files))},
                                   {"alertmanager_config", Value::string(config)}}));
}

// What follows from the arguments; replaced as a whole.
struct Setup {
  kubernetes::ReconcilerSettings watched;
  std::shared_ptr<rules::RulerApi> mimir;
  MatcherStrategy strategy;
  Result<ObjectPointer> base = fail("not read");
  std::map<std::string, std::string> templates;
};

// What is known while one setup is used.
struct State {
  explicit State(const Setup& setup) : secrets(setup.watched.cluster) {}

  kubernetes::Secrets secrets;
  std::map<std::string, Addition> additions;  // By the resource's key; the last good ones.
  std::string sent;                           // The last payload that Mimir took.
};

class Alerts final : public ComponentWith<Arguments> {
 public:
  explicit Alerts(Options options)
      : ComponentWith(std::move(options)), reconciler_(this->options(), "mimir_alerts") {}
  Result<> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  Result<std::shared_ptr<const Setup>> prepare(Arguments arguments) const;
  Task<Result<>> reconcile(std::shared_ptr<const Setup> setup, std::shared_ptr<State> state,
                           const kubernetes::ObjectWatch* cluster, Reconciler::Reason reason,
                           StopToken stop);
  void read_resources(const Setup& setup, State& state, const kubernetes::ObjectWatch& cluster);

  Reconciler reconciler_;
  std::shared_ptr<const Setup> setup_;
  Event changed_;
};

Result<std::shared_ptr<const Setup>> Alerts::prepare(Arguments arguments) const {
  auto setup = std::make_shared<Setup>();
  setup->watched.type = &alertmanager_config_type;
  setup->watched.interval = arguments.sync_interval;
  TRY(setup->watched.cluster, kubernetes::ApiClient::create_from_environment(options()));
  TRY(setup->mimir,
      rules::RulerApi::create(options(), arguments.http,
                              {.address = arguments.address,
                               .tenant_id = {},
                               .metric = "mimir_alerts_mimir_client_request_duration_seconds"}));
  TRY(setup->watched.namespaces, kubernetes::LabelSelector::create(arguments.namespace_selector));
  TRY(setup->watched.resources, kubernetes::LabelSelector::create(arguments.selector));
  TRY(setup->strategy, read_strategy(arguments.matcher));
  setup->base = read_base_config(arguments.global_config.value);
  setup->templates = std::move(arguments.template_files);
  return setup;
}

Result<> Alerts::update(Arguments arguments) {
  auto setup = prepare(std::move(arguments));
  if (!setup)
    return std::unexpected(std::move(setup).error().with_context("initializing component failed"));
  if (setup_ != nullptr)
    options()
        .metrics
        .counter("mimir_alerts_config_updates_total",
                 "Total number of times the configuration has been updated.")
        .add();
  setup_ = *std::move(setup);
  changed_.notify();
  return {};
}

Task<> Alerts::run(StopToken stop) {
  while (co_await changed_.wait(stop) == Wake::notified) {
    StopSource other;
    const std::stop_callback pass_on(stop, [&other] { other.request_stop(); });
    TaskGroup tasks(options().strand, TaskGroup::Strands::shared);
    tasks.spawn(reconciler_.run(
        setup_->watched,
        [this, setup = setup_, state = std::make_shared<State>(*setup_)](
            const kubernetes::ObjectWatch* cluster, Reconciler::Reason reason, StopToken token) {
          return reconcile(setup, state, cluster, reason, std::move(token));
        },
        other.get_token()));
    if (co_await changed_.wait(stop) == Wake::notified) changed_.notify();
    other.request_stop();
    co_await tasks.join();
  }
}

// Reads the resources, twice where they refer to secrets that were not known, and sends what they
// become. Nobody tells when a secret changes: they are asked for anew at each interval.
Task<Result<>> Alerts::reconcile(std::shared_ptr<const Setup> setup, std::shared_ptr<State> state,
                                 const kubernetes::ObjectWatch* cluster, Reconciler::Reason reason,
                                 StopToken stop) {
  if (!setup->base)
    co_return fail(
        "failed to provision Alertmanager configuration: failed to initialize from "
        "global AlertmangerConfig: " +
            setup->base.error().message(),
        ErrorKind::invalid);
  if (reason == Reconciler::Reason::interval) state->secrets.forget();
  while (true) {
    read_resources(*setup, *state, *cluster);
    if (!state->secrets.has_missing()) break;
    co_await kubernetes::Secrets::fetch(&state->secrets, stop);
    if (stop.stop_requested()) co_return Result<>();
  }
  const std::string payload =
      make_payload(setup->templates, merge(**setup->base, state->additions));
  if (reason == Reconciler::Reason::change && payload == state->sent) co_return Result<>();
  CO_TRY(co_await setup->mimir->ask(
      {.method = "POST", .path = api_path, .body = payload, .operation = api_path}, stop));
  state->sent = payload;
  co_return Result<>();
}

void Alerts::read_resources(const Setup& setup, State& state,
                            const kubernetes::ObjectWatch& cluster) {
  std::map<std::string, Addition> additions;
  for (const auto& [key, object] : cluster.objects(alertmanager_config_type)) {
    const auto& resource = static_cast<const AlertmanagerConfig&>(*object);
    const std::string& place = resource.meta.name_space;
    if (cluster.find<kubernetes::Namespace>(kubernetes::namespace_type, place) == nullptr) continue;
    auto added = read_addition(resource, setup.strategy, **setup.base, state.secrets);
    if (added) {
      additions.emplace(key, *std::move(added));
      continue;
    }
    // What Mimir has of it stays.
    if (const auto before = state.additions.find(key); before != state.additions.end())
      additions.insert(*before);
    if (added.error().kind() == ErrorKind::not_found) continue;
    logger().error("got an invalid AlertmanagerConfig CRD from Kubernetes",
                   {{"namespace", place}, {"name", resource.meta.name}, {"err", added.error()}});
  }
  state.additions = std::move(additions);
}

}  // namespace
}  // namespace alloy::mimir::alerts_kubernetes

namespace alloy {

extern const ComponentType mimir_alerts_kubernetes;
const ComponentType mimir_alerts_kubernetes = {
    .name = "mimir.alerts.kubernetes",
    .doc =
        "Keeps the configuration of a Mimir Alertmanager in step with a cluster's "
        "AlertmanagerConfig resources.",
    .stability = Stability::experimental,
    .arguments = &schema_of<mimir::alerts_kubernetes::Arguments>,
    .create = create<mimir::alerts_kubernetes::Alerts>,
};

}  // namespace alloy
