// How to reach a Kubernetes API server: by its URL, as a kubeconfig file says, or from inside a pod
// with the pod's own credentials.
#pragma once

#include <string>

#include "base/error.h"
#include "net/http_client_options.h"

namespace alloy::kubernetes {

struct Connection {
  std::string url;  // Without a slash at the end.
  net::HttpClientOptions client;
  std::string name_space;  // Of the pod we run in, or the kubeconfig's context.
};

// Where a pod finds its credentials.
inline constexpr std::string_view service_account_folder =
    "/var/run/secrets/kubernetes.io/serviceaccount";

// Errors read like client-go's: "stat x: no such file or directory", "unable to load in-cluster
// configuration, …". Reads files: small ones, at once.
Result<Connection> connection_from_kubeconfig(const std::string& path);
Result<Connection> connection_in_cluster(std::string_view folder = service_account_folder);

// By the first file of KUBECONFIG that exists, from inside a pod, or by ~/.kube/config.
Result<Connection> connection_from_environment();

// The current context of a kubeconfig; paths in it are relative to `folder`.
Result<Connection> parse_kubeconfig(const std::string& text, const std::string& folder);

}  // namespace alloy::kubernetes
