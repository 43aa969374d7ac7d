#include "app/foreign_config.h"

#include <filesystem>

#include <fmt/format.h>

#include "component/registry.h"
#include "convert/convert.h"

namespace alloy::app {

Result<runtime::ConfigSource> read_any_config(const SourceOptions& options,
                                              const std::string& path) {
  std::error_code ignored;
  TRY(auto source, runtime::read_config(path));
  if (options.format == "alloy" || std::filesystem::is_directory(path, ignored)) return source;
  TRY(auto arguments, parse_extra_arguments(options.extra_args));
  const convert::Conversion converted =
      convert::convert(options.format, {.text = source.files.front()->text,
                                        .extra_arguments = std::move(arguments),
                                        .catalogue = built_in_components()});
  if (converted.diagnostics.forbid_output(options.bypass_conversion_errors))
    return fail(converted.diagnostics.text(), ErrorKind::invalid);
  return runtime::config_from_text(path, converted.text, source.module_path);
}

Result<std::vector<std::string>> parse_extra_arguments(std::string_view text) {
  std::vector<std::string> arguments;
  for (size_t begin = text.find_first_not_of(" \t\n"); begin != std::string_view::npos;
       begin = text.find_first_not_of(" \t\n", begin)) {
    const size_t end = std::min(text.find_first_of(" \t\n", begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    begin = end;
    const size_t equals = word.find('=');
    if (equals != std::string_view::npos && equals + 1 < word.size() && !word.starts_with('-'))
      return fail(fmt::format("invalid flag found: {}", word), ErrorKind::invalid);
    arguments.emplace_back(word.substr(0, equals));
    if (equals != std::string_view::npos && equals + 1 < word.size())
      arguments.emplace_back(word.substr(equals + 1));
  }
  return arguments;
}

}  // namespace alloy::app
