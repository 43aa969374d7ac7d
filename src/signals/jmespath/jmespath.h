// JMESPath, the query language for JSON (jmespath.org), with the community's extensions:
// arithmetic, let expressions, the root node, and its functions.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "signals/json/json_value.h"

namespace alloy {

namespace jmespath {
struct Node;
}

class JmesPath {
 public:
  // "SyntaxError: Expected TOKStar, received: TOKEOF", as the real program says it.
  static Result<JmesPath> compile(std::string_view expression);

  // What the expression finds; the result may share memory with the value and the expression.
  Result<JsonValue> search(const JsonValue& value, Scratch& scratch) const;
  // The names, if the expression is no more than a.b.c.
  std::optional<std::vector<std::string>> as_path() const;

 private:
  explicit JmesPath(std::shared_ptr<const jmespath::Node> root) : root_(std::move(root)) {}

  std::shared_ptr<const jmespath::Node> root_;
};

}  // namespace alloy
