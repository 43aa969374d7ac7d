// Lines of text whose cells are aligned into columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace alloy::syntax {

// Builds a text in which what stands in consecutive lines between tabs is aligned: a column is a
// run of lines that have a cell at the same place, and is as wide as its widest cell and a blank.
// What stands behind a line's last tab belongs to no column. Blanks at the end of a line are
// dropped.
class Layout {
 public:
  // Makes room for a text of about this size.
  void reserve(size_t bytes);

  // Text without line ends and tabs.
  void text(std::string_view text) { pending_ += text; }
  // Text of which every character counts: blanks and line ends in it are the reader's.
  void verbatim(std::string_view text);
  // The same, and its line ends start new lines (in a comment they don't: it is one wide cell).
  void verbatim_lines(std::string_view text);

  // Ends the cell. A run of empty cells at the start of a line is written as tabs.
  void tab() { end_cell(/*is_soft=*/false); }
  // The same for a column that vanishes if all its cells are empty.
  void soft_tab() { end_cell(/*is_soft=*/true); }
  void end_line();
  // Ends the line and every column.
  void end_run();

  // The text so far. To be called last.
  std::string finish() &&;

 private:
  struct Cell {
    uint32_t size;
    uint32_t width;  // In characters.
    bool is_soft;
  };
  struct Line {
    uint32_t first_cell;  // Its cells reach to the first one of the next line.
    uint32_t text;        // Where its text starts in pending_.
    bool keeps_trailing_blanks;
  };

  void end_cell(bool is_soft);
  void finish_line();
  void flush();
  uint32_t cell_count(size_t line) const;
  const Cell& cell(size_t line, size_t column) const;
  void arrange(size_t first, size_t last);
  uint32_t column_width(size_t& line, size_t last, size_t column) const;
  void write_line(size_t index);

  std::string out_;
  // The lines whose columns may still grow: texts without tabs and line ends, cells, and lines.
  std::string pending_;
  std::vector<Cell> cells_;
  std::vector<Line> lines_{{0, 0, false}};
  uint32_t cell_start_ = 0;
  uint32_t verbatim_end_ = 0;
  std::vector<uint32_t> widths_;  // Of the columns left of the one being arranged.
};

}  // namespace alloy::syntax
