// Lists of other layers in expressions.
#include <doctest/doctest.h>

#include "values/evaluation_test.h"

namespace alloy {
namespace {

// A list that counts how often its elements were made into values.
class Counted final : public Array {
 public:
  explicit Counted(size_t size) : size_(size) {}

  size_t size() const override { return size_; }
  Value at(size_t index) const override {
    ++made;
    return Value::integer(static_cast<int64_t>(index));
  }
  ArrayPointer concatenate(std::span<const ArrayPointer> parts) const override {
    size_t total = 0;
    for (const ArrayPointer& part : parts) {
      if (dynamic_cast<const Counted*>(part.get()) == nullptr) return nullptr;
      total += part->size();
    }
    return std::make_shared<const Counted>(total);
  }

  mutable int made = 0;

 private:
  size_t size_;
};

struct Lists {
  std::shared_ptr<const Counted> list = std::make_shared<const Counted>(1000);
  Variables scope;
  Lists() { scope.set("list", Value::array(list)); }
};

TEST_CASE("a list of another layer passes through expressions untouched") {
  Lists lists;
  CHECK(evaluate_text("{a = [list]}.a[0]", lists.scope).value.as_array() == lists.list);
  CHECK(evaluate_text("array.concat(list)", lists.scope).value.as_array() == lists.list);
  CHECK(evaluate_text("coalesce([], list)", lists.scope).value.as_array() == lists.list);
  auto joined = evaluate_text("array.concat(list, [], list)", lists.scope).value.as_array();
  CHECK(dynamic_cast<const Counted*>(joined.get()) != nullptr);
  CHECK(joined->size() == 2000);
  CHECK(lists.list->made == 0);
}

TEST_CASE("a list of another layer becomes values where an expression looks into it") {
  Lists lists;
  CHECK(shown(evaluate_text("list[999]", lists.scope)) == "999");
  CHECK(lists.list->made == 1);
  CHECK(evaluate_text("array.concat(list, [1])", lists.scope).value.as_array()->size() == 1001);
}

}  // namespace
}  // namespace alloy
