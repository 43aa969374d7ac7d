// remote.s3 exposes an object of S3, or of a store that speaks its protocol, to other components,
// and asks for it again every now and then.
#include "component/component.h"
#include "components/remote/s3/object_client.h"

namespace alloy::remote::s3 {
namespace {

struct Arguments {
  std::string path;
  Duration poll_frequency = 10min;
  bool is_secret = false;
  ClientArguments client;

  static constexpr auto schema() {
    return fields(required<&Arguments::path>("path", "The object, as s3://bucket/key."),
                  optional<&Arguments::poll_frequency>("poll_frequency",
                                                       "How often to ask; more than 30 seconds."),
                  optional<&Arguments::is_secret>("is_secret", "Marks the content as a secret."),
                  block<&Arguments::client>("client", "How to reach the store."));
  }
  Result<> validate() const {
    if (poll_frequency <= 30s) return fail("poll_frequency must be greater than 30s");
    return {};
  }
};

struct Exports {
  OptionalSecret content;

  static constexpr auto schema() {
    return fields(required<&Exports::content>("content", "The content of the object."));
  }
};

class S3 final : public AwaitingComponentWith<Arguments, Exports> {
 public:
  explicit S3(Options options);
  Task<Result<>> update(Arguments arguments) override;
  Task<> run(StopToken stop) override;

 private:
  // Everything one request needs; replaced as a whole.
  struct Setup {
    Arguments arguments;
    std::unique_ptr<ObjectClient> client;
  };

  Task<> poll(std::shared_ptr<const Setup> setup, StopToken stop);

  Counter& errors_;
  Gauge& accessed_;
  std::shared_ptr<const Setup> setup_;
};

S3::S3(Options options)
    : AwaitingComponentWith(std::move(options)),
      errors_(this->options().metrics.counter("remote_s3_errors_total",
                                              "The number of errors while accessing s3")),
      accessed_(this->options().metrics.gauge("remote_s3_timestamp_last_accessed_unix_seconds",
                                              "The last successful access in unix seconds")) {}

// A store that can't be reached is no reason to refuse the configuration.
Task<Result<>> S3::update(Arguments arguments) {
  auto setup = std::make_shared<Setup>();
  CO_TRY(const ObjectPath path, parse_object_path(arguments.path));
  CO_TRY(setup->client, ObjectClient::create(path, arguments.client, options().executor, clock()));
  setup->arguments = std::move(arguments);
  setup_ = setup;
  co_await poll(setup, StopToken{});
  co_return Result<>();
}

Task<> S3::poll(std::shared_ptr<const Setup> setup, StopToken stop) {
  auto content = co_await setup->client->get(stop);
  // An update has begun anew meanwhile.
  if (stop.stop_requested() || setup != setup_) co_return;
  if (!content) {
    errors_.add(1);
    report_unhealthy(content.error().message());
    logger().error("failed to get the object", {{"err", content.error()}});
    co_return;
  }
  set_exports({.content = {*std::move(content), setup->arguments.is_secret}});
  accessed_.set(std::chrono::duration<double>(clock().wall().time_since_epoch()).count());
  report_healthy("s3 file updated");
}

Task<> S3::run(StopToken stop) {
  while (!stop.stop_requested()) {
    co_await poll(setup_, stop);
    co_await clock().sleep(setup_->arguments.poll_frequency, stop);
  }
}

}  // namespace
}  // namespace alloy::remote::s3

namespace alloy {

extern const ComponentType remote_s3;
const ComponentType remote_s3 = {
    .name = "remote.s3",
    .doc = "Exposes an object of S3 to other components.",
    .arguments = &schema_of<remote::s3::Arguments>,
    .exports = &schema_of<remote::s3::Exports>,
    .create = create<remote::s3::S3>,
};

}  // namespace alloy
