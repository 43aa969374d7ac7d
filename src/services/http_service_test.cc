#include "services/http_service.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "services/http_router.h"

namespace alloy {
namespace {

struct FixedMetrics final : SelfMetrics {
  size_t more = 0;  // Series besides the one.

  MetricFamilies collect() const override {
    MetricFamilies all = {{"x", {"x", "About x.", MetricType::gauge, {{"x", {{"a", "b"}}, 1}}}}};
    for (size_t i = 0; i < more; ++i)
      all["x"].samples.push_back({"x", {{"number", std::to_string(i)}}, 2});
    return all;
  }
};

struct KeepingWriter final : net::BodyWriter {
  std::string written;
  size_t chunk_size_max = 0;

  Task<Result<void>> write(std::string chunk) override {
    chunk_size_max = std::max(chunk_size_max, chunk.size());
    written += chunk;
    co_return Result<void>();
  }
  void set_trailers(net::Headers) override {}
};

struct FixedDirectory final : ComponentDirectory {
  std::vector<ComponentInfo> components;

  Result<std::vector<ComponentInfo>> list_components(std::string_view module_id) const override {
    if (!module_id.empty()) return fail("module not found", ErrorKind::not_found);
    return components;
  }
  std::optional<ComponentInfo> find_component(std::string_view id) const override {
    for (const auto& c : components)
      if (c.global_id() == id) return c;
    return std::nullopt;
  }
  bool has_component(std::string_view id) const override { return find_component(id).has_value(); }
};

struct Fixture {
  Executor executor{1};
  FixedMetrics metrics;
  FixedDirectory directory;
  FixedDirectory remote_directory;
  LiveDebugging live_debugging;
  Result<> reload_result;
  HttpService service;

  explicit Fixture(std::string prefix = "/")
      : service({.ui_path_prefix = std::move(prefix),
                 .executor = executor,
                 .logger = Logger(),
                 .metrics = metrics,
                 .reload = [this] { return reload(this); },
                 .peers = [] { return std::vector<Peer>{{"n", "127.0.0.1:1", true, "viewer"}}; },
                 .live_debugging = live_debugging,
                 .support_bundle = bundle_parts()}) {
    directory.components.push_back(
        {.name = "local.file", .local_id = "local.file.a", .label = "a"});
    service.set_components(directory, remote_directory);
    service.open();
  }

  static SupportBundleParts bundle_parts() {
    return {
        .version = "v1",
        .components = [] { return "[]"; },
        .peers = [] { return "[]"; },
        .metrics = [] { return "x 1\n"; },
        .runtime_flags = [] { return "a=b\n"; },
        .sources =
            [] { return std::vector<std::pair<std::string, std::string>>{{"c.alloy", "// c\n"}}; },
        .follow_log = [](auto log) -> std::shared_ptr<void> {
          log("a line");
          return nullptr;
        }};
  }
  static Task<Result<>> reload(Fixture* self) { co_return self->reload_result; }

