// Secrets: texts that no diagnostic, API or expression may show.
//
// A Secret never becomes a string. An OptionalSecret remembers whether its text is one: it becomes
// a string only if it is not. Both take strings and each other.
#pragma once

#include <string>

#include "values/capsule.h"

namespace alloy {

// A member of arguments or exports that is always secret.
struct Secret {
  std::string value;

  bool empty() const { return value.empty(); }
  bool operator==(const Secret&) const = default;
};

// A member of arguments or exports that may be secret.
struct OptionalSecret {
  std::string value;
  bool is_secret = false;

  bool empty() const { return value.empty(); }
  bool operator==(const OptionalSecret&) const = default;
};

// The capsule that carries either through the configuration.
class SecretText final : public Capsule {
 public:
  explicit SecretText(Secret secret) : kind_(Kind::always), text_(std::move(secret.value)) {}
  explicit SecretText(OptionalSecret secret)
      : kind_(secret.is_secret ? Kind::optional_secret : Kind::optional_plain),
        text_(std::move(secret.value)) {}

  // A Secret, which is not the same as an OptionalSecret with is_secret.
  bool is_always_secret() const { return kind_ == Kind::always; }
  // Whether the text must not be shown.
  bool is_secret() const { return kind_ != Kind::optional_plain; }
  const std::string& text() const { return text_; }

  std::string_view type_name() const override;
  // "(secret)", or the text as a string literal if it is none.
  std::string display() const override;
  bool equals(const Capsule& other) const override;

 private:
  enum class Kind : unsigned char { always, optional_secret, optional_plain };

  Kind kind_;
  std::string text_;
};

Value encapsulate(Secret secret);
Value encapsulate(OptionalSecret secret);

}  // namespace alloy
