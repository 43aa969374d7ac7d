// The namespaces of the standard library, as expressions see them.
#include "values/stdlib.h"

#include <cstdlib>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "values/evaluation_test.h"
#include "values/secret.h"

namespace alloy {
namespace {

TEST_CASE("old names are the functions of the namespaces") {
  CHECK(result_of("join(split(\"a,b\", \",\"), \"-\")") == "\"a-b\"");
  CHECK(is_deprecated_standard("json_decode"));
  CHECK_FALSE(is_deprecated_standard("string"));
  CHECK(is_experimental_standard("array.group_by"));
  CHECK_FALSE(is_experimental_standard("array.concat"));
}

TEST_CASE("sys.env reads the environment") {
  setenv("ALLOY_VALUES_TEST", "x y", 1);
  CHECK(result_of("sys.env(\"ALLOY_VALUES_TEST\")") == "\"x y\"");
  CHECK(result_of("sys.env(\"ALLOY_VALUES_TEST_UNSET\")") == "\"\"");
}

TEST_CASE("coalesce takes the first argument that says anything") {
  CHECK(result_of("coalesce(null, \"\", 0, false, [], {}, \"x\", \"y\")") == "\"x\"");
  CHECK(result_of("coalesce(\"\", [])") == "[]");
  CHECK(result_of("coalesce()") == "null");
}

TEST_CASE("texts are split, joined and trimmed by characters") {
  CHECK(result_of("string.split(\"aäb\", \"\")") == "[\"a\", \"ä\", \"b\"]");
  CHECK(result_of("string.split(\"\", \",\")") == "[\"\"]");
  CHECK(result_of("string.replace(\"ab\", \"\", \"-\")") == "\"-a-b-\"");
  CHECK(result_of("string.replace(\"aaa\", \"aa\", \"b\")") == "\"ba\"");
  CHECK(result_of("string.trim(\"ääxä\", \"ä\")") == "\"x\"");
  CHECK(result_of("string.trim(\"xx\", \"x\")") == "\"\"");
  CHECK(result_of("string.trim_space(\"\\u00a0 x\\n\")") == "\"x\"");
  CHECK(result_of("string.to_upper(\"äß\")") == "\"Äß\"");
  CHECK(result_of("string.join([1, \"a\", null], \",\")") == "\"1,a,\"");
}

TEST_CASE("file.path_join gives the shortest path") {
  CHECK(result_of("file.path_join(\"a/\", \"../b\", \"\", \"./c\")") == "\"b/c\"");
  CHECK(result_of("file.path_join(\"/\", \"..\", \"x\")") == "\"/x\"");
  CHECK(result_of("file.path_join(\"..\", \"..\")") == "\"../..\"");
  CHECK(result_of("file.path_join(\"\", \"\")") == "\"\"");
}

TEST_CASE("base64 round trips, and its bytes are text where text is wanted") {
  CHECK(result_of("encoding.to_base64(\"hello\")") == "\"aGVsbG8=\"");
  CHECK(result_of("encoding.from_base64(\"aGk=\")") == "[104, 105]");
  CHECK(result_of("string.to_upper(encoding.from_base64(\"aG\\nk=\"))") == "\"HI\"");
  CHECK(result_of("encoding.from_URLbase64(encoding.to_URLbase64(\"\\xfb\\xff\"))") ==
        "[251, 255]");
  CHECK(result_of("encoding.from_base64(\"YQ\")") ==
        "1:1: encoding.from_base64 illegal base64 data at input byte 0");
  CHECK(result_of("encoding.from_base64(\"YQ==YQ==\")") ==
        "1:1: encoding.from_base64 illegal base64 data at input byte 4");
}

TEST_CASE("query texts are escaped and back") {
  CHECK(result_of("encoding.url_encode(\"a b/ä~\")") == "\"a+b%2F%C3%A4~\"");
  CHECK(result_of("encoding.url_decode(\"a+b%2f%C3%A4\")") == "\"a b/ä\"");
  CHECK(result_of("encoding.url_decode(\"%zz\")") ==
        "1:1: encoding.url_decode invalid URL escape \"%zz\"");
}

TEST_CASE("JSON texts become values with floating numbers") {
  CHECK(
      result_of("encoding.from_json(`{\"b\": [1, null, true], \"a\": {\"a\": \"\\u00e9\\n\"}}`)") ==
      "{a = {a = \"é\\n\"}, b = [1, null, true]}");
  CHECK(result_of("string.format(\"%T\", encoding.from_json(\"5\"))") == "\"float64\"");
  CHECK(result_of("encoding.from_json(`\"\\ud83d\\ude00 \\ud83d\"`)") == "\"😀 \ufffd\"");
}

TEST_CASE("broken JSON is described the way Go does") {
  auto error = [](std::string_view json) {
    return result_of(fmt::format("encoding.from_json(`{}`)", json));
  };
  CHECK(error("{") == "1:1: encoding.from_json unexpected end of JSON input");
  CHECK(error("[1 2]") == "1:1: encoding.from_json invalid character '2' after array element");
  CHECK(error("{1}") ==
        "1:1: encoding.from_json invalid character '1' looking for beginning of "
        "object key string");
  CHECK(error("nul") == "1:1: encoding.from_json unexpected end of JSON input");
  CHECK(error("tru3") ==
        "1:1: encoding.from_json invalid character '3' in literal true (expecting 'e')");
  CHECK(error("1 x") == "1:1: encoding.from_json invalid character 'x' after top-level value");
  CHECK(error(std::string(5000, '[')) == "1:1: encoding.from_json exceeded max depth");
}

TEST_CASE("values become compact JSON with sorted keys") {
  CHECK(result_of("encoding.to_json({b = [1, 1.5, null, \"<\"], a = {}})") ==
        "\"{\\\"a\\\":{},\\\"b\\\":[1,1.5,null,\\\"\\\\u003c\\\"]}\"");
  CHECK(result_of("encoding.to_json([1])") == "1:1: encoding.to_json jsonEncode only supports map");
  CHECK(result_of("encoding.to_json({a = 1e308 * 10})") ==
        "1:1: encoding.to_json json: unsupported value: +Inf");
}

TEST_CASE("YAML scalars mean what yaml.v3 takes them for") {
  auto yaml = [](std::string_view text) {
    return result_of(fmt::format("encoding.from_yaml(`{}`)", text));
  };
  CHECK(yaml("[1, 0x1f, 017, 1_000, 1.5, .5, 1e3, yes, true, ~, 'a']") ==
        "[1, 31, 15, 1000, 1.5, 0.5, 1000, \"yes\", true, null, \"a\"]");
  CHECK(yaml("[9223372036854775808, +9223372036854775808]") ==
        "[9223372036854775808, 9223372036854776000]");
  CHECK(yaml("2024-1-2") == "\"2024-01-02T00:00:00Z\"");
  CHECK(yaml("2024-01-02 03:04:05.60") == "\"2024-01-02T03:04:05.6Z\"");
  CHECK(yaml("2024-13-02") == "\"2024-13-02\"");
  CHECK(yaml("!!int 'x'") == "1:1: encoding.from_yaml yaml: cannot decode !!str `x` as a !!int");
}

TEST_CASE("YAML anchors are shared, merged and never endless") {
  auto yaml = [](std::string_view text) {
    return result_of(fmt::format("encoding.from_yaml(`{}`)", text));
  };
  CHECK(yaml("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  l: 3") ==
        "{a = {k = 1, l = 2}, b = {k = 1, l = 3}}");
  CHECK(yaml("a: &x [*x]").find("anchor value contains itself") != std::string::npos);
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 40; ++i) {
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}]\n", i, i - 1);
  }
  CHECK(evaluate_text(fmt::format("encoding.from_yaml(`{}`)", bomb)).error.empty());
}

