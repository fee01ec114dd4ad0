#pragma once
// A map over threads, processes and kept records: units of work go out, results come back. It knows bytes and no
// purpose.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace hillock {

class Processes;

/// Finished work that an interrupted run can go on with, as records that only those who wrote them can read.
struct Records {
  std::function<void(std::string_view)> keep;                                       ///< one call at a time
  std::function<void(const std::function<void(std::string_view)>&)> for_each_kept;  ///< of an earlier run
};

/// Where a unit of work puts what it finishes.
template <class R> struct Delivery {
  std::function<void(R)> result;                    ///< any number of them
  std::function<void(std::uint64_t more)> advance;  ///< how much further the whole work is, as progress counts it
};

/// Does one unit of work, on any thread of any process. The unit is bytes, as `map` was given them. R can be written as
/// bytes by `std::string R::pack() const` and read by `static R R::unpack(std::string_view)`.
template <class R> using Work = std::function<void(std::string_view unit, const Delivery<R>& to)>;

class Engine {
 public:
  using Progress = std::function<void(std::size_t done, std::size_t total)>;
  /// `jobs`: threads of this process, 0 for as many as the machine has. `processes` may be null, `progress` empty.
  Engine(std::size_t jobs, Processes* processes, std::optional<Records> records, Progress progress);

  /// Threads of this process.
  std::size_t threads() const { return threads_; }
  /// Threads of all processes.
  std::size_t workers() const;

  /// Hands over every result that an earlier run kept, in their order.
  template <class R, class Take> void for_each_kept(const Take& take) const {
    if (records_) records_->for_each_kept([&](std::string_view record) { take(R::unpack(record)); });
  }
  /// Keeps a result for a run that goes on. One call at a time: in `take` of a map, or where nothing else runs.
  template <class R> void keep(const R& result) const {
    if (records_) records_->keep(result.pack());
  }

  /// So much of the whole work is done before the map. Tells nobody.
  void begin(std::uint64_t done, std::uint64_t total);
  /// So much more is done; tells the progress. [any thread]
  void advance(std::uint64_t more);

  /// Does the units 0, ..., n - 1, each on whichever thread or process is free. `unit` gives one as bytes [any thread].
  /// `take` is given each result, one call at a time. At most once in the run of several processes, whose others
  /// `serve` meanwhile. The first exception ends what has not begun and is thrown here; Interrupted if the user asked
  /// to stop.
  template <class R, class Take>
  void map(std::size_t n, const std::function<std::string(std::size_t)>& unit, const Work<R>& work, const Take& take) {
    const auto here = [&](std::size_t k) {
      work(unit(k), {[&](R result) {
                       const std::lock_guard lock(mutex_);
                       take(std::move(result));
                     },
                     [&](std::uint64_t more) { advance(more); }});
    };
    share(n, here, unit, [&](std::string_view result) {
      const std::lock_guard lock(mutex_);
      take(R::unpack(result));
    });
  }
  /// In place of a map: there is no work for the other processes.
  void release() const;

  /// What every process but the first does while the first one maps the same work.
  template <class R> static void serve(Processes& processes, const Work<R>& work) {
    serve_bytes(processes, [&](std::string_view unit, const Delivery<std::string>& to) {
      work(unit, {[&](const R& result) { to.result(result.pack()); }, to.advance});
    });
  }

 private:
  void share(std::size_t n, const std::function<void(std::size_t)>& here,
             const std::function<std::string(std::size_t)>& unit, const std::function<void(std::string_view)>& take);
  static void serve_bytes(Processes& processes, const Work<std::string>& work);

  const std::size_t threads_;
  Processes* const processes_;
  const std::optional<Records> records_;
  const Progress progress_;
  std::mutex mutex_;  ///< held while a result is taken and while progress is told
  std::uint64_t done_ = 0, total_ = 0;
};

}  // namespace hillock
