// stage.geoip: where an address is, from a database of MaxMind.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "components/loki/process/stage.h"
#include "schema/fields.h"

namespace alloy::loki::process {

struct GeoipArguments {
  std::string db;
  std::string source;
  std::string db_type;
  std::map<std::string, std::string> custom_lookups;

  static constexpr auto schema() {
    return fields(
        required<&GeoipArguments::db>("db", "The path of the database."),
        required<&GeoipArguments::source>("source", "The extracted value with the address."),
        optional<&GeoipArguments::db_type>("db_type", "What it knows: city, asn or country."),
        optional<&GeoipArguments::custom_lookups>(
            "custom_lookups", "Values to extract and the JMESPath of each in the record."));
  }
};

Result<StagePointer> make_stage(const GeoipArguments& arguments, StageContext& context);

}  // namespace alloy::loki::process
