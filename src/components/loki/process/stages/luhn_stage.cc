// stage.luhn: hides numbers that pass the Luhn check, such as those of credit cards.
#include <algorithm>

#include "base/text.h"
#include "base/unicode.h"
#include "components/loki/process/stages/output_stages.h"
#include "signals/number_text.h"
#include "signals/search_expression.h"

namespace alloy::loki::process {
namespace {

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    int digit = digits[digits.size() - 1 - i] - '0';
    if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 == 0;
}

class LuhnStage final : public Stage {
 public:
  LuhnStage(const LuhnArguments& arguments, std::optional<SearchExpression> skipped,
            StageContext& context)
      : Stage("luhn"),
        arguments_(arguments),
        source_(arguments.source, context),
        skipped_(std::move(skipped)) {
    if (arguments_.replacement.empty()) arguments_.replacement = "**REDACTED**";
    if (arguments_.min_length < 1) arguments_.min_length = 13;
  }

 private:
  // Digits, perhaps with delimiters between and behind them.
  struct Number {
    std::string digits;
    const char* start = nullptr;
    const char* digits_end = nullptr;
    const char* end = nullptr;
    std::string_view trailing;  // The last delimiter, if it stands at the end.
  };

  void process(Line& line, Run& run) override {
    std::string_view text = line.text;
    if (!source_.is_line()) {
      const ExtractedValue& value = line.extracted[source_.id()];
      if (!value.is_text()) return pass(line, run);
      text = value.raw_text();
    }
    line.text = run.scratch.keep(redacted(text));
    pass(line, run);
  }

  bool is_delimiter(std::string_view character) const {
    return !arguments_.delimiters.empty() && arguments_.delimiters.contains(character);
  }

  std::string redacted(std::string_view text) const {
    std::string out;
    out.reserve(text.size());
    Number number;
    for (std::string_view rest = text; !rest.empty();) {
      const char* place = rest.data();
      const char32_t code = next_code_point(rest);
      const std::string_view character(place, static_cast<size_t>(rest.data() - place));
      if (is_digit(code)) {
        if (number.start == nullptr) number.start = place;
        number.digits += character;
        number.digits_end = number.end = rest.data();
        number.trailing = {};
      } else if (number.start != nullptr && is_delimiter(character)) {
        number.end = rest.data();
        number.trailing = character;
      } else {
        finish(number, text, out);
        if (code == 0xfffd)
          out += "\xef\xbf\xbd";
        else
          out += character;
      }
    }
    finish(number, text, out);
    return out;
  }

  void finish(Number& number, std::string_view text, std::string& out) const {
    if (number.start == nullptr) return;
    const auto size = static_cast<int64_t>(number.digits.size());
    const bool is_number = size >= arguments_.min_length && parse_integer(number.digits);
    if (is_number && passes_luhn(number.digits) && !is_skipped(number, text)) {
      out += arguments_.replacement;
      out += number.trailing;
    } else {
      out.append(number.start, number.end);
    }
    number = {};
  }

  bool is_skipped(const Number& number, std::string_view text) const {
    if (!skipped_) return false;
    bool found = false;
    skipped_->for_each_match(text, -1, [&](std::span<const std::string_view> groups) {
      const char* start = groups[0].data();
      found |= start <= number.start && number.digits_end <= start + groups[0].size();
    });
    return found;
  }

  LuhnArguments arguments_;
  const Source source_;
  const std::optional<SearchExpression> skipped_;
};

}  // namespace

Result<StagePointer> make_stage(const LuhnArguments& arguments, StageContext& context) {
  if (arguments.source && arguments.source->empty()) return fail("empty source");
  std::optional<SearchExpression> skipped;
  if (!arguments.skip_regex.empty()) {
    auto compiled = SearchExpression::create(arguments.skip_regex);
    if (!compiled) {
      return std::unexpected(
          std::move(compiled).error().with_context("could not compile regular expression"));
    }
    skipped = *std::move(compiled);
  }
  return std::make_unique<LuhnStage>(arguments, std::move(skipped), context);
}

}  // namespace alloy::loki::process
