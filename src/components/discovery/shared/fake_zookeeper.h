// For tests: a ZooKeeper with a few nodes.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "components/discovery/shared/zookeeper_messages.h"

namespace alloy::discovery {

using boost::asio::ip::tcp;

inline std::string number(int64_t value, size_t size) {
  std::string out;
  for (size_t i = size; i > 0; --i)
    out += static_cast<char>(static_cast<uint64_t>(value) >> ((i - 1) * 8));
  return out;
}
inline std::string text(std::string_view value) {
  return number(static_cast<int64_t>(value.size()), 4) + std::string(value);
}

// A ZooKeeper with a few nodes, for one connection. It answers until that is closed.
class FakeZookeeper {
 public:
  explicit FakeZookeeper(std::map<std::string, std::string> nodes)
      : nodes_(std::move(nodes)),
        acceptor_(io_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
        thread_([this] { serve(); }) {}
  ~FakeZookeeper() {
    // In case nobody came, so that the thread does not wait for ever.
    boost::system::error_code ignored;
    tcp::socket visitor(io_);
    visitor.connect(acceptor_.local_endpoint(), ignored);
    visitor.close(ignored);
    thread_.join();
  }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }
  // Changes a node, and says so at the next ping or request.
  void set(const std::string& path, const std::string& data) {
    std::lock_guard lock(mutex_);
    nodes_[path] = data;
    has_changed_ = true;
  }

 private:
  void serve() {
    tcp::socket socket(io_);
    acceptor_.accept(socket);
    boost::system::error_code error;
    bool is_first = true;
    while (true) {
      std::string head(4, '\0');
      boost::asio::read(socket, boost::asio::buffer(head), error);
      if (error) return;
      std::string message(zookeeper::read_frame_size(head), '\0');
      boost::asio::read(socket, boost::asio::buffer(message), error);
      if (error) return;
      std::string answers = is_first ? text(std::string(37, '\0')) : answer(message);
      is_first = false;
      boost::asio::write(socket, boost::asio::buffer(answers), error);
      if (error) return;
    }
  }
  std::string answer(const std::string& message) {
    std::lock_guard lock(mutex_);
    std::string answers;
    if (std::exchange(has_changed_, false))
      answers += text(number(-1, 4) + number(0, 8) + number(0, 4));
    const auto operation = static_cast<unsigned char>(message[7]);
    if (operation == 11) return answers + text(number(-2, 4) + number(0, 8) + number(0, 4));
    const std::string path = message.substr(12, message.size() - 13);
    const auto found = nodes_.find(path);
    std::string reply = message.substr(0, 4) + number(0, 8);
    if (found == nodes_.end()) {
      reply += number(-101, 4);
    } else if (operation == 4) {
      reply += number(0, 4) + text(found->second) + std::string(68, '\0');
    } else {
      std::string names;
      int count = 0;
      for (const auto& [other, data] : nodes_) {
        if (!other.starts_with(path + "/") || other.find('/', path.size() + 1) != std::string::npos)
          continue;
        names += text(other.substr(path.size() + 1));
        ++count;
      }
      reply += number(0, 4) + number(count, 4) + names;
    }
    return answers + text(reply);
  }

  std::mutex mutex_;  // Guards the next two.
  std::map<std::string, std::string> nodes_;
  bool has_changed_ = false;
  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

}  // namespace alloy::discovery