TEST_CASE("YAML mappings refuse duplicates and hide keys that are no strings") {
  CHECK(result_of("encoding.from_yaml(\"a: 1\\na: 2\")").find("already defined at line 1") !=
        std::string::npos);
  CHECK(result_of("encoding.from_yaml(\"a: {1: 2}\")") ==
        "{a = capsule(\"map[interface {}]interface {}\")}");
}

TEST_CASE("encoding.from_yaml refuses what is no text") {
  CHECK(result_of("encoding.from_yaml(\"\\xb6\")") ==
        "1:1: encoding.from_yaml yaml: invalid leading UTF-8 octet");
  CHECK(result_of("encoding.from_yaml(\"a: \\x04\")") ==
        "1:1: encoding.from_yaml yaml: control characters are not allowed");
  CHECK(result_of("encoding.from_yaml(\"%!d\")") ==
        "1:1: encoding.from_yaml yaml: could not find expected directive name");
  CHECK(result_of("encoding.from_yaml(\"%7B%22\")") ==
        "1:1: encoding.from_yaml yaml: found unexpected non-alphabetical character");
}

TEST_CASE("json_path finds values") {
  auto find = [](std::string_view path) {
    return result_of(
        fmt::format("json_path(`{{\"a\": [{{\"b\": 1, \"t\": \"x\"}}, {{\"b\": 2}}, "
                    "{{\"b\": 3}}], \"c\": {{\"b\": 9}}}}`, `{}`)",
                    path));
  };
  CHECK(find("$.a[0].b") == "[1]");
  CHECK(find(".a[-1].b") == "[3]");
  CHECK(find("a[*].b") == "[1, 2, 3]");
  CHECK(find("$.a[0:2].b") == "[1, 2]");
  CHECK(find("$.a[::-1].b") == "[3, 2, 1]");
  CHECK(find("$..b") == "[1, 2, 3, 9]");
  CHECK(find("$['c']['b']") == "[9]");
  CHECK(find("$.a[0,2].b") == "[1, 3]");
  CHECK(find("$.a[?(@.b > 1 && @.b != 3)].b") == "[2]");
  CHECK(find("$.a[?@.t].b") == "[1]");
  CHECK(find("$.a[?(!@.t || @.t =~ '^x$')].b") == "[1, 2, 3]");
  CHECK(find("$.a[?(@.b in [1, 3])].b") == "[1, 3]");
  CHECK(find("$.nothing") == "[]");
  CHECK(find("$[") == "1:1: json_path not terminated at 3 in $[");
  CHECK(result_of("json_path(`{\"b\": {\"a\": 1, \"c\": {\"a\": 2}}, \"a\": 3}`, `$..a`)") ==
        "[2, 1, 3]");
  CHECK(result_of("json_path(``, `.a`)") == "[]");
}

