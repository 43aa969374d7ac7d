// The functions of JMESPath: their signatures, and those over numbers, arrays and objects.
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "base/text.h"
#include "signals/jmespath/evaluator.h"
#include "signals/jmespath/text_functions.h"
#include "signals/number_text.h"

namespace alloy::jmespath {
namespace {

using Arguments = std::span<const Argument>;

bool is_array_of(const JsonValue& value, JsonKind kind) {
  return value.is_array() && std::ranges::all_of(value.as_array(), [&](const JsonValue& element) {
           return element.kind() == kind;
         });
}

// One letter a type: what signatures are written in.
bool is_of(char type, const Argument& argument) {
  if (type == '&') return argument.expression != nullptr;
  if (argument.expression != nullptr) return type == '*';
  const JsonValue& value = argument.value;
  switch (type) {
    case '*':
      return true;
    case 'n':
      return value.is_number();
    case 's':
      return value.is_text();
    case 'a':
      return value.is_array();
    case 'o':
      return value.is_object();
    case 'N':
      return is_array_of(value, JsonKind::number);
    case 'S':
      return is_array_of(value, JsonKind::text);
    default:
      return false;
  }
}

bool abs(Arguments in, Evaluator&, JsonValue& out) {
  out = JsonValue::number(std::abs(in[0].value.as_number()));
  return true;
}
bool ceil(Arguments in, Evaluator&, JsonValue& out) {
  out = JsonValue::number(std::ceil(in[0].value.as_number()));
  return true;
}
bool floor(Arguments in, Evaluator&, JsonValue& out) {
  out = JsonValue::number(std::floor(in[0].value.as_number()));
  return true;
}

bool sum(Arguments in, Evaluator&, JsonValue& out) {
  double total = 0;
  for (const JsonValue& element : in[0].value.as_array()) total += element.as_number();
  out = JsonValue::number(total);
  return true;
}

bool avg(Arguments in, Evaluator& evaluator, JsonValue& out) {
  if (in[0].value.as_array().empty()) return true;
  if (!sum(in, evaluator, out)) return false;
  out = JsonValue::number(out.as_number() / static_cast<double>(in[0].value.as_array().size()));
  return true;
}

// Numbers or texts; not comparable otherwise.
bool is_less(const JsonValue& left, const JsonValue& right) {
  return left.is_number() ? left.as_number() < right.as_number() : left.as_text() < right.as_text();
}

template <bool takes_largest>
bool extreme(Arguments in, Evaluator&, JsonValue& out) {
  const auto elements = in[0].value.as_array();
  if (elements.empty()) return true;
  out = elements[0];
  for (const JsonValue& element : elements.subspan(1)) {
    if (takes_largest ? is_less(out, element) : is_less(element, out)) out = element;
  }
  return true;
}

// The keys that an expression gives elements: all numbers or all texts.
bool keys_by(const Node& expression, std::span<const JsonValue> elements, Evaluator& evaluator,
             std::vector<JsonValue>& keys) {
  for (const JsonValue& element : elements) {
    JsonValue key;
    if (!evaluator.evaluate(expression, element, key)) return false;
    if (keys.empty() && !key.is_number() && !key.is_text()) {
      return evaluator.fail("invalid type, must be number of string");
    }
    if (!keys.empty() && key.kind() != keys[0].kind()) {
      return evaluator.fail("invalid type, must be " + std::string(type_name(keys[0])));
    }
    keys.push_back(key);
  }
  return true;
}

template <bool takes_largest>
bool extreme_by(Arguments in, Evaluator& evaluator, JsonValue& out) {
  const auto elements = in[0].value.as_array();
  if (elements.size() <= 1) {
    if (!elements.empty()) out = elements[0];
    return true;
  }
  std::vector<JsonValue> keys;
  if (!keys_by(*in[1].expression, elements, evaluator, keys)) return false;
  size_t best = 0;
  for (size_t i = 1; i < keys.size(); ++i) {
    if (takes_largest ? is_less(keys[best], keys[i]) : is_less(keys[i], keys[best])) best = i;
  }
  out = elements[best];
  return true;
}

bool sort(Arguments in, Evaluator& evaluator, JsonValue& out) {
  std::vector<JsonValue> elements(in[0].value.as_array().begin(), in[0].value.as_array().end());
  std::ranges::sort(elements, is_less);  // Equal ones look the same.
  out = evaluator.keep_array(elements);
  return true;
}

bool sort_by(Arguments in, Evaluator& evaluator, JsonValue& out) {
  const auto elements = in[0].value.as_array();
  out = in[0].value;
  if (elements.size() <= 1) return true;
  std::vector<JsonValue> keys;
  if (!keys_by(*in[1].expression, elements, evaluator, keys)) return false;
  std::vector<size_t> order(elements.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::sort(order, [&](size_t l, size_t r) {
    if (is_less(keys[l], keys[r])) return true;
    return l < r && !is_less(keys[r], keys[l]);  // Equal ones keep their order.
  });
  std::vector<JsonValue> sorted;
  for (const size_t i : order) sorted.push_back(elements[i]);
  out = evaluator.keep_array(sorted);
  return true;
}

bool group_by(Arguments in, Evaluator& evaluator, JsonValue& out) {
  if (in[0].value.as_array().empty()) return true;
  std::vector<std::string_view> names;
  std::map<std::string_view, std::vector<JsonValue>> groups;
  for (const JsonValue& element : in[0].value.as_array()) {
    JsonValue key;
    if (!evaluator.evaluate(*in[1].expression, element, key)) return false;
    if (!key.is_text()) {
      return evaluator.fail("invalid type, the expression must evaluate to a string");
    }
    auto& group = groups[key.as_text()];
    if (group.empty()) names.push_back(key.as_text());
    group.push_back(element);
  }
  std::vector<JsonMember> members;
  for (const std::string_view name : names) {
    members.push_back({name, evaluator.keep_array(groups[name])});
  }
  out = evaluator.keep_object(members);
  return true;
}

bool map(Arguments in, Evaluator& evaluator, JsonValue& out) {
  std::vector<JsonValue> results;
  for (const JsonValue& element : in[1].value.as_array()) {
    JsonValue result;
    if (!evaluator.evaluate(*in[0].expression, element, result)) return false;
    results.push_back(result);
  }
  out = evaluator.keep_array(results);
  return true;
}

bool keys(Arguments in, Evaluator& evaluator, JsonValue& out) {
  std::vector<JsonValue> names;
  for (const JsonMember& member : in[0].value.as_object()) {
    names.push_back(JsonValue::text(member.name));
  }
  out = evaluator.keep_array(names);
  return true;
}

bool values(Arguments in, Evaluator& evaluator, JsonValue& out) {
  std::vector<JsonValue> found;
  for (const JsonMember& member : in[0].value.as_object()) found.push_back(member.value);
  out = evaluator.keep_array(found);
  return true;
}

bool items(Arguments in, Evaluator& evaluator, JsonValue& out) {
  std::vector<JsonValue> pairs;
  for (const JsonMember& member : in[0].value.as_object()) {
    const JsonValue pair[] = {JsonValue::text(member.name), member.value};
    pairs.push_back(evaluator.keep_array(pair));
  }
  out = evaluator.keep_array(pairs);
  return true;
}

void put(std::vector<JsonMember>& members, std::string_view name, const JsonValue& value) {
  const auto known = std::ranges::find(members, name, &JsonMember::name);
  if (known != members.end())
    known->value = value;
  else
    members.push_back({name, value});
}

bool from_items(Arguments in, Evaluator& evaluator, JsonValue& out) {
  std::vector<JsonMember> members;
  for (const JsonValue& pair : in[0].value.as_array()) {
    if (!pair.is_array()) {
      return evaluator.fail("invalid type, first argument must be an array of arrays");
    }
    if (pair.as_array().size() != 2 || !pair.as_array()[0].is_text()) {
      return evaluator.fail(
          "invalid value, each array must contain two elements, a pair of string and value");
    }
    put(members, pair.as_array()[0].as_text(), pair.as_array()[1]);
  }
  out = evaluator.keep_object(members);
  return true;
}

bool merge(Arguments in, Evaluator& evaluator, JsonValue& out) {
  std::vector<JsonMember> members;
  for (const Argument& argument : in) {
    for (const JsonMember& member : argument.value.as_object()) {
      put(members, member.name, member.value);
    }
  }
  out = evaluator.keep_object(members);
  return true;
}

bool not_null(Arguments in, Evaluator&, JsonValue& out) {
  for (const Argument& argument : in) {
    if (argument.value.is_null()) continue;
    out = argument.value;
    break;
  }
  return true;
}

bool to_array(Arguments in, Evaluator& evaluator, JsonValue& out) {
  out = in[0].value.is_array() ? in[0].value : evaluator.keep_array({&in[0].value, 1});
  return true;
}

bool type(Arguments in, Evaluator&, JsonValue& out) {
  out = JsonValue::text(type_name(in[0].value));
  return true;
}

bool zip(Arguments in, Evaluator& evaluator, JsonValue& out) {
  size_t count = std::numeric_limits<size_t>::max();
  for (const Argument& list : in) count = std::min(count, list.value.as_array().size());
  std::vector<JsonValue> rows;
  for (size_t i = 0; i < count; ++i) {
    std::vector<JsonValue> row;
    for (const Argument& list : in) row.push_back(list.value.as_array()[i]);
    rows.push_back(evaluator.keep_array(row));
  }
  out = evaluator.keep_array(rows);
  return true;
}

// A parameter is the letters of its types; "?" makes it and those behind it optional, "+" lets the
// last one be repeated.
struct Function {
  std::string_view name;
  std::string_view parameters;
  bool (*call)(Arguments in, Evaluator& evaluator, JsonValue& out);
};

constexpr Function functions[] = {
    {"abs", "n", abs},
    {"avg", "N", avg},
    {"ceil", "n", ceil},
    {"contains", "as *", text::contains},
    {"ends_with", "s s", text::ends_with},
    {"find_first", "s s ?n ?n", text::find_first},
    {"find_last", "s s ?n ?n", text::find_last},
    {"floor", "n", floor},
    {"from_items", "a", from_items},
    {"group_by", "a &", group_by},
    {"items", "o", items},
    {"join", "s S", text::join},
    {"keys", "o", keys},
    {"length", "sao", text::length},
    {"lower", "s", text::lower},
    {"map", "& a", map},
    {"max", "NS", extreme<true>},
    {"max_by", "a &", extreme_by<true>},
    {"merge", "o+", merge},
    {"min", "NS", extreme<false>},
    {"min_by", "a &", extreme_by<false>},
    {"not_null", "*+", not_null},
    {"pad_left", "s n ?s", text::pad_left},
    {"pad_right", "s n ?s", text::pad_right},
    {"replace", "s s s ?n", text::replace},
    {"reverse", "as", text::reverse},
    {"sort", "SN", sort},
    {"sort_by", "a &", sort_by},
    {"split", "s s ?n", text::split},
    {"starts_with", "s s", text::starts_with},
    {"sum", "N", sum},
    {"to_array", "*", to_array},
    {"to_number", "*", text::to_number},
    {"to_string", "*", text::to_string},
    {"trim", "s ?s", text::trim},
    {"trim_left", "s ?s", text::trim_left},
    {"trim_right", "s ?s", text::trim_right},
    {"type", "*", type},
    {"upper", "s", text::upper},
    {"values", "o", values},
    {"zip", "a a+", zip},
};

bool check(const Function& function, Arguments arguments, Evaluator& evaluator) {
  const auto parameters = alloy::split(function.parameters, ' ');
  const bool is_variadic = function.parameters.ends_with('+');
  size_t required = 0;
  for (const std::string_view parameter : parameters) required += !parameter.starts_with('?');
  const std::string subject = "invalid arity, the function '" + std::string(function.name) + "' ";
  const std::string count = std::to_string(arguments.size());
  if (arguments.size() < required) {
    std::string supplied = is_variadic ? "only " + count + " " : count + " ";
    if (arguments.empty()) supplied = "none ";
    return evaluator.fail(subject + "expects " + std::to_string(required) + " argument" +
                          (required > 1 ? "s " : " ") + (is_variadic ? "or more " : "") + "but " +
                          supplied + "were supplied");
  }
  if (!is_variadic && arguments.size() > parameters.size()) {
    return evaluator.fail(subject + "expects at most " + std::to_string(parameters.size()) +
                          " arguments but " + count + " were supplied");
  }
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view types = parameters[std::min(i, parameters.size() - 1)];
    if (std::ranges::none_of(types, [&](char letter) { return is_of(letter, arguments[i]); })) {
      return evaluator.fail("invalid type for argument " + std::to_string(i + 1) + " of " +
                            std::string(function.name));
    }
  }
  return true;
}

}  // namespace

bool call_function(std::string_view name, std::span<const Argument> arguments, Evaluator& evaluator,
                   JsonValue& out) {
  const auto* function = std::ranges::find(functions, name, &Function::name);
  if (function == std::end(functions)) {
    return evaluator.fail("unknown function: " + std::string(name));
  }
  return check(*function, arguments, evaluator) && function->call(arguments, evaluator, out);
}

}  // namespace alloy::jmespath
