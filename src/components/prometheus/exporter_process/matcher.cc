#include "components/prometheus/exporter_process/matcher.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "signals/template/executor.h"

namespace alloy::prometheus::exporter_process {
namespace {

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0.
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (&word != words.data()) out += ' ';
    out += word;
  }
  return out;
}

}  // namespace

Result<Matcher> Matcher::create(MatcherArguments arguments) {
  if (arguments.comm.empty() && arguments.exe.empty() && arguments.cmdline.empty()) {
    return fail("process_names is invalid: no matchers provided");
  }
  Matcher matcher;
  for (const std::string& text : arguments.cmdline) {
    auto expression = SearchExpression::create(text);
    if (!expression) {
      return fail(fmt::format("process_names is invalid: bad cmdline regex {}: {}", quote(text),
                              expression.error().message()));
    }
    matcher.expressions_.push_back(*std::move(expression));
  }
  const std::string name = arguments.name.empty() ? "{{.ExeBase}}" : arguments.name;
  auto program = go_template::parse(name);
  if (!program) {
    return fail(fmt::format("process_names is invalid: bad name template {}: {}", quote(name),
                            program.error().message()));
  }
  matcher.name_ = std::make_shared<const go_template::Program>(*std::move(program));
  matcher.rules_ = std::move(arguments);
  return matcher;
}

// A rule with a slash is the whole path.
bool Matcher::matches_exe(const ProcessIdentity& process) const {
  if (process.command_line.empty()) return false;
  const std::string_view path = process.command_line[0];
  return std::ranges::any_of(rules_.exe, [&](std::string_view rule) {
    return rule == (rule.contains('/') ? path : base_name(path));
  });
}

std::string Matcher::group_of(const ProcessIdentity& process) const {
  if (!rules_.comm.empty() && std::ranges::find(rules_.comm, process.name) == rules_.comm.end()) {
    return "";
  }
  if (!rules_.exe.empty() && !matches_exe(process)) return "";
  go_template::Map matches;
  const std::string line = joined(process.command_line);
  for (const SearchExpression& expression : expressions_) {
    std::vector<std::string_view> groups(static_cast<size_t>(expression.group_count()) + 1);
    if (!expression.search(line, 0, groups)) return "";
    for (size_t i = 0; i < groups.size(); ++i) {
      matches[expression.group_names()[i]] = go_template::Value::text(std::string(groups[i]));
    }
  }
  const std::string path =
      process.command_line.empty() ? process.name : process.command_line.front();
  go_template::Map fields;
  fields["Comm"] = go_template::Value::text(process.name);
  fields["ExeBase"] = go_template::Value::text(std::string(base_name(path)));
  fields["ExeFull"] = go_template::Value::text(path);
  fields["Username"] = go_template::Value::text(process.user_name);
  fields["Cwd"] = go_template::Value::text(process.working_directory);
  fields["PID"] = go_template::Value::integer(process.pid);
  fields["StartTime"] = go_template::Value::time({.seconds = process.start_seconds});
  fields["Cgroups"] = go_template::Value::texts(process.cgroups);
  fields["Matches"] = go_template::Value::map(std::move(matches), "map[string]string");
  // As in the original, what a failing template has written until then is the name.
  std::string name;
  go_template::Executor(*name_, name).run(go_template::Value::map(std::move(fields)));
  return name;
}

}  // namespace alloy::prometheus::exporter_process
