#include "net/curl_multi.h"

#include <fcntl.h>
#include <unistd.h>
#include <unordered_map>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>

#include "net/curl_easy.h"
#include "net/curl_library.h"

namespace alloy::net {
namespace asio = boost::asio;

namespace {

struct Functions {
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_getinfo) getinfo;
  decltype(&curl_easy_setopt) setopt;
  decltype(&curl_easy_pause) pause;
  decltype(&curl_multi_init) init;
  decltype(&curl_multi_cleanup) cleanup;
  decltype(&curl_multi_setopt) multi_setopt;
  decltype(&curl_multi_add_handle) add_handle;
  decltype(&curl_multi_remove_handle) remove_handle;
  decltype(&curl_multi_info_read) info_read;
  decltype(&curl_multi_socket_action) socket_action;
};

const Functions& curl() {
  static const Functions bound = [] {
    Functions f;
    bind_curl(f.easy_init, "curl_easy_init");
    bind_curl(f.easy_cleanup, "curl_easy_cleanup");
    bind_curl(f.getinfo, "curl_easy_getinfo");
    bind_curl(f.setopt, "curl_easy_setopt");
    bind_curl(f.pause, "curl_easy_pause");
    bind_curl(f.init, "curl_multi_init");
    bind_curl(f.cleanup, "curl_multi_cleanup");
    bind_curl(f.multi_setopt, "curl_multi_setopt");
    bind_curl(f.add_handle, "curl_multi_add_handle");
    bind_curl(f.remove_handle, "curl_multi_remove_handle");
    bind_curl(f.info_read, "curl_multi_info_read");
    bind_curl(f.socket_action, "curl_multi_socket_action");
    return f;
  }();
  return bound;
}

// How many easy handles are kept for the next request; each holds about 150 KB.
constexpr size_t idle_handles_max = 4;
// A socket that has something to read again within this time of the last read is left alone for as
// long: a large answer is then read in a few large pieces instead of a wake-up for each packet.
constexpr std::chrono::milliseconds rest_time{1};
// Idle connections kept alive, like Go's Prometheus clients.
constexpr long connections_max = 20'000;

// A socket libcurl wants to hear about. The descriptor is a copy of libcurl's own: libcurl 7.88
// closes a socket that failed to connect before it tells us so, and by then the number may belong
// to somebody else, who would be unregistered in its stead.
struct Watch {
  explicit Watch(const AnyExecutor& strand) : descriptor(strand) {}
  asio::posix::stream_descriptor descriptor;
  int wanted = CURL_POLL_NONE;
  bool is_reading = false;  // Or resting.
  bool is_writing = false;
  bool is_closed = false;
  asio::steady_timer::time_point last_read{};
};

// An exchange in progress. `done` is only a way to wake the coroutine that waits.
struct Transfer {
  explicit Transfer(const AnyExecutor& strand, std::shared_ptr<Exchange> e)
      : exchange(std::move(e)), done(strand, asio::steady_timer::time_point::max()) {}
  std::shared_ptr<Exchange> exchange;
  CurlLists lists;
  char error_buffer[CURL_ERROR_SIZE] = "";
  CURL* easy = nullptr;
  asio::steady_timer done;
  bool is_done = false;
  bool is_stopped = false;
};

class Multi final : public CurlMulti, public std::enable_shared_from_this<Multi> {
 public:
  explicit Multi(AnyExecutor strand)
      : strand_(std::move(strand)), timer_(strand_), rest_timer_(strand_) {}
  ~Multi() override;

  Task<Result<void>> perform(std::shared_ptr<Exchange> exchange, StopToken stop) override;

 private:
  static int on_timer(CURLM*, long milliseconds, void* user);
  static int on_socket(CURL*, curl_socket_t socket, int wanted, void* user, void*);

  Result<void> open();
  CURL* take_easy();
  void give_back(CURL* easy);
  int with_free_number(int socket) const;
  void resume_when_open(const std::shared_ptr<Transfer>& transfer);
  void arm(curl_socket_t socket, const std::shared_ptr<Watch>& watch);
  void arm_after_read(curl_socket_t socket, const std::shared_ptr<Watch>& watch);
  void wake_resting();
  void act(curl_socket_t socket, int events);
  void finish_completed();

