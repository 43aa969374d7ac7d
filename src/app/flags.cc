#include "app/flags.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::app {
namespace {

Result<bool> parse_bool(std::string_view text) {
  for (std::string_view word : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == word) return true;
  for (std::string_view word : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == word) return false;
  return fail(fmt::format("strconv.ParseBool: parsing {}: invalid syntax", quote(text)),
              ErrorKind::invalid);
}

// A whole number; 0x, 0o, 0b and a leading 0 choose the base, as in Go's ParseInt(text, 0, 64).
Result<int64_t> parse_int(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(fmt::format("strconv.ParseInt: parsing {}: {}", quote(text), why),
                ErrorKind::invalid);
  };
  std::string_view digits = text;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0') {
    const char kind = static_cast<char>(digits[1] | 0x20);
    base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
    if (base != 10) digits.remove_prefix(2);
  }
  if (base == 10 && digits.size() > 1 && digits[0] == '0') {
    base = 8;
    digits.remove_prefix(1);
  }
  if (digits.empty() || digits[0] == '-') return refuse("invalid syntax");
  int64_t value = 0;
  const std::string signed_digits = (negative ? "-" : "") + std::string(digits);
  const char* end = signed_digits.data() + signed_digits.size();
  const auto [at, error] = std::from_chars(signed_digits.data(), end, value, base);
  if (error == std::errc::result_out_of_range) return refuse("value out of range");
  if (error != std::errc() || at != end) return refuse("invalid syntax");
  return value;
}

// Comma-separated values; a value in double quotes may hold commas and doubled quotes.
Result<std::vector<std::string>> parse_list(std::string_view text) {
  std::vector<std::string> values;
  if (text.empty()) return values;
  while (true) {
    std::string value;
    if (text.starts_with('"')) {
      text.remove_prefix(1);
      while (true) {
        const size_t end = text.find('"');
        if (end == std::string_view::npos) return fail("parse error: missing \" in field");
        value += text.substr(0, end);
        text.remove_prefix(end + 1);
        if (!text.starts_with('"')) break;
        value += '"';
        text.remove_prefix(1);
      }
      if (!text.empty() && text[0] != ',') return fail("parse error: extraneous \" in field");
    } else {
      value = text.substr(0, text.find(','));
      text.remove_prefix(value.size());
    }
    values.push_back(std::move(value));
    if (text.empty()) return values;
    text.remove_prefix(1);
  }
}

// Gives the flag's target a new value. `again`: the flag was given before, so that lists grow.
struct Setter {
  std::string_view text;
  bool again = false;

  Result<void> operator()(bool* target) const {
    TRY(*target, parse_bool(text));
    return {};
  }
  Result<void> operator()(const std::shared_ptr<bool>& target) const {
    return (*this)(target.get());
  }
  Result<void> operator()(int64_t* target) const {
    TRY(*target, parse_int(text));
    return {};
  }
  Result<void> operator()(std::string* target) const {
    *target = text;
    return {};
  }
  Result<void> operator()(Duration* target) const {
    TRY(*target, parse_duration(text));
    return {};
  }
  Result<void> operator()(std::vector<std::string>* target) const {
    TRY(auto values, parse_list(text));
    if (!again) target->clear();
    target->insert(target->end(), values.begin(), values.end());
    return {};
  }
  Result<void> operator()(const CustomValue& target) const { return target.set(text); }
};

struct ValueText {
  std::string operator()(const bool* target) const { return *target ? "true" : "false"; }
  std::string operator()(const std::shared_ptr<bool>& target) const {
    return (*this)(target.get());
  }
  std::string operator()(const int64_t* target) const { return fmt::format("{}", *target); }
  std::string operator()(const std::string* target) const { return *target; }
  std::string operator()(const Duration* target) const { return format_duration(*target); }
  std::string operator()(const std::vector<std::string>* target) const {
    return fmt::format("[{}]", fmt::join(*target, ","));
  }
  std::string operator()(const CustomValue& target) const { return target.text(); }
};

std::string_view type_name(const Flag& flag) {
  constexpr std::string_view names[] = {"", "int", "string", "duration", "strings", ""};
  if (const auto* custom = std::get_if<CustomValue>(&flag.target)) return custom->type;
  return names[flag.target.index()];
}

// What the help says about the default, with the space in front; nothing for a zero value.
std::string default_note(const Flag& flag) {
  const std::string& text = flag.default_text;
  for (std::string_view zero : {"", "false", "0", "0s", "[]"})
    if (text == zero) return {};
  const bool is_text = std::holds_alternative<std::string*>(flag.target);
  return fmt::format(" (default {})", is_text ? quote(text) : text);
}

}  // namespace

bool takes_no_value(const Flag& flag) {
  return std::holds_alternative<bool*>(flag.target) ||
         std::holds_alternative<std::shared_ptr<bool>>(flag.target);
}

std::string value_text(const Flag& flag) { return std::visit(ValueText(), flag.target); }

// What is left of the command line while it is read.
struct FlagSet::Arguments {
  const std::vector<std::string>& all;
  size_t next = 0;

  bool empty() const { return next == all.size(); }
  const std::string& take() { return all[next++]; }
};

FlagSet::FlagSet(std::initializer_list<Flag> flags) {
  for (const Flag& flag : flags) add(flag);
}

