// sprig's functions over lists.
#include <algorithm>

#include "signals/template/convert.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

bool give(List elements, Value& out) {
  out = Value::list(std::move(elements));
  return true;
}

bool no_list(std::string_view purpose, const Value& value, Failure& failure) {
  return failure("Cannot " + std::string(purpose) + " type " + value.kind_name());
}

bool has_element(const List& list, const Value& wanted) {
  return std::ranges::any_of(list,
                             [&](const Value& element) { return deep_equal(element, wanted); });
}

bool list(Arguments in, Value& out, Failure&) { return give(List(in.begin(), in.end()), out); }

bool append(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("push on", in[0], failure);
  List elements = in[0].as_list();
  elements.push_back(in[1]);
  return give(std::move(elements), out);
}
bool prepend(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("prepend on", in[0], failure);
  List elements = in[0].as_list();
  elements.insert(elements.begin(), in[1]);
  return give(std::move(elements), out);
}

bool chunk(Arguments in, Value& out, Failure& failure) {
  if (!in[1].is_list()) return no_list("chunk", in[1], failure);
  const int64_t size = in[0].as_integer().value;
  if (size <= 0) return failure("chunks need a size");
  List chunks;
  List open;
  for (const Value& element : in[1].as_list()) {
    open.push_back(element);
    if (static_cast<int64_t>(open.size()) < size) continue;
    chunks.push_back(Value::list(std::exchange(open, {})));
  }
  if (!open.empty()) chunks.push_back(Value::list(std::move(open)));
  out = Value::list(std::move(chunks), "[][]interface {}");
  return true;
}

bool first(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("find first on", in[0], failure);
  out = in[0].as_list().empty() ? Value::nil() : in[0].as_list().front();
  return true;
}
bool last(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("find last on", in[0], failure);
  out = in[0].as_list().empty() ? Value::nil() : in[0].as_list().back();
  return true;
}
bool rest(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("find rest on", in[0], failure);
  List elements = in[0].as_list();
  if (!elements.empty()) elements.erase(elements.begin());
  return give(std::move(elements), out);
}
bool initial(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("find initial on", in[0], failure);
  List elements = in[0].as_list();
  if (!elements.empty()) elements.pop_back();
  return give(std::move(elements), out);
}
bool reverse(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("find reverse on", in[0], failure);
  List elements = in[0].as_list();
  std::ranges::reverse(elements);
  return give(std::move(elements), out);
}
bool compact(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("compact on", in[0], failure);
  List elements = in[0].as_list();
  std::erase_if(elements, is_empty);
  return give(std::move(elements), out);
}
bool unique(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("find uniq on", in[0], failure);
  List elements;
  for (const Value& element : in[0].as_list()) {
    if (!has_element(elements, element)) elements.push_back(element);
  }
  return give(std::move(elements), out);
}
bool without(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("find without on", in[0], failure);
  const List omitted(in.begin() + 1, in.end());
  List elements = in[0].as_list();
  std::erase_if(elements, [&](const Value& element) { return has_element(omitted, element); });
  return give(std::move(elements), out);
}
bool has(Arguments in, Value& out, Failure& failure) {
  if (!in[1].is_nil() && !in[1].is_list()) return no_list("find has on", in[1], failure);
  out = Value::boolean(in[1].is_list() && has_element(in[1].as_list(), in[0]));
  return true;
}

bool concat(Arguments in, Value& out, Failure& failure) {
  List elements;
  for (const Value& part : in) {
    if (!part.is_list()) return no_list("concat", part, failure);
    elements.insert(elements.end(), part.as_list().begin(), part.as_list().end());
  }
  return give(std::move(elements), out);
}

bool must_slice(Arguments in, Value& out, Failure& failure) {
  if (!in[0].is_list()) return no_list("slice", in[0], failure);
  const List& elements = in[0].as_list();
  const auto size = static_cast<int64_t>(elements.size());
  out = Value::nil();
  if (size == 0) return true;
  const int64_t start = in.size() > 1 ? to_integer(in[1]) : 0;
  const int64_t end = in.size() > 2 ? to_integer(in[2]) : size;
  if (start < 0 || end < start || end > size) return failure("slice index out of bounds");
  return give(List(elements.begin() + start, elements.begin() + end), out);
}

bool sort_alpha(Arguments in, Value& out, Failure&) {
  std::vector<std::string> texts = to_texts(in[0]);
  std::ranges::sort(texts);
  out = Value::texts(texts);
  return true;
}

}  // namespace

// `slice` is Go's own, which sprig's replaces.
const Function list_functions[] = {
    {"append", "**", append},
    {"chunk", "i*", chunk},
    {"compact", "*", compact},
    {"concat", "*+", concat},
    {"first", "*", first},
    {"has", "**", has},
    {"initial", "*", initial},
    {"last", "*", last},
    {"list", "*+", list},
    {"mustAppend", "**", append},
    {"mustChunk", "i*", chunk},
    {"mustCompact", "*", compact},
    {"mustFirst", "*", first},
    {"mustHas", "**", has},
    {"mustInitial", "*", initial},
    {"mustLast", "*", last},
    {"mustPrepend", "**", prepend},
    {"mustPush", "**", append},
    {"mustRest", "*", rest},
    {"mustReverse", "*", reverse},
    {"mustSlice", "**+", must_slice},
    {"mustUniq", "*", unique},
    {"mustWithout", "**+", without},
    {"prepend", "**", prepend},
    {"push", "**", append},
    {"rest", "*", rest},
    {"reverse", "*", reverse},
    {"slice", "**+", must_slice},
    {"sortAlpha", "*", sort_alpha},
    {"tuple", "*+", list},
    {"uniq", "*", unique},
    {"without", "**+", without},
    {},
};

}  // namespace alloy::go_template
