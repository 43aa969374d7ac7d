#include "base/file_events.h"

#include <cerrno>
#include <set>
#include <sys/inotify.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

namespace alloy {
namespace asio = boost::asio;

namespace {

constexpr int lost_events = -1;

// Takes what is pending: the ids of the files, or `lost_events`.
std::set<int> read_events(int descriptor) {
  std::set<int> ids;
  alignas(inotify_event) char buffer[16384];
  while (true) {
    const ssize_t size = ::read(descriptor, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return ids;
    for (const char* at = buffer; at < buffer + size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      at += sizeof event + event.len;
      if (event.mask & IN_Q_OVERFLOW)
        ids.insert(lost_events);
      else if (!(event.mask & IN_IGNORED))
        ids.insert(event.wd);
    }
  }
}

}  // namespace

Result<std::unique_ptr<FileEvents>> FileEvents::create() {
  const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (descriptor < 0) return std::unexpected(Error::from_errno("inotify_init"));
  return std::unique_ptr<FileEvents>(new FileEvents(descriptor));
}

FileEvents::~FileEvents() { ::close(descriptor_); }

FileEvents::Watch::~Watch() {
  if (events_ != nullptr) events_->unwatch(id_, number_);
}

Result<FileEvents::Watch> FileEvents::watch(int descriptor, std::function<void()> on_change) {
  constexpr uint32_t events = IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF;
  const std::string path = fmt::format("/proc/self/fd/{}", descriptor);
  const std::lock_guard lock(mutex_);
  // The same file gives the same id again.
  const int id = ::inotify_add_watch(descriptor_, path.c_str(), events);
  if (id < 0) return std::unexpected(Error::from_errno("inotify_add_watch"));
  const uint64_t number = next_number_++;
  listeners_[id].push_back({number, std::move(on_change)});
  return Watch(*this, id, number);
}

void FileEvents::unwatch(int id, uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = listeners_.find(id);
  ASSERT(found != listeners_.end());
  std::erase_if(found->second, [&](const Listener& other) { return other.number == number; });
  if (!found->second.empty()) return;
  listeners_.erase(found);
  ::inotify_rm_watch(descriptor_, id);  // Fails when the file is gone, which is as well.
}

void FileEvents::tell(int id) {
  std::vector<Listener> listeners;
  {
    const std::lock_guard lock(mutex_);
    const auto found = listeners_.find(id);
    if (found != listeners_.end()) listeners = found->second;
  }
  for (const Listener& listener : listeners) listener.on_change();
}

void FileEvents::tell_all() {
  std::vector<int> ids;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, listeners] : listeners_) ids.push_back(id);
  }
  for (const int id : ids) tell(id);
}

Task<> FileEvents::run(Duration pause, StopToken stop) {
  using Stream = asio::posix::stream_descriptor;
  const auto strand = co_await asio::this_coro::executor;
  const auto stream = std::make_shared<Stream>(strand, descriptor_);
  // Cancelled on the strand: a wait that began before this runs has to end, none begins later.
  std::stop_callback on_stop(stop, [stream, strand] {
    asio::post(strand, [stream] {
      boost::system::error_code ignored;
      stream->cancel(ignored);
    });
  });
  while (!stop.stop_requested()) {
    boost::system::error_code error;
    co_await stream->async_wait(Stream::wait_read,
                                asio::redirect_error(asio::use_awaitable, error));
    if (error || stop.stop_requested()) break;
    const std::set<int> ids = read_events(stream->native_handle());
    if (ids.contains(lost_events))
      tell_all();
    else
      for (const int id : ids) tell(id);
    co_await sleep_for(pause, stop);
  }
  stream->release();  // The descriptor stays ours.
}

}  // namespace alloy
