// The functions of text/template itself.
#include <algorithm>

#include "base/text.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

bool lazily(Arguments, Value&, Failure& failure) { return failure("evaluated by the executor"); }

bool negate(Arguments in, Value& out, Failure&) {
  out = Value::boolean(!in[0].is_true());
  return true;
}

bool length(Arguments in, Value& out, Failure& failure) {
  const Value value = in[0].whole();
  size_t size = 0;
  if (value.is_text())
    size = value.as_text().size();
  else if (value.is_list())
    size = value.as_list().size();
  else if (value.kind() == Kind::map)
    size = value.as_map().size();
  else
    return failure("len of type " + value.type_name());
  out = Value::integer(static_cast<int64_t>(size));
  return true;
}

bool index(Arguments in, Value& out, Failure& failure) {
  Value value = in[0];
  for (const Value& key : in.subspan(1)) {
    value = value.whole();
    if (value.kind() == Kind::map) {
      if (!key.is_text())
        return failure("value has type " + key.type_name() + "; should be string");
      const auto found = value.as_map().find(key.as_text());
      Value member = found == value.as_map().end() ? Value::nil() : found->second;
      value = std::move(member);
      continue;
    }
    if (!value.is_list() && !value.is_text()) {
      return failure(value.is_nil() ? "index of untyped nil"
                                    : "can't index item of type " + value.type_name());
    }
    if (!key.is_integer()) return failure("cannot index slice/array with type " + key.type_name());
    const int64_t place = key.as_integer().value;
    const size_t size = value.is_list() ? value.as_list().size() : value.as_text().size();
    if (place < 0 || static_cast<size_t>(place) >= size) {
      return failure("index out of range: " + std::to_string(place));
    }
    const auto at = static_cast<size_t>(place);
    Value element = value.is_list()
                        ? value.as_list()[at]
                        : Value::integer(static_cast<unsigned char>(value.as_text()[at]));
    value = std::move(element);
  }
  out = std::move(value);
  return true;
}

bool print(Arguments in, Value& out, Failure&) {
  std::string text;
  for (size_t i = 0; i < in.size(); ++i) {
    // Blanks only between operands that are no texts.
    if (i > 0 && !in[i].is_text() && !in[i - 1].is_text()) text += ' ';
    append_value(in[i], text);
  }
  out = Value::text(std::move(text));
  return true;
}

bool print_line(Arguments in, Value& out, Failure&) {
  std::string text;
  for (size_t i = 0; i < in.size(); ++i) {
    if (i > 0) text += ' ';
    append_value(in[i], text);
  }
  out = Value::text(text + "\n");
  return true;
}

bool print_formatted(Arguments in, Value& out, Failure&) {
  out = Value::text(format(in[0].as_text(), in.subspan(1)));
  return true;
}

// Several operands are printed one behind the other.
std::string all_text(Arguments in) {
  Value text;
  Failure unused;
  print(in, text, unused);
  return text.as_text();
}

bool html(Arguments in, Value& out, Failure&) {
  std::string text;
  for (const char c : all_text(in)) {
    switch (c) {
      case '\0':
        text += "\xef\xbf\xbd";
        break;
      case '"':
        text += "&#34;";
        break;
      case '\'':
        text += "&#39;";
        break;
      case '&':
        text += "&amp;";
        break;
      case '<':
        text += "&lt;";
        break;
      case '>':
        text += "&gt;";
        break;
      default:
        text += c;
    }
  }
  out = Value::text(std::move(text));
  return true;
}

bool js(Arguments in, Value& out, Failure&) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char c : all_text(in)) {
    switch (c) {
      case '\\':
        text += "\\\\";
        break;
      case '\'':
        text += "\\'";
        break;
      case '"':
        text += "\\\"";
        break;
      case '<':
        text += "\\u003C";
        break;
      case '>':
        text += "\\u003E";
        break;
      case '&':
        text += "\\u0026";
        break;
      case '=':
        text += "\\u003D";
        break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          text += c;
        } else {
          text += "\\u00";
          text += digits[static_cast<size_t>(c) >> 4];
          text += digits[static_cast<size_t>(c) & 15];
        }
    }
  }
  out = Value::text(std::move(text));
  return true;
}

bool url_query(Arguments in, Value& out, Failure&) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const char c : all_text(in)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || std::string_view("-_.~").contains(c);
    if (c == ' ') {
      text += '+';
    } else if (is_plain) {
      text += c;
    } else {
      text += '%';
      text += digits[static_cast<unsigned char>(c) >> 4];
      text += digits[static_cast<unsigned char>(c) & 15];
    }
  }
  out = Value::text(std::move(text));
  return true;
}

