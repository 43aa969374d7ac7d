#include "base/file.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>

namespace alloy {
namespace asio = boost::asio;

namespace {

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

// Reads what is pending and passes the names on; false when the watch is over.
bool read_events(int descriptor, const std::function<void(std::string_view)>& on_change) {
  alignas(inotify_event) char buffer[4096];
  while (true) {
    const ssize_t size = ::read(descriptor, buffer, sizeof buffer);
    if (size <= 0) return size < 0 && (errno == EAGAIN || errno == EINTR);
    for (const char* at = buffer; at < buffer + size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      at += sizeof event + event.len;
      if (event.mask & (IN_IGNORED | IN_UNMOUNT | IN_MOVE_SELF)) return false;
      on_change(event.len > 0 ? std::string_view(event.name) : std::string_view());
    }
  }
}

}  // namespace

Result<std::string> read_file(const std::string& path, size_t bytes_max) {
  // Without O_NONBLOCK a named pipe without a writer would hold the thread for ever.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return std::unexpected(Error::from_errno(fmt::format("open {}", path)));
  std::string content;
  struct stat info = {};
  if (::fstat(file.get(), &info) == 0 && info.st_size > 0)
    content.reserve(std::min(static_cast<size_t>(info.st_size) + 1, bytes_max));
  char buffer[16384];
  while (true) {
    const ssize_t size = ::read(file.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return std::unexpected(Error::from_errno(fmt::format("read {}", path)));
    if (size == 0) return content;
    if (content.size() + static_cast<size_t>(size) > bytes_max)
      return fail(fmt::format("read {}: larger than {} bytes", path, bytes_max), ErrorKind::full);
    content.append(buffer, static_cast<size_t>(size));
  }
}

Task<Result<>> watch_directory(std::string directory,
                               std::function<void(std::string_view name)> on_change,
                               StopToken stop) {
  Descriptor descriptor(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (descriptor.get() < 0) co_return std::unexpected(Error::from_errno("inotify_init"));
  constexpr uint32_t events = IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB |
                              IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF |
                              IN_ONLYDIR;
  if (::inotify_add_watch(descriptor.get(), directory.c_str(), events) < 0)
    co_return std::unexpected(Error::from_errno(fmt::format("watch {}", directory)));

  using Stream = asio::posix::stream_descriptor;
  const auto strand = co_await asio::this_coro::executor;
  const auto stream = std::make_shared<Stream>(strand, descriptor.release());
  // Cancelled on the strand: a wait that began before this runs has to end, none begins later.
  std::stop_callback on_stop(stop, [stream, strand] {
    asio::post(strand, [stream] {
      boost::system::error_code ignored;
      stream->cancel(ignored);
    });
  });
  on_change("");
  while (!stop.stop_requested()) {
    boost::system::error_code error;
    co_await stream->async_wait(Stream::wait_read,
                                asio::redirect_error(asio::use_awaitable, error));
    if (stop.stop_requested()) break;
    if (error || !read_events(stream->native_handle(), on_change))
      co_return fail(fmt::format("watch {}: the directory is gone", directory),
                     ErrorKind::not_found);
  }
  co_return Result<>();
}

}  // namespace alloy
