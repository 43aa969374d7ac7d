// Whatever the text, parsing ends; and what is printed means the same, has the same comments, and
// is printed the same again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "syntax/parser.h"
#include "syntax/printer.h"
#include "tree_dump.h"

namespace {

using namespace alloy::syntax;

std::string comments_of(const File& file) {
  std::string out;
  for (const CommentGroup group : file.comments()) {
    for (const Comment& comment : group) out.append(comment.text).append("\n");
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto source = make_source("fuzz", std::string(reinterpret_cast<const char*>(data), size));
  const auto file = parse_file(source);
  if (!file) {
    ASSERT(!file.error().empty());
    ASSERT(!render(file.error(), std::span(&source, 1), Colour::on).empty());
    return 0;
  }
  const auto printed = parse_file("printed", print(**file) + "\n");
  ASSERT(printed.has_value());
  ASSERT(TreeDump().dump(**file) == TreeDump().dump(**printed));
  ASSERT(comments_of(**file) == comments_of(**printed));
  ASSERT(print(**printed) + "\n" == (*printed)->source()->text);
  return 0;
}
