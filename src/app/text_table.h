// A table of text with a frame, as the commands under `alloy tools` print it.
#pragma once

#include <string>
#include <vector>

namespace alloy::app {

class TextTable {
 public:
  // Titles are printed in capitals, in the middle of their columns.
  explicit TextTable(std::vector<std::string> titles);

  // Numbers stand on the right, texts on the left.
  void add(std::vector<std::string> row);
  std::string to_string() const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace alloy::app
