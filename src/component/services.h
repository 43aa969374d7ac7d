// What components share at run time (the HTTP server, the series store, the cluster, ...), found by
// the type of its interface. The program's wiring adds them before the first component is built.
#pragma once

#include <utility>
#include <vector>

namespace alloy {

class Services {
 public:
  // The service must outlive every component.
  template <class Interface>
  void add(Interface& service) {
    entries_.emplace_back(&key<Interface>, &service);
  }

  // The service behind an interface; null where the program runs without it.
  template <class Interface>
  Interface* find() const {
    for (const auto& [type, service] : entries_)
      if (type == &key<Interface>) return static_cast<Interface*>(service);
    return nullptr;
  }

 private:
  template <class Interface>
  static inline char key = 0;

  std::vector<std::pair<const void*, void*>> entries_;
};

}  // namespace alloy
