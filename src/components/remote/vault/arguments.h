// The arguments of remote.vault.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.h"
#include "schema/fields.h"
#include "values/secret.h"

namespace alloy::remote::vault {

struct TokenAuth {
  Secret token;

  static constexpr auto schema() {
    return fields(required<&TokenAuth::token>("token", "The token to use."));
  }
};

struct AppRoleAuth {
  std::string role_id;
  Secret secret;
  bool wrapping_token = false;
  std::string mount_path = "approle";

  static constexpr auto schema() {
    using A = AppRoleAuth;
    return fields(required<&A::role_id>("role_id", "The role's id."),
                  required<&A::secret>("secret", "The secret id."),
                  optional<&A::wrapping_token>("wrapping_token",
                                               "Whether the secret is a token that unwraps it."),
                  optional<&A::mount_path>("mount_path", "Where the method is mounted."));
  }
};

struct AwsAuth {
  std::string type = "iam";
  std::string region = "us-east-1";
  std::string role;
  std::string iam_server_id_header;
  std::string ec2_signature_type = "pkcs7";
  std::string mount_path = "aws";

  static constexpr auto schema() {
    using A = AwsAuth;
    return fields(required<&A::type>("type", "How to prove who this is: \"ec2\" or \"iam\"."),
                  optional<&A::region>("region", "The region of the service that checks it."),
                  optional<&A::role>("role", "The role to log in as."),
                  optional<&A::iam_server_id_header>(
                      "iam_server_id_header", "Value of the header X-Vault-AWS-IAM-Server-ID."),
                  optional<&A::ec2_signature_type>("ec2_signature_type",
                                                   "Which signature of the machine: \"pkcs7\" or "
                                                   "\"identity\"."),
                  optional<&A::mount_path>("mount_path", "Where the method is mounted."));
  }
  Result<> validate() const;
};

struct AzureAuth {
  std::string role;
  std::string resource_url = "https://management.azure.com/";
  std::string mount_path = "azure";

  static constexpr auto schema() {
    using A = AzureAuth;
    return fields(required<&A::role>("role", "The role to log in as."),
                  optional<&A::resource_url>("resource_url", "Whom the machine's token is for."),
                  optional<&A::mount_path>("mount_path", "Where the method is mounted."));
  }
};

struct GcpAuth {
  std::string role;
  std::string type = "gce";
  std::string iam_service_account;
  std::string mount_path = "gcp";

  static constexpr auto schema() {
    using A = GcpAuth;
    return fields(required<&A::role>("role", "The role to log in as."),
                  required<&A::type>("type", "How to prove who this is: \"gce\"."),
                  optional<&A::iam_service_account>("iam_service_account",
                                                    "The service account of type \"iam\"."),
                  optional<&A::mount_path>("mount_path", "Where the method is mounted."));
  }
  Result<> validate() const;
};

struct KubernetesAuth {
  std::string role;
  std::string service_account_file = "/var/run/secrets/kubernetes.io/serviceaccount/token";
  std::string mount_path = "kubernetes";

  static constexpr auto schema() {
    using A = KubernetesAuth;
    return fields(required<&A::role>("role", "The role to log in as."),
                  optional<&A::service_account_file>("service_account_file",
                                                     "The file with the service account's token."),
                  optional<&A::mount_path>("mount_path", "Where the method is mounted."));
  }
};

struct LdapAuth {
  std::string username;
  Secret password;
  std::string mount_path = "ldap";

  static constexpr auto schema() {
    using A = LdapAuth;
    return fields(required<&A::username>("username", "Who logs in."),
                  required<&A::password>("password", "The password."),
                  optional<&A::mount_path>("mount_path", "Where the method is mounted."));
  }
};

struct UserpassAuth {
  std::string username;
  Secret password;
  std::string mount_path = "userpass";

  static constexpr auto schema() {
    using A = UserpassAuth;
    return fields(required<&A::username>("username", "Who logs in."),
                  required<&A::password>("password", "The password."),
                  optional<&A::mount_path>("mount_path", "Where the method is mounted."));
  }
};

struct CustomAuth {
  std::string path;
  std::map<std::string, Secret> data;
  std::string name_space;

