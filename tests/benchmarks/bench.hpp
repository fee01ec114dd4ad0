#pragma once
// What the benchmarks share: times taken round by round, tables in Markdown.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace hillock::bench {

/// A machine is shared and its clock moves, so a time says little by itself: contestants take turns, and what is
/// compared is the median over rounds of the ratio within a round.
struct Wishes {
  int rounds = 7;
  std::vector<std::string> only;  ///< of the contestants, by name; all if empty
  int trials = 15;                ///< of each problem that has trials
  std::string problems;           ///< of optimizers: `bbob` or `fits`; both if empty
  std::filesystem::path
      others;  ///< the folder of hand-tuned kernels (`limit`) and of other programs (`peers`); empty if not at hand
};

/// Seconds of processor time that f takes on this thread: what waits for a busy machine does not count.
template <class F> double seconds(F&& f) {
  const auto now = [] {
    timespec t{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  };
  const double begin = now();
  f();
  return now() - begin;
}

/// Seconds on the wall, as other programs take them: threads work side by side.
template <class F> double wall_seconds(F&& f) {
  const auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Calls f(job) for each job from 0 on all threads. The first exception of one is thrown when all have ended.
void for_each_job(std::size_t jobs, const std::function<void(std::size_t)>& f);

/// REQUIRES: x is not empty.
inline double median(std::vector<double> x) {
  const auto middle = x.begin() + static_cast<std::ptrdiff_t>(x.size() / 2);
  std::nth_element(x.begin(), middle, x.end());
  return *middle;
}

/// Rows of cells as a Markdown table, columns as wide as their widest cell. The first row is the head; the first column
/// is flush left.
void print_table(const std::vector<std::vector<std::string>>& rows);

/// What one of the programs in `others` prints, line by line, each split at commas: peer, workload:method:tol=...,
/// neurons, steps, seconds, ... Empty if it is not there or fails, with a word to stderr.
std::vector<std::vector<std::string>> run_other(const Wishes& wishes, const std::string& program,
                                                const std::string& arguments);

void w1(const Wishes& wishes);
void w2(const Wishes& wishes);
void w3(const Wishes& wishes);
void w4(const Wishes& wishes);
void w5(const Wishes& wishes);
void w6(const Wishes& wishes);
void w7(const Wishes& wishes);
void w8(const Wishes& wishes);
void candidates(const Wishes& wishes);
void strangers(const Wishes& wishes);
void derivatives(const Wishes& wishes);
void optimizers(const Wishes& wishes);
void known_fits(const Wishes& wishes);

}  // namespace hillock::bench
