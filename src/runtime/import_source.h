// Where an import gets its content: a string, a file or folder, …
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "runtime/config_source.h"
#include "runtime/environment.h"
#include "runtime/node.h"
#include "schema/decode.h"

namespace alloy::runtime {

class ImportSource {
 public:
  virtual ~ImportSource() = default;

  // Takes the import's arguments and gets its content for the first time with them. The content's
  // module_path is where its own relative paths start; empty: where the importer's do.
  virtual Task<std::expected<ConfigSource, Failure>> evaluate(BlockContext context) = 0;
  // Calls `on_content` whenever there is new content, and `on_error` when it can't be got.
  virtual Task<> run(std::function<Task<>(ConfigSource)> on_content,
                     std::function<void(const Error&)> on_error, StopToken stop) = 0;
  virtual bool has_task() const { return true; }
};

// For "import.file" and the like; null if there is no such kind. `id` says which import it is, in
// which modules: "a.x/import.git.m".
std::unique_ptr<ImportSource> make_import_source(std::string_view name, const std::string& id,
                                                 Environment& environment);

// import.git "m" { repository = ..., path = ... } (import_git.cc)
std::unique_ptr<ImportSource> make_git_import(const std::string& id, Environment& environment);

// Decodes the arguments of an import.
template <class T>
std::expected<T, Failure> decode_import(const BlockContext& context) {
  auto decoded =
      decode<T>(context.block->body, {.scope = *context.scope, .file = context.file->name()});
  if (!decoded) return std::unexpected(Failure::decoding(decoded.error()));
  return *std::move(decoded);
}

}  // namespace alloy::runtime
