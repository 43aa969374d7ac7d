#include "values/stdlib/format.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"
#include "values/secret.h"
#include "values/stdlib/format_flags.h"

namespace alloy::stdlib {
namespace {

constexpr int width_max = 1'000'000;

bool is_unsigned_only(Number number) {
  return number.kind() == NumberKind::unsigned_integer &&
         number.as_unsigned() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
}

// What %T calls the value.
std::string_view type_text(const Value& value) {
  switch (value.type()) {
    case ValueType::null:
      return "<nil>";
    case ValueType::boolean:
      return "bool";
    case ValueType::number:
      if (value.as_number().kind() == NumberKind::floating) return "float64";
      return is_unsigned_only(value.as_number()) ? "uint64" : "int";
    case ValueType::string:
      return "string";
    case ValueType::array:
      return "[]interface {}";
    case ValueType::object:
      return "map[string]interface {}";
    case ValueType::function:
      return "func";
    case ValueType::capsule:
      break;
  }
  return value.as_capsule()->type_name();
}

// Writes single values.
class ValuePrinter {
 public:
  ValuePrinter(std::string& out, const FormatFlags& flags) : out_(out), flags_(flags) {}

  void print(const Value& value, char32_t verb);

 private:
  void print_number(const Value& value, char32_t verb);
  void print_integer(const Value& value, char32_t verb);
  void print_string(const Value& value, char32_t verb);
  void print_array(const Array& array, char32_t verb);
  void print_object(const Object& object, char32_t verb);
  void print_inner(const Value& value, char32_t verb);
  // %!verb(type=value)
  void print_bad_verb(const Value& value, char32_t verb);

  std::string& out_;
  const FormatFlags& flags_;
};

void ValuePrinter::print_bad_verb(const Value& value, char32_t verb) {
  out_ += "%!";
  append_utf8(out_, verb);
  out_ += '(';
  if (value.is_null()) {
    out_ += "<nil>";
  } else {
    out_ += type_text(value);
    out_ += '=';
    print(value, 'v');
  }
  out_ += ')';
}

void ValuePrinter::print(const Value& value, char32_t verb) {
  if (verb == 'T') return append_text(out_, flags_, type_text(value));
  switch (value.type()) {
    case ValueType::null:
      if (verb == 'v') return append_padded(out_, flags_, "<nil>");
      return print_bad_verb(value, verb);
    case ValueType::boolean:
      if (verb != 't' && verb != 'v') return print_bad_verb(value, verb);
      return append_padded(out_, flags_, value.as_boolean() ? "true" : "false");
    case ValueType::number:
      return print_number(value, verb);
    case ValueType::string:
      return print_string(value, verb);
    case ValueType::array:
      return print_array(*value.as_array(), verb);
    case ValueType::object:
      return print_object(*value.as_object(), verb);
    default:
      break;
  }
  if (ObjectPointer object = value.to_object()) return print_object(*object, verb);
  if (const SecretText* secret = value.secret()) {
    return print_string(Value::string(secret->text()), verb);
  }
  append_padded(out_, flags_, value.describe());
}

void ValuePrinter::print_number(const Value& value, char32_t verb) {
  Number number = value.as_number();
  if (number.kind() != NumberKind::floating) return print_integer(value, verb);
  if (verb == 'v') return append_floating(out_, flags_, number.as_floating(), 'g');
  constexpr std::u32string_view verbs = U"beEfFgGxX";
  if (verbs.find(verb) == std::u32string_view::npos) return print_bad_verb(value, verb);
  append_floating(out_, flags_, number.as_floating(), static_cast<char>(verb));
}

void ValuePrinter::print_integer(const Value& value, char32_t verb) {
  Number number = value.as_number();
  bool is_negative = number.kind() == NumberKind::integer && number.as_integer() < 0;
  uint64_t magnitude = is_negative ? 0 - number.as_unsigned() : number.as_unsigned();
  switch (verb) {
    case 'v':
      return append_integer(out_, flags_, magnitude, is_negative, 'd');
    case 'd':
    case 'b':
    case 'o':
    case 'O':
    case 'x':
    case 'X':
      return append_integer(out_, flags_, magnitude, is_negative, static_cast<char>(verb));
    case 'c':
      return append_character(out_, flags_, number.as_unsigned());
    case 'q':
      return append_quoted_character(out_, flags_, number.as_unsigned());
    case 'U':
      return append_unicode(out_, flags_, number.as_unsigned());
    default:
      return print_bad_verb(value, verb);
  }
}

void ValuePrinter::print_string(const Value& value, char32_t verb) {
  const std::string& text = value.as_string();
  switch (verb) {
    case 'v':
      if (flags_.sharp_v) return append_quoted_text(out_, flags_, text);
      [[fallthrough]];
    case 's':
      return append_text(out_, flags_, text);
    case 'q':
      return append_quoted_text(out_, flags_, text);
    case 'x':
    case 'X':
      return append_hex_text(out_, flags_, text, static_cast<char>(verb));
    default:
      return print_bad_verb(value, verb);
  }
}

void ValuePrinter::print_inner(const Value& value, char32_t verb) {
  if (!value.is_null()) return print(value, verb);
  out_ += flags_.sharp_v ? "interface {}(nil)" : "<nil>";
}

void ValuePrinter::print_array(const Array& array, char32_t verb) {
  out_ += flags_.sharp_v ? "[]interface {}{" : "[";
  for (size_t i = 0; i < array.size(); ++i) {
    if (i > 0) out_ += flags_.sharp_v ? ", " : " ";
    print_inner(array.at(i), verb);
  }
  out_ += flags_.sharp_v ? '}' : ']';
}

void ValuePrinter::print_object(const Object& object, char32_t verb) {
  std::vector<Object::Member> members(object.members().begin(), object.members().end());
  std::ranges::sort(members, {}, &Object::Member::key);
  out_ += flags_.sharp_v ? "map[string]interface {}{" : "map[";
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out_ += flags_.sharp_v ? ", " : " ";
    print(Value::string(members[i].key), verb);
    out_ += ':';
    print_inner(members[i].value, verb);
  }
  out_ += flags_.sharp_v ? '}' : ']';
}

// Reads directives and hands the arguments they ask for to a printer.
class Formatter {
 public:
  Formatter(std::string_view format, std::span<const Value> arguments)
      : format_(format), arguments_(arguments) {}

