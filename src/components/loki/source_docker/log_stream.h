// Takes apart what a Docker engine sends as the logs of a container: lines that begin with their
// time, in frames of 8 bytes of head each for stdout and stderr, or plain from a terminal.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace alloy::loki::source_docker {

enum class Output : unsigned char { standard, error };

struct LogLine {
  Output output = Output::standard;
  int64_t timestamp_ns = 0;
  std::string text;
};

// Why lines were left out, and how many.
struct LinesLeftOut {
  uint64_t without_timestamp = 0;
  uint64_t too_long = 0;
};

class LogStream {
 public:
  // What a container with a terminal writes comes as it is, all as its output.
  enum class Form : unsigned char { frames, terminal };
  explicit LogStream(Form form) : form_(form) {}

  // Appends the lines that are complete now. Fails when it is no such stream, or the engine tells
  // of an error; it is of no use afterwards.
  Result<> feed(std::string_view bytes, std::vector<LogLine>& lines);
  // At the end, which may have come without a line break.
  void finish(std::vector<LogLine>& lines);

  const LinesLeftOut& left_out() const { return left_out_; }

 private:
  // Text of one output that still waits for its line break.
  struct Pending {
    std::string text;
    bool is_split = false;  // Its last frame was full: the engine splits long lines.
    bool is_too_long = false;
  };

  void take_frame(Output output, std::string_view payload, std::vector<LogLine>& lines);
  void take_text(Output output, std::string_view text, std::vector<LogLine>& lines);
  void append(Pending& pending, std::string_view text) const;
  void end_line(Output output, std::vector<LogLine>& lines);
  Pending& pending(Output output) { return pending_[static_cast<size_t>(output)]; }

  const Form form_;
  std::string unframed_;  // The beginning of a frame.
  Pending pending_[2];
  LinesLeftOut left_out_;
};

}  // namespace alloy::loki::source_docker
