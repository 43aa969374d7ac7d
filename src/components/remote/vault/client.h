// Speaks the HTTP API of Vault (developer.hashicorp.com/vault/api-docs), as far as it takes to log
// in, to read a secret of the key-value engine's version 2, and to renew either.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "components/remote/vault/arguments.h"
#include "net/http_client.h"

namespace alloy::remote::vault {

// What an answer says.
struct Answer {
  std::string request_id;
  std::string lease_id;
  bool is_renewable = false;
  Duration lease{};                         // How long it is good for; 0: not limited.
  std::string client_token;                 // Of a login.
  std::map<std::string, std::string> data;  // Members that are strings.
  std::vector<std::string> others;          // The names of members that are none.
  std::vector<std::string> warnings;
};

// Of `body`, where the members of the data are those of a secret of the key-value engine, which
// wraps them once more, or not.
enum class Wrapping : unsigned char { none, key_value };
Result<Answer> parse_answer(std::string_view body, Wrapping wrapping);

class Client {
 public:
  static Result<std::unique_ptr<Client>> create(const Arguments& arguments, Executor& executor,
                                                Clock& clock);

  void set_token(std::string token) { token_ = std::move(token); }
  const std::string& token() const { return token_; }

  // Where a secret is, without what all paths begin with: "secret/data/app".
  static Result<std::string> secret_path(const Arguments& arguments);
  Task<Result<Answer>> read_secret(std::string path, StopToken stop);
  // Writes, with other values of the namespace and the token where these are given.
  struct Write {
    std::string path;
    std::string body;  // JSON.
    std::string name_space;
    std::string token;
  };
  Task<Result<Answer>> write(Write write, StopToken stop);

 private:
  Client(const Arguments& arguments, Clock& clock)
      : server_(arguments.server),
        name_space_(arguments.name_space),
        options_(arguments.client_options),
        clock_(clock) {}
  // The answer's body, if it is a success; not_found for 404.
  Task<Result<std::string>> ask(std::string method, Write write, StopToken stop);

  std::string server_;
  const std::string name_space_;
  const ClientArguments options_;
  Clock& clock_;
  std::unique_ptr<net::HttpClient> client_;
  std::string token_;
};

}  // namespace alloy::remote::vault
