#pragma once
// Several processes that share one run, as `mpirun` starts them. The first one hands out work and takes in results; all
// of them work.
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace hillock {

class Processes {
 public:
  virtual ~Processes() = default;
  virtual std::size_t rank() const = 0;  ///< 0: the first process
  virtual std::size_t size() const = 0;

  /// The first process: hands out work 0, ..., n - 1, each to whoever is free, itself among them with `threads`
  /// threads, and returns when all of it is done. `here` does one on this process [any thread], `pack` gives one as
  /// bytes for another process, `take` is given what became of it [the thread of share]. Throws what `here` or another
  /// process threw, Interrupted if the user asked to stop.
  virtual void share(std::size_t n, std::size_t threads, const std::function<void(std::size_t)>& here,
                     const std::function<std::string(std::size_t)>& pack,
                     const std::function<void(std::string_view)>& take) = 0;
  /// In place of `share`, where there is no work for the others.
  void release() { share(0, 0, {}, {}, {}); }
  /// Every other process: does what it is handed, until nothing is left. What `work` throws is told to the first
  /// process, and thrown.
  virtual void serve(const std::function<std::string(std::string_view)>& work) = 0;
  /// The others wait here for the first process. Throws Interrupted if the user asked to stop.
  virtual void join() = 0;
  /// Ends all processes at once, with this exit status.
  [[noreturn]] virtual void abandon(int status) = 0;
};

/// The processes that were started together with this one by `mpirun`; null if it is alone. Throws Error if this
/// hillock was built without MPI.
std::unique_ptr<Processes> join_processes();

}  // namespace hillock
