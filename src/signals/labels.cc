// Label sets as text.
#include "signals/labels.h"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"
#include "signals/relabel.h"

namespace alloy {

namespace {

// A stable sort (std::stable_sort is deprecated in this libstdc++): by insertion where that is
// cheap, otherwise by name and place.
void sort_by_name(std::vector<Label>& labels) {
  constexpr size_t few = 64;
  if (labels.size() <= few) {
    for (size_t i = 1; i < labels.size(); ++i) {
      const Label label = labels[i];
      size_t place = i;
      for (; place > 0 && labels[place - 1].name > label.name; --place) {
        labels[place] = labels[place - 1];
      }
      labels[place] = label;
    }
    return;
  }
  std::vector<std::pair<Label, size_t>> numbered;
  numbered.reserve(labels.size());
  for (const Label& label : labels) numbered.emplace_back(label, numbered.size());
  std::ranges::sort(numbered, [](const auto& left, const auto& right) {
    return std::tie(left.first.name, left.second) < std::tie(right.first.name, right.second);
  });
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = numbered[i].first;
}

// Sorts, and keeps the last of several labels with one name.
void sort_labels(std::vector<Label>& labels) {
  const auto unsorted = [](const Label& a, const Label& b) { return a.name >= b.name; };
  if (std::ranges::adjacent_find(labels, unsorted) == labels.end()) return;
  sort_by_name(labels);
  size_t kept = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (i + 1 < labels.size() && labels[i + 1].name == labels[i].name) continue;
    labels[kept++] = labels[i];
  }
  labels.resize(kept);
}

}  // namespace

LabelSet::LabelSet(std::vector<Label> labels) {
  sort_labels(labels);
  *this = from_sorted(labels);
}

LabelSet LabelSet::from_sorted(std::span<const Label> labels) {
  LabelSet set;
  if (labels.empty()) return set;
  size_t text_size = 0;
  for (const Label& label : labels) text_size += label.name.size() + label.value.size();
  const size_t head = sizeof(Header) + labels.size() * sizeof(Ends);
  auto data = std::make_shared_for_overwrite<std::byte[]>(head + text_size);
  new (data.get()) Header{static_cast<uint32_t>(labels.size())};
  auto* ends = reinterpret_cast<Ends*>(data.get() + sizeof(Header));
  auto* text = reinterpret_cast<char*>(data.get() + head);
  uint32_t position = 0;
  const auto append = [&](std::string_view part) {
    if (!part.empty()) std::memcpy(text + position, part.data(), part.size());
    position += static_cast<uint32_t>(part.size());
    return position;
  };
  for (const Label& label : labels) {
    const uint32_t name_end = append(label.name);
    *ends++ = {name_end, append(label.value)};
  }
  set.data_ = std::move(data);
  return set;
}

Label LabelSet::operator[](size_t index) const {
  const Ends* all = ends();
  const uint32_t start = index == 0 ? 0 : all[index - 1].value;
  const Ends& end = all[index];
  return {{text() + start, end.name - start}, {text() + end.name, end.value - end.name}};
}

size_t LabelSet::find(std::string_view name) const {
  for (size_t i = 0, n = size(); i < n; ++i) {
    if ((*this)[i].name == name) return i;
  }
  return size();
}

std::string_view LabelSet::get(std::string_view name) const {
  const size_t index = find(name);
  return index == size() ? std::string_view() : (*this)[index].value;
}

std::vector<Label> LabelSet::labels() const {
  std::vector<Label> result;
  result.reserve(size());
  for (size_t i = 0, n = size(); i < n; ++i) result.push_back((*this)[i]);
  return result;
}

uint64_t LabelSet::hash() const {
  constexpr size_t usual_bytes = 256;
  std::string bytes;
  bytes.reserve(usual_bytes);
  for (size_t i = 0, n = size(); i < n; ++i) {
    const Label label = (*this)[i];
    bytes.append(label.name).push_back('\xff');
    bytes.append(label.value).push_back('\xff');
  }
  return XXH64(bytes.data(), bytes.size(), 0);
}

std::string LabelSet::describe() const { return alloy::describe(labels()); }

bool operator==(const LabelSet& left, const LabelSet& right) {
  if (left.data_ == right.data_) return true;
  if (left.size() != right.size()) return false;
  for (size_t i = 0, n = left.size(); i < n; ++i) {
    if (left[i] != right[i]) return false;
  }
  return true;
}

std::string describe(std::span<const Label> labels) {
  std::string out = "{";
  for (const Label& label : labels) {
    if (out.size() > 1) out += ", ";
    if (is_legacy_label_name(label.name)) {
      out += label.name;
    } else {
      append_quoted(out, label.name);
    }
    out += '=';
    append_quoted(out, label.value);
  }
  out += '}';
  return out;
}

void LabelBuilder::reset(std::span<const Label> labels) {
  labels_.assign(labels.begin(), labels.end());
  sort_labels(labels_);
  if (blocks_.size() > 1) blocks_.erase(blocks_.begin(), blocks_.end() - 1);
  block_used_ = 0;
}

std::vector<Label>::iterator LabelBuilder::lower_bound(std::string_view name) {
  return std::ranges::lower_bound(labels_, name, {}, &Label::name);
}

std::string_view LabelBuilder::get(std::string_view name) const {
  for (const Label& label : labels_) {
    if (label.name == name) return label.value;
  }
  return {};
}

bool LabelBuilder::has(std::string_view name) const {
  return std::ranges::any_of(labels_, [&](const Label& label) { return label.name == name; });
}

void LabelBuilder::set(std::string_view name, std::string_view value) {
  if (value.empty()) {
    erase(name);
  } else {
    put(name, value);
  }
}

void LabelBuilder::put(std::string_view name, std::string_view value) {
  const auto place = lower_bound(name);
  if (place != labels_.end() && place->name == name) {
    place->value = value;
  } else {
    labels_.insert(place, Label{name, value});
  }
}

void LabelBuilder::erase(std::string_view name) {
  const auto place = lower_bound(name);
  if (place != labels_.end() && place->name == name) labels_.erase(place);
}

std::string_view LabelBuilder::keep(std::string_view text) {
  if (block_used_ + text.size() > block_size_) {
    block_size_ = std::max<size_t>(text.size(), 1024);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(block_size_));
    block_used_ = 0;
  }
  char* place = blocks_.empty() ? nullptr : blocks_.back().get() + block_used_;
  if (!text.empty()) std::memcpy(place, text.data(), text.size());
  block_used_ += text.size();
  return {place, text.size()};
}

}  // namespace alloy
