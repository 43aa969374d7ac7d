// Go's text/template with the functions of sprig and of Alloy.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "schema/describe.h"

namespace alloy {

namespace go_template {
class Data;
struct Program;
}  // namespace go_template

class TextTemplate {
 public:
  TextTemplate() = default;
  // "template: pipeline_template:1: function \"nope\" not defined"
  static Result<TextTemplate> parse(std::string_view text);

  const std::string& text() const { return text_; }
  // Appends what the template makes of the data.
  Result<void> execute(const go_template::Data& data, std::string& out) const;

  friend bool operator==(const TextTemplate& left, const TextTemplate& right) {
    return left.text_ == right.text_;
  }

 private:
  std::string text_;
  std::shared_ptr<const go_template::Program> program_;  // Null: empty.
};

template <>
struct MemberTraits<TextTemplate> {
  static constexpr std::string_view name = "string";
  static Result<TextTemplate> parse(std::string_view text) { return TextTemplate::parse(text); }
  static std::string format(const TextTemplate& value) { return value.text(); }
};

}  // namespace alloy
