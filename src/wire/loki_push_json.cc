// Reading push requests in JSON:
//   {"streams": [{"stream": {"job": "x"}, "values": [["<nanoseconds>", "<line>", {<metadata>}]]}]}
#include <algorithm>
#include <charconv>

#include <simdjson.h>

#include "wire/loki_push_reader.h"

namespace alloy::wire {
namespace {

namespace json = simdjson::ondemand;

std::unexpected<Error> refuse(std::string_view why) {
  return fail(std::string(why), ErrorKind::invalid);
}

bool is_label_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

class JsonReader {
 public:
  explicit JsonReader(LogBatchBuilder& entries) : entries_(entries) {}

  Result<LokiPushRequest::Stream> read_stream(json::object object) {
    LokiPushRequest::Stream stream{.begin = entries_.entries().size()};
    for (auto member : object) {
      std::string_view key;
      json::value value;
      if (member.unescaped_key().get(key) || member.value().get(value))
        return refuse("Malformed JSON");
      if (key == "stream") {
        json::object labels;
        if (value.get_object().get(labels)) return refuse("stream is not an object");
        TRY(const auto pairs, read_object(labels));
        take_labels(stream, pairs);
      } else if (key == "values") {
        TRY(read_values(value));
      }
    }
    stream.end = entries_.entries().size();
    return stream;
  }

 private:
  // The labels go through their text in the original, so that names have to be plain.
  void take_labels(LokiPushRequest::Stream& stream, std::span<const Label> pairs) {
    if (!std::ranges::all_of(pairs, is_label_name, &Label::name))
      stream.error = "1:2: parse error: invalid label name";
    sorted_.reset(pairs);
    stream.labels = entries_.keep_array(sorted_.labels());
  }

  Result<std::span<const Label>> read_object(json::object object) {
    labels_.clear();
    for (auto field : object) {
      std::string_view name;
      std::string_view value;
      if (field.unescaped_key().get(name)) return refuse("Malformed JSON: invalid name");
      name = entries_.keep(name);
      if (field.value().get_string().get(value))
        return refuse("Value looks like a string but is not: Malformed string");
      labels_.push_back({name, entries_.keep(value)});
    }
    return entries_.keep_array(labels_);
  }

  Result<void> read_entry(json::value value) {
    LogEntry entry;
    json::array items;
    if (value.get_array().get(items)) return refuse("Value is not an array");
    size_t index = 0;
    for (auto item : items) {
      switch (index++) {
        case 0: {
          std::string_view text;
          if (item.get_string().get(text)) return refuse("Value is not a string: timestamp");
          const auto [end, error] =
              std::from_chars(text.data(), text.data() + text.size(), entry.timestamp_ns);
          if (error != std::errc() || end != text.data() + text.size())
            return refuse("Value looks like Number/Boolean/None, but can't find its end");
          break;
        }
        case 1: {
          std::string_view text;
          if (item.get_string().get(text)) return refuse("Value is not a string: line");
          entry.line = entries_.keep(text);
          break;
        }
        case 2: {
          json::object metadata;
          if (item.get_object().get(metadata)) return refuse("Value is not an object: metadata");
          TRY(entry.structured_metadata, read_object(metadata));
          break;
        }
        default:
          break;
      }
    }
    entries_.entries().push_back(entry);
    return {};
  }

  Result<void> read_values(json::value value) {
    bool is_null = false;
    if (value.is_null().get(is_null)) return refuse("Malformed JSON");
    if (is_null) return {};
    json::array values;
    if (value.get_array().get(values)) return refuse("Value is not an array");
    for (auto entry : values) {
      json::value one;
      if (entry.get(one)) return refuse("Malformed JSON");
      if (one.is_null().get(is_null)) return refuse("Malformed JSON");
      if (!is_null) TRY(read_entry(one));
    }
    return {};
  }

  LogBatchBuilder& entries_;
  std::vector<Label> labels_;
  LabelBuilder sorted_;
};

}  // namespace

Result<void> LokiPushRequest::read_json(std::string body) {
  entries_.clear();
  streams_.clear();
  body_ = std::move(body);
  body_.reserve(body_.size() + simdjson::SIMDJSON_PADDING);
  json::parser parser;
  json::document document;
  json::object root;
  if (const auto error = parser.iterate(body_).get(document))
    return refuse(simdjson::error_message(error));
  if (const auto error = document.get_object().get(root))
    return refuse(simdjson::error_message(error));
  JsonReader reader(entries_);
  for (auto field : root) {
    std::string_view name;
    if (const auto error = field.unescaped_key().get(name))
      return refuse(simdjson::error_message(error));
    if (name != "streams") continue;
    json::array streams;
    if (field.value().get_array().get(streams)) return refuse("streams is not an array");
    for (auto item : streams) {
      json::object object;
      if (item.get_object().get(object)) return refuse("a stream is not an object");
      TRY(streams_.emplace_back(), reader.read_stream(object));
    }
  }
  return {};
}

}  // namespace alloy::wire
