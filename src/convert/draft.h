// A configuration while it is being written: components with the arguments that were converted so
// far, and the text that they make.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "component/component.h"
#include "schema/fields.h"
#include "values/value.h"

namespace alloy::convert {

// The component types that a configuration may be made of.
using Catalogue = std::span<const ComponentType* const>;

// An expression as its text: a reference to another component, mostly.
struct Expression {
  std::string text;
};

// The content of a block, in any order: writing puts it into that of the schema. One-of blocks go
// by their full name ("stage.json") and keep theirs.
class Draft {
 public:
  struct Entry;

  // Sets an attribute; null takes it away.
  void set(std::string_view name, Value value);
  void set(std::string_view name, Expression expression);
  // Another block of the name. The reference holds until the next call.
  Draft& add(std::string_view name);
  void add(std::string_view name, Draft block);
  // The block of the name; made if there is none.
  Draft& block(std::string_view name);
  // Takes the attribute or the blocks of the name away.
  void remove(std::string_view name);

  const Entry* find(std::string_view name) const;
  bool has(std::string_view name) const { return find(name) != nullptr; }
  // The value of an attribute; null if it is not set, or an expression.
  Value value(std::string_view name) const;
  bool empty() const;
  const std::vector<Entry>& entries() const { return entries_; }

  std::string label;
  // Written even if nothing stands in it.
  bool is_kept = true;

 private:
  Entry* find(std::string_view name);

  std::vector<Entry> entries_;
};

struct Draft::Entry {
  std::string name;
  std::variant<Value, Expression, Draft> content;
};

// A component, or a block of the configuration such as `logging`.
struct Component {
  std::string name;  // "prometheus.scrape"
  Draft arguments;   // With the component's label.

  std::string id() const;  // "prometheus.scrape.default"
};

// The components as the text of a configuration. What equals its default is left out.
// Errors: a component that this program does not have; an argument of a type that its field can't
// have.
Result<std::string> write(const std::vector<Component>& components, Catalogue catalogue);

// The arguments of the component type of the name; null if there is no such type.
const Schema* find_arguments(Catalogue catalogue, std::string_view component);

// Whether the arguments are right as far as the block alone tells.
Result<> check(const Schema& schema, const Draft& draft);

}  // namespace alloy::convert
