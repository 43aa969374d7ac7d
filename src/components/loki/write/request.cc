#include "components/loki/write/request.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include <snappy.h>

#include "wire/loki_push.h"

namespace alloy::loki::write {
namespace {

// A file begins with the tenant: the length of its name, the name.
constexpr size_t tenant_head_bytes = 4;

uint64_t next_number() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

char* write_tenant(char* out, std::string_view tenant) {
  const auto size = static_cast<uint32_t>(tenant.size());
  std::memcpy(out, &size, tenant_head_bytes);
  std::memcpy(out + tenant_head_bytes, tenant.data(), tenant.size());
  return out + tenant_head_bytes + tenant.size();
}

// Deliveries of entries that only the log's memory has.
class KeptDeliveries final : public queue::Safekeeping {
 public:
  explicit KeptDeliveries(std::vector<DeliveryPointer> deliveries)
      : deliveries_(std::move(deliveries)) {}
  ~KeptDeliveries() override {
    for (const DeliveryPointer& delivery : deliveries_) delivery->fail();
  }
  void done() override { deliveries_.clear(); }

 private:
  std::vector<DeliveryPointer> deliveries_;
};

}  // namespace

RequestRecord parse_record(std::string_view payload) {
  uint32_t size = 0;
  if (payload.size() < tenant_head_bytes) return {};
  std::memcpy(&size, payload.data(), tenant_head_bytes);
  if (size > payload.size() - tenant_head_bytes) return {};
  return {.tenant = payload.substr(tenant_head_bytes, size),
          .body = payload.substr(tenant_head_bytes + size)};
}

std::string_view Packer::pack(std::string_view tenant, std::string_view request) {
  const size_t head = tenant_head_bytes + tenant.size();
  const size_t size_max = head + snappy::MaxCompressedLength(request.size());
  if (packed_.size() < size_max) packed_.resize(size_max);
  char* body = write_tenant(packed_.data(), tenant);
  size_t size = 0;
  snappy::RawCompress(request.data(), request.size(), body, &size);
  return {packed_.data(), head + size};
}

bool finish_open_request(std::span<const char> bytes, queue::RecordInfo& info,
                         std::string& payload) {
  std::string copy(bytes.data(), bytes.size());
  const RequestRecord record = parse_record(copy);
  if (record.body.empty()) return false;
  wire::mend_loki_request(std::span(copy).subspan(copy.size() - record.body.size()));
  std::string_view rest = record.body;
  while (!rest.empty()) {
    if (!wire::take_loki_stream(rest)) return false;
  }
  Packer packer;
  payload = packer.pack(record.tenant, record.body);
  info.unpacked_bytes = static_cast<uint32_t>(record.body.size());
  info.counts[bytes_count] = static_cast<uint32_t>(parse_record(payload).body.size());
  return true;
}

OpenRequest::OpenRequest(queue::OpenBatch::Options options, std::string tenant, uint16_t lane,
                         uint16_t lanes)
    : batch_(std::move(options)), tenant_(std::move(tenant)) {
  info_.lane = lane;
  info_.lanes = lanes;
  start();
}

OpenRequest::~OpenRequest() {
  for (const DeliveryPointer& delivery : deliveries_) delivery->fail();
}

void OpenRequest::keep(const DeliveryPointer& delivery) {
  const bool is_kept = !deliveries_.empty() && deliveries_.back() == delivery;
  if (delivery && !is_durable() && !is_kept) deliveries_.push_back(delivery);
}

void OpenRequest::start() {
  info_ = {.lane = info_.lane, .lanes = info_.lanes};
  number_ = next_number();
  if (batch_.bytes().size() < tenant_head_bytes + tenant_.size())
    batch_.clear(2 * (tenant_head_bytes + tenant_.size()));
  used_ = static_cast<size_t>(write_tenant(batch_.bytes().data(), tenant_) - batch_.bytes().data());
  line_bytes_ = 0;
  streams_ = 0;
  pieces_.clear();
  is_dirty_ = false;
}

OpenRequest::Room OpenRequest::room_for(const Stream& stream, size_t bytes,
                                        const EncodingSettings& settings) const {
  const bool is_new = stream.in_request != number_;
  if (is_new && settings.streams_max > 0 && streams_ >= settings.streams_max)
    return Room::too_many_streams;
  if (!empty() && line_bytes_ + bytes > settings.batch_bytes) return Room::request_is_full;
  return Room::enough;
}

bool OpenRequest::add(Stream& stream, const LogEntry& entry, int64_t read_at_us) {
  const wire::LokiEntrySize size = wire::measure_loki_entry(entry);
  const bool is_new_piece = pieces_.empty() || pieces_.back().stream != &stream;
  const size_t head = is_new_piece ? wire::loki_stream_bytes(stream.labels) : 0;
  if (used_ + head + size.field > batch_.bytes().size()) return false;
  char* const bytes = batch_.bytes().data();
  if (is_new_piece) {
    end_piece();
    pieces_.push_back({&stream, static_cast<uint32_t>(used_)});
    used_ = static_cast<size_t>(wire::begin_loki_stream(bytes + used_, stream.labels) - bytes);
    if (stream.in_request != number_) {
      stream.in_request = number_;
      ++streams_;
    }
  }
  used_ = static_cast<size_t>(wire::write_loki_entry(bytes + used_, entry, size) - bytes);
  ++info_.counts[entries_count];
  line_bytes_ += size_of(entry);
  info_.time_min = std::min(info_.time_min, read_at_us);
  info_.time_max = std::max(info_.time_max, read_at_us);
  is_dirty_ = true;
  return true;
}

void OpenRequest::end_piece() {
  if (pieces_.empty()) return;
  char* const bytes = batch_.bytes().data();
  wire::end_loki_stream(bytes + pieces_.back().begin, bytes + used_);
}

void OpenRequest::commit() {
  info_.unpacked_bytes = static_cast<uint32_t>(used_);
  batch_.commit(used_, info_);
  is_dirty_ = false;
}

void OpenRequest::make_room(const Stream& stream, const LogEntry& entry) {
  const size_t wanted = tenant_head_bytes + tenant_.size() +
                        wire::loki_stream_bytes(stream.labels) +
                        wire::measure_loki_entry(entry).field;
  batch_.clear(wanted + wanted / 4);
  start();
}

// The request, with the pieces of each stream put together.
std::string_view OpenRequest::merge(Packer& packer) {
  const size_t head = tenant_head_bytes + tenant_.size();
  const std::string_view request(batch_.bytes().data() + head, used_ - head);
  if (pieces_.size() == streams_) return request;
  std::ranges::sort(pieces_, {},
                    [](const Piece& piece) { return std::pair(piece.stream, piece.begin); });
  std::string& merged = packer.buffer();
  merged.clear();
  size_t begin = 0;
  for (size_t i = 0; i < pieces_.size(); ++i) {
    std::string_view rest(batch_.bytes().data() + pieces_[i].begin, used_ - pieces_[i].begin);
    const auto fields = wire::take_loki_stream(rest);
    ASSERT(fields.has_value());
    if (i == 0 || pieces_[i].stream != pieces_[i - 1].stream) {
      begin = merged.size();
      merged.resize(begin + wire::loki_stream_bytes(fields->labels));
      wire::begin_loki_stream(merged.data() + begin, fields->labels);
    }
    merged += fields->entries;
    wire::end_loki_stream(merged.data() + begin, merged.data() + merged.size());
  }
  return merged;
}

void OpenRequest::seal(queue::Log& log, Packer& packer) {
  if (!empty()) {
    end_piece();
    // Committed first: should the process die while appending, the next one finds it here.
    commit();
    const std::string_view request = merge(packer);
    const std::string_view payload = packer.pack(tenant_, request);
    queue::RecordInfo info = info_;
    info.unpacked_bytes = static_cast<uint32_t>(request.size());
    info.counts[bytes_count] =
        static_cast<uint32_t>(payload.size() - tenant_head_bytes - tenant_.size());
    const uint64_t sequence = batch_.seal(log, payload, info);
    if (!deliveries_.empty()) {
      log.keep(sequence, std::make_unique<KeptDeliveries>(std::move(deliveries_)));
      deliveries_.clear();
    }
  }
  start();
}

}  // namespace alloy::loki::write
