// loki.source.api takes log entries over HTTP: push requests of Loki (JSON and protobuf), and plain
// lines.
#include <fmt/format.h>
#include <snappy.h>

#include "component/component.h"
#include "components/loki/shared/http_source.h"
#include "schema/byte_size.h"
#include "wire/loki_push_reader.h"

namespace alloy::loki::source_api {
namespace {

struct Arguments {
  HttpServerArguments server;
  std::vector<LogsReceiverPointer> forward_to;
  std::map<std::string, std::string> labels;
  RelabelRulesPointer relabel_rules;
  bool use_incoming_timestamp = false;
  ByteSize max_send_message_size = ByteSize::mib(100);

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        inlined<&T::server>(), required<&T::forward_to>("forward_to", "Where the entries go."),
        optional<&T::labels>("labels", "Labels to give to every stream."),
        optional<&T::relabel_rules>("relabel_rules", "Rules applied to the labels of each stream."),
        optional<&T::use_incoming_timestamp>(
            "use_incoming_timestamp", "Whether entries keep their time, instead of that of now."),
        optional<&T::max_send_message_size>("max_send_message_size",
                                            "How large a push request may be."));
  }
};

constexpr size_t message_bytes_default = 100 << 20;
constexpr size_t raw_bytes_max = 256 << 20;

// Reads requests. One for each, so that several can be read at a time.
class Reader {
 public:
  Reader(SeriesStore& store, Clock& clock) : store_(store), clock_(clock) {}

  static Task<HttpSourceResult> push(std::shared_ptr<const Reader> self,
                                     std::shared_ptr<net::ServerRequest> request,
                                     HttpSourceSettingsPointer settings);
  static Task<HttpSourceResult> raw(std::shared_ptr<const Reader> self,
                                    std::shared_ptr<net::ServerRequest> request,
                                    HttpSourceSettingsPointer settings);

  void set_message_bytes_max(size_t size) {
    message_bytes_max_ = size > 0 ? size : message_bytes_default;
  }

 private:
  Result<> parse(wire::LokiPushRequest& push, std::string body,
                 const net::ServerRequest& request) const;
  std::string label(wire::LokiPushRequest& push, const HttpSourceSettings& settings,
                    std::string_view tenant) const;
  int64_t now_ns() const { return clock_.wall().time_since_epoch().count(); }

  SeriesStore& store_;
  Clock& clock_;
  std::atomic<size_t> message_bytes_max_ = message_bytes_default;
};

// "application/json; charset=utf-8" -> "application/json"; fails where there is none.
Result<std::string> media_type(const net::ServerRequest& request) {
  std::string_view text = request.headers.get("Content-Type");
  text = text.substr(0, text.find(';'));
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  if (text.empty()) return fail("mime: no media type");
  std::string type(text);
  for (char& c : type) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return type;
}

Result<> Reader::parse(wire::LokiPushRequest& push, std::string body,
                       const net::ServerRequest& request) const {
  TRY(const std::string type, media_type(request));
  if (type == "application/json") return push.read_json(std::move(body));
  size_t size = 0;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size))
    return fail("snappy: corrupt input");
  if (size > message_bytes_max_) {
    return fail(fmt::format("received message larger than max ({} vs {})", size,
                            message_bytes_max_.load()));
  }
  std::string message;
  if (!snappy::Uncompress(body.data(), body.size(), &message)) return fail("snappy: corrupt input");
  return push.read_protobuf(std::move(message));
}

// Gives the entries their labels and drops those that have none left; returns what was wrong.
std::string Reader::label(wire::LokiPushRequest& push, const HttpSourceSettings& settings,
                          std::string_view tenant) const {
  std::string error;
  std::vector<LogEntry>& entries = push.entries().entries();
  const int64_t now = now_ns();
  LabelBuilder labels;
  for (const auto& stream : push.streams()) {
    const Series* series = nullptr;
    if (!stream.error.empty()) {
      error = stream.error;
    } else {
      labels.reset(stream.labels);
      for (const auto& [name, value] : settings.labels) labels.set(name, value);
      if (auto finished = finish_labels(store_, labels, settings.relabel_rules, tenant))
        series = push.entries().hold(std::move(finished));
    }
    for (size_t i = stream.begin; i < stream.end; ++i) {
      entries[i].labels = series;
      if (!settings.use_incoming_timestamp) entries[i].timestamp_ns = now;
    }
  }
  std::erase_if(entries, [](const LogEntry& entry) { return entry.labels == nullptr; });
  return error;
}

