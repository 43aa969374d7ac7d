// sprig's functions about types, defaults and JSON.
#include <algorithm>

#include "signals/json/json_parser.h"
#include "signals/template/convert.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

bool give(bool value, Value& out) {
  out = Value::boolean(value);
  return true;
}
bool give(std::string value, Value& out) {
  out = Value::text(std::move(value));
  return true;
}

bool default_value(Arguments in, Value& out, Failure&) {
  out = in.size() < 2 || is_empty(in[1]) ? in[0] : in[1];
  return true;
}
bool empty(Arguments in, Value& out, Failure&) { return give(is_empty(in[0]), out); }
bool coalesce(Arguments in, Value& out, Failure&) {
  const auto found = std::ranges::find_if_not(in, is_empty);
  out = found == in.end() ? Value::nil() : *found;
  return true;
}
bool all(Arguments in, Value& out, Failure&) {
  return give(std::ranges::none_of(in, is_empty), out);
}
bool any(Arguments in, Value& out, Failure&) {
  return give(!std::ranges::all_of(in, is_empty), out);
}
bool ternary(Arguments in, Value& out, Failure&) {
  out = in[2].as_boolean() ? in[0] : in[1];
  return true;
}

bool type_of(Arguments in, Value& out, Failure&) { return give(in[0].type_name(), out); }
bool type_is(Arguments in, Value& out, Failure&) {
  return give(in[0].as_text() == in[1].type_name(), out);
}
bool type_is_like(Arguments in, Value& out, Failure&) {
  const std::string type = in[1].type_name();
  return give(in[0].as_text() == type || "*" + in[0].as_text() == type, out);
}
bool kind_of(Arguments in, Value& out, Failure&) { return give(in[0].kind_name(), out); }
bool kind_is(Arguments in, Value& out, Failure&) {
  return give(in[0].as_text() == in[1].kind_name(), out);
}
bool deep_equal_of(Arguments in, Value& out, Failure&) {
  return give(deep_equal(in[0], in[1]), out);
}

bool must_from_json(Arguments in, Value& out, Failure& failure) {
  Scratch scratch(4096);
  const auto value = parse_json(in[0].as_text(), scratch);
  if (!value) return failure("invalid JSON");
  out = Value::from_json(*value);
  return true;
}
bool from_json(Arguments in, Value& out, Failure&) {
  Failure unused;
  if (!must_from_json(in, out, unused)) out = Value::nil();
  return true;
}

bool write(const Value& value, const JsonWriteOptions& options, Value& out) {
  Scratch scratch(4096);
  return give(alloy::to_json(to_json_value(value, scratch), options), out);
}
bool to_json(Arguments in, Value& out, Failure&) { return write(in[0], {}, out); }
bool to_pretty_json(Arguments in, Value& out, Failure&) {
  return write(in[0], {.indent = "  "}, out);
}
bool to_raw_json(Arguments in, Value& out, Failure&) {
  return write(in[0], {.escapes_html = false}, out);
}

bool fail(Arguments in, Value&, Failure& failure) { return failure(in[0].as_text()); }

}  // namespace

const Function type_functions[] = {
    {"all", "*+", all},
    {"any", "*+", any},
    {"coalesce", "*+", coalesce},
    {"deepEqual", "**", deep_equal_of},
    {"default", "**+", default_value},
    {"empty", "*", empty},
    {"fail", "s", fail},
    {"fromJson", "s", from_json},
    {"kindIs", "s*", kind_is},
    {"kindOf", "*", kind_of},
    {"mustFromJson", "s", must_from_json},
    {"mustToJson", "*", to_json},
    {"mustToPrettyJson", "*", to_pretty_json},
    {"mustToRawJson", "*", to_raw_json},
    {"ternary", "**b", ternary},
    {"toJson", "*", to_json},
    {"toPrettyJson", "*", to_pretty_json},
    {"toRawJson", "*", to_raw_json},
    {"typeIs", "s*", type_is},
    {"typeIsLike", "s*", type_is_like},
    {"typeOf", "*", type_of},
    {},
};

}  // namespace alloy::go_template
