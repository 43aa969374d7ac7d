#include "runtime/graph.h"

#include <algorithm>
#include <limits>

namespace alloy::runtime {
namespace {

constexpr uint32_t unvisited = std::numeric_limits<uint32_t>::max();

// Tarjan's strongly connected components, without recursion: chains may be as long as a
// configuration. Components come out with dependencies first.
class Components {
 public:
  explicit Components(const Graph& graph)
      : graph_(graph), number_(graph.size(), unvisited), low_(graph.size()), open_(graph.size()) {}

  template <class Visit>
  void each(Visit visit) {
    for (uint32_t root = 0; root < graph_.size(); ++root)
      if (number_[root] == unvisited) walk(root, visit);
  }

 private:
  struct Step {
    uint32_t node;
    size_t next = 0;
  };

  void enter(uint32_t node) {
    number_[node] = low_[node] = count_++;
    open_[node] = true;
    stack_.push_back(node);
    path_.push_back({node});
  }

  template <class Visit>
  void walk(uint32_t root, Visit& visit) {
    enter(root);
    while (!path_.empty()) {
      Step& step = path_.back();
      const uint32_t node = step.node;
      const auto dependencies = graph_.dependencies(node);
      if (step.next < dependencies.size()) {
        const uint32_t other = dependencies[step.next++];
        if (number_[other] == unvisited)
          enter(other);
        else if (open_[other])
          low_[node] = std::min(low_[node], number_[other]);
        continue;
      }
      path_.pop_back();
      if (!path_.empty()) {
        const uint32_t above = path_.back().node;
        low_[above] = std::min(low_[above], low_[node]);
      }
      if (low_[node] == number_[node]) leave(node, visit);
    }
  }

  template <class Visit>
  void leave(uint32_t node, Visit& visit) {
    std::vector<uint32_t> component;
    do {
      component.push_back(stack_.back());
      open_[stack_.back()] = false;
      stack_.pop_back();
    } while (component.back() != node);
    visit(std::move(component));
  }

  const Graph& graph_;
  std::vector<uint32_t> number_;
  std::vector<uint32_t> low_;
  std::vector<bool> open_;
  std::vector<uint32_t> stack_;
  std::vector<Step> path_;
  uint32_t count_ = 0;
};

}  // namespace

void Graph::add_edge(uint32_t from, uint32_t to) {
  auto& list = dependencies_[from];
  if (std::ranges::find(list, to) != list.end()) return;
  list.push_back(to);
  dependants_[to].push_back(from);
}

std::vector<uint32_t> Graph::order() const {
  std::vector<uint32_t> result;
  result.reserve(size());
  Components(*this).each([&](std::vector<uint32_t> component) {
    result.insert(result.end(), component.begin(), component.end());
  });
  return result;
}

std::vector<std::vector<uint32_t>> Graph::cycles() const {
  std::vector<std::vector<uint32_t>> result;
  Components(*this).each([&](std::vector<uint32_t> component) {
    const uint32_t first = component.front();
    const bool is_loop =
        std::ranges::find(dependencies_[first], first) != dependencies_[first].end();
    if (component.size() > 1 || is_loop) result.push_back(std::move(component));
  });
  return result;
}

std::vector<uint32_t> Graph::heights(std::span<const uint32_t> order) const {
  std::vector<uint32_t> result(size(), 0);
  for (size_t i = order.size(); i-- > 0;) {
    const uint32_t node = order[i];
    for (const uint32_t dependency : dependencies_[node])
      result[dependency] = std::max(result[dependency], result[node] + 1);
  }
  return result;
}

}  // namespace alloy::runtime
