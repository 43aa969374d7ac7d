// A small XML reader.
#include "components/shared/xml.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace alloy {
namespace {

constexpr int depth_max = 100;
constexpr std::string_view blanks = " \t\r\n";

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<XmlElement> read_document() {
    TRY(skip_between());
    if (!take("<")) return error("an element is expected");
    TRY(auto root, read_element(0));
    TRY(skip_between());
    if (at_ != text_.size()) return error("there is more than one root element");
    return root;
  }

 private:
  std::unexpected<Error> error(std::string_view what) const {
    const auto line = 1 + std::ranges::count(text_.substr(0, at_), '\n');
    return fail(fmt::format("XML syntax error on line {}: {}", line, what), ErrorKind::invalid);
  }
  bool take(std::string_view expected) {
    if (!text_.substr(at_).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }
  void skip_blanks() { at_ = std::min(text_.find_first_not_of(blanks, at_), text_.size()); }
  Result<std::string_view> take_until(std::string_view end) {
    const size_t found = text_.find(end, at_);
    if (found == std::string_view::npos) return error("unexpected EOF");
    const auto taken = text_.substr(at_, found - at_);
    at_ = found + end.size();
    return taken;
  }
  // Blanks, comments, declarations: what may stand outside the root.
  Result<> skip_between() {
    while (true) {
      skip_blanks();
      if (take("<?")) {
        TRY(take_until("?>"));
      } else if (take("<!--")) {
        TRY(take_until("-->"));
      } else if (text_.substr(at_).starts_with("<!")) {
        return error("document types are not supported");
      } else {
        return {};
      }
    }
  }
  std::string_view take_name() {
    const size_t end = std::min(text_.find_first_of(" \t\r\n/>=<\"'", at_), text_.size());
    const auto name = text_.substr(at_, end - at_);
    at_ = end;
    return name;
  }
  static std::string local(std::string_view name) {
    return std::string(name.substr(name.rfind(':') + 1));
  }

  Result<> append_entity(std::string& out, std::string_view name) const;
  Result<std::string> decode(std::string_view raw) const;
  Result<> read_attributes(XmlElement& element);
  Result<XmlElement> read_element(int depth);
  Result<> read_content(XmlElement& element, std::string_view name, int depth);

  std::string_view text_;
  size_t at_ = 0;
};

Result<> Reader::append_entity(std::string& out, std::string_view name) const {
  constexpr std::pair<std::string_view, char> known[] = {
      {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [entity, c] : known) {
    if (name != entity) continue;
    out += c;
    return {};
  }
  if (!name.starts_with('#')) return error(fmt::format("invalid character entity &{};", name));
  const bool is_hexadecimal = name.starts_with("#x");
  const auto digits = name.substr(is_hexadecimal ? 2 : 1);
  uint32_t code = 0;
  const auto end = digits.data() + digits.size();
  const auto [stopped, failure] =
      std::from_chars(digits.data(), end, code, is_hexadecimal ? 16 : 10);
  constexpr uint32_t code_max = 0x10ffff;
  const bool is_surrogate = code >= 0xd800 && code <= 0xdfff;
  if (failure != std::errc() || stopped != end || code > code_max || is_surrogate)
    return error(fmt::format("invalid character entity &{};", name));
  append_utf8(out, code);
  return {};
}

Result<std::string> Reader::decode(std::string_view raw) const {
  std::string out;
  while (!raw.empty()) {
    const size_t begin = std::min(raw.find('&'), raw.size());
    out += raw.substr(0, begin);
    raw.remove_prefix(begin);
    if (raw.empty()) break;
    const size_t end = raw.find(';');
    if (end == std::string_view::npos) return error("an entity has no end");
    TRY(append_entity(out, raw.substr(1, end - 1)));
    raw.remove_prefix(end + 1);
  }
  return out;
}

Result<> Reader::read_attributes(XmlElement& element) {
  while (true) {
    skip_blanks();
    if (at_ == text_.size()) return error("unexpected EOF");
    if (text_[at_] == '>' || text_[at_] == '/') return {};
    const auto name = take_name();
    skip_blanks();
    if (name.empty() || !take("=")) return error("an attribute is expected");
    skip_blanks();
    const std::string_view quote = take("\"") ? "\"" : "'";
    if (quote == "'" && !take("'")) return error("an attribute without quotes");
    TRY(const auto raw, take_until(quote));
    TRY(auto value, decode(raw));
    element.attributes.emplace_back(local(name), std::move(value));
  }
}

Result<XmlElement> Reader::read_element(int depth) {
  if (depth > depth_max) return error("elements are nested too deeply");
  const auto name = take_name();
  if (name.empty() || name.ends_with(':')) return error("an element's name is expected");
  XmlElement element;
  element.name = local(name);
  TRY(read_attributes(element));
  if (take("/>")) return element;
  if (!take(">")) return error("expected /> in element");
  TRY(read_content(element, name, depth));
  return element;
}

Result<> Reader::read_content(XmlElement& element, std::string_view name, int depth) {
  const size_t begin = at_;
  while (true) {
    const size_t next = text_.find('<', at_);
    if (next == std::string_view::npos) return error("unexpected EOF");
    TRY(const auto text, decode(text_.substr(at_, next - at_)));
    element.text += text;
    at_ = next + 1;
    if (take("!--")) {
      TRY(take_until("-->"));
    } else if (take("![CDATA[")) {
      TRY(const auto data, take_until("]]>"));
      element.text += data;
    } else if (take("?")) {
      TRY(take_until("?>"));
    } else if (take("/")) {
      element.source = text_.substr(begin, next - begin);
      if (take_name() != name) return error(fmt::format("element {} is not closed", name));
      skip_blanks();
      if (!take(">")) return error("a closing tag has no end");
      return {};
    } else {
      TRY(auto child, read_element(depth + 1));
      element.children.push_back(std::move(child));
    }
  }
}

const XmlElement nothing;

}  // namespace

const XmlElement& XmlElement::operator[](std::string_view child) const {
  const auto found = std::ranges::find(children, child, &XmlElement::name);
  return found == children.end() ? nothing : *found;
}

bool XmlElement::has(std::string_view child) const {
  return std::ranges::find(children, child, &XmlElement::name) != children.end();
}

std::string_view XmlElement::attribute(std::string_view attribute_name) const {
  for (const auto& [key, value] : attributes)
    if (key == attribute_name) return value;
  return {};
}

Result<XmlElement> parse_xml(std::string_view text) { return Reader(text).read_document(); }

std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace alloy
