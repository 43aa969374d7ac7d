#include "queue/cursor.h"

#include <array>
#include <cstring>

#include <fmt/format.h>

namespace alloy::queue {
namespace {

constexpr std::string_view cursor_suffix = ".cursor";
constexpr size_t slot_bytes = 64;
constexpr uint64_t key_offset = 2 * slot_bytes;
constexpr uint32_t key_bytes_max = 64 << 10;

struct Slot {
  uint64_t generation = 0;
  Cursor cursor;
  uint64_t checksum = 0;
};
static_assert(sizeof(Slot) == 56);

uint64_t checksum_of(const Slot& slot) {
  return checksum({reinterpret_cast<const char*>(&slot), offsetof(Slot, checksum)});
}

std::optional<Slot> read_slot(File& file, size_t index) {
  Slot slot;
  std::array<char, sizeof slot> bytes;
  const auto size = file.read_at(index * slot_bytes, bytes);
  if (!size || *size != bytes.size()) return std::nullopt;
  std::memcpy(&slot, bytes.data(), sizeof slot);
  if (slot.checksum != checksum_of(slot) || slot.generation % 2 != index) return std::nullopt;
  return slot;
}

// After the slots: the key's length, its checksum, the key.
struct KeyHeader {
  uint64_t bytes = 0;
  uint64_t checksum = 0;
};

Result<std::string> read_key(File& file) {
  KeyHeader header;
  std::array<char, sizeof header> bytes;
  TRY(const size_t size, file.read_at(key_offset, bytes));
  std::memcpy(&header, bytes.data(), sizeof header);
  if (size != bytes.size() || header.bytes > key_bytes_max) return fail("damaged cursor file");
  std::string key(header.bytes, '\0');
  TRY(const size_t key_size, file.read_at(key_offset + sizeof header, key));
  if (key_size != key.size() || checksum(key) != header.checksum) {
    return fail("damaged cursor file");
  }
  return key;
}

}  // namespace

std::string CursorFile::file_name(std::string_view key) {
  return fmt::format("{:016x}{}", checksum(key), cursor_suffix);
}

bool CursorFile::is_file_name(std::string_view name) { return name.ends_with(cursor_suffix); }

Result<std::unique_ptr<CursorFile>> CursorFile::create(FileSystem& files, const std::string& path,
                                                       std::string_view key, const Cursor& cursor) {
  if (key.size() > key_bytes_max) return fail("the reader's name is too long");
  TRY(auto file, files.open(path, OpenMode::create));
  const KeyHeader header{.bytes = key.size(), .checksum = checksum(key)};
  const std::string_view parts[] = {{reinterpret_cast<const char*>(&header), sizeof header}, key};
  TRY(file->write_at(key_offset, parts));
  std::unique_ptr<CursorFile> result(new CursorFile(std::move(file), 0));
  TRY(result->store(cursor));
  TRY(result->store(cursor));
  return result;
}

Result<CursorFile::Loaded> CursorFile::load(FileSystem& files, const std::string& path) {
  TRY(auto file, files.open(path, OpenMode::read_write));
  Loaded loaded;
  TRY(loaded.key, read_key(*file));
  const std::optional<Slot> slots[] = {read_slot(*file, 0), read_slot(*file, 1)};
  const Slot* newest = nullptr;
  for (const auto& slot : slots) {
    if (slot && (!newest || slot->generation > newest->generation)) newest = &*slot;
  }
  if (newest) loaded.cursor = newest->cursor;
  loaded.file.reset(new CursorFile(std::move(file), newest ? newest->generation : 0));
  return loaded;
}

Result<> CursorFile::store(const Cursor& cursor) {
  Slot slot{.generation = generation_ + 1, .cursor = cursor};
  slot.checksum = checksum_of(slot);
  const std::string_view parts[] = {{reinterpret_cast<const char*>(&slot), sizeof slot}};
  TRY(file_->write_at(slot.generation % 2 * slot_bytes, parts));
  generation_ = slot.generation;
  return {};
}

}  // namespace alloy::queue
