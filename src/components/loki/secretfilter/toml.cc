// A line at a time; only texts and arrays go over several.
#include "components/loki/secretfilter/toml.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace alloy::loki::secretfilter {
namespace {

constexpr int depth_max = 50;

bool is_key_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text), all_(text) {}

  Result<TomlTable> run();

 private:
  std::unexpected<Error> error(std::string_view what) const {
    const auto read = all_.substr(0, all_.size() - rest_.size());
    const auto line = std::ranges::count(read, '\n') + 1;
    return fail("line " + std::to_string(line) + ": " + std::string(what), ErrorKind::invalid);
  }
  bool take(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r"), rest_.size()));
  }
  // Also lines and comments.
  void skip_all() {
    while (true) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
      if (!rest_.starts_with('#')) return;
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    }
  }
  Result<std::vector<std::string>> keys();
  Result<void> header(bool is_array);
  Result<TomlValue> value();
  Result<TomlValue> array();
  Result<std::string> quoted();
  Result<std::string> basic(std::string_view end);
  Result<void> escape(std::string& out);
  static TomlTable* inner(TomlTable& table, const std::string& key);

  std::string_view rest_;
  std::string_view all_;
  TomlTable root_;
  TomlTable* open_ = &root_;
  int depth_ = 0;
};

// The table of that name, made if needed; of an array of tables the last one.
TomlTable* Parser::inner(TomlTable& table, const std::string& key) {
  TomlValue& value = table[key];
  if (auto* text = std::get_if<bool>(&value.content); text != nullptr && !*text) {
    value.content = std::make_shared<TomlTable>();
  }
  if (auto* made = std::get_if<std::shared_ptr<TomlTable>>(&value.content)) return made->get();
  auto* list = std::get_if<std::shared_ptr<TomlArray>>(&value.content);
  if (list == nullptr || (*list)->empty()) return nullptr;
  auto* last = std::get_if<std::shared_ptr<TomlTable>>(&(*list)->back().content);
  return last == nullptr ? nullptr : last->get();
}

Result<std::vector<std::string>> Parser::keys() {
  std::vector<std::string> names;
  do {
    skip_blanks();
    if (rest_.starts_with('"') || rest_.starts_with('\'')) {
      TRY(auto name, quoted());
      names.push_back(std::move(name));
    } else {
      size_t size = 0;
      while (size < rest_.size() && is_key_byte(rest_[size])) ++size;
      if (size == 0) return error("a name was expected");
      names.emplace_back(rest_.substr(0, size));
      rest_.remove_prefix(size);
    }
    skip_blanks();
  } while (take("."));
  return names;
}

Result<void> Parser::header(bool is_array) {
  TRY(const auto names, keys());
  if (!take(is_array ? "]]" : "]")) return error("the header of a table doesn't end");
  TomlTable* table = &root_;
  for (size_t i = 0; i + 1 < names.size(); ++i) {
    table = inner(*table, names[i]);
    if (table == nullptr) return error(names[i] + " is no table");
  }
  if (!is_array) {
    open_ = inner(*table, names.back());
    return open_ == nullptr ? error(names.back() + " is no table") : Result<void>();
  }
  TomlValue& value = (*table)[names.back()];
  if (std::holds_alternative<bool>(value.content)) value.content = std::make_shared<TomlArray>();
  auto* list = std::get_if<std::shared_ptr<TomlArray>>(&value.content);
  if (list == nullptr) return error(names.back() + " is no array of tables");
  auto made = std::make_shared<TomlTable>();
  open_ = made.get();
  (*list)->push_back({.content = std::move(made)});
  return {};
}

Result<void> Parser::escape(std::string& out) {
  if (rest_.empty()) return error("a text that doesn't end");
  const char c = rest_[0];
  constexpr std::string_view letters = "btnfr\"\\e";
  constexpr std::string_view meanings = "\b\t\n\f\r\"\\\x1b";
  if (const size_t place = letters.find(c); place != std::string_view::npos) {
    out += meanings[place];
    rest_.remove_prefix(1);
    return {};
  }
  const size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
  uint32_t code = 0;
  if (digits == 0 || rest_.size() <= digits) return error("an unknown escape");
  const auto [end, wrong] = std::from_chars(rest_.data() + 1, rest_.data() + 1 + digits, code, 16);
  if (wrong != std::errc() || end != rest_.data() + 1 + digits || code > 0x10ffff) {
    return error("an unknown escape");
  }
  append_utf8(out, code);
  rest_.remove_prefix(digits + 1);
  return {};
}

