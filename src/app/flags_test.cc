#include "app/flags.h"

#include <doctest/doctest.h>

namespace alloy::app {
namespace {

struct Options {
  bool enabled = false;
  int64_t peers = 5;
  std::string path = "data-alloy/";
  Duration deadline = 10min;
  std::vector<std::string> interfaces = {"eth0", "en0"};

  FlagSet flags() {
    return {{"cluster.enabled", &enabled, "Join"},
            {"peers", &peers, "How many", 'p'},
            {"storage.path", &path, "Where", 's'},
            {"deadline", &deadline, "How long"},
            {"interfaces", &interfaces, "Which"},
            {.name = "old", .target = std::make_shared<bool>(), .deprecated = "use new"}};
  }
};

struct Parsed {
  Options options;
  Result<std::vector<std::string>> positional;
  std::string notices;
};

Parsed parse(const std::vector<std::string>& arguments) {
  Parsed parsed{{}, {}, {}};
  parsed.positional = parsed.options.flags().parse(arguments, parsed.notices);
  return parsed;
}

std::string error_of(const std::vector<std::string>& arguments) {
  auto parsed = parse(arguments);
  return parsed.positional ? "" : parsed.positional.error().message();
}

}  // namespace

TEST_CASE("flags and arguments may come in any order") {
  auto p = parse({"a", "--peers", "7", "b", "--storage.path=x=y", "--deadline=1m30s", "--", "--c"});
  CHECK(*p.positional == std::vector<std::string>{"a", "b", "--c"});
  CHECK(p.options.peers == 7);
  CHECK(p.options.path == "x=y");
  CHECK(p.options.deadline == 90s);
}

TEST_CASE("a boolean flag takes its value only behind an equals sign") {
  auto p = parse({"--cluster.enabled", "false"});
  CHECK(p.options.enabled);
  CHECK(*p.positional == std::vector<std::string>{"false"});
  CHECK_FALSE(parse({"--cluster.enabled", "--cluster.enabled=F"}).options.enabled);
}

TEST_CASE("shorthands take values attached, behind an equals sign or as the next argument") {
  CHECK(parse({"-p3"}).options.peers == 3);
  CHECK(parse({"-p=3"}).options.peers == 3);
  CHECK(parse({"-p", "0x10"}).options.peers == 16);
}

TEST_CASE("a list replaces its default at first and grows when the flag is given again") {
  auto p = parse({"--interfaces=a,\"b,c\"", "--interfaces", "d"});
  CHECK(p.options.interfaces == std::vector<std::string>{"a", "b,c", "d"});
}

TEST_CASE("mistakes read like those of the real program") {
  CHECK(error_of({"--nope=1"}) == "unknown flag: --nope");
  CHECK(error_of({"-x"}) == "unknown shorthand flag: 'x' in -x");
  CHECK(error_of({"-deadline=1s"}) == "unknown shorthand flag: 'd' in -deadline=1s");
  CHECK(error_of({"--storage.path"}) == "flag needs an argument: --storage.path");
  CHECK(error_of({"-p"}) == "flag needs an argument: 'p' in -p");
  CHECK(error_of({"--=x"}) == "bad flag syntax: --=x");
  CHECK(error_of({"--cluster.enabled=maybe"}) ==
        "invalid argument \"maybe\" for \"--cluster.enabled\" flag: strconv.ParseBool: parsing "
        "\"maybe\": invalid syntax");
  CHECK(error_of({"--peers=x"}) ==
        "invalid argument \"x\" for \"-p, --peers\" flag: strconv.ParseInt: parsing \"x\": invalid "
        "syntax");
  CHECK(error_of({"--peers=99999999999999999999"}).ends_with("value out of range"));
  CHECK(error_of({"--deadline=5"}) ==
        "invalid argument \"5\" for \"--deadline\" flag: time: missing unit in duration \"5\"");
}

TEST_CASE("a deprecated flag is accepted with a notice and not listed") {
  auto p = parse({"--old"});
  CHECK(p.positional.has_value());
  CHECK(p.notices == "Flag --old has been deprecated, use new\n");
  CHECK(Options().flags().usages().find("--old") == std::string::npos);
}

TEST_CASE("the table aligns the usages and shows defaults that are not zero") {
  Options options;
  CHECK(options.flags().usages() ==
        "      --cluster.enabled       Join\n"
        "      --deadline duration     How long (default 10m0s)\n"
        "      --interfaces strings    Which (default [eth0,en0])\n"
        "  -p, --peers int             How many (default 5)\n"
        "  -s, --storage.path string   Where (default \"data-alloy/\")");
}

TEST_CASE("required flags that are missing are listed together") {
  std::string text;
  FlagSet flags = {{.name = "job", .target = &text, .required = true},
                   {.name = "instance", .target = &text, .required = true}};
  CHECK(flags.check_required().error().message() ==
        "required flag(s) \"instance\", \"job\" not set");
}

}  // namespace alloy::app
