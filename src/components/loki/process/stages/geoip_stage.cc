// Records become extracted values: those of the kind of database, and those of custom paths.
#include "components/loki/process/stages/geoip_stage.h"

#include "signals/geoip_database.h"
#include "signals/jmespath/jmespath.h"

namespace alloy::loki::process {
namespace {

struct Expression {
  std::string name;
  JmesPath path;
};

// The member of a member, and so on.
const JsonValue* inner(const JsonValue& record, std::initializer_list<std::string_view> path) {
  const JsonValue* value = &record;
  for (const std::string_view name : path) {
    value = value->find(name);
    if (value == nullptr) return nullptr;
  }
  return value;
}

void set_text(Line& line, std::string_view name, const JsonValue* value) {
  if (value == nullptr || !value->is_text() || value->as_text().empty()) return;
  line.extracted.set(name, ExtractedValue::text(value->as_text()));
}

class GeoipStage final : public Stage {
 public:
  GeoipStage(const GeoipArguments& arguments, GeoipDatabase database,
             std::vector<Expression> expressions, StageContext& context)
      : Stage("geoip"),
        type_(arguments.db_type),
        source_(context.names.add(arguments.source)),
        database_(std::move(database)),
        expressions_(std::move(expressions)),
        logger_(context.logger.with({{"stage", "geoip"}})) {}

 private:
  void process(Line& line, Run& run) override {
    if (const auto address = line.extracted[source_].as_text(run.scratch)) {
      look_up(*address, line, run.scratch);
    }
    pass(line, run);
  }

  void look_up(std::string_view address, Line& line, Scratch& scratch) {
    JsonValue record;
    const auto outcome = database_.find(address, scratch, record);
    if (!outcome) {
      logger_.error("unable to look up the ip", {{"err", outcome.error()}, {"ip", address}});
      return;
    }
    if (*outcome == GeoipDatabase::Outcome::no_address) {
      logger_.error("source is not an ip", {{"source", address}});
      return;
    }
    if (type_ == "asn") set_asn(line, record);
    if (type_ == "city") set_city(line, record);
    if (type_ == "city" || type_ == "country") set_country(line, record);
    for (const auto& [name, path] : expressions_) {
      const auto found = path.search(record, scratch);
      if (!found) {
        logger_.error("failed to search JMES expression", {{"err", found.error()}});
        continue;
      }
      set_any(line, name, *found);
    }
  }

  static void set_any(Line& line, std::string_view name, const JsonValue& value) {
    switch (value.kind()) {
      case JsonKind::null:
        return;
      case JsonKind::boolean:
        return line.extracted.set(name, ExtractedValue::boolean(value.as_boolean()));
      case JsonKind::number:
        return line.extracted.set(name, ExtractedValue::number(value.as_number()));
      case JsonKind::text:
        return line.extracted.set(name, ExtractedValue::text(value.as_text()));
      default:
        return line.extracted.set(name, ExtractedValue::compound());
    }
  }

  static void set_country(Line& line, const JsonValue& record) {
    set_text(line, "geoip_country_name", inner(record, {"country", "names", "en"}));
    set_text(line, "geoip_country_code", inner(record, {"country", "iso_code"}));
    set_text(line, "geoip_continent_name", inner(record, {"continent", "names", "en"}));
    set_text(line, "geoip_continent_code", inner(record, {"continent", "code"}));
  }

  static void set_city(Line& line, const JsonValue& record) {
    set_text(line, "geoip_city_name", inner(record, {"city", "names", "en"}));
    set_text(line, "geoip_postal_code", inner(record, {"postal", "code"}));
    set_text(line, "geoip_timezone", inner(record, {"location", "time_zone"}));
    const auto degrees = [&](std::string_view name) {
      const JsonValue* value = inner(record, {"location", name});
      return value != nullptr && value->is_number() ? value->as_number() : 0.0;
    };
    const double latitude = degrees("latitude");
    const double longitude = degrees("longitude");
    if (latitude != 0 || longitude != 0) {
      line.extracted.set("geoip_location_latitude", ExtractedValue::number(latitude));
      line.extracted.set("geoip_location_longitude", ExtractedValue::number(longitude));
    }
    const JsonValue* subdivisions = record.find("subdivisions");
    if (subdivisions == nullptr || !subdivisions->is_array()) return;
    if (subdivisions->as_array().empty()) return;
    // The last one is the smallest.
    const JsonValue& smallest = subdivisions->as_array().back();
    set_text(line, "geoip_subdivision_name", inner(smallest, {"names", "en"}));
    set_text(line, "geoip_subdivision_code", inner(smallest, {"iso_code"}));
  }

  static void set_asn(Line& line, const JsonValue& record) {
    const JsonValue* number = record.find("autonomous_system_number");
    if (number != nullptr && number->is_number() && number->as_number() != 0) {
      line.extracted.set("geoip_autonomous_system_number",
                         ExtractedValue::number(number->as_number()));
    }
    set_text(line, "geoip_autonomous_system_organization",
             record.find("autonomous_system_organization"));
  }

  const std::string type_;
  const NameId source_;
  const GeoipDatabase database_;
  const std::vector<Expression> expressions_;
  const Logger logger_;
};

}  // namespace

Result<StagePointer> make_stage(const GeoipArguments& arguments, StageContext& context) {
  if (arguments.db.empty()) return fail("db path cannot be empty");
  if (arguments.source.empty()) return fail("source cannot be empty");
  if (arguments.db_type.empty() && arguments.custom_lookups.empty()) {
    return fail("db type or values need to be set");
  }
  const std::string& type = arguments.db_type;
  if (!type.empty() && type != "asn" && type != "city" && type != "country") {
    return fail("db type should be either city or asn");
  }
  std::vector<Expression> expressions;
  for (const auto& [name, path] : arguments.custom_lookups) {
    auto compiled = JmesPath::compile(path.empty() ? name : path);
    if (!compiled) return fail("could not compile JMES expression");
    expressions.push_back({.name = name, .path = *std::move(compiled)});
  }
  TRY(auto database, GeoipDatabase::open(arguments.db));
  return std::make_unique<GeoipStage>(arguments, std::move(database), std::move(expressions),
                                      context);
}

}  // namespace alloy::loki::process
