// Mistakes in a configuration: many at once, each with the place it is about.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "syntax/source.h"

namespace alloy::syntax {

enum class Severity : uint8_t { warning, error };

// Which characters of which file a diagnostic is about. Everything may be unknown.
struct Range {
  std::string file;
  Position start;
  Position end;  // The last character, included; invalid means one character.
};

// One mistake (or warning) with its place.
struct Diagnostic {
  Severity severity = Severity::error;
  Range range;
  std::string message;
  // Hints for the reader ("did you mean ..."), each shown on a line of its own.
  std::vector<std::string> notes = {};

  // "file:line:column: message".
  std::string to_string() const;
};

// All mistakes of a check, in the order they were found.
class Diagnostics {
 public:
  Diagnostics() = default;
  explicit Diagnostics(Diagnostic diagnostic) { add(std::move(diagnostic)); }

  void add(Diagnostic diagnostic) { list_.push_back(std::move(diagnostic)); }
  void add_error(Range range, std::string message) {
    add({Severity::error, std::move(range), std::move(message)});
  }
  void add_warning(Range range, std::string message) {
    add({Severity::warning, std::move(range), std::move(message)});
  }
  void merge(Diagnostics other);

  bool empty() const { return list_.empty(); }
  size_t size() const { return list_.size(); }
  bool has_errors() const;
  auto begin() const { return list_.begin(); }
  auto end() const { return list_.end(); }
  auto begin() { return list_.begin(); }
  auto end() { return list_.end(); }
  const Diagnostic& operator[](size_t index) const { return list_[index]; }

  // The first one, and " (and N more diagnostics)" if there are more.
  std::string summary() const;
  // All of them, joined by "; ".
  std::string to_string() const;
  // The summary as an error, for callers that report one sentence.
  Error to_error() const { return Error(summary(), ErrorKind::invalid); }

 private:
  std::vector<Diagnostic> list_;
};

// A value, or the mistakes that stand in its way.
template <class T>
using Diagnosed = std::expected<T, Diagnostics>;

enum class Colour : uint8_t { off, on };

// The layout for terminals: a header for each diagnostic, then the lines it is about with carets
// below, for files whose text is among `sources`. An empty line between diagnostics, none after.
std::string render(const Diagnostics& diagnostics, std::span<const SourcePointer> sources,
                   Colour colour);

}  // namespace alloy::syntax
