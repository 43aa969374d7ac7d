// What a server answers us: heads, gzip and zstd bodies, OAuth2 tokens.
#include <string_view>

#include "net/answer_receiver.h"
#include "net/oauth2.h"

namespace {

using namespace alloy::net;

void receive(std::string_view head, std::string_view body) {
  Request request;
  request.body_size_max = 1 << 20;
  request.decoding = Decoding::gzip_zstd;
  Response response;
  AnswerReceiver receiver(request, true, response);
  while (!head.empty()) {
    const size_t end = head.find('\n');
    if (!receiver.receive_head_line(head.substr(0, end))) return;
    head = end == head.npos ? "" : head.substr(end + 1);
  }
  if (!receiver.has_head() && !receiver.receive_head(200, {})) return;
  while (!body.empty()) {
    const size_t size = std::min<size_t>(body.size(), 7);
    if (!receiver.receive_body(body.substr(0, size))) return;
    body.remove_prefix(size);
  }
  (void)receiver.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t blank = text.find("\n\n");
  if (blank != text.npos) receive(text.substr(0, blank + 2), text.substr(blank + 2));
  receive("HTTP/1.1 200 OK\nContent-Encoding: gzip\n\n", text);
  receive("HTTP/1.1 200 OK\nContent-Encoding: zstd\n\n", text);
  (void)parse_token_answer(200, "200 OK", "application/json", text, alloy::SteadyTime{});
  (void)parse_token_answer(200, "200 OK", "text/plain", text, alloy::SteadyTime{});
  return 0;
}
