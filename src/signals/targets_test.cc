// Targets as values of the configuration.
#include "signals/targets.h"

#include <doctest/doctest.h>

namespace alloy {

namespace {

Value object(std::vector<Object::Member> members) {
  return Value::object(Object::sorted(std::move(members)));
}

}  // namespace

TEST_CASE("members of an object become label values") {
  const auto target = to_target(object({{"n", Value::integer(5)},
                                        {"f", Value::floating(1.5)},
                                        {"b", Value::boolean(true)},
                                        {"s", Value::string("x")}}));
  REQUIRE(target.has_value());
  CHECK(target->describe() == R"({b="true", f="1.5", n="5", s="x"})");
}

TEST_CASE("a list of targets passes through values without being copied") {
  const TargetList list(std::vector<Target>{Target({{"a", "1"}}), Target({{"a", "2"}})});
  const Value value = MemberTraits<TargetList>::encode(list);
  TargetList back;
  REQUIRE(MemberTraits<TargetList>::decode(value, back).has_value());
  CHECK(back.pointer() == list.pointer());
  CHECK(back == list);
}

TEST_CASE("an element of a list is an object to expressions, and a target again to components") {
  const Targets list({Target({{"a", "1"}, {"b", "2"}})});
  const Value element = list.at(0);
  REQUIRE(element.to_object() != nullptr);
  CHECK(element.to_object()->find("b")->as_string() == "2");
  CHECK(to_target(element).value() == list.targets()[0]);
  CHECK(equal(element, to_value(Target({{"b", "2"}, {"a", "1"}}))));
}

TEST_CASE("lists of targets are concatenated as targets, written-out ones included") {
  const auto list = std::make_shared<const Targets>(std::vector<Target>{Target({{"a", "1"}})});
  const Value written = Value::array({object({{"a", Value::string("2")}})});
  const ArrayPointer parts[] = {list, written.as_array()};
  const ArrayPointer all = list->concatenate(parts);
  const auto* targets = dynamic_cast<const Targets*>(all.get());
  REQUIRE(targets != nullptr);
  CHECK(targets->targets()[1].get("a") == "2");
}

TEST_CASE("what is no object is refused with its place") {
  const auto error = to_targets(Value::array({Value::integer(1)}));
  REQUIRE_FALSE(error.has_value());
  CHECK(error.error().path.size() == 1);
}

}  // namespace alloy
