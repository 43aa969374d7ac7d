// Rules that anybody may have written, applied to labels that anybody may have sent: they end,
// leave labels in order, and come to the same directly, step by step and through the cache.
//
// The input is lines: for each rule its action (a letter), source labels (by commas), separator,
// expression, target label, replacement and modulus; after an empty line the labels, as name=value.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>

#include "base/error.h"
#include "base/text.h"
#include "signals/relabel.h"
#include "signals/relabel_cache.h"

namespace {

using namespace alloy;

constexpr size_t rules_max = 8;
constexpr uint8_t actions = 11;

std::string_view take_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// The rules that are valid.
std::vector<RelabelRule> take_rules(std::string_view& text) {
  std::vector<RelabelRule> rules;
  while (rules.size() < rules_max) {
    const std::string_view action = take_line(text);
    if (action.empty()) break;
    RelabelRule rule;
    rule.action = static_cast<RelabelAction>(static_cast<uint8_t>(action[0]) % actions);
    for (const auto label : split(take_line(text), ',')) {
      if (!label.empty()) rule.source_labels.emplace_back(label);
    }
    rule.separator = take_line(text);
    auto regex = RegularExpression::create(take_line(text));
    rule.target_label = take_line(text);
    rule.replacement = take_line(text);
    rule.modulus = std::strtoull(std::string(take_line(text)).c_str(), nullptr, 10);
    if (!regex) continue;
    rule.regex = *std::move(regex);
    if (rule.validate()) rules.push_back(std::move(rule));
  }
  return rules;
}

// Of names that are not empty, without empty values: what a series may have.
std::vector<Label> take_labels(std::string_view& text) {
  std::vector<Label> labels;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == line.size()) continue;
    labels.push_back({line.substr(0, equals), line.substr(equals + 1)});
  }
  return labels;
}

std::string applied(const RelabelRules& rules, std::span<const Label> labels) {
  LabelBuilder direct;
  direct.reset(labels);
  const bool is_kept = rules.apply(direct);
  LabelBuilder stepwise;
  stepwise.reset(labels);
  std::vector<RelabelRules::Step> steps;
  ASSERT(rules.apply(stepwise, steps) == is_kept && steps.size() <= rules.rules().size());
  LabelBuilder targets;
  targets.reset(labels);
  rules.apply(targets, LabelNameRules::utf8);
  if (!is_kept) return "dropped";
  ASSERT(std::ranges::equal(direct.labels(), stepwise.labels()));
  // Strictly: no name twice.
  ASSERT(std::ranges::is_sorted(direct.labels(), std::less_equal<>{}, &Label::name));
  return describe(direct.labels());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto rules = std::make_shared<const RelabelRules>(take_rules(text));
  LabelBuilder labels;
  labels.reset(take_labels(text));
  const std::string expected = applied(*rules, labels.labels());

  static SeriesStore& store = *new SeriesStore;  // Large; empty again after each input.
  const SeriesRef series = store.intern(labels.labels());
  RelabelCache cache(store);
  cache.reset(rules, {}, RelabelCache::Unlabelled::kept);
  for (int i = 0; i < 2; ++i) {
    const Series* result = cache.find(*series);
    ASSERT((result ? describe(store.labels_of(*result)) : "dropped") == expected);
  }
  return 0;
}
