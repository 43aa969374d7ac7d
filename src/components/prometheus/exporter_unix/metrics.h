// The metrics of one scrape, as the collectors add them, and the text they become. What contradicts
// itself (a series twice, a family with two types or two helps) is left out and told, as the
// registry of Prometheus' client does it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace alloy::prometheus::exporter_unix {

enum class Kind : uint8_t { counter, gauge, untyped, histogram, summary };

using Label = std::pair<std::string_view, std::string_view>;
using Labels = std::span<const Label>;

class Metrics {
 public:
  using Pairs = std::initializer_list<Label>;

  void gauge(std::string_view name, std::string_view help, Pairs labels, double value) {
    add(Kind::gauge, name, help, {labels.begin(), labels.size()}, value);
  }
  void counter(std::string_view name, std::string_view help, Pairs labels, double value) {
    add(Kind::counter, name, help, {labels.begin(), labels.size()}, value);
  }
  void untyped(std::string_view name, std::string_view help, Pairs labels, double value) {
    add(Kind::untyped, name, help, {labels.begin(), labels.size()}, value);
  }
  void add(Kind kind, std::string_view name, std::string_view help, Labels labels, double value) {
    add(kind, name, help, name, labels, value);
  }
  // A sample whose name has a suffix: of a histogram or a summary.
  void add(Kind kind, std::string_view family, std::string_view help, std::string_view sample,
           Labels labels, double value);

  // What has been left out, and why; at most a few of them.
  const std::vector<std::string>& conflicts() const { return conflicts_; }
  size_t conflict_count() const { return conflict_count_; }

  // Prometheus text, families in the order of their names.
  std::string write();

 private:
  struct Line {
    uint32_t start = 0;  // In `series_`: the name and the labels.
    uint32_t size = 0;
    double value = 0;
  };
  struct Family {
    std::string name;
    std::string help;
    Kind kind = Kind::untyped;
    std::vector<Line> lines;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  void conflict(std::string message);
  void write_family(Family& family, std::string& out);
  std::string_view series(const Line& line) const {
    return std::string_view(series_).substr(line.start, line.size);
  }

  std::string series_;
  std::vector<Family> families_;
  std::unordered_map<std::string, size_t, Hash, std::equal_to<>> places_;
  std::vector<std::string> conflicts_;
  size_t conflict_count_ = 0;
};

}  // namespace alloy::prometheus::exporter_unix
