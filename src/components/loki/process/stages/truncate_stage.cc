// stage.truncate: cuts lines, labels, metadata and extracted values to a size.
#include <algorithm>

#include "components/loki/process/stages/output_stages.h"

namespace alloy::loki::process {
namespace {

class TruncateStage final : public Stage {
 public:
  TruncateStage(const TruncateArguments& arguments, StageContext& context)
      : Stage("truncate"), rules_(arguments.rules), metrics_(context.metrics) {}

 private:
  void process(Line& line, Run& run) override {
    for (const TruncateRule& rule : rules_) {
      switch (rule.source_type) {
        case SourceType::line:
          cut(rule, line.text, run);
          break;
        case SourceType::label:
          cut_labels(rule, line, run);
          break;
        case SourceType::structured_metadata:
          cut_metadata(rule, line, run);
          break;
        case SourceType::extracted:
          cut_extracted(rule, line, run);
          break;
        case SourceType::unset:
          break;
      }
    }
    pass(line, run);
  }

  static bool is_meant(const TruncateRule& rule, std::string_view name) {
    return rule.sources.empty() || std::ranges::find(rule.sources, name) != rule.sources.end();
  }

  bool cut(const TruncateRule& rule, std::string_view& text, Run& run) {
    const auto limit = static_cast<size_t>(rule.limit.bytes) - rule.suffix.size();
    if (text.size() <= limit) return false;
    text = run.scratch.keep(std::string(text.substr(0, limit)) + rule.suffix);
    metrics_
        .counter("loki_process_truncated_fields_total",
                 "A count of all log lines, labels, extracted values, or structured_metadata "
                 "truncated as a result of a pipeline stage",
                 {{"field", std::string(name_of(rule.source_type))}})
        .add();
    return true;
  }

  void cut_labels(const TruncateRule& rule, Line& line, Run& run) {
    const auto labels = line.labels.get();
    const std::vector<Label> before(labels.begin(), labels.end());
    for (Label label : before) {
      if (is_meant(rule, label.name) && cut(rule, label.value, run)) {
        line.labels.set(label.name, label.value);
      }
    }
  }

  void cut_metadata(const TruncateRule& rule, Line& line, Run& run) {
    for (Label label : line.metadata) {
      if (is_meant(rule, label.name) && cut(rule, label.value, run)) {
        line.set_metadata(label, run.scratch);
      }
    }
  }

  void cut_extracted(const TruncateRule& rule, Line& line, Run& run) {
    std::vector<std::pair<std::string_view, std::string_view>> texts;
    line.extracted.for_each([&](std::string_view name, const ExtractedValue& value) {
      if (value.is_text() && is_meant(rule, name)) texts.emplace_back(name, value.raw_text());
    });
    for (auto& [name, text] : texts) {
      if (cut(rule, text, run)) line.extracted.set(name, ExtractedValue::text(text));
    }
  }

  const std::vector<TruncateRule> rules_;
  MetricRegistry& metrics_;
};

}  // namespace

Result<void> TruncateRule::validate() const {
  if (limit.bytes <= 0) return fail("limit must be greater than zero");
  if (source_type == SourceType::line && !sources.empty()) {
    return fail("sources cannot be set when source_type is 'line'");
  }
  if (!suffix.empty() && static_cast<size_t>(limit.bytes) <= suffix.size()) {
    return fail("suffix length cannot be greater than or equal to limit");
  }
  return {};
}

Result<StagePointer> make_stage(const TruncateArguments& arguments, StageContext& context) {
  return std::make_unique<TruncateStage>(arguments, context);
}

}  // namespace alloy::loki::process
