#include "app/diagnostics_formats.h"

#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::app {
namespace {

using syntax::Diagnostic;
using syntax::Diagnostics;
using syntax::Position;

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string_view severity_of(const Diagnostic& diagnostic) {
  return diagnostic.severity == syntax::Severity::error ? "error" : "warning";
}

// The end of the range as the place of its last character.
Position end_of(const syntax::Range& range) { return range.end.valid() ? range.end : range.start; }

std::string json_position(Position position) {
  return fmt::format(R"({{"line":{},"column":{}}})", position.line, position.column);
}

template <class Append>
std::string joined(const Diagnostics& diagnostics, Append append) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!out.empty()) out += ',';
    append(out, diagnostic);
  }
  return out;
}

void append_json(std::string& out, const Diagnostic& diagnostic) {
  const auto& range = diagnostic.range;
  out += fmt::format(R"({{"severity":"{}","message":{})", severity_of(diagnostic),
                     json_string(diagnostic.message));
  if (!range.file.empty()) out += fmt::format(R"(,"file":{})", json_string(range.file));
  if (range.start.valid()) {
    out += fmt::format(R"(,"start":{},"end":{})", json_position(range.start),
                       json_position(end_of(range)));
  }
  out += R"(,"notes":[)";
  for (const std::string& note : diagnostic.notes) {
    if (&note != &diagnostic.notes.front()) out += ',';
    out += json_string(note);
  }
  out += "]}";
}

std::string message_with_notes(const Diagnostic& diagnostic) {
  std::string out = diagnostic.message;
  for (const std::string& note : diagnostic.notes) out += fmt::format("; {}", note);
  return out;
}

void append_sarif(std::string& out, const Diagnostic& diagnostic) {
  const auto& range = diagnostic.range;
  out += fmt::format(R"({{"level":"{}","message":{{"text":{}}})", severity_of(diagnostic),
                     json_string(message_with_notes(diagnostic)));
  if (!range.file.empty()) {
    out += fmt::format(R"(,"locations":[{{"physicalLocation":{{"artifactLocation":{{"uri":{}}})",
                       json_string(range.file));
    if (range.start.valid()) {
      // The end of a region is behind its last character.
      const Position end = end_of(range);
      out += fmt::format(
          R"(,"region":{{"startLine":{},"startColumn":{},"endLine":{},"endColumn":{}}})",
          range.start.line, range.start.column, end.line, end.column + 1);
    }
    out += "}}]";
  }
  out += '}';
}

std::string sarif(const Diagnostics& diagnostics) {
  return fmt::format(
      R"({{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0",)"
      R"("runs":[{{"tool":{{"driver":{{"name":"alloy validate"}}}},"results":[{}]}}]}})"
      "\n",
      joined(diagnostics, append_sarif));
}

// Workflow commands end with the line; in their properties "," and ":" mean something, too.
std::string github_escaped(std::string_view text, bool is_property) {
  std::string out;
  for (const char c : text) {
    const bool escape =
        c == '%' || c == '\r' || c == '\n' || (is_property && (c == ':' || c == ','));
    out += escape ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return out;
}

std::string github(const Diagnostics& diagnostics) {
  std::string out;
  for (const Diagnostic& diagnostic : diagnostics) {
    const auto& range = diagnostic.range;
    out += fmt::format("::{} file={}", severity_of(diagnostic), github_escaped(range.file, true));
    if (range.start.valid()) {
      const Position end = end_of(range);
      out += fmt::format(",line={},endLine={},col={},endColumn={}", range.start.line, end.line,
                         range.start.column, end.column + 1);
    }
    out += fmt::format("::{}\n", github_escaped(message_with_notes(diagnostic), false));
  }
  return out;
}

struct NamedFormat {
  std::string_view name;
  DiagnosticsFormat format;
};

constexpr std::array formats = {NamedFormat{"text", DiagnosticsFormat::text},
                                NamedFormat{"json", DiagnosticsFormat::json},
                                NamedFormat{"sarif", DiagnosticsFormat::sarif},
                                NamedFormat{"github", DiagnosticsFormat::github}};

}  // namespace

Result<DiagnosticsFormat> parse_diagnostics_format(std::string_view name) {
  for (const NamedFormat& known : formats) {
    if (known.name == name) return known.format;
  }
  return fail(fmt::format("unknown format {}, expected text, json, sarif or github", quote(name)),
              ErrorKind::invalid);
}

std::string format_diagnostics(const Diagnostics& diagnostics, DiagnosticsFormat format) {
  switch (format) {
    case DiagnosticsFormat::json:
      return fmt::format("{{\"diagnostics\":[{}]}}\n", joined(diagnostics, append_json));
    case DiagnosticsFormat::sarif:
      return sarif(diagnostics);
    case DiagnosticsFormat::github:
      return github(diagnostics);
    case DiagnosticsFormat::text:
      break;
  }
  return syntax::render(diagnostics, {}, syntax::Colour::off);
}

}  // namespace alloy::app
