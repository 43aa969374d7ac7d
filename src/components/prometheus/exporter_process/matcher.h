// Which processes belong together, and what their group is called.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "components/prometheus/exporter_process/process.h"
#include "schema/fields.h"
#include "signals/search_expression.h"

namespace alloy::go_template {
struct Program;
}

namespace alloy::prometheus::exporter_process {

struct MatcherArguments {
  std::string name;
  std::vector<std::string> comm;
  std::vector<std::string> exe;
  std::vector<std::string> cmdline;

  static constexpr auto schema() {
    return fields(
        optional<&MatcherArguments::name>(
            "name", "A template for the name of the group; {{.ExeBase}} if it is empty."),
        optional<&MatcherArguments::comm>("comm", "Names of processes, one of which it has."),
        optional<&MatcherArguments::exe>(
            "exe", "Paths or names of programs, one of which is its argv[0]."),
        optional<&MatcherArguments::cmdline>(
            "cmdline", "Regular expressions, all of which match its command line."));
  }
  bool operator==(const MatcherArguments&) const = default;
};

// One matcher: a process has to satisfy all kinds of rules that are given.
class Matcher {
 public:
  static Result<Matcher> create(MatcherArguments arguments);

  // The name of the process's group; empty if the process is none of this matcher's.
  std::string group_of(const ProcessIdentity& process) const;

 private:
  bool matches_exe(const ProcessIdentity& process) const;

  MatcherArguments rules_;
  std::vector<SearchExpression> expressions_;
  std::shared_ptr<const go_template::Program> name_;
};

}  // namespace alloy::prometheus::exporter_process
