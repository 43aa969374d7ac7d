// Network devices, protocols and what balances them; sensors and other hardware.
#include "components/prometheus/exporter_unix/fake_machine.h"

namespace alloy::prometheus::exporter_unix {
namespace {

TEST_CASE("netdev names its columns, and filters devices") {
  FakeMachine machine;
  machine.write("proc/net/dev",
                "Inter-|   Receive                                            |  Transmit\n"
                " face |bytes    packets errs drop fifo frame compressed multicast|bytes\n"
                "    lo: 435303245 1832522 1 2 3 4 5 6 435303246 1832523 7 8 9 10 11 12\n"
                "eth0:1:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n");
  const std::string text = machine.scrape("netdev");
  CHECK(has_line(text,
                 "# HELP node_network_receive_errs_total Network device statistic receive_errs."));
  CHECK(value_of(text, "node_network_receive_bytes_total{device=\"lo\"}") == "435303245");
  CHECK(value_of(text, "node_network_transmit_colls_total{device=\"lo\"}") == "10");
  CHECK(value_of(text, "node_network_transmit_compressed_total{device=\"eth0:1\"}") == "16");
  const std::string only = machine.scrape("netdev", {.netdev = {.device_exclude = "^lo$"}});
  CHECK(value_of(only, "node_network_receive_bytes_total{device=\"lo\"}") == "none");
}

TEST_CASE("netdev and arp tell what only the running kernel knows") {
  FakeMachine machine;
  machine.write("proc/net/dev", "");
  const std::string text = machine.scrape("netdev", {.netdev = {.address_info = true}});
  CHECK(success(text, "netdev") == "1");
  machine.write("proc/net/arp",
                "IP address HW type Flags HW address Mask Device\n"
                "192.168.1.1 0x1 0x2 cc:aa:dd:ee:aa:bb * eth0\n"
                "192.168.1.2 0x1 0x2 bb:cc:dd:ee:ff:aa * eth0\n"
                "10.0.0.1 0x1 0x2 bb:cc:dd:ee:ff:aa * nope\n");
  const std::string arp = machine.scrape("arp", {.arp = {.device_exclude = "nope"}});
  CHECK(value_of(arp, "node_arp_entries{device=\"eth0\"}") == "2");
  CHECK(value_of(arp, "node_arp_entries{device=\"nope\"}") == "none");
  CHECK(success(machine.scrape("arp", {.arp = {.netlink = true}}), "arp") == "1");
}

TEST_CASE("netclass tells the properties of devices") {
  FakeMachine machine;
  machine.write("sys/class/net/bonding_masters", "bond0\n");
  machine.write("sys/class/net/eth0/operstate", "up\n");
  machine.write("sys/class/net/eth0/flags", "0x1303\n");
  machine.write("sys/class/net/eth0/speed", "1000\n");
  machine.write("sys/class/net/eth0/carrier_changes", "2\n");
  machine.write("sys/class/net/veth/speed", "-1\n");
  const std::string text = machine.scrape("netclass");
  CHECK(value_of(text, "node_network_up{device=\"eth0\"}") == "1");
  CHECK(value_of(text, "node_network_flags{device=\"eth0\"}") == "4867");
  CHECK(value_of(text, "node_network_speed_bytes{device=\"eth0\"}") == "125000000");
  CHECK(value_of(text, "node_network_speed_bytes{device=\"veth\"}") == "-125000");
  CHECK(value_of(text, "node_network_carrier_changes_total{device=\"eth0\"}") == "2");
  CHECK(value_of(text,
                 "node_network_info{address=\"\",adminstate=\"up\",broadcast=\"\","
                 "device=\"eth0\",duplex=\"\",ifalias=\"\",operstate=\"up\"}") == "1");
  CHECK_FALSE(text.contains("bonding_masters"));
  const std::string quiet = machine.scrape(
      "netclass", {.netclass = {.ignore_invalid_speed_device = true, .ignored_devices = "^eth"}});
  CHECK(value_of(quiet, "node_network_speed_bytes{device=\"veth\"}") == "none");
  CHECK(value_of(quiet, "node_network_up{device=\"eth0\"}") == "none");
}

TEST_CASE("netstat joins names and values, and needs no IPv6") {
  FakeMachine machine;
  machine.write("proc/net/netstat", "TcpExt: SyncookiesSent ListenDrops\nTcpExt: 1 21\n");
  machine.write("proc/net/snmp", "Tcp: MaxConn CurrEstab\nTcp: -1 5\n");
  std::string text = machine.scrape("netstat");
  CHECK(has_line(text, "# HELP node_netstat_TcpExt_ListenDrops Statistic TcpExtListenDrops."));
  CHECK(has_line(text, "# TYPE node_netstat_TcpExt_ListenDrops untyped"));
  CHECK(value_of(text, "node_netstat_Tcp_CurrEstab") == "5");
  CHECK(value_of(text, "node_netstat_Tcp_MaxConn") == "none");
  machine.write("proc/net/snmp6", "Ip6InOctets 460\nUdp6InDatagrams 7\n");
  text = machine.scrape("netstat", {.netstat = {.fields = "."}});
  CHECK(value_of(text, "node_netstat_Ip6_InOctets") == "460");
  CHECK(value_of(text, "node_netstat_Tcp_MaxConn") == "-1");
}

TEST_CASE("sockstat, udp_queues and conntrack do with what is there") {
  FakeMachine machine;
  machine.write("proc/net/sockstat",
                "sockets: used 229\nTCP: inuse 4 orphan 0 tw 4 alloc 17 mem 1\n"
                "FRAG: inuse 0 memory 3\n");
  const std::string text = machine.scrape("sockstat");
  CHECK(value_of(text, "node_sockstat_sockets_used") == "229");
  CHECK(value_of(text, "node_sockstat_TCP_tw") == "4");
  CHECK(value_of(text, "node_sockstat_TCP_mem_bytes") ==
        fmt::format("{}", ::sysconf(_SC_PAGESIZE)));
  CHECK(value_of(text, "node_sockstat_FRAG_memory") == "3");
  CHECK(success(machine.scrape("udp_queues"), "udp_queues") == "0");
  machine.write("proc/net/udp",
                "sl local_address rem_address st tx_queue rx_queue tr\n"
                " 0: 00000000:0016 00000000:0000 0A 00000015:00000001 00\n");
  const std::string udp = machine.scrape("udp_queues");
  CHECK(value_of(udp, "node_udp_queues{ip=\"v4\",queue=\"tx\"}") == "21");
  CHECK(value_of(udp, "node_udp_queues{ip=\"v6\",queue=\"tx\"}") == "none");
  CHECK(success(machine.scrape("conntrack"), "conntrack") == "0");
  machine.write("proc/sys/net/netfilter/nf_conntrack_count", "123\n");
  machine.write("proc/sys/net/netfilter/nf_conntrack_max", "65536\n");
  machine.write("proc/net/stat/nf_conntrack",
                "entries found invalid search_restart\n00000021 0000000a 00000003 00000001\n"
                "00000021 00000001 00000002 00000001\n");
  const std::string conntrack = machine.scrape("conntrack");
  CHECK(value_of(conntrack, "node_nf_conntrack_entries") == "123");
  CHECK(value_of(conntrack, "node_nf_conntrack_stat_found") == "11");
  CHECK(value_of(conntrack, "node_nf_conntrack_stat_search_restart") == "2");
  CHECK(value_of(conntrack, "node_nf_conntrack_stat_early_drop") == "0");
}

TEST_CASE("ipvs sums the backends that its labels do not tell apart") {
  FakeMachine machine;
  machine.write("proc/net/ip_vs_stats",
                "   Total Incoming Outgoing         Incoming         Outgoing\n"
                "   Conns  Packets  Packets            Bytes            Bytes\n"
                "16AA370 E33656E5        0     51D8C8883AB3        0\n");
  machine.write("proc/net/ip_vs",
                "IP Virtual Server version 1.2.1 (size=4096)\n"
                "Prot LocalAddress:Port Scheduler Flags\n"
                "  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n"
                "TCP  C0A80016:0CEA wlc\n"
                "  -> C0A85216:0CEA      Tunnel  100    248        2\n"
                "  -> C0A85318:0CEA      Tunnel  100    248        3\n"
                "FWM  10001000 wlc\n"
                "  -> C0A8321A:0CEA      Tunnel  20     321        5\n");
  const std::string all = machine.scrape("ipvs");
  CHECK(value_of(all, "node_ipvs_connections_total") == "23765872");
  CHECK(value_of(all,
                 "node_ipvs_backend_connections_active{local_address=\"192.168.0.22\","
                 "local_mark=\"\",local_port=\"3306\",proto=\"TCP\","
                 "remote_address=\"192.168.82.22\",remote_port=\"3306\"}") == "248");
  const std::string ports =
      machine.scrape("ipvs", {.ipvs = {.backend_labels = {"local_port", "local_mark"}}});
  CHECK(value_of(ports, "node_ipvs_backend_weight{local_mark=\"\",local_port=\"3306\"}") == "200");
  CHECK(value_of(ports,
                 "node_ipvs_backend_connections_inactive{local_mark=\"10001000\","
                 "local_port=\"0\"}") == "5");
  const auto wrong =
      Node::create(machine.here("ipvs", {.ipvs = {.backend_labels = {"x"}}}), {}, real_clock());
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message() == "collector ipvs: unknown IPVS backend labels: \"x\"");
}

TEST_CASE("hwmon has units by kind of sensor, and names chips by their device") {
  FakeMachine machine;
  machine.write("sys/devices/platform/coretemp.0/hwmon/hwmon0/name", "coretemp\n");
  machine.write("sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_input", "55000\n");
  machine.write("sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_crit_alarm", "0\n");
  machine.write("sys/devices/platform/coretemp.0/hwmon/hwmon0/temp1_label", "Core 0\n");
  machine.write("sys/devices/platform/coretemp.0/hwmon/hwmon0/fan2_input", "1098\n");
  machine.write("sys/devices/platform/coretemp.0/hwmon/hwmon0/in0_max", "1744\n");
  machine.write("sys/devices/platform/coretemp.0/hwmon/hwmon0/power1_average", "2500000\n");
  machine.write("sys/devices/platform/coretemp.0/hwmon/hwmon0/update_interval", "1000\n");
  machine.link("sys/devices/platform/coretemp.0/hwmon/hwmon0/device", "../..");
  machine.link("sys/class/hwmon/hwmon0", "../../devices/platform/coretemp.0/hwmon/hwmon0");
  const std::string text = machine.scrape("hwmon");
  const auto sensor = [](std::string_view name) {
    return fmt::format("{{chip=\"platform_coretemp_0\",sensor=\"{}\"}}", name);
  };
  CHECK(value_of(text,
                 "node_hwmon_chip_names{chip=\"platform_coretemp_0\","
                 "chip_name=\"coretemp\"}") == "1");
  CHECK(value_of(text, "node_hwmon_temp_celsius" + sensor("temp1")) == "55");
  CHECK(value_of(text, "node_hwmon_temp_crit_alarm_celsius" + sensor("temp1")) == "0");
  CHECK(value_of(text, "node_hwmon_fan_rpm" + sensor("fan2")) == "1098");
  CHECK(value_of(text, "node_hwmon_in_max_volts" + sensor("in0")) == "1.744");
  CHECK(value_of(text, "node_hwmon_power_average_watt" + sensor("power1")) == "2.5");
  CHECK(value_of(text, "node_hwmon_update_interval_seconds" + sensor("update_interval0")) == "1");
  CHECK(text.contains("label=\"Core 0\""));
  const std::string none = machine.scrape("hwmon", {.hwmon = {.chip_exclude = "coretemp"}});
  CHECK_FALSE(none.contains("node_hwmon"));
}

TEST_CASE("power supplies, thermal zones and RAPL have units") {
  FakeMachine machine;
  machine.write("sys/class/power_supply/BAT0/capacity", "81\n");
  machine.write("sys/class/power_supply/BAT0/voltage_now", "12229000\n");
  machine.write("sys/class/power_supply/BAT0/temp", "235\n");
  machine.write("sys/class/power_supply/BAT0/status", "Charging\n");
  const std::string power = machine.scrape("powersupplyclass");
  CHECK(value_of(power, "node_power_supply_capacity{power_supply=\"BAT0\"}") == "81");
  CHECK(value_of(power, "node_power_supply_voltage_volt{power_supply=\"BAT0\"}") == "12.229");
  CHECK(value_of(power, "node_power_supply_temp_celsius{power_supply=\"BAT0\"}") == "23.5");
  CHECK(value_of(power, "node_power_supply_info{power_supply=\"BAT0\",status=\"Charging\"}") ==
        "1");
  machine.write("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n");
  machine.write("sys/class/thermal/thermal_zone0/temp", "12376\n");
  CHECK(value_of(machine.scrape("thermal_zone"),
                 "node_thermal_zone_temp{type=\"cpu-thermal\",zone=\"0\"}") == "12.376");
  machine.write("sys/class/powercap/intel-rapl:0/name", "package-10\n");
  machine.write("sys/class/powercap/intel-rapl:0/energy_uj", "240422366267\n");
  CHECK(value_of(machine.scrape("rapl"),
                 fmt::format("node_rapl_package_joules_total{{index=\"10\",path=\"{}\"}}",
                             machine.path("sys/class/powercap/intel-rapl:0"))) == "240422.366267");
}

TEST_CASE("edac, infiniband, fibrechannel, tapes and bonds read their trees") {
  FakeMachine machine;
  for (const char* file : {"ce_count", "ce_noinfo_count", "ue_count", "ue_noinfo_count"}) {
    machine.write(fmt::format("sys/devices/system/edac/mc/mc0/{}", file), "5\n");
  }
  machine.write("sys/devices/system/edac/mc/mc0/csrow0/ce_count", "3\n");
  machine.write("sys/devices/system/edac/mc/mc0/csrow0/ue_count", "4\n");
  const std::string edac = machine.scrape("edac");
  CHECK(value_of(edac, "node_edac_correctable_errors_total{controller=\"0\"}") == "5");
  CHECK(value_of(edac,
                 "node_edac_csrow_uncorrectable_errors_total{controller=\"0\","
                 "csrow=\"0\"}") == "4");
  machine.write("sys/class/infiniband/mlx4_0/ports/1/state", "4: ACTIVE\n");
  machine.write("sys/class/infiniband/mlx4_0/ports/1/rate", "40 Gb/sec (4X QDR)\n");
  machine.write("sys/class/infiniband/mlx4_0/ports/1/counters/port_rcv_data", "4631917\n");
  const std::string infiniband = machine.scrape("infiniband");
  const std::string port = "{device=\"mlx4_0\",port=\"1\"}";
  CHECK(value_of(infiniband, "node_infiniband_state_id" + port) == "4");
  CHECK(value_of(infiniband, "node_infiniband_rate_bytes_per_second" + port) == "5000000000");
  CHECK(value_of(infiniband, "node_infiniband_port_data_received_bytes_total" + port) ==
        "18527668");
  machine.write("sys/class/fc_host/host0/statistics/rx_frames", "0x3\n");
  machine.write("sys/class/fc_host/host0/statistics/nos_count", "0xffffffffffffffff\n");
  const std::string fc = machine.scrape("fibrechannel");
  CHECK(value_of(fc, "node_fibrechannel_rx_frames_total{fc_host=\"host0\"}") == "3");
  CHECK(value_of(fc, "node_fibrechannel_nos_total{fc_host=\"host0\"}") == "none");
  machine.write("sys/class/scsi_tape/st0/stats/io_ns", "9247011087720\n");
  machine.write("sys/class/scsi_tape/nst0/stats/io_ns", "1\n");
  const std::string tape = machine.scrape("tapestats");
  CHECK(value_of(tape, "node_tape_io_time_seconds_total{device=\"st0\"}").starts_with("9247.011"));
  CHECK_FALSE(tape.contains("nst0"));
  machine.write("sys/class/net/bonding_masters", "bond0\n");
  machine.write("sys/class/net/bond0/bonding/slaves", "eth0 eth4\n");
  machine.write("sys/class/net/bond0/lower_eth0/bonding_slave/mii_status", "up\n");
  machine.write("sys/class/net/bond0/slave_eth4/bonding_slave/mii_status", "down\n");
  const std::string bonds = machine.scrape("bonding");
  CHECK(value_of(bonds, "node_bonding_slaves{master=\"bond0\"}") == "2");
  CHECK(value_of(bonds, "node_bonding_active{master=\"bond0\"}") == "1");
}

TEST_CASE("tables of the kernel are told to whoever names them") {
  FakeMachine machine;
  machine.write("proc/buddyinfo", "Node 0, zone    DMA32    759    572\n");
  CHECK(value_of(machine.scrape("buddyinfo"),
                 "node_buddyinfo_blocks{node=\"0\",size=\"1\",zone=\"DMA32\"}") == "572");
  machine.write("proc/interrupts",
                "            CPU0       CPU1\n  9:  398553  2320  IO-APIC-fasteoi acpi uhci\n"
                "NMI:  47 5031 Non-maskable interrupts\nERR:  0\n");
  const std::string interrupts = machine.scrape("interrupts");
  CHECK(value_of(interrupts,
                 "node_interrupts_total{cpu=\"1\",devices=\"acpi uhci\","
                 "info=\"IO-APIC-fasteoi\",type=\"9\"}") == "2320");
  CHECK(value_of(interrupts,
                 "node_interrupts_total{cpu=\"0\",devices=\"\",info=\"Non-maskable "
                 "interrupts\",type=\"NMI\"}") == "47");
  machine.write("proc/zoneinfo",
                "Node 0, zone      DMA\n  per-node stats\n      nr_dirtied 99\n  pages free  2949\n"
                "        min      13\n        protection: (0, 2877)\nNode 0, zone Normal\n"
                "        min      9\n");
  const std::string zones = machine.scrape("zoneinfo");
  CHECK(value_of(zones, "node_zoneinfo_min_pages{node=\"0\",zone=\"DMA\"}") == "13");
  CHECK(value_of(zones, "node_zoneinfo_min_pages{node=\"0\",zone=\"Normal\"}") == "9");
  CHECK(value_of(zones, "node_zoneinfo_protection_1{node=\"0\",zone=\"DMA\"}") == "2877");
  CHECK(value_of(zones, "node_zoneinfo_nr_dirtied_total{node=\"0\",zone=\"DMA\"}") == "99");
  machine.write("proc/drbd",
                "version: 8.4.3\n 1: cs:Connected ro:Primary/Secondary ds:UpToDate/Failed C r---\n"
                "    ns:17324442 nr:10961 lo:2 oos:5\n");
  const std::string drbd = machine.scrape("drbd");
  CHECK(value_of(drbd, "node_drbd_network_sent_bytes_total{device=\"drbd1\"}") == "17740228608");
  CHECK(value_of(drbd, "node_drbd_node_role_is_primary{device=\"drbd1\",node=\"remote\"}") == "0");
  CHECK(value_of(drbd, "node_drbd_disk_state_is_up_to_date{device=\"drbd1\",node=\"local\"}") ==
        "1");
}

TEST_CASE("what is asked over netlink answers on any Linux") {
  FakeMachine machine;
  for (const char* collector : {"tcpstat", "network_route"}) {
    CHECK(success(machine.scrape(collector), collector) == "1");
  }
}

TEST_CASE("ntp asks only this machine, unless told otherwise") {
  const FakeMachine machine;
  const auto refused = [&](NtpArguments ntp) {
    const auto node = Node::create(machine.here("ntp", {.ntp = std::move(ntp)}), {}, real_clock());
    return node ? std::string() : node.error().message();
  };
  CHECK(refused({.server = "192.0.2.1"}) ==
        "collector ntp: only IP address of local NTP server is valid for --collector.ntp.server");
  CHECK(refused({.protocol_version = 5}) ==
        "collector ntp: invalid NTP protocol version 5; must be 2, 3, or 4");
  CHECK(refused({}) == "");
  CHECK(refused({.server = "192.0.2.1", .server_is_local = true}) == "");
}

TEST_CASE("runit tells the state of services") {
  FakeMachine machine;
  std::string status(
      "\x40\x00\x00\x00\x5f\x00\x00\x0a\x00\x00\x00\x00\x01\x00\x00\x00\x00u\x00\x01", 20);
  machine.write("service/web/supervise/status", status);
  const std::string text =
      machine.scrape("runit", {.runit = {.service_dir = machine.path("service")}});
  const std::string labels = "{service=\"web\",supervisor=\"runit\"}";
  CHECK(value_of(text, "node_service_state" + labels) == "1");
  CHECK(value_of(text, "node_service_desired_state" + labels) == "1");
  CHECK(value_of(text, "node_service_normal_state" + labels) == "1");
  CHECK(value_of(text, "node_service_state_last_change_timestamp_seconds" + labels) ==
        "1593835520");
}

}  // namespace
}  // namespace alloy::prometheus::exporter_unix