  AnyExecutor strand_;
  CURLM* multi_ = nullptr;
  asio::steady_timer timer_;
  asio::steady_timer rest_timer_;
  std::vector<std::pair<curl_socket_t, std::shared_ptr<Watch>>> resting_;
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  std::vector<CURL*> idle_;
};

Multi::~Multi() {
  for (CURL* easy : idle_) curl().easy_cleanup(easy);
  if (multi_) curl().cleanup(multi_);
}

Result<void> Multi::open() {
  if (multi_) return {};
  TRY(load_curl());
  multi_ = curl().init();
  if (!multi_) return fail("out of memory");
  curl().multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl().multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl().multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl().multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl().multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections_max);
  return {};
}

CURL* Multi::take_easy() {
  if (idle_.empty()) return curl().easy_init();
  CURL* easy = idle_.back();
  idle_.pop_back();
  return easy;
}

void Multi::give_back(CURL* easy) {
  if (idle_.size() < idle_handles_max) {
    idle_.push_back(easy);
  } else {
    curl().easy_cleanup(easy);
  }
}

// A new socket under the number of one that libcurl closed without a word would be taken for that.
int Multi::with_free_number(int socket) const {
  while (socket >= 0 && watches_.contains(socket)) {
    const int other = ::fcntl(socket, F_DUPFD_CLOEXEC, socket + 1);
    ::close(socket);
    socket = other;
  }
  return socket;
}

// An open throttle lets the transfer go on, which libcurl has put aside.
void Multi::resume_when_open(const std::shared_ptr<Transfer>& transfer) {
  transfer->exchange->throttle->set_resume(
      [weak = weak_from_this(), waiting = std::weak_ptr(transfer), strand = strand_] {
        asio::post(strand, [weak, waiting] {
          const auto self = weak.lock();
          const auto transfer = waiting.lock();
          if (!self || !transfer || transfer->is_done || transfer->is_stopped) return;
          curl().pause(transfer->easy, CURLPAUSE_CONT);
          self->act(CURL_SOCKET_TIMEOUT, 0);
        });
      });
}

