#include "components/remote/vault/arguments.h"

#include "base/text.h"

namespace alloy::remote::vault {

Result<> AwsAuth::validate() const {
  if (type.empty()) return fail("type must not be empty");
  if (type != "ec2" && type != "iam")
    return fail(fmt::format("unrecognized type {}, expected one of ec2,iam", quote(type)));
  if (ec2_signature_type.empty()) return fail("ec2_signature_type must not be empty");
  if (ec2_signature_type != "pkcs7" && ec2_signature_type != "identity") {
    return fail(fmt::format("unrecognized ec2_signature_type {}, expected one of pkcs7,identity",
                            quote(ec2_signature_type)));
  }
  return {};
}

Result<> GcpAuth::validate() const {
  if (type == "gce") return {};
  if (type != "iam")
    return fail(fmt::format("unrecognized type {}, expected one of gce,iam", quote(type)));
  if (iam_service_account.empty())
    return fail("iam_service_account must be provided when type is iam");
  return fail("type \"iam\" of auth.gcp is not supported");
}

Result<> Arguments::validate() const {
  if (auth.empty()) return fail("exactly one auth.* block must be specified; found none");
  if (auth.size() > 1)
    return fail(fmt::format("exactly one auth.* block must be specified; found {}", auth.size()));
  if (client_options.timeout == Duration::zero())
    return fail("client_options.timeout must be greater than 0");
  return {};
}

}  // namespace alloy::remote::vault
