#include "app/load_report.h"

#include <fmt/format.h>

#include "base/text.h"

namespace alloy::app {

using runtime::LoadFailure;

void print_diagnostics(const syntax::Diagnostics& diagnostics,
                       std::span<const syntax::SourcePointer> sources, Console& console) {
  const auto colour = console.colour ? syntax::Colour::on : syntax::Colour::off;
  console.err(syntax::render(diagnostics, sources, colour));
  // The real one ends the list on standard output.
  console.out("\n");
}

std::string describe_load_failure(const LoadFailure& failure, std::string_view path) {
  const bool is_unread =
      failure.stage == LoadFailure::Stage::reading || failure.stage == LoadFailure::Stage::parsing;
  if (is_unread) return fmt::format("reading config path {}: {}", quote(path), failure.message);
  return "error during the initial load: " + failure.message;
}

std::unexpected<Error> report_first_load(const LoadFailure& failure, std::string_view path,
                                         Console& console) {
  if (failure.diagnostics.empty()) return fail(describe_load_failure(failure, path));
  print_diagnostics(failure.diagnostics, failure.sources, console);
  return fail("could not perform the initial load successfully", ErrorKind::invalid);
}

}  // namespace alloy::app
