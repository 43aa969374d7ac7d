// loki.source.journal reads the journal of systemd and hands its entries on.
#include <filesystem>

#include "base/text.h"
#include "component/component.h"
#include "components/loki/shared/forwarder.h"
#include "components/loki/shared/positions.h"
#include "components/loki/source_journal/journal_reader.h"
#include "signals/json/json_value.h"
#include "signals/log_batch_builder.h"
#include "signals/relabel.h"

namespace alloy::loki::source_journal {
namespace {

struct LegacyPosition {
  std::string file;
  std::string name;

  static constexpr auto schema() {
    using L = LegacyPosition;
    return fields(required<&L::file>("file", "A positions file of the older format."),
                  required<&L::name>("name", "The name of the job in it."));
  }
};

struct Arguments {
  bool format_as_json = false;
  Duration max_age = 7h;
  std::string path;
  RelabelRulesPointer relabel_rules;
  std::string matches;
  std::vector<LogsReceiverPointer> forward_to;
  std::map<std::string, std::string> labels;
  std::optional<LegacyPosition> legacy_position;

  static constexpr auto schema() {
    using A = Arguments;
    return fields(
        optional<&A::format_as_json>("format_as_json",
                                     "Whether a line is the whole entry as JSON."),
        optional<&A::max_age>("max_age", "How far back to begin without a position."),
        optional<&A::path>("path", "A directory with journal files; empty: this machine's."),
        optional<&A::relabel_rules>("relabel_rules", "Rules that make labels of the fields."),
        optional<&A::matches>("matches", "Which entries: FIELD=value, separated by blanks."),
        required<&A::forward_to>("forward_to", "Where the entries go."),
        optional<&A::labels>("labels", "Labels of every entry."),
        block<&A::legacy_position>("legacy_position", "Takes a position over."));
  }
};

constexpr size_t entries_a_batch = 512;
constexpr Duration poll_interval = 250ms;
constexpr Duration save_interval = 1s;
constexpr Duration reopen_interval = 10s;

std::string_view priority_keyword(std::string_view priority) {
  constexpr std::array<std::string_view, 8> keywords = {"emerg",   "alert",  "crit", "error",
                                                        "warning", "notice", "info", "debug"};
  const bool is_known = priority.size() == 1 && priority[0] >= '0' && priority[0] <= '7';
  return is_known ? keywords[static_cast<size_t>(priority[0] - '0')] : priority;
}

std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string as_json(const JournalEntry& entry) {
  std::map<std::string_view, std::string_view> sorted;
  for (const auto& [name, value] : entry.fields) sorted[name] = value;
  std::string out = "{";
  for (const auto& [name, value] : sorted) {
    if (out.size() > 1) out += ',';
    append_json_text(name, out);
    out += ':';
    append_json_text(value, out);
  }
  return out + "}";
}

// Entries and the memory that they lie in.
struct Batch {
  LogBatchBuilder builder;
  std::string cursor;
  uint64_t without_message = 0;
  uint64_t without_labels = 0;
};

class SourceJournal final : public AwaitingComponentWith<Arguments> {
 public:
  explicit SourceJournal(Options options);
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  struct Position {
    PositionsFile* file;
    PositionKey key;
  };
  Task<Result<>> open_positions(std::optional<LegacyPosition> legacy);
  Task<std::shared_ptr<JournalReader>> open(std::shared_ptr<const Arguments> arguments);
  Task<bool> follow(std::shared_ptr<JournalReader> reader,
                    std::shared_ptr<const Arguments> arguments, StopToken stop);
  std::shared_ptr<Batch> make_batch(const std::vector<JournalEntry>& entries,
                                    const Arguments& arguments);
  void add(const JournalEntry& entry, const Arguments& arguments, Batch& batch);
  Task<> save_positions(StopToken stop);
  void count_errors(std::string_view why, uint64_t count);

