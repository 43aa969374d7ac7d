#include "syntax/layout.h"

#include <algorithm>

#include "syntax/tree_memory.h"

namespace alloy::syntax {

namespace {

constexpr uint32_t padding = 1;
constexpr uint32_t tab_width = 8;

uint32_t count_characters(std::string_view text) {
  return static_cast<uint32_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

void Layout::reserve(size_t bytes) {
  out_.reserve(bytes);
  expect_to_be_written(out_.data(), bytes);
}

void Layout::verbatim(std::string_view text) {
  pending_ += text;
  verbatim_end_ = static_cast<uint32_t>(pending_.size());
}

void Layout::verbatim_lines(std::string_view text) {
  for (size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    verbatim(text.substr(0, end));
    end_line();
  }
  verbatim(text);
}

void Layout::end_cell(bool is_soft) {
  if (cell_start_ == pending_.size()) return cells_.push_back({0, 0, is_soft});
  const auto text = std::string_view(pending_).substr(cell_start_);
  cells_.push_back({static_cast<uint32_t>(text.size()), count_characters(text), is_soft});
  cell_start_ = static_cast<uint32_t>(pending_.size());
}

void Layout::finish_line() {
  const auto size = static_cast<uint32_t>(pending_.size());
  if (verbatim_end_ == size && size > cell_start_) lines_.back().keeps_trailing_blanks = true;
}

void Layout::end_line() {
  finish_line();
  const bool has_cells = cells_.size() > lines_.back().first_cell;
  const auto size = static_cast<uint32_t>(pending_.size());
  cell_start_ = size;
  lines_.push_back({static_cast<uint32_t>(cells_.size()), size, false});
  // A line without cells ends all columns.
  if (!has_cells) flush();
}

void Layout::end_run() {
  finish_line();
  const auto size = static_cast<uint32_t>(pending_.size());
  lines_.push_back({static_cast<uint32_t>(cells_.size()), size, false});
  flush();
}

std::string Layout::finish() && {
  end_run();
  out_.pop_back();
  return std::move(out_);
}

// Writes all lines but the last, which has just begun.
void Layout::flush() {
  arrange(0, lines_.size() - 1);
  pending_.clear();
  cells_.clear();
  lines_.resize(1);
  lines_.front() = {0, 0, false};
  cell_start_ = 0;
  verbatim_end_ = 0;
}

uint32_t Layout::cell_count(size_t line) const {
  return lines_[line + 1].first_cell - lines_[line].first_cell;
}

const Layout::Cell& Layout::cell(size_t line, size_t column) const {
  return cells_[lines_[line].first_cell + column];
}

// Writes the lines from first to before last. widths_ are those of the columns they share; this
// finds the runs of the next column within them, and then recursively of those to its right.
void Layout::arrange(size_t first, size_t last) {
  const size_t column = widths_.size();
  size_t line = first;
  while (line < last) {
    if (cell_count(line) <= column) {
      write_line(line++);
      continue;
    }
    const size_t run = line;
    widths_.push_back(column_width(line, last, column));
    arrange(run, line);
    widths_.pop_back();
  }
}

// The width of the column in the run of lines from `line` on, which is moved behind the run.
uint32_t Layout::column_width(size_t& line, size_t last, size_t column) const {
  uint32_t width = 0;
  bool vanishes = true;
  for (; line < last && cell_count(line) > column; ++line) {
    const Cell& found = cell(line, column);
    width = std::max(width, found.width + padding);
    if (found.width > 0 || !found.is_soft) vanishes = false;
  }
  return vanishes ? 0 : width;
}

void Layout::write_line(size_t index) {
  const Line& line = lines_[index];
  const auto text =
      std::string_view(pending_).substr(line.text, lines_[index + 1].text - line.text);
  size_t at = 0;
  bool is_leading = true;
  for (size_t column = 0; column < cell_count(index); ++column) {
    const Cell& found = cell(index, column);
    is_leading = is_leading && found.size == 0;
    if (found.size > 0) out_ += text.substr(at, found.size);
    at += found.size;
    const uint32_t width = widths_[column];
    if (is_leading) {
      const uint32_t tabs = (width + tab_width - 1) / tab_width;
      tabs == 1 ? out_.push_back('\t') : void(out_.append(tabs, '\t'));
    } else {
      out_.append(width - std::min(width, found.width), ' ');
    }
  }
  out_ += text.substr(at);
  if (!line.keeps_trailing_blanks) {
    while (!out_.empty() && (out_.back() == ' ' || out_.back() == '\t')) out_.pop_back();
  }
  out_ += '\n';
}

}  // namespace alloy::syntax
