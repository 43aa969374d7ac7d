#include "components/prometheus/shared/yaml_document.h"

#include <array>
#include <charconv>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "signals/number_text.h"
#include "values/stdlib/yaml_scalar.h"

namespace alloy::prometheus {
namespace {

using Node = std::shared_ptr<YamlNode>;

// "!!int" for "tag:yaml.org,2002:int"; empty for what is plain.
std::string short_tag(const std::string& tag) {
  constexpr std::string_view prefix = "tag:yaml.org,2002:";
  if (tag == "?") return {};
  return tag.starts_with(prefix) ? "!!" + tag.substr(prefix.size()) : tag;
}

// Builds the tree from what the parser reports. Aliases share a finished node, so that nothing can
// contain itself.
class Builder final : public YAML::EventHandler {
 public:
  Result<YamlNode> finish() && {
    if (!problem_.empty()) return fail("yaml: " + problem_, ErrorKind::invalid);
    return root_ ? std::move(*root_) : YamlNode();
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(mark, YamlNode::Kind::null), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) problem_ = "anchor value contains itself";
    add(found == anchors_.end() ? make(mark, YamlNode::Kind::null) : found->second, 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    Node node = make(mark, YamlNode::Kind::scalar);
    node->tag = short_tag(tag);
    node->text = text;
    const bool is_null = node->tag.empty() && (text.empty() || text == "~" || text == "null" ||
                                               text == "Null" || text == "NULL");
    if (is_null) node->kind = YamlNode::Kind::null;
    add(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({make(mark, YamlNode::Kind::sequence), anchor});
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({make(mark, YamlNode::Kind::mapping), anchor});
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::optional<std::string> key;  // Read, and waiting for its value.
    int key_line = 0;
  };

  static Node make(const YAML::Mark& mark, YamlNode::Kind kind) {
    Node node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->line = mark.line + 1;
    return node;
  }
  void close() {
    Open open = std::move(open_.back());
    open_.pop_back();
    add(std::move(open.node), open.anchor);
  }
  void add(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      if (!root_) root_ = std::move(node);
    } else if (open_.back().node->kind == YamlNode::Kind::sequence) {
      open_.back().node->items.push_back(std::move(node));
    } else {
      add_to_mapping(open_.back(), std::move(node));
    }
  }
  void add_to_mapping(Open& open, Node node);

  std::string problem_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::vector<Open> open_;
  Node root_;
};

void Builder::add_to_mapping(Open& open, Node node) {
  if (!open.key) {
    open.key = node->text;
    open.key_line = node->line;
    return;
  }
  const std::string key = *std::exchange(open.key, std::nullopt);
  YamlNode& mapping = *open.node;
  const bool is_merge = key == "<<" && node->kind == YamlNode::Kind::mapping;
  if (!is_merge) {
    // A field's own line, which a block value starts below.
    if (node->kind == YamlNode::Kind::null) node->line = open.key_line;
    mapping.keys.push_back(key);
    mapping.items.push_back(std::move(node));
    return;
  }
  for (size_t i = 0; i < node->items.size(); ++i) {
    mapping.keys.push_back(node->keys[i]);
    mapping.items.push_back(node->items[i]);
  }
}

void cannot(const YamlNode& node, YamlErrors& errors, std::string_view type) {
  errors.add(node.line, fmt::format("cannot unmarshal {} into {}", describe_yaml(node), type));
}

std::optional<Value> scalar_value(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::scalar) return std::nullopt;
  auto value = stdlib::resolve_yaml_scalar(node.tag, node.text);
  if (!value) return std::nullopt;
  return *std::move(value);
}

}  // namespace

Result<YamlNode> parse_yaml(std::string_view text) {
  Builder builder;
  try {
    std::istringstream input{std::string(text)};
    YAML::Parser parser(input);
    parser.HandleNextDocument(builder);
  } catch (const YAML::Exception& error) {
    return fail(fmt::format("yaml: line {}: {}", error.mark.line + 1, error.msg),
                ErrorKind::invalid);
  }
  return std::move(builder).finish();
}

void YamlErrors::add(int line, std::string_view message) {
  messages_.push_back(fmt::format("  line {}: {}", line, message));
}

void YamlErrors::refuse(std::string message) {
  if (!refused_) refused_ = std::move(message);
}

