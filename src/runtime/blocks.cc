#include "runtime/blocks.h"

#include <algorithm>
#include <array>

namespace alloy::runtime {
namespace {

struct ConfigBlock {
  std::string_view name;
  const Schema& (*schema)();
};

constexpr std::array config_blocks = {
    ConfigBlock{"logging", logging_block_schema},
    ConfigBlock{"tracing", tracing_block_schema},
    ConfigBlock{"argument", argument_block_schema},
    ConfigBlock{"export", export_block_schema},
    ConfigBlock{"foreach", foreach_block_schema},
    ConfigBlock{"import.string", import_string_schema},
    ConfigBlock{"import.file", import_file_schema},
    ConfigBlock{"import.http", import_http_schema},
    ConfigBlock{"import.git", import_git_schema},
};

}  // namespace

std::string block_id(const syntax::BlockStatement& block) {
  return block.label.empty() ? std::string(block.name)
                             : fmt::format("{}.{}", block.name, block.label);
}

bool is_config_block(std::string_view name) { return config_block_schema(name) != nullptr; }

const Schema* config_block_schema(std::string_view name) {
  const auto found = std::ranges::find(config_blocks, name, &ConfigBlock::name);
  return found == config_blocks.end() ? nullptr : &found->schema();
}

Result<> check_component(const ComponentType* type, std::string_view name,
                         const ComponentGate& gate) {
  if (type == nullptr) {
    return fail(fmt::format("cannot find the definition of component name \"{}\"", name),
                ErrorKind::not_found);
  }
  if (!type->is_community) {
    return check_stability(fmt::format("component \"{}\"", name), type->stability,
                           gate.stability_min);
  }
  if (gate.community_enabled) return {};
  return fail(fmt::format("the component \"{}\" is a community component. Use the "
                          "--feature.community-components.enabled command-line flag to enable "
                          "community components",
                          name),
              ErrorKind::invalid);
}

}  // namespace alloy::runtime
