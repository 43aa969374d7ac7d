// Disks and file systems.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "components/prometheus/exporter_unix/collectors/mounts.h"
#include "components/prometheus/exporter_unix/fake_machine.h"

namespace alloy::prometheus::exporter_unix {
namespace {

TEST_CASE("diskstats has units, and what udev knows") {
  FakeMachine machine;
  machine.write("proc/diskstats",
                "   8       0 sda 25354637 34367663 1003346126 18492372 28444756 11134226 "
                "505697032 63877960 2 9653880 82621804\n"
                "   8       1 sda1 250 0 2000 36 0 0 0 0 0 36 36\n"
                " 259       0 nvme0n1 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n");
  machine.write("udev/b8:0",
                "S:disk/by-id/x\nE:ID_MODEL=SAMSUNG\nE:ID_SERIAL_SHORT=short\n"
                "E:SCSI_IDENT_SERIAL=printed\nE:ID_ATA=1\nE:ID_ATA_ROTATION_RATE_RPM=7200\n"
                "E:ID_FS_TYPE=ext4\nE:ID_FS_UUID=u=1\n");
  const std::string text = machine.scrape("diskstats");
  CHECK(value_of(text, "node_disk_read_bytes_total{device=\"sda\"}") == "513713216512");
  CHECK(value_of(text, "node_disk_read_time_seconds_total{device=\"sda\"}") == "18492.372");
  CHECK(value_of(text, "node_disk_io_now{device=\"sda\"}") == "2");
  CHECK(value_of(text, "node_disk_discards_completed_total{device=\"sda\"}") == "none");
  CHECK(value_of(text, "node_disk_flush_requests_total{device=\"nvme0n1\"}") == "16");
  CHECK(value_of(text, "node_disk_io_now{device=\"sda1\"}") == "none");
  CHECK(value_of(text,
                 "node_disk_info{device=\"sda\",major=\"8\",minor=\"0\",model=\"SAMSUNG\","
                 "path=\"\",revision=\"\",serial=\"printed\",wwn=\"\"}") == "1");
  CHECK(value_of(text, "node_disk_ata_rotation_rate_rpm{device=\"sda\"}") == "7200");
  CHECK(value_of(text,
                 "node_disk_filesystem_info{device=\"sda\",type=\"ext4\",usage=\"\","
                 "uuid=\"u=1\",version=\"\"}") == "1");
  const std::string only = machine.scrape("diskstats", {.disk = {.device_include = "^sda1$"}});
  CHECK(value_of(only, "node_disk_io_now{device=\"sda1\"}") == "0");
  CHECK(value_of(only, "node_disk_io_now{device=\"sda\"}") == "none");
}

TEST_CASE("filesystem tells of what is mounted, once, and of what can't be asked") {
  FakeMachine machine;
  machine.write("root/data here/x", "");
  machine.write("proc/mounts",
                "/dev/a /data\\040here ext4 rw,relatime 0 0\n"
                "/dev/a /data\\040here ext4 rw,relatime 0 0\n"
                "/dev/b /gone xfs ro 0 0\nproc /proc proc rw 0 0\n");
  const std::string text = machine.scrape("filesystem");
  const std::string here = "{device=\"/dev/a\",fstype=\"ext4\",mountpoint=\"/data here\"}";
  const std::string gone = "{device=\"/dev/b\",fstype=\"xfs\",mountpoint=\"/gone\"}";
  CHECK(value_of(text, "node_filesystem_device_error" + here) == "0");
  CHECK(value_of(text, "node_filesystem_readonly" + here) == "0");
  CHECK(value_of(text, "node_filesystem_size_bytes" + here) != "none");
  CHECK(value_of(text, "node_filesystem_device_error" + gone) == "1");
  CHECK(value_of(text, "node_filesystem_readonly" + gone) == "1");
  CHECK(value_of(text, "node_filesystem_size_bytes" + gone) == "none");
  CHECK_FALSE(text.contains("fstype=\"proc\""));
  CHECK(value_of(text, "promhttp_metric_handler_errors_total{cause=\"gathering\"}") == "0");
}

TEST_CASE("filesystem takes the prefix of the root off the mount points") {
  const Paths paths{.root = "/host/"};
  CHECK(paths.without_root("/host/var") == "/var");
  CHECK(paths.without_root("/host") == "/");
  CHECK(paths.in_root("/var") == "/host/var");
  CHECK(Paths().without_root("/var") == "/var");
}

// A file system that answers only when it is told to.
struct Server {
  std::mutex mutex;
  std::condition_variable changed;
  bool answers = false;
  int asked = 0;
};
Server& server() {
  static Server one;
  return one;
}
Usage ask_test(const std::string& path) {
  if (path == "/stuck") {
    std::unique_lock lock(server().mutex);
    ++server().asked;
    server().changed.notify_all();
    server().changed.wait(lock, [] { return server().answers; });
  }
  return {.is_known = true, .size_bytes = static_cast<double>(path.size())};
}

TEST_CASE("a file system that is stuck holds the others up once, and is not asked again") {
  UsageReader reader(std::chrono::milliseconds(50), ask_test);
  const std::vector<std::string> paths = {"/a", "/stuck", "/abc"};
  for (int scrape = 0; scrape < 3; ++scrape) {
    const auto usages = reader.read(paths);
    CHECK(usages[0].size_bytes == 2);
    CHECK_FALSE(usages[1].is_known);
    CHECK(usages[2].size_bytes == 4);
    CHECK(reader.is_stuck("/stuck"));
  }
  {
    std::unique_lock lock(server().mutex);
    CHECK(server().asked == 1);
    server().answers = true;
    server().changed.notify_all();
  }
  // Once the first question has come back it is asked again.
  while (reader.is_stuck("/stuck")) std::this_thread::yield();
  CHECK(reader.read(paths)[1].size_bytes == 6);
}

TEST_CASE("mdadm tells how arrays are, and how far they have come") {
  FakeMachine machine;
  machine.write(
      "proc/mdstat",
      "Personalities : [raid1] [raid6]\n"
      "md3 : active raid6 sda1[8] sdh1[7] sdg1[6](S) sdf1[5](F)\n"
      "      5853468288 blocks super 1.2 level 6, 64k chunk, algorithm 2 [8/7] [UU_UUUUU]\n"
      "      bitmap: 0/1 pages\n\n"
      "md8 : active raid1 sdb1[1] sda1[0]\n"
      "      195310144 blocks [2/2] [UU]\n"
      "      [=>....]  resync =  8.5% (16775552/195310144) finish=17.0min speed=25976K\n\n"
      "md9 : active raid0 sdb2[1] sda2[0]\n      314159265 blocks 64k chunks\n\n"
      "unused devices: <none>\n");
  const std::string text = machine.scrape("mdadm");
  CHECK(value_of(text, "node_md_disks_required{device=\"md3\"}") == "8");
  CHECK(value_of(text, "node_md_disks{device=\"md3\",state=\"active\"}") == "7");
  CHECK(value_of(text, "node_md_disks{device=\"md3\",state=\"failed\"}") == "1");
  CHECK(value_of(text, "node_md_disks{device=\"md3\",state=\"spare\"}") == "1");
  CHECK(value_of(text, "node_md_state{device=\"md8\",state=\"resync\"}") == "1");
  CHECK(value_of(text, "node_md_state{device=\"md8\",state=\"active\"}") == "0");
  CHECK(value_of(text, "node_md_blocks_synced{device=\"md8\"}") == "16775552");
  CHECK(value_of(text, "node_md_disks{device=\"md9\",state=\"active\"}") == "2");
}

TEST_CASE("xfs, btrfs, bcache and zfs read their trees") {
  FakeMachine machine;
  machine.write("sys/fs/xfs/sda1/stats/stats", "extent_alloc 1 0 7 9\nrw 12 34\n");
  const std::string xfs = machine.scrape("xfs");
  CHECK(value_of(xfs, "node_xfs_extent_allocation_extents_freed_total{device=\"sda1\"}") == "7");
  CHECK(value_of(xfs, "node_xfs_read_calls_total{device=\"sda1\"}") == "34");

  const std::string btrfs_folder = "sys/fs/btrfs/0abb23a9-579b-43e6-ad30-227ef47fcb9d/";
  machine.write("proc/mounts", "");
  machine.write(btrfs_folder + "label", "fixture\n");
  for (const char* device : {"loop1", "loop2", "loop3", "loop4"}) {
    machine.write(btrfs_folder + "devices/" + device + "/size", "20\n");
  }
  machine.write(btrfs_folder + "allocation/data/raid5/used_bytes", "5\n");
  const std::string btrfs = machine.scrape("btrfs");
  const std::string uuid = "uuid=\"0abb23a9-579b-43e6-ad30-227ef47fcb9d\"";
  CHECK(value_of(btrfs, "node_btrfs_info{label=\"fixture\"," + uuid + "}") == "1");
  CHECK(value_of(btrfs, "node_btrfs_device_size_bytes{device=\"loop2\"," + uuid + "}") == "10240");
  CHECK(value_of(btrfs, "node_btrfs_allocation_ratio{block_group_type=\"data\",mode=\"raid5\"," +
                            uuid + "}") == "1.3333333333333333");

  machine.write("sys/fs/bcache/de-ad/bdev0/dirty_data", "1.1k\n");
  machine.write("sys/fs/bcache/de-ad/bdev0/writeback_rate_debug",
                "rate:\t\t1.1M/sec\nchange:\t\t-321.5k/sec\n");
  const std::string bcache = machine.scrape("bcache");
  const std::string device = "{backing_device=\"bdev0\",uuid=\"de-ad\"}";
  CHECK(value_of(bcache, "node_bcache_dirty_data_bytes" + device) == "1124");
  CHECK(value_of(bcache, "node_bcache_writeback_rate" + device) == "1150976");
  CHECK(value_of(bcache, "node_bcache_writeback_change" + device) == "-329204");
  CHECK(value_of(bcache, "node_bcache_cache_readaheads_total" + device) == "none");

  CHECK(success(machine.scrape("zfs"), "zfs") == "0");
  machine.write("proc/spl/kstat/zfs/arcstats",
                "6 1 0x01 91 4368 5266997922 97951858082072\nname type data\nhits 4 8772612\n"
                "name_of_it 7 text\nmemory-bytes 3 5\n");
  machine.write("proc/spl/kstat/zfs/pool1/state", "ONLINE\n");
  machine.write("proc/spl/kstat/zfs/pool1/objset-1",
                "23 1 0x01 7 2160 1 2\nname type data\ndataset_name 7 pool1/set\nwrites 4 9\n");
  const std::string zfs = machine.scrape("zfs");
  CHECK(value_of(zfs, "node_zfs_arc_hits") == "8772612");
  CHECK(value_of(zfs, "node_zfs_arc_memory_bytes") == "5");
  CHECK(value_of(zfs, "node_zfs_zpool_state{state=\"online\",zpool=\"pool1\"}") == "1");
  CHECK(value_of(zfs, "node_zfs_zpool_dataset_writes{dataset=\"pool1/set\",zpool=\"pool1\"}") ==
        "9");
}

TEST_CASE("nfs and nfsd name the kernel's procedures") {
  FakeMachine machine;
  machine.write(
      "proc/net/rpc/nfs",
      "net 18628 1 18628 6\nrpc 4329785 2 4338291\nproc2 18 2 69 0 0 4410 0 0 0 0 0 0 0 0 "
      "0 0 0 99 2\nproc4 3 98 51 54\n");
  const std::string nfs = machine.scrape("nfs");
  CHECK(value_of(nfs, "node_nfs_rpcs_total") == "4329785");
  CHECK(value_of(nfs, "node_nfs_requests_total{method=\"GetAttr\",proto=\"2\"}") == "69");
  CHECK(value_of(nfs, "node_nfs_requests_total{method=\"Write\",proto=\"4\"}") == "54");
  CHECK(value_of(nfs, "node_nfs_requests_total{method=\"Clone\",proto=\"4\"}") == "0");
  machine.write("proc/net/rpc/nfsd", "rc 0 6 18622\nth 8 0\nproc4ops 5 0 0 0 1098 2\n");
  const std::string nfsd = machine.scrape("nfsd");
  CHECK(value_of(nfsd, "node_nfsd_reply_cache_nocache_total") == "18622");
  CHECK(value_of(nfsd, "node_nfsd_requests_total{method=\"Access\",proto=\"4\"}") == "1098");
  CHECK(value_of(nfsd, "node_nfsd_requests_total{method=\"Null\",proto=\"2\"}") == "none");
}

TEST_CASE("mountstats counts each NFS mount once") {
  FakeMachine machine;
  const std::string mount =
      "device srv:/data mounted on /mnt with fstype nfs4 statvers=1.1\n\topts:\trw\n"
      "\tage:\t13968\n\tevents:\t52 226\n\tbytes:\t1207640230 0\n"
      "\txprt:\ttcp 832 0 1 0 11 6428 6427 4 12154 5 24 26 5726\n"
      "\tper-op statistics\n\t        READ: 1298 1299 0 207680 1210292152 6 79386 79407\n\n";
  machine.write("proc/self/mountstats",
                "device rootfs mounted on / with fstype rootfs\n" + mount + mount);
  machine.write("proc/self/mountinfo",
                "1 1 0:1 / / rw - rootfs rootfs rw\n2 1 0:2 / /mnt rw - nfs4 srv:/data "
                "rw,vers=4,addr=192.0.2.1\n3 1 0:2 / /mnt rw - nfs4 srv:/data "
                "rw,vers=4,addr=192.0.2.1\n");
  const std::string text = machine.scrape("mountstats");
  const std::string labels = "export=\"srv:/data\",mountaddr=\"192.0.2.1\"";
  const std::string one = "{" + labels + ",protocol=\"tcp\"}";
  CHECK(value_of(text, "node_mountstats_nfs_age_seconds_total" + one) == "13968");
  CHECK(value_of(text, "node_mountstats_nfs_read_bytes_total" + one) == "1207640230");
  CHECK(value_of(text, "node_mountstats_nfs_transport_pending_queue_total" + one) == "5726");
  CHECK(value_of(text, "node_mountstats_nfs_event_dnode_revalidate_total" + one) == "226");
  CHECK(value_of(text, "node_mountstats_nfs_operations_request_time_seconds_total{" + labels +
                           ",operation=\"READ\",protocol=\"tcp\"}") == "79.407");
  CHECK(value_of(text, "promhttp_metric_handler_errors_total{cause=\"gathering\"}") == "0");
}

}  // namespace
}  // namespace alloy::prometheus::exporter_unix
