// From TOML to rules.
#include "components/loki/secretfilter/rules.h"

#include <algorithm>

#include "base/file.h"
#include "components/loki/secretfilter/built_in_rules.h"
#include "components/loki/secretfilter/toml.h"
#include "signals/go_strings.h"

namespace alloy::loki::secretfilter {
namespace {

std::string text_of(const TomlTable& table, std::string_view name) {
  const auto found = table.find(name);
  const std::string* text = found == table.end() ? nullptr : found->second.text();
  return text == nullptr ? std::string() : *text;
}

std::vector<std::string> texts_of(const TomlTable& table, std::string_view name) {
  std::vector<std::string> texts;
  const auto found = table.find(name);
  const TomlArray* elements = found == table.end() ? nullptr : found->second.array();
  if (elements == nullptr) return texts;
  for (const TomlValue& element : *elements) {
    if (element.text() != nullptr) texts.push_back(*element.text());
  }
  return texts;
}

double number_of(const TomlTable& table, std::string_view name) {
  const auto found = table.find(name);
  const double* number = found == table.end() ? nullptr : found->second.number();
  return number == nullptr ? 0 : *number;
}

bool flag_of(const TomlTable& table, std::string_view name) {
  const auto found = table.find(name);
  const bool* flag = found == table.end() ? nullptr : found->second.boolean();
  return flag != nullptr && *flag;
}

// The tables of an array of tables, or the one table of that name.
std::vector<const TomlTable*> tables_of(const TomlTable& table, std::string_view name) {
  std::vector<const TomlTable*> tables;
  const auto found = table.find(name);
  if (found == table.end()) return tables;
  if (found->second.table() != nullptr) tables.push_back(found->second.table());
  if (found->second.array() == nullptr) return tables;
  for (const TomlValue& element : *found->second.array()) {
    if (element.table() != nullptr) tables.push_back(element.table());
  }
  return tables;
}

Result<Allowlist> parse_allowlist(const TomlTable& table) {
  Allowlist made;
  for (const std::string& source : texts_of(table, "regexes")) {
    TRY(auto expression, SearchExpression::create(source));
    made.expressions.push_back(std::move(expression));
  }
  for (const std::string& word : texts_of(table, "stopwords")) {
    made.stopwords.push_back(to_lower(word));
  }
  const std::string target = text_of(table, "regexTarget");
  if (target == "match")
    made.target = Allowlist::Target::match;
  else if (target == "line")
    made.target = Allowlist::Target::line;
  else if (!target.empty() && target != "secret") {
    return fail("unknown allowlist |regexTarget| '" + target + "' (expected 'match', 'line')");
  }
  const std::string condition = to_lower(text_of(table, "condition"));
  if (condition == "and" || condition == "&&")
    made.needs_all = true;
  else if (!condition.empty() && condition != "or" && condition != "||") {
    return fail("unknown allowlist |condition| '" + condition + "' (expected 'and', 'or')");
  }
  made.rule_ids = texts_of(table, "targetRules");
  return made;
}

Result<std::vector<Allowlist>> parse_allowlists(const TomlTable& table) {
  std::vector<Allowlist> lists;
  for (const std::string_view name : {"allowlist", "allowlists"}) {
    for (const TomlTable* list : tables_of(table, name)) {
      TRY(auto made, parse_allowlist(*list));
      // Those of paths and commits mean nothing for lines.
      if (made.expressions.empty() && made.stopwords.empty()) continue;
      lists.push_back(std::move(made));
    }
  }
  return lists;
}

Result<Rule> parse_rule(const TomlTable& table) {
  Rule rule;
  rule.id = text_of(table, "id");
  if (rule.id.empty()) return fail("a rule without an id");
  const std::string source = text_of(table, "regex");
  if (!source.empty()) {
    auto expression = SearchExpression::create(source);
    if (!expression) {
      return std::unexpected(std::move(expression).error().with_context("rule " + rule.id));
    }
    rule.expression = *std::move(expression);
  }
  const double group = number_of(table, "secretGroup");
  const int groups = rule.expression ? rule.expression->group_count() : 0;
  if (group < 0 || group > groups) {
    return fail(rule.id + ": invalid regex secret group, max regex secret group " +
                std::to_string(groups));
  }
  rule.group = static_cast<size_t>(group);
  rule.entropy_min = number_of(table, "entropy");
  for (const std::string& word : texts_of(table, "keywords")) {
    rule.keywords.push_back(to_lower(word));
  }
  TRY(rule.allowlists, parse_allowlists(table));
  return rule;
}

}  // namespace

bool Allowlist::allows(std::string_view secret, std::string_view match,
                       std::string_view line) const {
  const std::string_view text = target == Target::secret  ? secret
                                : target == Target::match ? match
                                                          : line;
  const bool by_expression = std::ranges::any_of(
      expressions, [&](const SearchExpression& expression) { return expression.matches(text); });
  const std::string small = stopwords.empty() ? std::string() : to_lower(secret);
  const bool by_word =
      std::ranges::any_of(stopwords, [&](const std::string& word) { return small.contains(word); });
  if (!needs_all) return by_expression || by_word;
  return (expressions.empty() || by_expression) && (stopwords.empty() || by_word);
}

Result<RuleSet> parse_rules(std::string_view text) {
  TRY(const auto table, parse_toml(text));
  RuleSet set;
  for (const TomlTable* extend : tables_of(table, "extend")) {
    if (!text_of(*extend, "path").empty()) {
      return fail("[extend] path is not supported: put all rules into one file");
    }
    if (!flag_of(*extend, "useDefault")) continue;
    set = built_in_rules();
    const auto disabled = texts_of(*extend, "disabledRules");
    std::erase_if(set.rules, [&](const Rule& rule) {
      return std::ranges::find(disabled, rule.id) != disabled.end();
    });
  }
  TRY(auto allowlists, parse_allowlists(table));
  std::ranges::move(allowlists, std::back_inserter(set.allowlists));
  for (const TomlTable* rule : tables_of(table, "rules")) {
    TRY(auto made, parse_rule(*rule));
    // A rule of the same name takes the place of the built-in one.
    std::erase_if(set.rules, [&](const Rule& known) { return known.id == made.id; });
    if (made.expression) set.rules.push_back(std::move(made));
  }
  return set;
}

Result<RuleSet> load_rules(const std::string& path) {
  auto text = read_file(path);
  if (!text) {
    return std::unexpected(std::move(text).error().with_context("read gitleaks config"));
  }
  auto set = parse_rules(*text);
  if (!set) return std::unexpected(std::move(set).error().with_context("parse gitleaks config"));
  return set;
}

const RuleSet& built_in_rules() {
  static const RuleSet set = [] {
    auto parsed = parse_rules(built_in_rules_text);
    ASSERT(parsed.has_value());
    return *std::move(parsed);
  }();
  return set;
}

}  // namespace alloy::loki::secretfilter
