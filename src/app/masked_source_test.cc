#include "app/masked_source.h"

#include <doctest/doctest.h>

#include "values/secret.h"

namespace alloy::app {
namespace {

struct Auth {
  std::string username;
  Secret password;

  static constexpr auto schema() {
    return fields(optional<&Auth::username>("username", "Who."),
                  optional<&Auth::password>("password", "Proof."));
  }
};

struct Arguments {
  std::string url;
  std::vector<Auth> auth;

  static constexpr auto schema() {
    return fields(optional<&Arguments::url>("url", "Where."),
                  blocks<&Arguments::auth>("auth", "Who."));
  }
};

std::string mask(std::string text) {
  return mask_secrets(syntax::make_source("c.alloy", std::move(text)),
                      [](std::string_view name) -> const Schema* {
                        return name == "known.kind" ? &schema_of<Arguments> : nullptr;
                      });
}

}  // namespace

TEST_CASE("strings for secret arguments are masked, others stay") {
  CHECK(mask("known.kind \"a\" {\n"
             "  url = \"http://x\"\n"
             "  auth {\n"
             "    username = \"ann\"\n"
             "    password = string.join([\"pw\", \"pw\"], \"-\")\n"
             "  }\n"
             "}\n") ==
        "known.kind \"a\" {\n"
        "\turl = \"http://x\"\n\n"
        "\tauth {\n"
        "\t\tusername = \"ann\"\n"
        "\t\tpassword = string.join([\"(secret)\", \"(secret)\"], \"(secret)\")\n"
        "\t}\n"
        "}\n");
}

TEST_CASE("strings of unknown use are masked, inside declares too") {
  const auto masked = mask(
      "declare \"d\" {\n"
      "  argument \"x\" {\n    default = \"one\"\n  }\n"
      "  known.kind \"a\" {\n    url = \"two\"\n  }\n"
      "}\n"
      "d \"e\" {\n  x = \"three\"\n}\n"
      "foreach \"f\" {\n  collection = [\"four\"]\n  var = \"v\"\n"
      "  template {\n    d \"g\" {\n      x = \"five\"\n    }\n  }\n}\n");
  for (const char* secret : {"one", "three", "four", "five"})
    CHECK(masked.find(secret) == std::string::npos);
  CHECK(masked.find("two") != std::string::npos);
}

TEST_CASE("a text that cannot be parsed is not shown at all") {
  CHECK(mask("a = \"pw") == "// This file can't be parsed.\n");
}

}  // namespace alloy::app
