// Listing and watching.
#include "components/shared/kubernetes/informer.h"

#include "base/text.h"
#include "net/url.h"

namespace alloy::kubernetes {
namespace {

constexpr size_t page_size = 500;
constexpr Duration list_timeout = 60s;
constexpr Duration watch_slack = 30s;  // Beyond what the server was told to take.
// How long a streaming list may be silent before its end.
constexpr Duration silence_max = 20s;
constexpr Duration backoff_min = 800ms;
constexpr Duration backoff_max = 30s;
constexpr Duration watch_lasts = 2s;
constexpr size_t line_bytes_max = size_t{32} << 20;
constexpr int gone = 410;

bool is_done(const Result<>& result) {
  return !result && result.error().kind() == ErrorKind::not_found;
}

}  // namespace

Error status_error(int status, std::string_view status_line, std::string_view body) {
  const ErrorKind kind = status == gone ? ErrorKind::not_found : ErrorKind::failed;
  if (const auto document = JsonDocument::parse(body)) {
    const auto message = document->root().is_object() ? document->root()["message"].text() : "";
    if (!message.empty()) return Error(std::string(message), kind);
  }
  constexpr size_t shown_max = 200;
  return Error(
      fmt::format("the server answered {}: {}", status_line, trim(body.substr(0, shown_max))),
      kind);
}

Result<WatchEvent> parse_watch_event(std::string_view line, const ObjectType& type) {
  TRY(const auto document, JsonDocument::parse(line));
  const JsonNode root = document.root();
  const JsonNode object = root["object"];
  const auto name = root["type"].text();
  WatchEvent event;
  if (name == "ERROR") {
    const auto code = static_cast<int>(object["code"].integer());
    return std::unexpected(status_error(code, std::to_string(code), object.minified()));
  }
  event.version = object["metadata"]["resourceVersion"].text();
  if (name == "BOOKMARK") {
    event.kind = WatchEvent::Kind::bookmark;
    event.ends_initial_list =
        object["metadata"]["annotations"]["k8s.io/initial-events-end"].text() == "true";
  } else if (name == "ADDED" || name == "MODIFIED" || name == "DELETED") {
    event.kind = name == "DELETED" ? WatchEvent::Kind::deleted : WatchEvent::Kind::changed;
    event.object = type.decode(object);
  }
  TRY(document.check());
  return event;
}

Result<ObjectList> parse_object_list(std::string_view body, const ObjectType& type) {
  TRY(const auto document, JsonDocument::parse(body));
  const JsonNode root = document.root();
  ObjectList list;
  for (const JsonNode& item : root["items"].elements()) list.objects.push_back(type.decode(item));
  list.version = root["metadata"]["resourceVersion"].text();
  list.next = root["metadata"]["continue"].text();
  TRY(document.check());
  return list;
}

// Takes a watch's bytes apart into lines and hands on what they say. While an initial list streams
// in, objects are gathered until the bookmark that ends it.
class Informer::Stream {
 public:
  Stream(Informer& informer, bool is_initial) : informer_(informer), is_initial_(is_initial) {}

  Result<> take_head(const net::Response& response) {
    status_ = response.status;
    status_line_ = response.status_line;
    return {};
  }
  Result<> take(std::string_view piece) {
    progress_.notify();
    buffer_ += piece;
    if (status_ != 200) return buffer_.size() > line_bytes_max ? fail("too long") : Result<>();
    size_t begin = 0;
    for (size_t end = 0; (end = buffer_.find('\n', begin)) != std::string::npos; begin = end + 1)
      TRY(take_line(std::string_view(buffer_).substr(begin, end - begin)));
    buffer_.erase(0, begin);
    if (buffer_.size() > line_bytes_max) return fail("an object is too large");
    flush();
    return {};
  }
  Result<> finish() {
    if (status_ != 200) return std::unexpected(status_error(status_, status_line_, buffer_));
    TRY(take_line(buffer_));
    flush();
    return {};
  }
  // From any thread.
  bool is_initial() const { return is_initial_; }
  Event& progress() { return progress_; }
  int status() const { return status_; }
  // Whether something came that is no news of objects, before the list's end.
  bool is_foreign() const { return is_foreign_; }

 private:
  Result<> take_line(std::string_view line) {
    if (trim(line).empty()) return {};
    auto parsed = parse_watch_event(line, informer_.options_.type);
    // A server may answer with something else altogether, such as a plain list.
    if (is_initial_ && (parsed ? parsed->kind == WatchEvent::Kind::other
                               : parsed.error().kind() != ErrorKind::not_found))
      is_foreign_ = true;
    TRY(auto event, std::move(parsed));
    if (!event.version.empty() && !is_initial_) informer_.version_ = event.version;
    switch (event.kind) {
      case WatchEvent::Kind::bookmark:
        if (event.ends_initial_list && is_initial_) {
          changes_.is_complete = true;
          is_initial_ = false;
          informer_.version_ = event.version;
        }
        break;
      case WatchEvent::Kind::changed:
        changes_.changes.push_back({event.object->key(), event.object});
        break;
      case WatchEvent::Kind::deleted:
        changes_.changes.push_back({event.object->key(), nullptr});
        break;
      case WatchEvent::Kind::other:
        break;
    }
    return {};
  }
  void flush() {
    if (is_initial_ || (changes_.changes.empty() && !changes_.is_complete)) return;
    informer_.options_.on_changes(std::exchange(changes_, {}));
  }

