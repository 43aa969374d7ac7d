// What nearly every file includes anyway, compiled once. Only others' headers: ours change.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <expected>
#include <functional>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

namespace alloy::precompiled {

// Never called: makes the compiler instantiate what most files would instantiate on their own.
inline void warm(std::string& out, std::string_view text, int number) {
  fmt::format_to(std::back_inserter(out), "{} {}", text, number);
  fmt::format_to(std::back_inserter(out), "{}", text);
  out += fmt::format("{} {} {}", text, number, out);
  out += fmt::format("{}", text);
  out += fmt::format("{} {}", text, text);
}

}  // namespace alloy::precompiled
