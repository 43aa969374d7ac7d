// sysctl: the kernel parameters that somebody asks for.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "components/prometheus/exporter_unix/collectors/all.h"
#include "components/prometheus/exporter_unix/collectors/names.h"

namespace alloy::prometheus::exporter_unix {
namespace {

// "net.ipv4.tcp_rmem:min,default,max"
struct Parameter {
  std::string name;
  std::vector<std::string> keys;  // Names for its values, if it has several.
  bool is_numeric = true;

  static Parameter parse(std::string_view text, bool is_numeric) {
    const size_t colon = text.find(':');
    Parameter parameter{std::string(text.substr(0, colon)), {}, is_numeric};
    if (colon == std::string_view::npos) return parameter;
    for (const std::string_view key : split(text.substr(colon + 1), ',')) {
      parameter.keys.emplace_back(key);
    }
    return parameter;
  }

  std::string path() const {
    std::string path = "sys/" + name;
    std::ranges::replace(path, '.', '/');
    return path;
  }
};

class Sysctl final : public Collector {
 public:
  explicit Sysctl(Paths paths) : paths_(std::move(paths)) {}
  static Result<std::unique_ptr<Sysctl>> create(const CollectorOptions& options) {
    auto sysctl = std::make_unique<Sysctl>(options.paths);
    for (const std::string& text : options.arguments.sysctl.include) {
      sysctl->parameters_.push_back(Parameter::parse(text, /*is_numeric=*/true));
    }
    for (const std::string& text : options.arguments.sysctl.include_info) {
      sysctl->parameters_.push_back(Parameter::parse(text, /*is_numeric=*/false));
    }
    return sysctl;
  }

  Result<> collect(Metrics& out) override {
    for (const Parameter& parameter : parameters_) {
      TRY(const std::string text, read_text(paths_.in_proc(parameter.path())));
      TRY(add(parameter, words(text), out));
    }
    return {};
  }

 private:
  static Result<> add(const Parameter& parameter, const std::vector<std::string_view>& values,
                      Metrics& out);

  Paths paths_;
  std::vector<Parameter> parameters_;
};

Result<> Sysctl::add(const Parameter& parameter, const std::vector<std::string_view>& values,
                     Metrics& out) {
  const size_t key_count = parameter.keys.size();
  if (values.empty()) return fail(fmt::format("sysctl {} has no values", parameter.name));
  if (values.size() == 1 && key_count > 0) {
    return fail(fmt::format("sysctl {} has only one value, but expected [{}]", parameter.name,
                            fmt::join(parameter.keys, " ")));
  }
  if (key_count > 0 && key_count != values.size()) {
    return fail(fmt::format("sysctl {} has {} values but {} keys are given", parameter.name,
                            values.size(), key_count));
  }
  if (key_count > 0 && !parameter.is_numeric) {
    return fail("mapped sysctl string values not supported");
  }
  const std::string family = fmt::format("node_sysctl_{}", metric_name(parameter.name));
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string index = fmt::format("{}", i);
    if (!parameter.is_numeric) {
      out.gauge("node_sysctl_info", "sysctl info",
                {{"name", parameter.name}, {"value", values[i]}, {"index", index}}, 1);
      continue;
    }
    const auto number = to_integer(values[i]);
    if (!number) {
      return fail(fmt::format("sysctl {} is no number: {}", parameter.name, quote(values[i])));
    }
    const auto value = static_cast<double>(*number);
    if (key_count > 0) {
      out.untyped(fmt::format("{}_{}", family, parameter.keys[i]),
                  fmt::format("sysctl {}, field {}", parameter.name, i), {}, value);
    } else if (values.size() == 1) {
      out.untyped(family, fmt::format("sysctl {}", parameter.name), {}, value);
    } else {
      out.untyped(family, fmt::format("sysctl {}", parameter.name), {{"index", index}}, value);
    }
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Collector>> create_sysctl(const CollectorOptions& options) {
  return create_collector<Sysctl>(options);
}

}  // namespace alloy::prometheus::exporter_unix
