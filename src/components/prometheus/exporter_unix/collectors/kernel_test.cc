// What the kernel says of itself, its CPUs and its memory.
#include "components/prometheus/exporter_unix/fake_machine.h"

namespace alloy::prometheus::exporter_unix {
namespace {

TEST_CASE("loadavg tells the three averages") {
  FakeMachine machine;
  machine.write("proc/loadavg", "0.21 0.37 0.39 1/719 19737\n");
  const std::string text = machine.scrape("loadavg");
  CHECK(has_line(text, "# HELP node_load5 5m load average."));
  CHECK(has_line(text, "# TYPE node_load1 gauge"));
  CHECK(value_of(text, "node_load1") == "0.21");
  CHECK(value_of(text, "node_load15") == "0.39");
  machine.write("proc/loadavg", "0.21\n");
  CHECK(success(machine.scrape("loadavg"), "loadavg") == "0");
}

TEST_CASE("meminfo has bytes where the kernel has kB") {
  FakeMachine machine;
  machine.write(
      "proc/meminfo",
      "MemTotal:        3742148 kB\nActive(anon):     2068 kB\nHugePages_Total:       4\n");
  const std::string text = machine.scrape("meminfo");
  CHECK(value_of(text, "node_memory_MemTotal_bytes") == "3831959552");
  CHECK(value_of(text, "node_memory_Active_anon_bytes") == "2117632");
  CHECK(value_of(text, "node_memory_HugePages_Total") == "4");
  CHECK(has_line(text,
                 "# HELP node_memory_Active_anon_bytes Memory information field "
                 "Active_anon_bytes."));
}

TEST_CASE("meminfo_numa tells of each node") {
  FakeMachine machine;
  machine.write("sys/devices/system/node/node1/meminfo",
                "\nNode 1 MemFree:       2 kB\nNode 1 HugePages_Total:     2\n");
  machine.write("sys/devices/system/node/node1/numastat", "numa_hit 193460335812\n");
  const std::string text = machine.scrape("meminfo_numa");
  CHECK(value_of(text, "node_memory_numa_MemFree{node=\"1\"}") == "2048");
  CHECK(value_of(text, "node_memory_numa_HugePages_Total{node=\"1\"}") == "2");
  CHECK(value_of(text, "node_memory_numa_numa_hit_total{node=\"1\"}") == "193460335812");
}

TEST_CASE("stat counts what happened since the machine started") {
  FakeMachine machine;
  machine.write("proc/stat",
                "cpu  1 2 3\nintr 8885917 17 0\nctxt 38014093\nbtime 1418183276\n"
                "processes 26442\nprocs_running 2\nprocs_blocked 1\nsoftirq 5057579 250191\n");
  const std::string text = machine.scrape("stat");
  CHECK(value_of(text, "node_intr_total") == "8885917");
  CHECK(value_of(text, "node_context_switches_total") == "38014093");
  CHECK(value_of(text, "node_forks_total") == "26442");
  CHECK(value_of(text, "node_boot_time_seconds") == "1418183276");
  CHECK(value_of(text, "node_procs_running") == "2");
  CHECK(value_of(text, "node_procs_blocked") == "1");
}

std::string cpu_line(int idle, int guest = 0) {
  return fmt::format("cpu  0 0 0 0\ncpu3 100 20 30 {} 5 6 7 8 {} 10\n", idle, guest);
}

TEST_CASE("cpu tells the time of each mode, and of guests if asked to") {
  FakeMachine machine;
  machine.write("proc/stat", cpu_line(4000, 9));
  const std::string text = machine.scrape("cpu");
  CHECK(value_of(text, "node_cpu_seconds_total{cpu=\"3\",mode=\"idle\"}") == "40");
  CHECK(value_of(text, "node_cpu_seconds_total{cpu=\"3\",mode=\"steal\"}") == "0.08");
  CHECK_FALSE(text.contains("node_cpu_guest_seconds_total"));
  CHECK_FALSE(text.contains("node_cpu_info"));
  const std::string guests = machine.scrape("cpu", {.cpu = {.guest = true}});
  CHECK(value_of(guests, "node_cpu_guest_seconds_total{cpu=\"3\",mode=\"user\"}") == "0.09");
}

TEST_CASE("cpu never goes back a little, but starts over for another CPU in its place") {
  FakeMachine machine;
  machine.write("proc/stat", cpu_line(4000));
  const auto node = machine.node("cpu");
  const std::string series = "node_cpu_seconds_total{cpu=\"3\",mode=\"idle\"}";
  CHECK(value_of(node->collect(), series) == "40");
  machine.write("proc/stat", cpu_line(3990));
  CHECK(value_of(node->collect(), series) == "40");
  machine.write("proc/stat", cpu_line(100));
  CHECK(value_of(node->collect(), series) == "1");
  machine.write("proc/stat", "cpu 0 0 0 0\n");
  CHECK(value_of(node->collect(), series) == "none");
}

TEST_CASE("cpu tells what kind it is, once any of that is asked for") {
  FakeMachine machine;
  machine.write("proc/stat", cpu_line(4000));
  machine.write("proc/cpuinfo",
                "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 142\n"
                "model name\t: Some CPU @ 1.90GHz\nstepping\t: 10\nmicrocode\t: 0xb4\n"
                "cpu MHz\t\t: 799.998\ncache size\t: 8192 KB\nphysical id\t: 0\ncore id\t\t: 1\n"
                "flags\t\t: fpu aes avx\nbugs\t\t: mds spectre_v1\n\n");
  const std::string text =
      machine.scrape("cpu", {.cpu = {.bugs_include = "^spectre", .flags_include = "^a.*s$"}});
  CHECK(value_of(text,
                 "node_cpu_info{cachesize=\"8192 KB\",core=\"1\",cpu=\"0\",family=\"6\","
                 "microcode=\"0xb4\",model=\"142\",model_name=\"Some CPU @ 1.90GHz\","
                 "package=\"0\",stepping=\"10\",vendor=\"GenuineIntel\"}") == "1");
  CHECK(value_of(text, "node_cpu_flag_info{flag=\"aes\"}") == "1");
  CHECK(value_of(text, "node_cpu_flag_info{flag=\"avx\"}") == "none");
  CHECK(value_of(text, "node_cpu_bug_info{bug=\"spectre_v1\"}") == "1");
  // Where cpufreq runs it tells the frequencies.
  const std::string frequency = "node_cpu_frequency_hertz{core=\"1\",cpu=\"0\",package=\"0\"}";
  CHECK(value_of(text, frequency) == "799998000");
  const auto with_cpufreq =
      machine.node("cpu", {.enable_collectors = {"cpufreq"}, .cpu = {.info = true}})->collect();
  CHECK(value_of(with_cpufreq, frequency) == "none");
}

TEST_CASE("cpu counts throttles once a core and once a package") {
  FakeMachine machine;
  machine.write("proc/stat", cpu_line(4000));
  machine.write("sys/devices/system/cpu/isolated", "1,3-4\n");
  for (const int cpu : {0, 1}) {
    const std::string folder = fmt::format("sys/devices/system/cpu/cpu{}/", cpu);
    machine.write(folder + "topology/physical_package_id", "0\n");
    machine.write(folder + "topology/core_id", fmt::format("{}\n", cpu));
    machine.write(folder + "thermal_throttle/core_throttle_count", fmt::format("{}\n", 5 + cpu));
    machine.write(folder + "thermal_throttle/package_throttle_count", "30\n");
  }
  const std::string text = machine.scrape("cpu");
  CHECK(value_of(text, "node_cpu_core_throttles_total{core=\"1\",package=\"0\"}") == "6");
  CHECK(value_of(text, "node_cpu_package_throttles_total{package=\"0\"}") == "30");
  CHECK(value_of(text, "node_cpu_isolated{cpu=\"4\"}") == "1");
  CHECK(value_of(text, "node_cpu_isolated{cpu=\"2\"}") == "none");
}

TEST_CASE("cpufreq tells what there is") {
  FakeMachine machine;
  const std::string folder = "sys/devices/system/cpu/cpu1/cpufreq/";
  machine.write(folder + "scaling_cur_freq", "1699981\n");
  machine.write(folder + "scaling_governor", "powersave\n");
  machine.write(folder + "scaling_available_governors", "performance powersave\n");
  const std::string text = machine.scrape("cpufreq");
  CHECK(value_of(text, "node_cpu_scaling_frequency_hertz{cpu=\"1\"}") == "1699981000");
  CHECK(value_of(text, "node_cpu_scaling_governor{cpu=\"1\",governor=\"performance\"}") == "0");
  CHECK(value_of(text, "node_cpu_scaling_governor{cpu=\"1\",governor=\"powersave\"}") == "1");
  CHECK_FALSE(text.contains("node_cpu_frequency_max_hertz"));
}

TEST_CASE("pressure, schedstat and softnet read their columns") {
  FakeMachine machine;
  machine.write("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=14036781\n");
  for (const char* file : {"io", "memory"}) {
    machine.write(fmt::format("proc/pressure/{}", file),
                  "some avg10=0.10 avg60=2.00 avg300=3.85 total=159229614\n"
                  "full avg10=0.20 avg60=3.00 avg300=4.95 total=159229000\n");
  }
  const std::string pressure = machine.scrape("pressure");
  CHECK(value_of(pressure, "node_pressure_cpu_waiting_seconds_total") == "14.036781");
  CHECK(value_of(pressure, "node_pressure_memory_stalled_seconds_total") == "159.229");
  machine.write("proc/schedstat",
                "version 15\ncpu0 498494191 0 3533438552 2553969831 3853684107 2465731542 "
                "2045936778163039 343796328169361 4767485306\ndomain0 3 1\n");
  const std::string schedstat = machine.scrape("schedstat");
  CHECK(value_of(schedstat, "node_schedstat_running_seconds_total{cpu=\"0\"}") ==
        "2045936.778163039");
  CHECK(value_of(schedstat, "node_schedstat_timeslices_total{cpu=\"0\"}") == "4767485306");
  machine.write("proc/net/softnet_stat",
                "00049279 00000010 00000001 00000000 00000000 00000000 00000000 00000000 00000002 "
                "00000003 00000004 00000005 00000007\n");
  const std::string softnet = machine.scrape("softnet");
  CHECK(value_of(softnet, "node_softnet_processed_total{cpu=\"7\"}") == "299641");
  CHECK(value_of(softnet, "node_softnet_backlog_len{cpu=\"7\"}") == "5");
}

TEST_CASE("processes counts processes and threads by state, whatever they are called") {
  FakeMachine machine;
  machine.write("proc/sys/kernel/threads-max", "7801\n");
  machine.write("proc/sys/kernel/pid_max", "123\n");
  const auto stat = [](int id, std::string_view name, char state, int threads) {
    return fmt::format("{} ({}) {} 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 {} 0 500\n", id, name, state,
                       threads);
  };
  machine.write("proc/10/stat", stat(10, "a) R (b", 'S', 1));
  machine.write("proc/20/stat", stat(20, "multi", 'S', 2));
  machine.write("proc/20/task/20/stat", stat(20, "multi", 'S', 2));
  machine.write("proc/20/task/21/stat", stat(21, "multi", 'R', 2));
  const std::string text = machine.scrape("processes");
  CHECK(value_of(text, "node_processes_pids") == "2");
  CHECK(value_of(text, "node_processes_threads") == "3");
  CHECK(value_of(text, "node_processes_state{state=\"S\"}") == "2");
  CHECK(value_of(text, "node_processes_threads_state{thread_state=\"R\"}") == "1");
  CHECK(value_of(text, "node_processes_threads_state{thread_state=\"S\"}") == "2");
  CHECK(value_of(text, "node_processes_max_processes") == "123");
}

TEST_CASE("vmstat tells the fields that are asked for") {
  FakeMachine machine;
  machine.write("proc/vmstat", "nr_free_pages 977769\npgpgin 7344136\noom_kill 1\n");
  const std::string text = machine.scrape("vmstat");
  CHECK(has_line(text, "# TYPE node_vmstat_pgpgin untyped"));
  CHECK(value_of(text, "node_vmstat_oom_kill") == "1");
  CHECK(value_of(text, "node_vmstat_nr_free_pages") == "none");
  CHECK(value_of(machine.scrape("vmstat", {.vmstat = {.fields = "^nr_"}}),
                 "node_vmstat_nr_free_pages") == "977769");
}

TEST_CASE("os and dmi tell what the machine is") {
  FakeMachine machine;
  CHECK(success(machine.scrape("os"), "os") == "0");
  machine.write("root/usr/lib/os-release",
                "NAME=\"Some \\\"OS\\\"\"\nID=some\nVERSION_ID='20.04.2'\n# x=y\n");
  const std::string os = machine.scrape("os");
  CHECK(value_of(os, "node_os_version{id=\"some\",id_like=\"\",name=\"Some \\\"OS\\\"\"}") ==
        "20.04");
  CHECK(success(machine.scrape("dmi"), "dmi") == "0");
  machine.write("sys/class/dmi/id/sys_vendor", "Maker Inc.\n");
  CHECK(value_of(machine.scrape("dmi"), "node_dmi_info{system_vendor=\"Maker Inc.\"}") == "1");
}

TEST_CASE("sysctl tells values alone, by index and by name, and as text") {
  FakeMachine machine;
  machine.write("proc/sys/kernel/threads-max", "7801\n");
  machine.write("proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n");
  machine.write("proc/sys/kernel/seccomp/actions_avail", "kill_process allow\n");
  const std::string text =
      machine.scrape("sysctl", {.sysctl = {.include = {"kernel.threads-max", "net.ipv4.tcp_rmem",
                                                       "net.ipv4.tcp_rmem:min,default,max"},
                                           .include_info = {"kernel.seccomp.actions_avail"}}});
  CHECK(value_of(text, "node_sysctl_kernel_threads_max") == "7801");
  CHECK(value_of(text, "node_sysctl_net_ipv4_tcp_rmem{index=\"1\"}") == "131072");
  CHECK(value_of(text, "node_sysctl_net_ipv4_tcp_rmem_max") == "6291456");
  CHECK(value_of(text,
                 "node_sysctl_info{index=\"1\",name=\"kernel.seccomp.actions_avail\","
                 "value=\"allow\"}") == "1");
  const std::string wrong =
      machine.scrape("sysctl", {.sysctl = {.include = {"kernel.threads-max:a,b"}}});
  CHECK(success(wrong, "sysctl") == "0");
}

}  // namespace
}  // namespace alloy::prometheus::exporter_unix
