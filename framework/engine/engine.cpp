#include "engine/engine.hpp"

#include <vector>

#include "engine/processes.hpp"
#include "engine/workers.hpp"
#include "util/bytes.hpp"

namespace hillock {

Engine::Engine(std::size_t jobs, Processes* processes, std::optional<Records> records, Progress progress)
    : threads_(jobs > 0 ? jobs : all_workers()),
      processes_(processes),
      records_(std::move(records)),
      progress_(std::move(progress)) {}

std::size_t Engine::workers() const { return threads_ * (processes_ ? processes_->size() : 1); }

void Engine::begin(std::uint64_t done, std::uint64_t total) {
  done_ = done;
  total_ = total;
}

void Engine::advance(std::uint64_t more) {
  const std::lock_guard lock(mutex_);
  done_ += more;
  if (progress_) progress_(done_, total_);
}

void Engine::share(std::size_t n, const std::function<void(std::size_t)>& here,
                   const std::function<std::string(std::size_t)>& unit,
                   const std::function<void(std::string_view)>& take) {
  if (!processes_) return for_all(n, threads_, here);
  processes_->share(n, threads_, here, unit, [&](std::string_view answer) {
    ByteReader bytes(answer);
    std::vector<std::string> results;
    std::uint64_t more = 0;
    bytes(results);
    bytes(more);
    bytes.end();
    for (const std::string& result : results) take(result);
    advance(more);
  });
}

void Engine::release() const {
  if (processes_) processes_->release();
}

void Engine::serve_bytes(Processes& processes, const Work<std::string>& work) {
  processes.serve([&](std::string_view unit) {
    std::vector<std::string> results;
    std::uint64_t more = 0;
    work(unit,
         {[&](std::string result) { results.push_back(std::move(result)); }, [&](std::uint64_t m) { more += m; }});
    ByteWriter bytes;
    bytes(results);
    bytes(more);
    return std::move(bytes).bytes();
  });
}

}  // namespace hillock
