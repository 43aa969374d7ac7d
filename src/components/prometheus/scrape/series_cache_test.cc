// The cache of a target's lines, scrape after scrape.
#include "components/prometheus/scrape/series_cache.h"

#include <random>
#include <set>
#include <string>

#include <doctest/doctest.h>

namespace alloy::prometheus::scrape {

namespace {

struct Fixture {
  SeriesStore store;
  SeriesCache cache{store};
  size_t predicted = 0;
  size_t duplicates = 0;

  // One scrape with these lines; gives the names of the series that ended.
  std::multiset<std::string> scrape(const std::vector<std::string>& lines, bool succeeds = true,
                                    bool tracked = true) {
    predicted = duplicates = 0;
    cache.begin();
    for (const std::string& line : lines) {
      SeriesCache::Entry* entry = nullptr;
      if (cache.expected(line + " 1\n") != nullptr) {
        entry = &cache.advance();
        ++predicted;
      } else {
        entry = cache.find(line);
        if (entry == nullptr) {
          const Label name{"__name__", std::string_view(line).substr(0, line.find('|'))};
          entry = &cache.add(line, *store.intern(std::span(&name, 1)).detach());
        }
      }
      CHECK(store.label(store.at(entry->series), "__name__") == line.substr(0, line.find('|')));
      if (entry->is_duplicate) {
        ++duplicates;
      } else {
        cache.track(*entry, tracked);
      }
    }
    std::vector<const Series*> ended;
    succeeds ? cache.commit(ended) : cache.abandon(ended);
    std::multiset<std::string> names;
    for (const Series* series : ended) {
      names.emplace(store.label(*series, "__name__"));
    }
    cache.release_ended();
    return names;
  }
};

using Names = std::multiset<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a steady target is predicted line by line") {
  CHECK(scrape({"a", "b", "c"}).empty());
  CHECK(scrape({"a", "b", "c"}).empty());
  CHECK(predicted == 3);
}

TEST_CASE_FIXTURE(Fixture, "series that vanish end once, wherever they stood") {
  scrape({"a", "b", "c", "d"});
  CHECK(scrape({"a", "c", "d"}) == Names{"b"});
  CHECK(scrape({"a", "c"}) == Names{"d"});
  CHECK(scrape({}) == Names{"a", "c"});
  CHECK(scrape({}).empty());
  CHECK(store.size() == 0);
}

TEST_CASE_FIXTURE(Fixture, "another order is learned") {
  scrape({"a", "b", "c"});
  CHECK(scrape({"c", "x", "b", "a"}).empty());
  CHECK(scrape({"c", "x", "b", "a"}).empty());
  CHECK(predicted == 4);
}

TEST_CASE_FIXTURE(Fixture, "a repeated line is marked, and predicted like any other") {
  scrape({"a", "b", "a"});
  CHECK(duplicates == 1);
  CHECK(scrape({"a", "b", "a"}).empty());
  CHECK(predicted == 3);
  CHECK(duplicates == 1);
  CHECK(scrape({"a", "b"}).empty());
  CHECK(scrape({"b"}) == Names{"a"});
}

TEST_CASE_FIXTURE(Fixture, "a failed scrape ends all series, which then come back unchanged") {
  scrape({"a", "b"});
  CHECK(scrape({"a", "x"}, false) == Names{"a", "b"});
  CHECK(scrape({}, false).empty());
  CHECK(scrape({"a", "b"}).empty());
  CHECK(scrape({"a"}) == Names{"b"});
}

TEST_CASE_FIXTURE(Fixture, "untracked series get no end") {
  scrape({"a", "b"}, true, false);
  CHECK(scrape({"a"}, true, false).empty());
  CHECK(scrape({"a"}, false, false).empty());
}

TEST_CASE_FIXTURE(Fixture, "a series whose bytes change goes on") {
  scrape({"a|1", "b"});
  CHECK(scrape({"a|2", "b"}).empty());
  CHECK(scrape({"b"}) == Names{"a"});
}

TEST_CASE_FIXTURE(Fixture, "a line under another type is another series") {
  cache.begin();
  cache.set_context(7);
  const Label name{"__name__", "a"};
  CHECK(cache.find("a") == nullptr);
  cache.add("a", *store.intern(std::span(&name, 1)).detach());
  std::vector<const Series*> ended;
  cache.commit(ended);
  cache.begin();
  CHECK(cache.expected("a 1\n") == nullptr);
  cache.set_context(7);
  CHECK(cache.expected("a 1\n") != nullptr);
  cache.abandon(ended);
}

TEST_CASE_FIXTURE(Fixture, "random targets never lose or confuse a series") {
  std::mt19937 random(5);
  std::set<std::string> before;
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> lines;
    for (int i = 0; i < 30; ++i) {
      if (random() % 8 != 0) lines.push_back("m" + std::to_string(10 + i % 25));
    }
    if (random() % 4 == 0) std::shuffle(lines.begin(), lines.end(), random);
    const bool succeeds = random() % 6 != 0;
    std::set<std::string> now;
    if (succeeds) now.insert(lines.begin(), lines.end());
    Names expected;
    for (const std::string& name : before) {
      if (!now.contains(name)) expected.insert(name);
    }
    CHECK(scrape(lines, succeeds) == expected);
    before = now;
  }
  cache.clear();
  CHECK(store.size() == 0);
}

}  // namespace alloy::prometheus::scrape
