// The `http` block: TLS and authentication of the program's HTTP server.
#include <fmt/format.h>

#include "app/service_blocks.h"
#include "app/windows_certificate_filter.h"
#include "base/text.h"
#include "net/tls_context.h"
#include "values/secret.h"

namespace alloy::app {
namespace {

struct BasicArguments {
  std::string username;
  Secret password;

  static constexpr auto schema() {
    return fields(required<&BasicArguments::username>("username", "Who may talk to the server."),
                  required<&BasicArguments::password>("password", "The password that proves it."));
  }
};

struct FilterArguments {
  std::vector<std::string> paths;
  bool authenticate_matching_paths = true;

  static constexpr auto schema() {
    return fields(
        optional<&FilterArguments::paths>("paths", "Beginnings of paths."),
        optional<&FilterArguments::authenticate_matching_paths>(
            "authenticate_matching_paths", "Whether these paths need credentials, or all others."));
  }
};

struct AuthArguments {
  std::optional<BasicArguments> basic;
  std::optional<FilterArguments> filter;

  static constexpr auto schema() {
    return fields(
        block<&AuthArguments::basic>("basic", "Basic authentication."),
        block<&AuthArguments::filter>("filter", "Which paths need credentials; all without it."));
  }
};

// Texts that only few values may have, each refused at its own place.
struct TlsVersionText {
  net::TlsVersion version = net::TlsVersion::unspecified;
  bool operator==(const TlsVersionText&) const = default;
};
struct CipherText {
  std::string name;
  bool operator==(const CipherText&) const = default;
};
struct CurveText {
  std::string name;
  bool operator==(const CurveText&) const = default;
};
struct ClientAuthText {
  net::ClientAuth policy = net::ClientAuth::no_client_cert;
  bool operator==(const ClientAuthText&) const = default;
};

constexpr std::pair<std::string_view, net::TlsVersion> tls_versions[] = {
    {"", net::TlsVersion::unspecified}, {"TLS10", net::TlsVersion::tls10},
    {"TLS11", net::TlsVersion::tls11},  {"TLS12", net::TlsVersion::tls12},
    {"TLS13", net::TlsVersion::tls13},
};

constexpr std::pair<std::string_view, net::ClientAuth> client_auth_types[] = {
    {"NoClientCert", net::ClientAuth::no_client_cert},
    {"RequestClientCert", net::ClientAuth::request_client_cert},
    {"RequireAnyClientCert", net::ClientAuth::require_any_client_cert},
    {"VerifyClientCertIfGiven", net::ClientAuth::verify_client_cert_if_given},
    {"RequireAndVerifyClientCert", net::ClientAuth::require_and_verify_client_cert},
};

template <class Table, class T>
Result<T> find_in(const Table& table, std::string_view text, std::string_view what, T) {
  for (const auto& [name, value] : table)
    if (name == text) return value;
  return fail(fmt::format("unknown {} {}", what, quote(text)), ErrorKind::invalid);
}

template <class Table, class T>
std::string name_in(const Table& table, T wanted) {
  for (const auto& [name, value] : table)
    if (value == wanted) return std::string(name);
  return {};
}

// Options in which only what is to be checked can be wrong.
net::TlsServerOptions probe() { return {.cert_pem = "x", .key_pem = "x"}; }

}  // namespace
}  // namespace alloy::app

namespace alloy {

template <>
struct MemberTraits<app::TlsVersionText> {
  static constexpr std::string_view name = "string";
  static Result<app::TlsVersionText> parse(std::string_view text) {
    TRY(auto version,
        app::find_in(app::tls_versions, text, "TLS version", net::TlsVersion::unspecified));
    return app::TlsVersionText{version};
  }
  static std::string format(const app::TlsVersionText& value) {
    return app::name_in(app::tls_versions, value.version);
  }
};

template <>
struct MemberTraits<app::ClientAuthText> {
  static constexpr std::string_view name = "string";
  static Result<app::ClientAuthText> parse(std::string_view text) {
    TRY(auto policy, app::find_in(app::client_auth_types, text, "client auth type",
                                  net::ClientAuth::no_client_cert));
    return app::ClientAuthText{policy};
  }
  static std::string format(const app::ClientAuthText& value) {
    return app::name_in(app::client_auth_types, value.policy);
  }
};

template <>
struct MemberTraits<app::CipherText> {
  static constexpr std::string_view name = "string";
  static Result<app::CipherText> parse(std::string_view text) {
    auto options = app::probe();
    options.cipher_suites = {std::string(text)};
    TRY(net::validate(options));
    return app::CipherText{std::string(text)};
  }
  static std::string format(const app::CipherText& value) { return value.name; }
};

template <>
struct MemberTraits<app::CurveText> {
  static constexpr std::string_view name = "string";
  static Result<app::CurveText> parse(std::string_view text) {
    auto options = app::probe();
    options.curve_preferences = {std::string(text)};
    TRY(net::validate(options));
    return app::CurveText{std::string(text)};
  }
  static std::string format(const app::CurveText& value) { return value.name; }
};

namespace app {
namespace {

struct TlsArguments {
  std::string cert_pem;
  std::string cert_file;
  Secret key_pem;
  std::string key_file;
  std::string client_ca_pem;
  std::string client_ca_file;
  ClientAuthText client_auth_type;
  std::vector<CipherText> cipher_suites;
  std::vector<CurveText> curve_preferences;
  TlsVersionText min_version;
  TlsVersionText max_version;
  std::optional<WindowsCertificateFilter> windows_certificate_filter;

