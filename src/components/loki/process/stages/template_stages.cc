// Extracted values are the fields of templates.
#include "components/loki/process/stages/template_stages.h"

#include <map>

#include "signals/search_expression.h"
#include "signals/template/value.h"

namespace alloy::loki::process {
namespace {

// What a template sees of a line.
class LineData final : public go_template::Data {
 public:
  LineData(const Line& line, Scratch& scratch) : line_(line), scratch_(scratch) {}

  // What the stage adds to the extracted values, or shows instead of them.
  void set_value(std::optional<std::string_view> value) { value_ = value; }
  void set_entry(std::string_view entry) { entry_ = entry; }

  bool find(std::string_view name, std::string_view& text) const override {
    if (entry_ && name == "Entry") {
      text = *entry_;
      return true;
    }
    if (value_ && name == "Value") {
      text = *value_;
      return true;
    }
    const ExtractedValue* value = line_.extracted.find(name);
    const auto found = value == nullptr ? std::nullopt : value->as_text(scratch_);
    if (found) text = *found;
    return found.has_value();
  }

  std::map<std::string, go_template::Value> all() const override {
    std::map<std::string, go_template::Value> values;
    line_.extracted.for_each([&](std::string_view name, const ExtractedValue& value) {
      const auto text = value.as_text(scratch_);
      if (text) values[std::string(name)] = go_template::Value::text(std::string(*text));
    });
    if (value_) values["Value"] = go_template::Value::text(std::string(*value_));
    if (entry_) values["Entry"] = go_template::Value::text(std::string(*entry_));
    return values;
  }

 private:
  const Line& line_;
  Scratch& scratch_;
  std::optional<std::string_view> value_;
  std::optional<std::string_view> entry_;
};

class TemplateStage final : public Stage {
 public:
  TemplateStage(const TemplateArguments& arguments, StageContext& context)
      : Stage("template"),
        source_(context.names.add(arguments.source)),
        template_(arguments.template_) {}

 private:
  void process(Line& line, Run& run) override {
    LineData data(line, run.scratch);
    data.set_entry(line.text);
    data.set_value(line.extracted[source_].as_text(run.scratch));
    text_.clear();
    // One that fails leaves what was there.
    if (template_.execute(data, text_)) {
      if (text_.empty())
        line.extracted.erase(source_);
      else
        line.extracted.set(source_, ExtractedValue::text(run.scratch.keep(text_)));
    }
    pass(line, run);
  }

  const NameId source_;
  const TextTemplate template_;
  std::string text_;
};

class ReplaceStage final : public Stage {
 public:
  ReplaceStage(const ReplaceArguments& arguments, SearchExpression expression,
               TextTemplate replacement, StageContext& context)
      : Stage("replace"),
        source_(arguments.source.empty() ? std::optional<std::string>() : arguments.source,
                context),
        expression_(std::move(expression)),
        replacement_(std::move(replacement)) {
    for (size_t i = 1; i < expression_.group_names().size(); ++i) {
      const std::string& name = expression_.group_names()[i];
      if (!name.empty()) named_.emplace_back(i, context.names.add(name));
    }
  }

 private:
  // What became of the texts of groups.
  using Replaced = std::map<std::string_view, std::string_view>;

  void process(Line& line, Run& run) override {
    const auto text = source_.text(line, run.scratch);
    Replaced replaced;
    std::vector<std::string_view> first;
    std::string result;
    if (text && replace(*text, line, run, replaced, first, result)) {
      const std::string_view kept = run.scratch.keep(result);
      if (source_.is_line())
        line.text = kept;
      else
        line.extracted.set(source_.id(), ExtractedValue::text(kept));
      for (const auto& [group, id] : named_) {
        const auto found = replaced.find(first[group]);
        if (found != replaced.end()) line.extracted.set(id, ExtractedValue::text(found->second));
      }
    }
    pass(line, run);
  }

  // False if nothing matched, or the template failed.
  bool replace(std::string_view text, const Line& line, Run& run, Replaced& replaced,
               std::vector<std::string_view>& first, std::string& result) const {
    LineData data(line, run.scratch);
    bool is_fine = true;
    const char* copied = text.data();
    std::string made;
    expression_.for_each_match(text, -1, [&](std::span<const std::string_view> groups) {
      if (first.empty()) first.assign(groups.begin(), groups.end());
      for (const std::string_view group : groups.subspan(1)) {
        if (group.data() == nullptr || !is_fine) continue;
        made.clear();
        data.set_value(group);
        is_fine = replacement_.execute(data, made).has_value();
        // Groups inside of groups that were replaced stay out.
        if (copied <= group.data()) {
          result.append(copied, group.data());
          result += made;
          copied = group.data() + group.size();
        }
        replaced[group] = run.scratch.keep(made);
      }
    });
    result.append(copied, text.data() + text.size());
    return is_fine && !first.empty();
  }

  const Source source_;
  const SearchExpression expression_;
  const TextTemplate replacement_;
  std::vector<std::pair<size_t, NameId>> named_;
};

}  // namespace

Result<void> TemplateArguments::validate() const {
  if (source.empty()) return fail("template source value is required");
  return {};
}

Result<StagePointer> make_stage(const TemplateArguments& arguments, StageContext& context) {
  return std::make_unique<TemplateStage>(arguments, context);
}

Result<StagePointer> make_stage(const ReplaceArguments& arguments, StageContext& context) {
  if (arguments.expression.empty()) return fail("expression is required");
  auto expression = SearchExpression::create(arguments.expression);
  if (!expression) {
    return std::unexpected(
        std::move(expression).error().with_context("could not compile regular expression"));
  }
  auto replacement = TextTemplate::parse(arguments.replace);
  if (!replacement) {
    return std::unexpected(
        std::move(replacement).error().with_context("failed to compile template"));
  }
  return std::make_unique<ReplaceStage>(arguments, *std::move(expression), *std::move(replacement),
                                        context);
}

}  // namespace alloy::loki::process
