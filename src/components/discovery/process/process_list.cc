// Reading /proc.
#include "components/discovery/process/process_list.h"

#include <algorithm>
#include <filesystem>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

#include "base/file.h"
#include "base/text.h"

namespace alloy::discovery::process {
namespace {

constexpr size_t file_size_max = 1 << 20;

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

Result<std::string> read_link(const std::string& path) {
  std::string target(4096, '\0');
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return std::unexpected(Error::from_errno("readlink " + path));
  target.resize(static_cast<size_t>(size));
  return target;
}

// /proc separates arguments by zeros.
std::string joined_arguments(std::string text) {
  while (text.ends_with('\0')) text.pop_back();
  std::ranges::replace(text, '\0', ' ');
  return text;
}

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::string buffer(16 << 10, '\0');
  if (getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return {};
  return found->pw_name;
}

Result<Target> read_process(const Facts& facts, const std::string& pid, const std::string& folder) {
  TargetBuilder builder;
  builder.put("__process_pid__", pid);
  const auto put = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) builder.put_copy(name, value);
  };
  if (facts.exe) {
    TRY(const auto exe, read_link(folder + "/exe"));
    put("__meta_process_exe", exe);
  }
  if (facts.cwd) {
    TRY(const auto cwd, read_link(folder + "/cwd"));
    put("__meta_process_cwd", cwd);
  }
  if (facts.commandline) {
    TRY(auto text, read_file(folder + "/cmdline", file_size_max));
    put("__meta_process_commandline", joined_arguments(std::move(text)));
  }
  if (facts.username || facts.uid) {
    struct stat status{};
    if (::stat(folder.c_str(), &status) != 0)
      return std::unexpected(Error::from_errno("stat " + folder));
    if (facts.username) put("__meta_process_username", user_name(status.st_uid));
    if (facts.uid) put("__meta_process_uid", std::to_string(status.st_uid));
  }
  if (facts.container_id || facts.cgroup_path) {
    TRY(const auto cgroup, read_file(folder + "/cgroup", file_size_max));
    if (facts.container_id) put("__container_id__", container_id_of(cgroup));
    if (facts.cgroup_path) {
      std::string paths(trim(cgroup, "\n"));
      std::ranges::replace(paths, '\n', '|');
      put("__meta_process_cgroup_path", paths);
    }
  }
  return builder.build();
}

std::string_view container_of(const Target& target) {
  if (const auto id = target.get("__container_id__"); !id.empty()) return id;
  if (const auto id = target.get("__meta_kubernetes_pod_container_id"); !id.empty()) {
    for (const std::string_view runtime : {"docker://", "containerd://", "cri-o://"})
      if (id.starts_with(runtime)) return id.substr(runtime.size());
    return {};
  }
  return target.get("__meta_docker_container_id");
}

// The labels of both; where they disagree, the container's.
Target merged(const Target& process, const Target& container) {
  LabelBuilder builder;
  builder.reset(process.labels());
  for (const Label& label : container.labels()) builder.put(label.name, label.value);
  return builder.build();
}

}  // namespace

std::string container_id_of(std::string_view cgroup) {
  constexpr size_t id_size = 64;
  for (std::string_view line : split(cgroup, '\n')) {
    const size_t slash = line.rfind('/');
    if (slash == std::string_view::npos) continue;
    std::string_view name = line.substr(slash + 1);
    name = trim(name.substr(0, name.find('.')));
    if (const size_t dash = name.rfind('-'); dash != std::string_view::npos)
      name = name.substr(dash + 1);
    const bool is_id = name.size() == id_size && std::ranges::all_of(name, [](char c) {
                         return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                       });
    if (is_id) return std::string(name);
  }
  return {};
}

Result<std::vector<Target>> list_processes(const Facts& facts, const std::string& proc) {
  std::error_code error;
  std::filesystem::directory_iterator entries(proc, error);
  if (error) return fail(fmt::format("failed to list pids: {}", error.message()));
  std::vector<int> pids;
  for (; entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    if (error) return fail(fmt::format("failed to list pids: {}", error.message()));
    const std::string name = entries->path().filename();
    if (is_number(name)) pids.push_back(std::atoi(name.c_str()));
  }
  std::ranges::sort(pids);
  std::vector<Target> targets;
  for (const int number : pids) {
    const std::string pid = std::to_string(number);
    if (auto target = read_process(facts, pid, proc + "/" + pid))
      targets.push_back(*std::move(target));
  }
  return targets;
}

std::vector<Target> join_containers(const std::vector<Target>& processes,
                                    const TargetList& containers) {
  std::vector<Target> joined;
  std::unordered_map<std::string_view, const Target*> by_id;
  std::vector<const Target*> ordered;
  for (const Target& container : containers) {
    const auto id = container_of(container);
    if (id.empty()) {
      joined.push_back(container);
      continue;
    }
    const auto [entry, is_new] = by_id.try_emplace(id, &container);
    if (is_new) ordered.push_back(&container);
    entry->second = &container;
  }
  for (const Target& process : processes) {
    const auto id = container_of(process);
    const auto found = id.empty() ? by_id.end() : by_id.find(id);
    joined.push_back(found == by_id.end() ? process : merged(process, *found->second));
  }
  for (const Target* container : ordered) joined.push_back(*by_id[container_of(*container)]);
  return joined;
}

}  // namespace alloy::discovery::process
