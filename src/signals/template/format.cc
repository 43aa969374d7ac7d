// fmt.Sprintf for the values of templates.
#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "signals/number_text.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

constexpr size_t width_max = 100'000;

struct Verb {
  bool plus = false;
  bool minus = false;
  bool sharp = false;
  bool space = false;
  bool zero = false;
  std::optional<size_t> width;
  std::optional<size_t> precision;
  char letter = 'v';
};

size_t code_points(std::string_view text) {
  size_t count = 0;
  for (; !text.empty(); ++count) next_code_point(text);
  return count;
}

void pad(std::string text, const Verb& verb, bool is_number, std::string& out) {
  const size_t size = code_points(text);
  const size_t width = verb.width.value_or(0);
  if (size >= width) {
    out += text;
  } else if (verb.minus) {
    out += text;
    out.append(width - size, ' ');
  } else if (verb.zero && is_number) {
    // The zeros stand behind the sign.
    const bool has_sign = !text.empty() && std::string_view("+- ").contains(text[0]);
    if (has_sign) out += text[0];
    out.append(width - size, '0');
    out += std::string_view(text).substr(has_sign ? 1 : 0);
  } else {
    out.append(width - size, verb.zero && !is_number ? '0' : ' ');
    out += text;
  }
}

std::string with_sign(std::string text, bool is_negative, const Verb& verb) {
  if (is_negative) return "-" + text;
  if (verb.plus) return "+" + text;
  return verb.space ? " " + text : text;
}

// %!d(string=x)
void bad_verb(const Value& value, char letter, std::string& out) {
  out += "%!";
  out += letter;
  out += '(';
  if (value.is_nil())
    out += "<nil>";
  else
    out += value.type_name() + "=" + to_text(value);
  out += ')';
}

bool format_integer(int64_t value, const Verb& verb, std::string& out) {
  const uint64_t size = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  std::string text;
  switch (verb.letter) {
    case 'v':
    case 'd':
      text = std::to_string(size);
      break;
    case 'b':
      text = fmt::format("{:b}", size);
      break;
    case 'o':
      text = (verb.sharp ? "0" : "") + fmt::format("{:o}", size);
      break;
    case 'O':
      text = "0o" + fmt::format("{:o}", size);
      break;
    case 'x':
      text = (verb.sharp ? "0x" : "") + fmt::format("{:x}", size);
      break;
    case 'X':
      text = (verb.sharp ? "0X" : "") + fmt::format("{:X}", size);
      break;
    case 'U':
      text = fmt::format("U+{:04X}", size);
      break;
    case 'c':
    case 'q': {
      std::string character;
      append_utf8(character, static_cast<char32_t>(std::min<uint64_t>(size, 0x110000)));
      pad(verb.letter == 'c' ? character : "'" + character + "'", verb, false, out);
      return true;
    }
    default:
      return false;
  }
  if (verb.precision && text.size() < *verb.precision) {
    text.insert(0, *verb.precision - text.size(), '0');
  }
  pad(with_sign(text, value < 0, verb), verb, !verb.precision, out);
  return true;
}

bool format_float(double value, const Verb& verb, std::string& out) {
  std::string text;
  const double size = std::abs(value);
  const int precision = static_cast<int>(verb.precision.value_or(6));
  if (std::isnan(value) || std::isinf(value)) {
    text = std::isnan(value) ? "NaN" : "Inf";
    Verb blank = verb;
    blank.zero = false;
    const bool has_sign = std::isinf(value);
    pad(has_sign ? (value < 0 ? "-Inf" : "+Inf") : text, blank, true, out);
    return true;
  }
  switch (verb.letter) {
    case 'v':
    case 'g':
    case 'G':
      text = verb.precision ? fmt::format("{:.{}g}", size, precision) : float_text(size);
      if (verb.letter == 'G') std::ranges::replace(text, 'e', 'E');
      break;
    case 'f':
    case 'F':
      text = fmt::format("{:.{}f}", size, precision);
      break;
    case 'e':
      text = fmt::format("{:.{}e}", size, precision);
      break;
    case 'E':
      text = fmt::format("{:.{}E}", size, precision);
      break;
    default:
      return false;
  }
  pad(with_sign(text, std::signbit(value), verb), verb, true, out);
  return true;
}

bool format_text(std::string text, const Verb& verb, std::string& out) {
  if (verb.precision && (verb.letter == 's' || verb.letter == 'v' || verb.letter == 'q')) {
    std::string_view rest = text;
    for (size_t i = 0; i < *verb.precision && !rest.empty(); ++i) next_code_point(rest);
    text.resize(text.size() - rest.size());
  }
  switch (verb.letter) {
    case 's':
      break;
    case 'v':
      if (verb.sharp) text = quote(text);
      break;
    case 'q':
      text = verb.sharp && !text.contains('`') ? "`" + text + "`" : quote(text);
      break;
    case 'x':
    case 'X': {
      std::string hex;
      for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (verb.space && !hex.empty()) hex += ' ';
        hex += verb.letter == 'x' ? fmt::format("{:02x}", byte) : fmt::format("{:02X}", byte);
      }
      text = std::move(hex);
      break;
    }
    default:
      return false;
  }
  pad(std::move(text), verb, false, out);
  return true;
}