  Informer& informer_;
  std::atomic<bool> is_initial_;
  bool is_foreign_ = false;
  int status_ = 0;
  std::string status_line_;
  std::string buffer_;
  ObjectChanges changes_;
  Event progress_;
};

Informer::Informer(Options options) : options_(std::move(options)) {}

// Every request carries the selectors; parameters in the order of their names.
std::string Informer::url_with(std::string query) const {
  std::string url = options_.url + std::string(options_.type.prefix);
  if (!options_.name_space.empty() && options_.type.is_namespaced)
    url += "/namespaces/" + net::escape_path_segment(options_.name_space);
  url += "/" + std::string(options_.type.plural) + "?" + query;
  if (!options_.selectors.field.empty())
    url += "&fieldSelector=" + net::escape_query(options_.selectors.field);
  if (!options_.selectors.label.empty())
    url += "&labelSelector=" + net::escape_query(options_.selectors.label);
  return url;
}

// Between five and ten minutes, so that not all watches end at once.
unsigned Informer::watch_seconds() {
  return std::uniform_int_distribution<unsigned>(300, 600)(random_);
}

Task<> Informer::run(StopToken stop) {
  Duration backoff = backoff_min;
  while (!stop.stop_requested()) {
    const SteadyTime started = options_.clock.steady();
    const auto result = co_await step(stop);
    if (stop.stop_requested()) co_return;
    if (is_done(result)) {
      version_.reset();  // 410: what we know is too old to go on from.
    } else if (!result) {
      options_.on_failure(result.error());
    }
    // A watch that lasted is a good one; one that ends at once is asked for ever more seldom.
    if (result && options_.clock.steady() - started > watch_lasts) backoff = backoff_min;
    const double jitter = std::uniform_real_distribution<>(0.5, 1.0)(random_);
    co_await options_.clock.sleep(std::chrono::duration_cast<Duration>(backoff * jitter), stop);
    backoff = std::min(backoff * 2, backoff_max);
  }
}

Task<Result<>> Informer::step(StopToken stop) {
  if (version_) co_return co_await watch(stop);
  if (can_stream_lists_) {
    auto result = co_await streaming_list(stop);
    if (can_stream_lists_) co_return result;
  }
  CO_TRY(co_await list(stop));
  co_return co_await watch(std::move(stop));
}

Task<Result<>> Informer::list(StopToken stop) {
  ObjectChanges all{.is_complete = true, .changes = {}};
  std::string version;
  std::string next;
  do {
    std::string query = fmt::format("limit={}", page_size);
    // The first page may come from the server's cache.
    query += next.empty() ? "&resourceVersion=0" : "&continue=" + net::escape_query(next);
    net::Request request{.url = url_with(std::move(query)), .timeout = list_timeout};
    request.headers.add("Accept", "application/json");
    CO_TRY(const auto response, co_await options_.client.fetch(std::move(request), stop));
    if (response.status != 200)
      co_return std::unexpected(status_error(response.status, response.status_line, response.body));
    CO_TRY(auto page, parse_object_list(response.body, options_.type));
    for (ClusterObjectPointer& object : page.objects) {
      std::string key = object->key();
      all.changes.push_back({std::move(key), std::move(object)});
    }
    version = std::move(page.version);
    next = std::move(page.next);
  } while (!next.empty());
  version_ = std::move(version);
  options_.on_changes(std::move(all));
  co_return Result<>();
}

Task<Result<>> Informer::watch(StopToken stop) {
  Stream stream(*this, false);
  std::string query = "allowWatchBookmarks=true&watch=true";
  if (!version_->empty()) query += "&resourceVersion=" + net::escape_query(*version_);
  co_return co_await read_stream(std::move(query), &stream, std::move(stop));
}

// A watch that begins with all objects there are. A server that refuses it, or does not know it and
// never ends the list, is asked for plain lists from then on.
Task<Result<>> Informer::streaming_list(StopToken stop) {
  Stream stream(*this, true);
  StopSource give_up;
  const std::stop_callback pass_on(stop, [&give_up] { give_up.request_stop(); });
  TaskGroup reading(co_await boost::asio::this_coro::executor, TaskGroup::Strands::shared);
  Result<> result;
  bool is_reading = true;
  struct Read {
    static Task<> run(Informer* self, Stream* stream, StopToken stop, Result<>* result,
                      bool* is_reading) {
      *result = co_await self->read_stream(
          "allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&sendInitialEvents=true"
          "&watch=true",
          stream, std::move(stop));
      *is_reading = false;
      stream->progress().notify();
    }
  };
  reading.spawn(Read::run(this, &stream, give_up.get_token(), &result, &is_reading));
  bool was_silent = false;
  while (is_reading && stream.is_initial() && !was_silent)
    was_silent = co_await stream.progress().wait(stop, silence_max) == Wake::elapsed;
  if (was_silent && stream.is_initial()) give_up.request_stop();
  co_await reading.join();
  const bool was_refused = stream.status() != 200 && stream.status() != 0;
  if (stream.is_initial() && !stop.stop_requested() &&
      (was_silent || was_refused || stream.is_foreign()))
    can_stream_lists_ = false;
  co_return result;
}

Task<Result<>> Informer::read_stream(std::string query, Stream* stream, StopToken stop) {
  const unsigned seconds = watch_seconds();
  query += fmt::format("&timeoutSeconds={}", seconds);
  net::Request request{.url = url_with(std::move(query)),
                       .timeout = std::chrono::seconds(seconds) + watch_slack,
                       .body_size_max = 0};
  request.throttle = options_.throttle;
  request.headers.add("Accept", "application/json");
  request.on_head = [stream](const net::Response& head) { return stream->take_head(head); };
  request.on_body = [stream](std::string_view piece) { return stream->take(piece); };
  CO_TRY(co_await options_.client.fetch(std::move(request), std::move(stop)));
  co_return stream->finish();
}

}  // namespace alloy::kubernetes
