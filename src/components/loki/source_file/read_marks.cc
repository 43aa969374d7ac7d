#include "components/loki/source_file/read_marks.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xxhash.h>

namespace alloy::loki::source_file {
namespace {

// The first record of the file says what the file is.
constexpr uint64_t magic = 0x31736b72616d6c61;  // "almarks1"

uint64_t hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

}  // namespace

Result<std::unique_ptr<ReadMarks>> ReadMarks::open(const std::string& path,
                                                   std::optional<uint64_t> positions_text) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!file) return std::unexpected(Error::from_errno("open " + path));
  std::unique_ptr<ReadMarks> marks(new ReadMarks(std::move(file)));
  TRY(marks->load(positions_text));
  return marks;
}

ReadMarks::~ReadMarks() {
  for (const Block block : blocks_) ::munmap(block, block_records * sizeof(ReadMark::Record));
}

Result<> ReadMarks::load(std::optional<uint64_t> positions_text) {
  TRY(const FileInfo info, inspect(file_.get()));
  constexpr auto block_bytes = static_cast<int64_t>(block_records * sizeof(ReadMark::Record));
  const auto count = static_cast<size_t>(std::max<int64_t>(info.size / block_bytes, 1));
  const std::lock_guard lock(mutex_);
  while (blocks_.size() < count) TRY(add_block());
  ReadMark::Record& first = header();
  if (first.sequence != magic) {
    for (const Block block : blocks_)
      std::memset(static_cast<void*>(block), 0, static_cast<size_t>(block_bytes));
    first.sequence = magic;
  }
  is_unchanged_ = positions_text == first.published || positions_text == first.publishing;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    for (size_t j = i == 0 ? 1 : 0; j < block_records; ++j) {
      ReadMark::Record* record = &blocks_[i][j];
      if (record->sequence == 0) {
        free_.push_back(record);
        continue;
      }
      next_sequence_ = std::max(next_sequence_, record->sequence + 1);
      enter(record);
    }
  }
  return {};
}

Result<> ReadMarks::add_block() {
  constexpr size_t bytes = block_records * sizeof(ReadMark::Record);
  const auto begin = static_cast<off_t>(blocks_.size() * bytes);
  TRY(const FileInfo info, inspect(file_.get()));
  const auto end = begin + static_cast<off_t>(bytes);
  // Allocated rather than left as a hole: a full disk is an error here, not a signal later.
  if (info.size < end && ::posix_fallocate(file_.get(), begin, bytes) != 0)
    return fail("no room for read marks", ErrorKind::full);
  void* mapped = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), begin);
  if (mapped == MAP_FAILED) return std::unexpected(Error::from_errno("mmap read marks"));
  blocks_.push_back(static_cast<Block>(mapped));
  return {};
}

void ReadMarks::enter(ReadMark::Record* record) {
  by_path_.emplace(record->path, record);
  by_inode_.emplace(record->inode, record);
}

void ReadMarks::erase(Index& index, uint64_t key, const ReadMark::Record* record) {
  const auto [begin, end] = index.equal_range(key);
  const auto found = std::find_if(begin, end, [&](const auto& e) { return e.second == record; });
  if (found != end) index.erase(found);
}

Result<> ReadMarks::add_free_block() {
  TRY(add_block());
  for (size_t i = block_records; i > 0; --i) free_.push_back(&blocks_.back()[i - 1]);
  return {};
}

Result<> ReadMarks::make_room() {
  constexpr size_t few = 32;
  const std::lock_guard lock(mutex_);
  if (free_.size() < few) TRY(add_free_block());
  return {};
}

void ReadMarks::set_newest(ReadMark mark) {
  const std::lock_guard lock(mutex_);
  ReadMark::store(mark.record_->sequence, next_sequence_++);
}

Result<ReadMark> ReadMarks::add(const PositionKey& key, Inode inode, Head head, int64_t offset,
                                const Beginning& beginning) {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) TRY(add_free_block());
  ReadMark::Record* record = free_.back();
  free_.pop_back();
  *record = {.path = hash(key.path),
             .labels = hash(key.labels),
             .device = inode.device,
             .inode = inode.number,
             .head = head.bits(),
             .offset = static_cast<uint64_t>(offset),
             .publishing = ReadMark::as_bits(beginning.publishing),
             .published = ReadMark::as_bits(beginning.published),
             .begun_ns = ReadMark::as_bits(beginning.begun_ns),
             .born_ns = ReadMark::as_bits(beginning.born_ns)};
  // Last: until now a crash would have left the record free.
  std::atomic_ref(record->sequence).store(next_sequence_++, std::memory_order_release);
  enter(record);
  return ReadMark(record);
}

void ReadMarks::free(ReadMark mark) {
  const std::lock_guard lock(mutex_);
  erase(by_path_, mark.record_->path, mark.record_);
  erase(by_inode_, mark.record_->inode, mark.record_);
  std::atomic_ref(mark.record_->sequence).store(0, std::memory_order_relaxed);
  free_.push_back(mark.record_);
}

void ReadMarks::move(ReadMark mark, const PositionKey& key) {
  const std::lock_guard lock(mutex_);
  erase(by_path_, mark.record_->path, mark.record_);
  ReadMark::store(mark.record_->labels, hash(key.labels));
  ReadMark::store(mark.record_->path, hash(key.path));
  mark.set_publishing(ReadMark::unpublished);
  mark.set_published(ReadMark::unpublished);
  by_path_.emplace(mark.record_->path, mark.record_);
}

void ReadMarks::set_inode(ReadMark mark, const FileInfo& info) {
  const Inode inode = info.inode;
  const std::lock_guard lock(mutex_);
  erase(by_inode_, mark.record_->inode, mark.record_);
  mark.set_born_ns(0);
  ReadMark::store(mark.record_->device, inode.device);
  ReadMark::store(mark.record_->inode, inode.number);
  if (info.is_birth_known)
    ReadMark::store_behind(mark.record_->born_ns, ReadMark::as_bits(info.born_ns));
  by_inode_.emplace(inode.number, mark.record_);
}

std::vector<ReadMark> ReadMarks::find(const PositionKey& key) {
  std::vector<ReadMark> found = find_path(key.path);
  const uint64_t labels = hash(key.labels);
  std::erase_if(found, [&](ReadMark mark) { return mark.record_->labels != labels; });
  return found;
}

std::vector<ReadMark> ReadMarks::find_path(std::string_view path) {
  std::vector<ReadMark> found;
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = by_path_.equal_range(hash(path));
  for (auto at = begin; at != end; ++at) found.push_back(ReadMark(at->second));
  std::ranges::sort(found, {}, &ReadMark::sequence);
  return found;
}

std::vector<ReadMark> ReadMarks::find_inode(Inode inode, std::string_view labels) {
  std::vector<ReadMark> found;
  const uint64_t wanted = hash(labels);
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = by_inode_.equal_range(inode.number);
  for (auto at = begin; at != end; ++at)
    if (at->second->labels == wanted) found.push_back(ReadMark(at->second));
  std::ranges::sort(found, {}, &ReadMark::sequence);
  return found;
}

bool ReadMarks::has_path(ReadMark mark, std::string_view path) const {
  return mark.record_->path == hash(path);
}

}  // namespace alloy::loki::source_file
