// Rules are only tried on lines with one of their keywords.
#include "components/loki/secretfilter/detector.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "signals/go_strings.h"

namespace alloy::loki::secretfilter {

double entropy_of(std::string_view text) {
  std::array<size_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double entropy = 0;
  for (const size_t count : counts) {
    if (count == 0) continue;
    const double share = static_cast<double>(count) / static_cast<double>(text.size());
    entropy -= share * std::log2(share);
  }
  return entropy;
}

std::string masked(std::string_view secret, unsigned percent) {
  if (percent >= 100) return "REDACTED";
  const double kept = static_cast<double>(secret.size()) * (100 - percent) / 100.0;
  return std::string(secret.substr(0, static_cast<size_t>(std::nearbyint(kept)))) + "...";
}

Detector::Detector(RuleSet rules) : rules_(std::move(rules)) {
  std::vector<std::string> words;
  for (const Rule& rule : rules_.rules) {
    if (rule.keywords.empty()) has_rules_without_keywords_ = true;
    words.insert(words.end(), rule.keywords.begin(), rule.keywords.end());
  }
  std::ranges::sort(words);
  words.erase(std::ranges::unique(words).begin(), words.end());
  if (words.empty()) return;
  std::string source = "(?i:";
  for (const std::string& word : words) {
    if (source.size() > 4) source += '|';
    source += quote_regexp(word);
  }
  auto expression = SearchExpression::create(source + ")");
  if (expression)
    keywords_ = *std::move(expression);
  else
    has_rules_without_keywords_ = true;  // Then each rule looks itself.
}

std::vector<Finding> Detector::find(std::string_view line,
                                    const std::function<bool()>& is_late) const {
  std::vector<Finding> findings;
  if (line.contains("gitleaks:allow")) return findings;
  if (!has_rules_without_keywords_ && (!keywords_ || !keywords_->matches(line))) return findings;
  const std::string small = to_lower(line);
  for (const Rule& rule : rules_.rules) {
    const bool is_tried =
        rule.keywords.empty() || std::ranges::any_of(rule.keywords, [&](const std::string& word) {
          return small.contains(word);
        });
    if (!is_tried) continue;
    if (is_late()) break;
    apply(rule, line, findings);
  }
  // What a special rule has found, a generic one needs not find again.
  std::erase_if(findings, [&](const Finding& finding) {
    if (!finding.rule.contains("generic")) return false;
    return std::ranges::any_of(findings, [&](const Finding& other) {
      return !other.rule.contains("generic") && other.secret.contains(finding.secret);
    });
  });
  return findings;
}

void Detector::apply(const Rule& rule, std::string_view line,
                     std::vector<Finding>& findings) const {
  rule.expression->for_each_match(line, -1, [&](std::span<const std::string_view> groups) {
    std::string_view match = groups[0];
    while (match.ends_with('\n')) match.remove_suffix(1);
    while (match.starts_with('\n')) match.remove_prefix(1);
    std::string_view secret = match;
    if (rule.group > 0) {
      secret = groups[rule.group];
    } else if (groups.size() > 1) {
      const auto found = std::ranges::find_if(
          groups.subspan(1), [](std::string_view group) { return !group.empty(); });
      if (found != groups.end()) secret = *found;
    }
    if (secret.empty()) return;
    if (rule.entropy_min != 0 && entropy_of(secret) <= rule.entropy_min) return;
    const auto allows = [&](const Allowlist& list) {
      const bool is_meant =
          list.rule_ids.empty() || std::ranges::find(list.rule_ids, rule.id) != list.rule_ids.end();
      return is_meant && list.allows(secret, match, line);
    };
    if (std::ranges::any_of(rules_.allowlists, allows)) return;
    if (std::ranges::any_of(rule.allowlists, allows)) return;
    findings.push_back({.rule = rule.id, .secret = secret});
  });
}

}  // namespace alloy::loki::secretfilter
