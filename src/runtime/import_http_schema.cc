// The arguments of import.http as `validate` knows them; when it runs, a component has its own
// (component_import.h).
#include "runtime/blocks.h"
#include "values/secret.h"

namespace alloy::runtime {
namespace {

struct HttpImport {
  std::string url;
  std::string method = "GET";
  std::map<std::string, OptionalSecret> headers;
  std::string body;
  Duration poll_frequency = 1min;
  Duration poll_timeout = 10s;
  std::map<std::string, Value> client;

  static constexpr auto schema() {
    return fields(
        required<&HttpImport::url>("url", "Where the module is got from."),
        optional<&HttpImport::method>("method", "The method of the request."),
        optional<&HttpImport::headers>("headers", "Headers of the request."),
        optional<&HttpImport::body>("body", "The body of the request."),
        optional<&HttpImport::poll_frequency>("poll_frequency", "How often it is got."),
        optional<&HttpImport::poll_timeout>("poll_timeout", "How long a request may take."),
        block<&HttpImport::client>("client", "How to connect."));
  }
};

}  // namespace

const Schema& import_http_schema() { return schema_of<HttpImport>; }

}  // namespace alloy::runtime
