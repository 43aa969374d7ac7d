// Tells a libcurl easy handle (as void*, so that its header stays in .cc files) what to do.
#pragma once

#include "net/exchange.h"

namespace alloy::net {

// The header lists that must live as long as the handle uses them.
class CurlLists {
 public:
  CurlLists() = default;
  ~CurlLists();
  CurlLists(const CurlLists&) = delete;
  CurlLists& operator=(const CurlLists&) = delete;

  void* headers = nullptr;
  void* connect_headers = nullptr;
  void* connect_to = nullptr;
};

// Resets the handle and sets everything the exchange says; `exchange` and `lists` must outlive its
// use. `error_buffer` has CURL_ERROR_SIZE bytes.
void prepare_easy(void* easy, Exchange& exchange, CurlLists& lists, char* error_buffer);

// Fills in how the exchange ended.
void read_outcome(void* easy, int code, const char* error_buffer, Exchange& exchange);

}  // namespace alloy::net
