// Label sets and their construction.
#include "signals/labels.h"

#include <doctest/doctest.h>

namespace alloy {

TEST_CASE("a label set is sorted and keeps the last of equal names") {
  const LabelSet set({{"b", "1"}, {"a", "2"}, {"b", "3"}});
  CHECK(set.describe() == R"({a="2", b="3"})");
  CHECK(set.get("b") == "3");
  CHECK(set.get("c").empty());
  CHECK_FALSE(set.has("c"));
  CHECK(set == LabelSet({{"a", "2"}, {"b", "3"}}));
  CHECK(set != LabelSet({{"a", "2"}, {"b", "4"}}));
  CHECK(LabelSet() == LabelSet(std::vector<Label>()));
}

TEST_CASE("many labels are sorted as stably as few") {
  std::vector<std::string> names;
  for (int i = 0; i < 200; ++i) names.push_back("n" + std::to_string(i % 100));
  std::vector<Label> labels;
  for (size_t i = 0; i < names.size(); ++i) labels.push_back({names[i], i < 100 ? "old" : "new"});
  const LabelSet set(labels);
  CHECK(set.size() == 100);
  for (size_t i = 0; i < set.size(); ++i) CHECK(set[i].value == "new");
}

TEST_CASE("the hash of a label set is the key that real nodes compute") {
  CHECK(LabelSet().hash() == 0xef46db3751d8e999);
  CHECK(LabelSet({{"__address__", "localhost:9090"}, {"job", "prometheus"}}).hash() ==
        0x8b4c4cd9760151ab);
  CHECK(LabelSet({{"__address__", "10.0.0.2:9100"}, {"job", "node"}, {"instance", "10.0.0.2:9100"}})
            .hash() == 0xad030459964e5582);
}

TEST_CASE("a builder sets, replaces and removes labels") {
  LabelBuilder builder;
  builder.reset(std::vector<Label>{{"z", "1"}, {"a", "2"}});
  builder.set("m", builder.keep("3"));
  builder.set("z", "4");
  builder.set("a", "");
  CHECK(builder.build().describe() == R"({m="3", z="4"})");
  builder.put("e", "");
  CHECK(builder.has("e"));
  builder.erase("m");
  CHECK(builder.build().describe() == R"({e="", z="4"})");
  builder.reset();
  CHECK(builder.labels().empty());
}

TEST_CASE("kept text outlives growth of the builder") {
  LabelBuilder builder;
  std::vector<std::string_view> kept;
  for (int i = 0; i < 2000; ++i) kept.push_back(builder.keep("text" + std::to_string(i)));
  for (int i = 0; i < 2000; ++i) CHECK(kept[static_cast<size_t>(i)] == "text" + std::to_string(i));
}

}  // namespace alloy
