// Functions with regular expressions. Those of a template are compiled again and again, so the
// last ones are remembered.
#include <list>
#include <mutex>
#include <optional>

#include "signals/search_expression.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

constexpr size_t remembered_max = 64;

std::optional<SearchExpression> compiled(const std::string& source, Failure& failure) {
  static std::mutex mutex;
  static std::list<SearchExpression> remembered;
  {
    const std::lock_guard lock(mutex);
    for (const SearchExpression& known : remembered) {
      if (known.source() == source) return known;
    }
  }
  auto made = SearchExpression::create(source);
  if (!made) {
    failure(made.error().message());
    return std::nullopt;
  }
  const std::lock_guard lock(mutex);
  remembered.push_front(*made);
  if (remembered.size() > remembered_max) remembered.pop_back();
  return *made;
}

bool must_match(Arguments in, Value& out, Failure& failure) {
  const auto expression = compiled(in[0].as_text(), failure);
  if (!expression) return false;
  out = Value::boolean(expression->matches(in[1].as_text()));
  return true;
}
bool match(Arguments in, Value& out, Failure&) {
  Failure unused;
  if (!must_match(in, out, unused)) out = Value::boolean(false);
  return true;
}

bool find_all(Arguments in, Value& out, Failure& failure) {
  const auto expression = compiled(in[0].as_text(), failure);
  if (!expression) return false;
  std::vector<std::string> found;
  expression->for_each_match(in[1].as_text(), in[2].as_integer().value,
                             [&](auto groups) { found.emplace_back(groups[0]); });
  out = Value::texts(found);
  return true;
}

bool find(Arguments in, Value& out, Failure& failure) {
  const auto expression = compiled(in[0].as_text(), failure);
  if (!expression) return false;
  std::string found;
  expression->for_each_match(in[1].as_text(), 1, [&](auto groups) { found = groups[0]; });
  out = Value::text(std::move(found));
  return true;
}

template <bool is_literal>
bool replace_all(Arguments in, Value& out, Failure& failure) {
  const auto expression = compiled(in[0].as_text(), failure);
  if (!expression) return false;
  out = Value::text(expression->replace_all(in[1].as_text(), in[2].as_text(), is_literal));
  return true;
}

// As regexp.Split: matches at the very beginning that are empty don't divide.
bool split(Arguments in, Value& out, Failure& failure) {
  const auto expression = compiled(in[0].as_text(), failure);
  if (!expression) return false;
  const std::string& text = in[1].as_text();
  const int64_t count = in[2].as_integer().value;
  std::vector<std::string> parts;
  if (count == 0) {
    out = Value::texts(parts);
    return true;
  }
  const char* start = text.data();
  const char* match_start = start;
  bool is_full = false;
  if (!in[0].as_text().empty() && text.empty()) {
    out = Value::texts({""});
    return true;
  }
  expression->for_each_match(text, count, [&](auto groups) {
    if (is_full || (count > 0 && static_cast<int64_t>(parts.size()) == count - 1)) {
      is_full = true;
      return;
    }
    match_start = groups[0].data();
    const char* end = match_start + groups[0].size();
    if (end != text.data()) parts.emplace_back(start, match_start);
    start = end;
  });
  // The rest, unless the last match is an empty one at the end.
  const char* const end = text.data() + text.size();
  if (match_start != end || text.empty()) parts.emplace_back(start, end);
  out = Value::texts(parts);
  return true;
}

bool quote_meta(Arguments in, Value& out, Failure&) {
  out = Value::text(quote_regexp(in[0].as_text()));
  return true;
}

}  // namespace

const Function expression_functions[] = {
    {"mustRegexFind", "ss", find},
    {"mustRegexFindAll", "ssi", find_all},
    {"mustRegexMatch", "ss", must_match},
    {"mustRegexReplaceAll", "sss", replace_all<false>},
    {"mustRegexReplaceAllLiteral", "sss", replace_all<true>},
    {"mustRegexSplit", "ssi", split},
    {"regexFind", "ss", find},
    {"regexFindAll", "ssi", find_all},
    {"regexMatch", "ss", match},
    {"regexQuoteMeta", "s", quote_meta},
    {"regexReplaceAll", "sss", replace_all<false>},
    {"regexReplaceAllLiteral", "sss", replace_all<true>},
    {"regexSplit", "ssi", split},
    {},
};

}  // namespace alloy::go_template
