#include "components/prometheus/exporter_blackbox/module.h"

#include <algorithm>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"
#include "components/prometheus/exporter_blackbox/dns_names.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

constexpr std::string_view struct_name = "config.plain";

void read_address(YamlMapping& fields, AddressChoice& address) {
  fields.read("preferred_ip_protocol", address.preferred_ip_protocol);
  fields.read("ip_protocol_fallback", address.ip_protocol_fallback);
}

void read_tls(YamlMapping& fields, net::TlsClientOptions& tls) {
  if (const YamlNode* node = fields.find("tls_config"))
    read_tls_options(*node, tls, fields.errors());
}

void read_tcp(const YamlNode& node, TcpModule& tcp, YamlErrors& errors) {
  YamlMapping fields(node, struct_name, errors);
  read_address(fields, tcp.address);
  fields.read("source_ip_address", tcp.source_ip_address);
  fields.read("query_response", tcp.query_response);
  fields.read("tls", tcp.tls);
  read_tls(fields, tcp.tls_config);
  fields.refuse_others();
}

void read_icmp(const YamlNode& node, IcmpModule& icmp, YamlErrors& errors) {
  YamlMapping fields(node, struct_name, errors);
  read_address(fields, icmp.address);
  fields.read("source_ip_address", icmp.source_ip_address);
  fields.read("payload_size", icmp.payload_size);
  fields.read("dont_fragment", icmp.dont_fragment);
  fields.read("ttl", icmp.ttl);
  fields.refuse_others();
  if (icmp.ttl < 0) errors.refuse("\"ttl\" cannot be negative");
  if (icmp.ttl > 255) errors.refuse("\"ttl\" cannot exceed 255");
  if (icmp.payload_size < 0 || icmp.payload_size > 65'507)
    errors.refuse("\"payload_size\" must be from 0 to 65507");
}

void read_rules(YamlMapping& fields, std::string_view key, RecordRules& rules) {
  const YamlNode* node = fields.find(key);
  if (node == nullptr) return;
  YamlMapping inner(*node, struct_name, fields.errors());
  inner.read("fail_if_matches_regexp", rules.fail_if_matches);
  inner.read("fail_if_all_match_regexp", rules.fail_if_all_match);
  inner.read("fail_if_not_matches_regexp", rules.fail_if_not_matches);
  inner.read("fail_if_none_matches_regexp", rules.fail_if_none_matches);
  inner.refuse_others();
}

void read_dns(const YamlNode& node, DnsModule& dns, YamlErrors& errors) {
  YamlMapping fields(node, struct_name, errors);
  read_address(fields, dns.address);
  fields.read("dns_over_tls", dns.dns_over_tls);
  read_tls(fields, dns.tls_config);
  fields.read("source_ip_address", dns.source_ip_address);
  fields.read("transport_protocol", dns.transport_protocol);
  fields.read("query_class", dns.query_class);
  fields.read("query_name", dns.query_name);
  fields.read("query_type", dns.query_type);
  fields.read("recursion_desired", dns.recursion_desired);
  fields.read("valid_rcodes", dns.valid_rcodes);
  read_rules(fields, "validate_answer_rrs", dns.answer);
  read_rules(fields, "validate_authority_rrs", dns.authority);
  read_rules(fields, "validate_additional_rrs", dns.additional);
  fields.refuse_others();
  if (dns.query_name.empty()) errors.refuse("query name must be set for DNS module");
  if (!dns.query_class.empty() && !dns_class_number(dns.query_class))
    errors.refuse(fmt::format("query class '{}' is not valid", dns.query_class));
  if (!dns.query_type.empty() && !dns_type_number(dns.query_type))
    errors.refuse(fmt::format("query type '{}' is not valid", dns.query_type));
}

void read_grpc(const YamlNode& node, GrpcModule& grpc, YamlErrors& errors) {
  YamlMapping fields(node, struct_name, errors);
  read_address(fields, grpc.address);
  fields.read("service", grpc.service);
  fields.read("tls", grpc.tls);
  read_tls(fields, grpc.tls_config);
  fields.refuse_others();
}

bool is_secret(std::string_view key) {
  static constexpr std::string_view names[] = {"password",     "credentials", "client_secret",
                                               "bearer_token", "key",         "secrets"};
  return std::ranges::find(names, key) != std::end(names);
}

// Block style, with "<secret>" in place of what nobody should see.
void write_node(const YamlNode& node, size_t depth, bool is_hidden, std::string& out) {
  const std::string indent(2 * depth, ' ');
  if (is_hidden) {
    out += " <secret>\n";
  } else if (node.kind == YamlNode::Kind::null) {
    out += " null\n";
  } else if (node.kind == YamlNode::Kind::scalar) {
    out +=
        node.tag == "!" ? fmt::format(" {}\n", quote(node.text)) : fmt::format(" {}\n", node.text);
  } else if (node.items.empty()) {
    out += node.kind == YamlNode::Kind::mapping ? " {}\n" : " []\n";
  } else {
    out += '\n';
    for (size_t i = 0; i < node.items.size(); ++i) {
      const bool is_mapping = node.kind == YamlNode::Kind::mapping;
      out += is_mapping ? fmt::format("{}{}:", indent, node.keys[i]) : indent + "-";
      write_node(*node.items[i], depth + 1, is_mapping && is_secret(node.keys[i]), out);
    }
  }
}

void read_module(const YamlNode& node, Module& module, YamlErrors& errors) {
  YamlMapping fields(node, struct_name, errors);
  fields.read("prober", module.prober);
  fields.read("timeout", module.timeout);
  if (const YamlNode* http = fields.find("http")) read_http_module(*http, module.http, errors);
  if (const YamlNode* tcp = fields.find("tcp")) read_tcp(*tcp, module.tcp, errors);
  if (const YamlNode* icmp = fields.find("icmp")) read_icmp(*icmp, module.icmp, errors);
  if (const YamlNode* dns = fields.find("dns")) read_dns(*dns, module.dns, errors);
  if (const YamlNode* grpc = fields.find("grpc")) read_grpc(*grpc, module.grpc, errors);
  fields.refuse_others();
  write_node(node, 0, false, module.source);
}

}  // namespace

