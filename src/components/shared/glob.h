// Patterns for file names, as local.file_match and loki.source.file take them: those of the
// doublestar library. Between slashes `*` stands for any text, `?` for one character, [a-z] or
// [^a-z] for one of a set and {a,b} for one of several patterns; a part that is `**` stands for any
// number of directories, and `\` takes the meaning from the next character.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/duration.h"
#include "base/error.h"

namespace alloy {

class Glob {
 public:
  // Error: "syntax error in pattern".
  static Result<Glob> parse(std::string_view pattern);

  bool matches(std::string_view path) const;
  // The files and directories that match, each once, in the order of a walk by name. What can't be
  // read is left out. Blocks.
  std::vector<std::string> find() const;

 private:
  // One alternative, with its braces resolved.
  struct Path {
    bool is_absolute = false;
    std::vector<std::string> parts;
  };

  std::vector<Path> alternatives_;
};

// Which files a target of a component that follows files stands for.
struct FileQuery {
  std::string pattern;
  std::string exclude;                            // Another pattern; empty: none.
  Duration ignore_older_than = Duration::zero();  // By the last change; zero: any age.
};

// The absolute paths of the files (no directories) that match. Blocks.
Result<std::vector<std::string>> find_files(const FileQuery& query);

// Whether any of the files that a search did not find again is there nevertheless, at once or a
// moment later: whoever rotates by renaming leaves a moment without a file. Blocks.
bool any_is_back(const std::vector<std::string>& vanished);

}  // namespace alloy
