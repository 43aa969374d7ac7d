#include "cluster/configuration_notice.h"

#include "cluster/limits.h"
#include "cluster/msgpack.h"

namespace alloy::cluster {
namespace {

// How long a new configuration may take to reach everybody.
constexpr Duration rollout_max = 2min;
// After that long without another difference the nodes were at one in between.
constexpr Duration forgotten_after = 5min;
constexpr Duration warning_interval = 10min;
constexpr size_t hash_bytes_max = 128;

}  // namespace

std::string encode(const ConfigurationNotice& notice) {
  std::string out;
  MsgpackWriter writer(out);
  writer.map(2);
  writer.raw("Hash");
  writer.raw(notice.hash);
  writer.raw("Node");
  writer.raw(notice.node);
  return out;
}

Result<ConfigurationNotice> decode_configuration_notice(std::string_view body) {
  MsgpackReader reader(body);
  ConfigurationNotice out;
  const auto header = reader.map_or_array();
  if (!header.is_map) reader.reject();
  for (size_t i = 0; i < header.count && reader.ok(); ++i) {
    const std::string name = reader.raw();
    if (name == "Hash")
      out.hash = reader.raw();
    else if (name == "Node")
      out.node = reader.raw();
    else
      reader.skip();
  }
  if (!reader.ok() || out.node.size() > name_bytes_max || out.hash.size() > hash_bytes_max)
    return fail("malformed configuration notice", ErrorKind::invalid);
  return out;
}

void ConfigurationComparison::set_own(std::string hash) {
  if (hash == own_) return;
  own_ = std::move(hash);
  differs_since_ = warned_ = std::nullopt;
}

bool ConfigurationComparison::is_lasting_difference(const ConfigurationNotice& notice,
                                                    SteadyTime now) {
  if (own_.empty() || notice.hash.empty() || notice.hash == own_) return false;
  if (!differs_since_ || now - last_different_ > forgotten_after) differs_since_ = now;
  last_different_ = now;
  if (now - *differs_since_ < rollout_max) return false;
  if (warned_ && now - *warned_ < warning_interval) return false;
  warned_ = now;
  return true;
}

}  // namespace alloy::cluster
