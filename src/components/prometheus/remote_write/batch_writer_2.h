// Writes a remote write 2.0 request.
//
// Texts are symbols with numbers; a series is little more than a list of them. Symbols are written
// as they come up, each before the first series that refers to it, so that the request can be taken
// at any time. What is written is so small that it is compressed as a whole in the end.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "components/prometheus/remote_write/request_writer.h"
#include "components/prometheus/remote_write/symbol_table.h"
#include "signals/series.h"

namespace alloy::prometheus::remote_write {

class BatchWriter2 final : public RequestWriter {
 public:
  explicit BatchWriter2(LabelPool& pool);
  ~BatchWriter2() override;
  BatchWriter2(const BatchWriter2&) = delete;
  BatchWriter2& operator=(const BatchWriter2&) = delete;

  void start(std::span<char> block) override;
  bool add(const Sample& sample, const Series& series, const Extras& extras) override;
  bool add(const HistogramSample& sample, const Series& series, const Extras& extras) override;
  bool add(const Exemplar& exemplar, const Series& series, const Extras& extras) override;
  size_t flush() override { return static_cast<size_t>(out_ - block_.data()); }
  uint32_t unpacked() const override { return static_cast<uint32_t>(out_ - block_.data()); }
  size_t bytes_wanted() const override { return bytes_wanted_; }

 private:
  // The references of a pair, as they are written.
  struct Place {
    LabelId id = 0;
    uint32_t request : 28 = 0;  // In which request it is known; the first is 1.
    uint32_t size : 4 = 0;
    char text[8] = {};
  };
  static_assert(sizeof(Place) == 16);
  static constexpr size_t places_count = 8192;

  void forget();
  size_t room() const { return static_cast<size_t>(block_.data() + block_.size() - out_); }
  // Each false: there is no room.
  bool collect_references(const Series& series);
  bool place_pair(LabelId id, Place& place);
  bool make_symbol(std::string_view text, uint32_t& number);
  bool make_kept_symbol(std::string_view text, uint32_t& number);
  bool write_symbol(std::string_view text);
  bool refuse(const Series& series, size_t rest_size);
  bool write_rest(const Extras& extras, std::string& rest);
  bool write_exemplar(const Exemplar& exemplar, std::string& rest);
  bool write_series(const Series& series, std::string_view rest);

  LabelPool& pool_;
  std::span<char> block_;
  char* out_ = nullptr;
  SymbolTable symbols_;
  std::vector<Place> places_;  // By hash of the pair.
  std::vector<Place> last_;    // Of the series before.
  uint32_t request_ = 0;
  std::vector<LabelId> held_;  // Every pair of the request: their texts are symbols.
  std::vector<char> references_;
  size_t references_size_ = 0;
  std::string rest_;
  size_t bytes_wanted_ = 0;
};

}  // namespace alloy::prometheus::remote_write
