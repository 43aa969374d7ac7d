// loki.source.heroku takes the logs that Heroku's log drains send over HTTPS.
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_layout.h"
#include "component/component.h"
#include "components/loki/shared/http_source.h"
#include "net/url_escape.h"

namespace alloy::loki::source_heroku {
namespace {

struct Arguments {
  HttpServerArguments server;
  std::map<std::string, std::string> labels;
  bool use_incoming_timestamp = false;
  std::vector<LogsReceiverPointer> forward_to;
  RelabelRulesPointer relabel_rules;

  static constexpr auto schema() {
    using T = Arguments;
    return fields(
        inlined<&T::server>(), optional<&T::labels>("labels", "Labels to give to every entry."),
        optional<&T::use_incoming_timestamp>(
            "use_incoming_timestamp", "Whether entries keep their time, instead of that of now."),
        required<&T::forward_to>("forward_to", "Where the entries go."),
        optional<&T::relabel_rules>("relabel_rules", "Rules applied to the labels of each entry."));
  }
};

constexpr size_t body_bytes_max = 64 << 20;
constexpr size_t priority_digits_max = 3;

// "<158>1 2022-06-13T14:52:23.622778+00:00 host app process id text"
struct Message {
  int64_t timestamp_ns = 0;
  std::string_view hostname;
  std::string_view application;
  std::string_view process;
  std::string_view id;
  std::string_view text;
};

std::unexpected<Error> refuse(std::string_view why) {
  return fail(std::string(why), ErrorKind::invalid);
}

Result<std::string_view> take_field(std::string_view& text) {
  const size_t end = text.find(' ');
  if (end == text.npos) return refuse("EOF");
  const std::string_view field = text.substr(0, end);
  text.remove_prefix(end + 1);
  return field;
}

bool is_priority_and_version(std::string_view field) {
  const size_t close = field.find('>');
  if (!field.starts_with('<') || close == field.npos || close + 1 >= field.size()) return false;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string_view number = field.substr(1, close - 1);
  return !number.empty() && number.size() <= priority_digits_max &&
         std::ranges::all_of(number, is_digit) && is_digit(field[close + 1]);
}

Result<Message> parse_message(std::string_view text) {
  static const TimeLayout layout("2006-01-02T15:04:05.999999Z07:00");
  TRY(const std::string_view priority, take_field(text));
  if (!is_priority_and_version(priority)) return refuse("invalid pri-val");
  TRY(const std::string_view time_text, take_field(text));
  const auto time = layout.parse(time_text);
  if (!time) return refuse(time.error().message(layout.text(), time_text));
  Message message{.timestamp_ns = time->unix_nanoseconds()};
  TRY(message.hostname, take_field(text));
  TRY(message.application, take_field(text));
  TRY(message.process, take_field(text));
  TRY(message.id, take_field(text));
  message.text = text;
  return message;
}

// "89 <158>1 ..." one after another: each behind its length in octets.
Result<std::vector<Message>> parse_messages(std::string_view body) {
  std::vector<Message> messages;
  while (!body.empty()) {
    size_t length = 0;
    const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), length);
    if (error != std::errc() || end == body.data() + body.size() || *end != ' ')
      return refuse("bad frame");
    body.remove_prefix(static_cast<size_t>(end - body.data()) + 1);
    if (length > body.size()) return refuse("unexpected EOF");
    TRY(messages.emplace_back(), parse_message(body.substr(0, length)));
    body.remove_prefix(length);
  }
  return messages;
}

std::string unescape_query(std::string text) {
  std::ranges::replace(text, '+', ' ');
  return net::unescape_url_part(text, net::UrlPart::query).value_or(text);
}

// The parameters of the drain's URL; several values of one name are joined.
std::map<std::string, std::string> parse_query(std::string_view query) {
  std::map<std::string, std::string> parameters;
  for (const std::string_view pair : split(query, '&')) {
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    std::string& value = parameters[unescape_query(std::string(pair.substr(0, equals)))];
    if (!value.empty()) value += ',';
    if (equals != pair.npos) value += unescape_query(std::string(pair.substr(equals + 1)));
  }
  return parameters;
}

class Reader {
 public:
  Reader(SeriesStore& store, Clock& clock, Counter& parsing_errors)
      : store_(store), clock_(clock), parsing_errors_(parsing_errors) {}

  static Task<HttpSourceResult> read(std::shared_ptr<const Reader> self,
                                     std::shared_ptr<net::ServerRequest> request,
                                     HttpSourceSettingsPointer settings);

 private:
  using Parameters = std::map<std::string, std::string>;
  SeriesRef labels_of(const Message& message, const Parameters& parameters,
                      const HttpSourceSettings& settings, std::string_view tenant) const;

  SeriesStore& store_;
  Clock& clock_;
  Counter& parsing_errors_;
};

