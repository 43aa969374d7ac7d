// Diagnostics for programs: editors, CI, code scanning.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "syntax/diagnostics.h"

namespace alloy::app {

enum class DiagnosticsFormat : unsigned char {
  text,    // For people: with the lines they are about.
  json,    // {"diagnostics": [{"severity": "error", "message": ..., "file": ..., "start": ...}]}
  sarif,   // SARIF 2.1.0 (OASIS), one run.
  github,  // GitHub's workflow commands: ::error file=...,line=...::message
};

Result<DiagnosticsFormat> parse_diagnostics_format(std::string_view name);

// The diagnostics in one of the formats for programs, ending with a line end.
std::string format_diagnostics(const syntax::Diagnostics& diagnostics, DiagnosticsFormat format);

}  // namespace alloy::app
