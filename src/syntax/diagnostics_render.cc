// The layout of diagnostics for terminals.
//
// Below the header stand the lines of the range with one line of context on either side:
//
//   Error: config.alloy:2:3: message          Error: config.alloy:2:3: message
//
//   1 | block {                               1 |   block {
//   2 |   wrong = 1                           2 |     wrong = [
//     |   ^^^^^                                 |  ___^^^^^^^^^
//   3 | }                                     3 | |   ]
//                                               | |___^
//                                             4 |   }
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "syntax/diagnostics.h"

namespace alloy::syntax {

namespace {

constexpr size_t tab_width = 4;
constexpr uint32_t context_lines = 1;

bool is_tab(char32_t c) { return c == '\t' || c == '\v'; }

class RangeRenderer {
 public:
  RangeRenderer(std::string& out, std::string_view text, Position start, Position end)
      : out_(out), text_(text), start_(start), end_(end), multi_line_(end.line > start.line) {}

  void render() {
    const std::vector<std::string_view> lines = split(text_, '\n');
    const auto line_count = static_cast<uint32_t>(lines.size());
    const uint32_t first = std::max(start_.line, context_lines + 1) - context_lines;
    const uint32_t last = std::min(end_.line + context_lines, line_count);
    const size_t number_width = fmt::formatted_size("{}", last);
    for (uint32_t number = first; number <= last; ++number) {
      const std::string_view line = lines[number - 1];
      fmt::format_to(std::back_inserter(out_), "{:>{}} | ", number, number_width);
      render_line(line, number);
      if (number == start_.line || (multi_line_ && number == end_.line)) {
        out_.append(number_width, ' ');
        render_markers(line, number);
      }
    }
  }

 private:
  // Whether the place is within the range; column 0 of the first line is not.
  bool contains(uint32_t line, uint32_t column) const {
    if (line < start_.line || line > end_.line) return false;
    if (line == start_.line) return column >= start_.column;
    return line != end_.line || column <= end_.column;
  }

  void render_line(std::string_view line, uint32_t number) {
    if (multi_line_) out_ += contains(number, 0) ? "| " : "  ";
    while (!line.empty()) {
      const char32_t c = next_code_point(line);
      if (is_tab(c)) {
        out_.append(tab_width, ' ');
      } else if (c != '\r') {
        append_utf8(out_, c);
      }
    }
    out_ += '\n';
  }

  // The carets below a line that the range starts or ends on.
  void render_markers(std::string_view line, uint32_t number) {
    out_ += !multi_line_ ? " | " : number == start_.line ? " |  _" : " | |_";
    const char blank = multi_line_ ? '_' : ' ';
    const size_t size = line.size();
    while (!line.empty()) {
      const auto column = static_cast<uint32_t>(size - line.size()) + 1;
      if (number == end_.line && column > end_.column) break;
      if (is_tab(next_code_point(line))) {
        out_.append(tab_width, blank);
      } else {
        out_ += contains(number, column) ? '^' : blank;
      }
    }
    out_ += '\n';
  }

  std::string& out_;
  std::string_view text_;
  Position start_;
  Position end_;
  bool multi_line_;
};

void render_header(std::string& out, const Diagnostic& diagnostic, Colour colour) {
  const bool is_error = diagnostic.severity == Severity::error;
  const std::string_view severity = is_error ? "Error: " : "Warning: ";
  if (colour == Colour::off) {
    out += severity;
    out += diagnostic.to_string();
    out += '\n';
    return;
  }
  fmt::format_to(std::back_inserter(out), "\x1b[{};1m{}\x1b[0m\x1b[1m{}\n\x1b[0m",
                 is_error ? "31" : "33", severity, diagnostic.to_string());
}

}  // namespace

std::string render(const Diagnostics& diagnostics, std::span<const SourcePointer> sources,
                   Colour colour) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!out.empty()) out += '\n';
    render_header(out, diagnostic, colour);
    const Range& range = diagnostic.range;
    const auto source = std::ranges::find_if(
        sources, [&](const SourcePointer& known) { return known->name == range.file; });
    if (source != sources.end()) {
      out += '\n';
      const Position end = range.end.valid() ? range.end : range.start;
      RangeRenderer(out, (*source)->text, range.start, end).render();
    }
    for (const std::string& note : diagnostic.notes) out += fmt::format("note: {}\n", note);
  }
  return out;
}

}  // namespace alloy::syntax
