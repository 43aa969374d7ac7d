// Gets one object from S3 or a store that speaks its protocol.
#pragma once

#include <memory>
#include <string>

#include "base/executor.h"
#include "components/shared/aws/credentials.h"
#include "net/http_client.h"
#include "schema/fields.h"
#include "values/secret.h"

namespace alloy::remote::s3 {

struct ClientArguments {
  std::string key;
  Secret secret;
  std::string endpoint;
  bool disable_ssl = false;
  bool use_path_style = false;
  std::string region;
  std::string signing_region;

  static constexpr auto schema() {
    using C = ClientArguments;
    return fields(
        optional<&C::key>("key", "The access key; without it, AWS's usual places are searched."),
        optional<&C::secret>("secret", "The secret key."),
        optional<&C::endpoint>("endpoint", "URL of the store, in place of AWS's."),
        optional<&C::disable_ssl>("disable_ssl", "Takes any certificate of the store."),
        optional<&C::use_path_style>("use_path_style",
                                     "Whether the bucket goes into the URL's path, not its host."),
        optional<&C::region>("region", "The bucket's region."),
        optional<&C::signing_region>("signing_region",
                                     "The region that requests to the endpoint are signed for."));
  }
};

struct ObjectPath {
  std::string bucket;
  std::string key;
};

// Of "s3://bucket/dir/key".
Result<ObjectPath> parse_object_path(std::string_view path);

// All calls on one strand.
class ObjectClient {
 public:
  static Result<std::unique_ptr<ObjectClient>> create(ObjectPath path, ClientArguments arguments,
                                                      Executor& executor, Clock& clock);
  // Tries again what may pass, a few times.
  Task<Result<std::string>> get(StopToken stop);

 private:
  ObjectClient(ObjectPath path, ClientArguments arguments, Clock& clock)
      : path_(std::move(path)), arguments_(std::move(arguments)), clock_(clock) {}
  std::string url() const;
  std::string_view signing_region() const;
  Task<Result<net::Response>> ask(StopToken stop);

  const ObjectPath path_;
  ClientArguments arguments_;
  Clock& clock_;
  std::unique_ptr<net::HttpClient> client_;
  std::unique_ptr<aws::CredentialSource> credentials_;
};

}  // namespace alloy::remote::s3