  static constexpr auto schema() {
    using A = CustomAuth;
    return fields(required<&A::path>("path", "Where to log in, such as auth/x/login."),
                  required<&A::data>("data", "What to log in with."),
                  optional<&A::name_space>("namespace", "The namespace to log in to."));
  }
};

// Exactly one of them is given.
struct AuthArguments {
  std::optional<TokenAuth> token;
  std::optional<AppRoleAuth> approle;
  std::optional<AwsAuth> aws;
  std::optional<AzureAuth> azure;
  std::optional<GcpAuth> gcp;
  std::optional<KubernetesAuth> kubernetes;
  std::optional<LdapAuth> ldap;
  std::optional<UserpassAuth> userpass;
  std::optional<CustomAuth> custom;

  static constexpr auto schema() {
    using A = AuthArguments;
    return fields(block<&A::token>("token", "With a token."),
                  block<&A::approle>("approle", "With a role's id and secret."),
                  block<&A::aws>("aws", "As a machine or a role of AWS."),
                  block<&A::azure>("azure", "As a machine of Azure."),
                  block<&A::gcp>("gcp", "As a machine of Google Cloud."),
                  block<&A::kubernetes>("kubernetes", "With a service account of Kubernetes."),
                  block<&A::ldap>("ldap", "With a user of LDAP."),
                  block<&A::userpass>("userpass", "With a user and a password."),
                  block<&A::custom>("custom", "By any other method."));
  }
};

struct ClientArguments {
  Duration min_retry_wait = 1000ms;
  Duration max_retry_wait = 1500ms;
  int64_t max_retries = 2;
  Duration timeout = 60s;

  static constexpr auto schema() {
    using C = ClientArguments;
    return fields(optional<&C::min_retry_wait>("min_retry_wait", "Pause before the first retry."),
                  optional<&C::max_retry_wait>("max_retry_wait", "Longest pause before a retry."),
                  optional<&C::max_retries>("max_retries", "How often a request is tried again."),
                  optional<&C::timeout>("timeout", "How long a request may take."));
  }
};

struct Arguments {
  std::string server;
  std::string name_space;
  std::string path;
  std::string key;
  Duration reread_frequency{};
  ClientArguments client_options;
  std::vector<AuthArguments> auth;

  static constexpr auto schema() {
    using A = Arguments;
    return fields(
        required<&A::server>("server", "The server's URL."),
        optional<&A::name_space>("namespace", "The namespace of the secret."),
        required<&A::path>("path",
                           "The secret: its mount and its name, or just the mount if there is a "
                           "`key`."),
        optional<&A::key>("key", "The name of the secret within the mount."),
        optional<&A::reread_frequency>("reread_frequency",
                                       "How often to read the secret again; 0 is never."),
        block<&A::client_options>("client_options", "How the HTTP client behaves."),
        one_of<&A::auth>("auth", "How to log in; exactly one."));
  }
  Result<> validate() const;
};

struct Exports {
  std::map<std::string, Secret> data;

  static constexpr auto schema() {
    return fields(required<&Exports::data>("data", "The members of the secret that are strings."));
  }
};

// What is said of a token or a secret.
struct LeaseInfo {
  std::string latest_request_id;
  std::string last_update_time;
  std::string secret_expire_time;
  bool renewable = false;
  std::vector<std::string> warnings;

  static constexpr auto schema() {
    using L = LeaseInfo;
    return fields(required<&L::latest_request_id>("latest_request_id", "The request that got it."),
                  required<&L::last_update_time>("last_update_time", "When that was."),
                  required<&L::secret_expire_time>("secret_expire_time", "When it expires."),
                  required<&L::renewable>("renewable", "Whether it can be renewed."),
                  required<&L::warnings>("warnings", "What the server had to say about it."));
  }
};

struct DebugInfo {
  LeaseInfo auth_token;
  LeaseInfo secret;

  static constexpr auto schema() {
    return fields(block<&DebugInfo::auth_token>("auth_token", "The token that is used."),
                  block<&DebugInfo::secret>("secret", "The secret that is exported."));
  }
};

}  // namespace alloy::remote::vault
