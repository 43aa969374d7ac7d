// Runs templates.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "signals/template/node.h"

namespace alloy::go_template {

class Executor {
 public:
  Executor(const Program& program, std::string& out) : program_(program), out_(out) {}

  // False when it failed; what was written so far stays.
  bool run(const std::vector<Node>& nodes, const Value& dot);
  bool run(const Value& dot) {
    variables_.push_back({"$", dot});
    return run(program_.main, dot);
  }
  const std::string& error() const { return failure_.message; }

 private:
  enum class Flow : uint8_t { normal, break_, continue_ };
  struct Variable {
    std::string_view name;
    Value value;
  };

  bool node(const Node& node, const Value& dot);
  bool branch(const Node& node, const Value& dot);
  bool range(const Node& node, const Value& dot);
  bool range_step(const Node& node, const Value& key, const Value& element, bool& stops);
  bool call(const Node& node, const Value& dot);
  bool pipeline(const Pipeline& pipeline, const Value& dot, Value& out);
  bool command(const Command& command, const Value& dot, const Value* final, Value& out);
  bool operand(const Operand& operand, const Value& dot, Value& out);
  // The operands of a command behind its first one; none without a command.
  using Operands = std::span<const Operand>;
  bool fields(Value receiver, const std::vector<std::string>& names, size_t first, Operands rest,
              const Value& dot, const Value* final, Value& out);
  bool variable(const Operand& operand, Operands rest, const Value& dot, const Value* final,
                Value& out);
  bool chain(const Operand& operand, Operands rest, const Value& dot, const Value* final,
             Value& out);
  bool function(const Function& function, Operands rest, const Value& dot, const Value* final,
                Value& out);
  bool lazy(const Function& function, Operands rest, const Value& dot, const Value* final,
            Value& out);
  bool arguments(Operands rest, const Value& dot, const Value* final, std::vector<Value>& values,
                 std::vector<const Operand*>& operands);
  bool convert(const Function& function, std::vector<Value>& values,
               const std::vector<const Operand*>& operands);
  bool fail(std::string message) { return failure_(std::move(message)); }

  const Program& program_;
  std::string& out_;
  std::vector<Variable> variables_;
  Flow flow_ = Flow::normal;
  Failure failure_;
  int depth_ = 0;
};

}  // namespace alloy::go_template
