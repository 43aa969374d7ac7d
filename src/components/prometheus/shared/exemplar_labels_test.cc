#include "components/prometheus/shared/exemplar_labels.h"

#include <string>

#include <doctest/doctest.h>

namespace alloy::prometheus {
namespace {

TEST_CASE("labels of an exemplar are different, and have at most 128 characters") {
  CHECK(are_valid_exemplar_labels({}));
  const Label twice[] = {{"a", "1"}, {"a", "2"}};
  CHECK_FALSE(are_valid_exemplar_labels(twice));
  std::string text;
  for (int i = 0; i < 127; ++i) text += "é";
  const Label fits[] = {{"a", text}};
  CHECK(are_valid_exemplar_labels(fits));
  text += "é";
  const Label exceeds[] = {{"a", text}};
  CHECK_FALSE(are_valid_exemplar_labels(exceeds));
}

}  // namespace
}  // namespace alloy::prometheus
