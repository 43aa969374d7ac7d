#include "components/loki/shared/saved_positions.h"

#include <filesystem>

#include <fmt/format.h>

namespace alloy::loki {
namespace {

constexpr Duration save_interval = 1s;

Result<std::shared_ptr<PositionsFile>> open_in(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail(fmt::format("mkdir {}: {}", folder, error.message()));
  return PositionsFile::open(folder + "/positions.yml");
}

}  // namespace

Task<Result<std::shared_ptr<PositionsFile>>> open_saved_positions(Executor& executor,
                                                                  std::string folder) {
  co_return co_await run_blocking(executor.blocking(), [folder] { return open_in(folder); });
}

Task<> keep_saving(std::shared_ptr<PositionsFile> positions, Executor& executor, Clock& clock,
                   StopToken stop) {
  while (co_await clock.sleep(save_interval, stop) == Wake::elapsed)
    co_await save_at_last(positions, executor);
}

Task<> save_at_last(std::shared_ptr<PositionsFile> positions, Executor& executor) {
  (void)co_await run_blocking(executor.blocking(), [positions] { return positions->save(); });
}

}  // namespace alloy::loki
