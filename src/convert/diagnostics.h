// What a conversion has to say: what it made, what it could not convert, and what stopped it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace alloy::convert {

enum class Severity : unsigned char { info, warning, error, critical };

struct Diagnostic {
  Severity severity;
  std::string summary;
  std::string detail = {};  // Lines below the summary; may be empty.
};

class Diagnostics {
 public:
  void add(Severity severity, std::string summary, std::string detail = {});
  // An error of the usual wording: the converter does not support "the provided WHAT".
  void add_unsupported(std::string_view what);
  // A warning that something of the source is left out, since it means nothing to us.
  void add_ignored(std::string_view what);
  void add_all(Diagnostics other);
  // Nothing of this severity any more.
  void remove(Severity severity);

  const std::vector<Diagnostic>& all() const { return diagnostics_; }
  bool has(Severity severity) const;
  // Whether nothing may be written: something critical happened, or an error that nobody allowed.
  bool forbid_output(bool bypass_errors) const;

  // A line each, with its severity in front.
  std::string text() const;
  // What goes into the file of --report.
  std::string report(bool bypass_errors) const;

 private:
  std::vector<Diagnostic> diagnostics_;
};

}  // namespace alloy::convert
