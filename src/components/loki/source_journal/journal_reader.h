// Reads entries of systemd's journal. Everything blocks, though not for long.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/error.h"

namespace alloy::loki::source_journal {

struct JournalEntry {
  std::vector<std::pair<std::string, std::string>> fields;  // In the journal's order and spelling.
  int64_t timestamp_ns = 0;
  std::string cursor;
};

struct JournalOptions {
  std::string path;                  // A directory; empty: this machine's journal.
  std::string cursor;                // Goes on behind this entry; empty: by age.
  Duration max_age = 7h;             // How far back to begin without a cursor.
  std::vector<std::string> matches;  // FIELD=value, all of which have to hold.
};

class JournalReader {
 public:
  // Error: the journal can't be opened, or systemd's library isn't there.
  static Result<std::unique_ptr<JournalReader>> open(const JournalOptions& options);
  virtual ~JournalReader() = default;

  // The next entries, at most `count`; none when there are none yet.
  virtual Result<std::vector<JournalEntry>> read(size_t count) = 0;
};

}  // namespace alloy::loki::source_journal
