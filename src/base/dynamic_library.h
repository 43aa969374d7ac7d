// A shared library that is loaded when something first needs it. What few configurations use should
// not cost every start of the program the time and memory of its dependencies.
#pragma once

#include "base/error.h"

namespace alloy {

class DynamicLibrary {
 public:
  // `file` is a soname, looked for where the dynamic linker looks: "libcurl.so.4".
  explicit DynamicLibrary(const char* file);
  // Once loaded it stays until the process ends.
  ~DynamicLibrary() = default;

  // Why it could not be loaded.
  const Result<void>& loaded() const { return loaded_; }

  // The address of a function. Only if loaded; the name must exist.
  void* symbol(const char* name) const;
  // Fills a function pointer declared as decltype(&name).
  template <class Function>
  void bind(Function& function, const char* name) const {
    function = reinterpret_cast<Function>(symbol(name));
  }

 private:
  void* handle_ = nullptr;
  Result<void> loaded_;
};

}  // namespace alloy