  std::string run();

 private:
  struct Count {
    int value = 0;
    bool is_there = false;
  };

  void read_directive();
  bool read_flags();
  void read_width();
  void read_precision();
  void read_index();
  Count read_count();
  Count count_from_argument();
  void write_extra();
  bool at_end() const { return at_ >= format_.size(); }
  bool is_at(char c) const { return !at_end() && format_[at_] == c; }
  void print(const Value& value, char32_t verb) { ValuePrinter(out_, flags_).print(value, verb); }
  void print_next(char32_t verb);

  std::string_view format_;
  std::span<const Value> arguments_;
  std::string out_;
  size_t at_ = 0;
  size_t next_ = 0;  // The argument for the next directive.
  FormatFlags flags_;
  bool is_reordered_ = false;  // An index was used somewhere: unused arguments are no mistake.
  bool is_index_good_ = true;
  bool is_after_index_ = false;
};

std::string Formatter::run() {
  while (!at_end()) {
    size_t percent = std::min(format_.find('%', at_), format_.size());
    out_ += format_.substr(at_, percent - at_);
    at_ = percent;
    if (at_end()) break;
    ++at_;
    read_directive();
  }
  if (!is_reordered_ && next_ < arguments_.size()) write_extra();
  return std::move(out_);
}

// Reads the flags; true if a simple verb was behind them, and the directive is done.
bool Formatter::read_flags() {
  for (; !at_end(); ++at_) {
    char c = format_[at_];
    switch (c) {
      case '#':
        flags_.sharp = true;
        continue;
      case '0':
        flags_.zero = true;
        continue;
      case '+':
        flags_.plus = true;
        continue;
      case '-':
        flags_.minus = true;
        continue;
      case ' ':
        flags_.space = true;
        continue;
      default:
        break;
    }
    if (c < 'a' || c > 'z' || next_ >= arguments_.size()) return false;
    ++at_;
    print_next(static_cast<char32_t>(c));
    return true;
  }
  return false;
}

void Formatter::print_next(char32_t verb) {
  if (verb == 'v') {
    flags_.sharp_v = std::exchange(flags_.sharp, false);
    flags_.plus = false;
  }
  print(arguments_[next_++], verb);
}

void Formatter::read_directive() {
  flags_ = {};
  is_index_good_ = true;
  is_after_index_ = false;
  if (read_flags()) return;
  read_index();
  read_width();
  read_precision();
  if (!is_after_index_) read_index();
  if (at_end()) {
    out_ += "%!(NOVERB)";
    return;
  }
  std::string_view rest = format_.substr(at_);
  char32_t verb = next_code_point(rest);
  at_ = format_.size() - rest.size();
  if (verb == '%') {
    out_ += '%';
  } else if (!is_index_good_ || next_ >= arguments_.size()) {
    out_ += "%!";
    append_utf8(out_, verb);
    out_ += is_index_good_ ? "(MISSING)" : "(BADINDEX)";
  } else {
    print_next(verb);
  }
}

Formatter::Count Formatter::read_count() {
  Count count;
  while (!at_end() && format_[at_] >= '0' && format_[at_] <= '9') {
    count.value = count.value * 10 + (format_[at_] - '0');
    count.is_there = true;
    ++at_;
    if (count.value > width_max) {
      at_ = format_.size();
      return {};
    }
  }
  return count;
}

Formatter::Count Formatter::count_from_argument() {
  if (next_ >= arguments_.size()) return {};
  const Value& argument = arguments_[next_++];
  if (!argument.is_number() || argument.as_number().kind() == NumberKind::floating) return {};
  if (is_unsigned_only(argument.as_number())) return {};
  int64_t value = argument.as_number().as_integer();
  if (value > width_max || value < -width_max) return {};
  return {static_cast<int>(value), true};
}

void Formatter::read_width() {
  if (is_at('*')) {
    ++at_;
    Count count = count_from_argument();
    flags_.width = count.value;
    flags_.has_width = count.is_there;
    if (!count.is_there) out_ += "%!(BADWIDTH)";
    if (flags_.width < 0) {
      flags_.width = -flags_.width;
      flags_.minus = true;
      flags_.zero = false;
    }
    is_after_index_ = false;
    return;
  }
  Count count = read_count();
  flags_.width = count.value;
  flags_.has_width = count.is_there;
  if (is_after_index_ && count.is_there) is_index_good_ = false;
}

void Formatter::read_precision() {
  if (!is_at('.')) return;
  ++at_;
  if (is_after_index_) is_index_good_ = false;
  is_after_index_ = false;
  read_index();
  if (is_at('*')) {
    ++at_;
    Count count = count_from_argument();
    flags_.precision = std::max(count.value, 0);
    flags_.has_precision = count.is_there && count.value >= 0;
    if (!flags_.has_precision) out_ += "%!(BADPREC)";
    is_after_index_ = false;
    return;
  }
  flags_.precision = read_count().value;
  flags_.has_precision = true;
}

// Reads [n], the number of the argument to take next.
void Formatter::read_index() {
  is_after_index_ = false;
  if (!is_at('[')) return;
  is_reordered_ = true;
  size_t close = format_.find(']', at_);
  if (close == std::string_view::npos || format_.size() - at_ < 3) {
    is_index_good_ = false;
    ++at_;
    return;
  }
  ++at_;
  Count count = read_count();
  bool is_number = count.is_there && at_ == close;
  at_ = close + 1;
  is_after_index_ = is_number;
  if (is_number && count.value >= 1 && static_cast<size_t>(count.value) <= arguments_.size()) {
    next_ = static_cast<size_t>(count.value - 1);
  } else {
    is_index_good_ = false;
  }
}

void Formatter::write_extra() {
  flags_ = {};
  out_ += "%!(EXTRA ";
  for (size_t i = next_; i < arguments_.size(); ++i) {
    if (i > next_) out_ += ", ";
    if (!arguments_[i].is_null()) {
      out_ += type_text(arguments_[i]);
      out_ += '=';
    }
    print(arguments_[i], 'v');
  }
  out_ += ')';
}

}  // namespace

std::string format(std::string_view format, std::span<const Value> arguments) {
  return Formatter(format, arguments).run();
}

}  // namespace alloy::stdlib
