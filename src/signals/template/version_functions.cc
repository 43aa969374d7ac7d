// Semantic versions, and the ranges that they are compared with: ^1.2, ~1.2.3, >=1 <2, 1.x || 3.
#include <algorithm>
#include <optional>

#include "base/text.h"
#include "signals/go_strings.h"
#include "signals/number_text.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

// A version of which the last numbers may be missing, or x.
struct Partial {
  Version version;
  int numbers = 0;  // How many are given.
  bool has_wildcard = false;
};

std::optional<Partial> parse_partial(std::string_view text) {
  Partial made;
  made.version.original = text;
  if (text.starts_with('v') || text.starts_with('V')) text.remove_prefix(1);
  if (const size_t plus = text.find('+'); plus != std::string_view::npos) {
    made.version.metadata = text.substr(plus + 1);
    text = text.substr(0, plus);
  }
  if (const size_t minus = text.find('-'); minus != std::string_view::npos) {
    made.version.prerelease = text.substr(minus + 1);
    text = text.substr(0, minus);
  }
  uint64_t* const numbers[] = {&made.version.major, &made.version.minor, &made.version.patch};
  const auto parts = split_text(text, ".", -1);
  if (parts.size() > 3) return std::nullopt;
  for (size_t i = 0; i < parts.size(); ++i) {
    made.has_wildcard = parts[i] == "x" || parts[i] == "X" || parts[i] == "*";
    if (made.has_wildcard) break;
    const auto number = parse_integer(parts[i]);
    if (!number || *number < 0 || parts[i][0] == '+') return std::nullopt;
    *numbers[i] = static_cast<uint64_t>(*number);
    made.numbers = static_cast<int>(i) + 1;
  }
  return made;
}

std::optional<Version> parse_version(std::string_view text) {
  const auto made = parse_partial(text);
  if (!made || made->numbers == 0 || made->has_wildcard) return std::nullopt;
  return made->version;
}

int compare_prereleases(const std::string& left, const std::string& right) {
  if (left == right) return 0;
  // A version without one comes after those with one.
  if (left.empty() || right.empty()) return left.empty() ? 1 : -1;
  const auto l = split_text(left, ".", -1);
  const auto r = split_text(right, ".", -1);
  for (size_t i = 0; i < std::min(l.size(), r.size()); ++i) {
    if (l[i] == r[i]) continue;
    const auto ln = parse_integer(l[i]);
    const auto rn = parse_integer(r[i]);
    if (ln && rn) return *ln < *rn ? -1 : 1;
    if (ln || rn) return ln ? -1 : 1;
    return l[i] < r[i] ? -1 : 1;
  }
  return l.size() < r.size() ? -1 : 1;
}

int compare(const Version& left, const Version& right) {
  const uint64_t l[] = {left.major, left.minor, left.patch};
  const uint64_t r[] = {right.major, right.minor, right.patch};
  for (size_t i = 0; i < 3; ++i) {
    if (l[i] != r[i]) return l[i] < r[i] ? -1 : 1;
  }
  return compare_prereleases(left.prerelease, right.prerelease);
}

// The first version that is no longer of the same major (0), minor (1) or patch (2) number.
Version above(const Version& version, int number) {
  Version next{.major = version.major, .minor = version.minor, .patch = version.patch};
  if (number == 0) next = {.major = version.major + 1};
  if (number == 1) next = {.major = version.major, .minor = version.minor + 1};
  if (number == 2) ++next.patch;
  return next;
}

bool is_between(const Version& version, const Version& from, const Version& below) {
  return compare(version, from) >= 0 && compare(version, below) < 0;
}

// One comparison, such as ">=1.2".
std::optional<bool> satisfies(const Version& version, std::string_view operation,
                              const Partial& wanted) {
  const Version& base = wanted.version;
  // Prereleases only match ranges that name one.
  if (!version.prerelease.empty() && base.prerelease.empty() && operation != "!=") return false;
  const int order = compare(version, base);
  const int last = std::max(wanted.numbers - 1, 0);
  const bool is_within =
      wanted.numbers == 0 ||
      (wanted.numbers == 3 ? order == 0 : is_between(version, base, above(base, last)));
  if (operation.empty() || operation == "=") return is_within;
  if (operation == "!=") return !is_within;
  if (operation == ">") {
    return wanted.numbers == 3 ? order > 0 : order > 0 && !is_within;
  }
  if (operation == ">=" || operation == "=>") return order >= 0;
  if (operation == "<") return order < 0;
  if (operation == "<=" || operation == "=<") return order <= 0 || is_within;
  if (operation == "~" || operation == "~>") {
    if (wanted.numbers == 0) return true;
    return is_between(version, base, above(base, std::min(last, 1)));
  }
  if (operation == "^") {
    if (wanted.numbers == 0) return true;
    if (base.major > 0 || wanted.numbers == 1) return is_between(version, base, above(base, 0));
    if (base.minor > 0 || wanted.numbers == 2) return is_between(version, base, above(base, 1));
    return is_between(version, base, above(base, 2));
  }
  return std::nullopt;
}

// Comparisons that all have to hold, separated by blanks or commas.
std::optional<bool> satisfies_all(const Version& version, std::string_view range) {
  if (const size_t dash = range.find(" - "); dash != std::string_view::npos) {
    const auto from = parse_partial(trim(range.substr(0, dash)));
    const auto to = parse_partial(trim(range.substr(dash + 3)));
    if (!from || !to) return std::nullopt;
    return satisfies(version, ">=", *from).value_or(false) &&
           satisfies(version, "<=", *to).value_or(false);
  }
  bool result = true;
  while (true) {
    range.remove_prefix(std::min(range.find_first_not_of(" ,"), range.size()));
    if (range.empty()) return result;
    const std::string_view operation =
        range.substr(0, std::min(range.find_first_not_of("=<>!~^"), range.size()));
    range.remove_prefix(operation.size());
    range.remove_prefix(std::min(range.find_first_not_of(' '), range.size()));
    const std::string_view text = range.substr(0, range.find_first_of(" ,"));
    range.remove_prefix(text.size());
    const auto wanted = parse_partial(text);
    if (!wanted) return std::nullopt;
    const auto holds = satisfies(version, operation, *wanted);
    if (!holds) return std::nullopt;
    result = result && *holds;
  }
}

bool semver(Arguments in, Value& out, Failure& failure) {
  const auto version = parse_version(in[0].as_text());
  if (!version) return failure("Invalid Semantic Version");
  out = Value::version(*version);
  return true;
}

bool semver_compare(Arguments in, Value& out, Failure& failure) {
  const auto version = parse_version(in[1].as_text());
  if (!version) return failure("Invalid Semantic Version");
  bool result = false;
  for (const std::string_view range : split_text(in[0].as_text(), "||", -1)) {
    const auto holds = satisfies_all(*version, range);
    if (!holds) return failure("improper constraint: " + in[0].as_text());
    result = result || *holds;
  }
  out = Value::boolean(result);
  return true;
}

}  // namespace

const Function version_functions[] = {
    {"semver", "s", semver},
    {"semverCompare", "ss", semver_compare},
    {},
};

}  // namespace alloy::go_template
