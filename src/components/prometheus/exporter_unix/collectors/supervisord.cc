// supervisord: the processes that it looks after, asked over XML-RPC.
#include <fmt/format.h>

#include "base/executor.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/shared/xml.h"
#include "net/http_client.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// What is said of one process.
struct Supervised {
  std::string name;
  std::string group;
  double state = 0;
  double exit_status = 0;
  double start = 0;

  // STARTING, RUNNING or STOPPING.
  bool is_up() const { return state == 10 || state == 20 || state == 40; }
};

// The text of <value>, with or without a type around it.
std::string_view text_of(const XmlElement& value) {
  return value.children.empty() ? value.text : value.children.front().text;
}

Supervised read_process(const XmlElement& structure) {
  Supervised process;
  for (const XmlElement& member : structure.children) {
    const std::string_view name = member["name"].text;
    const std::string_view value = text_of(member["value"]);
    if (name == "name") process.name = value;
    if (name == "group") process.group = value;
    if (name == "state") process.state = to_double_or_zero(value);
    if (name == "exitstatus") process.exit_status = to_double_or_zero(value);
    if (name == "start") process.start = to_double_or_zero(value);
  }
  return process;
}

Result<std::vector<Supervised>> read_answer(std::string_view text) {
  TRY(const XmlElement root, parse_xml(text));
  if (root.has("fault")) {
    std::string message = "fault";
    for (const XmlElement& member : root["fault"]["value"]["struct"].children) {
      if (member["name"].text == "faultString") message = text_of(member["value"]);
    }
    return fail(std::move(message));
  }
  std::vector<Supervised> processes;
  const XmlElement& data = root["params"]["param"]["value"]["array"]["data"];
  for (const XmlElement& value : data.children) {
    if (value.has("struct")) processes.push_back(read_process(value["struct"]));
  }
  return processes;
}

class Supervisord final : public Collector {
 public:
  static Result<std::unique_ptr<Supervisord>> create(const CollectorOptions& options) {
    options.logger.warn(
        "This collector is deprecated and will be removed in the next major version release.");
    auto supervisord = std::make_unique<Supervisord>();
    supervisord->url_ = options.arguments.supervisord.url;
    net::HttpClientOptions client_options;
    constexpr std::string_view socket_scheme = "unix://";
    if (supervisord->url_.starts_with(socket_scheme)) {
      client_options.unix_socket = supervisord->url_.substr(socket_scheme.size());
      supervisord->url_ = "http://unix/RPC2";
    }
    TRY(supervisord->client_,
        net::HttpClient::create(supervisord->executor_.any(), std::move(client_options)));
    return supervisord;
  }

  Result<> collect(Metrics& out) override {
    Result<net::Response> response = fail("not asked");
    executor_.run(ask(client_.get(), url_, &response));
    if (!response) {
      return std::unexpected(
          std::move(response).error().with_context("unable to call supervisord"));
    }
    if (!response->is_success()) {
      return fail(fmt::format("unable to call supervisord: {}", response->status_line));
    }
    auto processes = read_answer(response->body);
    if (!processes) {
      return std::unexpected(
          std::move(processes).error().with_context("unable to call supervisord"));
    }
    for (const Supervised& process : *processes) add(process, out);
    return {};
  }

 private:
  static Task<> ask(net::HttpClient* client, std::string url, Result<net::Response>* into) {
    net::Request request{.method = "POST", .url = std::move(url)};
    request.headers.set("Content-Type", "text/xml");
    request.body =
        "<?xml version=\"1.0\"?><methodCall><methodName>supervisor.getAllProcessInfo</methodName>"
        "<params></params></methodCall>";
    request.timeout = std::chrono::seconds(10);
    *into = co_await client->fetch(std::move(request), {});
  }

  static void add(const Supervised& process, Metrics& out) {
    const std::array<Label, 2> labels = {{{"name", process.name}, {"group", process.group}}};
    out.add(Kind::gauge, "node_supervisord_state", "Process State", labels, process.state);
    out.add(Kind::gauge, "node_supervisord_exit_status", "Process Exit Status", labels,
            process.exit_status);
    out.add(Kind::gauge, "node_supervisord_up", "Process Up", labels, process.is_up() ? 1 : 0);
    if (process.is_up()) {
      out.add(Kind::counter, "node_supervisord_start_time_seconds", "Process start time", labels,
              process.start);
    }
  }

  // A thread of its own: collectors wait, and the program may end meanwhile.
  Executor executor_{1};
  std::string url_;
  std::unique_ptr<net::HttpClient> client_;
};

}  // namespace

Result<std::unique_ptr<Collector>> create_supervisord(const CollectorOptions& options) {
  return create_collector<Supervisord>(options);
}

}  // namespace alloy::prometheus::exporter_unix
