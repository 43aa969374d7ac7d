// stage.json: members of a JSON object become extracted values.
#include <algorithm>

#include "components/loki/process/stages/parser_stages.h"
#include "signals/jmespath/jmespath.h"
#include "signals/json/json_parser.h"
#include "signals/search_expression.h"

namespace alloy::loki::process {
namespace {

struct Expression {
  NameId id;
  JmesPath path;
};

// Arrays and objects become their JSON.
ExtractedValue simplified(const JsonValue& value, Scratch& scratch) {
  switch (value.kind()) {
    case JsonKind::null:
      return ExtractedValue::null();
    case JsonKind::boolean:
      return ExtractedValue::boolean(value.as_boolean());
    case JsonKind::number:
      return ExtractedValue::number(value.as_number());
    case JsonKind::text:
      return ExtractedValue::text(value.as_text());
    default:
      return ExtractedValue::text(scratch.keep(to_json(value)));
  }
}

class JsonStage final : public Stage {
 public:
  JsonStage(const JsonArguments& arguments, std::vector<Expression> expressions,
            std::optional<SearchExpression> regex, StageContext& context)
      : Stage("json"),
        source_(arguments.source, context),
        expressions_(std::move(expressions)),
        regex_(std::move(regex)),
        drops_malformed_(arguments.drop_malformed),
        values_(expressions_.size()) {
    // Where all expressions are plain names, the object needs not be built.
    is_selection_ = !regex_ && std::ranges::all_of(expressions_, [&](const Expression& expression) {
      const auto path = expression.path.as_path();
      return path && selection_.add(*path);
    });
  }

 private:
  void process(Line& line, Run& run) override {
    const auto text = source_.text(line, run.scratch);
    const bool is_fine = !text || (is_selection_ ? select(*text, line, run.scratch)
                                                 : evaluate(*text, line, run.scratch));
    if (is_fine || !drops_malformed_)
      pass(line, run);
    else
      note_drop("malformed JSON");
  }

  bool select(std::string_view text, Line& line, Scratch& scratch) {
    if (!selection_.read(text, scratch, values_)) return false;
    for (size_t i = 0; i < expressions_.size(); ++i) {
      line.extracted.set(expressions_[i].id, simplified(values_[i], scratch));
    }
    return true;
  }

  bool evaluate(std::string_view text, Line& line, Scratch& scratch) const {
    const auto value = parse_json(text, scratch);
    if (!value || (!value->is_object() && !value->is_null())) return false;
    for (const auto& [id, path] : expressions_) {
      // An expression that fails leaves what was there.
      const auto found = path.search(*value, scratch);
      if (found) line.extracted.set(id, simplified(*found, scratch));
    }
    if (!regex_ || value->is_null()) return true;
    for (const JsonMember& member : value->as_object()) {
      if (!regex_->matches(member.name)) continue;
      line.extracted.set(member.name, simplified(member.value, scratch));
    }
    return true;
  }

  const Source source_;
  const std::vector<Expression> expressions_;
  const std::optional<SearchExpression> regex_;
  const bool drops_malformed_;
  JsonSelection selection_;
  bool is_selection_ = false;
  std::vector<JsonValue> values_;
};

}  // namespace

Result<StagePointer> make_stage(const JsonArguments& arguments, StageContext& context) {
  if (arguments.expressions.empty() && arguments.regex.empty()) {
    return fail("JMES expressions or regex is required");
  }
  if (arguments.source && arguments.source->empty()) return fail("empty source");
  std::vector<Expression> expressions;
  for (const auto& [name, path] : arguments.expressions) {
    auto compiled = JmesPath::compile(path.empty() ? name : path);
    if (!compiled) {
      return fail("could not compile JMES expression: " + compiled.error().message());
    }
    expressions.push_back({.id = context.names.add(name), .path = *std::move(compiled)});
  }
  std::optional<SearchExpression> regex;
  if (!arguments.regex.empty()) {
    TRY(regex, SearchExpression::create(arguments.regex));
  }
  return std::make_unique<JsonStage>(arguments, std::move(expressions), std::move(regex), context);
}

}  // namespace alloy::loki::process
