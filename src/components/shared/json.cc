// JSON documents, read by simdjson.
#include "components/shared/json.h"

#include <bit>
#include <cmath>

#include <simdjson.h>

#include "base/text.h"

namespace alloy {

using simdjson::dom::element;
using simdjson::dom::element_type;

static_assert(sizeof(element) == sizeof(std::array<std::byte, 16>) &&
              std::is_trivially_copyable_v<element>);

struct JsonNode::State {
  simdjson::dom::parser parser;
  element root;
  mutable std::string problem;  // The first wrong type that was met.
};

namespace {

std::string_view type_name(element_type type) {
  switch (type) {
    case element_type::ARRAY:
      return "an array";
    case element_type::OBJECT:
      return "an object";
    case element_type::STRING:
      return "a text";
    case element_type::BOOL:
      return "a boolean";
    case element_type::NULL_VALUE:
      return "null";
    default:
      return "a number";
  }
}

}  // namespace

JsonNode::operator bool() const {
  return state_ != nullptr && !std::bit_cast<element>(element_).is_null();
}

bool JsonNode::is_object() const { return *this && std::bit_cast<element>(element_).is_object(); }
bool JsonNode::is_array() const { return *this && std::bit_cast<element>(element_).is_array(); }
bool JsonNode::is_text() const { return *this && std::bit_cast<element>(element_).is_string(); }

void JsonNode::refuse(std::string_view expected) const {
  if (!state_->problem.empty()) return;
  const element self = std::bit_cast<element>(element_);
  std::string shown = simdjson::minify(self);
  constexpr size_t shown_max = 60;
  if (shown.size() > shown_max) shown = shown.substr(0, shown_max) + "...";
  state_->problem =
      fmt::format("{} is {} where {} is expected", shown, type_name(self.type()), expected);
}

JsonNode JsonNode::operator[](std::string_view name) const {
  JsonNode found;
  if (!*this) return found;
  simdjson::dom::object object;
  if (std::bit_cast<element>(element_).get(object) != simdjson::SUCCESS) {
    refuse("an object");
    return found;
  }
  element member;
  if (object.at_key(name).get(member) != simdjson::SUCCESS) return found;
  found.state_ = state_;
  found.element_ = std::bit_cast<std::array<std::byte, 16>>(member);
  return found;
}

std::string_view JsonNode::text() const {
  std::string_view text;
  if (*this && std::bit_cast<element>(element_).get(text) != simdjson::SUCCESS) refuse("a text");
  return text;
}

int64_t JsonNode::integer() const {
  int64_t number = 0;
  if (*this && std::bit_cast<element>(element_).get(number) != simdjson::SUCCESS)
    refuse("a whole number");
  return number;
}

double JsonNode::number() const {
  double number = 0;
  if (*this && std::bit_cast<element>(element_).get(number) != simdjson::SUCCESS)
    refuse("a number");
  return number;
}

bool JsonNode::boolean() const {
  bool value = false;
  if (*this && std::bit_cast<element>(element_).get(value) != simdjson::SUCCESS)
    refuse("a boolean");
  return value;
}

std::string JsonNode::scalar_text() const {
  if (!*this || is_object() || is_array()) return {};
  const element self = std::bit_cast<element>(element_);
  if (self.is_string()) return std::string(text());
  if (double value = 0; self.type() == element_type::DOUBLE && self.get(value) == 0)
    return format_double(value);
  return simdjson::minify(self);
}

std::vector<JsonNode> JsonNode::elements() const {
  std::vector<JsonNode> nodes;
  if (!*this) return nodes;
  simdjson::dom::array array;
  if (std::bit_cast<element>(element_).get(array) != simdjson::SUCCESS) {
    refuse("an array");
    return nodes;
  }
  for (const element child : array) {
    JsonNode& node = nodes.emplace_back();
    node.state_ = state_;
    node.element_ = std::bit_cast<std::array<std::byte, 16>>(child);
  }
  return nodes;
}

std::vector<std::pair<std::string_view, JsonNode>> JsonNode::members() const {
  std::vector<std::pair<std::string_view, JsonNode>> nodes;
  if (!*this) return nodes;
  simdjson::dom::object object;
  if (std::bit_cast<element>(element_).get(object) != simdjson::SUCCESS) {
    refuse("an object");
    return nodes;
  }
  for (const auto& [name, child] : object) {
    auto& [key, node] = nodes.emplace_back();
    key = name;
    node.state_ = state_;
    node.element_ = std::bit_cast<std::array<std::byte, 16>>(child);
  }
  return nodes;
}

std::vector<std::string_view> JsonNode::texts() const {
  std::vector<std::string_view> all;
  for (const JsonNode& node : elements()) all.push_back(node.text());
  return all;
}

std::string JsonNode::minified() const {
  return state_ == nullptr ? std::string() : simdjson::minify(std::bit_cast<element>(element_));
}

JsonDocument::JsonDocument(std::unique_ptr<JsonNode::State> state) : state_(std::move(state)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(std::string_view text) {
  auto state = std::make_unique<JsonNode::State>();
  const auto error = state->parser.parse(simdjson::padded_string(text)).get(state->root);
  if (error != simdjson::SUCCESS)
    return fail(fmt::format("cannot parse JSON: {}", simdjson::error_message(error)),
                ErrorKind::invalid);
  return JsonDocument(std::move(state));
}

JsonNode JsonDocument::root() const {
  JsonNode node;
  node.state_ = state_.get();
  node.element_ = std::bit_cast<std::array<std::byte, 16>>(state_->root);
  return node;
}

Result<> JsonDocument::check() const {
  if (state_->problem.empty()) return {};
  return fail(fmt::format("unexpected JSON: {}", state_->problem), ErrorKind::invalid);
}

}  // namespace alloy