  static constexpr auto schema() {
    return fields(
        optional<&TlsArguments::cert_pem>("cert_pem", "The certificate, as PEM text."),
        optional<&TlsArguments::cert_file>("cert_file", "File of the certificate."),
        optional<&TlsArguments::key_pem>("key_pem", "The private key, as PEM text."),
        optional<&TlsArguments::key_file>("key_file", "File of the private key."),
        optional<&TlsArguments::client_ca_pem>(
            "client_ca_pem", "Authorities that sign clients' certificates, as PEM text."),
        optional<&TlsArguments::client_ca_file>(
            "client_ca_file", "File of the authorities that sign clients' certificates."),
        optional<&TlsArguments::client_auth_type>("client_auth_type",
                                                  "What is demanded of clients."),
        optional<&TlsArguments::cipher_suites>("cipher_suites", "Ciphers to offer."),
        optional<&TlsArguments::curve_preferences>("curve_preferences", "Curves to offer."),
        optional<&TlsArguments::min_version>("min_version", "The oldest TLS version to accept."),
        optional<&TlsArguments::max_version>("max_version", "The newest TLS version to accept."),
        block<&TlsArguments::windows_certificate_filter>("windows_certificate_filter",
                                                         "Certificates of a Windows store."));
  }

  Result<void> validate() const {
    if (!windows_certificate_filter) return net::validate(options());
    for (const auto* text :
         {&cert_pem, &cert_file, &key_pem.value, &key_file, &client_ca_pem, &client_ca_file})
      if (!text->empty())
        return fail(
            "cannot specify any key, certificate or CA when using windows certificate filter",
            ErrorKind::invalid);
    return {};
  }

  net::TlsServerOptions options() const {
    net::TlsServerOptions o = {.cert_pem = cert_pem,
                               .cert_file = cert_file,
                               .key_pem = key_pem.value,
                               .key_file = key_file,
                               .client_ca_pem = client_ca_pem,
                               .client_ca_file = client_ca_file,
                               .client_auth = client_auth_type.policy,
                               .min_version = min_version.version,
                               .max_version = max_version.version};
    for (const auto& cipher : cipher_suites) o.cipher_suites.push_back(cipher.name);
    for (const auto& curve : curve_preferences) o.curve_preferences.push_back(curve.name);
    return o;
  }
};

struct HttpArguments {
  std::optional<TlsArguments> tls;
  std::optional<AuthArguments> auth;

  static constexpr auto schema() {
    return fields(block<&HttpArguments::tls>("tls", "Serve with TLS."),
                  block<&HttpArguments::auth>("auth", "Ask clients who they are."));
  }
};

std::optional<HttpAuth> auth_of(const HttpArguments& arguments) {
  if (!arguments.auth || !arguments.auth->basic) return std::nullopt;
  const BasicArguments& basic = *arguments.auth->basic;
  HttpAuth auth{.username = basic.username, .password = basic.password.value};
  if (const auto& filter = arguments.auth->filter) {
    auth.paths = filter->paths;
    auth.authenticate_matching_paths = filter->authenticate_matching_paths;
  }
  return auth;
}

class HttpBlock final : public runtime::ConfiguredService {
 public:
  HttpBlock(HttpService& http, Logger logger) : http_(http), logger_(std::move(logger)) {}

  std::string_view block_name() const override { return "http"; }
  const Schema* arguments() const override { return &schema_of<HttpArguments>; }

  Task<Result<>> configure(std::shared_ptr<const void> given) override {
    const auto& arguments = *static_cast<const HttpArguments*>(given.get());
    if (arguments.tls && arguments.tls->windows_certificate_filter)
      co_return fail("the Windows Certificate filter is only available on Windows platforms");
    CO_TRY(http_.set_tls(arguments.tls ? std::optional(arguments.tls->options()) : std::nullopt));
    logger_.info(arguments.tls ? "applying TLS config to HTTP server"
                               : "applying non-TLS config to HTTP server");
    http_.set_auth(auth_of(arguments));
    http_.open();
    co_return Result<>();
  }

 private:
  HttpService& http_;
  Logger logger_;
};

}  // namespace

const Schema& http_block_schema() { return schema_of<HttpArguments>; }

std::unique_ptr<runtime::ConfiguredService> make_http_block(HttpService& http, Logger logger) {
  return std::make_unique<HttpBlock>(http, logger.with({{"service", "http"}}));
}

}  // namespace app
}  // namespace alloy
