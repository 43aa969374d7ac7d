#include "values/secret.h"

#include "base/text.h"

namespace alloy {

std::string_view SecretText::type_name() const {
  return is_always_secret() ? "alloytypes.Secret" : "alloytypes.OptionalSecret";
}

std::string SecretText::display() const { return is_secret() ? "(secret)" : quote(text_); }

bool SecretText::equals(const Capsule& other) const {
  const auto* secret = dynamic_cast<const SecretText*>(&other);
  return secret != nullptr && secret->kind_ == kind_ && secret->text_ == text_;
}

Value encapsulate(Secret secret) {
  return Value::capsule(std::make_shared<const SecretText>(std::move(secret)));
}

Value encapsulate(OptionalSecret secret) {
  return Value::capsule(std::make_shared<const SecretText>(std::move(secret)));
}

}  // namespace alloy
