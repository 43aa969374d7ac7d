// /debug/pprof: profiles of this process, under the names that Go programs use for theirs.
#pragma once

#include "services/http_router.h"

namespace alloy {

void add_pprof_routes(HttpRouter& router);

}  // namespace alloy
