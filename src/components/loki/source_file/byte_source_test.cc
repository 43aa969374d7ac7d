#include "components/loki/source_file/byte_source.h"

#include <bzlib.h>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <zlib.h>

namespace alloy::loki::source_file {
namespace {

std::string gzip(std::string_view text, int window = 15 + 16) {
  z_stream stream = {};
  REQUIRE(::deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(::deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string bzip2(std::string_view text) {
  auto size = static_cast<unsigned>(text.size() + 1000);
  std::string out(size, '\0');
  REQUIRE(::BZ2_bzBuffToBuffCompress(out.data(), &size, const_cast<char*>(text.data()),
                                     static_cast<unsigned>(text.size()), 9, 0, 0) == BZ_OK);
  out.resize(size);
  return out;
}

// A file with this content, and how its source reads.
struct TestFile {
  TestFile(std::string_view content, Compression compression) {
    char name[] = "/tmp/byte_source.XXXXXX";
    folder = mkdtemp(name);
    std::ofstream(folder + "/file", std::ios::binary) << content;
    file = *open_file(folder + "/file");
    source = ByteSource::create(file.get(), compression);
  }
  ~TestFile() { std::filesystem::remove_all(folder); }
  Result<std::string> read(int64_t position, size_t size) {
    std::string into(size, '\0');
    TRY(const size_t got, source->read(position, into));
    return into.substr(0, got);
  }
  std::string folder;
  Descriptor file;
  std::unique_ptr<ByteSource> source;
};

std::string numbers() {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("bytes are found by their position, whatever the compression") {
  const std::string text = numbers();
  const std::vector<std::pair<Compression, std::string>> cases = {{Compression::none, text},
                                                                  {Compression::gz, gzip(text)},
                                                                  {Compression::z, gzip(text, 15)},
                                                                  {Compression::bz2, bzip2(text)}};
  for (const auto& [compression, content] : cases) {
    CAPTURE(static_cast<int>(compression));
    TestFile file(content, compression);
    CHECK(file.read(0, 10) == text.substr(0, 10));
    CHECK(file.read(10, 200'000) == text.substr(10, 200'000));
    CHECK(file.read(300'000, 100) == text.substr(300'000, 100));
    CHECK(file.read(5, 100) == text.substr(5, 100));
    CHECK(file.read(static_cast<int64_t>(text.size()) - 3, 100) == text.substr(text.size() - 3));
    CHECK(file.read(static_cast<int64_t>(text.size()), 100) == "");
  }
}

TEST_CASE("several compressed streams in one file are one text, and padding is none") {
  TestFile gz(gzip("one\n") + gzip("two\n"), Compression::gz);
  CHECK(gz.read(0, 100) == "one\ntwo\n");
  TestFile bz(bzip2("one\n") + bzip2("two\n"), Compression::bz2);
  CHECK(bz.read(2, 100) == "e\ntwo\n");
  TestFile padded(gzip("one\n") + std::string(100, '\0'), Compression::gz);
  CHECK(padded.read(0, 100) == "one\n");
}

TEST_CASE("what is not compressed, or not whole, is an error") {
  CHECK_FALSE(TestFile("plain text\n", Compression::gz).read(0, 10));
  CHECK_FALSE(TestFile("plain text\n", Compression::bz2).read(0, 10));
  CHECK_FALSE(TestFile("", Compression::z).read(0, 10));
  const std::string whole = gzip(numbers());
  CHECK_FALSE(TestFile(whole.substr(0, whole.size() / 2), Compression::gz).read(0, 1'000'000));
}

}  // namespace alloy::loki::source_file
