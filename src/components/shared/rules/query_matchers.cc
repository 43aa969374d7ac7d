#include "components/shared/rules/query_matchers.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "signals/go_string.h"

namespace alloy::rules {
namespace {

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Words of PromQL that are no metric, wherever they stand.
bool is_keyword(std::string_view word) {
  constexpr std::string_view words[] = {
      "and", "or",  "unless",     "by",          "without", "on",     "ignoring", "bool",
      "nan", "inf", "group_left", "group_right", "atan2",   "offset", "smoothed", "anchored"};
  return std::ranges::find(words, lower(word)) != std::end(words);
}
// Those that are followed by a list of labels.
bool takes_labels(std::string_view word) {
  constexpr std::string_view words[] = {"by",       "without",    "on",
                                        "ignoring", "group_left", "group_right"};
  return std::ranges::find(words, lower(word)) != std::end(words);
}

// Reads a query and writes it anew with other selectors.
class Rewriter {
 public:
  Rewriter(std::string_view query, std::vector<QueryMatcher> matchers, QueryLanguage language)
      : rest_(query), matchers_(std::move(matchers)), language_(language) {}

  Result<std::string> run() {
    while (!rest_.empty()) TRY(step());
    return std::move(out_);
  }
  size_t selectors() const { return selectors_; }
  // Whether a selector has a metric's name.
  bool has_metrics() const { return has_metrics_; }

 private:
  Result<> step();
  Result<> word();
  Result<> selector(std::string_view metric);
  Result<std::vector<std::string>> read_matchers();
  Result<std::string_view> string_literal();
  void copy(size_t count) {
    out_ += rest_.substr(0, count);
    rest_.remove_prefix(count);
  }
  size_t blanks() const {
    return static_cast<size_t>(std::ranges::find_if_not(rest_, is_blank) - rest_.begin());
  }
  void skip_blanks() { rest_.remove_prefix(blanks()); }
  std::string render(std::vector<std::string> others) const;