Result<std::string> Parser::basic(std::string_view end) {
  std::string text;
  while (!take(end)) {
    if (rest_.empty() || (end.size() == 1 && rest_[0] == '\n')) {
      return error("a text that doesn't end");
    }
    if (rest_[0] != '\\') {
      text += rest_[0];
      rest_.remove_prefix(1);
      continue;
    }
    rest_.remove_prefix(1);
    const size_t line_end = rest_.find_first_not_of(" \t\r");
    if (end.size() == 3 && line_end != std::string_view::npos && rest_[line_end] == '\n') {
      // A line that goes on: blanks up to the next text don't count.
      rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
      continue;
    }
    TRY(escape(text));
  }
  return text;
}

Result<std::string> Parser::quoted() {
  if (take("\"\"\"")) {
    take("\n");
    return basic("\"\"\"");
  }
  if (take("\"")) return basic("\"");
  const bool is_long = take("'''");
  if (is_long)
    take("\n");
  else
    take("'");
  size_t end = rest_.find(is_long ? "'''" : "'");
  if (end == std::string_view::npos || (!is_long && rest_.find('\n') < end)) {
    return error("a text that doesn't end");
  }
  // Up to two quotes may stand before the three that end it.
  while (is_long && rest_.substr(end + 3).starts_with('\'')) ++end;
  std::string text(rest_.substr(0, end));
  rest_.remove_prefix(end + (is_long ? 3 : 1));
  return text;
}

Result<TomlValue> Parser::array() {
  if (++depth_ > depth_max) return error("arrays are nested too deeply");
  auto elements = std::make_shared<TomlArray>();
  skip_all();
  while (!take("]")) {
    TRY(auto element, value());
    elements->push_back(std::move(element));
    skip_all();
    if (take(","))
      skip_all();
    else if (!rest_.starts_with(']'))
      return error("a comma was expected");
  }
  --depth_;
  return TomlValue{.content = std::move(elements)};
}

Result<TomlValue> Parser::value() {
  if (rest_.starts_with('"') || rest_.starts_with('\'')) {
    TRY(auto text, quoted());
    return TomlValue{.content = std::move(text)};
  }
  if (take("[")) return array();
  if (take("true")) return TomlValue{.content = true};
  if (take("false")) return TomlValue{.content = false};
  const size_t size = std::min(rest_.find_first_of(" \t\r\n,]#"), rest_.size());
  std::string digits(rest_.substr(0, size));
  std::erase(digits, '_');
  double number = 0;
  const char* start = digits.data() + (digits.starts_with('+') ? 1 : 0);
  const auto [end, wrong] = std::from_chars(start, digits.data() + digits.size(), number);
  if (digits.empty() || wrong != std::errc() || end != digits.data() + digits.size()) {
    return error("a value was expected");
  }
  rest_.remove_prefix(size);
  return TomlValue{.content = number};
}

Result<TomlTable> Parser::run() {
  take("\xef\xbb\xbf");
  for (skip_all(); !rest_.empty(); skip_all()) {
    if (take("[[")) {
      TRY(header(true));
    } else if (take("[")) {
      TRY(header(false));
    } else {
      TRY(const auto names, keys());
      if (!take("=")) return error("an equals sign was expected");
      skip_blanks();
      TRY(auto content, value());
      TomlTable* table = open_;
      for (size_t i = 0; i + 1 < names.size(); ++i) {
        table = inner(*table, names[i]);
        if (table == nullptr) return error(names[i] + " is no table");
      }
      if (!table->emplace(names.back(), std::move(content)).second) {
        return error(names.back() + " is given twice");
      }
    }
    skip_blanks();
    if (!rest_.empty() && rest_[0] != '\n' && rest_[0] != '#') {
      return error("the end of the line was expected");
    }
  }
  return std::move(root_);
}

}  // namespace

Result<TomlTable> parse_toml(std::string_view text) { return Parser(text).run(); }

}  // namespace alloy::loki::secretfilter
