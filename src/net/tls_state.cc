#include "net/tls_state.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace alloy::net {
namespace {

int64_t unix_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return ::timegm(&parts);
}

std::string hex(const unsigned char* data, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) fmt::format_to(std::back_inserter(text), "{:02x}", data[i]);
  return text;
}

// The types that have a short name in Go; others are spelled as numbers.
std::string_view short_name(int nid) {
  static constexpr std::array<std::pair<int, std::string_view>, 9> known = {
      {{NID_countryName, "C"},
       {NID_organizationName, "O"},
       {NID_organizationalUnitName, "OU"},
       {NID_commonName, "CN"},
       {NID_serialNumber, "SERIALNUMBER"},
       {NID_localityName, "L"},
       {NID_stateOrProvinceName, "ST"},
       {NID_streetAddress, "STREET"},
       {NID_postalCode, "POSTALCODE"}}};
  const auto found = std::ranges::find(known, nid, &std::pair<int, std::string_view>::first);
  return found == known.end() ? std::string_view() : found->second;
}

// RFC 2253, section 2.4.
std::string escape(std::string_view value) {
  std::string out;
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool at_edge = i == 0 || i + 1 == value.size();
    const bool is_special =
        std::string_view(",+\"\\<>;").contains(c) || (c == '#' && i == 0) || (c == ' ' && at_edge);
    if (is_special) out += '\\';
    out += c;
  }
  return out;
}

std::string entry_text(const X509_NAME_ENTRY* entry) {
  const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(entry);
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
  const std::string_view name = short_name(OBJ_obj2nid(type));
  if (name.empty()) {
    char number[80] = "";
    OBJ_obj2txt(number, sizeof number, type, 1);
    unsigned char* encoded = nullptr;
    const int size = i2d_ASN1_PRINTABLE(value, &encoded);
    const std::string text = size > 0 ? hex(encoded, static_cast<size_t>(size)) : std::string();
    OPENSSL_free(encoded);
    return fmt::format("{}=#{}", number, text);
  }
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  const std::string text =
      size > 0 ? std::string(reinterpret_cast<char*>(utf8), static_cast<size_t>(size)) : "";
  OPENSSL_free(utf8);
  return fmt::format("{}={}", name, escape(text));
}

// The last part first, as RFC 2253 has it.
std::string name_text(const X509_NAME* name) {
  std::string out;
  int last_set = -1;
  for (int i = X509_NAME_entry_count(name) - 1; i >= 0; --i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const int set = X509_NAME_ENTRY_set(entry);
    if (!out.empty()) out += set == last_set ? '+' : ',';
    out += entry_text(entry);
    last_set = set;
  }
  return out;
}

std::string dns_names(X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  std::string out;
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    if (!out.empty()) out += ',';
    out.append(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
               static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  GENERAL_NAMES_free(names);
  return out;
}

// When the first of the chain's certificates expires; none for an empty chain.
int64_t first_expiry(const STACK_OF(X509) * chain, int64_t otherwise) {
  int64_t first = otherwise;
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) {
    const int64_t expiry = unix_time(X509_get0_notAfter(sk_X509_value(chain, i)));
    first = i == 0 ? expiry : std::min(first, expiry);
  }
  return first;
}

std::string version_text(int version) {
  switch (version) {
    case TLS1_VERSION:
      return "TLS 1.0";
    case TLS1_1_VERSION:
      return "TLS 1.1";
    case TLS1_2_VERSION:
      return "TLS 1.2";
    case TLS1_3_VERSION:
      return "TLS 1.3";
    default:
      return "unknown";
  }
}

}  // namespace

TlsState read_tls_state(void* ssl, bool is_verified) {
  auto* connection = static_cast<SSL*>(ssl);
  TlsState state;
  state.version = version_text(SSL_version(connection));
  state.earliest_expiry = first_expiry(SSL_get_peer_cert_chain(connection), 0);
  if (is_verified) {
    state.chain_expiry = first_expiry(SSL_get0_verified_chain(connection), state.chain_expiry);
  }
  const std::unique_ptr<X509, decltype(&X509_free)> own(SSL_get1_peer_certificate(connection),
                                                        X509_free);
  if (!own) return state;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(own.get(), EVP_sha256(), digest, &size);
  state.fingerprint_sha256 = hex(digest, size);
  state.subject = name_text(X509_get_subject_name(own.get()));
  state.issuer = name_text(X509_get_issuer_name(own.get()));
  state.dns_names = dns_names(own.get());
  return state;
}

}  // namespace alloy::net
