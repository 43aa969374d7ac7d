// What Google Cloud Logging publishes: its LogEntry as JSON.
#pragma once

#include "base/error.h"
#include "signals/log_batch_builder.h"
#include "signals/relabel.h"

namespace alloy::loki::source_gcplog {

struct EntryOptions {
  std::map<std::string, std::string> labels;  // Of every entry; they win.
  RelabelRulesPointer rules;
  bool use_incoming_timestamp = false;
  bool use_full_line = false;
};

// Appends the entry. `labels` has what is known besides what the text says.
Result<> add_log_entry(std::string_view text, LabelBuilder& labels, const EntryOptions& options,
                       SeriesStore& store, int64_t now_ns, LogBatchBuilder& entries);

}  // namespace alloy::loki::source_gcplog
