#include "app/text_table.h"

#include <algorithm>

#include <fmt/format.h>

namespace alloy::app {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// In the middle; an odd blank goes to the left.
std::string centred(const std::string& text, size_t width) {
  const size_t blanks = width - text.size();
  return std::string((blanks + 1) / 2, ' ') + text + std::string(blanks / 2, ' ');
}

}  // namespace

TextTable::TextTable(std::vector<std::string> titles) : titles_(std::move(titles)) {
  for (std::string& title : titles_)
    for (char& c : title)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
}

void TextTable::add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

std::string TextTable::to_string() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < titles_.size(); ++i) {
    widths.push_back(titles_[i].size());
    for (const auto& row : rows_) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string line = "+";
  std::string head = "|";
  std::string body;
  for (size_t i = 0; i < titles_.size(); ++i) {
    line += std::string(widths[i] + 2, '-') + "+";
    head += fmt::format(" {} |", centred(titles_[i], widths[i]));
  }
  for (const auto& row : rows_) {
    body += "|";
    for (size_t i = 0; i < row.size(); ++i)
      body += is_number(row[i]) ? fmt::format(" {:>{}} |", row[i], widths[i])
                                : fmt::format(" {:<{}} |", row[i], widths[i]);
    body += "\n";
  }
  return fmt::format("{0}\n{1}\n{0}\n{2}{0}\n", line, head, body);
}

}  // namespace alloy::app
