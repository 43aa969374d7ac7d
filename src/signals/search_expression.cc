// RE2 with the syntax, the ways and the error texts of Go's regexp.
#include "signals/search_expression.h"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"
#include "signals/regular_expression.h"

namespace alloy {
namespace {

// What Go's regexp/syntax calls the errors of RE2, which it descends from.
std::string_view go_error(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorBadEscape:
      return "invalid escape sequence";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character class range";
    case re2::RE2::ErrorMissingBracket:
      return "missing closing ]";
    case re2::RE2::ErrorMissingParen:
      return "missing closing )";
    case re2::RE2::ErrorUnexpectedParen:
      return "unexpected )";
    case re2::RE2::ErrorTrailingBackslash:
      return "trailing backslash at end of expression";
    case re2::RE2::ErrorRepeatArgument:
      return "missing argument to repetition operator";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repeat count";
    case re2::RE2::ErrorRepeatOp:
      return "invalid nested repetition operator";
    case re2::RE2::ErrorBadPerlOp:
      return "invalid or unsupported Perl syntax";
    case re2::RE2::ErrorBadUTF8:
      return "invalid UTF-8";
    case re2::RE2::ErrorBadNamedCapture:
      return "invalid named capture";
    case re2::RE2::ErrorPatternTooLarge:
      return "expression too large";
    default:
      return "internal error";
  }
}

bool is_name_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// The name in "(?P<name>" or "(?<name>" at the front; empty if there is none.
std::string_view group_name(std::string_view text) {
  if (!text.starts_with("(?")) return {};
  text.remove_prefix(2);
  if (text.starts_with('P')) text.remove_prefix(1);
  if (!text.starts_with('<')) return {};
  text.remove_prefix(1);
  const size_t size = text.find('>');
  if (size == std::string_view::npos) return {};
  const std::string_view name = text.substr(0, size);
  return std::ranges::all_of(name, is_name_byte) ? name : std::string_view();
}

std::unexpected<Error> refuse(std::string_view what, std::string_view part) {
  return fail(fmt::format("error parsing regexp: {}: `{}`", what, part), ErrorKind::invalid);
}

// What RE2 understands: (?<name> becomes (?P<name>, and only the first group of a name has it. The
// names of all groups go to `names`. Fails for what RE2 takes, and Go does not.
Result<std::string> adapt(std::string_view source, std::vector<std::string>& names) {
  std::string out;
  bool in_class = false;
  names.assign(1, {});
  for (size_t i = 0; i < source.size();) {
    const std::string_view rest = source.substr(i);
    size_t size = 1;
    if (rest.starts_with("\\Q")) {
      size = std::min(rest.find("\\E"), rest.size());
    } else if (rest[0] == '\\') {
      if (rest.starts_with("\\C")) return refuse("invalid escape sequence", "\\C");
      size = std::min<size_t>(rest.size(), 2);
    } else if (in_class) {
      if (rest[0] == ']') in_class = false;
      if (rest.starts_with("[:")) {
        const size_t end = rest.find(":]");
        if (end != std::string_view::npos) size = end + 2;
      }
    } else if (rest[0] == '[') {
      in_class = true;
      // A bracket at the front is one of the class.
      size = rest.starts_with("[^]") ? 3 : rest.starts_with("[]") || rest.starts_with("[^") ? 2 : 1;
    } else if (const std::string_view name = group_name(rest); !name.empty()) {
      out += std::ranges::find(names, name) != names.end() ? "(" : "(?P<" + std::string(name) + ">";
      names.emplace_back(name);
      i += rest.find('>') + 1;
      continue;
    } else if (rest.starts_with("(?<")) {
      const size_t end = rest.find('>');
      return refuse("invalid named capture",
                    rest.substr(0, end == std::string_view::npos ? end : end + 1));
    } else if (rest[0] == '(' && !rest.starts_with("(?")) {
      names.emplace_back();
    }
    out += rest.substr(0, size);
    i += size;
  }
  return out;
}

}  // namespace

std::string regexp_error(const re2::RE2& expression) {
  return "error parsing regexp: " + std::string(go_error(expression.error_code())) + ": `" +
         expression.error_arg() + "`";
}

Result<SearchExpression> SearchExpression::create(std::string_view source) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(int64_t{64} << 20);
  SearchExpression made;
  made.source_ = source;
  TRY(const std::string adapted, adapt(source, made.names_));
  made.expression_ = std::make_shared<const re2::RE2>(adapted, options);
  if (!made.expression_->ok()) return fail(regexp_error(*made.expression_), ErrorKind::invalid);
  made.names_.resize(static_cast<size_t>(made.group_count()) + 1);
  return made;
}

int SearchExpression::group_count() const { return expression_->NumberOfCapturingGroups(); }

bool SearchExpression::matches(std::string_view text) const {
  return expression_->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED,
                            nullptr, 0);
}

bool SearchExpression::search(std::string_view text, size_t start,
                              std::span<std::string_view> groups) const {
  constexpr size_t few = 16;
  re2::StringPiece few_pieces[few];
  std::vector<re2::StringPiece> many_pieces;
  re2::StringPiece* pieces = few_pieces;
  if (groups.size() > few) {
    many_pieces.resize(groups.size());
    pieces = many_pieces.data();
  }
  // RE2 tells an empty group from one without part by its data.
  if (text.data() == nullptr) text = "";
  if (!expression_->Match({text.data(), text.size()}, start, text.size(), re2::RE2::UNANCHORED,
                          pieces, static_cast<int>(groups.size()))) {
    return false;
  }
  for (size_t i = 0; i < groups.size(); ++i) groups[i] = {pieces[i].data(), pieces[i].size()};
  return true;
}

size_t SearchExpression::step(std::string_view text, size_t at) {
  if (at >= text.size()) return 1;
  std::string_view rest = text.substr(at);
  next_code_point(rest);
  return text.size() - at - rest.size();
}

std::string SearchExpression::replace_all(std::string_view text, std::string_view replacement,
                                          bool is_literal) const {
  if (text.data() == nullptr) text = "";
  const Template expanded = is_literal ? Template() : Template(replacement, *expression_);
  std::string out;
  const char* copied = text.data();
  for_each_match(text, -1, [&](std::span<const std::string_view> groups) {
    out.append(copied, groups[0].data());
    copied = groups[0].data() + groups[0].size();
    if (is_literal)
      out += replacement;
    else
      expanded.expand(groups, out);
  });
  out.append(copied, text.data() + text.size());
  return out;
}

std::string quote_regexp(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\.+*?()|[]{}^$").contains(c)) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace alloy
