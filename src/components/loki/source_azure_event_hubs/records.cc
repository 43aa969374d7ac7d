#include "components/loki/source_azure_event_hubs/records.h"

#include <algorithm>

#include "base/time_layout.h"
#include "components/shared/json.h"

namespace alloy::loki::source_azure_event_hubs {
namespace {

// Walks over JSON that is known to be valid, to find where values begin and end.
class Walker {
 public:
  explicit Walker(std::string_view text) : text_(text) {}

  bool take(char c) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  // The value that begins here, as it stands in the text.
  std::string_view take_value() {
    skip_blanks();
    const size_t begin = at_;
    int depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        skip_string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
      if (depth > 0 || c == '}' || c == ']') continue;
      while (at_ < text_.size() && !std::string_view(",]} \t\r\n").contains(text_[at_])) ++at_;
    } while (depth > 0 && at_ < text_.size());
    return text_.substr(begin, at_ - begin);
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_])) ++at_;
  }
  void skip_string() {
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    at_ = std::min(at_ + 1, text_.size());
  }

  std::string_view text_;
  size_t at_ = 0;
};

// The elements of the array "records" of the object.
std::vector<std::string_view> raw_records(std::string_view message) {
  std::vector<std::string_view> records;
  Walker walker(message);
  if (!walker.take('{')) return records;
  while (!walker.take('}')) {
    const std::string_view name = walker.take_value();
    if (!walker.take(':')) break;
    if (name != "\"records\"") {
      walker.take_value();
    } else if (walker.take('[')) {
      records.clear();
      while (!walker.take(']')) {
        records.push_back(walker.take_value());
        walker.take(',');
      }
    }
    walker.take(',');
  }
  return records;
}

std::optional<ResourceLog> parse_log(std::string_view text) {
  static const TimeLayout layout("2006-01-02T15:04:05Z07:00");
  const auto document = JsonDocument::parse(text);
  if (!document || !document->root().is_object()) return std::nullopt;
  const JsonNode root = document->root();
  const std::string_view time = root["time"].text();
  const std::string_view time_stamp = root["timeStamp"].text();
  const std::string_view category = root["category"].text();
  const bool is_complete = (!time.empty() || !time_stamp.empty()) && !category.empty() &&
                           !root["resourceId"].text().empty() &&
                           !root["operationName"].text().empty();
  if (!document->check() || !is_complete) return std::nullopt;
  ResourceLog log{.category = std::string(category)};
  if (const auto parsed = layout.parse(time.empty() ? time_stamp : time))
    log.timestamp_ns = parsed->unix_nanoseconds();
  return log;
}

Result<std::vector<Record>> parse(std::string_view message) {
  TRY(const auto document, JsonDocument::parse(message));
  if (!document.root().is_object()) return fail("not an object", ErrorKind::invalid);
  const JsonNode all = document.root()["records"];
  if (all && !all.is_array()) return fail("records: not an array", ErrorKind::invalid);
  std::vector<Record> records;
  for (const std::string_view text : raw_records(message))
    records.push_back({.text = std::string(text), .log = parse_log(text)});
  if (records.empty()) return fail("records are empty", ErrorKind::invalid);
  return records;
}

}  // namespace

Result<std::vector<Record>> parse_records(std::string_view message) {
  auto records = parse(message);
  if (records || JsonDocument::parse(message)) return records;
  // Function apps write single quotes where JSON has double ones.
  std::string mended(message);
  std::ranges::replace(mended, '\'', '"');
  if (!JsonDocument::parse(mended)) return records;
  return parse(mended);
}

}  // namespace alloy::loki::source_azure_event_hubs
