#include "run/session.hpp"

#include <fmt/format.h>

#include "engine/processes.hpp"
#include "file/node.hpp"
#include "purpose/readout.hpp"
#include "results/folder.hpp"
#include "results/sweep.hpp"
#include "run/provenance.hpp"
#include "util/bytes.hpp"

namespace hillock {
namespace {

Table expectations(const std::vector<CheckedExpectation>& judgements) {
  Table t{"Expected", {"expected", "found", ""}, {}, ""};
  for (const CheckedExpectation& j : judgements) t.rows.push_back({j.expected, j.found, j.passed ? "yes" : "no"});
  return t;
}

/// Tells the listener, once, where finished work is; and whether there is any.
class Kept {
 public:
  Kept(const Listener& listener, std::string where) : listener_(listener), where_(std::move(where)) {}
  void note() {
    if (!any_ && listener_.kept) listener_.kept(where_);
    any_ = true;
  }
  std::string where() const { return any_ ? where_ : ""; }

 private:
  const Listener& listener_;
  const std::string where_;
  bool any_ = false;
};

}  // namespace

std::string where_finished(const std::filesystem::path& working, bool can_go_on) {
  return fmt::format("finished cases are in {}{}", working.string(), can_go_on ? ": --resume goes on with them" : "");
}

SessionResult run_to_folder(const std::shared_ptr<const Experiment>& experiment, const SessionOptions& options,
                            const Listener& listener) {
  const Experiment& e = *experiment;
  const bool can_resume = e.purpose->can_resume();
  if (options.resume && !can_resume)
    throw Error({}, fmt::format("'{}' keeps no work in pieces: there is nothing to go on with", e.path.string()),
                "run it without --resume");
  SessionResult result;
  std::error_code none;
  const ResultFolder::Of of{std::filesystem::absolute(e.path, none).lexically_normal().string(),
                            can_resume ? identity_of(e) : "", options.resume};
  if (options.resume &&
      (ResultFolder::finish_left(options.out, of.identity) || ResultFolder::is_whole(options.out, of.identity))) {
    if (options.processes) options.processes->release();
    result.was_whole = true;
    return result;
  }
  // what was read is what the record names, whatever becomes of the files while this runs
  const std::string origin = provenance(origin_of(e), options.command, of.identity);
  ResultFolder folder(options.out, of);
  if (listener.began) listener.began(folder.set_aside(), folder.older());
  Kept kept(listener, where_finished(folder.working(), folder.journal() != nullptr));

  RunOptions run;
  run.figures = options.figures, run.jobs = options.jobs, run.processes = options.processes;
  run.isolation = options.isolation;
  std::size_t cases = 0;
  run.on_case = [&](const CaseResult& c) {
    folder.write_case(c);
    kept.note();
    if (!can_resume && listener.progress) listener.progress(++cases, e.purpose->cases());
  };
  if (Journal* journal = folder.journal()) {
    run.records = Records{[&, journal](std::string_view record) {
                            journal->append(record);
                            kept.note();
                          },
                          [&, journal](const auto& take) {
                            journal->for_each([&](std::string_view record) {
                              take(record);
                              kept.note();
                            });
                          }};
    run.on_progress = listener.progress;
  }
  try {
    result.outcome = execute(experiment, run);
    RunResult& r = result.outcome.run;
    r.title = e.title.empty() ? e.path.stem().string() : e.title;
    r.source = e.source, r.note = e.note;
    r.command = options.command;
    Node record = e.resolved;  // its title is that of the file's name, wherever it is run again
    if (e.title.empty()) record.entries.insert(record.entries.begin(), {"title", {}, text_node(r.title)});
    r.experiment_yaml = to_yaml(record);
    r.provenance_yaml = origin;
    result.tables = r.tables;
    if (!result.outcome.judgements.empty()) r.tables.push_back(expectations(result.outcome.judgements));
    if (result.outcome.arrays)
      write_netcdf(folder.working() / "sweep.nc", *result.outcome.arrays,
                   {{"references", e.source}, {"comment", e.note}});
    result.notes = folder.finish(result.outcome.cases, r);
  } catch (const DamagedRecord& broken) {
    if (listener.failed) listener.failed("");  // there is nothing to go on with
    throw Error({}, fmt::format("'{}' is damaged: {}", folder.working().string(), broken.what()),
                "run without --resume, which puts it aside and begins anew");
  } catch (...) {
    // the folder is still this run's own: no other process takes it for one that is left
    if (listener.failed) listener.failed(kept.where());
    throw;
  }
  return result;
}

}  // namespace hillock