Task<Result<void>> Multi::perform(std::shared_ptr<Exchange> exchange, StopToken stop) {
  CO_TRY(open());
  const auto transfer = std::make_shared<Transfer>(strand_, exchange);
  exchange->on_socket = [this](int socket) { return with_free_number(socket); };
  CURL* easy = take_easy();
  if (!easy) co_return fail("out of memory");
  prepare_easy(easy, *exchange, transfer->lists, transfer->error_buffer);
  curl().setopt(easy, CURLOPT_PRIVATE, transfer.get());
  transfer->easy = easy;
  if (curl().add_handle(multi_, easy) != CURLM_OK) {
    curl().easy_cleanup(easy);
    co_return fail("libcurl refused the request");
  }
  if (exchange->throttle) resume_when_open(transfer);
  {
    std::stop_callback on_stop(stop, [transfer, strand = strand_] {
      asio::post(strand, [transfer] {
        transfer->is_stopped = true;
        transfer->done.cancel();
      });
    });
    while (!transfer->is_done && !transfer->is_stopped) {
      boost::system::error_code ignored;
      co_await transfer->done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }
  if (exchange->throttle) exchange->throttle->set_resume(nullptr);
  if (!transfer->is_done) {
    exchange->stopped = true;
    curl().remove_handle(multi_, easy);
  }
  // The handle still points to the exchange's texts; the next user resets it.
  give_back(easy);
  co_return Result<void>{};
}

int Multi::on_timer(CURLM*, long milliseconds, void* user) {
  auto& self = *static_cast<Multi*>(user);
  if (milliseconds < 0) {
    self.timer_.cancel();
    return 0;
  }
  self.timer_.expires_after(std::chrono::milliseconds(milliseconds));
  self.timer_.async_wait([weak = self.weak_from_this()](boost::system::error_code error) {
    const auto alive = weak.lock();
    if (!error && alive) alive->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

int Multi::on_socket(CURL*, curl_socket_t socket, int wanted, void* user, void*) {
  auto& self = *static_cast<Multi*>(user);
  auto& slot = self.watches_[socket];
  if (wanted == CURL_POLL_REMOVE) {
    if (slot) {
      slot->is_closed = true;
      boost::system::error_code ignored;
      slot->descriptor.close(ignored);
    }
    self.watches_.erase(socket);
    return 0;
  }
  if (!slot) {
    slot = std::make_shared<Watch>(self.strand_);
    boost::system::error_code error;
    const int copy = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
    if (copy >= 0) slot->descriptor.assign(copy, error);
    if (copy < 0 || error) {
      if (copy >= 0) ::close(copy);
      self.watches_.erase(socket);
      return -1;
    }
  }
  slot->wanted = wanted;
  self.arm(socket, slot);
  return 0;
}

void Multi::arm(curl_socket_t socket, const std::shared_ptr<Watch>& watch) {
  using Descriptor = asio::posix::stream_descriptor;
  if ((watch->wanted & CURL_POLL_IN) && !watch->is_reading) {
    watch->is_reading = true;
    watch->descriptor.async_wait(Descriptor::wait_read, [weak = weak_from_this(), watch,
                                                         socket](boost::system::error_code error) {
      watch->is_reading = false;
      const auto self = weak.lock();
      if (error || !self || watch->is_closed) return;
      if (watch->wanted & CURL_POLL_IN) self->act(socket, CURL_CSELECT_IN);
      if (!watch->is_closed) self->arm_after_read(socket, watch);
    });
  }
  if ((watch->wanted & CURL_POLL_OUT) && !watch->is_writing) {
    watch->is_writing = true;
    watch->descriptor.async_wait(Descriptor::wait_write, [weak = weak_from_this(), watch,
                                                          socket](boost::system::error_code error) {
      watch->is_writing = false;
      const auto self = weak.lock();
      if (error || !self || watch->is_closed) return;
      if (watch->wanted & CURL_POLL_OUT) self->act(socket, CURL_CSELECT_OUT);
      if (!watch->is_closed) self->arm(socket, watch);
    });
  }
}

void Multi::arm_after_read(curl_socket_t socket, const std::shared_ptr<Watch>& watch) {
  const auto now = asio::steady_timer::clock_type::now();
  const bool is_trickling = now - std::exchange(watch->last_read, now) < rest_time;
  if (!is_trickling || watch->is_reading || !(watch->wanted & CURL_POLL_IN)) {
    arm(socket, watch);
    return;
  }
  watch->is_reading = true;
  resting_.emplace_back(socket, watch);
  if (resting_.size() > 1) return;
  rest_timer_.expires_after(rest_time);
  rest_timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    const auto self = weak.lock();
    if (!error && self) self->wake_resting();
  });
}

void Multi::wake_resting() {
  for (auto& [socket, watch] : std::exchange(resting_, {})) {
    watch->is_reading = false;
    if (!watch->is_closed) arm(socket, watch);
  }
}

void Multi::act(curl_socket_t socket, int events) {
  int running = 0;
  curl().socket_action(multi_, socket, events, &running);
  finish_completed();
}

void Multi::finish_completed() {
  int left = 0;
  while (CURLMsg* message = curl().info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    Transfer* transfer = nullptr;
    curl().getinfo(easy, CURLINFO_PRIVATE, &transfer);
    read_outcome(easy, code, transfer->error_buffer, *transfer->exchange);
    curl().remove_handle(multi_, easy);
    transfer->is_done = true;
    transfer->done.cancel();
  }
}

}  // namespace

std::shared_ptr<CurlMulti> CurlMulti::create(AnyExecutor strand) {
  return std::make_shared<Multi>(std::move(strand));
}

}  // namespace alloy::net
