// Reads JSON out of log lines: strict as the real program is, into scratch memory, and only as much
// as somebody asked for. Texts without escapes stay where they are.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signals/json/json_value.h"

namespace alloy {

// The whole text as a value; nullopt if it is malformed. The text must outlive the value.
std::optional<JsonValue> parse_json(std::string_view text, Scratch& scratch);

// The members of objects, by their paths, that somebody wants; the rest is only checked.
class JsonSelection {
 public:
  // False if the path goes through one that was added before, or the other way round: then a
  // selection can't do it.
  bool add(std::span<const std::string> path);
  // Fills in the value of each path (in the order they were added), null where it is missing. False
  // if the text is malformed or neither an object nor null.
  bool read(std::string_view text, Scratch& scratch, std::span<JsonValue> values) const;
  size_t size() const { return count_; }

 private:
  friend class JsonParser;
  struct Node {
    std::string name;
    int index = -1;  // -1: the values wanted are inside.
    std::vector<Node> children;
  };

  Node root_;
  size_t count_ = 0;
};

// The elements of an array, each as it is spelled; nullopt if it is none or malformed.
std::optional<std::vector<std::string_view>> split_json_array(std::string_view text);

}  // namespace alloy