  SeriesStore& store_;
  const std::shared_ptr<Forwarder> forwarder_;
  Counter& lines_;
  const PositionKey key_;
  std::shared_ptr<PositionsFile> positions_;
  std::shared_ptr<const Arguments> arguments_;
  int64_t last_timestamp_ns_ = 0;
};

SeriesStore& store_of(const Options& options) {
  auto* store = options.services.find<SeriesStore>();
  ASSERT(store != nullptr);
  return *store;
}

SourceJournal::SourceJournal(Options options)
    : AwaitingComponentWith(std::move(options)),
      store_(store_of(this->options())),
      forwarder_(std::make_shared<Forwarder>(clock())),
      lines_(this->options().metrics.counter("loki_source_journal_target_lines_total",
                                             "Total number of successful journal lines read")),
      key_{"cursor-" + this->options().global_id(), ""} {}

Task<Result<>> SourceJournal::open_positions(std::optional<LegacyPosition> legacy) {
  struct Opener {
    std::string folder;
    PositionKey key;
    std::optional<LegacyPosition> legacy;
    Result<std::shared_ptr<PositionsFile>> operator()() const {
      std::error_code error;
      std::filesystem::create_directories(folder, error);
      if (error) return fail(fmt::format("mkdir {}: {}", folder, error.message()));
      const std::string path = folder + "/positions.yml";
      if (!legacy) return PositionsFile::open(path);
      TRY(std::shared_ptr<PositionsFile> file, PositionsFile::open(path, legacy->file));
      const auto taken = file->get({"cursor-" + legacy->name, "{}"});
      if (taken && !file->get(key)) file->put(key, *taken);
      return file;
    }
  };
  CO_TRY(positions_, co_await run_blocking(options().executor.blocking(),
                                           Opener{options().data_path, key_, std::move(legacy)}));
  co_return Result<>();
}

Task<Result<>> SourceJournal::update(Arguments arguments) {
  if (positions_ == nullptr) CO_TRY(co_await open_positions(arguments.legacy_position));
  for (const std::string_view match : split(arguments.matches, ' '))
    if (!match.empty() && std::ranges::count(match, '=') != 1)
      co_return fail(fmt::format("Error parsing journal reader 'matches' configuration value: {}",
                                 quote(match)));
  forwarder_->set_receivers(arguments.forward_to);
  arguments_ = std::make_shared<const Arguments>(std::move(arguments));
  co_return Result<>();
}

Task<std::shared_ptr<JournalReader>> SourceJournal::open(
    std::shared_ptr<const Arguments> arguments) {
  JournalOptions wanted{.path = arguments->path,
                        .cursor = positions_->get(key_).value_or(""),
                        .max_age = arguments->max_age};
  for (const std::string_view match : split(arguments->matches, ' '))
    if (!match.empty()) wanted.matches.emplace_back(match);
  auto reader = co_await run_blocking(options().executor.blocking(),
                                      [wanted] { return JournalReader::open(wanted); });
  if (!reader) {
    logger().error("error creating journal tailer", {{"err", reader.error()}});
    report_unhealthy("error creating journal tailer: " + reader.error().message());
    co_return nullptr;
  }
  report_healthy("journal tailer is running");
  co_return std::shared_ptr<JournalReader>(*std::move(reader));
}

Task<> SourceJournal::run(StopToken stop) {
  TaskGroup tasks(options().strand, TaskGroup::Strands::shared);
  tasks.spawn(save_positions(stop));
  while (!stop.stop_requested()) {
    const auto arguments = arguments_;
    const auto reader = co_await open(arguments);
    if (reader == nullptr) {
      co_await clock().sleep(reopen_interval, stop);
      continue;
    }
    if (!co_await follow(reader, arguments, stop)) co_await clock().sleep(reopen_interval, stop);
  }
  co_await tasks.join();
  (void)co_await run_blocking(options().executor.blocking(),
                              [positions = positions_] { return positions->save(); });
}

// Until there are new arguments, or it is asked to stop; false when the journal can't be read.
Task<bool> SourceJournal::follow(std::shared_ptr<JournalReader> reader,
                                 std::shared_ptr<const Arguments> arguments, StopToken stop) {
  while (!stop.stop_requested() && arguments == arguments_) {
    const auto entries = co_await run_blocking(options().executor.blocking(),
                                               [reader] { return reader->read(entries_a_batch); });
    if (!entries) {
      logger().error("failed to read journal entry", {{"err", entries.error()}});
      report_unhealthy(entries.error().message());
      co_return false;
    }
    if (entries->empty()) {
      co_await clock().sleep(poll_interval, stop);
      continue;
    }
    const auto batch = make_batch(*entries, *arguments);
    const auto delivered = co_await Forwarder::deliver(forwarder_, batch->builder.entries(), batch,
                                                       Duration::max(), stop);
    if (!delivered) co_return true;
    lines_.add(static_cast<double>(batch->builder.entries().size()));
    count_errors("no_message", batch->without_message);
    count_errors("empty_labels", batch->without_labels);
    positions_->put(key_, batch->cursor);
  }
  co_return true;
}

void SourceJournal::count_errors(std::string_view why, uint64_t count) {
  if (count == 0) return;
  options()
      .metrics
      .counter("loki_source_journal_target_parsing_errors_total",
               "Total number of parsing errors while reading journal messages",
               {{"error", std::string(why)}})
      .add(static_cast<double>(count));
}

std::shared_ptr<Batch> SourceJournal::make_batch(const std::vector<JournalEntry>& entries,
                                                 const Arguments& arguments) {
  auto batch = std::make_shared<Batch>();
  for (const JournalEntry& entry : entries) add(entry, arguments, *batch);
  batch->cursor = entries.back().cursor;
  return batch;
}

void SourceJournal::add(const JournalEntry& entry, const Arguments& arguments, Batch& batch) {
  LabelBuilder labels;
  for (const auto& [name, value] : arguments.labels) labels.set(name, value);
  labels.set("job", labels.keep(options().global_id()));
  std::string_view message;
  for (const auto& [name, value] : entry.fields) {
    if (name == "MESSAGE") message = value;
    if (name == "PRIORITY") labels.set("__journal_priority_keyword", priority_keyword(value));
    labels.set(labels.keep("__journal_" + lower(name)), value);
  }
  const std::string json = arguments.format_as_json ? as_json(entry) : "";
  if (arguments.format_as_json) message = json;
  if (message.empty()) {
    ++batch.without_message;
    return;
  }
  const bool is_kept = !arguments.relabel_rules || arguments.relabel_rules->apply(labels);
  labels.erase_if([](const Label& label) { return label.name.starts_with("__"); });
  if (!is_kept || labels.labels().empty()) {
    ++batch.without_labels;
    return;
  }
  // A nanosecond apart, so that entries of one microsecond keep their order.
  last_timestamp_ns_ = entry.timestamp_ns > last_timestamp_ns_ - 1000
                           ? std::max(entry.timestamp_ns, last_timestamp_ns_ + 1)
                           : entry.timestamp_ns;
  batch.builder.entries().push_back({.labels = batch.builder.hold(store_.intern(labels.labels())),
                                     .timestamp_ns = last_timestamp_ns_,
                                     .line = batch.builder.keep(message)});
}

Task<> SourceJournal::save_positions(StopToken stop) {
  while (co_await clock().sleep(save_interval, stop) == Wake::elapsed) {
    const auto saved = co_await run_blocking(
        options().executor.blocking(), [positions = positions_] { return positions->save(); });
    if (!saved) logger().error("error writing positions file", {{"error", saved.error()}});
  }
}

}  // namespace
}  // namespace alloy::loki::source_journal

namespace alloy {

extern const ComponentType loki_source_journal;
const ComponentType loki_source_journal = {
    .name = "loki.source.journal",
    .doc = "Reads the journal of systemd.",
    .arguments = &schema_of<loki::source_journal::Arguments>,
    .create = create<loki::source_journal::SourceJournal>,
};

}  // namespace alloy
