#include "app/signals.h"

#include <csignal>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace alloy::app {
namespace {

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int signal : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Signals::Signals() {
  const sigset_t set = handled_signals();
  ASSERT(::pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  // A peer that closes its end is an error of write(), not the end of the process.
  ASSERT(std::signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  finished_ = ::eventfd(0, EFD_CLOEXEC);
  ASSERT(signals_ >= 0 && finished_ >= 0);
}

Signals::~Signals() {
  ::close(signals_);
  ::close(finished_);
  const sigset_t set = handled_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Signals::handle_until_finished(const Actions& actions) {
  pollfd sources[] = {{.fd = signals_, .events = POLLIN, .revents = 0},
                      {.fd = finished_, .events = POLLIN, .revents = 0}};
  while (true) {
    if (::poll(sources, 2, -1) < 0) continue;  // Interrupted.
    if (sources[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) != sizeof info) continue;
    if (info.ssi_signo == SIGHUP) {
      actions.on_hangup();
      continue;
    }
    // Threads of the pool keep them blocked: the next one comes to this thread, and kills.
    sigset_t stopping;
    sigemptyset(&stopping);
    sigaddset(&stopping, SIGINT);
    sigaddset(&stopping, SIGTERM);
    ::pthread_sigmask(SIG_UNBLOCK, &stopping, nullptr);
    actions.on_stop();
  }
}

void Signals::finish() {
  const uint64_t one = 1;
  ASSERT(::write(finished_, &one, sizeof one) == sizeof one);
}

}  // namespace alloy::app
