#include "app/text_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/file.h"

namespace alloy::app {

Result<std::string> read_input(const std::string& path, std::string_view command,
                               Console& console) {
  if (path == "-") return console.read_in();
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::unexpected(Error::from_errno("stat " + path));
  if (S_ISDIR(status.st_mode))
    return fail(fmt::format("cannot {} a directory", command), ErrorKind::invalid);
  return read_file(path);
}

Result<> write_output(const std::string& path, std::string_view text) {
  constexpr mode_t permissions = 0666;  // Less the umask.
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions);
  if (file < 0) return std::unexpected(Error::from_errno("open " + path));
  Result<> result;
  while (result && !text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      result = std::unexpected(Error::from_errno("write " + path));
    }
  }
  if (::close(file) != 0 && result) result = std::unexpected(Error::from_errno("close " + path));
  return result;
}

}  // namespace alloy::app