SeriesRef Reader::labels_of(const Message& message, const Parameters& parameters,
                            const HttpSourceSettings& settings, std::string_view tenant) const {
  LabelBuilder labels;
  labels.set("__heroku_drain_host", message.hostname);
  labels.set("__heroku_drain_app", message.application);
  labels.set("__heroku_drain_proc", message.process);
  labels.set("__heroku_drain_log_id", message.id);
  for (const auto& [name, value] : parameters)
    labels.set(labels.keep("__heroku_drain_param_" + name), value);
  labels.set("__tenant_id__", tenant);
  const bool is_kept = !settings.relabel_rules || settings.relabel_rules->apply(labels);
  LabelBuilder finished;
  for (const auto& [name, value] : settings.labels) finished.put(name, value);
  if (is_kept) {
    for (const Label& label : labels.labels()) {
      if (!label.name.starts_with("__")) finished.put(label.name, label.value);
    }
  }
  if (!tenant.empty()) finished.put("__tenant_id__", tenant);
  return store_.intern(finished.labels());
}

Task<HttpSourceResult> Reader::read(std::shared_ptr<const Reader> self,
                                    std::shared_ptr<net::ServerRequest> request,
                                    HttpSourceSettingsPointer settings) {
  auto body = co_await request->body->read_all(body_bytes_max);
  if (!body) co_return HttpSourceResult{.status = 400, .error = body.error().message()};
  const auto text = std::make_shared<const std::string>(*std::move(body));
  const auto messages = parse_messages(*text);
  if (!messages) {
    self->parsing_errors_.add(1);
    co_return HttpSourceResult{.status = 400, .error = messages.error().message()};
  }
  const auto parameters = parse_query(request->query);
  const std::string_view tenant = request->headers.get("X-Scope-OrgID");
  HttpSourceResult result{.entries = std::make_shared<LogBatchBuilder>(), .memory = text};
  const int64_t now = self->clock_.wall().time_since_epoch().count();
  for (const Message& message : *messages) {
    SeriesRef labels = self->labels_of(message, parameters, *settings, tenant);
    result.entries->entries().push_back(
        {.labels = result.entries->hold(std::move(labels)),
         .timestamp_ns = settings->use_incoming_timestamp ? message.timestamp_ns : now,
         .line = message.text});
  }
  co_return result;
}

struct DebugInfo {
  bool ready = false;
  std::string address;

  static constexpr auto schema() {
    return fields(required<&DebugInfo::ready>("ready", "Whether it listens."),
                  required<&DebugInfo::address>("address", "Where."));
  }
};

class Heroku final : public AwaitingComponentWith<Arguments> {
 public:
  explicit Heroku(Options options);
  ~Heroku() override { source_->close(); }
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;
  std::optional<Described> debug_info() const override;

 private:
  const std::shared_ptr<HttpSource> source_;
  OwnHttpServer server_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::string address_;
};

Heroku::Heroku(Options options)
    : AwaitingComponentWith(std::move(options)),
      source_(std::make_shared<HttpSource>(
          this->options(), this->options().metrics.counter(
                               "loki_source_heroku_drain_entries_total",
                               "Number of successful entries received by the Heroku target"))),
      server_(this->options(), "loki_source_heroku_drain_target") {
  auto* store = this->options().services.find<SeriesStore>();
  ASSERT(store != nullptr);
  const auto reader = std::make_shared<const Reader>(
      *store, clock(),
      this->options().metrics.counter("loki_source_heroku_drain_parsing_errors_total",
                                      "Number of parsing errors while receiving Heroku messages"));
  source_->add({"POST", "/heroku/api/v1/drain", [reader](auto request, auto settings) {
                  return Reader::read(reader, std::move(request), std::move(settings));
                }});
  source_->add(text_route("/healthy", ""));
}

Task<Result<>> Heroku::update(Arguments arguments) {
  source_->configure({.labels = std::move(arguments.labels),
                      .relabel_rules = std::move(arguments.relabel_rules),
                      .use_incoming_timestamp = arguments.use_incoming_timestamp},
                     std::move(arguments.forward_to));
  auto listening =
      co_await server_.update(arguments.server, [source = source_](net::ServerRequest request) {
        return HttpSource::handle(source, std::move(request));
      });
  const std::lock_guard lock(mutex_);
  address_ = server_.address();
  co_return listening;
}

Task<> Heroku::run(StopToken stop) {
  server_.start();
  co_await clock().sleep(Duration::max(), stop);
  co_await server_.stop();
  source_->close();
}

std::optional<Described> Heroku::debug_info() const {
  const std::lock_guard lock(mutex_);
  return described(DebugInfo{.ready = !address_.empty(), .address = address_});
}

}  // namespace
}  // namespace alloy::loki::source_heroku

namespace alloy {

extern const ComponentType loki_source_heroku = {
    .name = "loki.source.heroku",
    .doc = "Takes log entries from Heroku's log drains and passes them on.",
    .stability = Stability::generally_available,
    .arguments = &schema_of<loki::source_heroku::Arguments>,
    .create = create<loki::source_heroku::Heroku>,
};

}  // namespace alloy
