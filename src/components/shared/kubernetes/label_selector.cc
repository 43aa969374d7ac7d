#include "components/shared/kubernetes/label_selector.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "base/text.h"

namespace alloy::kubernetes {

LabelSelectorArguments read_label_selector(JsonNode node) {
  LabelSelectorArguments selector;
  for (const auto& [name, value] : node["matchLabels"].members())
    selector.match_labels.emplace(name, value.text());
  for (const JsonNode& expression : node["matchExpressions"].elements()) {
    MatchExpression& match = selector.match_expressions.emplace_back();
    match.key = expression["key"].text();
    match.op = expression["operator"].text();
    for (const std::string_view value : expression["values"].texts())
      match.values.emplace_back(value);
  }
  return selector;
}

Result<LabelSelector> LabelSelector::create(const LabelSelectorArguments& arguments) {
  LabelSelector selector;
  for (const auto& [key, value] : arguments.match_labels)
    selector.requirements_.push_back(
        {.key = key, .op = Operator::in, .values = {value}, .is_equality = true});
  constexpr std::pair<std::string_view, Operator> operators[] = {
      {"In", Operator::in},
      {"NotIn", Operator::not_in},
      {"Exists", Operator::exists},
      {"DoesNotExist", Operator::does_not_exist}};
  for (const MatchExpression& match : arguments.match_expressions) {
    const auto* known =
        std::ranges::find(operators, match.op, &std::pair<std::string_view, Operator>::first);
    if (known == std::end(operators))
      return fail(fmt::format("{} is not a valid label selector operator", quote(match.op)));
    const bool takes_values = known->second == Operator::in || known->second == Operator::not_in;
    if (takes_values && match.values.empty())
      return fail(
          "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
    if (!takes_values && !match.values.empty())
      return fail(
          fmt::format("values: Invalid value: [{}]: values set must be empty for exists and does "
                      "not exist",
                      fmt::join(match.values, " ")));
    Requirement& requirement = selector.requirements_.emplace_back(
        Requirement{match.key, known->second, match.values, false});
    std::ranges::sort(requirement.values);
  }
  std::ranges::sort(selector.requirements_, {}, &Requirement::key);
  return selector;
}

bool LabelSelector::matches(const Texts& labels) const {
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    const auto found =
        std::ranges::find(labels, requirement.key, &std::pair<std::string, std::string>::first);
    const bool is_there = found != labels.end();
    const bool is_value = is_there && std::ranges::binary_search(requirement.values, found->second);
    switch (requirement.op) {
      case Operator::in:
        return is_value;
      case Operator::not_in:
        return !is_value;
      case Operator::exists:
        return is_there;
      case Operator::does_not_exist:
        return !is_there;
    }
    return false;
  });
}

std::string LabelSelector::text() const {
  std::string text;
  for (const Requirement& requirement : requirements_) {
    if (!text.empty()) text += ',';
    switch (requirement.op) {
      case Operator::in:
        text +=
            requirement.is_equality
                ? fmt::format("{}={}", requirement.key, requirement.values[0])
                : fmt::format("{} in ({})", requirement.key, fmt::join(requirement.values, ","));
        break;
      case Operator::not_in:
        text += fmt::format("{} notin ({})", requirement.key, fmt::join(requirement.values, ","));
        break;
      case Operator::exists:
        text += requirement.key;
        break;
      case Operator::does_not_exist:
        text += "!" + requirement.key;
        break;
    }
  }
  return text;
}

}  // namespace alloy::kubernetes
