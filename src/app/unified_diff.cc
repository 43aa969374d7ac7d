#include "app/unified_diff.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

namespace alloy::app {
namespace {

constexpr size_t context = 3;

// How many edits are searched for; texts that differ by more are shown as replaced as a whole.
constexpr int64_t edits_max = 4000;

// The lines of a text with their line ends.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

using Lines = std::vector<std::string_view>;

// A line of the difference: ' ', '-' or '+'.
struct Edit {
  char kind;
  std::string_view line;
};

// The shortest way from one list of lines to the other: Myers, "An O(ND) Difference Algorithm"
// (1986). reach[d][k] is how far one gets in `from` with d edits on diagonal k.
class ShortestEdits {
 public:
  ShortestEdits(const Lines& from, const Lines& to) : from_(from), to_(to) {}

  std::vector<Edit> find() {
    const auto limit = std::min<int64_t>(size(from_) + size(to_), edits_max);
    for (int64_t edits = 0; edits <= limit; ++edits) {
      if (advance(edits)) return trace(edits);
    }
    std::vector<Edit> all;
    for (const auto line : from_) all.push_back({'-', line});
    for (const auto line : to_) all.push_back({'+', line});
    return all;
  }

 private:
  static int64_t size(const Lines& lines) { return static_cast<int64_t>(lines.size()); }

  int64_t reach(int64_t edits, int64_t diagonal) const {
    if (edits < 0 || diagonal < -edits || diagonal > edits) return -1;
    return reached_[static_cast<size_t>(edits)][static_cast<size_t>(diagonal + edits)];
  }
  // Whether the best way to the diagonal comes by adding a line of `to`.
  bool comes_by_adding(int64_t edits, int64_t diagonal) const {
    return diagonal == -edits ||
           (diagonal != edits && reach(edits - 1, diagonal - 1) < reach(edits - 1, diagonal + 1));
  }
  // Where it comes from, in lines of `from`.
  int64_t start(int64_t edits, int64_t diagonal) const {
    if (edits == 0) return 0;
    return comes_by_adding(edits, diagonal) ? reach(edits - 1, diagonal + 1)
                                            : reach(edits - 1, diagonal - 1) + 1;
  }

  // Goes as far as one more edit leads; true at the end of both lists.
  bool advance(int64_t edits) {
    std::vector<int64_t> row(static_cast<size_t>(2 * edits + 1), -1);
    bool is_done = false;
    for (int64_t diagonal = -edits; diagonal <= edits && !is_done; diagonal += 2) {
      int64_t x = start(edits, diagonal);
      int64_t y = x - diagonal;
      while (x < size(from_) && y < size(to_) &&
             from_[static_cast<size_t>(x)] == to_[static_cast<size_t>(y)]) {
        ++x;
        ++y;
      }
      row[static_cast<size_t>(diagonal + edits)] = x;
      is_done = x >= size(from_) && y >= size(to_);
    }
    reached_.push_back(std::move(row));
    return is_done;
  }

  std::vector<Edit> trace(int64_t edits) const {
    std::vector<Edit> way;
    int64_t x = size(from_);
    int64_t y = size(to_);
    for (; edits >= 0; --edits) {
      const int64_t diagonal = x - y;
      for (const int64_t from = start(edits, diagonal); x > from; --x, --y)
        way.push_back({' ', from_[static_cast<size_t>(x - 1)]});
      if (edits == 0) break;
      if (comes_by_adding(edits, diagonal)) {
        way.push_back({'+', to_[static_cast<size_t>(--y)]});
      } else {
        way.push_back({'-', from_[static_cast<size_t>(--x)]});
      }
    }
    std::ranges::reverse(way);
    return way;
  }

  const Lines& from_;
  const Lines& to_;
  std::vector<std::vector<int64_t>> reached_;
};

// "12,3", "12" for a single line, and "11,0" for none behind line 11.
std::string range_text(size_t first, size_t count) {
  if (count == 1) return fmt::format("{}", first + 1);
  return fmt::format("{},{}", count == 0 ? first : first + 1, count);
}

class HunkWriter {
 public:
  explicit HunkWriter(const std::vector<Edit>& edits) : edits_(edits) {}

  std::string write() {
    size_t at = 0;
    while (true) {
      size_t change = at;
      while (change < edits_.size() && edits_[change].kind == ' ') ++change;
      if (change == edits_.size()) return std::move(out_);
      const size_t begin = change - std::min(change - at, context);
      skip(at, begin);
      at = write_hunk(begin, end_of_hunk(change));
    }
  }

 private:
  // Behind the last change that is near enough to the one before it, and its context.
  size_t end_of_hunk(size_t change) const {
    size_t end = change + 1;
    for (size_t i = end; i < edits_.size() && i <= end + 2 * context; ++i) {
      if (edits_[i].kind != ' ') end = i + 1;
    }
    return std::min(end + context, edits_.size());
  }

  void skip(size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      if (edits_[i].kind != '+') ++from_line_;
      if (edits_[i].kind != '-') ++to_line_;
    }
  }

  size_t write_hunk(size_t begin, size_t end) {
    const size_t from = from_line_;
    const size_t to = to_line_;
    skip(begin, end);
    out_ += fmt::format("@@ -{} +{} @@\n", range_text(from, from_line_ - from),
                        range_text(to, to_line_ - to));
    for (size_t i = begin; i < end; ++i) {
      out_ += edits_[i].kind;
      out_ += edits_[i].line;
      if (!edits_[i].line.ends_with('\n')) out_ += "\n\\ No newline at end of file\n";
    }
    return end;
  }

  const std::vector<Edit>& edits_;
  std::string out_;
  size_t from_line_ = 0;  // Lines before the place in either text.
  size_t to_line_ = 0;
};

}  // namespace

std::string unified_diff(std::string_view from_name, std::string_view from,
                         std::string_view to_name, std::string_view to) {
  if (from == to) return "";
  const Lines from_lines = lines_of(from);
  const Lines to_lines = lines_of(to);
  const std::vector<Edit> edits = ShortestEdits(from_lines, to_lines).find();
  return fmt::format("--- {}\n+++ {}\n{}", from_name, to_name, HunkWriter(edits).write());
}

}  // namespace alloy::app
