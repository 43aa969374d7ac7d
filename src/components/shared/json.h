// Reading the JSON that servers answer with, forgivingly in what is missing and strictly in what is
// there: a missing or null member reads as empty, one of another type than asked for makes the
// whole document wrong, which the reader checks once, at the end.
//
//   TRY(const auto document, JsonDocument::parse(body));
//   for (const JsonNode pod : document.root()["items"].elements())
//   use(pod["metadata"]["name"].text()); TRY(document.check());
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace alloy {

class JsonDocument;

// A place in a document; valid as long as that lives. Cheap to copy.
class JsonNode {
 public:
  JsonNode() = default;

  // Whether it is there and not null.
  explicit operator bool() const;
  bool is_object() const;
  bool is_array() const;
  bool is_text() const;

  // The member of an object; where a name repeats, the first. Nothing where this is nothing.
  JsonNode operator[](std::string_view name) const;
  std::string_view text() const;
  int64_t integer() const;
  double number() const;
  bool boolean() const;
  // Scalars of any type as text: 5, true, x; "" for what is none.
  std::string scalar_text() const;
  std::vector<JsonNode> elements() const;
  std::vector<std::pair<std::string_view, JsonNode>> members() const;
  // The texts of an array.
  std::vector<std::string_view> texts() const;
  // This part of the document as JSON, without blanks.
  std::string minified() const;

 private:
  friend class JsonDocument;
  struct State;
  void refuse(std::string_view expected) const;

  const State* state_ = nullptr;
  alignas(8) std::array<std::byte, 16> element_{};
};

class JsonDocument {
 public:
  static Result<JsonDocument> parse(std::string_view text);
  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  JsonNode root() const;
  // Fails when something was read as what it is not.
  Result<> check() const;

 private:
  explicit JsonDocument(std::unique_ptr<JsonNode::State> state);
  std::unique_ptr<JsonNode::State> state_;
};

}  // namespace alloy