Result<Pattern> Pattern::create(std::string source) {
  RE2::Options options(RE2::Quiet);
  auto expression = std::make_shared<const RE2>(source, options);
  if (!expression->ok())
    return fail(fmt::format("error parsing regexp: {}", expression->error()), ErrorKind::invalid);
  return Pattern{.source = std::move(source), .expression = std::move(expression)};
}

bool Pattern::matches(std::string_view text) const {
  return expression != nullptr &&
         RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression);
}

void read_yaml(const YamlNode& node, YamlErrors& errors, Pattern& out) {
  std::string source;
  prometheus::read_yaml(node, errors, source);
  auto pattern = Pattern::create(source);
  if (!pattern)
    return errors.refuse(
        fmt::format("\"Could not compile regular expression\" regexp=\"{}\"", source));
  out = *std::move(pattern);
}

void read_yaml(const YamlNode& node, YamlErrors& errors, HeaderMatch& out) {
  YamlMapping fields(node, struct_name, errors);
  fields.read("header", out.header);
  if (const YamlNode* pattern = fields.find("regexp")) read_yaml(*pattern, errors, out.pattern);
  fields.read("allow_missing", out.allow_missing);
  fields.refuse_others();
  if (out.header.empty()) errors.refuse("header name must be set for HTTP header matchers");
  if (out.pattern.source.empty()) errors.refuse("regexp must be set for HTTP header matchers");
}

void read_yaml(const YamlNode& node, YamlErrors& errors, QueryResponse& out) {
  YamlMapping fields(node, struct_name, errors);
  if (const YamlNode* expect = fields.find("expect")) {
    Pattern pattern;
    read_yaml(*expect, errors, pattern);
    out.expect = std::move(pattern);
  }
  fields.read("send", out.send);
  fields.read("starttls", out.starttls);
  fields.refuse_others();
}

Result<Modules> read_modules(std::string_view yaml) {
  TRY(const YamlNode root, parse_yaml(yaml));
  YamlErrors errors;
  Modules modules;
  YamlMapping fields(root, struct_name, errors);
  if (const YamlNode* node = fields.find("modules")) {
    YamlMapping(*node, "map[string]config.Module", errors);
    for (size_t i = 0; i < node->keys.size(); ++i) {
      auto module = std::make_shared<Module>();
      read_module(*node->items[i], *module, errors);
      modules.insert_or_assign(node->keys[i], std::move(module));
    }
  }
  fields.refuse_others();
  TRY(errors.result());
  return modules;
}

}  // namespace alloy::prometheus::exporter_blackbox
