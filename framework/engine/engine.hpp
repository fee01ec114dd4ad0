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
#include <vector>

#include "engine/child.hpp"
#include "util/bytes.hpp"

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

/// What is done with a unit of work, which is bytes, as `map` was given them. R can be written as bytes by
/// `std::string R::pack() const` and read by `static R R::unpack(std::string_view)`.
template <class R> struct Work {
  /// Does one, on any thread of any process.
  std::function<void(std::string_view unit, const Delivery<R>& to)> run;
  /// What stands in place of the results of a unit that was lost with its process, and why it was.
  std::function<R(std::string_view unit, const std::string& why)> lost = {};
  /// Splits a unit, to find the part that is to blame. A unit that cannot be split is lost as a whole.
  std::function<std::vector<std::string>(std::string_view unit)> parts = {};
  /// Whether these can be all the results of a unit: asked of those that an isolated process gave back, which a plugin
  /// may have written over.
  std::function<bool(std::string_view unit, const std::vector<R>& results)> answers = {};
  /// How much of the whole work a unit is, as progress counts it; without it, 1.
  std::function<std::uint64_t(std::string_view unit)> counts = {};
};

/// How units of work are kept from harming one another: each is done by a process of its own.
struct Isolation {
  ChildLimits limits;                          ///< of each unit
  std::function<void()> begins;                ///< what such a process does first
  std::function<void(std::string_view)> said;  ///< told what such a process wrote to stderr. [one call at a time]
};

class Engine {
 public:
  using Progress = std::function<void(std::size_t done, std::size_t total)>;
  /// `jobs`: threads of this process, 0 for as many as the machine has. `processes` may be null, `progress` empty.
  /// REQUIRES: not both `processes` and `isolation`.
  Engine(std::size_t jobs, Processes* processes, std::optional<Records> records, Progress progress,
         std::optional<Isolation> isolation = {});

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
  /// `take` is given each result, and whether it stands for what was lost, one call at a time: what was lost is not
  /// kept, so that a run that goes on tries it again. At most once in the run of several processes, whose others
  /// `serve` meanwhile. The first exception ends what has not begun and is thrown here; Interrupted if the user asked
  /// to stop. In isolation a unit whose process crashes, ends, exceeds its limits or gives back what cannot be its
  /// results has those of `Work::lost`.
  template <class R, class Take>
  void map(std::size_t n, const std::function<std::string(std::size_t)>& unit, const Work<R>& work, const Take& take) {
    spread(n, unit, work, take, processes_);
  }
  /// The same on the threads of this process alone, any number of times.
  template <class R, class Take>
  void map_here(std::size_t n, const std::function<std::string(std::size_t)>& unit, const Work<R>& work,
                const Take& take) {
    spread(n, unit, work, take, nullptr);
  }
  /// In place of a map: there is no work for the other processes.
  void release() const;

  /// What every process but the first does while the first one maps the same work.
  template <class R> static void serve(Processes& processes, const Work<R>& work) {
    serve_bytes(processes, packed(work));
  }

 private:
  template <class R, class Take>
  void spread(std::size_t n, const std::function<std::string(std::size_t)>& unit, const Work<R>& work, const Take& take,
              Processes* among) {
    const auto take_one = [&](R result) {
      const std::lock_guard lock(mutex_);
      take(std::move(result), false);
    };
    const auto take_bytes = [&](std::string_view result) { take_one(R::unpack(result)); };
    const auto take_all = [&](std::string_view of, const std::vector<std::string>& given) {
      std::vector<R> results;
      for (const std::string& result : given) results.push_back(R::unpack(result));
      need_fit(!work.answers || work.answers(of, results));
      for (R& result : results) take_one(std::move(result));
    };
    const auto take_lost = [&](std::string_view lost, const std::string& why) {
      const std::lock_guard lock(mutex_);
      take(work.lost(lost, why), true);
    };
    const auto here = [&](std::size_t k) {
      if (isolation_) isolated(unit(k), packed(work), take_all, take_lost);
      else work.run(unit(k), {take_one, [&](std::uint64_t more) { advance(more); }});
    };
    share(n, here, unit, take_bytes, among);
  }
  /// The same work with results as bytes. REQUIRES: the work lives as long.
  template <class R> static Work<std::string> packed(const Work<R>& work) {
    return {[&work](std::string_view unit, const Delivery<std::string>& to) {
              work.run(unit, {[&](const R& result) { to.result(result.pack()); }, to.advance});
            },
            {},
            work.parts,
            {},
            work.counts};
  }
  /// `take` throws DamagedRecord, and has taken nothing, if these are not the results of the unit.
  void isolated(const std::string& unit, const Work<std::string>& work,
                const std::function<void(std::string_view unit, const std::vector<std::string>& results)>& take,
                const std::function<void(std::string_view unit, const std::string& why)>& take_lost);
  void share(std::size_t n, const std::function<void(std::size_t)>& here,
             const std::function<std::string(std::size_t)>& unit, const std::function<void(std::string_view)>& take,
             Processes* among);
  static void serve_bytes(Processes& processes, const Work<std::string>& work);

  const std::size_t threads_;
  Processes* const processes_;
  const std::optional<Records> records_;
  const Progress progress_;
  const std::optional<Isolation> isolation_;
  std::mutex mutex_;  ///< held while a result is taken and while progress is told
  std::uint64_t done_ = 0, total_ = 0;
};

}  // namespace hillock
