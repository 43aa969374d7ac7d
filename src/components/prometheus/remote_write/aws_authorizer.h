// Signs requests for AWS (sigv4).
#pragma once

#include <memory>
#include <string>

#include "base/executor.h"
#include "components/prometheus/remote_write/arguments.h"
#include "components/shared/aws/credentials.h"
#include "components/shared/outgoing/sender.h"

namespace alloy::prometheus::remote_write {

class AwsAuthorizer final : public outgoing::RequestPreparation {
 public:
  static Result<std::shared_ptr<AwsAuthorizer>> create(const SigV4Arguments& arguments,
                                                       Executor& executor, Clock& clock);

  Task<Result<>> prepare(net::Request* request, StopToken stop) override;

 private:
  AwsAuthorizer(std::unique_ptr<aws::CredentialSource> credentials, AnyExecutor strand,
                Clock& clock)
      : credentials_(std::move(credentials)), strand_(std::move(strand)), clock_(clock) {}
  static Task<Result<aws::Credentials>> find(AwsAuthorizer* self, StopToken stop);

  const std::unique_ptr<aws::CredentialSource> credentials_;  // Used on the strand only.
  const AnyExecutor strand_;
  Clock& clock_;
  std::string region_;  // On the strand until it is known.
  std::string service_;
};

}  // namespace alloy::prometheus::remote_write
