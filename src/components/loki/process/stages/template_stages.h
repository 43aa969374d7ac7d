// stage.template and stage.replace: texts made with Go's templates.
#pragma once

#include <string>

#include "components/loki/process/stage.h"
#include "schema/fields.h"
#include "signals/template/text_template.h"

namespace alloy::loki::process {

struct TemplateArguments {
  std::string source;
  TextTemplate template_;

  static constexpr auto schema() {
    return fields(
        required<&TemplateArguments::source>("source", "The extracted value to set."),
        required<&TemplateArguments::template_>(
            "template", "The template; extracted values are its fields, the line is .Entry."));
  }
  Result<void> validate() const;
};

struct ReplaceArguments {
  std::string expression;
  std::string source;
  std::string replace;

  static constexpr auto schema() {
    return fields(required<&ReplaceArguments::expression>("expression",
                                                          "What to find; its groups are replaced."),
                  optional<&ReplaceArguments::source>(
                      "source", "The extracted value to change; else the line."),
                  optional<&ReplaceArguments::replace>(
                      "replace", "A template for the text of a group, which is .Value in it."));
  }
  std::vector<FieldMistake> check_strictly() const;
};

Result<StagePointer> make_stage(const TemplateArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const ReplaceArguments& arguments, StageContext& context);

}  // namespace alloy::loki::process
