#include "services/live_streams.h"

#include <charconv>
#include <deque>
#include <mutex>
#include <random>
#include <set>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy {
namespace {

using net::ServerRequest;
using net::ServerResponse;
using Writer = std::shared_ptr<net::BodyWriter>;

constexpr std::string_view separator = "|;|";
constexpr size_t records_max = 1000;
constexpr size_t record_bytes_max = 16 << 20;
constexpr Duration flush_interval = 1s;

Task<ServerResponse> ready(ServerResponse response) { co_return response; }

// Who knows the component or module with this id.
const ComponentDirectory* directory_of(const LiveStreams& streams, std::string_view id) {
  const bool is_remote = id == "remotecfg" || id.starts_with("remotecfg/");
  return is_remote ? streams.remote_components() : streams.components();
}

// Asks to stop as soon as one of two does; must outlive whoever waits for it.
class EitherStop {
 public:
  EitherStop(const StopToken& a, const StopToken& b)
      : on_a_(a, Ask{&source_}), on_b_(b, Ask{&source_}) {}
  StopToken token() const { return source_.get_token(); }

 private:
  struct Ask {
    StopSource* source;
    void operator()() const { source->request_stop(); }
  };
  StopSource source_;
  std::stop_callback<Ask> on_a_;
  std::stop_callback<Ask> on_b_;
};

// The records of one stream between two flushes. What does not fit is dropped.
struct Records {
  std::mutex mutex;  // Guards everything below.
  std::string text;
  size_t count = 0;
  std::minstd_rand random{std::random_device()()};

  void add(const LiveData& data, double probability) {
    std::lock_guard lock(mutex);
    for (const std::string& record : data.records) {
      if (count >= records_max || text.size() >= record_bytes_max) return;
      if (probability < 1 && std::generate_canonical<double, 32>(random) >= probability) continue;
      (text += record) += separator;
      ++count;
    }
  }
  std::string take() {
    std::lock_guard lock(mutex);
    count = 0;
    return std::exchange(text, {});
  }
};

Task<Result<void>> stream_records(std::shared_ptr<Records> records, std::shared_ptr<void> watch,
                                  StopToken hung_up, StopToken closing, Writer writer) {
  const EitherStop stop(hung_up, closing);
  while (co_await sleep_for(flush_interval, stop.token()) == Wake::elapsed) {
    std::string text = records->take();
    if (text.empty()) continue;
    CO_TRY(co_await writer->write(std::move(text)));
  }
  watch.reset();
  co_return Result<void>();
}

ServerResponse debug_response(const LiveStreams& streams, std::string_view id,
                              const ServerRequest& request) {
  if (!streams.debugging.is_enabled())
    return net::text_response(500,
                              "the live debugging service is disabled. Check the documentation to "
                              "find out how to enable it");
  const ComponentDirectory* directory = directory_of(streams, id);
  const auto component = directory ? directory->find_component(id) : std::nullopt;
  if (!component) return net::text_response(500, "component not found");
  if (!component->supports_live_debugging)
    return net::text_response(500, fmt::format("the component {} does not support live debugging",
                                               quote(component->name)));
  double probability = 1;
  if (const auto text = query_parameter(request.query, "sampleProb")) {
    const char* end = text->data() + text->size();
    const auto [at, error] = std::from_chars(text->data(), end, probability);
    if (error != std::errc() || at != end || !(probability >= 0 && probability <= 1))
      return net::text_response(400, "Invalid sample probability");
  }
  ServerResponse response;
  if (request.method == "HEAD") return response;
  const auto records = std::make_shared<Records>();
  LiveDebugging* debugging = &streams.debugging;
  auto watch = debugging->watch(id, LiveInterest::records, [=](const LiveData& data) {
    if (debugging->is_enabled()) records->add(data, probability);
  });
  response.stream = [=, stop = request.stop, closing = streams.closing](Writer writer) {
    return stream_records(records, watch, stop, closing, std::move(writer));
  };
  return response;
}

// What flowed through the components of a module within one window.
struct Flows {
  struct Flow {
    uint64_t count = 0;
    std::set<std::string> targets;
  };
  std::mutex mutex;  // Guards everything below.
  std::map<std::pair<std::string, LiveDataType>, Flow> flows;

