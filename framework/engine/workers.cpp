#include "engine/workers.hpp"

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

namespace hillock {

std::size_t all_workers() { return static_cast<std::size_t>(tbb::this_task_arena::max_concurrency()); }

void for_all(std::size_t n, std::size_t workers, const std::function<void(std::size_t)>& f) {
  if (workers <= 1 || n <= 1) {
    for (std::size_t i = 0; i < n; ++i) f(i);
    return;
  }
  tbb::task_arena arena(static_cast<int>(workers));
  arena.execute([&] {
    // one piece of work after the other: they are long, and unlike in length
    tbb::parallel_for(
        tbb::blocked_range<std::size_t>(0, n, 1),
        [&](const tbb::blocked_range<std::size_t>& range) {
          for (std::size_t i = range.begin(); i != range.end(); ++i) f(i);
        },
        tbb::simple_partitioner());
  });
}

}  // namespace hillock
