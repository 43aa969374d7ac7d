// Holds what STYLE.md and docs/architecture.md promise about the text of this project: which layer
// may include which, how large a file, a function and a line may grow, what a component folder has.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace {

namespace fs = std::filesystem;

constexpr size_t file_lines_max = 500;
constexpr size_t function_lines_max = 70;
constexpr size_t line_columns_max = 100;

// Whom a layer may include besides itself and base; "app" may include everything.
const std::map<std::string, std::set<std::string>, std::less<>> layers = {
    {"base", {}},
    {"net", {}},
    {"syntax", {}},
    {"values", {"syntax"}},
    {"schema", {"values", "syntax"}},
    {"signals", {"schema", "values"}},
    {"wire", {"signals"}},
    {"queue", {"signals"}},
    {"cluster", {"net"}},
    {"component", {"signals", "schema", "values", "syntax"}},
    {"services", {"component", "cluster", "signals", "schema", "values", "net"}},
    {"components",
     {"component", "services", "signals", "wire", "queue", "schema", "values", "net"}},
    {"runtime",
     {"component", "services", "cluster", "signals", "schema", "values", "syntax", "net"}},
    {"convert", {"syntax", "values", "schema", "component"}},
};

// Libraries that only the layers named with them may include, and only in .cc files.
const std::vector<std::pair<std::string_view, std::set<std::string>>> wrapped = {
    {"boost/beast", {"net"}},
    {"boost/regex", {}},
    {"curl/", {"net"}},
    {"nghttp2/", {"net"}},
    {"openssl/", {"base", "net", "values", "signals"}},
    {"grpc", {"net"}},
    {"google/protobuf", {"net", "wire"}},
    {"yaml-cpp/", {"values", "convert", "components"}},
    {"simdjson", {"base", "net", "values", "wire", "convert", "components", "app"}},
};

struct Include {
  std::string path;
  bool quoted = false;
  size_t line = 0;
};

