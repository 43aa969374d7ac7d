// stage.decolorize, stage.output and stage.pack.
#include "components/loki/process/stages/output_stages.h"

#include <algorithm>

#include "signals/json/json_value.h"
#include "signals/search_expression.h"

namespace alloy::loki::process {
namespace {

// Escape sequences of terminals: those that end in a bell, and those with parameters and a letter.
constexpr std::string_view colours =
    "[\\x{1B}\\x{9B}][[\\]()#;?]*(?:(?:(?:[a-zA-Z\\d]*(?:;[a-zA-Z\\d]*)*)?\\x{07})|"
    "(?:(?:\\d{1,4}(?:;\\d{0,4})*)?[\\dA-PRZcf-ntqry=><~]))";

class DecolorizeStage final : public Stage {
 public:
  explicit DecolorizeStage(SearchExpression expression)
      : Stage("decolorize"), expression_(std::move(expression)) {}

 private:
  void process(Line& line, Run& run) override {
    // Most lines have none.
    if (line.text.contains('\x1b') || line.text.contains('\x9b')) {
      line.text = run.scratch.keep(expression_.replace_all(line.text, "", true));
    }
    pass(line, run);
  }

  const SearchExpression expression_;
};

class OutputStage final : public Stage {
 public:
  explicit OutputStage(NameId source) : Stage("output"), source_(source) {}

 private:
  void process(Line& line, Run& run) override {
    const auto text = line.extracted[source_].as_text(run.scratch);
    if (text) line.text = *text;
    pass(line, run);
  }

  const NameId source_;
};

class PackStage final : public Stage {
 public:
  PackStage(const PackArguments& arguments, StageContext& context)
      : Stage("pack"), arguments_(arguments) {
    std::ranges::sort(arguments_.labels);
    const auto repeated = std::ranges::unique(arguments_.labels);
    arguments_.labels.erase(repeated.begin(), repeated.end());
    for (const std::string& name : arguments_.labels) ids_.push_back(context.names.add(name));
  }

 private:
  void process(Line& line, Run& run) override {
    std::string packed = "{";
    for (size_t i = 0; i < ids_.size(); ++i) {
      const auto value = line.extracted[ids_[i]].as_text(run.scratch);
      if (!value) continue;
      append_json_text(arguments_.labels[i], packed);
      packed += ':';
      append_json_text(*value, packed);
      packed += ',';
      line.labels.erase(arguments_.labels[i]);
    }
    packed += "\"_entry\":";
    append_json_text(line.text, packed);
    packed += '}';
    line.text = run.scratch.keep(packed);
    if (arguments_.ingest_timestamp) {
      line.timestamp_ns = run.clock().wall().time_since_epoch().count();
    }
    pass(line, run);
  }

  PackArguments arguments_;
  std::vector<NameId> ids_;
};

}  // namespace

Result<StagePointer> make_stage(const DecolorizeArguments&, StageContext&) {
  TRY(auto expression, SearchExpression::create(colours));
  return std::make_unique<DecolorizeStage>(std::move(expression));
}

Result<StagePointer> make_stage(const OutputArguments& arguments, StageContext& context) {
  if (arguments.source.empty()) {
    return fail("output source value is required if output is specified");
  }
  return std::make_unique<OutputStage>(context.names.add(arguments.source));
}

Result<StagePointer> make_stage(const PackArguments& arguments, StageContext& context) {
  return std::make_unique<PackStage>(arguments, context);
}

}  // namespace alloy::loki::process
