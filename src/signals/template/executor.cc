// Walks the tree of a template.
#include "signals/template/executor.h"

#include <algorithm>

#include "base/text.h"
#include "signals/template/text_template.h"

namespace alloy::go_template {
namespace {

constexpr int depth_max = 1000;
// Templates make one value of one line.
constexpr size_t out_max = size_t{16} << 20;
constexpr int64_t range_max = 1'000'000;

// Changes a value to the type of a parameter; false if it can't be.
bool fit(char type, Value& value, const Operand* operand) {
  const bool is_constant = operand != nullptr && operand->kind == Operand::Kind::number;
  switch (type) {
    case '*':
      if (value.is_missing()) value = Value::nil();
      return true;
    case 's':
      return value.is_text();
    case 'b':
      return value.kind() == Kind::boolean;
    case 'm':
      return value.is_map();
    case 'i':
    case 'I':
      if (is_constant && operand->is_ideal_integer) {
        const int64_t number = value.is_integer() ? value.as_integer().value
                                                  : static_cast<int64_t>(value.as_floating());
        value = Value::integer(number, type == 'i' ? IntegerType::int_ : IntegerType::int64);
        return true;
      }
      return value.is_integer() &&
             value.as_integer().type == (type == 'i' ? IntegerType::int_ : IntegerType::int64);
    case 'f':
      if (is_constant && value.is_integer()) {
        value = Value::floating(static_cast<double>(value.as_integer().value));
      }
      return value.kind() == Kind::floating;
    default:
      return true;
  }
}

std::string_view type_of(char type) {
  switch (type) {
    case 's':
      return "string";
    case 'b':
      return "bool";
    case 'm':
      return "map[string]interface {}";
    case 'i':
      return "int";
    case 'I':
      return "int64";
    default:
      return "float64";
  }
}

}  // namespace

bool Executor::run(const std::vector<Node>& nodes, const Value& dot) {
  for (const Node& next : nodes) {
    if (!node(next, dot)) return false;
    if (out_.size() > out_max) return fail("the text becomes too long");
    if (flow_ != Flow::normal) break;
  }
  return true;
}

bool Executor::node(const Node& node, const Value& dot) {
  switch (node.kind) {
    case Node::Kind::text:
      out_ += node.text;
      return true;
    case Node::Kind::action: {
      Value value;
      if (!pipeline(node.pipeline, dot, value)) return false;
      if (node.pipeline.variables.empty()) {
        if (value.is_nil()) value = Value();
        append_value(value, out_);
      }
      return true;
    }
    case Node::Kind::if_:
    case Node::Kind::with:
      return branch(node, dot);
    case Node::Kind::range:
      return range(node, dot);
    case Node::Kind::call:
      return call(node, dot);
    case Node::Kind::break_:
      flow_ = Flow::break_;
      return true;
    case Node::Kind::continue_:
      flow_ = Flow::continue_;
      return true;
  }
  return true;
}

bool Executor::branch(const Node& node, const Value& dot) {
  const size_t variables = variables_.size();
  Value value;
  if (!pipeline(node.pipeline, dot, value)) return false;
  const bool is_true = value.is_true();
  const bool is_fine = is_true ? run(node.body, node.kind == Node::Kind::with ? value : dot)
                               : run(node.otherwise, dot);
  variables_.resize(variables);
  return is_fine;
}

bool Executor::range_step(const Node& node, const Value& key, const Value& element, bool& stops) {
  const size_t variables = variables_.size();
  const auto& names = node.pipeline.variables;
  for (size_t i = 0; i < names.size(); ++i) {
    const Value& value = names.size() == 1 || i == 1 ? element : key;
    if (!node.pipeline.is_assignment) {
      variables_.push_back({names[i], value});
      continue;
    }
    for (size_t v = variables_.size(); v-- > 0;) {
      if (variables_[v].name != names[i]) continue;
      variables_[v].value = value;
      break;
    }
  }
  const bool is_fine = run(node.body, element);
  variables_.resize(variables);
  stops = flow_ == Flow::break_;
  flow_ = Flow::normal;
  return is_fine;
}

bool Executor::range(const Node& node, const Value& dot) {
  const size_t variables = variables_.size();
  Value value;
  // The variables are those of the elements, not of the whole.
  bool is_fine = true;
  for (size_t i = 0; i < node.pipeline.commands.size() && is_fine; ++i) {
    Value next;
    is_fine = command(node.pipeline.commands[i], dot, i > 0 ? &value : nullptr, next);
    value = std::move(next);
  }
  if (!is_fine) return false;
  value = value.whole();
  bool stops = false;
  bool is_any = false;
  switch (value.kind()) {
    case Kind::list: {
      const List elements = value.as_list();
      for (size_t i = 0; i < elements.size() && !stops; ++i) {
        is_any = true;
        if (!range_step(node, Value::integer(static_cast<int64_t>(i)), elements[i], stops)) {
          return false;
        }
      }
      break;
    }
    case Kind::map: {
      const Map members = value.as_map();
      for (const auto& [name, member] : members) {
        is_any = true;
        if (!range_step(node, Value::text(name), member, stops)) return false;
        if (stops) break;
      }
      break;
    }
    case Kind::integer: {
      const int64_t count = std::min(value.as_integer().value, range_max);
      for (int64_t i = 0; i < count && !stops; ++i) {
        is_any = true;
        const Value element = Value::integer(i, value.as_integer().type);
        if (!range_step(node, element, element, stops)) return false;
      }
      break;
    }
    case Kind::missing:
    case Kind::nil:
      break;
    default:
      return fail("range can't iterate over " + to_text(value));
  }
  variables_.resize(variables);
  return is_any || run(node.otherwise, dot);
}

bool Executor::call(const Node& node, const Value& dot) {
  const auto found = program_.defined.find(node.text);
  if (found == program_.defined.end()) {
    return fail("template " + quote(node.text) + " not defined");
  }
  if (++depth_ > depth_max) return fail("exceeded maximum template depth");
  Value value;
  if (node.has_pipeline && !pipeline(node.pipeline, dot, value)) return false;
  std::vector<Variable> outer = std::exchange(variables_, {{"$", value}});
  const bool is_fine = run(found->second, value);
  variables_ = std::move(outer);
  --depth_;
  return is_fine;
}

bool Executor::pipeline(const Pipeline& pipeline, const Value& dot, Value& out) {
  for (size_t i = 0; i < pipeline.commands.size(); ++i) {
    Value next;
    if (!command(pipeline.commands[i], dot, i > 0 ? &out : nullptr, next)) return false;
    out = std::move(next);
  }
  for (const std::string& name : pipeline.variables) {
    if (!pipeline.is_assignment) {
      variables_.push_back({name, out});
      continue;
    }
    for (size_t i = variables_.size(); i-- > 0;) {
      if (variables_[i].name != name) continue;
      variables_[i].value = out;
      break;
    }
  }
  return true;
}

bool Executor::command(const Command& command, const Value& dot, const Value* final, Value& out) {
  const Operand& first = command.operands.front();
  const Operands rest = Operands(command.operands).subspan(1);
  switch (first.kind) {
    case Operand::Kind::function:
      return function(*first.function, rest, dot, final, out);
    case Operand::Kind::field:
      return fields(dot, first.names, 0, rest, dot, final, out);
    case Operand::Kind::variable:
      return variable(first, rest, dot, final, out);
    case Operand::Kind::chain:
      return chain(first, rest, dot, final, out);
    case Operand::Kind::nil:
      return fail("nil is not a command");
    default:
      break;
  }
  if (!rest.empty() || final != nullptr) return fail("can't give argument to non-function");
  return operand(first, dot, out);
}

bool Executor::variable(const Operand& operand, Operands rest, const Value& dot, const Value* final,
                        Value& out) {
  for (size_t i = variables_.size(); i-- > 0;) {
    if (variables_[i].name != operand.names[0]) continue;
    const Value receiver = variables_[i].value;
    return fields(receiver, operand.names, 1, rest, dot, final, out);
  }
  return fail("undefined variable: " + operand.names[0]);
}

bool Executor::chain(const Operand& operand, Operands rest, const Value& dot, const Value* final,
                     Value& out) {
  Value receiver;
  return pipeline(operand.pipeline.front(), dot, receiver) &&
         fields(std::move(receiver), operand.names, 0, rest, dot, final, out);
}

bool Executor::operand(const Operand& operand, const Value& dot, Value& out) {
  switch (operand.kind) {
    case Operand::Kind::dot:
      out = dot;
      return true;
    case Operand::Kind::nil:
      out = Value::nil();
      return true;
    case Operand::Kind::boolean:
    case Operand::Kind::text:
    case Operand::Kind::number:
      out = operand.constant;
      return true;
    case Operand::Kind::pipeline:
      return pipeline(operand.pipeline.front(), dot, out);
    case Operand::Kind::field:
      return fields(dot, operand.names, 0, {}, dot, nullptr, out);
    case Operand::Kind::variable:
      return variable(operand, {}, dot, nullptr, out);
    case Operand::Kind::chain:
      return chain(operand, {}, dot, nullptr, out);
    case Operand::Kind::function:
      return function(*operand.function, {}, dot, nullptr, out);
  }
  return true;
}

bool Executor::fields(Value receiver, const std::vector<std::string>& names, size_t first,
                      Operands rest, const Value& dot, const Value* final, Value& out) {
  for (size_t i = first; i < names.size(); ++i) {
    const std::string& name = names[i];
    if (receiver.kind() == Kind::data) {
      std::string_view text;
      receiver = receiver.as_data().find(name, text) ? Value::text(std::string(text)) : Value();
    } else if (receiver.kind() == Kind::map) {
      const auto found = receiver.as_map().find(name);
      Value member = found == receiver.as_map().end() ? Value() : found->second;
      receiver = std::move(member);
    } else if (receiver.is_nil()) {
      receiver = Value();
    } else {
      // Only the last name takes the arguments.
      std::vector<Value> values;
      std::vector<const Operand*> operands;
      if (i + 1 == names.size() && !arguments(rest, dot, final, values, operands)) return false;
      return call_method(receiver, name, values, out, failure_) &&
             (i + 1 == names.size() || fields(out, names, i + 1, rest, dot, final, out));
    }
  }
  if (!names.empty() && (!rest.empty() || final != nullptr)) {
    return fail(names.back() + " is not a method but has arguments");
  }
  out = std::move(receiver);
  return true;
}

bool Executor::arguments(Operands rest, const Value& dot, const Value* final,
                         std::vector<Value>& values, std::vector<const Operand*>& operands) {
  for (const Operand& next : rest) {
    Value value;
    if (!operand(next, dot, value)) return false;
    values.push_back(std::move(value));
    operands.push_back(&next);
  }
  if (final != nullptr) {
    values.push_back(*final);
    operands.push_back(nullptr);
  }
  return true;
}

bool Executor::convert(const Function& function, std::vector<Value>& values,
                       const std::vector<const Operand*>& operands) {
  const bool is_variadic = function.parameters.ends_with('+');
  const std::string_view types =
      function.parameters.substr(0, function.parameters.size() - (is_variadic ? 1 : 0));
  const size_t required = types.size() - (is_variadic ? 1 : 0);
  if (values.size() < required || (!is_variadic && values.size() > types.size())) {
    return fail("wrong number of args for " + std::string(function.name) + ": want " +
                (is_variadic ? "at least " : "") + std::to_string(required) + " got " +
                std::to_string(values.size()));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const char type = types[std::min(i, types.size() - 1)];
    if (fit(type, values[i], operands[i])) continue;
    if (values[i].is_nil()) return fail("invalid value; expected " + std::string(type_of(type)));
    return fail("wrong type for value; expected " + std::string(type_of(type)) + "; got " +
                values[i].type_name());
  }
  return true;
}

bool Executor::function(const Function& function, Operands rest, const Value& dot,
                        const Value* final, Value& out) {
  if (++depth_ > depth_max) return fail("exceeded maximum template depth");
  bool is_fine = false;
  if (is_lazy(function.name)) {
    is_fine = lazy(function, rest, dot, final, out);
  } else {
    std::vector<Value> values;
    std::vector<const Operand*> operands;
    is_fine = arguments(rest, dot, final, values, operands) &&
              convert(function, values, operands) && function.call(values, out, failure_);
  }
  --depth_;
  return is_fine;
}

bool Executor::lazy(const Function& function, Operands rest, const Value& dot, const Value* final,
                    Value& out) {
  if (rest.empty() && final == nullptr) {
    return fail("wrong number of args for " + std::string(function.name) +
                ": want at least 1 got 0");
  }
  for (const Operand& next : rest) {
    if (!operand(next, dot, out)) return false;
    if (out.is_true() == (function.name == "or")) return true;
  }
  if (final != nullptr) out = *final;
  return true;
}

}  // namespace alloy::go_template

namespace alloy {

Result<TextTemplate> TextTemplate::parse(std::string_view text) {
  TextTemplate made;
  TRY(auto program, go_template::parse(text));
  made.text_ = text;
  made.program_ = std::make_shared<const go_template::Program>(std::move(program));
  return made;
}

Result<void> TextTemplate::execute(const go_template::Data& data, std::string& out) const {
  if (program_ == nullptr) return {};
  go_template::Executor executor(*program_, out);
  if (!executor.run(go_template::Value::data(data))) return fail(executor.error());
  return {};
}

}  // namespace alloy
