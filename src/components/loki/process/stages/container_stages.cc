// stage.cri, stage.docker and stage.split_json.
#include "components/loki/process/stages/container_stages.h"

#include <unordered_map>

#include "base/text.h"
#include "base/time_layout.h"
#include "signals/go_strings.h"
#include "signals/json/json_parser.h"

namespace alloy::loki::process {
namespace {

const TimeLayout& rfc3339() {
  static const TimeLayout layout(named_time_layout("RFC3339Nano"));
  return layout;
}

// "<time> stdout|stderr [P|F] <content>"
struct CriLine {
  std::string_view time;
  std::string_view stream;
  bool is_partial = false;
  std::string_view content;
};

bool skip_blank(std::string_view& text) {
  if (!text.starts_with(' ')) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<CriLine> parse_cri(std::string_view text) {
  CriLine line;
  size_t size = 0;
  for (std::string_view rest = text; !rest.empty(); size = text.size() - rest.size()) {
    if (is_space(next_code_point(rest))) break;
  }
  if (size < text.size()) line.time = text.substr(0, size);
  text.remove_prefix(line.time.size());
  if (!skip_blank(text)) return std::nullopt;
  line.stream = text.substr(0, 6);
  if (line.stream != "stdout" && line.stream != "stderr") return std::nullopt;
  text.remove_prefix(6);
  if (!skip_blank(text)) return std::nullopt;
  // The flag may be missing: then the line is whole.
  if (text.starts_with('P') || text.starts_with('F')) {
    line.is_partial = text[0] == 'P';
    text.remove_prefix(1);
  }
  skip_blank(text);
  line.content = text;
  return line;
}

class CriStage final : public Stage {
 public:
  CriStage(const CriArguments& arguments, StageContext& context)
      : Stage("cri"),
        arguments_(arguments),
        names_(context.names),
        logger_(context.logger.with({{"stage", "cri"}})),
        flags_(context.names.add("flags")),
        stream_(context.names.add("stream")),
        content_(context.names.add("content")),
        time_(context.names.add("time")),
        flushed_(context.metrics.counter("loki_process_cri_partial_lines_flushed_total",
                                         "A count of partial lines that were flushed prematurely "
                                         "due to the max_partial_lines limit being exceeded")),
        truncated_(context.metrics.counter(
            "loki_process_cri_lines_truncated_total",
            "A count of lines that were truncated due to the max_partial_line_size limit")) {}

  void flush(SteadyTime now, Run& run) override {
    if (now == SteadyTime::max()) release_all(run);
  }

 private:
  void process(Line& line, Run& run) override {
    const auto parsed = parse_cri(line.text);
    if (!parsed) return pass(line, run);
    line.extracted.set(flags_, ExtractedValue::text(parsed->is_partial ? "P" : "F"));
    line.extracted.set(stream_, ExtractedValue::text(parsed->stream));
    line.extracted.set(content_, ExtractedValue::text(parsed->content));
    line.extracted.set(time_, ExtractedValue::text(parsed->time));
    line.text = parsed->content;
    line.labels.set("stream", parsed->stream);
    if (const auto time = rfc3339().parse(parsed->time)) {
      line.timestamp_ns = time->unix_nanoseconds();
    }
    if (parsed->is_partial) return hold(line, run);
    const auto held = held_.empty() ? held_.end() : held_.find(line.labels.hash());
    if (held == held_.end()) return pass(line, run);
    // The line with its last part: everything but the text is the last part's.
    std::string whole = std::move(held->second->text);
    whole += line.text;
    truncate(whole);
    line.text = run.scratch.keep(whole);
    held->second->restore_deliveries(run);
    held_.erase(held);
    pass(line, run);
  }

  void hold(Line& line, Run& run) {
    const uint64_t key = line.labels.hash();
    if (static_cast<int64_t>(held_.size()) >= arguments_.max_partial_lines) {
      logger_.warn("partial lines upperbound exceeded, merging it to single line",
                   {{"threshold", arguments_.max_partial_lines}});
      flushed_.add(static_cast<double>(held_.size()));
      release_all(run);
    }
    auto next = std::make_unique<HeldLine>(line, run.delivery_of_open_block());
    auto& held = held_[key];
    if (held != nullptr) {
      next->text = held->text + next->text;
      next->take_deliveries(*held);
    }
    truncate(next->text);
    held = std::move(next);
  }

  void release_all(Run& run) {
    for (auto& [key, held] : held_) {
      Run::BorrowedLine line(run);
      held->restore(*line, names_, run);
      pass(*line, run);
    }
    held_.clear();
  }

  void truncate(std::string& text) {
    if (!arguments_.max_partial_line_size_truncate) return;
    if (text.size() <= arguments_.max_partial_line_size) return;
    text.resize(arguments_.max_partial_line_size);
    truncated_.add();
  }

  const CriArguments arguments_;
  const NameTable& names_;
  const Logger logger_;
  const NameId flags_;
  const NameId stream_;
  const NameId content_;
  const NameId time_;
  Counter& flushed_;
  Counter& truncated_;
  std::unordered_map<uint64_t, std::unique_ptr<HeldLine>> held_;  // By the hash of the labels.
};

class DockerStage final : public Stage {
 public:
  explicit DockerStage(StageContext& context)
      : Stage("docker"),
        output_(context.names.add("output")),
        stream_(context.names.add("stream")),
        timestamp_(context.names.add("timestamp")) {
    for (const std::string name : {"log", "time", "stream"}) selection_.add({&name, 1});
  }

 private:
  void process(Line& line, Run& run) override {
    JsonValue values[3];
    if (selection_.read(line.text, run.scratch, values) && values[0].is_text() &&
        !values[0].as_text().empty() && is_text(values[1]) && is_text(values[2])) {
      const std::string_view time = text_of(values[1]);
      const std::string_view stream = text_of(values[2]);
      line.text = values[0].as_text();
      line.extracted.set(output_, ExtractedValue::text(line.text));
      line.extracted.set(stream_, ExtractedValue::text(stream));
      line.extracted.set(timestamp_, ExtractedValue::text(time));
      line.labels.set("stream", stream);
      if (const auto parsed = rfc3339().parse(time)) {
        line.timestamp_ns = parsed->unix_nanoseconds();
      }
    }
    pass(line, run);
  }

  static bool is_text(const JsonValue& value) { return value.is_text() || value.is_null(); }
  static std::string_view text_of(const JsonValue& value) {
    return value.is_text() ? value.as_text() : std::string_view("");
  }

  JsonSelection selection_;
  const NameId output_;
  const NameId stream_;
  const NameId timestamp_;
};

class SplitJsonStage final : public Stage {
 public:
  SplitJsonStage(const SplitJsonArguments& arguments, StageContext& context)
      : Stage("split_json"),
        names_(context.names),
        source_(arguments.source ? std::optional(arguments.source->name) : std::nullopt, context) {}

 private:
  void process(Line& line, Run& run) override {
    const auto text = source_.text(line, run.scratch);
    const auto elements = text ? split_json_array(*text) : std::nullopt;
    if (!elements) return pass(line, run);
    for (size_t i = 0; i < elements->size(); ++i) {
      if (i + 1 == elements->size()) {
        line.text = (*elements)[i];
        return pass(line, run);
      }
      Run::BorrowedLine copy(run);
      copy->copy_from(line, names_);
      copy->text = (*elements)[i];
      pass(*copy, run);
    }
    if (elements->empty()) note_drop("an empty array");
  }

  const NameTable& names_;
  const Source source_;
};

}  // namespace

Result<void> CriArguments::validate() const {
  if (max_partial_lines <= 0) return fail("max_partial_lines must be greater than 0");
  return {};
}

Result<StagePointer> make_stage(const CriArguments& arguments, StageContext& context) {
  return std::make_unique<CriStage>(arguments, context);
}

Result<StagePointer> make_stage(const DockerArguments&, StageContext& context) {
  return std::make_unique<DockerStage>(context);
}

Result<StagePointer> make_stage(const SplitJsonArguments& arguments, StageContext& context) {
  return std::make_unique<SplitJsonStage>(arguments, context);
}

}  // namespace alloy::loki::process
