#include "engine/engine.hpp"

#include <fmt/format.h>

#include <exception>
#include <vector>

#include "engine/processes.hpp"
#include "engine/workers.hpp"
#include "util/bytes.hpp"
#include "util/error.hpp"

namespace hillock {
namespace {

/// What one unit gave, as it leaves the process that did it.
std::string answer_of(const Work<std::string>& work, std::string_view unit) {
  std::vector<std::string> results;
  std::uint64_t more = 0;
  work.run(unit,
           {[&](std::string result) { results.push_back(std::move(result)); }, [&](std::uint64_t m) { more += m; }});
  ByteWriter bytes;
  bytes(results);
  bytes(more);
  return std::move(bytes).bytes();
}

/// What a process of this run gave back.
struct Answer {
  std::vector<std::string> results;
  std::uint64_t more = 0;  ///< how much further the work is
};

/// Throws DamagedRecord.
Answer answer_in(std::string_view given) {
  ByteReader bytes(given);
  Answer a;
  bytes(a.results), bytes(a.more);
  bytes.end();
  return a;
}

/// The first byte of what an isolated unit answers.
constexpr char good = '+', refused = '-';

/// Throws DamagedRecord.
Error refusal_in(std::string_view given) {
  std::string what;
  std::uint32_t status = 0;
  need_fit(given.starts_with(refused));
  ByteReader bytes(given.substr(1));
  bytes(what), bytes(status);
  bytes.end();
  const auto exit = static_cast<Exit>(status);
  need_fit(exit == Exit::bad_input || exit == Exit::run_failed);
  return Error(what, exit);
}

/// What is said of an error where its file is not at hand: without the excerpt, and with the place in words.
std::string in_a_line(const Error& e) {
  const Place& p = e.place();
  return fmt::format("{}{}{}", p ? fmt::format("{}:{}:{}: ", p.source->name, p.line, p.column) : "", e.message(),
                     e.hint().empty() ? "" : " - " + e.hint());
}

/// Why a unit was lost: "plugin 'x' crashed (SIGSEGV)", if that is the last line that its process said, which is then
/// taken out of it; else how the process ended.
std::string why_lost(ChildEnd& end) {
  constexpr std::string_view error = "error: ", begin = "error: plugin ";
  std::string_view said = end.said;
  while (said.ends_with('\n')) said.remove_suffix(1);
  const std::string last(said.substr(said.rfind('\n') + 1));
  if (!last.starts_with(begin)) return fmt::format("its process {}", end.why);
  end.said.resize(said.size() - last.size());
  return last.substr(error.size());
}

}  // namespace

Engine::Engine(std::size_t jobs, Processes* processes, std::optional<Records> records, Progress progress,
               std::optional<Isolation> isolation)
    : threads_(jobs > 0 ? jobs : all_workers()),
      processes_(processes),
      records_(std::move(records)),
      progress_(std::move(progress)),
      isolation_(std::move(isolation)) {}

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
                   const std::function<void(std::string_view)>& take, Processes* among) {
  if (!among) return for_all(n, threads_, here);
  among->share(n, threads_, here, unit, [&](std::string_view given) {
    try {
      const Answer answer = answer_in(given);
      for (const std::string& result : answer.results) take(result);
      advance(answer.more);
    } catch (const DamagedRecord& broken) {  // which is of what an earlier run has kept, wherever else it is thrown
      throw Error(fmt::format("a process of this run gave back what is no result: {}", broken.what()),
                  Exit::run_failed);
    }
  });
}

void Engine::isolated(const std::string& unit, const Work<std::string>& work,
                      const std::function<void(std::string_view, const std::vector<std::string>&)>& take,
                      const std::function<void(std::string_view, const std::string&)>& take_lost) {
  ChildLimits limits = isolation_->limits;
  limits.hear = true;
  ChildEnd end = in_child(
      [&] {
        isolation_->begins();
        const auto refuse = [](const std::string& what, Exit status) {
          ByteWriter bytes;
          bytes(what), bytes(static_cast<std::uint32_t>(status));
          return refused + std::move(bytes).bytes();
        };
        try {
          return good + answer_of(work, unit);
        } catch (const Error& e) { return refuse(in_a_line(e), e.status()); } catch (const std::exception& e) {
          return refuse(e.what(), Exit::run_failed);
        }
      },
      limits);
  std::string why = end.finished ? "" : why_lost(end);
  if (!end.said.empty()) {
    const std::lock_guard lock(mutex_);
    isolation_->said(end.said);
  }
  if (end.finished) try {
      if (!end.bytes.starts_with(good)) throw refusal_in(end.bytes);
      const Answer answer = answer_in(std::string_view(end.bytes).substr(1));
      take(unit, answer.results);
      return advance(answer.more);
    } catch (const DamagedRecord&) { why = "its process gave back what is no result"; }
  const std::vector<std::string> parts = work.parts ? work.parts(unit) : std::vector<std::string>{};
  if (parts.size() > 1) {
    for (const std::string& part : parts) isolated(part, work, take, take_lost);
    return;
  }
  take_lost(unit, why);
  advance(work.counts ? work.counts(unit) : 1);
}

void Engine::release() const {
  if (processes_) processes_->release();
}

void Engine::serve_bytes(Processes& processes, const Work<std::string>& work) {
  processes.serve([&](std::string_view unit) { return answer_of(work, unit); });
}

}  // namespace hillock
