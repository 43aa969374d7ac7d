// Reading and writing ZooKeeper's messages.
#include "components/discovery/shared/zookeeper_messages.h"

namespace alloy::discovery::zookeeper {
namespace {

constexpr size_t password_size = 16;

template <class T>
void put(std::string& out, T number) {
  for (int shift = static_cast<int>(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(static_cast<uint64_t>(number) >> shift);
}

void put_text(std::string& out, std::string_view text) {
  put(out, static_cast<int32_t>(text.size()));
  out += text;
}

std::string framed(std::string_view message) {
  std::string frame;
  put(frame, static_cast<int32_t>(message.size()));
  frame += message;
  return frame;
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  Result<T> number() {
    if (rest_.size() < sizeof(T)) return fail("ZooKeeper's message is too short");
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(T); ++i)
      value = value << 8 | static_cast<unsigned char>(rest_[i]);
    rest_.remove_prefix(sizeof(T));
    return static_cast<T>(value);
  }
  // A missing text has the length -1.
  Result<std::string> text() {
    TRY(const auto size, number<int32_t>());
    if (size < 0) return std::string();
    if (std::cmp_less(rest_.size(), size)) return fail("ZooKeeper's message is too short");
    std::string taken(rest_.substr(0, static_cast<size_t>(size)));
    rest_.remove_prefix(static_cast<size_t>(size));
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace

uint32_t read_frame_size(std::string_view head) {
  return Reader(head).number<uint32_t>().value_or(0);
}

std::string connect_request(int32_t timeout_milliseconds) {
  std::string message;
  put<int32_t>(message, 0);  // The protocol's version.
  put<int64_t>(message, 0);  // The last change seen: none.
  put(message, timeout_milliseconds);
  put<int64_t>(message, 0);  // A new session.
  put_text(message, std::string(password_size, '\0'));
  message += '\0';  // Not only for reading.
  return framed(message);
}

std::string ping_request() {
  std::string message;
  put(message, ping_id);
  put(message, static_cast<int32_t>(Operation::ping));
  return framed(message);
}

std::string watch_request(int32_t id, Operation operation, std::string_view path) {
  std::string message;
  put(message, id);
  put(message, static_cast<int32_t>(operation));
  put_text(message, path);
  message += '\1';
  return framed(message);
}

Result<Reply> parse_reply(std::string_view message) {
  Reader reader(message);
  Reply reply;
  TRY(reply.id, reader.number<int32_t>());
  TRY(reader.number<int64_t>());  // The change that the answer is as of.
  TRY(reply.error, reader.number<int32_t>());
  reply.body = reader.rest();
  return reply;
}

Result<std::vector<std::string>> parse_children(std::string_view body) {
  Reader reader(body);
  TRY(const auto count, reader.number<int32_t>());
  std::vector<std::string> names;
  for (int32_t i = 0; i < count; ++i) {
    TRY(auto name, reader.text());
    names.push_back(std::move(name));
  }
  return names;
}

Result<std::string> parse_data(std::string_view body) { return Reader(body).text(); }

}  // namespace alloy::discovery::zookeeper