TEST_CASE("large floating numbers are spelled with as many digits as tell them apart") {
  CHECK(result_of("encoding.to_json({a = [18446744073709551616, -1e20]})") ==
        "\"{\\\"a\\\":[18446744073709552000,-100000000000000000000]}\"");
}

TEST_CASE("array.combine_maps pairs what agrees in all conditions") {
  CHECK(result_of("array.combine_maps([{k = \"1\", l = 1}], [{k = \"1\", r = 2}, {k = \"2\"}], "
                  "[\"k\"])") == "[{k = \"1\", l = 1, r = 2}]");
  CHECK(result_of("array.combine_maps([{k = 1}], [{k = 1.0}], [\"k\"])") == "[]");
  CHECK(result_of("array.combine_maps([{k = 1}], [{j = 1}], [\"k\"], true)") == "[{k = 1}]");
  CHECK(result_of("array.combine_maps([], [], [1])") == "1:29: 1 should be string, got number");
}

TEST_CASE("array.group_by sorts groups by their text") {
  CHECK(result_of("array.group_by([{k = \"b\"}, {n = 1}, {k = \"a\"}], \"k\", false)") ==
        "[{items = [{n = 1}], k = \"\"}, {items = [{k = \"a\"}], k = \"a\"}, {items = [{k = "
        "\"b\"}], k = \"b\"}]");
}

}  // namespace
}  // namespace alloy
