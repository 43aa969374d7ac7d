// Formats are taken apart once. The last time of each stream is remembered, so that lines keep
// their order where times fail or repeat.
#include "components/loki/process/stages/timestamp_stage.h"

#include <cmath>
#include <unordered_map>

#include "base/civil_time.h"
#include "base/time_layout.h"
#include "signals/number_text.h"

namespace alloy::loki::process {
namespace {

constexpr size_t streams_max = 10'000;

// Numbers since 1970, in some unit.
std::optional<int64_t> scaled(std::string_view text, int64_t unit) {
  const auto number = parse_integer(text);
  if (!number) return std::nullopt;
  return static_cast<int64_t>(static_cast<uint64_t>(*number) * static_cast<uint64_t>(unit));
}

std::optional<int64_t> unix_seconds(std::string_view text) {
  const size_t point = text.find('.');
  if (point == std::string_view::npos || text.find('.', point + 1) != std::string_view::npos) {
    return scaled(text, 1'000'000'000);
  }
  const auto seconds = scaled(text.substr(0, point), 1'000'000'000);
  const std::string_view digits = text.substr(point + 1);
  const auto fraction = parse_integer(digits);
  if (!seconds || !fraction) return std::nullopt;
  const double nanoseconds =
      static_cast<double>(*fraction) * std::pow(10.0, 9 - static_cast<double>(digits.size()));
  return *seconds + static_cast<int64_t>(nanoseconds);
}

class Format {
 public:
  Format(std::string_view format, TimeZonePointer zone, Clock& clock)
      : name_(format), zone_(std::move(zone)), clock_(clock) {
    constexpr std::string_view named[] = {"ANSIC",   "UnixDate",   "RubyDate", "RFC822",
                                          "RFC822Z", "RFC850",     "RFC1123",  "RFC1123Z",
                                          "RFC3339", "RFC3339Nano"};
    if (format == "Unix" || format == "UnixMs" || format == "UnixUs" || format == "UnixNs") return;
    for (const std::string_view name : named) {
      if (name != format) continue;
      layout_.emplace(named_time_layout(name));
      zone_ = nullptr;  // Formats with names are of UTC, if they don't say otherwise.
      return;
    }
    layout_.emplace(format);
    has_year_ = format.contains("06");
  }

  std::optional<int64_t> parse(std::string_view text) const {
    if (!layout_) {
      if (name_ == "Unix") return unix_seconds(text);
      return scaled(text, name_ == "UnixMs" ? 1'000'000 : name_ == "UnixUs" ? 1000 : 1);
    }
    const auto time =
        zone_ != nullptr ? layout_->parse(text, *zone_, *zone_) : layout_->parse(text);
    if (!time) return std::nullopt;
    return has_year_ ? std::optional(time->unix_nanoseconds()) : with_year(*time);
  }

 private:
  // The year of a time without one is that which brings it close to now.
  std::optional<int64_t> with_year(const ParsedTime& time) const {
    if (time.year != 0) return std::nullopt;
    const int64_t now = clock_.wall().time_since_epoch() / std::chrono::seconds(1);
    const CivilDate today = civil_from_days(floor_divide(now, 86400));
    // In the zone of the text, as it was read in the year 0.
    const TimeZone* zone = zone_ != nullptr ? zone_.get() : TimeZone::utc().get();
    int64_t offset = 0;
    if (time.zone == ParsedTime::Zone::offset) offset = time.offset;
    if (time.zone == ParsedTime::Zone::unsaid) offset = zone->at(time.seconds).offset;
    if (time.zone == ParsedTime::Zone::local) {
      offset = (zone_ != nullptr ? zone : TimeZone::local().get())->at(time.seconds).offset;
    }
    const int64_t local = time.seconds + offset;
    const int64_t days = floor_divide(local, 86400);
    const CivilDate date = civil_from_days(days);
    int64_t year = today.year;
    if (date.month == 12 && today.month == 1) --year;
    if (date.month == 1 && today.month == 12) ++year;
    // A leap day goes to the first of March where there is none.
    const int64_t moved = days_from_civil(year, date.month, 1) + date.day - 1;
    const int64_t seconds = moved * 86400 + (local - days * 86400);
    const int64_t unix =
        time.zone == ParsedTime::Zone::unsaid ? zone->to_unix(seconds) : seconds - offset;
    return unix * 1'000'000'000 + time.nanoseconds;
  }

  std::string name_;
  TimeZonePointer zone_;  // Null: UTC, and abbreviations are the machine's.
  Clock& clock_;
  std::optional<TimeLayout> layout_;
  bool has_year_ = true;
};

class TimestampStage final : public Stage {
 public:
  TimestampStage(const TimestampArguments& arguments, std::vector<Format> formats,
                 StageContext& context)
      : Stage("timestamp"),
        source_(context.names.add(arguments.source)),
        formats_(std::move(formats)),
        fudges_failures_(arguments.action_on_failure != "skip"),
        fudges_duplicates_(arguments.action_on_duplicate_timestamp != "keep") {}

 private:
  struct LastTime {
    int64_t parsed = 0;
    int64_t adjusted = 0;
  };

  void process(Line& line, Run& run) override {
    const auto text = line.extracted[source_].as_text(run.scratch);
    const auto time = text ? parse(*text) : std::nullopt;
    if (time)
      set(line, *time);
    else if (fudges_failures_)
      fudge(line);
    pass(line, run);
  }

  std::optional<int64_t> parse(std::string_view text) const {
    for (const Format& format : formats_) {
      if (const auto time = format.parse(text)) return time;
    }
    return std::nullopt;
  }

  void set(Line& line, int64_t time) {
    line.timestamp_ns = time;
    if (!fudges_duplicates_ && !fudges_failures_) return;
    LastTime& last = last_time(line);
    if (fudges_duplicates_ && last.parsed == time && last.adjusted != 0) {
      line.timestamp_ns = last.adjusted + 1;
    }
    last = {.parsed = time, .adjusted = line.timestamp_ns};
  }

  void fudge(Line& line) {
    LastTime& last = last_time(line);
    if (last.adjusted != 0) line.timestamp_ns = ++last.adjusted;
  }

  // By the labels; of streams that were seen last.
  LastTime& last_time(const Line& line) {
    const Series* base = line.labels.base();
    if (base != nullptr && base->uid() == last_uid_) return *last_used_;
    const uint64_t key = line.labels.hash();
    auto found = present_.find(key);
    if (found == present_.end()) {
      const auto before = earlier_.find(key);
      const LastTime known = before == earlier_.end() ? LastTime() : before->second;
      if (present_.size() >= streams_max) earlier_ = std::exchange(present_, {});
      found = present_.emplace(key, known).first;
    }
    last_uid_ = base == nullptr ? 0 : base->uid();
    last_used_ = &found->second;
    return found->second;
  }

  const NameId source_;
  const std::vector<Format> formats_;
  const bool fudges_failures_;
  const bool fudges_duplicates_;
  std::unordered_map<uint64_t, LastTime> present_;
  std::unordered_map<uint64_t, LastTime> earlier_;
  // The stream of the line before; 0: its labels were changed.
  uint64_t last_uid_ = 0;
  LastTime* last_used_ = nullptr;
};

Result<void> check_action(std::string_view action, std::string_view name,
                          std::string_view alternative) {
  if (action.empty() || action == alternative || action == "fudge") return {};
  const std::string values = alternative == "skip" ? "[skip fudge]" : "[keep fudge]";
  return fail("invalid " + std::string(name) + " (supported values are " + values + ")");
}

}  // namespace

Result<StagePointer> make_stage(const TimestampArguments& arguments, StageContext& context) {
  if (arguments.source.empty()) {
    return fail("timestamp source value is required if timestamp is specified");
  }
  if (arguments.format.empty()) return fail("timestamp format is required");
  TimeZonePointer zone;
  if (arguments.location) {
    auto loaded = TimeZone::load(*arguments.location);
    if (!loaded) {
      return std::unexpected(
          std::move(loaded).error().with_context("invalid location specified: %v"));
    }
    zone = *std::move(loaded);
  }
  TRY(check_action(arguments.action_on_failure, "action on failure", "skip"));
  TRY(check_action(arguments.action_on_duplicate_timestamp, "action on duplicate timestamp",
                   "keep"));
  std::vector<Format> formats;
  formats.emplace_back(arguments.format, zone, context.clock);
  for (const std::string& format : arguments.fallback_formats) {
    formats.emplace_back(format, zone, context.clock);
  }
  return std::make_unique<TimestampStage>(arguments, std::move(formats), context);
}

}  // namespace alloy::loki::process
