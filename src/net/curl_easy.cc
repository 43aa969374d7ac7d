#include "net/curl_easy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <curl/curl.h>
#include <fmt/format.h>

#include "net/curl_library.h"
#include "net/exchange_trace.h"

namespace alloy::net {
namespace {

struct Functions {
  decltype(&curl_easy_reset) reset;
  decltype(&curl_easy_setopt) setopt;
  decltype(&curl_easy_getinfo) getinfo;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
};

const Functions& curl() {
  static const Functions bound = [] {
    Functions f;
    bind_curl(f.reset, "curl_easy_reset");
    bind_curl(f.setopt, "curl_easy_setopt");
    bind_curl(f.getinfo, "curl_easy_getinfo");
    bind_curl(f.slist_append, "curl_slist_append");
    bind_curl(f.slist_free_all, "curl_slist_free_all");
    return f;
  }();
  return bound;
}

std::string address_text(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(address);
    inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
    return fmt::format("{}:{}", text, ntohs(in->sin_port));
  }
  if (address->sa_family == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(address);
    inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
    return fmt::format("[{}]:{}", text, ntohs(in6->sin6_port));
  }
  return "";
}

size_t on_header(char* data, size_t size, size_t count, void* user) {
  std::string_view line(data, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return static_cast<Receiver*>(user)->receive_head_line(line) ? size * count : 0;
}

size_t on_body(char* data, size_t size, size_t count, void* user) {
  const std::string_view piece(data, size * count);
  auto& receiver = *static_cast<Receiver*>(user);
  if (receiver.is_held()) return CURL_WRITEFUNC_PAUSE;
  return receiver.receive_body(piece) ? piece.size() : CURL_WRITEFUNC_ERROR;
}

// Called when a connection is ready for the request: the one moment when libcurl lets us look at
// its TLS, whatever comes after.
int on_connected(void* user, char*, char*, int, int) {
  auto& trace = *static_cast<ExchangeTrace*>(user);
  curl_tlssessioninfo* session = nullptr;
  curl().getinfo(trace.easy, CURLINFO_TLS_SSL_PTR, &session);
  if (session != nullptr && session->backend == CURLSSLBACKEND_OPENSSL && session->internals)
    trace.tls = read_tls_state(session->internals, trace.is_verified);
  return CURL_PREREQFUNC_OK;
}

// Remembers the first address tried: what an error message names.
curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.peer_address.empty()) exchange.peer_address = address_text(&address->addr);
  const int opened = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  return opened >= 0 && exchange.on_socket ? exchange.on_socket(opened) : opened;
}

void append(void*& list, const std::string& line) {
  list = curl().slist_append(static_cast<curl_slist*>(list), line.c_str());
}

void append_headers(void*& list, const Headers& headers) {
  for (const Header& header : headers) {
    // A field without a value is spelled with ";": with ":" libcurl would leave it out.
    append(list, header.value.empty() ? header.name + ";"
                                      : fmt::format("{}: {}", header.name, header.value));
  }
}

template <class T>
void set(void* easy, CURLoption option, T value) {
  curl().setopt(easy, option, value);
}

void set_blob(void* easy, CURLoption option, const std::string& content) {
  if (content.empty()) return;
  curl_blob blob{const_cast<char*>(content.data()), content.size(), CURL_BLOB_NOCOPY};
  set(easy, option, &blob);
}

long version_flag(TlsVersion version) {
  switch (version) {
    case TlsVersion::tls10:
      return CURL_SSLVERSION_TLSv1_0;
    case TlsVersion::tls11:
      return CURL_SSLVERSION_TLSv1_1;
    case TlsVersion::tls13:
      return CURL_SSLVERSION_TLSv1_3;
    case TlsVersion::tls12:
    case TlsVersion::unspecified:
      break;
  }
  return CURL_SSLVERSION_TLSv1_2;
}

