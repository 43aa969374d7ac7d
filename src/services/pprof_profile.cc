#include "services/pprof_profile.h"

#include <charconv>

#include "base/file.h"
#include "base/text.h"
#include "services/gzip.h"
#include "services/protobuf_writer.h"
#include "services/symbols.h"

namespace alloy {
namespace {

class StringTable {
 public:
  StringTable() { index(""); }
  uint64_t index(std::string_view text) {
    const auto [at, is_new] = known_.try_emplace(std::string(text), texts_.size());
    if (is_new) texts_.emplace_back(text);
    return at->second;
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::unordered_map<std::string, uint64_t> known_;
  std::vector<std::string> texts_;
};

struct Mapping {
  uint64_t start = 0;
  uint64_t limit = 0;
  uint64_t offset = 0;
  std::string file;
};

uint64_t hexadecimal(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

// The executable parts of /proc/self/maps: "start-limit r-xp offset device inode path".
std::vector<Mapping> read_mappings() {
  std::vector<Mapping> mappings;
  const std::string maps = read_file("/proc/self/maps").value_or("");
  for (auto line : split(maps, '\n')) {
    std::vector<std::string_view> fields;
    for (auto field : split(line, ' '))
      if (!field.empty()) fields.push_back(field);
    if (fields.size() < 6 || fields[1].find('x') == std::string_view::npos) continue;
    const size_t dash = fields[0].find('-');
    if (dash == std::string_view::npos) continue;
    mappings.push_back({.start = hexadecimal(fields[0].substr(0, dash)),
                        .limit = hexadecimal(fields[0].substr(dash + 1)),
                        .offset = hexadecimal(fields[2]),
                        .file = std::string(fields[5])});
  }
  return mappings;
}

ProtobufWriter function(uint64_t id, const std::string& name, StringTable& strings) {
  ProtobufWriter message;
  message.number(1, id);
  message.number(2, strings.index(name));
  message.number(3, strings.index(name));
  return message;
}

// The locations of a profile: one for each address that occurs, numbered from 1.
class Locations {
 public:
  explicit Locations(std::vector<Mapping> mappings) : mappings_(std::move(mappings)) {}

  uint64_t id(void* address) {
    const auto [at, is_new] = ids_.try_emplace(address, ids_.size() + 1);
    if (is_new) order_.push_back(address);
    return at->second;
  }

  void write(ProtobufWriter& profile, StringTable& strings) const {
    for (size_t i = 0; i < mappings_.size(); ++i) {
      const Mapping& m = mappings_[i];
      ProtobufWriter message;
      message.number(1, i + 1);
      message.number(2, m.start);
      message.number(3, m.limit);
      message.number(4, m.offset);
      message.number(5, strings.index(m.file));
      message.number(7, 1);  // Functions are named here: no tool needs to look for them.
      profile.message(3, message);
    }
    const Symbols symbols;
    uint64_t functions = 0;
    for (size_t i = 0; i < order_.size(); ++i) {
      const auto address = reinterpret_cast<uint64_t>(order_[i]);
      ProtobufWriter message;
      message.number(1, i + 1);
      message.number(2, mapping_of(address));
      message.number(3, address);
      if (const auto name = symbols.name_of(order_[i]); !name.empty()) {
        ProtobufWriter line;
        line.number(1, ++functions);
        message.message(4, line);
        profile.message(5, function(functions, name, strings));
      }
      profile.message(4, message);
    }
  }

 private:
  uint64_t mapping_of(uint64_t address) const {
    for (size_t i = 0; i < mappings_.size(); ++i)
      if (address >= mappings_[i].start && address < mappings_[i].limit) return i + 1;
    return 0;
  }

  std::vector<Mapping> mappings_;
  std::unordered_map<void*, uint64_t> ids_;
  std::vector<void*> order_;
};

ProtobufWriter value_type(ProfileValueType type, StringTable& strings) {
  ProtobufWriter message;
  message.number(1, strings.index(type.type));
  message.number(2, strings.index(type.unit));
  return message;
}

}  // namespace

PprofProfile::PprofProfile(std::vector<ProfileValueType> types, ProfileValueType period_type,
                           uint64_t period)
    : types_(std::move(types)), period_type_(period_type), period_(period) {}

void PprofProfile::add(std::span<void* const> stack, std::span<const uint64_t> values) {
  auto& sums = stacks_[{stack.begin(), stack.end()}];
  sums.resize(types_.size());
  for (size_t i = 0; i < sums.size(); ++i) sums[i] += values[i];
}

std::string PprofProfile::encode(WallTime started, Duration duration) const {
  StringTable strings;
  Locations locations(read_mappings());
  ProtobufWriter profile;
  for (const auto& type : types_) profile.message(1, value_type(type, strings));
  for (const auto& [stack, values] : stacks_) {
    std::vector<uint64_t> ids;
    for (size_t i = 0; i < stack.size(); ++i) {
      // Callers' addresses are where they go on: one less is inside the call.
      auto* address = static_cast<char*>(stack[i]);
      ids.push_back(locations.id(i == 0 ? address : address - 1));
    }
    ProtobufWriter sample;
    sample.packed(1, ids);
    sample.packed(2, values);
    profile.message(2, sample);
  }
  locations.write(profile, strings);
  profile.number(9, static_cast<uint64_t>(started.time_since_epoch().count()));
  profile.number(10, static_cast<uint64_t>(duration.count()));
  profile.message(11, value_type(period_type_, strings));
  profile.number(12, period_);
  for (const auto& text : strings.texts()) profile.text(6, text);
  return gzip(profile.bytes());
}

}  // namespace alloy
