#include "convert/diagnostics.h"

#include <algorithm>

#include <fmt/format.h>

namespace alloy::convert {
namespace {

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::info:
      return "Info";
    case Severity::warning:
      return "Warning";
    case Severity::error:
      return "Error";
    case Severity::critical:
      break;
  }
  return "Critical";
}

}  // namespace

void Diagnostics::add(Severity severity, std::string summary, std::string detail) {
  diagnostics_.push_back({severity, std::move(summary), std::move(detail)});
}

void Diagnostics::add_unsupported(std::string_view what) {
  add(Severity::error,
      fmt::format("The converter does not support converting the provided {}.", what));
}

void Diagnostics::add_ignored(std::string_view what) {
  add(Severity::warning, fmt::format("{} has no counterpart and is left out", what));
}

void Diagnostics::add_all(Diagnostics other) {
  for (Diagnostic& one : other.diagnostics_) diagnostics_.push_back(std::move(one));
}

void Diagnostics::remove(Severity severity) {
  std::erase_if(diagnostics_, [&](const Diagnostic& one) { return one.severity == severity; });
}

bool Diagnostics::has(Severity severity) const {
  return std::ranges::any_of(diagnostics_,
                             [&](const Diagnostic& one) { return one.severity == severity; });
}

bool Diagnostics::forbid_output(bool bypass_errors) const {
  return has(Severity::critical) || (has(Severity::error) && !bypass_errors);
}

std::string Diagnostics::text() const {
  std::string text;
  for (const Diagnostic& one : diagnostics_) {
    if (!text.empty()) text += '\n';
    fmt::format_to(std::back_inserter(text), "({}) {}", name_of(one.severity), one.summary);
    if (!one.detail.empty()) text += '\n' + one.detail;
  }
  return text;
}

std::string Diagnostics::report(bool bypass_errors) const {
  Diagnostics shown = *this;
  if (has(Severity::critical)) {
    for (auto hidden : {Severity::info, Severity::warning, Severity::error}) shown.remove(hidden);
    return shown.text() +
           "\n\nA configuration file was not generated due to critical issues. Refer to the "
           "critical messages for more information.";
  }
  if (forbid_output(bypass_errors)) {
    for (auto hidden : {Severity::info, Severity::warning}) shown.remove(hidden);
    return shown.text() +
           "\n\nA configuration file was not generated due to errors. Refer to the error messages "
           "for more information.\n\nYou can bypass the errors by using the --bypass-errors flag. "
           "Bypassing errors isn't recommended for production environments.";
  }
  return shown.text() + "\n\nA configuration file was generated successfully.";
}

}  // namespace alloy::convert
