// Templates from configurations, run over a few fields.
#include <cstdint>
#include <string_view>

#include "signals/template/text_template.h"
#include "signals/template/value.h"

namespace {

class Fields final : public alloy::go_template::Data {
 public:
  bool find(std::string_view name, std::string_view& text) const override {
    text = "1,b";
    return name == "a";
  }
  std::map<std::string, alloy::go_template::Value> all() const override {
    return {{"a", alloy::go_template::Value::text("1,b")}};
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = alloy::TextTemplate::parse(text);
  if (!parsed) return 0;
  std::string out;
  (void)parsed->execute(Fields(), out);
  return 0;
}
