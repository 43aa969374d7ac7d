// Where credentials for AWS come from: as given, the environment, the files in ~/.aws, a web
// identity (EKS), the container's endpoint (ECS), the machine's metadata (EC2); and the role to
// assume with them. In the order of AWS's own clients.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/executor.h"
#include "components/shared/aws/sigv4.h"
#include "net/http_client.h"

namespace alloy::aws {

struct CredentialOptions {
  std::string access_key;
  std::string secret_key;
  std::string profile;
  std::string role_arn;
  std::string external_id;
  std::string region;
  bool use_fips_endpoint = false;  // Of STS.
};

// All calls on one strand.
class CredentialSource {
 public:
  static Result<std::unique_ptr<CredentialSource>> create(CredentialOptions options,
                                                          Executor& executor, Clock& clock);

  // Gets new ones shortly before the old ones expire.
  Task<Result<Credentials>> get(StopToken stop);
  // Forgets what it has, since it was refused.
  void forget() { expires_ = {}; }
  // What the machine's metadata say under this path.
  Task<Result<std::string>> metadata(std::string path, StopToken stop);
  // The machine's region, from its metadata.
  Task<Result<std::string>> find_region(StopToken stop);

 private:
  // With the time they are good for; none: for ever.
  struct Timed {
    Credentials credentials;
    std::optional<WallTime> expires;
  };

  CredentialSource(CredentialOptions options, Executor& executor, Clock& clock)
      : options_(std::move(options)), executor_(executor), clock_(clock) {}
  Task<Result<Timed>> find(StopToken stop);
  Task<Result<Timed>> from_web_identity(std::string token_file, StopToken stop);
  Task<Result<Timed>> from_container(std::string url, StopToken stop);
  Task<Result<Timed>> from_machine(StopToken stop);
  Task<Result<Timed>> assume_role(Credentials own, StopToken stop);
  Task<Result<net::Response>> fetch(net::Request request, StopToken stop);
  Result<Timed> read_sts_answer(const net::Response& response, std::string_view action) const;
  Result<Timed> read_json_answer(std::string_view body) const;

  CredentialOptions options_;
  Executor& executor_;
  Clock& clock_;
  std::unique_ptr<net::HttpClient> client_;
  Credentials current_;
  WallTime expires_{};  // In the past: there are none.
};

// A section of ~/.aws/credentials or ~/.aws/config: name and value of each line, in their order.
using ProfileEntries = std::vector<std::pair<std::string, std::string>>;
std::optional<ProfileEntries> find_profile(std::string_view text, std::string_view profile);

// The region from the environment or the profile's files; empty if neither says.
std::string configured_region(const std::string& profile);
// Whether this machine is AWS's, so that it has metadata to ask for.
bool is_on_aws();

}  // namespace alloy::aws