  static Task<> ask(HttpService* service, net::ServerRequest request, net::ServerResponse* into) {
    *into = co_await service->answer(std::move(request));
  }
  net::ServerResponse send(net::ServerRequest request) {
    net::ServerResponse response;
    executor.run(ask(&service, std::move(request), &response));
    return response;
  }
  static Task<> stream(std::function<Task<Result<void>>(std::shared_ptr<net::BodyWriter>)> body,
                       std::shared_ptr<net::BodyWriter> writer) {
    const auto sent = co_await body(std::move(writer));
    CHECK(sent.has_value());
  }
  net::ServerResponse get(std::string path) { return send({.path = std::move(path)}); }
};

Task<net::ServerResponse> echo(net::ServerRequest request) {
  co_return plain_text(200, request.path);
}

}  // namespace

TEST_CASE("readiness is refused with the reason until the configuration is loaded") {
  Fixture f;
  CHECK(f.get("/-/ready").status == 503);
  CHECK(f.get("/-/ready").body.starts_with("Alloy is not ready.\n"));
  f.service.set_ready();
  CHECK(f.get("/-/ready").status == 200);
  CHECK(f.send({.method = "PUT", .path = "/-/ready"}).body == "Alloy is ready.\n");
}

TEST_CASE("before the configuration has said who may ask, everything is refused") {
  Fixture f;
  HttpService closed({.executor = f.executor,
                      .logger = Logger(),
                      .metrics = f.metrics,
                      .live_debugging = f.live_debugging});
  net::ServerResponse response;
  f.executor.run(Fixture::ask(&closed, {.path = "/metrics"}, &response));
  CHECK(response.status == 503);
}

TEST_CASE("unhealthy components are named by their kind, once an instance") {
  Fixture f;
  CHECK(f.get("/-/healthy").body == "All Alloy components are healthy.\n");
  f.directory.components[0].health.state = HealthState::unhealthy;
  f.directory.components.push_back(f.directory.components[0]);
  const auto response = f.get("/-/healthy");
  CHECK(response.status == 500);
  CHECK(response.body == "unhealthy components: local.file, local.file\n");
}

TEST_CASE("a reload answers with its error, and only to GET and POST") {
  Fixture f;
  CHECK(f.get("/-/reload").body == "config reloaded\n");
  f.reload_result = fail("reading config path \"x\": no");
  const auto refused = f.send({.method = "POST", .path = "/-/reload"});
  CHECK(refused.status == 400);
  CHECK(refused.body == "reading config path \"x\": no\n");
  CHECK(f.send({.method = "PUT", .path = "/-/reload"}).status == 404);
  CHECK(Fixture("/ui").send({.method = "PUT", .path = "/-/reload"}).status == 405);
}

TEST_CASE("paths with doubled slashes or dots are redirected to their clean form") {
  Fixture f;
  const auto response = f.send({.path = "/-/./ready", .query = "a=b"});
  CHECK(response.status == 301);
  CHECK(response.headers.get("Location") == "/-/ready?a=b");
  CHECK(f.get("//-/ready").headers.get("Location") == "/-/ready");
  CHECK(f.get("/-/ready/").status == 404);
}

TEST_CASE("a component's handler gets what follows the component's id") {
  Fixture f;
  auto inner = f.service.serve("mod.a/prometheus.exporter.self.b", echo);
  CHECK(f.get("/api/v0/component/mod.a/prometheus.exporter.self.b/metrics").body == "/metrics");
  CHECK(f.get("/api/v0/component/mod.a/prometheus.exporter.self.b").body == "/");
  CHECK(f.get("/api/v0/component/local.file.a/metrics").status == 404);
  const auto unknown = f.get("/api/v0/component/no.such/metrics");
  CHECK(unknown.status == 400);
  CHECK(unknown.body ==
        "failed to parse URL path \"/api/v0/component/no.such/metrics\": invalid path\n");
  inner = {};
  CHECK(f.get("/api/v0/component/mod.a/prometheus.exporter.self.b/metrics").status == 400);
}

TEST_CASE("a handler that took another one's place stays when that one goes") {
  Fixture f;
  auto first = f.service.serve("a.b", echo);
  auto second = f.service.serve("a.b", echo);
  first = {};
  CHECK(f.get("/api/v0/component/a.b/x").status == 200);
}

TEST_CASE("without credentials only the paths that need none are answered") {
  Fixture f;
  HttpAuth auth{.username = "ann", .password = "pw"};
  f.service.set_auth(auth);
  CHECK(f.get("/metrics").status == 401);
  CHECK(f.get("/metrics").headers.get("Www-Authenticate") == "Basic realm=\"Restricted\"");
  CHECK(f.send({.path = "/metrics", .headers = {{"Authorization", "Basic YW5uOnB3"}}}).status ==
        200);
  CHECK(f.send({.path = "/metrics", .headers = {{"Authorization", "Basic YW5uOnB4"}}}).status ==
        401);
  auth.paths = {"/-/"};
  f.service.set_auth(auth);
  CHECK(f.get("/-/healthy").status == 200);
  auth.authenticate_matching_paths = true;
  f.service.set_auth(auth);
  CHECK(f.get("/-/healthy").status == 401);
  CHECK(f.get("/metrics").status == 200);
}

TEST_CASE("components are listed with every field, in the order of the real API") {
  Fixture f;
  f.directory.components[0].health = {HealthState::healthy, "read file", WallTime()};
  CHECK(f.get("/api/v0/web/components").body ==
        R"([{"name":"local.file","type":"block","localID":"local.file.a","moduleID":"",)"
        R"("label":"a","referencesTo":[],"referencedBy":[],"dataFlowEdgesTo":[],)"
        R"("health":{"state":"healthy","message":"read file",)"
        R"("updatedTime":"0001-01-01T00:00:00Z"},"original":"","arguments":[],"exports":[],)"
        R"("debugInfo":[],"liveDebuggingEnabled":false}])");
  CHECK(f.get("/api/v0/web/components/local.file.a").status == 200);
  CHECK(f.get("/api/v0/web/components/local.file.b").body == "404 page not found\n");
  CHECK(f.get("/api/v0/web/components/").status == 404);
  CHECK(f.get("/api/v0/web/modules/x/components").body == "module not found\n");
  CHECK(f.get("/api/v0/web/remotecfg/components").body == "[]");
  CHECK(f.get("/api/v0/web/peers").body ==
        R"([{"name":"n","addr":"127.0.0.1:1","isSelf":true,"state":"viewer"}])");
}

TEST_CASE("the UI's prefix moves the web API but not the fixed endpoints") {
  Fixture f("/side/ui/");
  CHECK(f.get("/side/ui/api/v0/web/peers").status == 200);
  CHECK(f.get("/api/v0/web/peers").status == 404);
  CHECK(f.get("/metrics").status == 200);
  const auto redirect = f.get("/side/ui");
  CHECK(redirect.status == 302);
  CHECK(redirect.headers.get("Location") == "/side/ui/");
}

TEST_CASE("a support bundle holds the configuration, metrics, profiles and the log") {
  Fixture f;
  const auto response = f.send({.path = "/-/support", .query = "duration=1"});
  CHECK(response.headers.get("Content-Type") == "application/zip");
  for (const char* name : {"alloy-metadata.yaml", "alloy-components.json", "alloy-peers.json",
                           "alloy-metrics-sample-start.txt", "alloy-metrics-sample-end.txt",
                           "alloy-runtime-flags.txt", "alloy-environment.txt", "alloy-logs.txt",
                           "pprof/cpu.pprof", "pprof/heap.pprof", "sources/c.alloy"})
    CHECK(response.body.find(std::string("alloy-support-bundle/") + name) != std::string::npos);
}

TEST_CASE("a support bundle's duration is a number of seconds up to 30") {
  Fixture f;
  CHECK(f.send({.path = "/-/support", .query = "duration=x"}).body ==
        "duration value (in seconds) should be a positive integer: strconv.Atoi: parsing \"x\": "
        "invalid syntax\n");
  CHECK(f.send({.path = "/-/support", .query = "duration=0"}).status == 400);
  CHECK(f.send({.path = "/-/support", .query = "duration=31"}).status == 400);
}

TEST_CASE("profiles come in pprof's format under the names of Go programs") {
  Fixture f;
  CHECK(f.get("/debug/pprof").status == 307);
  CHECK(f.get("/debug/pprof/").headers.get("Content-Type") == "text/html; charset=utf-8");
  const std::vector<char> keep(4 << 20);
  const auto heap = f.get("/debug/pprof/heap");
  CHECK(heap.headers.get("Content-Disposition") == "attachment; filename=\"heap\"");
  CHECK(heap.body.starts_with("\x1f\x8b"));
  const auto cpu = f.send({.path = "/debug/pprof/profile", .query = "seconds=0.05"});
  CHECK(cpu.status == 200);
  CHECK(cpu.body.starts_with("\x1f\x8b"));
  CHECK(f.get("/debug/pprof/none").body == "Unknown profile\n");
}

TEST_CASE("metrics are text, or protobuf for who asks for it") {
  Fixture f;
  const auto text = f.get("/metrics");
  CHECK(text.headers.get("Content-Type") ==
        "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
  CHECK(text.body == "# HELP x About x.\n# TYPE x gauge\nx{a=\"b\"} 1\n");
  const auto binary =
      f.send({.path = "/metrics",
              .headers = {{"Accept",
                           "application/vnd.google.protobuf;proto=io.prometheus.client."
                           "MetricFamily;encoding=delimited"}}});
  CHECK(binary.body == std::string("\x24\x0a\x01x\x12\x08"
                                   "About x.\x18\x01\x22\x13\x0a\x06\x0a\x01"
                                   "a\x12\x01"
                                   "b\x12\x09\x09\0\0\0\0\0\0\xf0\x3f",
                                   37));
}

TEST_CASE("a large exposition is sent piece by piece, and compressed as a whole") {
  Fixture f;
  f.metrics.more = 100'000;
  const std::string expected = write_exposition(f.metrics.collect());
  const auto plain = f.get("/metrics");
  REQUIRE(plain.stream);
  const auto writer = std::make_shared<KeepingWriter>();
  f.executor.run(Fixture::stream(plain.stream, writer));
  CHECK(writer->written == expected);
  CHECK(writer->chunk_size_max <= 64 << 10);
  const auto small = f.send({.path = "/metrics", .headers = {{"Accept-Encoding", "gzip"}}});
  CHECK(small.headers.get("Content-Encoding") == "gzip");
  const auto dense = f.send({.path = "/metrics", .headers = {{"Accept-Encoding", "zstd"}}});
  CHECK(dense.headers.get("Content-Encoding") == "zstd");
  CHECK(dense.body.starts_with("\x28\xb5\x2f\xfd"));
  CHECK(small.body.size() < expected.size() / 4);
  // RFC 1952: the last four bytes are the size of what was compressed.
  uint32_t size = 0;
  for (size_t i = 1; i <= 4; ++i)
    size = size << 8 | static_cast<unsigned char>(small.body[small.body.size() - i]);
  CHECK(size == expected.size());
}

}  // namespace alloy
