// What is known about the blocks of a configuration before any of them becomes a node: what the
// graph builder and `validate` share.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/stability.h"
#include "component/component.h"
#include "schema/fields.h"
#include "syntax/ast.h"

namespace alloy::runtime {

// "prometheus.scrape.a": the name, and the label if there is one.
std::string block_id(const syntax::BlockStatement& block);

// Whether the block belongs to the configuration's own machinery: logging, tracing, argument,
// export, foreach, import.*. (declare is a class of its own.)
bool is_config_block(std::string_view name);
// What a config block takes besides a foreach's template; null if the name is no config block's.
const Schema* config_block_schema(std::string_view name);

const Schema& logging_block_schema();
const Schema& tracing_block_schema();
const Schema& argument_block_schema();
const Schema& export_block_schema();
const Schema& foreach_block_schema();
const Schema& import_string_schema();
const Schema& import_file_schema();
const Schema& import_http_schema();
const Schema& import_git_schema();

// Which built-in components may be used.
struct ComponentGate {
  Stability stability_min = Stability::generally_available;
  bool community_enabled = false;
};

// Refuses a component that does not exist (null) or is not allowed.
Result<> check_component(const ComponentType* type, std::string_view name,
                         const ComponentGate& gate);

}  // namespace alloy::runtime
