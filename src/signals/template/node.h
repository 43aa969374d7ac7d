// Templates as trees.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "signals/template/functions.h"
#include "signals/template/value.h"

namespace alloy::go_template {

// An operand of a command.
struct Operand {
  enum class Kind : uint8_t {
    dot,
    nil,
    boolean,
    text,
    number,
    field,     // .a.b: names
    variable,  // $x.a: the first name is the variable's
    chain,     // (pipeline).a: names, of the inner pipeline
    pipeline,  // (pipeline)
    function,  // name
  };
  Kind kind = Kind::dot;
  std::vector<std::string> names;
  const Function* function = nullptr;
  Value constant;
  bool is_ideal_integer = false;  // Numbers.
  bool is_ideal_float = false;
  std::vector<struct Pipeline> pipeline;  // At most one.
};

struct Command {
  std::vector<Operand> operands;
};

struct Pipeline {
  std::vector<Command> commands;
  std::vector<std::string> variables;  // Declared, or assigned.
  bool is_assignment = false;
  int line = 0;
};

struct Node {
  enum class Kind : uint8_t { text, action, if_, with, range, call, break_, continue_ };
  Kind kind = Kind::text;
  std::string text;  // Or the name of the template that is called.
  bool has_pipeline = true;
  Pipeline pipeline;
  std::vector<Node> body;
  std::vector<Node> otherwise;
};

struct Program {
  std::vector<Node> main;
  std::map<std::string, std::vector<Node>, std::less<>> defined;
};

// Errors read "template: pipeline_template:1: ...".
Result<Program> parse(std::string_view text);

}  // namespace alloy::go_template
