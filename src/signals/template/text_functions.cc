// Functions over texts: Alloy's own and sprig's.
#include <algorithm>

#include "base/text.h"
#include "signals/go_strings.h"
#include "signals/template/convert.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

constexpr int64_t text_max = 1 << 20;

const std::string& text_of(Arguments in, size_t index) { return in[index].as_text(); }
int64_t number_of(Arguments in, size_t index) { return in[index].as_integer().value; }
bool give(std::string text, Value& out) {
  out = Value::text(std::move(text));
  return true;
}

// Trims at the ends; the text is at `subject`, what to remove at `removed`.
template <size_t subject, size_t removed, bool left, bool right>
bool trim_set(Arguments in, Value& out, Failure&) {
  const std::string& cutset = text_of(in, removed);
  if (cutset.empty()) return give(text_of(in, subject), out);
  return give(std::string(trim_code_points(text_of(in, subject), cutset, left, right)), out);
}

bool trim_space(Arguments in, Value& out, Failure&) {
  return give(std::string(trim_code_points(text_of(in, 0), {}, true, true)), out);
}

template <size_t subject, size_t removed>
bool trim_prefix(Arguments in, Value& out, Failure&) {
  std::string_view text = text_of(in, subject);
  if (text.starts_with(text_of(in, removed))) text.remove_prefix(text_of(in, removed).size());
  return give(std::string(text), out);
}

template <size_t subject, size_t removed>
bool trim_suffix(Arguments in, Value& out, Failure&) {
  std::string_view text = text_of(in, subject);
  if (text.ends_with(text_of(in, removed))) text.remove_suffix(text_of(in, removed).size());
  return give(std::string(text), out);
}

bool replace_count(Arguments in, Value& out, Failure&) {
  return give(replace_text(text_of(in, 0), text_of(in, 1), text_of(in, 2), number_of(in, 3)), out);
}
bool replace(Arguments in, Value& out, Failure&) {
  return give(replace_text(text_of(in, 2), text_of(in, 0), text_of(in, 1), -1), out);
}

bool truncate(Arguments in, Value& out, Failure&) {
  const std::string& text = text_of(in, 1);
  const int64_t count = number_of(in, 0);
  const auto size = static_cast<int64_t>(text.size());
  if (count < 0 && size + count > 0)
    return give(text.substr(static_cast<size_t>(size + count)), out);
  if (count >= 0 && size > count) return give(text.substr(0, static_cast<size_t>(count)), out);
  return give(text, out);
}

bool abbreviate(Arguments in, Value& out, Failure&) {
  const std::string& text = text_of(in, 1);
  const int64_t width = number_of(in, 0);
  if (width < 4 || static_cast<int64_t>(text.size()) <= width) return give(text, out);
  return give(text.substr(0, static_cast<size_t>(width - 3)) + "...", out);
}

bool abbreviate_both(Arguments in, Value& out, Failure&) {
  const int64_t width = number_of(in, 1);
  int64_t offset = number_of(in, 0);
  const std::string& text = text_of(in, 2);
  const auto size = static_cast<int64_t>(text.size());
  if (width < 4 || (offset > 0 && width < 7) || size <= width) return give(text, out);
  offset = std::min(offset, size);
  if (size - offset < width - 3) offset = size - (width - 3);
  const auto part = [&](int64_t start, int64_t count) {
    return text.substr(static_cast<size_t>(start), static_cast<size_t>(count));
  };
  if (offset <= 4) return give(part(0, width - 3) + "...", out);
  if (offset + width - 3 < size) return give("..." + part(offset, width - 6) + "...", out);
  return give("..." + part(size - (width - 3), width - 3), out);
}