  std::string_view rest_;
  const std::vector<QueryMatcher> matchers_;
  const QueryLanguage language_;
  std::string out_;
  size_t selectors_ = 0;
  bool has_metrics_ = false;
};

Result<> Rewriter::step() {
  const char c = rest_.front();
  if (c == '"' || c == '\'' || c == '`') {
    TRY(const auto text, string_literal());
    out_ += text;
    return {};
  }
  if (c == '#') {
    copy(std::min(rest_.find('\n'), rest_.size()));
    return {};
  }
  if (c == '{') return selector({});
  if (c == '[') {
    const size_t end = rest_.find(']');
    if (end == std::string_view::npos) return fail("unclosed left bracket");
    copy(end + 1);
    return {};
  }
  if (language_ == QueryLanguage::promql && is_name_start(c)) return word();
  // Numbers and durations, whose letters are no names.
  size_t size = 1;
  if (is_name_part(c) || c == '.')
    while (size < rest_.size() && (is_name_part(rest_[size]) || rest_[size] == '.')) ++size;
  copy(size);
  return {};
}

Result<> Rewriter::word() {
  const auto end = std::ranges::find_if_not(rest_, is_name_part);
  const std::string_view name = rest_.substr(0, static_cast<size_t>(end - rest_.begin()));
  const std::string_view before = rest_;
  rest_.remove_prefix(name.size());
  const size_t space = blanks();
  const char next = space < rest_.size() ? rest_[space] : '\0';
  if (takes_labels(name) && next == '(') {
    const size_t close = rest_.find(')');
    if (close == std::string_view::npos) return fail("unclosed left parenthesis");
    rest_ = before;
    copy(name.size() + close + 1);
    return {};
  }
  // An aggregation may have its labels before its argument: sum by (job) (x).
  const auto after = rest_.substr(space);
  const bool is_aggregation = after.starts_with("by ") || after.starts_with("by(") ||
                              after.starts_with("without ") || after.starts_with("without(");
  if (is_keyword(name) || next == '(' || is_aggregation) {
    out_ += name;
    return {};
  }
  if (next == '{') {
    skip_blanks();
    return selector(name);
  }
  out_ += name;
  out_ += render({});
  return {};
}

Result<std::string_view> Rewriter::string_literal() {
  const char mark = rest_.front();
  size_t end = 1;
  while (end < rest_.size() && rest_[end] != mark)
    end += rest_[end] == '\\' && mark != '`' ? size_t{2} : size_t{1};
  if (end >= rest_.size()) return fail("unterminated quoted string");
  const std::string_view text = rest_.substr(0, end + 1);
  rest_.remove_prefix(end + 1);
  return text;
}

Result<> Rewriter::selector(std::string_view metric) {
  ++selectors_;
  const std::string_view before = trim(out_);
  has_metrics_ = has_metrics_ || (!before.empty() && is_name_part(before.back()));
  rest_.remove_prefix(1);
  TRY(auto others, read_matchers());
  out_ += metric;
  out_ += render(std::move(others));
  return {};
}

// Those of a selector whose brace has been read, but for the ones that are replaced.
Result<std::vector<std::string>> Rewriter::read_matchers() {
  std::vector<std::string> others;
  for (;;) {
    skip_blanks();
    if (rest_.empty()) return fail("unexpected end of input inside braces");
    if (rest_.front() == ',') {
      rest_.remove_prefix(1);
      continue;
    }
    if (rest_.front() == '}') {
      rest_.remove_prefix(1);
      return others;
    }
    std::string name;
    if (rest_.front() == '"' || rest_.front() == '\'' || rest_.front() == '`') {
      TRY(const auto literal, string_literal());
      name = literal;
    } else {
      while (!rest_.empty() && is_name_part(rest_.front())) {
        name += rest_.front();
        rest_.remove_prefix(1);
      }
    }
    if (name.empty())
      return fail("unexpected character inside braces: " + quote(rest_.substr(0, 1)));
    skip_blanks();
    std::string op;
    while (!rest_.empty() && std::string_view("=!~").contains(rest_.front())) {
      op += rest_.front();
      rest_.remove_prefix(1);
    }
    skip_blanks();
    // A name alone is a metric's.
    std::string value;
    if (!op.empty()) {
      if (rest_.empty() || !std::string_view("\"'`").contains(rest_.front()))
        return fail("unexpected value of a label matcher inside braces");
      TRY(const auto literal, string_literal());
      const auto text = unquote_go(literal);
      if (!text) return fail("invalid syntax of a quoted string");
      value = quote(*text);
    }
    const std::string plain = unquote_go(name).value_or(name);
    if (op.empty() || std::ranges::find(matchers_, plain, &QueryMatcher::name) == matchers_.end())
      others.push_back(name + op + value);
  }
}

std::string Rewriter::render(std::vector<std::string> others) const {
  for (const QueryMatcher& matcher : matchers_)
    others.push_back(matcher.name + matcher.match_type + quote(matcher.value));
  if (language_ == QueryLanguage::promql) std::ranges::sort(others);
  std::string text = "{";
  const std::string_view separator = language_ == QueryLanguage::promql ? "," : ", ";
  for (size_t i = 0; i < others.size(); ++i) {
    if (i > 0) text += separator;
    text += others[i];
  }
  return text + "}";
}

}  // namespace

Result<std::string> add_matchers(std::string_view query, const std::vector<QueryMatcher>& matchers,
                                 QueryLanguage language) {
  if (matchers.empty()) return std::string(query);
  return Rewriter(query, matchers, language).run();
}

Result<> check_logql(std::string_view query) {
  Rewriter reader(query, {}, QueryLanguage::logql);
  TRY(reader.run());
  if (reader.has_metrics()) return fail("syntax error: unexpected {");
  if (reader.selectors() == 0 && !query.contains("vector("))
    return fail("syntax error: a query without a selector of streams");
  return {};
}

}  // namespace alloy::rules
