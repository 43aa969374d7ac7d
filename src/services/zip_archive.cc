#include "services/zip_archive.h"

#include <zlib.h>

#include "services/gzip.h"

namespace alloy {
namespace {

// Record marks and fields of PKWARE's APPNOTE.TXT.
constexpr uint32_t file_mark = 0x04034b50;
constexpr uint32_t directory_mark = 0x02014b50;
constexpr uint32_t end_mark = 0x06054b50;
constexpr uint32_t version_needed = 20;  // Deflate.
constexpr uint32_t utf8_names = 1 << 11;
constexpr uint32_t deflated = 8;

}  // namespace

ZipArchive::ZipArchive(WallTime modified) {
  const auto day = std::chrono::floor<std::chrono::days>(modified);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(modified - day));
  dos_date_ = static_cast<uint32_t>(static_cast<int>(date.year()) - 1980) << 9 |
              static_cast<unsigned>(date.month()) << 5 | static_cast<unsigned>(date.day());
  dos_time_ = static_cast<uint32_t>(time.hours().count() << 11 | time.minutes().count() << 5 |
                                    time.seconds().count() / 2);
}

void ZipArchive::put16(uint32_t value) {
  out_ += static_cast<char>(value & 0xff);
  out_ += static_cast<char>(value >> 8 & 0xff);
}

void ZipArchive::put32(uint32_t value) {
  put16(value & 0xffff);
  put16(value >> 16);
}

// What the record in front of a file and the one in the directory have in common.
void ZipArchive::put_common(const Entry& entry) {
  put16(version_needed);
  put16(utf8_names);
  put16(deflated);
  put16(dos_time_);
  put16(dos_date_);
  put32(entry.crc);
  put32(entry.packed_bytes);
  put32(entry.bytes);
  put16(static_cast<uint32_t>(entry.path.size()));
  put16(0);  // No extra fields.
}

void ZipArchive::add(std::string path, std::string_view content) {
  const std::string packed = deflate_raw(content);
  const auto crc =
      ::crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size()));
  const Entry& entry =
      entries_.emplace_back(Entry{.path = std::move(path),
                                  .crc = static_cast<uint32_t>(crc),
                                  .packed_bytes = static_cast<uint32_t>(packed.size()),
                                  .bytes = static_cast<uint32_t>(content.size()),
                                  .offset = static_cast<uint32_t>(out_.size())});
  put32(file_mark);
  put_common(entry);
  out_ += entry.path;
  out_ += packed;
}

std::string ZipArchive::finish() && {
  const auto directory_at = static_cast<uint32_t>(out_.size());
  for (const Entry& entry : entries_) {
    put32(directory_mark);
    put16(version_needed);
    put_common(entry);
    put16(0);  // No comment,
    put16(0);  // on the first disk,
    put16(0);  // no attributes inside
    put32(0);  // or outside.
    put32(entry.offset);
    out_ += entry.path;
  }
  const auto directory_bytes = static_cast<uint32_t>(out_.size()) - directory_at;
  put32(end_mark);
  put32(0);  // One disk.
  put16(static_cast<uint32_t>(entries_.size()));
  put16(static_cast<uint32_t>(entries_.size()));
  put32(directory_bytes);
  put32(directory_at);
  put16(0);  // No comment.
  return std::move(out_);
}

}  // namespace alloy
