// YAML texts that exporters take as their configuration: read strictly into structs, with the
// mistakes, each with its line, that the real program's library tells.
//
//   YamlErrors errors;
//   YamlMapping fields(node, "config.plain", errors);
//   fields.read("timeout", module.timeout);
//   if (const YamlNode* http = fields.find("http")) read_http(*http, module.http, errors);
//   fields.refuse_others();
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/error.h"

namespace alloy::prometheus {

struct YamlNode {
  enum class Kind : unsigned char { null, scalar, sequence, mapping };

  Kind kind = Kind::null;
  int line = 0;      // From 1.
  std::string tag;   // "!" for quoted scalars, "!!int" and the like where one was written.
  std::string text;  // Of a scalar.
  // Of a mapping or sequence; shared where the text refers to an anchor.
  std::vector<std::shared_ptr<const YamlNode>> items;
  std::vector<std::string> keys;  // Of a mapping; as many as items.
};

// The first document of a text; null if there is none. Errors start with "yaml: ".
Result<YamlNode> parse_yaml(std::string_view text);

// The mistakes in a document.
class YamlErrors {
 public:
  void add(int line, std::string_view message);
  // A mistake that says everything itself; the first counts more than all others.
  void refuse(std::string message);
  Result<> result() const;

 private:
  std::vector<std::string> messages_;
  std::optional<std::string> refused_;
};

// Each of these reports what it can't read and leaves `out` as it is; null means nothing said.
void read_yaml(const YamlNode& node, YamlErrors& errors, std::string& out);
void read_yaml(const YamlNode& node, YamlErrors& errors, bool& out);
void read_yaml(const YamlNode& node, YamlErrors& errors, int64_t& out);
void read_yaml(const YamlNode& node, YamlErrors& errors, double& out);
void read_yaml(const YamlNode& node, YamlErrors& errors, Duration& out);

// "!!str `abc`": how mistakes speak of a node.
std::string describe_yaml(const YamlNode& node);

template <class T>
void read_yaml(const YamlNode& node, YamlErrors& errors, std::vector<T>& out) {
  if (node.kind == YamlNode::Kind::null) return;
  if (node.kind != YamlNode::Kind::sequence)
    return errors.add(node.line, "cannot unmarshal " + describe_yaml(node) + " into a list");
  out.clear();
  for (const auto& item : node.items) {
    T element{};
    read_yaml(*item, errors, element);
    out.push_back(std::move(element));
  }
}

template <class T>
void read_yaml(const YamlNode& node, YamlErrors& errors, std::map<std::string, T>& out) {
  if (node.kind == YamlNode::Kind::null) return;
  if (node.kind != YamlNode::Kind::mapping)
    return errors.add(node.line, "cannot unmarshal " + describe_yaml(node) + " into a map");
  out.clear();
  for (size_t i = 0; i < node.items.size(); ++i)
    read_yaml(*node.items[i], errors, out[node.keys[i]]);
}

// The fields of one mapping, which belong to a struct that mistakes call `type`.
class YamlMapping {
 public:
  YamlMapping(const YamlNode& node, std::string_view type, YamlErrors& errors);

  // The value of a field, or null.
  const YamlNode* find(std::string_view key);
  // Whether it was there.
  template <class T>
  bool read(std::string_view key, T& out) {
    const YamlNode* node = find(key);
    if (node != nullptr) read_yaml(*node, errors_, out);
    return node != nullptr;
  }
  YamlErrors& errors() { return errors_; }
  // Reports the fields that nobody asked for.
  void refuse_others();

 private:
  const YamlNode& node_;
  std::string type_;
  YamlErrors& errors_;
  std::set<std::string_view> known_;
};

}  // namespace alloy::prometheus
