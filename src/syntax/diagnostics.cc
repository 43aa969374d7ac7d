#include "syntax/diagnostics.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace alloy::syntax {

std::string to_string(std::string_view file, Position position) {
  std::string out(file);
  if (position.valid()) {
    if (!out.empty()) out += ':';
    out += std::to_string(position.line);
    if (position.column != 0) out += fmt::format(":{}", position.column);
  }
  return out.empty() ? "-" : out;
}

std::string Diagnostic::to_string() const {
  return fmt::format("{}: {}", syntax::to_string(range.file, range.start), message);
}

void Diagnostics::merge(Diagnostics other) {
  std::ranges::move(other.list_, std::back_inserter(list_));
}

bool Diagnostics::has_errors() const {
  return std::ranges::find(list_, Severity::error, &Diagnostic::severity) != list_.end();
}

std::string Diagnostics::summary() const {
  if (list_.empty()) return "no errors";
  std::string out = list_.front().to_string();
  if (list_.size() > 1) out += fmt::format(" (and {} more diagnostics)", list_.size() - 1);
  return out;
}

std::string Diagnostics::to_string() const {
  if (list_.empty()) return "no errors";
  std::string out;
  for (const Diagnostic& diagnostic : list_) {
    if (!out.empty()) out += "; ";
    out += diagnostic.to_string();
  }
  return out;
}

}  // namespace alloy::syntax
