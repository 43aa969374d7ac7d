// logfmt, regular expressions, patterns.
#include "components/loki/process/stages/parser_stages.h"

#include <algorithm>

#include "base/text.h"
#include "signals/line_pattern.h"
#include "signals/logfmt.h"
#include "signals/search_expression.h"

namespace alloy::loki::process {
namespace {

class LogfmtStage final : public Stage {
 public:
  LogfmtStage(const LogfmtArguments& arguments, std::optional<SearchExpression> expression,
              StageContext& context)
      : Stage("logfmt"),
        source_(arguments.source.empty() ? std::optional<std::string>() : arguments.source,
                context),
        expression_(std::move(expression)) {
    for (const auto& [name, key] : arguments.mapping) {
      const std::string& from = key.empty() ? name : key;
      // Of several names for one key, one is served.
      std::erase_if(keys_, [&](const Key& known) { return known.key == from; });
      keys_.push_back({.key = from, .id = context.names.add(name)});
    }
  }

 private:
  struct Key {
    std::string key;
    NameId id;
  };

  void process(Line& line, Run& run) override {
    if (const auto text = source_.text(line, run.scratch)) {
      LogfmtReader reader(*text, run.scratch);
      LogfmtReader::Pair pair;
      while (reader.next(pair)) take(pair, line);
    }
    pass(line, run);
  }

  void take(const LogfmtReader::Pair& pair, Line& line) const {
    for (const Key& key : keys_) {
      if (key.key == pair.key) line.extracted.set(key.id, ExtractedValue::text(pair.value));
    }
    if (expression_ && expression_->matches(pair.key)) {
      line.extracted.set(pair.key, ExtractedValue::text(pair.value));
    }
  }

  const Source source_;
  const std::optional<SearchExpression> expression_;
  std::vector<Key> keys_;
};

class RegexStage final : public Stage {
 public:
  RegexStage(const RegexArguments& arguments, SearchExpression expression, StageContext& context)
      : Stage("regex"),
        source_(arguments.source, context),
        expression_(std::move(expression)),
        sets_labels_(arguments.labels_from_groups),
        groups_(static_cast<size_t>(expression_.group_count()) + 1) {
    for (size_t i = 1; i < groups_.size(); ++i) {
      const std::string& name = expression_.group_names()[i];
      if (!name.empty()) named_.push_back({.group = i, .id = context.names.add(name)});
    }
  }

 private:
  struct Named {
    size_t group;
    NameId id;
  };

  void process(Line& line, Run& run) override {
    const auto text = source_.text(line, run.scratch);
    if (text && expression_.search(*text, 0, groups_)) {
      for (const auto& [group, id] : named_) {
        line.extracted.set(id, ExtractedValue::text(groups_[group]));
        if (sets_labels_ && is_utf8(groups_[group])) {
          line.labels.set(expression_.group_names()[group], groups_[group]);
        }
      }
    }
    pass(line, run);
  }

  const Source source_;
  const SearchExpression expression_;
  const bool sets_labels_;
  std::vector<Named> named_;
  std::vector<std::string_view> groups_;
};

class PatternStage final : public Stage {
 public:
  PatternStage(const PatternArguments& arguments, LinePattern pattern, StageContext& context)
      : Stage("pattern"),
        source_(arguments.source, context),
        pattern_(std::move(pattern)),
        sets_labels_(arguments.labels_from_groups),
        captures_(pattern_.names().size()) {
    for (const std::string& name : pattern_.names()) ids_.push_back(context.names.add(name));
  }

 private:
  void process(Line& line, Run& run) override {
    if (const auto text = source_.text(line, run.scratch)) {
      const size_t found = pattern_.match(*text, captures_);
      for (size_t i = 0; i < found; ++i) {
        line.extracted.set(ids_[i], ExtractedValue::text(captures_[i]));
        if (sets_labels_ && is_utf8(captures_[i])) {
          line.labels.set(pattern_.names()[i], captures_[i]);
        }
      }
    }
    pass(line, run);
  }

  const Source source_;
  const LinePattern pattern_;
  const bool sets_labels_;
  std::vector<NameId> ids_;
  std::vector<std::string_view> captures_;
};

}  // namespace

Result<StagePointer> make_stage(const LogfmtArguments& arguments, StageContext& context) {
  if (arguments.mapping.empty() && arguments.regex.empty()) {
    return fail("logfmt mapping or regex is required");
  }
  std::optional<SearchExpression> expression;
  if (!arguments.regex.empty()) {
    TRY(expression, SearchExpression::create(arguments.regex));
  }
  return std::make_unique<LogfmtStage>(arguments, std::move(expression), context);
}

Result<StagePointer> make_stage(const RegexArguments& arguments, StageContext& context) {
  if (arguments.expression.empty()) return fail("expression is required");
  if (arguments.source && arguments.source->empty()) return fail("empty source");
  auto expression = SearchExpression::create(arguments.expression);
  if (!expression) {
    return std::unexpected(
        std::move(expression).error().with_context("could not compile regular expression"));
  }
  return std::make_unique<RegexStage>(arguments, *std::move(expression), context);
}

Result<StagePointer> make_stage(const PatternArguments& arguments, StageContext& context) {
  if (arguments.pattern.empty()) return fail("pattern is required");
  if (arguments.source && arguments.source->empty()) return fail("empty source");
  auto pattern = LinePattern::create(arguments.pattern);
  if (!pattern) {
    return std::unexpected(std::move(pattern).error().with_context("failed to parse pattern"));
  }
  for (const std::string& name : pattern->names()) {
    if (!is_legacy_label_name(name)) return fail("invalid capture label name '" + name + "'");
  }
  return std::make_unique<PatternStage>(arguments, *std::move(pattern), context);
}

}  // namespace alloy::loki::process
