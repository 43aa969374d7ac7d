// Groups of targets, and the text operations for their labels.
#include "components/shared/target_groups.h"

#include <algorithm>

#include "base/text.h"

namespace alloy::discovery {
namespace {

// Puts the old object in place of each new target that equals one at about the same position.
// Returns whether the lists differ.
bool reuse(const std::vector<Target>& old, std::vector<Target>& fresh) {
  bool differs = old.size() != fresh.size();
  size_t next = 0;
  for (size_t i = 0; i < fresh.size(); ++i) {
    if (next < old.size() && fresh[i] == old[next]) {
      fresh[i] = old[next++];
      continue;
    }
    differs = true;
    const bool one_was_removed = next + 1 < old.size() && fresh[i] == old[next + 1];
    const bool one_was_inserted =
        i + 1 < fresh.size() && next < old.size() && fresh[i + 1] == old[next];
    if (one_was_removed) {
      fresh[i] = old[next + 1];
      next += 2;
    } else if (!one_was_inserted) {
      ++next;
    }
  }
  return differs;
}

bool is_label_character(char32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

bool TargetGroups::put(TargetGroup group) {
  const auto found = groups_.find(group.source);
  if (group.targets.empty()) {
    if (found == groups_.end()) return false;
    groups_.erase(found);
    return true;
  }
  if (found == groups_.end()) {
    groups_.emplace(std::move(group.source), std::move(group.targets));
    return true;
  }
  if (!reuse(found->second, group.targets)) return false;
  found->second = std::move(group.targets);
  return true;
}

bool TargetGroups::update(std::vector<TargetGroup> groups) {
  bool changed = false;
  for (TargetGroup& group : groups) changed |= put(std::move(group));
  return changed;
}

bool TargetGroups::replace(std::vector<TargetGroup> groups) {
  std::vector<std::string_view> sources;
  sources.reserve(groups.size());
  for (const TargetGroup& group : groups) sources.push_back(group.source);
  std::ranges::sort(sources);
  const size_t gone = std::erase_if(groups_, [&](const auto& entry) {
    return !std::ranges::binary_search(sources, std::string_view(entry.first));
  });
  return update(std::move(groups)) || gone > 0;
}

std::vector<Target> TargetGroups::list() const {
  size_t size = 0;
  for (const auto& [source, targets] : groups_) size += targets.size();
  std::vector<Target> all;
  all.reserve(size);
  for (const auto& [source, targets] : groups_)
    all.insert(all.end(), targets.begin(), targets.end());
  return all;
}

void TargetBuilder::put_sanitized(std::string_view prefix, std::string_view name,
                                  std::string_view value) {
  labels_.put(labels_.keep(std::string(prefix) + sanitize_label_name(name)), value);
}

void TargetBuilder::put_tags(std::string_view name, std::span<const std::string_view> tags,
                             std::string_view separator) {
  if (!tags.empty()) labels_.put(name, labels_.keep(join_tags(tags, separator)));
}

std::string sanitize_label_name(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  while (!name.empty()) {
    const char32_t c = next_code_point(name);
    out.push_back(is_label_character(c) ? static_cast<char>(c) : '_');
  }
  return out;
}

std::string join_tags(std::span<const std::string_view> tags, std::string_view separator) {
  std::string out(separator);
  for (size_t i = 0; i < tags.size(); ++i) {
    if (i > 0) out += separator;
    out += tags[i];
  }
  out += separator;
  return out;
}

std::string join_host_port(std::string_view host, std::string_view port) {
  return host.contains(':') ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string join_host_port(std::string_view host, int64_t port) {
  return join_host_port(host, std::to_string(port));
}

}  // namespace alloy::discovery
