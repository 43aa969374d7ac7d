// Structured metadata of lines.
#include <algorithm>

#include "base/text.h"
#include "components/loki/process/stages/label_stages.h"
#include "signals/search_expression.h"

namespace alloy::loki::process {
namespace {

struct Assignment {
  std::string name;
  std::string source;
  NameId id;
};

class StructuredMetadataStage final : public Stage {
 public:
  StructuredMetadataStage(std::vector<Assignment> assignments,
                          std::optional<SearchExpression> expression)
      : Stage("structured_metadata"),
        assignments_(std::move(assignments)),
        expression_(std::move(expression)) {}

 private:
  void process(Line& line, Run& run) override {
    for (const Assignment& assignment : assignments_) {
      set(line, run, assignment.name, line.extracted[assignment.id]);
    }
    if (expression_) {
      line.extracted.for_each([&](std::string_view name, const ExtractedValue& value) {
        if (expression_->matches(name)) set(line, run, name, value);
      });
    }
    move_labels(line, run);
    pass(line, run);
  }

  static void set(Line& line, Run& run, std::string_view name, const ExtractedValue& value) {
    const auto text = value.as_text(run.scratch);
    if (!text || !is_utf8(*text)) return;
    line.set_metadata({.name = name, .value = *text}, run.scratch);
  }

  // Labels become metadata instead.
  void move_labels(Line& line, Run& run) const {
    for (const Assignment& assignment : assignments_) {
      const Label* label = line.labels.find(assignment.source);
      if (label == nullptr) continue;
      line.set_metadata({.name = assignment.name, .value = label->value}, run.scratch);
    }
    for (const Assignment& assignment : assignments_) line.labels.erase(assignment.source);
    if (!expression_) return;
    bool is_any = false;
    for (const Label& label : line.labels.get()) {
      if (!expression_->matches(label.name)) continue;
      line.set_metadata(label, run.scratch);
      is_any = true;
    }
    if (!is_any) return;
    line.labels.erase_if([&](const Label& label) { return expression_->matches(label.name); });
  }

  const std::vector<Assignment> assignments_;
  const std::optional<SearchExpression> expression_;
};

class StructuredMetadataDropStage final : public Stage {
 public:
  explicit StructuredMetadataDropStage(std::vector<std::string> names)
      : Stage("structured_metadata_drop"), names_(std::move(names)) {}

 private:
  bool is_dropped(const Label& label) const {
    return std::ranges::find(names_, label.name) != names_.end();
  }

  void process(Line& line, Run& run) override {
    const auto dropped = [this](const Label& label) { return is_dropped(label); };
    if (std::ranges::any_of(line.metadata, dropped)) {
      std::vector<Label> kept;
      std::ranges::remove_copy_if(line.metadata, std::back_inserter(kept), dropped);
      line.metadata = run.scratch.keep(std::span<const Label>(kept));
    }
    pass(line, run);
  }

  const std::vector<std::string> names_;
};

}  // namespace

Result<StagePointer> make_stage(const StructuredMetadataArguments& arguments,
                                StageContext& context) {
  std::vector<Assignment> assignments;
  for (const auto& [name, source] : arguments.values) {
    if (!is_label_name(name)) return fail("invalid label name: " + name);
    const std::string& from = source && !source->empty() ? *source : name;
    assignments.push_back({.name = name, .source = from, .id = context.names.add(from)});
  }
  std::optional<SearchExpression> expression;
  if (!arguments.regex.empty()) {
    TRY(expression, SearchExpression::create(arguments.regex));
  }
  return std::make_unique<StructuredMetadataStage>(std::move(assignments), std::move(expression));
}

Result<StagePointer> make_stage(const StructuredMetadataDropArguments& arguments, StageContext&) {
  if (arguments.values.empty()) {
    return fail("structured_metadata_drop stage config cannot be empty");
  }
  return std::make_unique<StructuredMetadataDropStage>(arguments.values);
}

}  // namespace alloy::loki::process
