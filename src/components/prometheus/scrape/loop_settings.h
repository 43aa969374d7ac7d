// From arguments to how targets are scraped.
#pragma once

#include <memory>
#include <string>

#include "component/component.h"
#include "components/prometheus/scrape/arguments.h"
#include "components/prometheus/scrape/target_loop.h"

namespace alloy::prometheus::scrape {

// A client that also reaches the targets inside this process.
Result<std::shared_ptr<net::HttpClient>> make_scrape_client(const HttpClientArguments& arguments,
                                                            const Options& options);

// `started_ms`: what started earlier is no news. The relabelling of series is not of the arguments.
Result<std::shared_ptr<LoopSettings>> make_loop_settings(const Arguments& arguments,
                                                         const std::string& job,
                                                         std::shared_ptr<net::HttpClient> client,
                                                         int64_t started_ms);

}  // namespace alloy::prometheus::scrape
