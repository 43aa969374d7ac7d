// Says how an exchange failed in the words of Go's HTTP client, which users of the real program
// know from logs, health messages and scrape errors.
#pragma once

#include "base/error.h"
#include "net/exchange.h"
#include "net/url.h"

namespace alloy::net {

// What goes behind `Get "http://…": `. `url` is the one asked for.
Error exchange_error(const Exchange& exchange, const Url& url);

}  // namespace alloy::net
