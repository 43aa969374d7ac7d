// Blocks of another program's YAML as blocks of ours. Since most of its fields have the names of
// ours, the schema of our block says which fields there are and of what type; what differs is told.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convert/draft.h"
#include "convert/yaml_node.h"

namespace alloy::convert {

// A field of the source that has another name with us, or that somebody else takes care of.
struct Rename {
  std::string_view source;
  std::string_view ours;  // Empty: known, but not converted here.
};

// What a map of the source is.
struct SourceMap {
  std::string_view type;  // As the other program's errors name it: "config.plain".
  const Schema* schema;   // Of our block; null: only the renames are known.
  std::span<const Rename> renames = {};
};

class SourceReader {
 public:
  // Reads the members of the map into the block. Mistakes go to errors().
  void read(const YamlNode& map, const SourceMap& source, Draft& into);
  // The same for a map whose fields are all taken care of elsewhere: only looks for unknown ones.
  void check_names(const YamlNode& map, std::string_view type,
                   std::span<const std::string_view> names);

  // A value for a field of ours, null for null. Durations may have the units d, w and y.
  Value value(const YamlNode& node, const MemberType& type);
  // A map of texts, the members in the order of their keys.
  Value text_map(const YamlNode& node);
  // The items of the list; none for null, a mistake for anything else.
  std::span<const YamlNode> items(const YamlNode* node, std::string_view type);

  // "line 7: field x not found in type config.plain" and the like.
  void mistake(size_t line, std::string what);
  void unknown_field(const YamlMember& member, std::string_view type);
  // A mistake that is the whole error, whatever else there is.
  void refuse(std::string what);

  // Nothing, or one error with all mistakes.
  Result<> result() const;

 private:
  void read_member(const YamlMember& member, const SourceMap& source, Draft& into);
  void read_block(const YamlNode& node, const Field& field, Draft& into);
  void wrong_type(const YamlNode& node, std::string_view type);

  std::vector<std::string> mistakes_;
  std::string refusal_;
};

// A duration with the units of Prometheus (ms, s, m, h, d, w, y) or of Go.
// Errors: `not a valid duration string: "x"`.
Result<Duration> parse_any_duration(std::string_view text);
Value duration_value(Duration duration);

}  // namespace alloy::convert
