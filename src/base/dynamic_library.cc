#include "base/dynamic_library.h"

#include <dlfcn.h>

#include <fmt/format.h>

namespace alloy {

DynamicLibrary::DynamicLibrary(const char* file) : handle_(dlopen(file, RTLD_LAZY | RTLD_LOCAL)) {
  if (handle_ == nullptr) loaded_ = fail(fmt::format("loading {}: {}", file, dlerror()));
}

void* DynamicLibrary::symbol(const char* name) const {
  void* found = dlsym(handle_, name);
  ASSERT(found != nullptr);
  return found;
}

}  // namespace alloy
