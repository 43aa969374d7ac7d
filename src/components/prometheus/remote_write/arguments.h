// The arguments of prometheus.remote_write.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "components/shared/http_client_arguments.h"
#include "schema/fields.h"
#include "signals/metrics_receiver.h"
#include "signals/relabel.h"
#include "wire/remote_write.h"

namespace alloy::prometheus::remote_write {

inline constexpr std::string_view protocol_1 = wire::write_request_v1;
inline constexpr std::string_view protocol_2 = wire::write_request_v2;

struct QueueArguments {
  int64_t capacity = 10'000;
  int64_t max_shards = 50;
  int64_t min_shards = 1;
  int64_t max_samples_per_send = 2000;
  Duration batch_send_deadline = 5s;
  Duration min_backoff = 30ms;
  Duration max_backoff = 5s;
  bool retry_on_http_429 = true;
  Duration sample_age_limit = 0s;

  static constexpr auto schema() {
    using T = QueueArguments;
    return fields(
        optional<&T::capacity>("capacity",
                               "Number of samples a shard may buffer; the queue itself "
                               "lies on disk and is not limited by this."),
        optional<&T::max_shards>("max_shards", "Most requests that may be on their way at once."),
        optional<&T::min_shards>("min_shards", "Requests that may always be on their way at once."),
        optional<&T::max_samples_per_send>("max_samples_per_send", "Most samples in a request."),
        optional<&T::batch_send_deadline>(
            "batch_send_deadline", "How long a request that is not full waits for more samples."),
        optional<&T::min_backoff>("min_backoff",
                                  "Pause before the first retry; doubles each time."),
        optional<&T::max_backoff>("max_backoff", "Longest pause before a retry."),
        optional<&T::retry_on_http_429>(
            "retry_on_http_429", "Retry when the endpoint answers 429, instead of dropping."),
        optional<&T::sample_age_limit>(
            "sample_age_limit", "Samples older than this are dropped unsent; 0 is no limit."));
  }
  bool operator==(const QueueArguments&) const = default;
};

struct MetadataArguments {
  bool send = true;
  Duration send_interval = 1min;
  int64_t max_samples_per_send = 2000;

  static constexpr auto schema() {
    using T = MetadataArguments;
    return fields(optional<&T::send>("send", "Whether metadata of metric families is sent."),
                  optional<&T::send_interval>("send_interval", "How often metadata is sent."),
                  optional<&T::max_samples_per_send>("max_samples_per_send",
                                                     "Most metadata records in a request."));
  }
};

struct SigV4Arguments {
  std::string region;
  std::string access_key;
  Secret secret_key;
  std::string profile;
  std::string role_arn;
  std::string external_id;
  bool use_fips_sts_endpoint = false;
  std::string service_name;

  static constexpr auto schema() {
    using T = SigV4Arguments;
    return fields(
        optional<&T::region>("region", "AWS region."),
        optional<&T::access_key>("access_key", "AWS API access key."),
        optional<&T::secret_key>("secret_key", "AWS API secret key."),
        optional<&T::profile>("profile", "Named profile of the AWS configuration."),
        optional<&T::role_arn>("role_arn", "AWS role to assume."),
        optional<&T::external_id>("external_id", "External id for assuming the role."),
        optional<&T::use_fips_sts_endpoint>("use_fips_sts_endpoint",
                                            "Use the FIPS endpoint of STS."),
        optional<&T::service_name>("service_name", "AWS service to sign for; default: aps."));
  }
};

struct ManagedIdentityArguments {
  std::string client_id;

  static constexpr auto schema() {
    return fields(required<&ManagedIdentityArguments::client_id>(
        "client_id", "Client id of the managed identity."));
  }
};

struct WorkloadIdentityArguments {
  std::string client_id;
  std::string tenant_id;
  std::string token_file_path;

  static constexpr auto schema() {
    using T = WorkloadIdentityArguments;
    return fields(required<&T::client_id>("client_id", "Client id of the workload identity."),
                  required<&T::tenant_id>("tenant_id", "Tenant id of the workload identity."),
                  optional<&T::token_file_path>("token_file_path", "File with the token."));
  }
};

struct AzureOAuthArguments {
  std::string client_id;
  Secret client_secret;
  std::string tenant_id;

  static constexpr auto schema() {
    using T = AzureOAuthArguments;
    return fields(required<&T::client_id>("client_id", "Client id of the application."),
                  required<&T::client_secret>("client_secret", "Client secret of the application."),
                  required<&T::tenant_id>("tenant_id", "Tenant id of the application."));
  }
};

struct AzureSdkArguments {
  std::string tenant_id;

  static constexpr auto schema() {
    return fields(required<&AzureSdkArguments::tenant_id>("tenant_id", "Tenant id."));
  }
};

struct AzureAdArguments {
  std::optional<ManagedIdentityArguments> managed_identity;
  std::optional<WorkloadIdentityArguments> workload_identity;
  std::optional<AzureOAuthArguments> oauth;
  std::optional<AzureSdkArguments> sdk;
  std::string cloud = "AzurePublic";
  std::string scope;

