// Takes patterns apart, and lines with them.
#include "signals/line_pattern.h"

#include <algorithm>

namespace alloy {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// The name in "<name>" at the front; empty if there is none.
std::string_view capture_at(std::string_view text) {
  if (!text.starts_with('<') || text.size() < 2 || !is_letter(text[1])) return {};
  size_t end = 2;
  while (end < text.size() && (is_letter(text[end]) || (text[end] >= '0' && text[end] <= '9'))) {
    ++end;
  }
  return end < text.size() && text[end] == '>' ? text.substr(1, end - 1) : std::string_view();
}

}  // namespace

Result<LinePattern> LinePattern::create(std::string_view pattern) {
  LinePattern made;
  while (!pattern.empty()) {
    const std::string_view name = capture_at(pattern);
    if (name.empty()) {
      if (made.parts_.empty() || made.parts_.back().is_capture) made.parts_.emplace_back();
      made.parts_.back().text += pattern.front();
      pattern.remove_prefix(1);
      continue;
    }
    if (!made.parts_.empty() && made.parts_.back().is_capture) {
      return fail("found consecutive capture '<" + made.parts_.back().text + "><" +
                  std::string(name) + ">': invalid expression");
    }
    made.parts_.push_back({.text = std::string(name), .is_capture = true});
    pattern.remove_prefix(name.size() + 2);
    if (name == "_") continue;
    if (std::ranges::find(made.names_, name) != made.names_.end()) {
      return fail("duplicate capture name (" + std::string(name) + "): invalid expression");
    }
    made.names_.emplace_back(name);
  }
  if (made.names_.empty()) return fail("at least one capture is required");
  return made;
}

size_t LinePattern::match(std::string_view text, std::span<std::string_view> captures) const {
  if (text.empty()) return 0;
  size_t found = 0;
  size_t part = 0;
  if (!parts_.front().is_capture) {
    if (!text.starts_with(parts_.front().text)) return 0;
    text.remove_prefix(parts_.front().text.size());
    part = 1;
  }
  // From here on captures and literals take turns.
  for (; part < parts_.size(); part += 2) {
    const bool is_named = parts_[part].text != "_";
    const bool is_last = part + 1 == parts_.size();
    const size_t end = is_last ? std::string_view::npos : text.find(parts_[part + 1].text);
    if (is_named) captures[found++] = text.substr(0, end);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + parts_[part + 1].text.size());
  }
  return found;
}

}  // namespace alloy
