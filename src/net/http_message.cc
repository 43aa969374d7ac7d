#include "net/http_message.h"

#include <algorithm>

namespace alloy::net {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

class StringBody final : public BodyReader {
 public:
  explicit StringBody(std::string content) : size_(content.size()), content_(std::move(content)) {}

  Task<Result<std::string>> read() override { co_return std::exchange(content_, {}); }
  std::optional<uint64_t> size() const override { return size_; }

 private:
  uint64_t size_;
  std::string content_;
};

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

void Headers::add(std::string name, std::string value) {
  fields_.push_back({std::move(name), std::move(value)});
}

void Headers::set(std::string name, std::string value) {
  remove(name);
  add(std::move(name), std::move(value));
}

size_t Headers::remove(std::string_view name) {
  return std::erase_if(fields_,
                       [&](const Header& field) { return equals_ignoring_case(field.name, name); });
}

const Header* Headers::find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields_, [&](const Header& field) { return equals_ignoring_case(field.name, name); });
  return found == fields_.end() ? nullptr : &*found;
}

std::string_view Headers::get(std::string_view name) const {
  const Header* field = find(name);
  return field ? std::string_view(field->value) : std::string_view();
}

bool Headers::has_token(std::string_view name, std::string_view token) const {
  for (const Header& field : fields_) {
    if (!equals_ignoring_case(field.name, name)) continue;
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      if (equals_ignoring_case(trim_blanks(rest.substr(0, comma)), token)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

Task<Result<std::string>> BodyReader::read_all(size_t size_max) {
  std::string all;
  while (true) {
    CO_TRY(std::string piece, co_await read());
    if (piece.empty()) co_return all;
    if (piece.size() > size_max - all.size()) {
      co_return fail("http: request body too large", ErrorKind::full);
    }
    if (all.empty()) {
      all = std::move(piece);
    } else {
      all += piece;
    }
  }
}

const Headers& BodyReader::trailers() const {
  static const Headers none;
  return none;
}

std::unique_ptr<BodyReader> make_body(std::string content) {
  return std::make_unique<StringBody>(std::move(content));
}

ServerResponse text_response(int status, std::string_view text) {
  ServerResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "text/plain; charset=utf-8"},
                      {"X-Content-Type-Options", "nosniff"}};
  response.body = std::string(text) + "\n";
  return response;
}

std::string_view status_text(int status) {
  struct Entry {
    int status;
    std::string_view text;
  };
  static constexpr Entry entries[] = {
      {100, "Continue"},
      {101, "Switching Protocols"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {203, "Non-Authoritative Information"},
      {204, "No Content"},
      {205, "Reset Content"},
      {206, "Partial Content"},
      {207, "Multi-Status"},
      {300, "Multiple Choices"},
      {301, "Moved Permanently"},
      {302, "Found"},
      {303, "See Other"},
      {304, "Not Modified"},
      {305, "Use Proxy"},
      {307, "Temporary Redirect"},
      {308, "Permanent Redirect"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {402, "Payment Required"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {407, "Proxy Authentication Required"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {410, "Gone"},
      {411, "Length Required"},
      {412, "Precondition Failed"},
      {413, "Request Entity Too Large"},
      {414, "Request URI Too Long"},
      {415, "Unsupported Media Type"},
      {416, "Requested Range Not Satisfiable"},
      {417, "Expectation Failed"},
      {418, "I'm a teapot"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Entity"},
      {423, "Locked"},
      {424, "Failed Dependency"},
      {425, "Too Early"},
      {426, "Upgrade Required"},
      {428, "Precondition Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {451, "Unavailable For Legal Reasons"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
      {507, "Insufficient Storage"},
      {511, "Network Authentication Required"},
  };
  const auto found = std::ranges::lower_bound(entries, status, {}, &Entry::status);
  return found != std::end(entries) && found->status == status ? found->text : std::string_view();
}

}  // namespace alloy::net
