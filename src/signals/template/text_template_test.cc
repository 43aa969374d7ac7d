#include "signals/template/text_template.h"

#include <doctest/doctest.h>

#include "signals/template/value.h"

namespace alloy {
namespace {

class Fields final : public go_template::Data {
 public:
  bool find(std::string_view name, std::string_view& text) const override {
    const auto found = fields_.find(name);
    if (found != fields_.end()) text = found->second;
    return found != fields_.end();
  }
  std::map<std::string, go_template::Value> all() const override {
    std::map<std::string, go_template::Value> values;
    for (const auto& [name, text] : fields_) values[name] = go_template::Value::text(text);
    return values;
  }

 private:
  std::map<std::string, std::string, std::less<>> fields_ = {
      {"s", "hello"}, {"n", "10"}, {"e", ""}, {"csv", "a,b,c"}, {"j", R"({"k":[1,2.5]})"}};
};

std::string made(std::string_view text) {
  const auto parsed = TextTemplate::parse(text);
  if (!parsed) return parsed.error().message();
  std::string out;
  const auto result = parsed->execute(Fields(), out);
  return result ? out : "failed: " + result.error().message();
}

TEST_CASE("text, fields and trimmed blanks") {
  CHECK(made("a {{ .s }} b") == "a hello b");
  CHECK(made("a  {{- .s -}}  b") == "ahellob");
  CHECK(made("{{/* nothing */}}x{{- /* here */ -}} y") == "xy");
  CHECK(made("{{ .missing }}") == "<no value>");
  CHECK(made("{{ . }}") == "map[csv:a,b,c e: j:{\"k\":[1,2.5]} n:10 s:hello]");
}

TEST_CASE("conditions, loops, variables and nested templates") {
  CHECK(made("{{ if .e }}a{{ else if eq .s \"hello\" }}b{{ else }}c{{ end }}") == "b");
  CHECK(made("{{ range $i, $x := splitList \",\" .csv }}{{ if $i }};{{ end }}{{ $x }}{{ end }}") ==
        "a;b;c");
  CHECK(made("{{ range until 9 }}{{ if eq . 2 }}{{ continue }}{{ end }}{{ if gt . 3 }}{{ break }}"
             "{{ end }}{{ . }}{{ end }}") == "013");
  CHECK(made("{{ $a := .s }}{{ with .n }}{{ $a = . }}{{ end }}{{ $a }}") == "10");
  CHECK(made("{{ define \"t\" }}<{{ . }}>{{ end }}{{ template \"t\" .s }}") == "<hello>");
  CHECK(made("{{ range splitList \"x\" .missing }}{{ end }}") ==
        "failed: invalid value; expected string");
}

TEST_CASE("and and or evaluate no more than they need") {
  CHECK(made("{{ and .missing (fail \"no\") }}") == "<no value>");
  CHECK(made("{{ or .s (fail \"no\") }}") == "hello");
  CHECK(made("{{ or .e (fail \"no\") }}") == "failed: no");
}

TEST_CASE("printf formats as Go does") {
  CHECK(made("{{ printf \"%5d|%-5d|%05d|%x|%q|%v\" 1 2 3 255 .s nil }}") ==
        "    1|2    |00003|ff|\"hello\"|<nil>");
  CHECK(made("{{ printf \"%.2f %e %g\" 2.345 12345.678 1e21 }}") == "2.35 1.234568e+04 1e+21");
  CHECK(made("{{ printf \"%d %s\" .s }}") == "%!d(string=hello) %!s(MISSING)");
  CHECK(made("{{ printf \"%T %T %T\" 1 2.5 .s }}") == "int float64 string");
}

TEST_CASE("types are those of Go") {
  CHECK(made("{{ eq .n 10 }}") == "failed: incompatible types for comparison");
  CHECK(made("{{ upper 1 }}") == "failed: wrong type for value; expected string; got int");
  CHECK(made("{{ trunc (int64 2) .s }}") ==
        "failed: wrong type for value; expected int; got int64");
  CHECK(made("{{ add .n 5 }} {{ typeOf (add 1 2) }}") == "15 int64");
  CHECK(made("{{ index (fromJson .j).k 1 }}") == "2.5");
}

TEST_CASE("functions of Alloy and sprig") {
  CHECK(made("{{ .s | ToUpper | printf \"%s-%s\" \"x\" }}") == "x-HELLO");
  CHECK(made("{{ Replace .s \"l\" \"L\" 1 }} {{ TrimPrefix .s \"he\" }}") == "heLlo llo");
  CHECK(made("{{ regexReplaceAll \"(l+)(o)\" .s \"${2}-$1\" }}") == "heo-ll");
  CHECK(made("{{ snakecase \"HTTPServer\" }} {{ camelcase \"some_words\" }}") ==
        "http_server SomeWords");
  CHECK(made("{{ dict \"b\" 1 \"a\" (list 2.5 \"<\") | toJson }}") ==
        R"({"a":[2.5,"\u003c"],"b":1})");
  CHECK(made("{{ b64dec \"aGk=\" }} {{ b64dec \"aGk\" }}") ==
        "hi illegal base64 data at input byte 0");
  CHECK(made("{{ semverCompare \"^1.2.0\" \"1.3.5\" }} {{ (semver \"1.2.3-x\").Minor }}") ==
        "true 2");
  CHECK(made("{{ (toDate \"2006-01-02\" \"2024-02-29\").Format \"Jan _2, 06\" }}") == "Feb 29, 24");
  CHECK(made("{{ Hash \"a\" \"b\" }}") ==
        "5c828b33397f4762922e39a60c35699d2550466a52dd15ed44da37eb0bdc61e6");
  CHECK(made("{{ addf 0.1 0.2 }} {{ round 123.5555 2 }} {{ divf 10 3 }}") ==
        "0.3 123.56 3.3333333333333335");
}

TEST_CASE("numbers become texts as Go prints them") {
  CHECK(made("{{ 1e5 }} {{ 1e6 }} {{ 123456789.5 }} {{ 1234567 }} {{ 0.0001 }} {{ 0.00001 }}") ==
        "100000 1e+06 1.234567895e+08 1234567 0.0001 1e-05");
  CHECK(made("{{ mulf 1000000.0 2 }} {{ printf \"%v %G\" 2e6 2e6 }} {{ toJson 1e6 }}") ==
        "2e+06 2e+06 2E+06 1000000");
  CHECK(made("{{ randBytes 3 | b64dec | len }}") == "3");
}

TEST_CASE("mistakes are refused in Go's words") {
  const std::string at = "template: pipeline_template:1: ";
  CHECK(made("{{ nope .b }}") == at + "function \"nope\" not defined");
  CHECK(made("{{ .s") == at + "unclosed action");
  CHECK(made("{{ }}") == at + "missing value for command");
  CHECK(made("{{ if .s }}x") == at + "unexpected EOF");
  CHECK(made("{{ end }}") == at + "unexpected {{end}}");
  CHECK(made("{{ $x }}") == at + "undefined variable \"$x\"");
  CHECK(made("{{ break }}") == at + "{{break}} outside {{range}}");
  CHECK(made("{{ 1 | 2 }}") == at + "non executable command in pipeline stage 2");
  CHECK(made("{{ 1a }}") == at + "bad number syntax: \"1a\"");
  CHECK(made("\n{{ \"a }}") == "template: pipeline_template:2: unterminated quoted string");
  CHECK(made(std::string(5000, '(')) == std::string(5000, '('));
}

TEST_CASE("templates that never end are stopped") {
  CHECK(made("{{ define \"t\" }}{{ template \"t\" . }}{{ end }}{{ template \"t\" . }}") ==
        "failed: exceeded maximum template depth");
  CHECK(made("{{ repeat 100000000 .s }}").starts_with("failed"));
  CHECK(made("{{ nil | default 1 }}") == "failed: nil is not a command");
}

}  // namespace
}  // namespace alloy
