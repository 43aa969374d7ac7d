// sprig's functions over maps.
#include <algorithm>

#include "signals/template/convert.h"
#include "signals/template/functions.h"

namespace alloy::go_template {
namespace {

const Map& members_of(const Value& value) {
  static const Map none;
  return value.kind() == Kind::map ? value.as_map() : none;
}

// The data is a map that is made anew each time: what is set in it is lost.
Map copy_of(const Value& value) { return members_of(value.whole()); }

bool dict(Arguments in, Value& out, Failure&) {
  Map members;
  for (size_t i = 0; i < in.size(); i += 2) {
    members[to_text(in[i])] = i + 1 < in.size() ? in[i + 1] : Value::text("");
  }
  out = Value::map(std::move(members));
  return true;
}

bool get(Arguments in, Value& out, Failure&) {
  const Value map = in[0].whole();
  const auto found = map.as_map().find(in[1].as_text());
  out = found == map.as_map().end() ? Value::text("") : found->second;
  return true;
}

bool set(Arguments in, Value& out, Failure&) {
  out = in[0].whole();
  out.as_map()[in[1].as_text()] = in[2];
  return true;
}

bool unset(Arguments in, Value& out, Failure&) {
  out = in[0].whole();
  out.as_map().erase(in[1].as_text());
  return true;
}

bool has_key(Arguments in, Value& out, Failure&) {
  const Value map = in[0].whole();
  out = Value::boolean(map.as_map().contains(in[1].as_text()));
  return true;
}

bool pluck(Arguments in, Value& out, Failure&) {
  List found;
  for (const Value& value : in.subspan(1)) {
    const Map map = copy_of(value);
    const auto member = map.find(in[0].as_text());
    if (member != map.end()) found.push_back(member->second);
  }
  out = Value::list(std::move(found));
  return true;
}

bool keys(Arguments in, Value& out, Failure&) {
  std::vector<std::string> names;
  for (const Value& value : in) {
    for (const auto& [name, member] : copy_of(value)) names.push_back(name);
  }
  out = Value::texts(names);
  return true;
}

bool values(Arguments in, Value& out, Failure&) {
  List found;
  for (const auto& [name, member] : copy_of(in[0])) found.push_back(member);
  out = Value::list(std::move(found));
  return true;
}

template <bool keeps>
bool choose(Arguments in, Value& out, Failure&) {
  Map members = copy_of(in[0]);
  std::erase_if(members, [&](const auto& member) {
    const bool is_named = std::ranges::any_of(
        in.subspan(1), [&](const Value& name) { return name.as_text() == member.first; });
    return is_named != keeps;
  });
  out = Value::map(std::move(members));
  return true;
}

void merge_into(Map& into, const Map& from, bool overwrites) {
  for (const auto& [name, member] : from) {
    Value& present = into[name];
    if (present.kind() == Kind::map && member.kind() == Kind::map) {
      merge_into(present.as_map(), member.as_map(), overwrites);
    } else if (overwrites ? !is_empty(member) : is_empty(present)) {
      present = member;
    }
  }
}

template <bool overwrites>
bool merge(Arguments in, Value& out, Failure&) {
  out = in[0].whole();
  for (const Value& value : in.subspan(1)) merge_into(out.as_map(), copy_of(value), overwrites);
  return true;
}

Value deep_copy_of(const Value& value) {
  if (value.is_list()) {
    List elements;
    for (const Value& element : value.as_list()) elements.push_back(deep_copy_of(element));
    return Value::list(std::move(elements));
  }
  if (!value.is_map()) return value;
  Map members;
  for (const auto& [name, member] : copy_of(value)) members[name] = deep_copy_of(member);
  return Value::map(std::move(members));
}

bool deep_copy(Arguments in, Value& out, Failure&) {
  out = deep_copy_of(in[0]);
  return true;
}

// dig "a" "b" default map: the member of a member.
bool dig(Arguments in, Value& out, Failure& failure) {
  if (in.size() < 3) return failure("dig needs at least three arguments");
  Value value = in.back().whole();
  for (const Value& name : in.first(in.size() - 2)) {
    if (!name.is_text() || value.kind() != Kind::map) return failure("dig needs names and maps");
    const auto found = value.as_map().find(name.as_text());
    if (found == value.as_map().end()) {
      out = in[in.size() - 2];
      return true;
    }
    Value member = found->second;
    value = std::move(member);
  }
  out = std::move(value);
  return true;
}

}  // namespace

const Function map_functions[] = {
    {"deepCopy", "*", deep_copy},
    {"dict", "*+", dict},
    {"dig", "*+", dig},
    {"get", "ms", get},
    {"hasKey", "ms", has_key},
    {"keys", "m+", keys},
    {"merge", "mm+", merge<false>},
    {"mergeOverwrite", "mm+", merge<true>},
    {"mustDeepCopy", "*", deep_copy},
    {"mustMerge", "mm+", merge<false>},
    {"mustMergeOverwrite", "mm+", merge<true>},
    {"omit", "ms+", choose<false>},
    {"pick", "ms+", choose<true>},
    {"pluck", "sm+", pluck},
    {"set", "ms*", set},
    {"unset", "ms", unset},
    {"values", "m", values},
    {},
};

}  // namespace alloy::go_template
