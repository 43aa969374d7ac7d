// What `validate --strict` says about stages: their expressions, patterns, selectors and templates
// are texts to the schema, and compiled only when the component is built.
#include "components/loki/process/stage_arguments.h"
#include "signals/line_pattern.h"
#include "signals/log_selector.h"
#include "signals/search_expression.h"
#include "signals/template/text_template.h"

namespace alloy::loki::process {
namespace {

// Adds what is wrong with the text of the field. That it is missing is for others to say.
template <class Parse>
void check_text(std::string_view field, const std::string& text, Parse parse,
                std::vector<FieldMistake>& found) {
  if (text.empty()) return;
  if (const auto parsed = parse(text); !parsed) found.push_back({field, parsed.error().message()});
}

std::vector<FieldMistake> check_search(std::string_view field, const std::string& text) {
  std::vector<FieldMistake> found;
  check_text(field, text, &SearchExpression::create, found);
  return found;
}

}  // namespace

std::vector<FieldMistake> RegexArguments::check_strictly() const {
  return check_search("expression", expression);
}

std::vector<FieldMistake> DropArguments::check_strictly() const {
  return check_search("expression", expression);
}

std::vector<FieldMistake> MultilineArguments::check_strictly() const {
  return check_search("firstline", firstline);
}

std::vector<FieldMistake> ReplaceArguments::check_strictly() const {
  auto found = check_search("expression", expression);
  check_text("replace", replace, &TextTemplate::parse, found);
  return found;
}

std::vector<FieldMistake> PatternArguments::check_strictly() const {
  std::vector<FieldMistake> found;
  check_text("pattern", pattern, &LinePattern::create, found);
  return found;
}

std::vector<FieldMistake> MatchArguments::check_strictly() const {
  std::vector<FieldMistake> found;
  check_text("selector", selector, &LogSelector::parse, found);
  return found;
}

}  // namespace alloy::loki::process
