// For tests: one of prometheus.operator.* with an API server, which is also what it scrapes.
#pragma once

#include <algorithm>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "component/component_harness.h"
#include "components/shared/kubernetes/fake_api_server.h"
#include "signals/metrics_receiver.h"

namespace alloy::prometheus::operators {

// Keeps the samples that it gets as "{labels} value".
class SampleCollector final : public MetricsReceiver {
 public:
  explicit SampleCollector(const SeriesStore& store) : store_(store) {}
  Result<void> receive(const MetricBatch& batch) override {
    const std::lock_guard lock(mutex_);
    for (const Sample& sample : batch.samples)
      samples_.push_back(fmt::format("{} {}", store_.describe(*sample.series), sample.value));
    return {};
  }
  bool has(std::string_view sample) const {
    const std::lock_guard lock(mutex_);
    return std::ranges::find(samples_, sample) != samples_.end();
  }
  size_t count(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::ranges::count_if(
        samples_, [&](const std::string& sample) { return sample.contains(part); }));
  }

 private:
  const SeriesStore& store_;
  mutable std::mutex mutex_;  // Guards the next one.
  std::vector<std::string> samples_;
};

struct OperatorFixture {
  explicit OperatorFixture(const ComponentType& type) : harness(type) {
    server.answer_with("/metrics", "good 1\nbad 2\n");
    harness.services().add<SeriesStore>(store);
    harness.variables().set("next", encapsulate<MetricsReceiver>(collector));
  }
  std::string address() const { return server.url().substr(server.url().rfind('/') + 1); }
  std::string port() const { return address().substr(address().rfind(':') + 1); }
  void add_pod(const std::string& name) {
    server.put("/api/v1/namespaces/d/pods", name,
               fmt::format(R"(,"spec":{{"containers":[{{"name":"c","ports":[{{"name":"web",)"
                           R"("containerPort":{}}}]}}]}},"status":{{"phase":"Running",)"
                           R"("podIP":"127.0.0.1"}})",
                           port()));
  }
  void start(const std::string& more = "") {
    REQUIRE(harness.update(fmt::format(
        "forward_to = [next]\nclient {{\napi_server = \"{}\"\n}}\n{}", server.url(), more)));
    harness.start();
  }
  bool wait(const std::function<bool()>& condition) {
    return harness.wait_until([&] {
      harness.clock().advance(1s);
      return condition();
    });
  }

  kubernetes::FakeApiServer server;
  SeriesStore store;
  std::shared_ptr<SampleCollector> collector = std::make_shared<SampleCollector>(store);
  ComponentHarness harness;
};

}  // namespace alloy::prometheus::operators