bool cut(Arguments in, Value& out, Failure& failure) {
  const Value& value = in[0];
  if (!value.is_list() && !value.is_text()) {
    return failure("can't slice item of type " + value.type_name());
  }
  const size_t size = value.is_list() ? value.as_list().size() : value.as_text().size();
  size_t bounds[2] = {0, size};
  if (in.size() > 3) return failure("too many slice indexes: " + std::to_string(in.size() - 1));
  for (size_t i = 1; i < in.size(); ++i) {
    if (!in[i].is_integer())
      return failure("cannot index slice/array with type " + in[i].type_name());
    const int64_t bound = in[i].as_integer().value;
    if (bound < 0 || static_cast<size_t>(bound) > size) {
      return failure("index out of range: " + std::to_string(bound));
    }
    bounds[i - 1] = static_cast<size_t>(bound);
  }
  if (bounds[0] > bounds[1]) return failure("invalid slice index");
  if (value.is_text()) {
    out = Value::text(value.as_text().substr(bounds[0], bounds[1] - bounds[0]));
    return true;
  }
  const auto begin = value.as_list().begin();
  out = Value::list(
      List(begin + static_cast<ptrdiff_t>(bounds[0]), begin + static_cast<ptrdiff_t>(bounds[1])),
      value.type_name() == "[]string" ? "[]string" : "[]interface {}");
  return true;
}

bool call(Arguments in, Value&, Failure& failure) {
  return failure("error calling call: non-function of type " + in[0].type_name());
}

// Whether two values are equal; fails if their types can't be compared.
bool are_equal(const Value& left, const Value& right, bool& result, Failure& failure) {
  if (left.is_nil() || right.is_nil()) {
    result = left.is_nil() && right.is_nil();
    return true;
  }
  if (left.is_list() || left.is_map() || right.is_list() || right.is_map()) {
    return failure("non-comparable types " + left.type_name() + ", " + right.type_name());
  }
  if (left.kind() != right.kind()) return failure("incompatible types for comparison");
  result = left.is_integer() ? left.as_integer().value == right.as_integer().value
                             : deep_equal(left, right);
  return true;
}

bool equal(Arguments in, Value& out, Failure& failure) {
  if (in.size() < 2) return failure("missing argument for comparison");
  bool result = false;
  for (const Value& other : in.subspan(1)) {
    if (!are_equal(in[0], other, result, failure)) return false;
    if (result) break;
  }
  out = Value::boolean(result);
  return true;
}

bool not_equal(Arguments in, Value& out, Failure& failure) {
  bool result = false;
  if (!are_equal(in[0], in[1], result, failure)) return false;
  out = Value::boolean(!result);
  return true;
}

bool is_less(const Value& left, const Value& right, bool& result, Failure& failure) {
  if (left.kind() != right.kind()) {
    return failure(left.is_nil() || right.is_nil() ? "invalid type for comparison"
                                                   : "incompatible types for comparison");
  }
  switch (left.kind()) {
    case Kind::integer:
      result = left.as_integer().value < right.as_integer().value;
      return true;
    case Kind::floating:
      result = left.as_floating() < right.as_floating();
      return true;
    case Kind::text:
      result = left.as_text() < right.as_text();
      return true;
    case Kind::duration:
      result = left.as_duration() < right.as_duration();
      return true;
    default:
      return failure("invalid type for comparison");
  }
}

template <bool swaps, bool negates>
bool compare(Arguments in, Value& out, Failure& failure) {
  bool result = false;
  if (!is_less(in[swaps ? 1 : 0], in[swaps ? 0 : 1], result, failure)) return false;
  out = Value::boolean(result != negates);
  return true;
}

}  // namespace

const Function built_in_functions[] = {
    {"and", "*+", lazily},
    {"or", "*+", lazily},
    {"not", "*", negate},
    {"len", "*", length},
    {"index", "**+", index},
    {"slice", "**+", cut},
    {"call", "**+", call},
    {"print", "*+", print},
    {"println", "*+", print_line},
    {"printf", "s*+", print_formatted},
    {"html", "*+", html},
    {"js", "*+", js},
    {"urlquery", "*+", url_query},
    {"eq", "**+", equal},
    {"ne", "**", not_equal},
    {"lt", "**", compare<false, false>},
    {"le", "**", compare<true, true>},
    {"gt", "**", compare<true, false>},
    {"ge", "**", compare<false, true>},
    {},
};

}  // namespace alloy::go_template
