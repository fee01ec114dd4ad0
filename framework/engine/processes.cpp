#include "engine/processes.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "engine/processes_module.h"
#include "util/error.hpp"
#include "util/interrupt.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

/// From others to the first: ready for work, done with it, or in trouble. From the first: work, that it is over, or
/// that the first is there.
enum Tag { ready = 1, done, trouble, work, over, joined };

constexpr auto nap = std::chrono::microseconds(200);  // while there is no message: short beside the work of a portion

struct Message {
  int from = 0, tag = 0;
  std::string bytes;
};

class MpiProcesses : public Processes {
 public:
  explicit MpiProcesses(const hillock_mpi& mpi) : mpi_(mpi) {
    mpi_.begin(&rank_, &ranks_, [] { return interrupted ? 1 : 0; });
  }
  ~MpiProcesses() override { mpi_.end(); }
  std::size_t rank() const override { return static_cast<std::size_t>(rank_); }
  std::size_t size() const override { return static_cast<std::size_t>(ranks_); }

  void share(std::size_t n, std::size_t threads, const std::function<void(std::size_t)>& here,
             const std::function<std::string(std::size_t)>& pack,
             const std::function<void(std::string_view)>& take) override {
    std::atomic<std::size_t> next = 0, working = threads;
    std::atomic<bool> stop = false;
    std::mutex mutex;
    std::exception_ptr failure;
    const auto fail = [&](std::exception_ptr why) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::move(why);
      stop = true;
    };
    std::vector<std::jthread> own;
    for (std::size_t t = 0; t < threads; ++t)
      own.emplace_back([&] {
        try {
          for (std::size_t k; !stop && (k = next++) < n;) here(k);
        } catch (...) { fail(std::current_exception()); }
        --working;
      });
    int others = ranks_ - 1;  // that have not been told that it is over
    while (others > 0 || working > 0) {
      if (interrupted) stop = true;
      if (stop && working == 0) break;  // the others end with this process
      Message m;
      if (!poll(m)) {
        std::this_thread::sleep_for(nap);
        continue;
      }
      try {
        if (m.tag == done) take(m.bytes);
        if (m.tag == trouble) throw Error(m.bytes.substr(1), static_cast<Exit>(static_cast<unsigned char>(m.bytes[0])));
      } catch (...) { fail(std::current_exception()); }
      if (const std::size_t k = stop ? n : next++; k < n) {
        send(m.from, work, pack(k));
      } else {
        send(m.from, over, "");
        --others;
      }
    }
    own.clear();
    if (failure) std::rethrow_exception(failure);
    if (interrupted) throw Interrupted{};
  }

  void serve(const std::function<std::string(std::string_view)>& run) override {
    Message answer{0, ready, ""};
    while (true) {
      send(0, answer.tag, answer.bytes);
      const Message m = wait();
      if (m.tag == over) return;
      try {
        answer = {0, done, run(m.bytes)};
      } catch (const Error& e) { answer = in_trouble(e.status(), e.message()); } catch (const std::exception& e) {
        answer = in_trouble(Exit::run_failed, e.what());
      }
    }
  }

  void join() override {
    if (rank_ > 0) wait();
    else
      for (int other = 1; other < ranks_; ++other) send(other, joined, "");
  }

  void abandon(int status) override {
    mpi_.abort(status);
    std::_Exit(status);
  }

 private:
  Message in_trouble(Exit status, std::string_view why) const {
    return {0, trouble, fmt::format("{}process {} of {}: {}", static_cast<char>(status), rank_ + 1, ranks_, why)};
  }
  void send(int to, int tag, const std::string& bytes) {
    if (!mpi_.send(to, tag, bytes.data(), bytes.size())) throw Interrupted{};
  }
  Message wait() {
    Message m;
    while (!poll(m)) {
      if (interrupted) throw Interrupted{};
      std::this_thread::sleep_for(nap);
    }
    return m;
  }
  bool poll(Message& m) {
    std::uint64_t length = 0;
    if (!mpi_.probe(&m.from, &m.tag, &length)) return false;
    m.bytes.resize(length);
    if (!mpi_.receive(m.from, m.tag, m.bytes.data(), length)) throw Interrupted{};
    return true;
  }

  const hillock_mpi& mpi_;
  int rank_ = 0, ranks_ = 1;
};

/// How many processes were started together, as the launchers of MPI tell their children.
int started_together() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
    if (const char* value = std::getenv(name)) return std::atoi(value);
  return 1;
}

}  // namespace

std::unique_ptr<Processes> join_processes() {
  if (started_together() <= 1) return nullptr;
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  const fs::path module = program.parent_path().parent_path() / "lib/hillock/modules/mpi.so";
  // global: MPI loads parts of itself that look for its symbols
  void* const library = ::dlopen(module.c_str(), RTLD_NOW | RTLD_GLOBAL);
  using Entry = const hillock_mpi*();
  auto* const entry = library ? reinterpret_cast<Entry*>(::dlsym(library, "hillock_mpi_entry")) : nullptr;
  if (!entry)
    throw Error({},
                fmt::format("{} processes were started to share a run, and this hillock has no module of MPI",
                            started_together()),
                "install the package hillock-mpi, or build with ./hillock --with-mpi");
  return std::make_unique<MpiProcesses>(*entry());
}

}  // namespace hillock
