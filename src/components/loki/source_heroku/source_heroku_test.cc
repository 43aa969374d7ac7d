// loki.source.heroku as its users see it.
#include "components/loki/shared/http_source_fixture.h"
#include "signals/relabel.h"

namespace alloy {

extern const ComponentType loki_source_heroku;

namespace loki {
namespace {

struct Fixture : HttpSourceFixture {
  Fixture() : HttpSourceFixture(loki_source_heroku) {
    RelabelRule rule{.regex = *RegularExpression::create("__(heroku_drain_(app|param.+))"),
                     .action = RelabelAction::labelmap};
    source.variables().set("rules", encapsulate<const RelabelRules>(
                                        std::make_shared<const RelabelRules>(std::vector{rule})));
  }
  int drain(std::string_view body, std::string_view query = "", net::Headers headers = {}) {
    return post(fmt::format("/heroku/api/v1/drain{}", query), body, std::move(headers)).status;
  }
};

// A message behind its length.
std::string frame(std::string_view message) {
  return fmt::format("{} {}", message.size(), message);
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE_FIXTURE(Fixture, "messages of a drain become entries with labels") {
  start("labels = {src = \"h\"}\nrelabel_rules = rules");
  CHECK(drain(frame("<1>1 2022-06-13T14:52:24+00:00 h app p - first text\n") +
                  frame("<1>1 2022-06-13T14:52:24Z h b p - second"),
              "?team=a&team=b%20c&x", {{"X-Scope-OrgID", "t"}}) == 204);
  CHECK(collector->lines() ==
        Lines{"{__tenant_id__=\"t\", heroku_drain_app=\"app\", heroku_drain_param_team=\"a,b c\", "
              "src=\"h\"} first text\n",
              "{__tenant_id__=\"t\", heroku_drain_app=\"b\", heroku_drain_param_team=\"a,b c\", "
              "src=\"h\"} second"});
  CHECK(source.metric("loki_source_heroku_drain_entries_total") == 2);
}

TEST_CASE_FIXTURE(Fixture, "a body that is none of a drain is refused and counted") {
  start();
  for (const std::string_view body :
       {"nonsense", "9 <1>1 x", "5 x y z w v u", "30 <x>1 2022-06-13T14:52:24Z a b c",
        "30 <1>1 yesterday h app p - text!!"}) {
    CAPTURE(body);
    CHECK(drain(body) == 400);
  }
  CHECK(source.metric("loki_source_heroku_drain_parsing_errors_total") == 5);
  CHECK(collector->lines().empty());
  CHECK(drain("") == 204);
}

}  // namespace loki
}  // namespace alloy
