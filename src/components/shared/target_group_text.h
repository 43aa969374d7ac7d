// Lists of target groups as text, which files and HTTP servers give:
//   [{"targets": ["a:1", "b:2"], "labels": {"team": "x"}}]
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "components/shared/target_groups.h"

namespace alloy::discovery {

// Where groups come from: a label that each of their targets gets, and its value. The n-th group's
// source is "<value>:<n>". Groups without targets are left out.
struct GroupOrigin {
  std::string_view label;
  std::string_view value;
};

// Refuses what is not exactly of this form.
Result<std::vector<TargetGroup>> read_json_groups(std::string_view text, GroupOrigin origin);
// The same in YAML, where scalars of any type are text.
Result<std::vector<TargetGroup>> read_yaml_groups(const std::string& text, GroupOrigin origin);

}  // namespace alloy::discovery
