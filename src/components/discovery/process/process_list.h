// The processes of this machine, from /proc.
#pragma once

#include <string>
#include <vector>

#include "components/shared/target_groups.h"

namespace alloy::discovery::process {

// Which facts become labels.
struct Facts {
  bool cwd = false;
  bool exe = false;
  bool commandline = false;
  bool username = false;
  bool uid = false;
  bool container_id = false;
  bool cgroup_path = false;
};

// A target a process. Processes that end meanwhile, or may not be looked at, are left out. `proc`
// is where the kernel's file system is mounted.
Result<std::vector<Target>> list_processes(const Facts& facts, const std::string& proc = "/proc");

// The id of the container that a process is in, from its cgroup file: 64 hexadecimal digits at the
// end of a path. Empty for none.
std::string container_id_of(std::string_view cgroup);

// Gives processes the labels of the container they run in. What is joined by no process comes too.
std::vector<Target> join_containers(const std::vector<Target>& processes,
                                    const TargetList& containers);

}  // namespace alloy::discovery::process