bool substring(Arguments in, Value& out, Failure& failure) {
  const std::string& text = text_of(in, 2);
  const int64_t start = number_of(in, 0);
  const int64_t end = number_of(in, 1);
  const auto size = static_cast<int64_t>(text.size());
  const auto cut = [&](int64_t from, int64_t to) {
    if (from > to || to > size || to < 0) return failure("slice bounds out of range");
    return give(text.substr(static_cast<size_t>(from), static_cast<size_t>(to - from)), out);
  };
  if (start < 0) return cut(0, end);
  if (end < 0 || end > size) return cut(start, size);
  return cut(start, end);
}

bool repeat(Arguments in, Value& out, Failure& failure) {
  const int64_t count = number_of(in, 0);
  const std::string& text = text_of(in, 1);
  if (count < 0) return failure("strings: negative Repeat count");
  if (count > text_max || count * static_cast<int64_t>(text.size()) > text_max) {
    return failure("the repeated text is too long");
  }
  std::string repeated;
  for (int64_t i = 0; i < count; ++i) repeated += text;
  return give(std::move(repeated), out);
}

bool contains(Arguments in, Value& out, Failure&) {
  out = Value::boolean(text_of(in, 1).contains(text_of(in, 0)));
  return true;
}
bool has_prefix(Arguments in, Value& out, Failure&) {
  out = Value::boolean(text_of(in, 1).starts_with(text_of(in, 0)));
  return true;
}
bool has_suffix(Arguments in, Value& out, Failure&) {
  out = Value::boolean(text_of(in, 1).ends_with(text_of(in, 0)));
  return true;
}

template <char mark>
bool quote_all(Arguments in, Value& out, Failure&) {
  std::string text;
  for (const Value& value : in) {
    if (value.is_nil()) continue;
    if (!text.empty()) text += ' ';
    if (mark == '"')
      append_quoted(text, to_text(value));
    else
      text += "'" + to_text(value) + "'";
  }
  return give(std::move(text), out);
}

bool concatenate(Arguments in, Value& out, Failure&) {
  std::string text;
  bool is_first = true;
  for (const Value& value : in) {
    if (value.is_nil()) continue;
    if (!is_first) text += ' ';
    is_first = false;
    append_value(value, text);
  }
  return give(std::move(text), out);
}