struct File {
  std::string path;  // From the top of the project, with forward slashes.
  std::vector<std::string> lines;
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// Reads every text file below the project's own folders; build folders are none of them.
std::vector<File> load_project() {
  const fs::path top = ALLOY_SOURCE_DIR;
  const std::set<std::string> text = {".cc",    ".h",    ".cmake", ".txt",     ".md", ".py",
                                      ".alloy", ".json", ".yml",   ".service", ".in", ""};
  std::vector<File> files;
  const auto add = [&](const fs::path& path) {
    if (!fs::is_regular_file(path) || !text.contains(path.extension().string())) return;
    std::ifstream in(path, std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    files.push_back({fs::relative(path, top).generic_string(), split(content)});
  };
  for (const auto& entry : fs::directory_iterator(top)) add(entry.path());
  for (const char* folder :
       {".ci", "bench", "cmake", "docs", "examples", "packaging", "scripts", "src", "tests"}) {
    if (!fs::exists(top / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(top / folder)) add(entry.path());
  }
  std::ranges::sort(files, {}, &File::path);
  return files;
}

const std::vector<File>& project() {
  static const std::vector<File> files = load_project();
  return files;
}

bool is_code(std::string_view path) { return path.ends_with(".cc") || path.ends_with(".h"); }
bool is_test(std::string_view path) { return path.ends_with("_test.cc"); }

// "src/net/http/client.h" -> {"src", "net", "http", "client.h"}
std::vector<std::string> parts(std::string_view path) {
  std::vector<std::string> result;
  for (const auto& part : fs::path(path)) result.push_back(part.string());
  return result;
}

std::vector<Include> includes(const File& file) {
  std::vector<Include> result;
  for (size_t i = 0; i < file.lines.size(); ++i) {
    std::string_view line = file.lines[i];
    if (!line.starts_with("#include ")) continue;
    line.remove_prefix(9);
    const size_t end = line.find_first_of("\">", 1);
    if (end == std::string_view::npos) continue;
    result.push_back({std::string(line.substr(1, end - 1)), line[0] == '"', i + 1});
  }
  return result;
}

// Why `file` may not include `path`, or nothing.
std::string layer_fault(const File& file, std::string_view path) {
  const auto from = parts(file.path);
  const auto to = parts(path);
  if (from.size() < 3 || to.size() < 2) return {};
  if (from[1] == "app") return {};
  const auto rule = layers.find(from[1]);
  if (rule == layers.end()) return fmt::format("src/{} is not a layer of tidy_test.cc", from[1]);
  if (to[0] == "base") return {};
  if (to[0] != from[1]) {
    if (rule->second.contains(to[0])) return {};
    return fmt::format("{} may not include {}", from[1], to[0]);
  }
  if (to[0] == "components" && to[1] != from[2] && to[1] != "shared") {
    return fmt::format("family {} may not include family {}", from[2], to[1]);
  }
  return {};
}

// Replaces comments, strings and characters by blanks, so that only braces of code are left.
class Blanker {
 public:
  std::string operator()(const File& file) {
    for (const auto& line : file.lines) {
      text_ += line;
      text_ += '\n';
    }
    while (at_ < text_.size()) step();
    return std::move(text_);
  }

 private:
  void step() {
    const std::string_view rest = std::string_view(text_).substr(at_);
    if (rest.starts_with("//")) return blank(text_.find('\n', at_));
    if (rest.starts_with("/*")) return blank(text_.find("*/", at_ + 2) + 2);
    if (rest.starts_with("R\"")) {
      const size_t open = text_.find('(', at_);
      const std::string close = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
      return blank(text_.find(close, open) + close.size());
    }
    if (rest[0] == '"') return blank_quoted('"');
    const bool is_digit_separator =
        at_ > 0 && std::isalnum(static_cast<unsigned char>(text_[at_ - 1]));
    if (rest[0] == '\'' && !is_digit_separator) return blank_quoted('\'');
    ++at_;
  }
  void blank_quoted(char quote) {
    size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    blank(end + 1);
    text_[at_ - 1] = '0';  // Still an expression.
  }
  void blank(size_t end) {
    end = std::min(end, text_.size());
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') text_[at_] = ' ';
    }
  }

  std::string text_;
  size_t at_ = 0;
};

// Whether the text before an opening brace is the head of a function, lambda or test.
bool opens_function(std::string head) {
  while (!head.empty() && std::isspace(static_cast<unsigned char>(head.back()))) head.pop_back();
  const size_t begin = head.find_first_not_of(" \n\t");
  if (begin == std::string::npos) return false;
  head.erase(0, begin);
  for (const char* other :
       {"namespace", "class ", "struct ", "enum ", "union ", "if ", "else", "for ", "while ",
        "switch ", "do", "try", "catch", "extern \"C\"", "TEST_SUITE", "requires"}) {
    if (head.starts_with(other)) return false;
  }
  const size_t close = head.rfind(')');
  if (close == std::string::npos) return false;
  const std::string_view tail = std::string_view(head).substr(close + 1);
  return tail.empty() || tail.find("->") != std::string_view::npos ||
         tail.find_first_not_of(" \n\tabcdefghijklmnopqrstuvwxyz:_") == std::string_view::npos;
}

// Calls `report(first line, lines)` for each function of a file.
template <typename Report>
void each_function(const File& file, Report report) {
  const std::string code = Blanker()(file);
  struct Block {
    size_t line;
    bool function;
  };
  std::vector<Block> open;
  size_t line = 1;
  size_t head = 0;
  for (size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '\n') ++line;
    if (c == '{') open.push_back({line, opens_function(code.substr(head, i - head))});
    if (c == '}' && !open.empty()) {
      if (open.back().function) report(open.back().line, line - open.back().line + 1);
      open.pop_back();
    }
    if (c == '{' || c == '}' || c == ';') head = i + 1;
    if (c == '#' && (i == 0 || code[i - 1] == '\n')) {
      while (i + 1 < code.size() && code[i + 1] != '\n') ++i;
      head = i + 1;
    }
  }
}

size_t columns(std::string_view line) {
  return static_cast<size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

TEST_CASE("includes point down the list of layers, and a family knows no other family") {
  for (const auto& file : project()) {
    if (!is_code(file.path) || !file.path.starts_with("src/")) continue;
    for (const auto& include : includes(file)) {
      if (!include.quoted) continue;
      const std::string fault = layer_fault(file, include.path);
      CHECK_MESSAGE(fault.empty(), fmt::format("{}:{}: {}", file.path, include.line, fault));
    }
  }
}

TEST_CASE("heavy libraries stay in the .cc files of their wrapper") {
  for (const auto& file : project()) {
    if (!is_code(file.path) || !file.path.starts_with("src/")) continue;
    const auto layer = parts(file.path)[1];
    for (const auto& include : includes(file)) {
      const auto at = fmt::format("{}:{}: {}", file.path, include.line, include.path);
      CHECK_MESSAGE(include.path != "regex", at);
      CHECK_MESSAGE(include.path != "iostream", at);
      for (const auto& [prefix, allowed] : wrapped) {
        if (!include.path.starts_with(prefix)) continue;
        CHECK_MESSAGE((file.path.ends_with(".cc") && allowed.contains(layer)), at);
      }
    }
  }
}

TEST_CASE("headers have #pragma once, and a .cc file includes its own header first") {
  std::set<std::string> headers;
  for (const auto& file : project()) {
    if (!file.path.ends_with(".h")) continue;
    headers.insert(file.path);
    CHECK_MESSAGE(std::ranges::count(file.lines, "#pragma once") == 1, file.path);
  }
  for (const auto& file : project()) {
    if (!file.path.starts_with("src/") || !file.path.ends_with(".cc") || is_test(file.path))
      continue;
    const std::string own = file.path.substr(0, file.path.size() - 2) + "h";
    if (!headers.contains(own)) continue;
    const auto all = includes(file);
    CHECK_MESSAGE((!all.empty() && "src/" + all.front().path == own), file.path);
  }
}

TEST_CASE("files, functions and lines stay within their limits") {
  for (const auto& file : project()) {
    if (!is_code(file.path)) continue;
    CHECK_MESSAGE(file.lines.size() <= file_lines_max,
                  fmt::format("{}: {} lines", file.path, file.lines.size()));
    for (size_t i = 0; i < file.lines.size(); ++i) {
      CHECK_MESSAGE(columns(file.lines[i]) <= line_columns_max,
                    fmt::format("{}:{}: {} columns", file.path, i + 1, columns(file.lines[i])));
    }
    each_function(file, [&](size_t line, size_t lines) {
      CHECK_MESSAGE(lines <= function_lines_max,
                    fmt::format("{}:{}: a function of {} lines", file.path, line, lines));
    });
  }
}

TEST_CASE("the measure of functions sees functions, and nothing else") {
  const File file{"example.cc",
                  split("namespace a {\nint f(int x) {\n  if (x) {\n  }\n  return '}';\n}\n"
                        "A::A(int x) : x_(x) {\n}\nauto table = fields({1,\n2});\n"
                        "struct B {\n  int g() const { return 1; }\n};\n}\n")};
  std::vector<std::pair<size_t, size_t>> found;
  each_function(file, [&](size_t line, size_t lines) { found.emplace_back(line, lines); });
  CHECK(found == std::vector<std::pair<size_t, size_t>>{{2, 5}, {7, 2}, {12, 1}});
}

// x.cc is introduced by x.h, and x_test.cc by x.cc or x.h, when there is one.
bool is_introduced_elsewhere(std::string path, const std::set<std::string>& paths) {
  if (!path.ends_with(".cc")) return false;
  path.resize(path.size() - 3);
  if (paths.contains(path + ".h")) return true;
  if (!path.ends_with("_test")) return false;
  path.resize(path.size() - 5);
  return paths.contains(path + ".h") || paths.contains(path + ".cc");
}

TEST_CASE("every file of code or script begins by telling what it is for") {
  std::set<std::string> paths;
  for (const auto& file : project()) paths.insert(file.path);
  for (const auto& file : project()) {
    const bool script = !file.lines.empty() && file.lines[0].starts_with("#!");
    const size_t first = script ? 1 : 0;
    if (file.lines.size() <= first || is_introduced_elsewhere(file.path, paths)) continue;
    const std::string_view line = file.lines[first];
    if (is_code(file.path) || file.path.ends_with(".alloy")) {
      CHECK_MESSAGE(line.starts_with("// "), file.path);
    } else if (script || file.path.ends_with("CMakeLists.txt") || file.path.ends_with(".cmake")) {
      CHECK_MESSAGE((line.starts_with("# ") || line.starts_with("\"\"\"")), file.path);
    }
  }
}

TEST_CASE("a component's folder holds its code, its tests and its page") {
  const fs::path top = fs::path(ALLOY_SOURCE_DIR) / "src/components";
  for (const auto& family : fs::directory_iterator(top)) {
    if (!family.is_directory() || family.path().filename() == "shared") continue;
    for (const auto& folder : fs::directory_iterator(family.path())) {
      const auto name = folder.path().filename().string();
      if (!folder.is_directory() || name == "shared") continue;
      for (const char* ending : {".cc", "_test.cc", ".md"}) {
        const fs::path expected = folder.path() / (name + ending);
        CHECK_MESSAGE(fs::exists(expected), fs::relative(expected, top).generic_string());
      }
    }
  }
}

TEST_CASE("no text names a place on somebody's machine or a package registry") {
  // Written in pieces, so that this file does not name them either.
  const std::vector<std::string> unwanted = {
      std::string("/wo") + "rk/",         std::string("/ro") + "ot/",
      std::string("/tmp") + "/b/",        std::string("/tmp") + "/notes",
      std::string("deb.deb") + "ian.org", std::string("registry.npm") + "js.org",
      std::string("py") + "pi.org",       std::string("proxy.go") + "lang.org",
      std::string("crates") + ".io",
  };
  for (const auto& file : project()) {
    for (size_t i = 0; i < file.lines.size(); ++i) {
      for (const auto& place : unwanted) {
        CHECK_MESSAGE(file.lines[i].find(place) == std::string::npos,
                      fmt::format("{}:{}: {}", file.path, i + 1, place));
      }
    }
  }
}

TEST_CASE("what is left to do names its issue") {
  const std::string mark = std::string("TO") + "DO";
  for (const auto& file : project()) {
    if (!is_code(file.path)) continue;
    for (size_t i = 0; i < file.lines.size(); ++i) {
      const size_t at = file.lines[i].find(mark);
      if (at == std::string::npos) continue;
      const auto rest = std::string_view(file.lines[i]).substr(at + mark.size());
      CHECK_MESSAGE(rest.starts_with("(#"), fmt::format("{}:{}", file.path, i + 1));
    }
  }
}

}  // namespace
