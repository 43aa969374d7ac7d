// The dns prober: asks one server one question and looks at the records of the answer.
#include <charconv>
#include <random>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

#include "components/prometheus/exporter_blackbox/dns_message.h"
#include "components/prometheus/exporter_blackbox/dns_names.h"
#include "components/prometheus/exporter_blackbox/probe.h"
#include "net/client_connection.h"
#include "net/system_error.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

struct Server {
  std::string host;
  std::string address;
  uint16_t port = 0;
};

// What an exchange took and gave.
struct Exchanged {
  Duration connecting{};
  Duration asking{};
  DnsReply reply;
};

std::unexpected<Error> io_error(std::string_view what, const error_code& error) {
  if (error == asio::error::operation_aborted)
    return fail(fmt::format("{}: i/o timeout", what), ErrorKind::timeout);
  return fail(fmt::format("{}: {}", what, net::errno_text(error.value())));
}

// Ends what a socket is at when the time is up.
struct Alarm {
  Alarm(const std::shared_ptr<udp::socket>& socket, SteadyTime deadline)
      : timer(socket->get_executor(), deadline) {
    // It may run when the socket is gone already.
    timer.async_wait([weak = std::weak_ptr(socket)](const error_code& error) {
      error_code ignored;
      const auto alive = weak.lock();
      if (!error && alive) alive->cancel(ignored);
    });
  }
  asio::steady_timer timer;
};

