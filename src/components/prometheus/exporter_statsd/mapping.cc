#include "components/prometheus/exporter_statsd/mapping.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <re2/re2.h>

#include "base/text.h"
#include "signals/regular_expression.h"

namespace alloy::prometheus::exporter_statsd {
namespace {

using Parts = std::vector<std::string_view>;

bool is_reference_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$';
}

// The template of a glob: "$1" and "${1}" are what its stars matched; a reference to nothing is
// empty.
std::string fill_in(std::string_view text, const Parts& captures) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t start = at + 1;
    if (start < text.size() && text[start] == '{') ++start;
    size_t end = start;
    while (end < text.size() && is_reference_letter(text[end])) ++end;
    if (text[at] != '$' || end == start) {
      out += text[at++];
      continue;
    }
    size_t number = 0;
    const char* last = text.data() + end;
    const auto read = std::from_chars(text.data() + start, last, number);
    if (read.ptr == last && number >= 1 && number <= captures.size()) out += captures[number - 1];
    at = end < text.size() && text[end] == '}' ? end + 1 : end;
  }
  return out;
}

std::string fill_in(const std::string& text, const re2::RE2& expression,
                    std::span<const std::string_view> groups) {
  std::string out;
  Template(text, expression).expand(groups, out);
  return out;
}

}  // namespace

// All globs, part by part. A name has to be compared only with those that begin alike.
struct Mapper::GlobTree {
  struct Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> children;
    std::unique_ptr<Node> star;
    std::optional<size_t> result;  // The first mapping that ends here.
  };

  void add(std::string_view match, size_t index, std::optional<EventType> type) {
    for (size_t i = 0; i < roots.size(); ++i) {
      if (type && *type != static_cast<EventType>(i)) continue;
      Node* node = &roots[i];
      for (const std::string_view part : split(match, '.')) {
        auto& next = part == "*" ? node->star : node->children[std::string(part)];
        if (!next) next = std::make_unique<Node>();
        node = next.get();
      }
      if (!node->result) node->result = index;
    }
  }

  // The mapping that stands first, or without order the first one found.
  void find(const Node& node, const Parts& parts, size_t at, Parts& captures) {
    if (at == parts.size()) {
      if (node.result && (!best || *node.result < *best)) {
        best = node.result;
        best_captures = captures;
      }
      return;
    }
    const bool is_done = ignores_order && best;
    if (const auto child = node.children.find(parts[at]); !is_done && child != node.children.end())
      find(*child->second, parts, at + 1, captures);
    if (node.star == nullptr || (ignores_order && best)) return;
    captures.push_back(parts[at]);
    find(*node.star, parts, at + 1, captures);
    captures.pop_back();
  }

  std::array<Node, 3> roots;
  bool ignores_order = false;
  bool has_globs = false;
  // Of the search in progress.
  std::optional<size_t> best;
  Parts best_captures;
};

Mapper::Mapper(MappingConfig config)
    : config_(std::move(config)), globs_(std::make_unique<GlobTree>()) {
  globs_->ignores_order = config_.ignores_order;
  for (size_t i = 0; i < config_.mappings.size(); ++i) {
    const Mapping& mapping = config_.mappings[i];
    if (mapping.expression) continue;
    globs_->has_globs = true;
    globs_->add(mapping.match, i, mapping.event_type);
  }
}

Mapper::~Mapper() = default;

MappedName Mapper::find(std::string_view name, EventType type) const {
  MappedName mapped;
  if (globs_->has_globs) {
    const Parts parts = split(name, '.');
    Parts captures;
    globs_->best.reset();
    globs_->find(globs_->roots[static_cast<size_t>(type)], parts, 0, captures);
    if (globs_->best) {
      mapped.mapping = &config_.mappings[*globs_->best];
      mapped.name = fill_in(mapped.mapping->name, globs_->best_captures);
      for (const auto& [label, value] : mapped.mapping->labels)
        mapped.labels.emplace_back(label, fill_in(value, globs_->best_captures));
      return mapped;
    }
  }
  // Globs go before expressions, wherever they stand.
  for (const Mapping& mapping : config_.mappings) {
    if (!mapping.expression || (mapping.event_type && *mapping.event_type != type)) continue;
    const int count = mapping.expression->NumberOfCapturingGroups() + 1;
    std::vector<re2::StringPiece> pieces(static_cast<size_t>(count));
    const re2::StringPiece text(name.data(), name.size());
    if (!mapping.expression->Match(text, 0, name.size(), RE2::UNANCHORED, pieces.data(), count))
      continue;
    Parts groups;
    for (const re2::StringPiece& piece : pieces) groups.emplace_back(piece.data(), piece.size());
    mapped.mapping = &mapping;
    mapped.name = fill_in(mapping.name, *mapping.expression, groups);
    for (const auto& [label, value] : mapping.labels)
      mapped.labels.emplace_back(label, fill_in(value, *mapping.expression, groups));
    return mapped;
  }
  return mapped;
}

}  // namespace alloy::prometheus::exporter_statsd
