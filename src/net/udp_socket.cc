#include "net/udp_socket.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

#include "net/listen.h"
#include "net/system_error.h"

namespace alloy::net {
namespace asio = boost::asio;
using asio::ip::udp;
using boost::system::error_code;

struct UdpSocket::State {
  explicit State(udp::socket s) : socket(std::move(s)) {}
  udp::socket socket;
  std::string address;
};

namespace {

// An IPv4 sender on a socket of both families is shown as what it is.
std::string sender_text(const udp::endpoint& sender) {
  const auto address = sender.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  return address.to_string();
}

}  // namespace

UdpSocket::UdpSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}
UdpSocket::~UdpSocket() = default;

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(AnyExecutor executor, const std::string& address,
                                                   int buffer_bytes) {
  TRY(auto socket, bind_udp(executor, address));
  error_code ignored;
  socket.set_option(asio::socket_base::receive_buffer_size(buffer_bytes), ignored);
  socket.non_blocking(true, ignored);
  auto state = std::make_shared<State>(std::move(socket));
  const udp::endpoint endpoint = state->socket.local_endpoint(ignored);
  state->address = endpoint_text(endpoint.address(), endpoint.port());
  return std::unique_ptr<UdpSocket>(new UdpSocket(std::move(state)));
}

std::string UdpSocket::address() const { return state_->address; }

Task<Result<UdpSocket::Datagram>> UdpSocket::receive(char* data, size_t size, StopToken stop) {
  const auto state = state_;
  const AnyExecutor strand = co_await asio::this_coro::executor;
  std::stop_callback on_stop(stop, [state, strand] {
    asio::post(strand, [state] {
      error_code ignored;
      state->socket.cancel(ignored);
    });
  });
  if (stop.stop_requested()) co_return fail("stopped", ErrorKind::stopped);
  udp::endpoint sender;
  error_code error;
  const size_t got = co_await state->socket.async_receive_from(
      asio::buffer(data, size), sender, asio::redirect_error(asio::use_awaitable, error));
  if (stop.stop_requested()) co_return fail("stopped", ErrorKind::stopped);
  if (error && got == 0) co_return fail("read udp: " + errno_text(error.value()));
  co_return Datagram{.size = got, .sender = sender_text(sender)};
}

UdpSocket::Datagram UdpSocket::receive_now(char* data, size_t size) {
  udp::endpoint sender;
  error_code error;
  const size_t got = state_->socket.receive_from(asio::buffer(data, size), sender, 0, error);
  if (error) return {};
  return {.size = got, .sender = sender_text(sender)};
}

}  // namespace alloy::net
