// Writes docs/components/: for each component its own page
// (src/components/<family>/<name>/<name>.md) followed by the tables of its arguments and exports,
// which come from its schema.
//
//   component_reference SOURCE_FOLDER OUT_FOLDER            writes the pages
//   component_reference --check SOURCE_FOLDER OUT_FOLDER    exits 1 when one is missing or stale
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <fmt/format.h>

#include "component/registry.h"
#include "schema/reference.h"

namespace {

namespace fs = std::filesystem;
using alloy::ComponentType;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// "prometheus.exporter.self" -> "prometheus/exporter_self/exporter_self.md"
fs::path own_page(std::string name) {
  const size_t dot = name.find('.');
  std::string folder = name.substr(dot + 1);
  for (char& c : folder) c = c == '.' ? '_' : c;
  return fs::path(name.substr(0, dot)) / folder / (folder + ".md");
}

std::string page_of(const ComponentType& type, const fs::path& source) {
  std::string page = read(source / "src/components" / own_page(std::string(type.name)));
  while (!page.empty() && page.back() == '\n') page.pop_back();
  if (page.empty()) page = fmt::format("# {}\n\n{}", type.name, type.doc);
  page += fmt::format("\n\n## Arguments\n\n{}", alloy::reference_markdown(*type.arguments, "###"));
  if (type.exports) {
    page += fmt::format("\n## Exports\n\n{}", alloy::reference_markdown(*type.exports, "###"));
  }
  return page;
}

std::string index_of(const std::map<std::string, const ComponentType*>& types) {
  std::string page =
      "# Components\n\nGenerated from the components' schemas by `make docs`; do not edit.\n\n"
      "| component | what it does |\n| --- | --- |\n";
  for (const auto& [name, type] : types) {
    page += fmt::format("| [{}]({}.md) | {} |\n", name, name, type->doc);
  }
  return page;
}

}  // namespace

int main(int argc, char** argv) {
  const bool check = argc == 4 && std::string_view(argv[1]) == "--check";
  if (argc != 3 && !check) {
    fmt::print(stderr, "usage: {} [--check] SOURCE_FOLDER OUT_FOLDER\n", argv[0]);
    return 2;
  }
  const fs::path source = argv[argc - 2];
  const fs::path out = argv[argc - 1];

  std::map<std::string, const ComponentType*> types;
  for (const ComponentType* type : alloy::built_in_components()) {
    types.emplace(type->name, type);
  }
  std::map<fs::path, std::string> pages;
  for (const auto& [name, type] : types) pages[out / (name + ".md")] = page_of(*type, source);
  pages[out / "README.md"] = index_of(types);

  bool stale = false;
  for (const auto& [path, page] : pages) {
    if (read(path) == page) continue;
    stale = true;
    if (check) {
      fmt::print(stderr, "{} is stale: run `make docs`\n", path.string());
    } else {
      fs::create_directories(out);
      std::ofstream(path, std::ios::binary) << page;
    }
  }
  for (const auto& entry : fs::directory_iterator(out)) {
    if (pages.contains(entry.path())) continue;
    stale = true;
    fmt::print(stderr, "{} belongs to no component\n", entry.path().string());
    if (!check) fs::remove(entry.path());
  }
  return check && stale ? 1 : 0;
}
