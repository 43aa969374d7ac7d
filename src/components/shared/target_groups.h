// What a discovery has found, in groups: each group is one source's targets (a file's, a pod's),
// and comes and goes as a whole. What hasn't changed from one update to the next stays the same
// object, so that whoever follows recognises it without looking inside.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "signals/targets.h"

namespace alloy::discovery {

struct TargetGroup {
  std::string source;
  std::vector<Target> targets;
};

class TargetGroups {
 public:
  // Replaces groups by source; one without targets goes. Whether anything changed.
  bool update(std::vector<TargetGroup> groups);
  // The same, and what isn't among them goes too.
  bool replace(std::vector<TargetGroup> groups);
  // The targets of all groups, ordered by source.
  std::vector<Target> list() const;

 private:
  bool put(TargetGroup group);

  std::map<std::string, std::vector<Target>, std::less<>> groups_;
};

// A target under construction. Names and values given as views must outlive build().
class TargetBuilder {
 public:
  // Starts over with the labels that a group's targets have in common.
  void reset(std::span<const Label> common = {}) { labels_.reset(common); }
  // Keeps empty values, as discovery does.
  void put(std::string_view name, std::string_view value) { labels_.put(name, value); }
  void put_copy(std::string_view name, std::string_view value) {
    labels_.put(labels_.keep(name), labels_.keep(value));
  }
  // prefix + the name with what no label name may contain replaced by "_".
  void put_sanitized(std::string_view prefix, std::string_view name, std::string_view value);
  // The tags joined, with separators at both ends; nothing without tags.
  void put_tags(std::string_view name, std::span<const std::string_view> tags,
                std::string_view separator);
  std::string_view keep(std::string_view text) { return labels_.keep(text); }
  Target build() const { return labels_.build(); }
  std::span<const Label> labels() const { return labels_.labels(); }

 private:
  LabelBuilder labels_;
};

// "a.b/c" is "a_b_c".
std::string sanitize_label_name(std::string_view name);

// ",a,b," for tags a and b: the separator also at both ends, so that expressions can match a whole
// tag; nothing but the separators without any.
std::string join_tags(std::span<const std::string_view> tags, std::string_view separator);

// "host:port", with brackets around an IPv6 address.
std::string join_host_port(std::string_view host, std::string_view port);
std::string join_host_port(std::string_view host, int64_t port);

}  // namespace alloy::discovery
