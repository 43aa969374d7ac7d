// Arguments as a component might declare them, for the tests of schemas.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schema/fields.h"
#include "syntax/parser.h"
#include "values/evaluate.h"

namespace alloy::schema_test {

struct Sink {
  std::string name;
  std::string_view capsule_display() const { return name; }
};
struct Other {};

}  // namespace alloy::schema_test

template <>
struct alloy::CapsuleTraits<alloy::schema_test::Sink> {
  static constexpr std::string_view name = "test.Sink";
};
template <>
struct alloy::CapsuleTraits<alloy::schema_test::Other> {
  static constexpr std::string_view name = "test.Other";
};

namespace alloy::schema_test {

enum class Mode : unsigned char { fast, careful };
constexpr auto enum_names(Mode) {
  return std::array{EnumName{Mode::fast, "fast"}, EnumName{Mode::careful, "careful"}};
}

struct Common {
  Duration timeout = 30s;
  Secret password;

  static constexpr auto schema() {
    return fields(optional<&Common::timeout>("timeout", "How long a request may take."),
                  optional<&Common::password>("password", "What to log in with."));
  }
};

struct Rule {
  std::string label;
  std::vector<std::string> sources;
  double weight = 1;

  static constexpr auto schema() {
    return fields(alloy::label<&Rule::label>("Names the rule."),
                  required<&Rule::sources>("sources", "Where it takes from."),
                  optional<&Rule::weight>("weight", "How much it counts."));
  }
};

struct Json {
  std::map<std::string, std::string> expressions;

  static constexpr auto schema() {
    return fields(required<&Json::expressions>("expressions", "What to extract."));
  }
};

struct Stage;
struct Match {
  std::string selector;
  std::vector<Stage> stages;

  static constexpr Fields<2> schema();
};

struct Stage {
  std::optional<Json> json;
  std::optional<Match> match;

  static constexpr auto schema() {
    return fields(block<&Stage::json>("json", "Extracts from JSON."),
                  block<&Stage::match>("match", "Applies stages to some entries."));
  }
};

constexpr Fields<2> Match::schema() {
  return fields(required<&Match::selector>("selector", "Which entries."),
                one_of<&Match::stages>("stage", "What to do with them."));
}

struct Item {
  std::string key;
  int count = 3;

  static constexpr auto schema() {
    return fields(required<&Item::key>("key", "The key."),
                  optional<&Item::count>("count", "How many."));
  }
};

struct Queue {
  int capacity = 100;

  static constexpr auto schema() {
    return fields(optional<&Queue::capacity>("capacity", "How many wait at most."));
  }
};

struct Arguments {
  std::string url;
  Common common;
  int32_t shards = 1;
  uint64_t limit = 0;
  bool enabled = true;
  Mode mode = Mode::fast;
  ByteSize buffer = ByteSize::mib(1);
  OptionalSecret token;
  std::optional<int> port;
  Value anything;
  std::vector<Item> items;
  std::vector<std::shared_ptr<Sink>> forward_to;
  std::map<std::string, std::vector<Secret>> headers;
  std::optional<Queue> queue;
  Queue spare;
  std::map<std::string, std::string> tags;
  std::vector<Rule> rules;
  std::vector<Stage> stages;

  static constexpr auto schema() {
    return fields(required<&Arguments::url>("url", "Where to send to."),
                  inlined<&Arguments::common>(),
                  optional<&Arguments::shards>("shards", "How many | at once."),
                  optional<&Arguments::limit>("limit", "At most this many."),
                  optional<&Arguments::enabled>("enabled", "Whether to do anything."),
                  optional<&Arguments::mode>("mode", "How to go about it."),
                  optional<&Arguments::buffer>("buffer", "How much to hold."),
                  optional<&Arguments::token>("token", "Sent with every request."),
                  optional<&Arguments::port>("port", "Where to listen."),
                  optional<&Arguments::anything>("anything", "Whatever."),
                  optional<&Arguments::items>("items", "A list of objects."),
                  optional<&Arguments::forward_to>("forward_to", "Who receives."),
                  optional<&Arguments::headers>("headers", "Headers of every request."),
                  block<&Arguments::queue>("queue", "The queue."),
                  block<&Arguments::spare>("spare", "The other queue."),
                  block<&Arguments::tags>("tags", "Any names with texts."),
                  blocks<&Arguments::rules>("rule", "Rules, in order."),
                  one_of<&Arguments::stages>("stage", "Stages, in order."));
  }
  Result<void> validate() const {
    if (shards < 1) return fail("shards must be positive");
    return {};
  }
};

// A block around the text, as a file.
inline syntax::FilePointer parsed(std::string_view body) {
  auto file = syntax::parse_file("test.alloy", "test \"x\" {\n" + std::string(body) + "\n}\n");
  return file ? *file : nullptr;
}

inline const syntax::BlockStatement& block_of(const syntax::FilePointer& file) {
  return *syntax::as<syntax::BlockStatement>(*file->body().front());
}

}  // namespace alloy::schema_test
