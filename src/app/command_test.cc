#include "app/command.h"

#include <doctest/doctest.h>

#include "app/commands.h"

namespace alloy::app {
namespace {

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

Outcome execute(const std::vector<std::string>& arguments) {
  Outcome outcome;
  Console console = {.out = [&](std::string_view text) { outcome.out += text; },
                     .err = [&](std::string_view text) { outcome.err += text; },
                     .read_in = [] { return std::string(); }};
  outcome.status = execute(root_command("alloy"), arguments, console);
  return outcome;
}

}  // namespace

TEST_CASE("without arguments the usage goes to standard error and all is well") {
  const auto outcome = execute({});
  CHECK(outcome.status == 0);
  CHECK(outcome.out == "");
  CHECK(outcome.err.starts_with("Usage:\n  alloy [global options] <subcommand> [flags]\n"));
}

TEST_CASE("an unknown command is refused with what was probably meant") {
  const auto outcome = execute({"rnu", "x"});
  CHECK(outcome.status == 1);
  CHECK(outcome.err ==
        "Error: unknown command \"rnu\" for \"alloy\"\n\nDid you mean this?\n\trun\n\n"
        "Run 'alloy --help' for usage.\n");
  CHECK(execute({"bogus"}).err ==
        "Error: unknown command \"bogus\" for \"alloy\"\nRun 'alloy --help' for usage.\n");
}

TEST_CASE("a wrong number of arguments is refused") {
  CHECK(execute({"run"}).err == "Error: accepts 1 arg(s), received 0\n");
  CHECK(execute({"convert", "a", "b"}).err ==
        "Error: accepts between 0 and 1 arg(s), received 2\n");
}

TEST_CASE("help is printed for the command whose name it follows or precedes") {
  const auto before = execute({"help", "tools", "prometheus.remote_write", "wal-stats"});
  const auto after = execute({"tools", "prometheus.remote_write", "wal-stats", "--help"});
  CHECK(before.status == 0);
  CHECK(before.out == after.out);
  CHECK(after.out ==
        "Show what the write-ahead log holds\n\n"
        "Usage:\n"
        "  alloy tools prometheus.remote_write wal-stats [flags] <WAL directory>\n\n"
        "Flags:\n"
        "  -h, --help   help for wal-stats\n");
}

TEST_CASE("a command that only groups others prints its help") {
  const auto outcome = execute({"tools"});
  CHECK(outcome.status == 0);
  CHECK(outcome.out.ends_with(
      "Available Commands:\n"
      "  prometheus.remote_write Tools for the prometheus.remote_write component\n\n"
      "Flags:\n  -h, --help   help for tools\n\n"
      "Use \"alloy tools [command] --help\" for more information about a command.\n"));
}

TEST_CASE("missing required flags are followed by the usage") {
  const auto outcome = execute({"tools", "prometheus.remote_write", "target-stats", "d"});
  CHECK(outcome.status == 1);
  CHECK(outcome.err.starts_with("Error: required flag(s) \"instance\", \"job\" not set\nUsage:\n"));
}

TEST_CASE("flags that cannot be honoured are refused, never ignored") {
  CHECK(
      execute({"run", "--cluster.enable-tls", "x"}).err ==
      "Error: failed to load TLS config from file: failed to read TLS CA file: open : no such file "
      "or directory\n");
  CHECK(execute({"run", "--cluster.discover-peers=provider=aws region=x", "x"}).err ==
        "Error: --cluster.discover-peers: provider aws is not supported\n");
  CHECK(execute({"run", "--cluster.join-addresses=a,b", "--cluster.discover-peers=x=y", "x"}).err ==
        "Error: at most one of join peers and discover peers may be set, got join peers "
        "[\"a\" \"b\"] and discover peers \"x=y\"\n");
  CHECK(execute({"run", "--cluster.name=" + std::string(256, 'n'), "x"}).err ==
        "Error: --cluster.name can't be longer than 255 bytes\n");
  CHECK(execute({"run", "--cluster.node-name=" + std::string(513, 'n'), "x"}).err ==
        "Error: --cluster.node-name can't be longer than 512 bytes\n");
  CHECK(execute({"run", "--cluster.max-join-peers=-1", "x"}).err ==
        "Error: --cluster.max-join-peers and --cluster.wait-for-size can't be negative\n");
  CHECK(execute({"run", "--windows.priority=high", "x"}).err ==
        "Error: --windows.priority is only supported on Windows\n");
}

TEST_CASE("the format of a configuration does not matter for a directory") {
  CHECK(execute({"validate", "--config.format=static", "/proc/self/task"}).status == 0);
  CHECK(execute({"validate", "--config.format=static", "/dev/null"}).status == 1);
}

TEST_CASE("experimental flags need the stability level") {
  CHECK(execute({"run", "--server.http.enable-graphql", "x"}).err ==
        "Error: '--server.http.enable-graphql' can only be used at experimental stability level. "
        "Use --stability.level=experimental to enable.\n");
}

TEST_CASE("completion proposes commands, flags and the values of flags") {
  CHECK(execute({"__complete", "ru"}).out == "run\tRun Grafana Alloy with Default Engine\n:4\n");
  CHECK(execute({"__complete", "run", "--storage"}).out ==
        "--storage.path\tDirectory where components keep their data\n:4\n");
  CHECK(execute({"__complete", "run", "--stability.level", "exp"}).out == "experimental\n:4\n");
  CHECK(execute({"__complete", "run", "--stability.level=exp"}).out ==
        "--stability.level=experimental\n:4\n");
  CHECK(execute({"__complete", "run", ""}).out == ":0\n");
}

TEST_CASE("a completion script names the program it completes") {
  const auto outcome = execute({"completion", "bash"});
  CHECK(outcome.status == 0);
  CHECK(outcome.out.ends_with("complete -o filenames -F __alloy_complete alloy\n"));
  CHECK(execute({"completion", "bash", "x"}).status == 1);
}

}  // namespace alloy::app
