#include "components/shared/outgoing/queue_store.h"

#include <doctest/doctest.h>

#include "queue/memory_file_system.h"
#include "queue/reader.h"

namespace alloy::outgoing {
namespace {

using Keys = std::vector<std::string>;

struct Fixture {
  queue::MemoryFileSystem files;
  std::shared_ptr<QueueStore> store;

  Fixture() { open(); }
  void open() {
    store.reset();
    auto opened = QueueStore::open({.folder = "s", .clock = real_clock(), .files = &files});
    REQUIRE(opened);
    store = *std::move(opened);
  }
  std::shared_ptr<queue::Log> assign(uint64_t settings, const Keys& keys) {
    auto log = store->assign(settings, keys);
    REQUIRE(log);
    return *log;
  }
  static void append(queue::Log& log) { log.append({.counts = {1, 0, 0, 0}}, "x"); }
};

std::vector<std::string> match(const std::vector<EndpointIdentity>& identities, Keys old) {
  return match_identities(identities, std::move(old));
}

TEST_CASE("an endpoint is recognised by name and URL, by name, by URL, or as the only one left") {
  const EndpointIdentity a{"a", "http://a"};
  const EndpointIdentity b{"", "http://b"};
  CHECK(match({b, a}, {a.key(), b.key()}) == Keys{b.key(), a.key()});
  const EndpointIdentity moved{"a", "http://new"};
  CHECK(match({moved, b}, {a.key(), b.key()}) == Keys{a.key(), b.key()});
  const EndpointIdentity named{"b", "http://b"};
  CHECK(match({named}, {a.key(), b.key()}) == Keys{b.key()});
  const EndpointIdentity other{"", "http://other"};
  CHECK(match({a, other}, {a.key(), b.key()}) == Keys{a.key(), b.key()});
  const EndpointIdentity third{"", "http://third"};
  CHECK(match({third, other}, {b.key()}) == Keys{"", ""});
}

TEST_CASE("endpoints of equal settings share a queue, also after a restart") {
  Fixture f;
  const std::string folder = f.assign(1, {"a", "b"})->folder();
  CHECK(f.assign(2, {"c"})->folder() != folder);
  f.open();
  CHECK(f.assign(1, {"a", "b"})->folder() == folder);
  CHECK(f.assign(1, {"a", "b", "new"})->folder() == folder);
}

TEST_CASE("changed settings get a newer queue, and the old one is read first") {
  Fixture f;
  const auto old = f.assign(1, {"a"});
  Fixture::append(*old);
  const auto fresh = f.assign(2, {"a"});
  f.store->set_current({fresh});
  CHECK(f.store->queues_of("a") == std::vector{old, fresh});
  // Back again: what lies in the second queue must go before what comes now.
  Fixture::append(*fresh);
  const auto third = f.assign(1, {"a"});
  CHECK(third != old);
  CHECK(f.store->queues_of("a") == std::vector{old, fresh, third});
}

TEST_CASE("a queue that somebody left with unsent data takes no more") {
  Fixture f;
  const auto shared = f.assign(1, {"a", "b"});
  Fixture::append(*shared);
  const auto moved = f.assign(2, {"b"});
  const auto rest = f.assign(1, {"a"});
  CHECK(rest != shared);
  f.store->set_current({moved, rest});
  CHECK(f.store->queues_of("a") == std::vector{shared, rest});
  CHECK(f.store->queues_of("b") == std::vector{shared, moved});
  const std::string folder = shared->folder();
  f.store->finish(shared, "a");
  f.store->finish(shared, "b");
  for (const auto& [path, content] : f.files.contents) CHECK_FALSE(path.starts_with(folder));
}

TEST_CASE("who left with nothing unsent is no reason for a new queue") {
  Fixture f;
  const auto shared = f.assign(1, {"a", "b"});
  f.assign(2, {"b"});
  CHECK(f.assign(1, {"a"}) == shared);
  CHECK(shared->reader_keys() == Keys{"a"});
}

TEST_CASE("renaming swaps, keeps cursors, and forgets who is gone") {
  Fixture f;
  const auto log = f.assign(1, {"a", "b", "gone"});
  Fixture::append(*log);
  f.store->rename_readers({"a", "b", ""}, {"b", "a", "new"});
  Fixture::append(*log);
  CHECK(log->reader_keys() == Keys{"a", "b"});
  CHECK(log->reader_stats("a").records_pending == 2);
}

}  // namespace
}  // namespace alloy::outgoing
