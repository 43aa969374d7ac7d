// What loki.source.file takes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "components/loki/source_file/tail.h"
#include "schema/fields.h"
#include "signals/logs_receiver.h"
#include "signals/targets.h"

namespace alloy::loki::source_file {

// The formats that a configuration can name.
enum class Format : unsigned char { gz, z, bz2 };

constexpr auto enum_names(Format) {
  return std::array{EnumName{Format::gz, "gz"}, EnumName{Format::z, "z"},
                    EnumName{Format::bz2, "bz2"}};
}
inline std::string enum_error(Format, std::string_view text) {
  return fmt::format("unsupported compression format: {} - please use one of \"gz, z, bz2\"",
                     quote(text));
}

constexpr auto enum_names(OnPositionError) {
  return std::array{EnumName{OnPositionError::skip, "skip"},
                    EnumName{OnPositionError::restart_from_end, "restart_from_end"},
                    EnumName{OnPositionError::restart_from_beginning, "restart_from_beginning"}};
}
inline std::string enum_error(OnPositionError, std::string_view text) {
  return fmt::format("unknown OnPositionsFileError value: {}", text);
}

struct Decompression {
  bool enabled = false;
  Duration initial_delay = Duration::zero();
  Format format = Format::gz;

  static constexpr auto schema() {
    using D = Decompression;
    return fields(required<&D::enabled>("enabled", "Whether the files are decompressed."),
                  optional<&D::initial_delay>(
                      "initial_delay", "How long to leave a new file alone, so that it is whole."),
                  required<&D::format>("format", "How they are compressed: gz, z or bz2."));
  }
};

struct FileWatch {
  Duration min_poll_frequency = 250ms;
  Duration max_poll_frequency = 250ms;

  static constexpr auto schema() {
    using W = FileWatch;
    return fields(
        optional<&W::min_poll_frequency>("min_poll_frequency",
                                         "How often to look at a file that is changing."),
        optional<&W::max_poll_frequency>(
            "max_poll_frequency", "How often to look at one that has not changed for long."));
  }
};

struct FileMatch {
  bool enabled = false;
  Duration sync_period = 10s;
  Duration ignore_older_than = Duration::zero();

  static constexpr auto schema() {
    using M = FileMatch;
    return fields(
        optional<&M::enabled>("enabled", "Whether the paths of the targets are patterns."),
        optional<&M::sync_period>("sync_period", "How often to look for files."),
        optional<&M::ignore_older_than>(
            "ignore_older_than",
            "Does not begin files that have not changed for so long; 0: all."));
  }
  Result<void> validate() const {
    if (sync_period <= Duration::zero()) return fail("sync period must be greater than 0");
    return {};
  }
};

struct Arguments {
  TargetList targets;
  std::vector<LogsReceiverPointer> forward_to;
  std::string encoding;
  std::optional<Decompression> decompression;
  FileWatch file_watch;
  FileMatch file_match;
  bool tail_from_end = false;
  std::string legacy_positions_file;
  OnPositionError on_positions_file_error = OnPositionError::restart_from_beginning;

  static constexpr auto schema() {
    using A = Arguments;
    return fields(
        required<&A::targets>("targets", "The files to read, each named by the label __path__."),
        required<&A::forward_to>("forward_to", "Where the lines go."),
        optional<&A::encoding>("encoding",
                               "How the files are encoded, by IANA's name; empty: UTF-8."),
        block<&A::decompression>("decompression", "Reads compressed files."),
        block<&A::file_watch>("file_watch", "How often files are looked at that can't be watched."),
        block<&A::file_match>("file_match", "Takes the paths of the targets as patterns."),
        optional<&A::tail_from_end>("tail_from_end",
                                    "Begins at the end of files that have no position yet."),
        optional<&A::legacy_positions_file>("legacy_positions_file",
                                            "A positions file of the older format to take over."),
        optional<&A::on_positions_file_error>(
            "on_positions_file_error",
            "What to do with a file whose position is no number: skip, restart_from_end or "
            "restart_from_beginning."));
  }

  TailSettings settings() const;
};

struct TargetInfo {
  std::string path;
  std::string labels;
  bool is_running = false;
  int64_t read_offset = 0;

  static constexpr auto schema() {
    using T = TargetInfo;
    return fields(required<&T::path>("path", "The file."),
                  required<&T::labels>("labels", "The labels of the target."),
                  required<&T::is_running>("is_running", "Whether it is being read."),
                  required<&T::read_offset>("read_offset", "How far it has been read."));
  }
};

struct DebugInfo {
  std::vector<TargetInfo> targets_info;

  static constexpr auto schema() {
    return fields(blocks<&DebugInfo::targets_info>("targets_info", "A target that is read."));
  }
};

}  // namespace alloy::loki::source_file