void FlagSet::add(Flag flag) {
  flag.default_text = value_text(flag);
  const auto at = std::ranges::lower_bound(flags_, flag.name, {}, &Flag::name);
  ASSERT(at == flags_.end() || at->name != flag.name);
  flags_.insert(at, std::move(flag));
}

const Flag* FlagSet::find(std::string_view name) const {
  const auto at = std::ranges::lower_bound(flags_, name, {}, &Flag::name);
  return at != flags_.end() && at->name == name ? &*at : nullptr;
}

Flag* FlagSet::find(std::string_view name) {
  return const_cast<Flag*>(std::as_const(*this).find(name));
}

const Flag* FlagSet::find_shorthand(char shorthand) const {
  const auto at = std::ranges::find(flags_, shorthand, &Flag::shorthand);
  return at != flags_.end() ? &*at : nullptr;
}

Result<std::vector<std::string>> FlagSet::parse(const std::vector<std::string>& arguments,
                                                std::string& notices) {
  std::vector<std::string> positional;
  Arguments left{arguments};
  while (!left.empty()) {
    const std::string& text = left.take();
    if (text.size() < 2 || text[0] != '-') {
      positional.push_back(text);
    } else if (text == "--") {
      while (!left.empty()) positional.push_back(left.take());
    } else if (text[1] == '-') {
      TRY(parse_long(text, left, notices));
    } else {
      TRY(parse_short(text, left, notices));
    }
  }
  return positional;
}

Result<void> FlagSet::parse_long(std::string_view text, Arguments& arguments,
                                 std::string& notices) {
  const std::string_view body = text.substr(2);
  const size_t equals = body.find('=');
  const std::string_view name = body.substr(0, equals);
  if (name.empty() || name[0] == '-')
    return fail(fmt::format("bad flag syntax: {}", text), ErrorKind::invalid);
  Flag* flag = find(name);
  if (flag == nullptr) return fail(fmt::format("unknown flag: --{}", name), ErrorKind::invalid);
  if (equals != std::string_view::npos) return set(*flag, body.substr(equals + 1), notices);
  if (takes_no_value(*flag)) return set(*flag, "true", notices);
  if (arguments.empty())
    return fail(fmt::format("flag needs an argument: --{}", name), ErrorKind::invalid);
  return set(*flag, arguments.take(), notices);
}

Result<void> FlagSet::parse_short(std::string_view text, Arguments& arguments,
                                  std::string& notices) {
  std::string_view letters = text.substr(1);
  while (!letters.empty()) {
    const char letter = letters[0];
    const Flag* known = find_shorthand(letter);
    if (known == nullptr)
      return fail(fmt::format("unknown shorthand flag: '{}' in -{}", letter, letters),
                  ErrorKind::invalid);
    Flag& flag = *find(known->name);
    const std::string_view rest = letters.substr(1);
    if (rest.size() > 1 && rest[0] == '=') return set(flag, rest.substr(1), notices);
    if (takes_no_value(flag)) {
      TRY(set(flag, "true", notices));
      letters = rest;
      continue;
    }
    if (!rest.empty()) return set(flag, rest, notices);
    if (arguments.empty())
      return fail(fmt::format("flag needs an argument: '{}' in -{}", letter, letters),
                  ErrorKind::invalid);
    return set(flag, arguments.take(), notices);
  }
  return {};
}

Result<void> FlagSet::set(Flag& flag, std::string_view value, std::string& notices) {
  if (auto done = std::visit(Setter{value, flag.is_set}, flag.target); !done) {
    const std::string letter = flag.shorthand ? fmt::format("-{}, ", flag.shorthand) : "";
    return fail(fmt::format("invalid argument {} for \"{}--{}\" flag: {}", quote(value), letter,
                            flag.name, done.error().message()),
                ErrorKind::invalid);
  }
  flag.is_set = true;
  if (!flag.deprecated.empty())
    notices += fmt::format("Flag --{} has been deprecated, {}\n", flag.name, flag.deprecated);
  return {};
}

Result<void> FlagSet::check_required() const {
  std::vector<std::string> missing;
  for (const Flag& flag : flags_)
    if (flag.required && !flag.is_set) missing.push_back(quote(flag.name));
  if (missing.empty()) return {};
  return fail(fmt::format("required flag(s) {} not set", fmt::join(missing, ", ")),
              ErrorKind::invalid);
}

std::string FlagSet::usages() const {
  std::vector<std::pair<std::string, std::string>> rows;
  size_t width = 0;
  for (const Flag& flag : flags_) {
    if (!flag.deprecated.empty()) continue;
    std::string head = flag.shorthand ? fmt::format("  -{}, --{}", flag.shorthand, flag.name)
                                      : fmt::format("      --{}", flag.name);
    if (const auto type = type_name(flag); !type.empty()) head += fmt::format(" {}", type);
    width = std::max(width, head.size());
    rows.emplace_back(std::move(head), flag.usage + default_note(flag));
  }
  std::string out;
  for (const auto& [head, usage] : rows) {
    if (!out.empty()) out += '\n';
    out += fmt::format("{:{}}   {}", head, width, usage);
  }
  return out;
}

}  // namespace alloy::app
