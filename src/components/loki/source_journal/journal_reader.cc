#include "components/loki/source_journal/journal_reader.h"

#include <cerrno>
#include <cstring>
#include <systemd/sd-journal.h>

#include "base/dynamic_library.h"

namespace alloy::loki::source_journal {
namespace {

// What is used of libsystemd, which is loaded when the first journal is opened: it brings half a
// dozen libraries with it that nobody else needs.
struct Library {
  DynamicLibrary file{"libsystemd.so.0"};
  decltype(&sd_journal_open) open = nullptr;
  decltype(&sd_journal_open_directory) open_directory = nullptr;
  decltype(&sd_journal_close) close = nullptr;
  decltype(&sd_journal_add_match) add_match = nullptr;
  decltype(&sd_journal_set_data_threshold) set_data_threshold = nullptr;
  decltype(&sd_journal_seek_cursor) seek_cursor = nullptr;
  decltype(&sd_journal_test_cursor) test_cursor = nullptr;
  decltype(&sd_journal_seek_realtime_usec) seek_realtime_usec = nullptr;
  decltype(&sd_journal_next) next = nullptr;
  decltype(&sd_journal_get_fd) get_fd = nullptr;
  decltype(&sd_journal_process) process = nullptr;
  decltype(&sd_journal_get_realtime_usec) get_realtime_usec = nullptr;
  decltype(&sd_journal_get_cursor) get_cursor = nullptr;
  decltype(&sd_journal_restart_data) restart_data = nullptr;
  decltype(&sd_journal_enumerate_available_data) enumerate_available_data = nullptr;

  Library() {
    if (!file.loaded()) return;
    file.bind(open, "sd_journal_open");
    file.bind(open_directory, "sd_journal_open_directory");
    file.bind(close, "sd_journal_close");
    file.bind(add_match, "sd_journal_add_match");
    file.bind(set_data_threshold, "sd_journal_set_data_threshold");
    file.bind(seek_cursor, "sd_journal_seek_cursor");
    file.bind(test_cursor, "sd_journal_test_cursor");
    file.bind(seek_realtime_usec, "sd_journal_seek_realtime_usec");
    file.bind(next, "sd_journal_next");
    file.bind(get_fd, "sd_journal_get_fd");
    file.bind(process, "sd_journal_process");
    file.bind(get_realtime_usec, "sd_journal_get_realtime_usec");
    file.bind(get_cursor, "sd_journal_get_cursor");
    file.bind(restart_data, "sd_journal_restart_data");
    file.bind(enumerate_available_data, "sd_journal_enumerate_available_data");
  }
};

const Library& library() {
  static const Library loaded;
  return loaded;
}

Error error_of(std::string_view what, int result) {
  return Error(fmt::format("{}: {}", what, std::strerror(-result)));
}

class SystemdReader final : public JournalReader {
 public:
  explicit SystemdReader(sd_journal* journal) : journal_(journal) {}
  ~SystemdReader() override { library().close(journal_); }

  Result<> seek(const JournalOptions& options);
  Result<std::vector<JournalEntry>> read(size_t count) override;

 private:
  Result<JournalEntry> current();

  sd_journal* const journal_;
  bool is_at_entry_ = false;  // Whether the seek ended on an entry that is still to be read.
};

Result<> SystemdReader::seek(const JournalOptions& options) {
  const Library& lib = library();
  for (const std::string& match : options.matches)
    if (const int result = lib.add_match(journal_, match.data(), match.size()); result < 0)
      return std::unexpected(error_of("adding the match " + match, result));
  lib.set_data_threshold(journal_, 0);
  // From now on the library notices new files.
  if (const int result = lib.get_fd(journal_); result < 0)
    return std::unexpected(error_of("watching the journal", result));
  if (!options.cursor.empty() && lib.seek_cursor(journal_, options.cursor.c_str()) >= 0) {
    // On the entry itself, which has been read, or where it was.
    const int moved = lib.next(journal_);
    is_at_entry_ = moved > 0 && lib.test_cursor(journal_, options.cursor.c_str()) <= 0;
    return {};
  }
  const auto from = std::chrono::system_clock::now().time_since_epoch() - options.max_age;
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(from).count();
  if (const int result = lib.seek_realtime_usec(journal_, static_cast<uint64_t>(microseconds));
      result < 0)
    return std::unexpected(error_of("seeking in the journal", result));
  return {};
}

Result<JournalEntry> SystemdReader::current() {
  const Library& lib = library();
  JournalEntry entry;
  uint64_t microseconds = 0;
  if (const int result = lib.get_realtime_usec(journal_, &microseconds); result < 0)
    return std::unexpected(error_of("reading an entry's time", result));
  entry.timestamp_ns = static_cast<int64_t>(microseconds) * 1000;
  char* cursor = nullptr;
  if (const int result = lib.get_cursor(journal_, &cursor); result < 0)
    return std::unexpected(error_of("reading an entry's cursor", result));
  entry.cursor = cursor;
  std::free(cursor);
  const void* data = nullptr;
  size_t size = 0;
  lib.restart_data(journal_);
  while (lib.enumerate_available_data(journal_, &data, &size) > 0) {
    const std::string_view field(static_cast<const char*>(data), size);
    const size_t equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    entry.fields.emplace_back(field.substr(0, equals), field.substr(equals + 1));
  }
  return entry;
}

Result<std::vector<JournalEntry>> SystemdReader::read(size_t count) {
  const Library& lib = library();
  if (const int result = lib.process(journal_); result < 0)
    return std::unexpected(error_of("following the journal", result));
  std::vector<JournalEntry> entries;
  while (entries.size() < count) {
    if (!std::exchange(is_at_entry_, false)) {
      const int moved = lib.next(journal_);
      if (moved < 0) return std::unexpected(error_of("reading the journal", moved));
      if (moved == 0) break;
    }
    TRY(JournalEntry entry, current());
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace

Result<std::unique_ptr<JournalReader>> JournalReader::open(const JournalOptions& options) {
  const Library& lib = library();
  TRY(lib.file.loaded());
  sd_journal* journal = nullptr;
  const int result = options.path.empty() ? lib.open(&journal, SD_JOURNAL_LOCAL_ONLY)
                                          : lib.open_directory(&journal, options.path.c_str(), 0);
  if (result < 0) return std::unexpected(error_of("opening the journal", result));
  auto reader = std::make_unique<SystemdReader>(journal);
  TRY(reader->seek(options));
  return reader;
}

}  // namespace alloy::loki::source_journal
