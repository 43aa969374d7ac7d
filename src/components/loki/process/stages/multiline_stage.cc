// stage.multiline: the lines of a block become one line.
#include <memory>
#include <unordered_map>

#include "components/loki/process/stages/container_stages.h"
#include "signals/search_expression.h"

namespace alloy::loki::process {
namespace {

class MultilineStage final : public Stage {
 public:
  MultilineStage(const MultilineArguments& arguments, SearchExpression first, StageContext& context)
      : Stage("multiline"),
        arguments_(arguments),
        first_(std::move(first)),
        names_(context.names) {}

  std::optional<SteadyTime> deadline() const override {
    std::optional<SteadyTime> earliest;
    for (const auto& [key, block] : blocks_) {
      const SteadyTime end = block.seen_at + arguments_.max_wait_time;
      if (!earliest || end < *earliest) earliest = end;
    }
    return earliest;
  }
  std::optional<Duration> wait_min() const override { return arguments_.max_wait_time; }

  void flush(SteadyTime now, Run& run) override {
    const bool is_end = now == SteadyTime::max();
    for (auto entry = blocks_.begin(); entry != blocks_.end();) {
      Block& block = entry->second;
      if (!is_end && block.seen_at + arguments_.max_wait_time > now) {
        ++entry;
        continue;
      }
      release(block, run);
      entry = blocks_.erase(entry);
    }
  }

 private:
  // What has been read of a block. Its first line is kept behind max_lines: what follows up to the
  // next first line has its labels, too.
  struct Block {
    std::unique_ptr<HeldLine> first;
    std::string text;
    uint64_t lines = 0;
    SteadyTime seen_at;
  };

  void process(Line& line, Run& run) override {
    const bool is_first = first_.matches(line.text);
    const uint64_t key = line.labels.hash();
    auto found = blocks_.find(key);
    if (found == blocks_.end()) {
      // Lines before the first block pass as they are.
      if (!is_first) return pass(line, run);
      found = blocks_.try_emplace(key).first;
    }
    Block& block = found->second;
    const SteadyTime now = run.steady();
    const bool is_late = block.lines > 0 && now - block.seen_at >= arguments_.max_wait_time;
    if (is_first || is_late) release(block, run);
    if (is_first)
      block.first = std::make_unique<HeldLine>(line, run.delivery_of_open_block());
    else
      block.first->hold(run.delivery_of_open_block());
    if (!block.text.empty()) block.text += '\n';
    std::string_view text = line.text;
    if (arguments_.trim_newlines) {
      text = text.substr(0, text.find_last_not_of("\r\n") + 1);
    }
    block.text += text;
    ++block.lines;
    block.seen_at = now;
    if (block.lines == arguments_.max_lines) release(block, run);
  }

  void release(Block& block, Run& run) {
    if (block.lines == 0) return;
    Run::BorrowedLine line(run);
    block.first->restore(*line, names_, run);
    line->text = run.scratch.keep(block.text);
    block.text.clear();
    block.lines = 0;
    pass(*line, run);
  }

  const MultilineArguments arguments_;
  const SearchExpression first_;
  const NameTable& names_;
  std::unordered_map<uint64_t, Block> blocks_;  // By the hash of the labels.
};

}  // namespace

Result<void> MultilineArguments::validate() const {
  if (max_wait_time <= Duration::zero()) return fail("max_wait_time must be greater than 0");
  return {};
}

Result<StagePointer> make_stage(const MultilineArguments& arguments, StageContext& context) {
  if (arguments.firstline.empty()) {
    return fail("multiline stage config must define `firstline` regular expression");
  }
  auto first = SearchExpression::create(arguments.firstline);
  if (!first) {
    return std::unexpected(std::move(first).error().with_context(
        "multiline stage first line regex compilation error"));
  }
  return std::make_unique<MultilineStage>(arguments, *std::move(first), context);
}

}  // namespace alloy::loki::process
