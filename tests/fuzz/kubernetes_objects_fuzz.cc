// Whatever an API server sends, reading a list or a watch's line of it ends with objects or an
// error, and making targets of the objects ends too.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "components/shared/kubernetes/informer.h"
#include "components/shared/kubernetes/object_stores.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace alloy::discovery::kubernetes;
  constexpr size_t size_max = 20'000;
  if (size == 0 || size > size_max) return 0;
  constexpr const char* names[] = {"node",      "pod",           "service",
                                   "endpoints", "endpointslice", "ingress"};
  const Role& role = *find_role(names[data[0] % std::size(names)]);
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  ObjectStores stores(role, {.node = true, .name_space = true});
  const auto take = [&](const ClusterObjectPointer& object, const ObjectType& type) {
    ObjectChanges changes;
    changes.changes.push_back({object->key(), object});
    stores.apply(type, "", std::move(changes));
  };
  for (const ObjectType* type : {&namespace_type, &node_type, &pod_type, &service_type, role.type})
    if (const auto list = parse_object_list(text, *type))
      for (const ClusterObjectPointer& object : list->objects) take(object, *type);
  if (const auto event = parse_watch_event(text, *role.type))
    if (event->object != nullptr) take(event->object, *role.type);
  stores.make_groups();
  return 0;
}