Task<Result<DnsReply>> receive(udp::socket* socket, uint16_t id) {
  std::string buffer(64 << 10, '\0');
  while (true) {
    error_code error;
    const size_t size = co_await socket->async_receive(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return io_error("read udp", error);
    auto reply = read_dns_reply({buffer.data(), size});
    if (reply && reply->id != id) continue;  // An answer to somebody else.
    co_return reply;
  }
}

Task<Result<Exchanged>> ask_by_udp(Probe* probe, Server server, std::string question, uint16_t id) {
  const AnyExecutor strand = co_await asio::this_coro::executor;
  Exchanged exchanged;
  const SteadyTime start = real_clock().steady();
  error_code error;
  const udp::endpoint endpoint(asio::ip::make_address(server.address, error), server.port);
  if (error) co_return io_error("dial udp", error);
  const auto socket = std::make_shared<udp::socket>(strand);
  socket->open(endpoint.protocol(), error);
  if (const std::string& source = probe->module->dns.source_ip_address; !error && !source.empty()) {
    const auto from = asio::ip::make_address(source, error);
    if (error) co_return fail("error parsing source ip address: " + source, ErrorKind::invalid);
    socket->bind(udp::endpoint(from, 0), error);
  }
  if (!error) socket->connect(endpoint, error);
  if (error) co_return io_error("dial udp", error);
  exchanged.connecting = real_clock().steady() - start;
  const Alarm alarm(socket, probe->deadline);
  const SteadyTime asked = real_clock().steady();
  co_await socket->async_send(asio::buffer(question),
                              asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return io_error("write udp", error);
  CO_TRY(exchanged.reply, co_await receive(socket.get(), id));
  exchanged.asking = real_clock().steady() - asked;
  co_return exchanged;
}

Task<Result<std::string>> read_exactly(net::ClientConnection* connection, size_t size) {
  std::string data(size, '\0');
  for (size_t at = 0; at < size;) {
    CO_TRY(const size_t got, co_await connection->read(data.data() + at, size - at));
    if (got == 0) co_return fail("EOF");
    at += got;
  }
  co_return data;
}

Task<Result<Exchanged>> ask_by_tcp(Probe* probe, Server server, std::string question) {
  const DnsModule& dns = probe->module->dns;
  Exchanged exchanged;
  const SteadyTime start = real_clock().steady();
  CO_TRY(
      const auto connection,
      co_await net::ClientConnection::connect(
          {.address = server.address, .port = server.port, .source_address = dns.source_ip_address},
          probe->deadline, probe->stop));
  if (dns.dns_over_tls) CO_TRY(co_await connection->start_tls(dns.tls_config, server.host));
  exchanged.connecting = real_clock().steady() - start;
  const SteadyTime asked = real_clock().steady();
  const std::string size{static_cast<char>(question.size() >> 8),
                         static_cast<char>(question.size() & 0xff)};
  CO_TRY(co_await connection->write(size + question));
  CO_TRY(const std::string head, co_await read_exactly(connection.get(), 2));
  const size_t reply_size =
      static_cast<unsigned char>(head[0]) * size_t{256} + static_cast<unsigned char>(head[1]);
  CO_TRY(const std::string reply, co_await read_exactly(connection.get(), reply_size));
  CO_TRY(exchanged.reply, read_dns_reply(reply));
  exchanged.asking = real_clock().steady() - asked;
  co_return exchanged;
}

bool is_valid_code(Probe& probe, int code) {
  std::vector<std::string> valid = probe.module->dns.valid_rcodes;
  if (valid.empty()) valid = {"NOERROR"};
  bool is_valid = false;
  for (const std::string& name : valid) {
    const auto number = dns_answer_number(name);
    if (!number) {
      probe.error("Invalid rcode", {{"rcode", name}});
      return false;
    }
    is_valid = is_valid || *number == code;
  }
  const std::string name = dns_answer_name(code);
  if (is_valid) {
    probe.info("Rcode is valid", {{"rcode", code}, {"string_rcode", name}});
  } else {
    probe.error("Rcode is not one of the valid rcodes", {{"rcode", code}, {"string_rcode", name}});
  }
  return is_valid;
}

// How many of the expressions match; none if one of them is no expression.
std::optional<size_t> count_matches(Probe& probe, const std::vector<std::string>& sources,
                                    const std::string& text) {
  size_t count = 0;
  for (const std::string& source : sources) {
    const auto pattern = Pattern::create(source);
    if (!pattern) {
      probe.error("Error matching regexp", {{"regexp", source}, {"err", pattern.error()}});
      return std::nullopt;
    }
    count += pattern->matches(text) ? 1 : 0;
  }
  return count;
}

bool are_valid(Probe& probe, const std::vector<DnsRecord>& records, const RecordRules& rules) {
  const bool needs_some = !rules.fail_if_not_matches.empty() || !rules.fail_if_none_matches.empty();
  if (records.empty() && needs_some) {
    probe.error("an expression has to match, but no RRs were returned");
    return false;
  }
  bool any_matches = false;
  bool all_match = true;
  for (const DnsRecord& record : records) {
    probe.info("Validating RR", {{"rr", record.text}});
    const auto wrong = count_matches(probe, rules.fail_if_matches, record.text);
    const auto all = count_matches(probe, rules.fail_if_all_match, record.text);
    const auto needed = count_matches(probe, rules.fail_if_not_matches, record.text);
    const auto one = count_matches(probe, rules.fail_if_none_matches, record.text);
    if (!wrong || !all || !needed || !one) return false;
    if (*wrong > 0) {
      probe.error("At least one RR matched regexp", {{"rr", record.text}});
      return false;
    }
    if (*needed < rules.fail_if_not_matches.size()) {
      probe.error("At least one RR did not match regexp", {{"rr", record.text}});
      return false;
    }
    all_match = all_match && *all == rules.fail_if_all_match.size();
    any_matches = any_matches || *one > 0;
  }
  // The real program's sense of this rule: it fails unless all match.
  if (!rules.fail_if_all_match.empty() && !all_match) {
    probe.error("Not all RRs matched regexp");
    return false;
  }
  if (!rules.fail_if_none_matches.empty() && !any_matches) {
    probe.error("None of the RRs did matched any regexp");
    return false;
  }
  return true;
}

bool judge(Probe& probe, const DnsReply& reply, uint16_t type) {
  const DnsModule& dns = probe.module->dns;
  probe.set("probe_dns_answer_rrs", static_cast<double>(reply.answer.size()));
  probe.set("probe_dns_authority_rrs", static_cast<double>(reply.authority.size()));
  probe.set("probe_dns_additional_rrs", static_cast<double>(reply.additional.size()));
  probe.set("probe_dns_query_succeeded", 1);
  if (dns_type_name(type) == "SOA") {
    probe.set("probe_dns_serial", 0);
    for (const DnsRecord& record : reply.answer)
      if (record.serial) probe.set("probe_dns_serial", *record.serial);
  }
  if (!is_valid_code(probe, reply.answer_code)) return false;
  const auto check = [&](std::string_view what, const std::vector<DnsRecord>& records,
                         const RecordRules& rules) {
    probe.info(fmt::format("Validating {} RRs", what));
    if (are_valid(probe, records, rules)) return true;
    probe.error(fmt::format("{} RRs validation failed", what));
    return false;
  };
  return check("Answer", reply.answer, dns.answer) &&
         check("Authority", reply.authority, dns.authority) &&
         check("Additional", reply.additional, dns.additional);
}

std::optional<Server> server_of(Probe& probe) {
  const DnsModule& dns = probe.module->dns;
  Server server{
      .host = probe.target, .address = {}, .port = dns.dns_over_tls ? uint16_t{853} : uint16_t{53}};
  const auto given = split_host_port(probe.target);
  if (!given) return server;
  server.host = given->host;
  const char* end = given->port.data() + given->port.size();
  if (std::from_chars(given->port.data(), end, server.port).ptr != end) {
    probe.error("Error while sending a DNS query", {{"err", "unknown port " + given->port}});
    return std::nullopt;
  }
  return server;
}

}  // namespace

Task<bool> probe_dns(Probe* probe) {
  const DnsModule& dns = probe->module->dns;
  for (const char* phase : {"resolve", "connect", "request"})
    probe->add_phase("probe_dns_duration_seconds", phase, {});
  for (const char* name : {"probe_dns_answer_rrs", "probe_dns_authority_rrs",
                           "probe_dns_additional_rrs", "probe_dns_query_succeeded"})
    probe->set(name, 0);
  const uint16_t type = dns_type_number(dns.query_type).value_or(255);
  const bool is_tcp = dns.transport_protocol == "tcp";
  const bool is_known = is_tcp || dns.transport_protocol.empty() || dns.transport_protocol == "udp";
  if (!is_known || (dns.dns_over_tls && !is_tcp)) {
    probe->error("Configuration error: unexpected transport protocol",
                 {{"protocol", dns.transport_protocol}});
    co_return false;
  }
  auto server = server_of(*probe);
  if (!server) co_return false;
  Duration lookup_time{};
  const auto address = co_await choose_address(probe, dns.address, server->host, &lookup_time);
  if (!address) co_return false;
  server->address = *address;
  probe->add_phase("probe_dns_duration_seconds", "resolve", lookup_time);
  const auto id = static_cast<uint16_t>(std::random_device{}());
  auto question = write_dns_question({.id = id,
                                      .name = dns.query_name,
                                      .type = type,
                                      .number = dns_class_number(dns.query_class).value_or(1),
                                      .asks_recursion = dns.recursion_desired});
  if (!question) {
    probe->error("Error while sending a DNS query", {{"err", question.error()}});
    co_return false;
  }
  probe->info("Making DNS query", {{"target", probe->target}, {"query", dns.query_name}});
  const auto exchanged = is_tcp ? co_await ask_by_tcp(probe, *server, *question)
                                : co_await ask_by_udp(probe, *server, *question, id);
  if (!exchanged) {
    probe->error("Error while sending a DNS query", {{"err", exchanged.error()}});
    co_return false;
  }
  probe->add_phase("probe_dns_duration_seconds", "connect", exchanged->connecting);
  probe->add_phase("probe_dns_duration_seconds", "request", exchanged->asking);
  co_return judge(*probe, exchanged->reply, type);
}

}  // namespace alloy::prometheus::exporter_blackbox
