#include "components/loki/source_file/text_encoding.h"

#include <cerrno>
#include <cstring>
#include <iconv.h>

#include "base/text.h"

namespace alloy::loki::source_file {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

// One conversion of all that there is; incomplete or impossible text counts as nothing.
std::string convert(const std::string& to, const std::string& from, std::string_view text) {
  const iconv_t handle = ::iconv_open(to.c_str(), from.c_str());
  if (handle == iconv_t(-1)) return {};
  char buffer[64];
  char* in = const_cast<char*>(text.data());
  char* out = buffer;
  size_t in_left = text.size();
  size_t out_left = sizeof buffer;
  const size_t result = ::iconv(handle, &in, &in_left, &out, &out_left);
  ::iconv_close(handle);
  return result == size_t(-1) ? std::string() : std::string(buffer, out);
}

// Without a mark in the file, the order of bytes that these names leave open is big endian.
std::string resolve(const std::string& name) {
  std::string upper;
  for (const char c : name) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (upper == "UTF-16") return "UTF-16BE";
  if (upper == "UTF-32") return "UTF-32BE";
  return upper;
}

}  // namespace

struct TextEncoding::Converter {
  explicit Converter(iconv_t opened) : handle(opened) {}
  ~Converter() { ::iconv_close(handle); }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  iconv_t handle;
};

TextEncoding::TextEncoding() = default;
TextEncoding::TextEncoding(TextEncoding&&) noexcept = default;
TextEncoding& TextEncoding::operator=(TextEncoding&&) noexcept = default;
TextEncoding::~TextEncoding() = default;

Result<TextEncoding> TextEncoding::find(const std::string& name) {
  TextEncoding encoding;
  const std::string resolved = resolve(name);
  if (resolved.empty() || resolved == "UTF-8") return encoding;
  // A slash would begin iconv's own options.
  const bool is_name = resolved.find('/') == std::string::npos;
  const iconv_t handle = is_name ? ::iconv_open("UTF-8", resolved.c_str()) : iconv_t(-1);
  if (handle == iconv_t(-1)) return fail(fmt::format("unknown encoding {}", quote(name)));
  encoding.converter_ = std::make_unique<Converter>(handle);
  encoding.newline_ = convert(resolved, "UTF-8", "\n");
  encoding.carriage_return_ = convert(resolved, "UTF-8", "\r");
  if (encoding.newline_.empty() || encoding.carriage_return_.empty())
    return fail(fmt::format("encoding {} has no line breaks", quote(name)));
  return encoding;
}

size_t TextEncoding::find_newline(std::string_view text) const {
  const size_t unit = newline_.size();
  for (size_t at = 0; at < text.size();) {
    const size_t found = text.find(newline_, at);
    // The two bytes of a newline may also be the halves of two characters.
    if (found == std::string_view::npos || found % unit == 0) return found;
    at = found + 1;
  }
  return std::string_view::npos;
}

size_t TextEncoding::end_of_last_line(std::string_view text) const {
  const size_t unit = newline_.size();
  for (size_t end = text.size(); end >= unit;) {
    const size_t found = text.substr(0, end).rfind(newline_);
    if (found == std::string_view::npos) return 0;
    if (found % unit == 0) return found + unit;
    end = found + unit - 1;
  }
  return 0;
}

std::string_view TextEncoding::without_carriage_return(std::string_view line) const {
  if (line.ends_with(carriage_return_)) line.remove_suffix(carriage_return_.size());
  return line;
}

void TextEncoding::append_decoded(std::string& out, std::string_view line) {
  line = without_carriage_return(line);
  if (is_verbatim()) {
    out += line;
    return;
  }
  char* in = const_cast<char*>(line.data());
  size_t in_left = line.size();
  char buffer[1024];
  ::iconv(converter_->handle, nullptr, nullptr, nullptr, nullptr);
  while (in_left > 0) {
    char* to = buffer;
    size_t to_left = sizeof buffer;
    const size_t result = ::iconv(converter_->handle, &in, &in_left, &to, &to_left);
    out.append(buffer, to);
    if (result != size_t(-1) || errno == E2BIG) continue;
    out += replacement;
    const size_t skipped = std::min(in_left, newline_.size());
    in += skipped;
    in_left -= skipped;
  }
}

ByteOrderMark find_byte_order_mark(std::string_view beginning) {
  using namespace std::string_view_literals;
  if (beginning.starts_with("\xef\xbb\xbf")) return {3, "UTF-8"};
  if (beginning.starts_with("\xff\xfe\0\0"sv)) return {4, "UTF-32LE"};
  if (beginning.starts_with("\xfe\xff")) return {2, "UTF-16BE"};
  if (beginning.starts_with("\xff\xfe")) return {2, "UTF-16LE"};
  if (beginning.starts_with("\0\0\xfe\xff"sv)) return {4, "UTF-32BE"};
  return {};
}

}  // namespace alloy::loki::source_file
