// file.*: the names of files.
#include <vector>

#include "base/text.h"
#include "values/stdlib/library.h"

namespace alloy::stdlib {
namespace {

// The shortest path that means the same: without ".", "..", and slashes that say nothing.
std::string clean_path(std::string_view path) {
  bool is_rooted = path.starts_with('/');
  std::vector<std::string_view> parts;
  for (std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!is_rooted) {
      parts.push_back(part);
    }
  }
  std::string out = is_rooted ? "/" : "";
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += '/';
    out += parts[i];
  }
  return out.empty() ? "." : out;
}

CallResult path_join(std::span<const std::string> arguments) {
  std::string joined;
  for (const std::string& part : arguments) {
    if (part.empty()) continue;
    if (!joined.empty()) joined += '/';
    joined += part;
  }
  return Value::string(joined.empty() ? joined : clean_path(joined));
}

}  // namespace

Value file_namespace() { return make_namespace({{"path_join", text_function(&path_join)}}); }

}  // namespace alloy::stdlib
