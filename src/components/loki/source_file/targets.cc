#include "components/loki/source_file/targets.h"

#include <algorithm>

#include "components/shared/glob.h"

namespace alloy::loki::source_file {
namespace {

constexpr std::string_view path_label = "__path__";
constexpr std::string_view exclude_label = "__path_exclude__";
constexpr std::string_view filename_label = "filename";

// The labels that lines get: all but those that begin with two underscores.
LabelSet public_labels(const Target& target) {
  std::vector<Label> labels = target.labels();
  std::erase_if(labels, [](const Label& label) { return label.name.starts_with("__"); });
  return LabelSet::from_sorted(labels);
}

bool is_older_than(const std::string& path, Duration age) {
  if (age == Duration::zero()) return false;
  const auto info = inspect(path);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return info && Duration(info->modified_ns) < now - age;
}

}  // namespace

TailedTargets::TailedTargets(TargetsOptions options)
    : options_(std::move(options)),
      queue_(options_.executor, options_.clock,
             [this](const std::shared_ptr<Tail>& tail) { forget(tail); }),
      environment_(make_environment()) {}

TailEnvironment TailedTargets::make_environment() {
  return {.read = {.fanout = options_.fanout,
                   .clock = options_.clock,
                   .logger = options_.logger,
                   .events = options_.events,
                   .marks = options_.marks},
          .positions = *options_.positions,
          .open_files = open_files_,
          .wake = [this](std::shared_ptr<Tail> tail) { queue_.wake(std::move(tail)); },
          .is_target =
              [this](const std::string& path) {
                const std::lock_guard lock(mutex_);
                const auto next = tails_.lower_bound({path, ""});
                return next != tails_.end() && next->first.path == path;
              },
          .is_target_key =
              [this](const PositionKey& key) {
                const std::lock_guard lock(mutex_);
                return tails_.contains(key);
              }};
}

TailedTargets::Labels TailedTargets::find_wanted(const Arguments& arguments) {
  Labels wanted;
  for (const Target& target : arguments.targets) {
    const std::string path(target.get(path_label));
    const LabelSet labels = public_labels(target);
    const std::string text = labels.describe();
    if (!arguments.file_match.enabled) {
      if (path.empty() && reported_.insert(path).second)
        options_.logger.error("failed to tail file", {{"error", "target without __path__"}});
      if (!path.empty()) wanted.emplace(PositionKey{path, text}, labels);
      continue;
    }
    const auto files =
        find_files({.pattern = path, .exclude = std::string(target.get(exclude_label))});
    if (!files && reported_.insert(path).second)
      options_.logger.error("failed to resolve target", {{"path", path}, {"error", files.error()}});
    if (!files) continue;
    for (const std::string& file : *files) wanted.emplace(PositionKey{file, text}, labels);
  }
  return wanted;
}

// The files that are being read and are not wanted any more.
std::vector<std::string> TailedTargets::paths_besides(const Labels& wanted) const {
  std::vector<std::string> paths;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, tail] : tails_)
    if (!wanted.contains(key)) paths.push_back(key.path);
  return paths;
}

SeriesRef TailedTargets::series_of(const PositionKey& key, const LabelSet& labels) const {
  LabelBuilder builder;
  builder.reset(labels.labels());
  builder.put(filename_label, key.path);
  return options_.store.intern(builder.labels());
}

bool TailedTargets::reconcile(const Arguments& arguments) {
  Labels wanted = find_wanted(arguments);
  const bool is_same_search = std::exchange(previous_, &arguments) == &arguments;
  if (is_same_search && any_is_back(paths_besides(wanted))) wanted = find_wanted(arguments);
  const auto settings = std::make_shared<const TailSettings>(arguments.settings());
  {
    const std::lock_guard lock(mutex_);
    settings_ = settings;
    for (const auto& [key, tail] : tails_) tail->set_settings(settings);
  }
  relabel(wanted);
  retire_others(wanted);
  std::vector<std::shared_ptr<Tail>> fresh = begin_new(arguments, wanted);
  for (const auto& tail : fresh) tail->load();
  // First those that have something to finish: others might take it for new.
  for (const bool has_marks : {true, false}) {
    for (const auto& tail : fresh) {
      if (tail->had_marks() != has_marks) continue;
      tail->open();
      queue_.wake(tail);
    }
  }
  return is_complete_;
}

// A target that only has other labels than before keeps its position.
void TailedTargets::relabel(const Labels& wanted) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, labels] : wanted) {
    if (tails_.contains(key)) continue;
    const auto same_path = [&](const auto& entry) {
      return entry.first.path == key.path && !wanted.contains(entry.first);
    };
    auto begin = tails_.lower_bound({key.path, ""});
    auto end = begin;
    while (end != tails_.end() && end->first.path == key.path) ++end;
    const auto former = std::find_if(begin, end, same_path);
    if (former == end) continue;
    auto node = tails_.extract(former);
    node.key() = key;
    node.mapped()->set_key(key, series_of(key, labels));
    queue_.wake(node.mapped());
    tails_.insert(std::move(node));
  }
}

