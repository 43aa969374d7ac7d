// The stages that set, keep and drop labels and structured metadata.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "components/loki/process/stage.h"
#include "schema/fields.h"

namespace alloy::loki::process {

// Where some stages find their values.
enum class SourceType : unsigned char { unset, line, label, structured_metadata, extracted };

constexpr auto enum_names(SourceType) {
  return std::array{EnumName{SourceType::line, "line"}, EnumName{SourceType::label, "label"},
                    EnumName{SourceType::structured_metadata, "structured_metadata"},
                    EnumName{SourceType::extracted, "extracted"}};
}
std::string enum_error(SourceType, std::string_view text);
// The spelling; empty for none.
std::string_view name_of(SourceType type);

// Names to values that may be missing.
using OptionalTexts = std::map<std::string, std::optional<std::string>>;

struct LabelsArguments {
  OptionalTexts values;
  SourceType source_type = SourceType::unset;

  static constexpr auto schema() {
    return fields(
        required<&LabelsArguments::values>(
            "values", "Labels to set and the extracted value each gets; null: that of its name."),
        optional<&LabelsArguments::source_type>(
            "source_type",
            "Where the values are: extracted (the default) or structured_metadata."));
  }
};

struct LabelKeepArguments {
  std::vector<std::string> values;

  static constexpr auto schema() {
    return fields(required<&LabelKeepArguments::values>("values", "The labels to keep."));
  }
};

struct LabelDropArguments {
  std::vector<std::string> values;

  static constexpr auto schema() {
    return fields(required<&LabelDropArguments::values>("values", "The labels to drop."));
  }
};

struct StaticLabelsArguments {
  OptionalTexts values;

  static constexpr auto schema() {
    return fields(required<&StaticLabelsArguments::values>(
        "values", "Labels and their values; null and empty ones are left out."));
  }
};

struct StructuredMetadataArguments {
  OptionalTexts values;
  std::string regex;

  static constexpr auto schema() {
    return fields(
        optional<&StructuredMetadataArguments::values>(
            "values",
            "Metadata to set and the extracted value or label each gets; null: that of its name."),
        optional<&StructuredMetadataArguments::regex>(
            "regex", "Extracted values and labels whose names match become metadata."));
  }
};

struct StructuredMetadataDropArguments {
  std::vector<std::string> values;

  static constexpr auto schema() {
    return fields(
        required<&StructuredMetadataDropArguments::values>("values", "The metadata to drop."));
  }
};

struct TenantArguments {
  std::string label;
  std::string source;
  std::string value;

  static constexpr auto schema() {
    return fields(
        optional<&TenantArguments::label>("label", "The label with the tenant's name."),
        optional<&TenantArguments::source>("source", "The extracted value with the tenant's name."),
        optional<&TenantArguments::value>("value", "The tenant's name."));
  }
};

Result<StagePointer> make_stage(const LabelsArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const LabelKeepArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const LabelDropArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const StaticLabelsArguments& arguments, StageContext& context);
Result<StagePointer> make_stage(const StructuredMetadataArguments& arguments,
                                StageContext& context);
Result<StagePointer> make_stage(const StructuredMetadataDropArguments& arguments,
                                StageContext& context);
Result<StagePointer> make_stage(const TenantArguments& arguments, StageContext& context);

}  // namespace alloy::loki::process
