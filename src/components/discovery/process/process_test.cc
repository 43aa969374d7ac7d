#include <unistd.h>

#include "components/discovery/process/process_list.h"
#include "components/discovery/shared/fake_server.h"

namespace alloy {

extern const ComponentType discovery_process;

namespace discovery::process {
namespace {

const std::string id(64, 'a');

Target find_self(const std::vector<Target>& targets) {
  for (const Target& target : targets)
    if (target.get("__process_pid__") == std::to_string(getpid())) return target;
  return {};
}

}  // namespace

TEST_CASE("this process is among the processes, with the facts that were asked for") {
  const auto all = list_processes(
      {.cwd = true, .exe = true, .commandline = true, .username = false, .uid = true});
  REQUIRE(all);
  const Target self = find_self(*all);
  CHECK(self.get("__meta_process_exe").ends_with("_test"));
  CHECK(self.get("__meta_process_uid") == std::to_string(getuid()));
  CHECK(self.has("__meta_process_cwd"));
  CHECK(self.has("__meta_process_commandline"));
  CHECK_FALSE(self.has("__meta_process_cgroup_path"));
}

TEST_CASE("container ids are found in cgroup paths") {
  CHECK(container_id_of("0::/system.slice/docker-" + id + ".scope\n") == id);
  CHECK(container_id_of("1:cpu:/\n0::/kubepods/pod1/" + id + "\n") == id);
  CHECK(container_id_of("0::/user.slice/session-1.scope\n").empty());
  CHECK(container_id_of("").empty());
}

TEST_CASE("processes get the labels of their container, which stays too") {
  const Target in_container({{"__process_pid__", "1"}, {"__container_id__", id}});
  const Target outside({{"__process_pid__", "2"}});
  const std::string runtime_id = "containerd://" + id;
  const TargetList containers(std::vector<Target>{
      Target({{"__meta_kubernetes_pod_container_id", runtime_id}, {"pod", "web"}}),
      Target({{"other", "x"}})});
  const auto joined = join_containers({in_container, outside}, containers);
  REQUIRE(joined.size() == 4);
  CHECK(joined[0].get("other") == "x");
  CHECK(joined[1].get("pod") == "web");
  CHECK(joined[1].get("__process_pid__") == "1");
  CHECK(joined[2].get("__process_pid__") == "2");
  CHECK(joined[3].get("pod") == "web");
}

TEST_CASE("discovery.process exports processes") {
  ComponentHarness harness(discovery_process);
  REQUIRE(harness.update("discover_config {\n  exe = false\n}"));
  harness.start();
  CHECK(harness.wait_until([&] {
    harness.clock().advance(1s);
    const std::string all = targets_of(harness);
    return all.contains(fmt::format("__process_pid__=\"{}\"", getpid())) &&
           all.contains("__meta_process_cwd") && !all.contains("__meta_process_exe");
  }));
}

}  // namespace discovery::process
}  // namespace alloy