void TailedTargets::retire_others(const Labels& wanted) {
  const std::lock_guard lock(mutex_);
  for (auto entry = tails_.begin(); entry != tails_.end();) {
    if (wanted.contains(entry->first)) {
      ++entry;
      continue;
    }
    // A writer may remove a file and make it anew, and what came between would be lost.
    const auto there = inspect(entry->first.path);
    if (!there && there.error().kind() == ErrorKind::not_found)
      entry->second->linger();
    else
      entry->second->retire();
    queue_.wake(entry->second);
    retired_.insert(std::move(entry->second));
    entry = tails_.erase(entry);
  }
}

std::vector<std::shared_ptr<Tail>> TailedTargets::begin_new(const Arguments& arguments,
                                                            const Labels& wanted) {
  std::vector<std::shared_ptr<Tail>> fresh;
  const Duration age_max =
      arguments.file_match.enabled ? arguments.file_match.ignore_older_than : Duration::zero();
  const std::lock_guard lock(mutex_);
  is_complete_ = true;
  for (const auto& [key, labels] : wanted) {
    if (tails_.contains(key) || is_older_than(key.path, age_max)) continue;
    const auto leaving =
        std::ranges::find(retired_, key, [](const auto& tail) { return tail->key(); });
    if (leaving != retired_.end()) {
      queue_.wake(*leaving);
      // One that is not quite gone yet would be in the way.
      if (!(*leaving)->revive()) {
        is_complete_ = false;
        continue;
      }
      tails_.emplace(key, *leaving);
      retired_.erase(leaving);
      continue;
    }
    auto tail = std::make_shared<Tail>(environment_, key, series_of(key, labels), settings_);
    tails_.emplace(key, tail);
    fresh.push_back(std::move(tail));
  }
  return fresh;
}

void TailedTargets::forget(const std::shared_ptr<Tail>& tail) {
  const std::lock_guard lock(mutex_);
  retired_.erase(tail);
}

void TailedTargets::save_positions() {
  std::vector<std::shared_ptr<Tail>> tails;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [key, tail] : tails_) tails.push_back(tail);
  }
  options_.positions->forget_missing_files();
  for (const auto& tail : tails) tail->publish_begin();
  ReadMarks& marks = *options_.marks;
  const auto saved = options_.positions->save([&](uint64_t text) { marks.set_publishing(text); });
  if (!saved) {
    options_.logger.error("error writing positions file", {{"error", saved.error()}});
    return;
  }
  marks.set_published(options_.positions->text_hash());
  for (const auto& tail : tails) tail->publish_end();
}

DebugInfo TailedTargets::debug_info() const {
  DebugInfo info;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, tail] : tails_) {
    if (!tail->has_begun()) continue;
    info.targets_info.push_back({.path = key.path,
                                 .labels = key.labels,
                                 .is_running = tail->is_running(),
                                 .read_offset = tail->position()});
  }
  return info;
}

void TailedTargets::collect(MetricFamilies& families) const {
  const auto add = [&](std::string_view name, std::string_view help,
                       MetricType type) -> std::vector<MetricSample>& {
    MetricFamily& family = families[std::string(name)];
    family.name = name;
    family.help = help;
    family.type = type;
    return family.samples;
  };
  constexpr std::string_view read_bytes = "loki_source_file_read_bytes_total";
  constexpr std::string_view file_bytes = "loki_source_file_file_bytes_total";
  constexpr std::string_view lines = "loki_source_file_read_lines_total";
  constexpr std::string_view active = "loki_source_file_files_active_total";
  constexpr std::string_view lost = "loki_source_file_lost_bytes_total";
  double active_count = 0;
  double lost_bytes = 0;
  const std::lock_guard lock(mutex_);
  const std::string* previous = nullptr;
  for (const auto& [key, tail] : tails_) {
    if (!tail->has_begun()) continue;
    if (tail->is_running()) ++active_count;
    lost_bytes += static_cast<double>(tail->counters().lost_bytes);
    const auto read = static_cast<double>(tail->counters().lines);
    auto& line_samples = add(lines, "Number of lines read.", MetricType::counter);
    // Targets of one path share its series; they stand side by side.
    if (previous != nullptr && *previous == key.path) {
      line_samples.back().value += read;
      continue;
    }
    previous = &key.path;
    const MetricLabels labels = {{"path", key.path}};
    line_samples.push_back({std::string(lines), labels, read});
    add(read_bytes, "Number of bytes read.", MetricType::gauge)
        .push_back({std::string(read_bytes), labels, static_cast<double>(tail->position())});
    add(file_bytes, "Number of bytes total.", MetricType::gauge)
        .push_back({std::string(file_bytes), labels, static_cast<double>(tail->size())});
  }
  add(active, "Number of active files.", MetricType::gauge)
      .push_back({std::string(active), {}, active_count});
  if (lost_bytes > 0)
    add(lost, "Number of bytes that were gone before they could be sent again.",
        MetricType::counter)
        .push_back({std::string(lost), {}, lost_bytes});
}

}  // namespace alloy::loki::source_file