  static constexpr auto schema() {
    using T = AzureAdArguments;
    return fields(
        block<&T::managed_identity>("managed_identity", "Authenticates as a managed identity."),
        block<&T::workload_identity>("workload_identity", "Authenticates as a workload identity."),
        block<&T::oauth>("oauth", "Authenticates as an application."),
        block<&T::sdk>("sdk", "Authenticates as the Azure SDK would."),
        optional<&T::cloud>("cloud", "Azure cloud."),
        optional<&T::scope>("scope", "Scope of the token; default: by the cloud."));
  }
  Result<> validate() const;
};

struct GoogleIamArguments {
  std::string credentials_file;

  static constexpr auto schema() {
    return fields(optional<&GoogleIamArguments::credentials_file>(
        "credentials_file", "File with the credentials; default: those of the environment."));
  }
};

inline constexpr std::string_view tenant_header_default = "X-Scope-OrgID";

struct TenantArguments {
  std::string label;
  std::string fallback;
  bool keep_label = false;
  std::string header = std::string(tenant_header_default);

  static constexpr auto schema() {
    using T = TenantArguments;
    return fields(
        required<&T::label>("label", "Label whose value is the tenant of a series."),
        optional<&T::fallback>("default", "Tenant of series without the label; default: none."),
        optional<&T::keep_label>("keep_label", "Whether the label is sent too."),
        optional<&T::header>("header", "Header of requests that names the tenant."));
  }
  Result<> validate() const;
};

struct EndpointArguments {
  std::string name;
  std::string url;
  Duration remote_timeout = 30s;
  std::map<std::string, std::string> headers;
  bool send_exemplars = true;
  bool send_native_histograms = false;
  std::string protobuf_message = std::string(protocol_1);
  HttpClientArguments http = {.enable_http2 = false};
  std::optional<QueueArguments> queue;
  std::optional<MetadataArguments> metadata;
  std::vector<RelabelRule> write_relabel_configs;
  std::optional<SigV4Arguments> sigv4;
  std::optional<AzureAdArguments> azuread;
  std::optional<GoogleIamArguments> google_iam;
  bool round_robin_dns = false;
  std::optional<TenantArguments> tenant;

  static constexpr auto schema() {
    using T = EndpointArguments;
    return fields(optional<&T::name>("name", "Name of the endpoint in metrics and logs."),
                  required<&T::url>("url", "Where to send to."),
                  optional<&T::remote_timeout>("remote_timeout", "How long a request may take."),
                  optional<&T::headers>("headers", "Extra headers of each request."),
                  optional<&T::send_exemplars>("send_exemplars", "Whether exemplars are sent."),
                  optional<&T::send_native_histograms>("send_native_histograms",
                                                       "Whether native histograms are sent."),
                  optional<&T::protobuf_message>("protobuf_message", "Version of the protocol."),
                  inlined<&T::http>(),
                  block<&T::queue>("queue_config", "How samples are batched and retried."),
                  block<&T::metadata>("metadata_config", "How metadata is sent."),
                  blocks<&T::write_relabel_configs>(
                      "write_relabel_config", "Rules applied to series before they are sent."),
                  block<&T::sigv4>("sigv4", "Signs requests for AWS."),
                  block<&T::azuread>("azuread", "Authenticates with Azure Active Directory."),
                  block<&T::google_iam>("google_iam", "Authenticates with Google Cloud."),
                  block<&T::tenant>("tenant", "Sends series to the tenants that a label names."),
                  optional<&T::round_robin_dns>("round_robin_dns",
                                                "Spread requests over all addresses of the host."));
  }
  Result<> validate();

  QueueArguments queue_or_default() const { return queue.value_or(QueueArguments{}); }
};

struct WalArguments {
  Duration truncate_frequency = 2h;
  Duration min_keepalive_time = 5min;
  Duration max_keepalive_time = 8h;

  static constexpr auto schema() {
    using T = WalArguments;
    return fields(
        optional<&T::truncate_frequency>(
            "truncate_frequency", "How often data that was not sent is checked for its age."),
        optional<&T::min_keepalive_time>("min_keepalive_time",
                                         "Data younger than this is never removed unsent."),
        optional<&T::max_keepalive_time>("max_keepalive_time",
                                         "Data older than this is removed although unsent."));
  }
  Result<> validate() const;
};

struct Arguments {
  std::map<std::string, std::string> external_labels;
  std::vector<EndpointArguments> endpoints;
  WalArguments wal;

  static constexpr auto schema() {
    return fields(optional<&Arguments::external_labels>("external_labels",
                                                        "Labels added to series that lack them."),
                  blocks<&Arguments::endpoints>("endpoint", "Where to send metrics to."),
                  block<&Arguments::wal>("wal", "How long data is kept that could not be sent."));
  }
};

struct Exports {
  MetricsReceiverPointer receiver;

  static constexpr auto schema() {
    return fields(required<&Exports::receiver>("receiver", "Takes the metrics to send."));
  }
};

}  // namespace alloy::prometheus::remote_write
