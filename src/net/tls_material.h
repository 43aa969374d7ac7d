// Reads certificates and keys from where the options say, again when a file has changed.
#pragma once

#include <map>
#include <string>

#include "base/error.h"
#include "net/exchange.h"

namespace alloy::net {

// A whole file. Errors read like Go's: "open /x: no such file or directory".
Result<std::string> read_file(const std::string& path);
// A secret in a file: without the blanks around it. "unable to read file /x: open /x: …".
Result<std::string> read_secret_file(const std::string& path);

// Keeps file contents until the file's identity, size or time changes.
class FileCache {
 public:
  Result<std::string> read(const std::string& path);

 private:
  struct Entry {
    uint64_t inode = 0;
    int64_t size = -1;
    int64_t modified = 0;
    std::string content;
  };
  std::map<std::string, Entry> entries_;
};

Result<TlsMaterial> read_tls_material(const TlsClientOptions& options, FileCache& files);

}  // namespace alloy::net
