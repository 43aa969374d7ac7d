#include "components/shared/shared_http_clients.h"

#include <algorithm>

namespace alloy {
namespace {

// Of what differs most often where options differ.
size_t hash_of(const HttpClientArguments& arguments) {
  size_t hash = 0;
  const auto add = [&hash](std::string_view text) {
    hash = hash * 31 + std::hash<std::string_view>()(text);
  };
  if (arguments.basic_auth) {
    add(arguments.basic_auth->username);
    add(arguments.basic_auth->password.value);
  }
  if (arguments.authorization) add(arguments.authorization->credentials.value);
  if (arguments.oauth2) add(arguments.oauth2->client_id);
  if (arguments.tls) add(arguments.tls->server_name);
  for (const auto& [name, values] : arguments.http_headers)
    for (const Secret& value : values) add(value.value);
  return hash;
}

}  // namespace

SharedHttpClients::Entry& SharedHttpClients::entry(const HttpClientArguments& arguments) {
  const size_t hash = hash_of(arguments);
  const auto [begin, end] = entries_.equal_range(hash);
  for (auto found = begin; found != end; ++found)
    if (found->second.arguments == arguments) return found->second;
  if (entries_.size() > size_checked_) {
    // Those whose clients are all gone make room.
    std::erase_if(entries_, [](const auto& known) {
      return std::ranges::all_of(known.second.clients,
                                 [](const auto& client) { return client.expired(); });
    });
    size_checked_ = 2 * entries_.size() + 64;
  }
  return entries_.emplace(hash, Entry{.arguments = arguments})->second;
}

Result<std::shared_ptr<net::HttpClient>> SharedHttpClients::get(
    const HttpClientArguments& arguments,
    const std::function<Result<std::shared_ptr<net::HttpClient>>()>& make) {
  const std::lock_guard lock(mutex_);
  Entry& known = entry(arguments);
  if (known.clients.size() < each_) known.clients.resize(each_);
  auto& slot = known.clients[known.next++ % each_];
  if (auto client = slot.lock()) return client;
  TRY(auto client, make());
  slot = client;
  return client;
}

}  // namespace alloy