Result<> YamlErrors::result() const {
  if (refused_) return fail(*refused_, ErrorKind::invalid);
  if (messages_.empty()) return {};
  std::string all = "yaml: unmarshal errors:";
  for (const std::string& message : messages_) all += "\n" + message;
  return fail(std::move(all), ErrorKind::invalid);
}

std::string describe_yaml(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::sequence) return "!!seq";
  if (node.kind == YamlNode::Kind::mapping) return "!!map";
  std::string_view tag = "!!str";
  if (const auto value = scalar_value(node)) {
    if (value->is_boolean()) tag = "!!bool";
    if (value->is_number())
      tag = node.text.find_first_of(".eE") == node.text.npos ? "!!int" : "!!float";
  }
  const std::string shown = node.text.size() > 10 ? node.text.substr(0, 7) + "..." : node.text;
  return fmt::format("{} `{}`", tag, shown);
}

void read_yaml(const YamlNode& node, YamlErrors& errors, std::string& out) {
  if (node.kind == YamlNode::Kind::null) return;
  if (node.kind != YamlNode::Kind::scalar) return cannot(node, errors, "string");
  out = node.text;
}

void read_yaml(const YamlNode& node, YamlErrors& errors, bool& out) {
  if (node.kind == YamlNode::Kind::null) return;
  const auto value = scalar_value(node);
  if (!value || !value->is_boolean()) return cannot(node, errors, "bool");
  out = value->as_boolean();
}

void read_yaml(const YamlNode& node, YamlErrors& errors, int64_t& out) {
  if (node.kind == YamlNode::Kind::null) return;
  const auto value = scalar_value(node);
  if (!value || !value->is_number()) return cannot(node, errors, "int");
  int64_t number = 0;
  const char* end = node.text.data() + node.text.size();
  if (const auto read = std::from_chars(node.text.data(), end, number);
      read.ec != std::errc() || read.ptr != end)
    return cannot(node, errors, "int");
  out = number;
}

void read_yaml(const YamlNode& node, YamlErrors& errors, double& out) {
  if (node.kind == YamlNode::Kind::null) return;
  const auto value = scalar_value(node);
  const auto number = value && value->is_number() ? parse_double(node.text) : std::nullopt;
  if (!number) return cannot(node, errors, "float64");
  out = *number;
}

void read_yaml(const YamlNode& node, YamlErrors& errors, Duration& out) {
  if (node.kind == YamlNode::Kind::null) return;
  const auto duration = node.kind == YamlNode::Kind::scalar
                            ? parse_duration(node.text)
                            : Result<Duration>(fail("not a scalar", ErrorKind::invalid));
  if (duration) {
    out = *duration;
    return;
  }
  int64_t nanoseconds = 0;
  const char* end = node.text.data() + node.text.size();
  if (const auto read = std::from_chars(node.text.data(), end, nanoseconds);
      node.text.empty() || read.ec != std::errc() || read.ptr != end)
    return cannot(node, errors, "time.Duration");
  out = Duration(nanoseconds);
}

YamlMapping::YamlMapping(const YamlNode& node, std::string_view type, YamlErrors& errors)
    : node_(node), type_(type), errors_(errors) {
  if (node.kind == YamlNode::Kind::sequence || node.kind == YamlNode::Kind::scalar)
    cannot(node, errors, type);
  std::map<std::string_view, int> lines;
  for (size_t i = 0; i < node.keys.size(); ++i) {
    const auto [earlier, is_new] = lines.try_emplace(node.keys[i], node.items[i]->line);
    if (!is_new)
      errors.add(node.items[i]->line,
                 fmt::format("field {} already set in type {}", node.keys[i], type));
  }
}

const YamlNode* YamlMapping::find(std::string_view key) {
  known_.insert(key);
  for (size_t i = node_.keys.size(); i-- > 0;)
    if (node_.keys[i] == key) return node_.items[i].get();
  return nullptr;
}

void YamlMapping::refuse_others() {
  for (size_t i = 0; i < node_.keys.size(); ++i)
    if (!known_.contains(node_.keys[i]))
      errors_.add(node_.items[i]->line,
                  fmt::format("field {} not found in type {}", node_.keys[i], type_));
}

}  // namespace alloy::prometheus