void set_tls(void* easy, const Exchange& exchange) {
  const TlsClientOptions& tls = *exchange.tls;
  set_blob(easy, CURLOPT_CAINFO_BLOB, exchange.material.ca);
  set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, exchange.material.ca);
  set_blob(easy, CURLOPT_SSLCERT_BLOB, exchange.material.cert);
  set_blob(easy, CURLOPT_SSLKEY_BLOB, exchange.material.key);
  const long highest = tls.max_version == TlsVersion::unspecified
                           ? long{CURL_SSLVERSION_MAX_DEFAULT}
                           : version_flag(tls.max_version) << 16;
  set(easy, CURLOPT_SSLVERSION, version_flag(tls.min_version) | highest);
  if (tls.insecure_skip_verify) {
    set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    set(easy, CURLOPT_PROXY_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_PROXY_SSL_VERIFYHOST, 0L);
  }
}

void set_method_and_body(void* easy, const Exchange& exchange) {
  if (exchange.method == "HEAD") {
    set(easy, CURLOPT_NOBODY, 1L);
  } else if (!exchange.body.empty() || exchange.method == "POST" || exchange.method == "PUT" ||
             exchange.method == "PATCH") {
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDS, exchange.body.empty() ? "" : exchange.body.data());
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(exchange.body.size()));
    if (exchange.method != "POST") set(easy, CURLOPT_CUSTOMREQUEST, exchange.method.c_str());
  } else if (exchange.method != "GET") {
    set(easy, CURLOPT_CUSTOMREQUEST, exchange.method.c_str());
  }
}

void set_headers(void* easy, const Exchange& exchange, CurlLists& lists) {
  append_headers(lists.headers, exchange.headers);
  // What libcurl would add of its own.
  for (const char* name : {"Accept", "Content-Type"}) {
    if (!exchange.headers.contains(name)) append(lists.headers, std::string(name) + ":");
  }
  append(lists.headers, "Expect:");
  set(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(lists.headers));
}

void set_route(void* easy, const Exchange& exchange, CurlLists& lists) {
  // An empty text, unlike none, keeps libcurl from looking into the environment.
  set(easy, CURLOPT_PROXY, exchange.proxy.c_str());
  set(easy, CURLOPT_NOPROXY, "");
  if (!exchange.connect_headers.empty()) {
    append_headers(lists.connect_headers, exchange.connect_headers);
    set(easy, CURLOPT_PROXYHEADER, static_cast<curl_slist*>(lists.connect_headers));
    set(easy, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  }
  if (!exchange.connect_to.empty()) {
    append(lists.connect_to, exchange.connect_to);
    set(easy, CURLOPT_CONNECT_TO, static_cast<curl_slist*>(lists.connect_to));
  }
}

long http_version(const Exchange& exchange) {
  if (exchange.http2_prior_knowledge) return CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  return exchange.allow_http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
}

void set_trace(void* easy, Exchange& exchange) {
  if (exchange.trace == nullptr) return;
  *exchange.trace = {.easy = easy, .is_verified = !exchange.tls->insecure_skip_verify};
  set(easy, CURLOPT_FRESH_CONNECT, 1L);
  set(easy, CURLOPT_FORBID_REUSE, 1L);
  set(easy, CURLOPT_PREREQFUNCTION, &on_connected);
  set(easy, CURLOPT_PREREQDATA, exchange.trace);
}

void read_trace(void* easy, ExchangeTrace& trace) {
  const auto time = [easy](CURLINFO info) {
    curl_off_t microseconds = 0;
    curl().getinfo(easy, info, &microseconds);
    return Duration(std::chrono::microseconds(microseconds));
  };
  trace.easy = nullptr;
  trace.name_resolved = time(CURLINFO_NAMELOOKUP_TIME_T);
  trace.connected = time(CURLINFO_CONNECT_TIME_T);
  trace.tls_done = time(CURLINFO_APPCONNECT_TIME_T);
  trace.sending = time(CURLINFO_PRETRANSFER_TIME_T);
  trace.answered = time(CURLINFO_STARTTRANSFER_TIME_T);
  trace.ended = time(CURLINFO_TOTAL_TIME_T);
  long version = 0;
  curl().getinfo(easy, CURLINFO_HTTP_VERSION, &version);
  trace.http_version = version == CURL_HTTP_VERSION_1_0   ? 10
                       : version == CURL_HTTP_VERSION_1_1 ? 11
                       : version == CURL_HTTP_VERSION_2   ? 20
                                                          : 0;
}

long milliseconds_up(Duration duration) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

// "127.0.0.1:80" of one end of the connection; empty when there was none.
std::string endpoint(void* easy, CURLINFO ip_info, CURLINFO port_info) {
  char* ip = nullptr;
  long port = 0;
  curl().getinfo(easy, ip_info, &ip);
  curl().getinfo(easy, port_info, &port);
  if (!ip || !*ip) return "";
  return std::string_view(ip).contains(':') ? fmt::format("[{}]:{}", ip, port)
                                            : fmt::format("{}:{}", ip, port);
}

}  // namespace

