// Evaluates trees of JMESPath.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "signals/jmespath/node.h"

namespace alloy::jmespath {

// What a function is called with: a value, or an expression (&name).
struct Argument {
  JsonValue value;
  const Node* expression = nullptr;
};

class Evaluator {
 public:
  Evaluator(const JsonValue& root, Scratch& scratch) : root_(root), scratch_(scratch) {}

  // False when it failed; error() says why.
  bool evaluate(const Node& node, const JsonValue& value, JsonValue& out);
  const std::string& error() const { return error_; }
  bool fail(std::string message) {
    error_ = std::move(message);
    return false;
  }

  Scratch& scratch() { return scratch_; }
  JsonValue keep_text(std::string_view text) { return JsonValue::text(scratch_.keep(text)); }
  JsonValue keep_array(std::span<const JsonValue> elements) {
    return JsonValue::array(scratch_.keep(elements));
  }
  JsonValue keep_object(std::span<const JsonMember> members) {
    return JsonValue::object(scratch_.keep(members));
  }

 private:
  bool sub(const Node& node, const JsonValue& value, JsonValue& out);
  bool project(const Node& node, const JsonValue& value, JsonValue& out);
  bool project_each(std::span<const JsonValue> elements, const Node& right, const Node* condition,
                    JsonValue& out);
  bool flatten(const Node& node, const JsonValue& value, JsonValue& out);
  bool logic(const Node& node, const JsonValue& value, JsonValue& out);
  bool compare(const Node& node, const JsonValue& value, JsonValue& out);
  bool arithmetic(const Node& node, const JsonValue& value, JsonValue& out);
  bool collect(const Node& node, const JsonValue& value, JsonValue& out);
  bool call(const Node& node, const JsonValue& value, JsonValue& out);
  bool let(const Node& node, const JsonValue& value, JsonValue& out);
  void slice(const Node& node, const JsonValue& value, JsonValue& out);

  const JsonValue root_;
  Scratch& scratch_;
  std::string error_;
  std::vector<std::pair<std::string_view, JsonValue>> variables_;
};

// null, false, and what is empty.
bool is_false(const JsonValue& value);
std::string_view type_name(const JsonValue& value);

// Calls a function; checks number and types of the arguments.
bool call_function(std::string_view name, std::span<const Argument> arguments, Evaluator& evaluator,
                   JsonValue& out);

}  // namespace alloy::jmespath
