#include "component/component_harness.h"

#include <cstdlib>
#include <thread>

#include <boost/asio/co_spawn.hpp>

#include "schema/decode.h"
#include "schema/encode.h"
#include "syntax/parser.h"

namespace alloy {
namespace {

constexpr auto patience = std::chrono::seconds(10);
constexpr auto pause = std::chrono::milliseconds(2);

std::filesystem::path make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "component.XXXXXX").string();
  ASSERT(mkdtemp(name.data()) != nullptr);
  return name;
}

}  // namespace

ComponentHarness::ComponentHarness(const ComponentType& type)
    : type_(type), folder_(make_folder()) {}

ComponentHarness::~ComponentHarness() {
  stop();
  component_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Options ComponentHarness::make_options() {
  return {.id = std::string(type_.name) + ".test",
          .label = "test",
          .module_path = "",
          .data_path = (folder_ / "data").string(),
          .logger = Logger(),
          .metrics = metrics_,
          .executor = executor_,
          .strand = strand_,
          .clock = clock_,
          .services = services_,
          .stability_min = Stability::experimental,
          .host = *this};
}

Task<> ComponentHarness::apply(ComponentHarness* self, std::shared_ptr<const void> arguments,
                               Result<>* result) {
  *result = co_await boost::asio::co_spawn(
      self->strand_, self->component_->apply(std::move(arguments)), boost::asio::use_awaitable);
}

Result<> ComponentHarness::update(std::string_view body) {
  auto parsed = syntax::parse_file("test", std::string(body));
  if (!parsed) return std::unexpected(parsed.error().to_error());
  auto arguments =
      decode(*type_.arguments, (*parsed)->body(), {.scope = variables_, .file = "test"});
  if (!arguments) return fail(arguments.error().to_string(), ErrorKind::invalid);
  const bool is_first = component_ == nullptr;
  if (is_first) component_ = type_.create(make_options());
  Result<> result;
  executor_.run(apply(this, *std::move(arguments), &result));
  if (is_first && !result) component_.reset();
  return result;
}

void ComponentHarness::start() {
  ASSERT(component_ != nullptr && !ended_);
  ended_.emplace();
  boost::asio::co_spawn(strand_, component_->run(stop_.get_token()),
                        [this](const std::exception_ptr& thrown) {
                          ASSERT(thrown == nullptr);
                          ended_->set_value();
                        });
}

void ComponentHarness::stop() {
  if (!ended_) return;
  stop_.request_stop();
  ended_->get_future().wait();
  ended_.reset();
  stop_ = StopSource();
}

Health ComponentHarness::health() const {
  std::lock_guard lock(mutex_);
  return health_;
}

std::shared_ptr<const void> ComponentHarness::exports_pointer() const {
  std::lock_guard lock(mutex_);
  return exports_;
}

size_t ComponentHarness::exports_count() const {
  std::lock_guard lock(mutex_);
  return exports_count_;
}

Value ComponentHarness::exports_value() const {
  const auto exports = exports_pointer();
  return exports != nullptr ? encode(*type_.exports, exports.get()) : Value();
}

double ComponentHarness::metric(std::string_view name) const {
  MetricFamilies families;
  metrics_.collect(families);
  const auto family = families.find(name);
  return family != families.end() && !family->second.samples.empty()
             ? family->second.samples.front().value
             : 0;
}

bool ComponentHarness::wait_until(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

void ComponentHarness::set_exports(std::shared_ptr<const void> exports) {
  std::lock_guard lock(mutex_);
  exports_ = std::move(exports);
  ++exports_count_;
}

void ComponentHarness::set_health(HealthState state, std::string message) {
  std::lock_guard lock(mutex_);
  health_ = {state, std::move(message), clock_.wall()};
}

}  // namespace alloy