void format_value(const Value& value, const Verb& verb, std::string& out) {
  if (verb.letter == 'T') return pad(value.type_name(), verb, false, out);
  if (value.is_nil()) {
    if (verb.letter == 'v')
      pad("<nil>", verb, false, out);
    else
      bad_verb(value, verb.letter, out);
    return;
  }
  bool is_fine = false;
  switch (value.kind()) {
    case Kind::boolean:
      is_fine = verb.letter == 'v' || verb.letter == 't';
      if (is_fine) pad(value.as_boolean() ? "true" : "false", verb, false, out);
      break;
    case Kind::integer:
      is_fine = format_integer(value.as_integer().value, verb, out);
      break;
    case Kind::floating:
      is_fine = format_float(value.as_floating(), verb, out);
      break;
    case Kind::text:
      is_fine = format_text(value.as_text(), verb, out);
      break;
    case Kind::list:
      // Each element with the same verb.
      out += '[';
      for (size_t i = 0; i < value.as_list().size(); ++i) {
        if (i > 0) out += ' ';
        format_value(value.as_list()[i], verb, out);
      }
      out += ']';
      return;
    case Kind::data:
      return format_value(value.whole(), verb, out);
    case Kind::map: {
      out += "map[";
      bool is_first = true;
      for (const auto& [name, member] : value.as_map()) {
        if (!is_first) out += ' ';
        is_first = false;
        format_value(Value::text(name), verb, out);
        out += ':';
        format_value(member, verb, out);
      }
      out += ']';
      return;
    }
    case Kind::duration:
      if (verb.letter == 'd')
        is_fine = format_integer(value.as_duration().count(), verb, out);
      else
        is_fine = format_text(to_text(value), verb, out);
      break;
    default:
      is_fine = format_text(to_text(value), verb, out);
      break;
  }
  if (!is_fine) bad_verb(value, verb.letter, out);
}

class Formatter {
 public:
  Formatter(std::string_view format, Arguments arguments) : rest_(format), in_(arguments) {}

  std::string run() {
    while (!rest_.empty()) {
      const size_t size = std::min(rest_.find('%'), rest_.size());
      out_ += rest_.substr(0, size);
      rest_.remove_prefix(size);
      if (!rest_.empty()) one();
    }
    if (!reordered_ && next_ < in_.size()) {
      out_ += "%!(EXTRA ";
      for (size_t i = next_; i < in_.size(); ++i) {
        if (i > next_) out_ += ", ";
        out_ += in_[i].is_nil() ? "<nil>" : in_[i].type_name() + "=" + to_text(in_[i]);
      }
      out_ += ')';
    }
    return std::move(out_);
  }

 private:
  // [2] chooses an argument.
  void argument_index() {
    if (!rest_.starts_with('[')) return;
    const size_t end = rest_.find(']');
    if (end == std::string_view::npos) return;
    const auto number = parse_integer(rest_.substr(1, end - 1));
    if (!number || *number < 1) return;
    next_ = static_cast<size_t>(*number - 1);
    reordered_ = true;
    rest_.remove_prefix(end + 1);
  }

  std::optional<size_t> number() {
    argument_index();
    if (rest_.starts_with('*')) {
      rest_.remove_prefix(1);
      if (next_ >= in_.size() || !in_[next_].is_integer()) {
        out_ += "%!(BADWIDTH)";
        return std::nullopt;
      }
      return std::min<size_t>(static_cast<size_t>(std::abs(in_[next_++].as_integer().value)),
                              width_max);
    }
    size_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (end == rest_.data()) return std::nullopt;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return std::min(value, width_max);
  }

  void one() {
    rest_.remove_prefix(1);
    Verb verb;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      if (rest_[0] == '+')
        verb.plus = true;
      else if (rest_[0] == '-')
        verb.minus = true;
      else if (rest_[0] == '#')
        verb.sharp = true;
      else if (rest_[0] == ' ')
        verb.space = true;
      else if (rest_[0] == '0')
        verb.zero = true;
      else
        break;
    }
    verb.width = number();
    if (rest_.starts_with('.')) {
      rest_.remove_prefix(1);
      verb.precision = number().value_or(0);
    }
    argument_index();
    if (rest_.empty()) {
      out_ += "%!(NOVERB)";
      return;
    }
    verb.letter = rest_[0];
    rest_.remove_prefix(1);
    if (verb.letter == '%') {
      out_ += '%';
      return;
    }
    if (next_ >= in_.size()) {
      out_ += "%!";
      out_ += verb.letter;
      out_ += "(MISSING)";
      return;
    }
    format_value(in_[next_++], verb, out_);
  }

  std::string_view rest_;
  Arguments in_;
  size_t next_ = 0;
  bool reordered_ = false;
  std::string out_;
};

}  // namespace

std::string format(std::string_view format, Arguments arguments) {
  return Formatter(format, arguments).run();
}

}  // namespace alloy::go_template
