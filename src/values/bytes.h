// Raw bytes as a value.
#pragma once

#include <string>

#include "values/value.h"

namespace alloy {

// What decoding base64 gives: an array of numbers to expressions, and the text itself wherever a
// string is wanted.
class Bytes final : public Array {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}

  const std::string& bytes() const { return bytes_; }

  size_t size() const override { return bytes_.size(); }
  Value at(size_t index) const override {
    return Value::unsigned_integer(static_cast<unsigned char>(bytes_[index]));
  }

 private:
  std::string bytes_;
};

}  // namespace alloy
