// Writes a remote write 2.0 request straight in its compressed form.
//
// Texts are symbols with numbers; a series is little more than a list of them. Symbols are written
// as they come up, each before the first series that refers to it, so that the request can be taken
// at any time. A series is written as its difference to the one before it: both are made of the
// same few bytes in the same places, so what repeats is found without a search.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "components/prometheus/remote_write/request_writer.h"
#include "components/prometheus/remote_write/snappy_writer.h"
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
  size_t flush() override { return out_.flush(); }
  uint32_t unpacked() const override { return out_.position(); }
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
  // A message and where its parts begin: its head, the list of references, the rest.
  struct Message {
    std::vector<char> bytes;
    size_t begin = 0;
    size_t references = 0;
    size_t rest = 0;
    size_t end = 0;
    uint32_t position = 0;  // In the request; of `begin`.

    std::string_view part(size_t from, size_t to) const { return {bytes.data() + from, to - from}; }
  };

  static constexpr size_t places_count = 8192;
  // Room for the tags and lengths in front of the references.
  static constexpr size_t head_bytes_max = 24;

  void forget();
  // False: there is no room.
  bool write_references(const Series& series, size_t rest_max);
  bool place_pair(LabelId id, Place& place);
  bool make_symbol(std::string_view text, uint32_t& number);
  bool make_kept_symbol(std::string_view text, uint32_t& number);
  bool write_symbol(std::string_view text, SymbolTable::Symbol* name);
  bool has_room(size_t bytes, size_t pieces) const {
    return out_.room() >= SnappyWriter::bound(bytes, pieces);
  }
  bool refuse(const Series& series, size_t rest_max);
  bool write_rest(const Extras& extras, std::string& rest);
  bool write_exemplar(const Exemplar& exemplar, std::string& rest);
  bool add_message(const Series& series, std::string_view rest);
  void finish(std::string_view rest);
  void emit();
  void emit_part(std::string_view now, std::string_view before, uint32_t position);
  void emit_aligned(std::string_view now, std::string_view before, uint32_t position);

  LabelPool& pool_;
  SnappyWriter out_;
  SymbolTable symbols_;
  std::vector<Place> places_;  // By hash of the pair.
  uint32_t request_ = 0;
  std::vector<LabelId> held_;  // Every pair of the request: their texts are symbols.
  Message now_;
  Message before_;
  std::string rest_;
  size_t bytes_wanted_ = 0;
};

}  // namespace alloy::prometheus::remote_write