Task<HttpSourceResult> Reader::push(std::shared_ptr<const Reader> self,
                                    std::shared_ptr<net::ServerRequest> request,
                                    HttpSourceSettingsPointer settings) {
  auto body = co_await read_body(request, self->message_bytes_max_);
  if (!body) co_return HttpSourceResult{.status = 400, .error = body.error().message()};
  auto push = std::make_shared<wire::LokiPushRequest>();
  if (const auto parsed = self->parse(*push, *std::move(body), *request); !parsed)
    co_return HttpSourceResult{.status = 400, .error = parsed.error().message()};
  HttpSourceResult result;
  result.error = self->label(*push, *settings, request->headers.get("X-Scope-OrgID"));
  result.status = result.error.empty() ? 204 : 400;
  result.entries = std::shared_ptr<LogBatchBuilder>(push, &push->entries());
  co_return result;
}

Task<HttpSourceResult> Reader::raw(std::shared_ptr<const Reader> self,
                                   std::shared_ptr<net::ServerRequest> request,
                                   HttpSourceSettingsPointer settings) {
  auto body = co_await request->body->read_all(raw_bytes_max);
  if (!body) co_return HttpSourceResult{.status = 400, .error = body.error().message()};
  const auto text = std::make_shared<const std::string>(*std::move(body));
  HttpSourceResult result{.entries = std::make_shared<LogBatchBuilder>(), .memory = text};
  LabelBuilder labels;
  for (const auto& [name, value] : settings->labels) labels.put(name, value);
  const Series* series = result.entries->hold(self->store_.intern(labels.labels()));
  const int64_t now = self->now_ns();
  std::string_view rest = *text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    result.entries->entries().push_back({.labels = series, .timestamp_ns = now, .line = line});
  }
  co_return result;
}

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

class Api final : public AwaitingComponentWith<Arguments> {
 public:
  explicit Api(Options options);
  ~Api() override { source_->close(); }
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  const std::shared_ptr<Reader> reader_;
  const std::shared_ptr<HttpSource> source_;
  OwnHttpServer server_;
};

Api::Api(Options options)
    : AwaitingComponentWith(std::move(options)),
      reader_(std::make_shared<Reader>(store_of(this->options()), clock())),
      source_(std::make_shared<HttpSource>(
          this->options(), this->options().metrics.counter("loki_source_api_entries_written",
                                                           "Total number of entries written."))),
      server_(this->options(), "loki_source_api") {
  const auto push = [reader = reader_](auto request, auto settings) {
    return Reader::push(reader, std::move(request), std::move(settings));
  };
  const auto raw = [reader = reader_](auto request, auto settings) {
    return Reader::raw(reader, std::move(request), std::move(settings));
  };
  for (const char* prefix : {"", "/loki"}) {
    source_->add({"POST", fmt::format("{}/api/v1/push", prefix), push});
    source_->add({"POST", fmt::format("{}/api/v1/raw", prefix), raw});
  }
  source_->add(text_route("/ready", "ready"));
}

Task<Result<>> Api::update(Arguments arguments) {
  reader_->set_message_bytes_max(
      static_cast<size_t>(std::max<int64_t>(arguments.max_send_message_size.bytes, 0)));
  source_->configure({.labels = std::move(arguments.labels),
                      .relabel_rules = std::move(arguments.relabel_rules),
                      .use_incoming_timestamp = arguments.use_incoming_timestamp},
                     std::move(arguments.forward_to));
  co_return co_await server_.update(arguments.server,
                                    [source = source_](net::ServerRequest request) {
                                      return HttpSource::handle(source, std::move(request));
                                    });
}

Task<> Api::run(StopToken stop) {
  server_.start();
  co_await clock().sleep(Duration::max(), stop);
  co_await server_.stop();
  source_->close();
}

}  // namespace
}  // namespace alloy::loki::source_api

namespace alloy {

extern const ComponentType loki_source_api = {
    .name = "loki.source.api",
    .doc = "Takes log entries over HTTP and passes them on.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::source_api::Arguments>,
    .create = create<loki::source_api::Api>,
};

}  // namespace alloy
