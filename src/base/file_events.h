// Notices that open files are written to, renamed or removed (inotify).
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "base/task.h"

namespace alloy {

class FileEvents {
 public:
  // Watches one file as long as it lives. FileEvents outlives it.
  class Watch {
   public:
    Watch(Watch&& other) noexcept
        : events_(std::exchange(other.events_, nullptr)), id_(other.id_), number_(other.number_) {}
    Watch& operator=(Watch&&) = delete;
    ~Watch();

   private:
    friend class FileEvents;
    Watch(FileEvents& events, int id, uint64_t number)
        : events_(&events), id_(id), number_(number) {}
    FileEvents* events_;
    int id_;
    uint64_t number_;
  };

  // Error: the system's limit of such objects is reached.
  static Result<std::unique_ptr<FileEvents>> create();
  ~FileEvents();
  FileEvents(const FileEvents&) = delete;
  FileEvents& operator=(const FileEvents&) = delete;

  // Watches the file that is open under this descriptor, whatever becomes of its name. `on_change`
  // is called by run(). From any thread.
  Result<Watch> watch(int descriptor, std::function<void()> on_change);

  // Tells of changes until asked to stop; all watches are told when events got lost. After each
  // round it rests for `pause`, so that a busy file causes no more rounds than that.
  Task<> run(Duration pause, StopToken stop);

 private:
  struct Listener {
    uint64_t number;
    std::function<void()> on_change;
  };

  explicit FileEvents(int descriptor) : descriptor_(descriptor) {}
  void unwatch(int id, uint64_t number);
  void tell(int id);
  void tell_all();

  const int descriptor_;
  std::mutex mutex_;  // Guards everything below.
  uint64_t next_number_ = 0;
  std::unordered_map<int, std::vector<Listener>> listeners_;  // By what inotify calls the file.
};

}  // namespace alloy
