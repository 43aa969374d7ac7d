// Lines that outlive their batch.
#include "components/loki/process/run.h"

namespace alloy::loki::process {
namespace {

void keep(std::span<const Label> labels, Scratch& memory, std::vector<Label>& into) {
  for (const Label& label : labels) {
    into.push_back({.name = memory.keep(label.name), .value = memory.keep(label.value)});
  }
}

std::span<const Label> keep(std::span<const Label> labels, Scratch& memory) {
  std::vector<Label> copies;
  keep(labels, memory, copies);
  return memory.keep(std::span<const Label>(copies));
}

}  // namespace

HeldLine::HeldLine(const Line& line, const DeliveryPointer& delivery)
    : text(line.text), memory_(512), timestamp_ns_(line.timestamp_ns) {
  keep(line.labels.get(), memory_, labels_);
  keep(line.metadata, memory_, metadata_);
  keep(line.parsed, memory_, parsed_);
  line.extracted.for_each([&](std::string_view name, ExtractedValue value) {
    if (value.is_text()) value = ExtractedValue::text(memory_.keep(value.raw_text()));
    extracted_.emplace_back(memory_.keep(name), value);
  });
  hold(delivery);
}

void HeldLine::hold(const DeliveryPointer& delivery) {
  if (delivery == nullptr) return;
  if (deliveries_.empty() || deliveries_.back() != delivery) deliveries_.push_back(delivery);
}

void HeldLine::copy_to(Line& line, const NameTable& names, Run& run) const {
  Scratch& scratch = run.scratch;
  std::vector<Label> labels;
  keep(labels_, scratch, labels);
  line.labels.assign(labels);
  line.timestamp_ns = timestamp_ns_;
  line.text = scratch.keep(text);
  line.metadata = keep(std::span<const Label>(metadata_), scratch);
  line.parsed = keep(std::span<const Label>(parsed_), scratch);
  line.extracted.clear(names);
  for (const auto& [name, value] : extracted_) {
    const bool is_text = value.is_text();
    line.extracted.set(scratch.keep(name),
                       is_text ? ExtractedValue::text(scratch.keep(value.raw_text())) : value);
  }
}

void HeldLine::restore(Line& line, const NameTable& names, Run& run) {
  copy_to(line, names, run);
  restore_deliveries(run);
}

void HeldLine::take_deliveries(HeldLine& other) {
  std::vector<DeliveryPointer> own = std::exchange(deliveries_, std::move(other.deliveries_));
  other.deliveries_.clear();
  for (const DeliveryPointer& delivery : own) hold(delivery);
}

void HeldLine::restore_deliveries(Run& run) {
  for (DeliveryPointer& delivery : deliveries_) run.released.push_back(std::move(delivery));
  deliveries_.clear();
}

}  // namespace alloy::loki::process
