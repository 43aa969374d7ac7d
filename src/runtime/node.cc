#include "runtime/node.h"

#include "base/text.h"

namespace alloy::runtime {

Node::Node(Kind kind, std::string name, std::string label, std::weak_ptr<NodeOwner> owner)
    : kind_(kind),
      name_(std::move(name)),
      label_(std::move(label)),
      id_(label_.empty() ? name_ : name_ + "." + label_),
      path_(split(id_, '.')),
      owner_(std::move(owner)) {}

Task<> Node::run(StopToken) { co_return; }

Task<> Node::close() { co_return; }

void Node::notify_changed() {
  if (const auto owner = owner_.lock()) owner->node_changed(*this);
}

}  // namespace alloy::runtime
