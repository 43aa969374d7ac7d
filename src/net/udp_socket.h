// Takes datagrams on a port.
#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "base/task.h"

namespace alloy::net {

class UdpSocket {
 public:
  // Binds; `buffer_bytes` is how much the kernel keeps for us, as far as it is willing.
  static Result<std::unique_ptr<UdpSocket>> open(AnyExecutor executor, const std::string& address,
                                                 int buffer_bytes);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // "127.0.0.1:41234": where it really listens.
  std::string address() const;

  struct Datagram {
    size_t size = 0;
    std::string sender;  // The address alone.
  };
  // Waits for the next one; what is beyond `size` is lost. Kind stopped when asked to stop. One
  // call at a time, from a coroutine on a strand.
  Task<Result<Datagram>> receive(char* data, size_t size, StopToken stop);
  // One that has come already, without waiting; size 0 and no sender: there is none.
  Datagram receive_now(char* data, size_t size);

 private:
  struct State;
  explicit UdpSocket(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace alloy::net
