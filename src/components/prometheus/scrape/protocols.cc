// Negotiation of formats.
#include "components/prometheus/scrape/protocols.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::prometheus::scrape {

namespace {

struct Protocol {
  std::string_view name;
  std::string_view accept;
  std::string_view media_type;
  bool has_escaping;
};

// By name.
constexpr Protocol protocols_known[] = {
    {"OpenMetricsText0.0.1", "application/openmetrics-text;version=0.0.1",
     "application/openmetrics-text", false},
    {"OpenMetricsText1.0.0", "application/openmetrics-text;version=1.0.0",
     "application/openmetrics-text", true},
    {"PrometheusProto",
     "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
     "application/vnd.google.protobuf", false},
    {"PrometheusText0.0.4", "text/plain;version=0.0.4", "text/plain", false},
    {"PrometheusText1.0.0", "text/plain;version=1.0.0", "text/plain", true},
};

const Protocol* find_protocol(std::string_view name) {
  const auto found = std::ranges::find(protocols_known, name, &Protocol::name);
  return found == std::end(protocols_known) ? nullptr : found;
}

struct MediaType {
  std::string type;
  std::vector<std::pair<std::string, std::string>> parameters;

  std::string_view get(std::string_view name) const {
    for (const auto& [key, value] : parameters) {
      if (key == name) return value;
    }
    return {};
  }
};

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

bool is_token(std::string_view text) {
  constexpr std::string_view separators = "()<>@,;:\\\"/[]?= \t";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return c > ' ' && c < '\x7f' && !separators.contains(c);
  });
}

std::optional<std::string> read_quoted(std::string_view& rest) {
  std::string value;
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  return std::nullopt;
}

// RFC 2045, section 5.1. Nothing where it is broken.
std::optional<MediaType> parse_media_type(std::string_view text) {
  MediaType media;
  std::string_view rest = text.substr(std::min(text.find(';'), text.size()));
  media.type = to_lower(trim(text.substr(0, text.size() - rest.size())));
  const size_t slash = media.type.find('/');
  if (slash == std::string::npos ? !is_token(media.type)
                                 : !is_token(std::string_view(media.type).substr(0, slash)) ||
                                       !is_token(std::string_view(media.type).substr(slash + 1))) {
    return std::nullopt;
  }
  while (!(rest = trim(rest)).empty()) {
    if (rest.front() != ';') return std::nullopt;
    rest = trim(rest.substr(1));
    if (rest.empty()) break;
    const size_t equal = rest.find('=');
    if (equal == std::string_view::npos || !is_token(rest.substr(0, equal))) return std::nullopt;
    std::string name = to_lower(rest.substr(0, equal));
    rest.remove_prefix(equal + 1);
    std::optional<std::string> value;
    if (rest.starts_with('"')) {
      value = read_quoted(rest);
    } else {
      const std::string_view token = rest.substr(0, rest.find_first_of("; \t"));
      if (is_token(token)) value = token;
      rest.remove_prefix(token.size());
    }
    if (!value) return std::nullopt;
    media.parameters.emplace_back(std::move(name), *std::move(value));
  }
  return media;
}

std::optional<BodyFormat> format_of(const MediaType& media) {
  if (media.type == "text/plain") return BodyFormat{};
  if (media.type == "application/openmetrics-text") {
    return BodyFormat{.text = wire::TextFormat::open_metrics, .warning = {}};
  }
  if (media.type == "application/vnd.google.protobuf") {
    return BodyFormat{.is_protobuf = true, .warning = {}};
  }
  return std::nullopt;
}

}  // namespace

bool is_known_protocol(std::string_view name) { return find_protocol(name) != nullptr; }

std::string list_known_protocols() {
  std::string list = "[";
  for (const Protocol& protocol : protocols_known) {
    if (list.size() > 1) list += ' ';
    list += protocol.name;
  }
  return list + "]";
}

std::string accept_header(const std::vector<std::string>& protocols, std::string_view escaping) {
  std::string header;
  size_t weight = std::size(protocols_known) + 1;
  for (const std::string& name : protocols) {
    const Protocol* protocol = find_protocol(name);
    ASSERT(protocol != nullptr);
    header += protocol->accept;
    if (protocol->has_escaping) header += fmt::format(";escaping={}", escaping);
    header += fmt::format(";q=0.{},", weight--);
  }
  return header + fmt::format("*/*;q=0.{}", weight);
}

Result<BodyFormat> body_format(std::string_view content_type, std::string_view fallback) {
  std::optional<MediaType> media;
  if (!content_type.empty()) media = parse_media_type(content_type);
  if (media) {
    if (auto format = format_of(*media)) return *std::move(format);
  }
  const bool has_fallback = !fallback.empty();
  std::string reason;
  if (content_type.empty()) {
    reason = "non-compliant scrape target sending blank Content-Type";
  } else if (!media) {
    reason = fmt::format("{} Content-Type {}",
                         has_fallback ? "could not parse received" : "cannot parse",
                         quote(content_type));
  } else {
    reason = fmt::format("received unsupported Content-Type {}", quote(content_type));
  }
  if (!has_fallback) {
    return fail(reason + (content_type.empty() || media
                              ? " and no fallback_scrape_protocol specified for target"
                              : " and no fallback_scrape_protocol for target"));
  }
  const Protocol* protocol = find_protocol(fallback);
  ASSERT(protocol != nullptr);
  BodyFormat format;
  format.is_protobuf = protocol->name == "PrometheusProto";
  if (protocol->media_type == "application/openmetrics-text") {
    format.text = wire::TextFormat::open_metrics;
  }
  format.warning =
      fmt::format("{}, using fallback_scrape_protocol {}", reason, quote(protocol->media_type));
  return format;
}

}  // namespace alloy::prometheus::scrape
