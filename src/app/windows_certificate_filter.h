// The block `windows_certificate_filter` of `http { tls }`, which takes certificates from the
// certificate store of Windows. It is read and checked as everywhere, and then refused: there is no
// such store here.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "schema/fields.h"

namespace alloy::app {

struct WindowsServerFilter {
  std::string store;
  std::string system_store;
  std::vector<std::string> issuer_common_names;
  std::string template_id;
  Duration refresh_interval = 5min;

  static constexpr auto schema() {
    using T = WindowsServerFilter;
    return fields(
        optional<&T::store>("store", "Which kind of store."),
        optional<&T::system_store>("system_store", "Which store of that kind."),
        optional<&T::issuer_common_names>("issuer_common_names", "Who may have issued it."),
        optional<&T::template_id>("template_id", "The template that it was made from."),
        optional<&T::refresh_interval>("refresh_interval", "How often to look for a new one."));
  }
};

struct WindowsClientFilter {
  std::vector<std::string> issuer_common_names;
  std::string subject_regex;
  std::string template_id;

  static constexpr auto schema() {
    using T = WindowsClientFilter;
    return fields(
        optional<&T::issuer_common_names>("issuer_common_names", "Who may have issued them."),
        optional<&T::subject_regex>("subject_regex", "Which subjects are let in."),
        optional<&T::template_id>("template_id", "The template that they were made from."));
  }
};

struct WindowsCertificateFilter {
  WindowsServerFilter server;
  WindowsClientFilter client;

  static constexpr auto schema() {
    return fields(required_block<&WindowsCertificateFilter::server>("server", "The server's own."),
                  required_block<&WindowsCertificateFilter::client>("client", "Those of clients."));
  }
};

}  // namespace alloy::app
