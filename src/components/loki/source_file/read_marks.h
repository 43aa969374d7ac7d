// How far each file has been read and acknowledged, in a mapped file beside positions.yml: as exact
// after a crash as before it, and by the identity of the files rather than by their names.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "components/loki/shared/positions.h"
#include "components/loki/source_file/file_identity.h"

namespace alloy::loki::source_file {

class ReadMarks;

// What is known of one file. Setting a field is one store into the mapped file.
class ReadMark {
 public:
  // What positions.yml says when it has no entry.
  static constexpr int64_t unpublished = -1;

  uint64_t sequence() const { return load(record_->sequence); }
  Inode inode() const { return {load(record_->device), load(record_->inode)}; }
  Head head() const { return Head(load(record_->head)); }
  int64_t offset() const { return static_cast<int64_t>(load(record_->offset)); }
  // When its content began to be written, at the earliest: the file was made or truncated.
  int64_t begun_ns() const { return static_cast<int64_t>(load(record_->begun_ns)); }
  // When the inode was made; 0 if that isn't known.
  int64_t born_ns() const { return static_cast<int64_t>(load(record_->born_ns)); }
  // Of what was read last, acknowledged or not.
  Print print() const {
    return {static_cast<int64_t>(load(record_->print_end)), load(record_->print_bits)};
  }
  Identity identity() const {
    return {.inode = inode(),
            .head = head(),
            .born_max_ns = begun_ns(),
            .born_ns = born_ns(),
            .print = print()};
  }
  bool is_finished() const { return load(record_->finished) != 0; }

  void set_head(Head head) { store(record_->head, head.bits()); }
  void set_offset(int64_t offset) { store(record_->offset, static_cast<uint64_t>(offset)); }
  void set_begun_ns(int64_t time) { store(record_->begun_ns, as_bits(time)); }
  void set_born_ns(int64_t time) { store(record_->born_ns, as_bits(time)); }
  // A process that dies within leaves none, rather than a wrong one.
  void set_print(Print print) {
    store(record_->print_bits, 0);
    store_behind(record_->print_end, as_bits(print.end()));
    store_behind(record_->print_bits, print.bits());
  }
  void set_finished() { store(record_->finished, 1); }
  // Before and after positions.yml is written: with either value in it, the mark counts. With
  // another one, somebody else has changed it.
  void set_publishing(int64_t position) { store(record_->publishing, as_bits(position)); }
  void set_published(int64_t position) { store(record_->published, as_bits(position)); }
  int64_t publishing() const { return static_cast<int64_t>(load(record_->publishing)); }
  int64_t published() const { return static_cast<int64_t>(load(record_->published)); }
  bool agrees_with(int64_t position) const {
    return published() == position || publishing() == position;
  }

 private:
  friend class ReadMarks;
  struct Record {
    uint64_t sequence;  // Rises with each file; 0: the record is free.
    uint64_t path;      // Hashes.
    uint64_t labels;
    uint64_t device;
    uint64_t inode;
    uint64_t head;
    uint64_t offset;
    uint64_t finished;
    uint64_t publishing;
    uint64_t published;
    uint64_t begun_ns;
    uint64_t born_ns;
    uint64_t print_end;
    uint64_t print_bits;
    uint64_t reserved[2];
  };
  static_assert(sizeof(Record) == 128);

  explicit ReadMark(Record* record) : record_(record) {}
  static uint64_t as_bits(int64_t value) { return static_cast<uint64_t>(value); }
  static uint64_t load(uint64_t& field) {
    return std::atomic_ref(field).load(std::memory_order_relaxed);
  }
  static void store(uint64_t& field, uint64_t value) {
    std::atomic_ref(field).store(value, std::memory_order_relaxed);
  }
  // After what was stored before, also where the compiler would rather not.
  static void store_behind(uint64_t& field, uint64_t value) {
    std::atomic_ref(field).store(value, std::memory_order_release);
  }

  Record* record_;
};

// All marks of a component; outlives them. Everything may be called from any thread.
class ReadMarks {
 public:
  // Opens or makes the file; one that is damaged starts anew. Blocks.
  // `positions_text` is the hash of positions.yml as it is now, if that may tell who changed it.
  static Result<std::unique_ptr<ReadMarks>> open(
      const std::string& path, std::optional<uint64_t> positions_text = std::nullopt);
  ~ReadMarks();
  ReadMarks(const ReadMarks&) = delete;
  ReadMarks& operator=(const ReadMarks&) = delete;

  // What a mark says from its first moment on.
  struct Beginning {
    int64_t begun_ns = 0;
    int64_t born_ns = 0;
    int64_t publishing = ReadMark::unpublished;
    int64_t published = ReadMark::unpublished;
  };
  Result<ReadMark> add(const PositionKey& key, Inode inode, Head head, int64_t offset,
                       const Beginning& beginning);
  Result<ReadMark> add(const PositionKey& key, Inode inode, Head head, int64_t offset) {
    return add(key, inode, head, offset, {});
  }
  void free(ReadMark mark);
  // Gives the mark to another path or other labels.
  void move(ReadMark mark, const PositionKey& key);
  void set_inode(ReadMark mark, const FileInfo& info);
  // Makes the mark the last one of its target.
  void set_newest(ReadMark mark);
  // Whether a few marks can be added: otherwise the disk is full.
  Result<> make_room();

  // The marks of a target, older ones first.
  std::vector<ReadMark> find(const PositionKey& key);
  // Those of a path with any labels.
  std::vector<ReadMark> find_path(std::string_view path);
  // Those of a file with these labels under any path.
  std::vector<ReadMark> find_inode(Inode inode, std::string_view labels);
  bool has_path(ReadMark mark, std::string_view path) const;

  // Before and after positions.yml is written: the hash of its text. If it still has either, nobody
  // else has changed it and all marks count.
  void set_publishing(uint64_t text) { ReadMark::store(header().publishing, text); }
  void set_published(uint64_t text) { ReadMark::store(header().published, text); }
  // Whether the mark counts, although positions.yml says this of its target.
  bool agree(ReadMark mark, int64_t position) const {
    return is_unchanged_ || mark.agrees_with(position);
  }

 private:
  static constexpr size_t block_records = 512;
  using Block = ReadMark::Record*;

  using Index = std::unordered_multimap<uint64_t, ReadMark::Record*>;

  explicit ReadMarks(Descriptor file) : file_(std::move(file)) {}
  Result<> load(std::optional<uint64_t> positions_text);
  ReadMark::Record& header() { return blocks_.front()[0]; }
  Result<> add_block();
  Result<> add_free_block();
  void enter(ReadMark::Record* record);
  static void erase(Index& index, uint64_t key, const ReadMark::Record* record);

  Descriptor file_;
  bool is_unchanged_ = false;  // positions.yml, since it was written here.
  std::mutex mutex_;           // Guards everything below.
  std::vector<Block> blocks_;
  std::vector<ReadMark::Record*> free_;
  uint64_t next_sequence_ = 1;
  Index by_path_;
  Index by_inode_;
};

}  // namespace alloy::loki::source_file
