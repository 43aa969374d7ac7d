// What the endpoints of PodMonitors and ServiceMonitors have in common.
#pragma once

#include "components/prometheus/shared/operator/job_builder.h"

namespace alloy::prometheus::operators {

using MakeEndpointJob = Result<ScrapeJob> (*)(const Monitor& monitor, JsonNode spec,
                                              JsonNode endpoint, size_t index,
                                              const JobSettings& settings);
// A job for each endpoint in the list; none where one of them has a mistake.
MadeJobs make_endpoint_jobs(const Monitor& monitor, const JobSettings& settings,
                            std::string_view list, MakeEndpointJob make);

// Intervals, paths, parameters, protocols and the like.
Result<> read_endpoint(JobBuilder& builder, JsonNode spec, JsonNode endpoint, std::string_view of);
// Leaves out pods that have come to their end, unless the endpoint wants them.
Result<> add_running_filter(JobBuilder& builder, JsonNode endpoint);
// Keeps the container port with this name or number.
Result<> add_target_port(JobBuilder& builder, JsonNode port);
// Copies the labels of this kind that are named in the list.
void add_labels_of(JobBuilder& builder, std::string_view prefix, JsonNode names);
// Puts the port into the label `endpoint`.
void add_endpoint_label(JobBuilder& builder, JsonNode endpoint);

}  // namespace alloy::prometheus::operators
