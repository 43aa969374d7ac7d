#include "values/stdlib/yaml_decode.h"

#include <map>
#include <sstream>
#include <vector>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"
#include "values/capsule.h"
#include "values/stdlib/yaml_scalar.h"

namespace alloy::stdlib {
namespace {

// A mapping of which not all keys are strings. It can be passed on, but not looked into.
class OpaqueMapping final : public Capsule {
 public:
  std::string_view type_name() const override { return "map[interface {}]interface {}"; }
};

// "!!int" for "tag:yaml.org,2002:int"; empty for what is plain.
std::string short_tag(const std::string& tag) {
  constexpr std::string_view prefix = "tag:yaml.org,2002:";
  if (tag == "?") return {};
  if (tag.starts_with(prefix)) return "!!" + tag.substr(prefix.size());
  return tag;
}

// Builds values from what the parser reports. An anchor stands for a finished value: aliases share
// it, and nothing can contain itself.
class Builder final : public YAML::EventHandler {
 public:
  // The document's value, or the first mistake in it.
  Result<Value> finish() && {
    if (error_) return std::unexpected(*std::move(error_));
    return std::move(root_.value);
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add({.line = mark.line + 1}, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      fail_at(mark.line + 1, "anchor value contains itself");
      return add({}, 0);
    }
    Node node = found->second;
    node.line = mark.line + 1;
    add(std::move(node), 0);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    std::string type = short_tag(tag);
    bool is_merge = text == "<<" && (type.empty() || type == "!!merge");
    auto value = resolve_yaml_scalar(type, text);
    if (!value) set_error(std::move(value).error());
    add({.value = value ? *std::move(value) : Value(), .is_merge = is_merge, .line = mark.line + 1},
        anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open_.push_back({.anchor = anchor, .line = mark.line + 1});
  }
  void OnSequenceEnd() override {
    Open open = take_open();
    std::vector<Value> elements;
    for (Node& node : open.nodes) elements.push_back(std::move(node.value));
    add({.value = Value::array(std::move(elements)), .line = open.line}, open.anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open_.push_back({.anchor = anchor, .line = mark.line + 1});
  }
  void OnMapEnd() override {
    Open open = take_open();
    add({.value = mapping(open), .line = open.line}, open.anchor);
  }

 private:
  struct Node {
    Value value;
    bool is_merge = false;
    int line = 0;
  };
  // A sequence or mapping that has not ended; keys and values of mappings alternate.
  struct Open {
    YAML::anchor_t anchor = 0;
    int line = 0;
    std::vector<Node> nodes = {};
  };

  void set_error(Error error) {
    if (!error_) error_ = std::move(error);
  }
  void fail_at(int line, std::string_view message) {
    set_error(Error(fmt::format("yaml: unmarshal errors:\n  line {}: {}", line, message),
                    ErrorKind::invalid));
  }
  Open take_open() {
    Open open = std::move(open_.back());
    open_.pop_back();
    return open;
  }
  void add(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
    } else {
      open_.back().nodes.push_back(std::move(node));
    }
  }
  Value mapping(const Open& open);
  void merge(const Node& node, std::vector<Object::Member>& merged);

  std::optional<Error> error_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::vector<Open> open_;
  Node root_;
};

Value Builder::mapping(const Open& open) {
  std::map<std::string_view, int> lines;
  std::vector<Object::Member> members;
  std::vector<Object::Member> merged;
  bool has_other_keys = false;
  for (size_t i = 0; i + 1 < open.nodes.size(); i += 2) {
    const Node& key = open.nodes[i];
    if (key.is_merge) {
      merge(open.nodes[i + 1], merged);
    } else if (!key.value.is_string()) {
      has_other_keys = true;
    } else {
      const std::string& name = key.value.as_string();
      auto [earlier, is_new] = lines.try_emplace(name, key.line);
      if (!is_new) {
        fail_at(key.line, fmt::format("mapping key {} already defined at line {}", quote(name),
                                      earlier->second));
      }
      members.push_back({name, open.nodes[i + 1].value});
    }
  }
  if (has_other_keys) return Value::capsule(std::make_shared<const OpaqueMapping>());
  // Of equal keys the last counts: what is merged comes first.
  merged.insert(merged.end(), members.begin(), members.end());
  return Value::object(Object::sorted(std::move(merged)));
}

// Appends the members of a mapping, or of a sequence of them of which earlier ones take precedence.
void Builder::merge(const Node& node, std::vector<Object::Member>& merged) {
  std::vector<Value> sources = {node.value};
  if (node.value.is_array()) {
    const Array& array = *node.value.as_array();
    sources.clear();
    for (size_t i = array.size(); i-- > 0;) sources.push_back(array.at(i));
  }
  for (const Value& source : sources) {
    if (!source.is_object()) {
      set_error(Error("yaml: map merge requires map or sequence of maps as the value",
                      ErrorKind::invalid));
      return;
    }
    auto members = source.as_object()->members();
    merged.insert(merged.end(), members.begin(), members.end());
  }
}

bool is_word(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// What the YAML library reads over and the real program's refuses.
Result<> check_text(std::string_view text) {
  if (!is_utf8(text)) return fail("yaml: invalid leading UTF-8 octet", ErrorKind::invalid);
  for (const char c : text) {
    const bool is_control = (c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    if (is_control) return fail("yaml: control characters are not allowed", ErrorKind::invalid);
  }
  if (!text.starts_with('%')) return {};
  const auto end = std::ranges::find_if_not(text.substr(1), is_word);
  const auto size = static_cast<size_t>(end - text.begin()) - 1;
  if (size == 0) return fail("yaml: could not find expected directive name", ErrorKind::invalid);
  const std::string_view name = text.substr(1, size);
  const std::string_view behind = text.substr(size + 1);
  if (!behind.empty() && !std::string_view(" \t\r\n").contains(behind.front()))
    return fail("yaml: found unexpected non-alphabetical character", ErrorKind::invalid);
  if (name != "YAML" && name != "TAG")
    return fail("yaml: found unknown directive name", ErrorKind::invalid);
  return {};
}

}  // namespace

Result<Value> decode_yaml(const std::string& text) {
  TRY(check_text(text));
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    Builder builder;
    parser.HandleNextDocument(builder);
    return std::move(builder).finish();
  } catch (const YAML::Exception& exception) {
    return fail(fmt::format("yaml: line {}: {}", exception.mark.line + 1, exception.msg),
                ErrorKind::invalid);
  }
}

}  // namespace alloy::stdlib
