// Labels of lines.
#include "components/loki/process/stages/label_stages.h"

#include <algorithm>

#include "base/text.h"

namespace alloy::loki::process {
namespace {

// A label and the value that it gets.
struct Assignment {
  std::string name;
  std::string source;
  NameId id;
};

Result<std::vector<Assignment>> assignments_of(const OptionalTexts& values, StageContext& context) {
  std::vector<Assignment> assignments;
  for (const auto& [name, source] : values) {
    if (!is_label_name(name)) return fail("invalid label name: " + name);
    const std::string& from = source && !source->empty() ? *source : name;
    assignments.push_back({.name = name, .source = from, .id = context.names.add(from)});
  }
  return assignments;
}

class LabelsStage final : public Stage {
 public:
  LabelsStage(std::vector<Assignment> assignments, bool from_metadata)
      : Stage("labels"), assignments_(std::move(assignments)), from_metadata_(from_metadata) {}

 private:
  void process(Line& line, Run& run) override {
    for (const Assignment& assignment : assignments_) {
      const auto value = value_of(assignment, line, run);
      if (value && is_utf8(*value)) line.labels.set(assignment.name, *value);
    }
    pass(line, run);
  }

  std::optional<std::string_view> value_of(const Assignment& assignment, const Line& line,
                                           Run& run) const {
    if (!from_metadata_) return line.extracted[assignment.id].as_text(run.scratch);
    const auto found = std::ranges::find(line.metadata, assignment.source, &Label::name);
    return found == line.metadata.end() ? std::nullopt : std::optional(found->value);
  }

  const std::vector<Assignment> assignments_;
  const bool from_metadata_;
};

class LabelKeepStage final : public Stage {
 public:
  explicit LabelKeepStage(std::vector<std::string> names)
      : Stage("label_keep"), names_(std::move(names)) {}

 private:
  void process(Line& line, Run& run) override {
    line.labels.erase_if(
        [&](const Label& label) { return std::ranges::find(names_, label.name) == names_.end(); });
    pass(line, run);
  }

  const std::vector<std::string> names_;
};

class LabelDropStage final : public Stage {
 public:
  explicit LabelDropStage(std::vector<std::string> names)
      : Stage("label_drop"), names_(std::move(names)) {}

 private:
  void process(Line& line, Run& run) override {
    for (const std::string& name : names_) line.labels.erase(name);
    pass(line, run);
  }

  const std::vector<std::string> names_;
};

class StaticLabelsStage final : public Stage {
 public:
  explicit StaticLabelsStage(std::vector<std::pair<std::string, std::string>> labels)
      : Stage("static_labels"), labels_(std::move(labels)) {}

 private:
  void process(Line& line, Run& run) override {
    for (const auto& [name, value] : labels_) line.labels.set(name, value);
    pass(line, run);
  }

  const std::vector<std::pair<std::string, std::string>> labels_;
};

class TenantStage final : public Stage {
 public:
  TenantStage(const TenantArguments& arguments, StageContext& context)
      : Stage("tenant"), arguments_(arguments) {
    if (!arguments.source.empty()) id_ = context.names.add(arguments.source);
  }

 private:
  void process(Line& line, Run& run) override {
    std::string_view tenant = arguments_.value;
    if (id_)
      tenant = line.extracted[*id_].as_text(run.scratch).value_or("");
    else if (!arguments_.label.empty())
      tenant = line.labels.value(arguments_.label);
    if (!tenant.empty()) line.labels.set("__tenant_id__", tenant);
    pass(line, run);
  }

  const TenantArguments arguments_;
  std::optional<NameId> id_;
};

}  // namespace

std::string enum_error(SourceType, std::string_view text) {
  return "unknown source_type: " + std::string(text);
}

std::string_view name_of(SourceType type) {
  for (const auto& [value, name] : enum_names(type)) {
    if (value == type) return name;
  }
  return {};
}

Result<StagePointer> make_stage(const LabelsArguments& arguments, StageContext& context) {
  const SourceType type = arguments.source_type;
  if (type == SourceType::line || type == SourceType::label) {
    return fail("invalid labels source_type: " + std::string(name_of(type)) +
                ". Can only be 'extracted' or 'structured_metadata'");
  }
  TRY(auto assignments, assignments_of(arguments.values, context));
  return std::make_unique<LabelsStage>(std::move(assignments),
                                       type == SourceType::structured_metadata);
}

Result<StagePointer> make_stage(const LabelKeepArguments& arguments, StageContext&) {
  if (arguments.values.empty()) return fail("labelallow stage config cannot be empty");
  return std::make_unique<LabelKeepStage>(arguments.values);
}

Result<StagePointer> make_stage(const LabelDropArguments& arguments, StageContext&) {
  if (arguments.values.empty()) return fail("labeldrop stage config cannot be empty");
  return std::make_unique<LabelDropStage>(arguments.values);
}

Result<StagePointer> make_stage(const StaticLabelsArguments& arguments, StageContext&) {
  std::vector<std::pair<std::string, std::string>> labels;
  for (const auto& [name, value] : arguments.values) {
    if (!is_label_name(name)) return fail("invalid label name: " + name);
    if (!value || value->empty()) continue;
    if (!is_utf8(*value)) return fail("invalid label value: " + *value);
    labels.emplace_back(name, *value);
  }
  return std::make_unique<StaticLabelsStage>(std::move(labels));
}

Result<StagePointer> make_stage(const TenantArguments& arguments, StageContext& context) {
  const int given = !arguments.label.empty() + !arguments.source.empty() + !arguments.value.empty();
  if (given == 0) return fail("label, source or value config are required");
  if (given > 1) {
    return fail(
        "label, source and value are mutually exclusive: you should set source, value or label but "
        "not all");
  }
  return std::make_unique<TenantStage>(arguments, context);
}

}  // namespace alloy::loki::process