CurlLists::~CurlLists() {
  for (void* list : {headers, connect_headers, connect_to}) {
    if (list) curl().slist_free_all(static_cast<curl_slist*>(list));
  }
}

void prepare_easy(void* easy, Exchange& exchange, CurlLists& lists, char* error_buffer) {
  curl().reset(easy);
  set(easy, CURLOPT_URL, exchange.url.c_str());
  if (!exchange.unix_socket.empty())
    set(easy, CURLOPT_UNIX_SOCKET_PATH, exchange.unix_socket.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_NOPROGRESS, 1L);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  // Without it, giving up on a slow name lookup would wait for the lookup's thread.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
  set(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(easy, CURLOPT_MAXAGE_CONN, 300L);
  set(easy, CURLOPT_BUFFERSIZE, 128L << 10);
  set(easy, CURLOPT_ERRORBUFFER, error_buffer);
  set(easy, CURLOPT_HTTP_VERSION, http_version(exchange));
  // libcurl 7.88 fails every further request on such a connection (CURLE_HTTP2).
  if (exchange.http2_prior_knowledge) set(easy, CURLOPT_FORBID_REUSE, 1L);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, 30'000L);
  if (exchange.timeout > Duration::zero()) {
    set(easy, CURLOPT_TIMEOUT_MS, milliseconds_up(exchange.timeout));
  }
  set(easy, CURLOPT_HEADERFUNCTION, &on_header);
  set(easy, CURLOPT_HEADERDATA, exchange.receiver);
  set(easy, CURLOPT_WRITEFUNCTION, &on_body);
  set(easy, CURLOPT_WRITEDATA, exchange.receiver);
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &on_open_socket);
  set(easy, CURLOPT_OPENSOCKETDATA, &exchange);
  set_tls(easy, exchange);
  set_method_and_body(easy, exchange);
  set_headers(easy, exchange, lists);
  set_route(easy, exchange, lists);
  set_trace(easy, exchange);
}

void read_outcome(void* easy, int code, const char* error_buffer, Exchange& exchange) {
  exchange.curl_code = code;
  if (exchange.trace != nullptr) read_trace(easy, *exchange.trace);
  if (code == CURLE_OK) return;
  exchange.detail = error_buffer;
  long os_error = 0;
  curl().getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  exchange.os_error = static_cast<int>(os_error);
  curl().getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &exchange.verify_result);
  exchange.local_address = endpoint(easy, CURLINFO_LOCAL_IP, CURLINFO_LOCAL_PORT);
  if (exchange.peer_address.empty()) {  // A connection kept alive.
    exchange.peer_address = endpoint(easy, CURLINFO_PRIMARY_IP, CURLINFO_PRIMARY_PORT);
  }
  double elapsed = 0;
  curl().getinfo(easy, CURLINFO_TOTAL_TIME, &elapsed);
  exchange.timed_out = code == CURLE_OPERATION_TIMEDOUT && exchange.timeout > Duration::zero() &&
                       std::chrono::duration<double>(elapsed) >= exchange.timeout - Duration(5ms);
}

}  // namespace alloy::net
