// The text that a target of the outage test serves: many series whose values end in the number of
// the scrape, which costs five bytes of patching a series.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace alloy::outage {

class Exposition {
 public:
  explicit Exposition(size_t series);

  // As the scrape of this number sees it.
  const std::string& text(uint32_t scrape);

 private:
  std::string text_;
  std::vector<size_t> places_;  // Of the digits that are the scrape's number.
};

}  // namespace alloy::outage
