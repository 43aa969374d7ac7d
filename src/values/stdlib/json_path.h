// JSONPath (RFC 9535, with the regular expressions of its predecessors): finding values in values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "values/value.h"

namespace alloy::stdlib {

struct JsonFilter;

// One step of a path.
struct JsonStep {
  struct All {};      // .* or [*]
  struct Descend {};  // ..: the value and everything below it
  struct Slice {      // [start:end:step]
    std::optional<int64_t> start;
    std::optional<int64_t> end;
    int64_t step = 1;
  };
  struct Filter {  // [?…]
    std::shared_ptr<const JsonFilter> condition;
  };
  using Key = std::variant<std::string, int64_t>;
  using Keys = std::vector<Key>;  // .name, ['name', 0]: several keys give all their values.

  std::variant<All, Descend, Slice, Filter, Keys> what;
};

struct JsonPath {
  bool is_relative = false;  // Starts with @, the element that a filter looks at.
  std::vector<JsonStep> steps;
};

// A condition, or an operand of one.
struct JsonFilter {
  enum class Kind : unsigned char {
    literal,
    path,
    either,  // ||
    both,    // &&
    none,    // !
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    matches,  // =~
    in,
    length,  // length(x)
    count,   // count(x)
  };

  Kind kind = Kind::literal;
  Value literal;
  JsonPath path;
  std::vector<JsonFilter> operands;
};

Result<JsonPath> parse_json_path(std::string_view text);

// All values that the path leads to, in the order of the document.
std::vector<Value> find_all(const JsonPath& path, const Value& root);

}  // namespace alloy::stdlib
