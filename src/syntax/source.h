// Source texts and places in them: what every token, node and diagnostic points at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace alloy::syntax {

// A place in a text. Lines and columns start at 1; columns count bytes. A zero line means
// "nowhere".
struct Position {
  uint32_t offset = 0;
  uint32_t line = 0;
  uint32_t column = 0;

  bool valid() const { return line > 0; }
  // The place `bytes` further on the same line.
  Position plus(uint32_t bytes) const { return {offset + bytes, line, column + bytes}; }

  bool operator==(const Position&) const = default;
};

// From the first to the last character, both included. An invalid end means one character.
struct Span {
  Position start;
  Position end;

  bool operator==(const Span&) const = default;
};

// A configuration text with the name its diagnostics use (the path as the user gave it).
struct Source {
  std::string name;
  std::string text;
};

// The largest text that is parsed: positions are 32-bit.
inline constexpr size_t source_bytes_max = size_t{1} << 30;

using SourcePointer = std::shared_ptr<const Source>;

inline SourcePointer make_source(std::string name, std::string text) {
  return std::make_shared<const Source>(Source{std::move(name), std::move(text)});
}

// "file:line:column", without the parts that are unknown; "-" if nothing is known.
std::string to_string(std::string_view file, Position position);

}  // namespace alloy::syntax
