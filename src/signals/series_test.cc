// Interning: one object a label set, for as long as somebody refers to it.
#include "signals/series.h"

#include <random>
#include <thread>

#include <doctest/doctest.h>

#include "signals/id_table.h"

namespace alloy {

namespace {

SeriesRef make(SeriesStore& store, std::string_view name, std::string_view value) {
  const Label labels[] = {{"__name__", name}, {"v", value}};
  return store.intern(labels);
}

}  // namespace

TEST_CASE("equal label sets are one series") {
  SeriesStore store;
  const SeriesRef a = make(store, "up", "1");
  const SeriesRef b = make(store, "up", "1");
  const SeriesRef c = make(store, "up", "2");
  CHECK(a.get() == b.get());
  CHECK(a.get() != c.get());
  CHECK(store.size() == 2);
  CHECK(store.describe(*c) == R"({__name__="up", v="2"})");
  CHECK(store.label(*a, "v") == "1");
  CHECK(store.label(*a, "w").empty());
  CHECK(&store.at(store.number_of(*a)) == a.get());
}

TEST_CASE("a series without labels is one too") {
  SeriesStore store;
  const SeriesRef none = store.intern({});
  CHECK(none->labels().empty());
  CHECK(store.describe(*none) == "{}");
}

TEST_CASE("a slot is used again, a uid never") {
  SeriesStore store;
  SeriesRef first = make(store, "a", "1");
  const uint32_t slot = first->slot();
  const uint64_t uid = first->uid();
  first = {};
  CHECK(store.size() == 0);
  CHECK(store.pool().size() == 0);
  const SeriesRef second = make(store, "a", "1");
  CHECK(second->slot() == slot);
  CHECK(second->uid() != uid);
  CHECK(store.slots() == 1);
}

TEST_CASE("a pair is kept as remote write spells it") {
  LabelPool pool;
  const LabelId id = pool.intern("job", "x");
  CHECK(pool.encoded(id) == std::string_view("\x0a\x08\x0a\x03job\x12\x01x"));
  CHECK(pool.label(id) == Label{"job", "x"});
  const std::string large(100000, 'y');
  const LabelId big = pool.intern("n", large);
  CHECK(pool.value(big) == large);
  CHECK(pool.encoded(big).size() == 1 + 3 + 2 + 1 + 1 + 3 + large.size());
  CHECK(pool.intern("job", "x") == id);
  pool.release(id);
  pool.release(id);
  pool.release(big);
  CHECK(pool.size() == 0);
}

TEST_CASE("bytes of a steady set of series stay within the budget") {
  SeriesStore store;
  std::vector<SeriesRef> series;
  for (int i = 0; i < 20000; ++i) {
    const std::string pod = std::to_string(i / 60);
    const std::string route = std::to_string(i % 500);
    const Label labels[] = {{"__name__", "http_requests_total"},
                            {"a", "b"},
                            {"c", "d"},
                            {"instance", "10.0.0.1"},
                            {"job", "x"},
                            {"method", "GET"},
                            {"pod", pod},
                            {"route", route}};
    series.push_back(store.intern(labels));
  }
  CHECK(store.size() == 20000);
  CHECK(store.bytes() / store.size() < 80);
}

TEST_CASE("the table of ids finds what is there, through growth and removal") {
  IdTable table;
  std::mt19937 random(7);
  std::vector<bool> there(2000);
  // Few distinct hashes, so that runs of collisions are long.
  const auto hash = [](uint32_t id) { return uint64_t{id % 37} * 0x07000000; };
  for (int step = 0; step < 20000; ++step) {
    const uint32_t id = 1 + random() % 1999;
    const bool found = table.find(hash(id), [&](uint32_t other) { return other == id; }) == id;
    REQUIRE(found == there[id]);
    if (found) {
      table.erase(hash(id), id);
    } else {
      table.insert(hash(id), id);
    }
    there[id] = !found;
  }
}

TEST_CASE("threads that make and drop the same series agree") {
  SeriesStore store;
  const auto work = [&store](unsigned seed) {
    std::mt19937 random(seed);
    std::vector<SeriesRef> held(16);
    for (int i = 0; i < 20000; ++i) {
      const std::string value = std::to_string(random() % 32);
      SeriesRef series = make(store, "m", value);
      if (store.label(*series, "v") != value) std::abort();
      held[random() % held.size()] = std::move(series);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < 4; ++i) threads.emplace_back(work, i);
  for (std::thread& thread : threads) thread.join();
  CHECK(store.size() == 0);
  CHECK(store.pool().size() == 0);
}

}  // namespace alloy
