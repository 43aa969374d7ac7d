// The tcp prober: connects, and talks in lines as its module says.
#include <charconv>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.h"
#include "components/prometheus/exporter_blackbox/probe.h"
#include "net/client_connection.h"
#include "signals/regular_expression.h"

namespace alloy::prometheus::exporter_blackbox {
namespace {

constexpr size_t line_size_max = 64 << 10;

// Takes a stream apart into lines.
class LineReader {
 public:
  explicit LineReader(net::ClientConnection& connection) : connection_(connection) {}

  // False at the end of the stream.
  Task<Result<bool>> next(std::string* line) {
    while (true) {
      const size_t end = buffer_.find('\n');
      if (end != buffer_.npos || (has_ended_ && !buffer_.empty())) {
        *line = buffer_.substr(0, end);
        if (line->ends_with('\r')) line->pop_back();
        buffer_.erase(0, end == buffer_.npos ? end : end + 1);
        co_return true;
      }
      if (has_ended_) co_return false;
      if (buffer_.size() >= line_size_max) co_return fail("bufio.Scanner: token too long");
      char piece[4096];
      CO_TRY(const size_t got, co_await connection_.read(piece, sizeof piece));
      has_ended_ = got == 0;
      buffer_.append(piece, got);
    }
  }
  void clear() { buffer_.clear(); }

 private:
  net::ClientConnection& connection_;
  std::string buffer_;
  bool has_ended_ = false;
};

// Fills the groups of a match into what is to be sent.
std::string fill_in(const std::string& text, const Pattern& pattern, const std::string& line) {
  const int count = pattern.expression->NumberOfCapturingGroups() + 1;
  std::vector<re2::StringPiece> pieces(static_cast<size_t>(count));
  pattern.expression->Match(line, 0, line.size(), RE2::UNANCHORED, pieces.data(), count);
  std::vector<std::string_view> groups;
  for (const re2::StringPiece& piece : pieces) groups.emplace_back(piece.data(), piece.size());
  std::string out;
  Template(text, *pattern.expression).expand(groups, out);
  return out;
}

Task<bool> expect(Probe* probe, LineReader* lines, const QueryResponse* step, std::string* send) {
  std::string line;
  while (true) {
    const auto more = co_await lines->next(&line);
    if (!more) {
      probe->error("Error reading from connection", {{"err", more.error()}});
      co_return false;
    }
    if (!*more) break;
    probe->debug("Read line", {{"line", line}});
    if (!step->expect->matches(line)) continue;
    probe->info("Regexp matched", {{"regexp", step->expect->source}, {"line", line}});
    probe->set("probe_failed_due_to_regex", 0);
    *send = fill_in(*send, *step->expect, line);
    co_return true;
  }
  probe->set("probe_failed_due_to_regex", 1);
  probe->error("Regexp did not match", {{"regexp", step->expect->source}, {"line", line}});
  co_return false;
}

Task<bool> start_tls(Probe* probe, net::ClientConnection* connection, std::string host) {
  if (!probe->hostname.empty()) host = probe->hostname;
  const auto started = co_await connection->start_tls(probe->module->tcp.tls_config, host);
  if (!started) {
    probe->error("TLS Handshake (client) failed", {{"err", started.error()}});
    co_return false;
  }
  probe->info("TLS Handshake (client) succeeded.");
  if (const auto tls = connection->tls_state()) probe->set_tls(*tls);
  co_return true;
}

Task<bool> talk(Probe* probe, net::ClientConnection* connection, std::string host) {
  LineReader lines(*connection);
  size_t number = 0;
  for (const QueryResponse& step : probe->module->tcp.query_response) {
    probe->info("Processing query response entry", {{"entry_number", number++}});
    std::string send = step.send;
    if (step.expect && !co_await expect(probe, &lines, &step, &send)) co_return false;
    if (!send.empty()) {
      probe->debug("Sending line", {{"line", send}});
      const auto sent = co_await connection->write(send + "\n");
      if (!sent) {
        probe->error("Failed to send", {{"err", sent.error()}});
        co_return false;
      }
    }
    if (step.starttls) {
      lines.clear();  // Whatever came before it was said in the open.
      if (!co_await start_tls(probe, connection, host)) co_return false;
    }
  }
  co_return true;
}

}  // namespace

Task<bool> probe_tcp(Probe* probe) {
  const TcpModule& tcp = probe->module->tcp;
  probe->set("probe_failed_due_to_regex", 0);
  const auto target = split_host_port(probe->target);
  if (!target) {
    probe->error("Error splitting target address and port", {{"err", target.error()}});
    co_return false;
  }
  Duration lookup_time{};
  const auto address = co_await choose_address(probe, tcp.address, target->host, &lookup_time);
  if (!address) co_return false;
  uint16_t port = 0;
  const char* end = target->port.data() + target->port.size();
  if (std::from_chars(target->port.data(), end, port).ptr != end || target->port.empty()) {
    probe->error("Error dialing TCP", {{"err", "unknown port tcp/" + target->port}});
    co_return false;
  }
  probe->info(tcp.tls ? "Dialing TCP with TLS" : "Dialing TCP without TLS");
  auto connection = co_await net::ClientConnection::connect(
      {.address = *address, .port = port, .source_address = tcp.source_ip_address}, probe->deadline,
      probe->stop);
  if (!connection) {
    probe->error("Error dialing TCP", {{"err", connection.error()}});
    co_return false;
  }
  if (tcp.tls && !co_await start_tls(probe, connection->get(), target->host)) co_return false;
  probe->info("Successfully dialed");
  co_return co_await talk(probe, connection->get(), target->host);
}

}  // namespace alloy::prometheus::exporter_blackbox
