// The push request that is being filled: streams of one tenant, in memory that is a file. What has
// been committed survives the process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "components/loki/write/streams.h"
#include "queue/open_batch.h"
#include "signals/log_batch.h"

namespace alloy::loki::write {

// Which element of queue::Counts is what.
inline constexpr size_t entries_count = 0;
inline constexpr size_t bytes_count = 1;  // Of the compressed request.

// What a record holds: whose request it is, and the request as it goes on the wire.
struct RequestRecord {
  std::string_view tenant;
  std::string_view body;
};
RequestRecord parse_record(std::string_view payload);

// Makes records out of requests; its memory is used again.
class Packer {
 public:
  // From the bytes of a request's file. Empty if they are damaged. Valid until the next call.
  std::string_view pack(std::string_view tenant, std::string_view request);

  // Scratch for whoever prepares the request.
  std::string& buffer() { return buffer_; }

 private:
  std::vector<char> packed_;
  std::string buffer_;
};

// Makes a record of what a process that died left open.
bool finish_open_request(std::span<const char> bytes, queue::RecordInfo& info,
                         std::string& payload);

class OpenRequest {
 public:
  OpenRequest(queue::OpenBatch::Options options, std::string tenant, uint16_t lane, uint16_t lanes);
  // What would not survive the process is lost: its deliveries fail.
  ~OpenRequest();
  OpenRequest(const OpenRequest&) = delete;
  OpenRequest& operator=(const OpenRequest&) = delete;

  // Whether adding so much to this stream would exceed the limits. An empty request is never full.
  enum class Room : unsigned char { enough, request_is_full, too_many_streams };
  Room room_for(const Stream& stream, size_t bytes, const EncodingSettings& settings) const;

  // Adds an entry. False (and nothing is changed): the file has no room for it.
  bool add(Stream& stream, const LogEntry& entry, int64_t read_at_us);
  // What was added until now counts.
  void commit();
  // Hands the request to the log and starts anew.
  void seal(queue::Log& log, Packer& packer);
  // Makes room for an entry of this size in an empty request.
  void make_room(const Stream& stream, const LogEntry& entry);

  bool empty() const { return info_.counts[entries_count] == 0; }
  bool is_dirty() const { return is_dirty_; }
  // Whether what is committed survives the process.
  bool is_durable() const { return batch_.is_durable(); }
  const std::string& tenant() const { return tenant_; }
  uint16_t lane() const { return info_.lane; }
  // Entries of a batch with this delivery were added: it is settled once they survive the process.
  void keep(const DeliveryPointer& delivery);
  // Removes its file; it is empty.
  void remove() { batch_.remove(); }

  // When the first entry came.
  SteadyTime opened_at;

 private:
  // A piece of a stream: the same stream may have several.
  struct Piece {
    const Stream* stream;
    uint32_t begin;
  };

  void start();
  void end_piece();
  std::string_view merge(Packer& packer);

  queue::OpenBatch batch_;
  const std::string tenant_;
  queue::RecordInfo info_;  // Of what is written, committed or not.
  uint64_t number_ = 0;     // Of this request, for Stream::in_request; unique in the program.
  size_t used_ = 0;
  size_t line_bytes_ = 0;
  size_t streams_ = 0;
  std::vector<Piece> pieces_;
  // Of batches that would not survive the process.
  std::vector<DeliveryPointer> deliveries_;
  bool is_dirty_ = false;
};

}  // namespace alloy::loki::write