template <bool starts_new_line>
bool indent(Arguments in, Value& out, Failure& failure) {
  const int64_t count = number_of(in, 0);
  if (count < 0 || count > 10'000) return failure("strings: negative Repeat count");
  const std::string blanks(static_cast<size_t>(count), ' ');
  return give((starts_new_line ? "\n" : "") + blanks +
                  replace_text(text_of(in, 1), "\n", "\n" + blanks, -1),
              out);
}

bool plural(Arguments in, Value& out, Failure&) {
  return give(number_of(in, 2) == 1 ? text_of(in, 0) : text_of(in, 1), out);
}

bool no_space(Arguments in, Value& out, Failure&) {
  std::string text;
  for (std::string_view rest = text_of(in, 0); !rest.empty();) {
    const char32_t c = next_code_point(rest);
    if (!is_space(c)) append_utf8(text, c);
  }
  return give(std::move(text), out);
}

// Lines are broken at blanks; words that are too long only if `breaks_words`.
std::string wrapped(std::string_view text, size_t width, std::string_view line_end,
                    bool breaks_words) {
  std::string out;
  width = std::max<size_t>(width, 1);
  while (text.size() > width) {
    if (text[0] == ' ') {
      text.remove_prefix(1);
      continue;
    }
    size_t end = text.rfind(' ', width);
    if (end == std::string_view::npos || end == 0) {
      if (breaks_words) {
        out += text.substr(0, width);
        out += line_end;
        text.remove_prefix(width);
        continue;
      }
      end = text.find(' ', width);
      if (end == std::string_view::npos) break;
    }
    out += text.substr(0, end);
    out += line_end;
    text.remove_prefix(end + 1);
  }
  out += text;
  return out;
}

bool wrap(Arguments in, Value& out, Failure&) {
  const auto width = static_cast<size_t>(std::max<int64_t>(number_of(in, 0), 1));
  return give(wrapped(text_of(in, 1), width, "\n", false), out);
}
bool wrap_with(Arguments in, Value& out, Failure&) {
  const auto width = static_cast<size_t>(std::max<int64_t>(number_of(in, 0), 1));
  const std::string& separator = text_of(in, 1);
  return give(wrapped(text_of(in, 2), width, separator.empty() ? "\n" : separator, true), out);
}

bool split_parts(const std::vector<std::string_view>& parts, Value& out) {
  Map members;
  for (size_t i = 0; i < parts.size(); ++i) {
    members["_" + std::to_string(i)] = Value::text(std::string(parts[i]));
  }
  out = Value::map(std::move(members), "map[string]string");
  return true;
}
bool split(Arguments in, Value& out, Failure&) {
  return split_parts(split_text(text_of(in, 1), text_of(in, 0), -1), out);
}
bool split_count(Arguments in, Value& out, Failure&) {
  return split_parts(split_text(text_of(in, 2), text_of(in, 0), number_of(in, 1)), out);
}
bool split_list(Arguments in, Value& out, Failure&) {
  std::vector<std::string> parts;
  for (const std::string_view part : split_text(text_of(in, 1), text_of(in, 0), -1)) {
    parts.emplace_back(part);
  }
  out = Value::texts(parts);
  return true;
}

bool join(Arguments in, Value& out, Failure&) {
  std::string text;
  bool is_first = true;
  for (const std::string& part : to_texts(in[1])) {
    if (!is_first) text += text_of(in, 0);
    is_first = false;
    text += part;
  }
  return give(std::move(text), out);
}

bool hello(Arguments, Value& out, Failure&) { return give("Hello!", out); }
bool to_string(Arguments in, Value& out, Failure&) { return give(to_text(in[0]), out); }
bool to_strings(Arguments in, Value& out, Failure&) {
  out = Value::texts(to_texts(in[0]));
  return true;
}

}  // namespace

const Function text_functions[] = {
    {"Replace", "sssi", replace_count},
    {"Trim", "ss", trim_set<0, 1, true, true>},
    {"TrimLeft", "ss", trim_set<0, 1, true, false>},
    {"TrimRight", "ss", trim_set<0, 1, false, true>},
    {"TrimPrefix", "ss", trim_prefix<0, 1>},
    {"TrimSuffix", "ss", trim_suffix<0, 1>},
    {"TrimSpace", "s", trim_space},
    {"abbrev", "is", abbreviate},
    {"abbrevboth", "iis", abbreviate_both},
    {"cat", "*+", concatenate},
    {"contains", "ss", contains},
    {"hasPrefix", "ss", has_prefix},
    {"hasSuffix", "ss", has_suffix},
    {"hello", "", hello},
    {"indent", "is", indent<false>},
    {"join", "s*", join},
    {"nindent", "is", indent<true>},
    {"nospace", "s", no_space},
    {"plural", "ssi", plural},
    {"quote", "*+", quote_all<'"'>},
    {"repeat", "is", repeat},
    {"replace", "sss", replace},
    {"split", "ss", split},
    {"splitList", "ss", split_list},
    {"splitn", "sis", split_count},
    {"squote", "*+", quote_all<'\''>},
    {"substr", "iis", substring},
    {"toString", "*", to_string},
    {"toStrings", "*", to_strings},
    {"trim", "s", trim_space},
    {"trimAll", "ss", trim_set<1, 0, true, true>},
    {"trimall", "ss", trim_set<1, 0, true, true>},
    {"trimPrefix", "ss", trim_prefix<1, 0>},
    {"trimSuffix", "ss", trim_suffix<1, 0>},
    {"trunc", "is", truncate},
    {"wrap", "is", wrap},
    {"wrapWith", "iss", wrap_with},
    {},
};

}  // namespace alloy::go_template