  void add(const std::string& component, const LiveData& data) {
    std::lock_guard lock(mutex);
    Flow& flow = flows[{component, data.type}];
    flow.count += data.count;
    flow.targets.insert(data.targets.begin(), data.targets.end());
  }

  // The JSON of a window, which is over.
  std::string take(Duration window) {
    std::lock_guard lock(mutex);
    const double seconds = std::chrono::duration<double>(window).count();
    std::string out = "[";
    for (const auto& [key, flow] : std::exchange(flows, {})) {
      if (out.size() > 1) out += ',';
      out += "{\"componentID\":";
      append_json_string(out, key.first);
      out += ",\"targetComponentIDs\":";
      if (flow.targets.empty()) {
        out += "null";
      } else {
        char before = '[';
        for (const auto& target : flow.targets) {
          out += std::exchange(before, ',');
          append_json_string(out, target);
        }
        out += ']';
      }
      out += fmt::format(",\"type\":\"{}\",\"rate\":{}}}", name_of(key.second),
                         static_cast<double>(flow.count) / seconds);
    }
    return out + "]";
  }
};

Task<Result<void>> stream_flows(std::shared_ptr<Flows> flows,
                                std::vector<std::shared_ptr<void>> watches, Duration window,
                                StopToken hung_up, StopToken closing, Writer writer) {
  const EitherStop stop(hung_up, closing);
  while (co_await sleep_for(window, stop.token()) == Wake::elapsed)
    CO_TRY(co_await writer->write(flows->take(window) + std::string(separator)));
  watches.clear();
  co_return Result<void>();
}

ServerResponse graph_response(const LiveStreams& streams, std::string_view module_id,
                              const ServerRequest& request) {
  const ComponentDirectory* directory = directory_of(streams, module_id);
  if (directory == nullptr) return net::text_response(500, "module not found");
  const auto components = directory->list_components(module_id);
  if (!components) return net::text_response(500, components.error().message());
  int64_t seconds = 5;
  if (const auto text = query_parameter(request.query, "window")) {
    const char* end = text->data() + text->size();
    const auto [at, error] = std::from_chars(text->data(), end, seconds);
    if (error != std::errc() || at != end || seconds < 1 || seconds > 60)
      return net::text_response(400, "Invalid window: must be an integer between 1 and 60");
  }
  ServerResponse response = plain_text(200, "");
  if (request.method == "HEAD") return response;
  const auto flows = std::make_shared<Flows>();
  std::vector<std::shared_ptr<void>> watches;
  for (const ComponentInfo& component : *components) {
    if (!component.supports_live_debugging) continue;
    watches.push_back(streams.debugging.watch(
        component.global_id(), LiveInterest::counts,
        [flows, id = component.local_id](const LiveData& data) { flows->add(id, data); }));
  }
  response.stream = [=, window = Duration(std::chrono::seconds(seconds)), stop = request.stop,
                     closing = streams.closing](Writer writer) {
    return stream_flows(flows, watches, window, stop, closing, std::move(writer));
  };
  return response;
}

}  // namespace

void LiveStreams::add_routes(HttpRouter& router, const std::string& api) const {
  const std::string debug = api + "debug/";
  router.add_prefix(debug, [streams = *this, debug](ServerRequest request) {
    const std::string id = request.path.substr(debug.size());
    return ready(id.empty() ? page_not_found() : debug_response(streams, id, request));
  });
  const std::string graph = api + "graph";
  router.add(graph, [streams = *this](ServerRequest request) {
    return ready(graph_response(streams, "", request));
  });
  router.add_prefix(graph + "/", [streams = *this, graph](ServerRequest request) {
    const std::string id = request.path.substr(graph.size() + 1);
    return ready(id.empty() ? page_not_found() : graph_response(streams, id, request));
  });
}

}  // namespace alloy
