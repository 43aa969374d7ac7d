// Follows the objects of one kind: lists them, then watches what changes, and begins anew where the
// server has forgotten how we got here. Speaks streaming lists where the server does (Kubernetes
// 1.32) and plain lists otherwise; asks for bookmarks, so that an interrupted watch goes on where
// it was.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "components/shared/kubernetes/objects.h"
#include "net/http_client.h"

namespace alloy::kubernetes {

// News about a kind of object.
struct ObjectChange {
  std::string key;
  ClusterObjectPointer object;  // Null: it is gone.
};
struct ObjectChanges {
  bool is_complete = false;  // These are all that there are; what isn't among them is gone.
  std::vector<ObjectChange> changes;
};

struct Selectors {
  std::string label;
  std::string field;
  bool operator==(const Selectors&) const = default;
};

class Informer {
 public:
  struct Options {
    net::HttpClient& client;
    std::string url;  // Of the API server.
    const ObjectType& type;
    std::string name_space;  // Empty: all.
    Selectors selectors;
    Clock& clock;
    // Both are called from any thread and must be quick.
    std::function<void(ObjectChanges)> on_changes;
    std::function<void(const Error&)> on_failure;
    // Whether to take more news of a watch just now; null: always.
    std::shared_ptr<net::Throttle> throttle = nullptr;
  };
  explicit Informer(Options options);

  // Follows until asked to stop, whatever happens on the way.
  Task<> run(StopToken stop);

 private:
  class Stream;

  std::string url_with(std::string query) const;
  Task<Result<>> step(StopToken stop);
  Task<Result<>> list(StopToken stop);
  Task<Result<>> watch(StopToken stop);
  Task<Result<>> streaming_list(StopToken stop);
  Task<Result<>> read_stream(std::string query, Stream* stream, StopToken stop);
  unsigned watch_seconds();

  Options options_;
  bool can_stream_lists_ = true;
  std::optional<std::string> version_;  // Where to watch from; none: nothing is known yet.
  std::mt19937 random_{std::random_device{}()};
};

// A watch's line: what happened to which object. For Informer and for fuzzing.
struct WatchEvent {
  enum class Kind : unsigned char { changed, deleted, bookmark, other };
  Kind kind = Kind::other;
  ClusterObjectPointer object;
  std::string version;
  bool ends_initial_list = false;
};
// Fails with what the server reports; kind not_found where it has forgotten the version (410).
Result<WatchEvent> parse_watch_event(std::string_view line, const ObjectType& type);

struct ObjectList {
  std::vector<ClusterObjectPointer> objects;
  std::string version;
  std::string next;  // To go on with, when there are more.
};
Result<ObjectList> parse_object_list(std::string_view body, const ObjectType& type);

// What a failed request says: "pods is forbidden: …", or its status and body.
Error status_error(int status, std::string_view status_line, std::string_view body);

}  // namespace alloy::kubernetes
