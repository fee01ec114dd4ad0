#include "results/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

#include "draw/figure.hpp"
#include "results/report.hpp"
#include "util/error.hpp"
#include "util/files.hpp"
#include "util/interrupt.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

/// All that a result may hold at its top: a folder with anything else in it is not replaced, lest that be lost.
constexpr std::array<std::string_view, 12> own_names{
    "fitted.yaml", "fitted",   "report.html",  "summary.csv",     "data",           "spikes.csv", "forecasts",
    "plots",       "sweep.nc", "failures.csv", "experiment.yaml", "provenance.yaml"};
constexpr std::string_view journal_name = "journal";
constexpr std::string_view spikes_title = "case,Time (ms)\n";

std::string text_of(int reason) { return std::generic_category().message(reason); }

[[noreturn]] void fail(std::string message) { throw Error(std::move(message), Exit::run_failed); }

void make_folder(const fs::path& path) {
  std::error_code failed;
  fs::create_directory(path, failed);
  if (failed) fail(fmt::format("cannot create '{}': {}", path.string(), failed.message()));
}

/// Throws if `path` holds what a run must not replace. True if there is an older result.
bool replaceable(const fs::path& path) {
  std::error_code failed;
  const fs::file_status status = fs::status(path, failed);
  if (status.type() == fs::file_type::not_found) return false;
  if (failed) throw Error(fmt::format("cannot write results to '{}': {}", path.string(), failed.message()));
  if (!fs::is_directory(status))
    throw Error(fmt::format(
        "cannot write results to '{}': there is a file of that name; choose another folder by --out", path.string()));
  std::string foreign;
  bool empty = true;
  for (fs::directory_iterator entry(path, failed); !failed && entry != fs::directory_iterator();
       entry.increment(failed)) {
    empty = false;
    const std::string name = entry->path().filename().string();
    if (std::find(own_names.begin(), own_names.end(), name) == own_names.end() && (foreign.empty() || name < foreign))
      foreign = name;
  }
  if (failed) throw Error(fmt::format("cannot write results to '{}': {}", path.string(), failed.message()));
  if (empty) return false;
  if (!fs::exists(path / "provenance.yaml", failed))
    throw Error(
        fmt::format("the folder '{}' is not empty and no result of hillock (it has no provenance.yaml); "
                    "choose another folder by --out",
                    path.string()));
  if (!foreign.empty())
    throw Error(
        fmt::format("the result in '{}' would be replaced, but '{}' in it is not hillock's; move that away or choose "
                    "another folder by --out",
                    path.string(), foreign));
  return true;
}

bool has_files(const fs::path& folder) {
  std::error_code failed;
  for (fs::recursive_directory_iterator entry(folder, failed); !failed && entry != fs::recursive_directory_iterator();
       entry.increment(failed))
    if (!entry->is_directory(failed)) return true;
  return static_cast<bool>(failed);  // what cannot be looked at is not taken for empty
}

void rename_or_fail(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    fail(fmt::format("cannot rename '{}' to '{}': {}", from.string(), to.string(), text_of(errno)));
}

/// Puts `whole` in the place of an older result, and returns where that is now.
fs::path exchange(const fs::path& whole, const fs::path& place) {
  if (::renameat2(AT_FDCWD, whole.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0) return whole;
  if (errno == ENOENT)
    fail(fmt::format("cannot put '{}' in the place of '{}': {}", whole.string(), place.string(), text_of(errno)));
  // Some file systems cannot exchange. Then there is a moment without a result, but never a mixed one.
  const fs::path old = place.string() + ".replaced";
  rename_or_fail(place, old);
  try {
    rename_or_fail(whole, place);
  } catch (const Error& error) {
    if (::rename(old.c_str(), place.c_str()) == 0) throw;
    fail(fmt::format("{}; the older result is in '{}'", error.message(), old.string()));
  }
  return old;
}

/// Puts `whole` in its place. Returns where an older result is now; empty if there was none.
fs::path put_in_place(const fs::path& whole, const fs::path& place) {
  if (replaceable(place)) return exchange(whole, place);
  rename_or_fail(whole, place);
  return {};
}

/// The folder of a result: a link stays a link, and what it leads to is replaced.
fs::path place_of(const fs::path& path) {
  std::error_code failed, ignored;
  fs::path place = path.lexically_normal();
  if (place.filename().empty()) place = place.parent_path();
  if (place.filename() == "." || place.filename() == ".." || fs::is_symlink(place, ignored))
    place = fs::canonical(place, failed);
  if (failed) throw Error(fmt::format("cannot write results to '{}': {}", path.string(), failed.message()));
  if (place.filename().empty())
    throw Error(fmt::format("cannot write results to '{}': this is no name for a folder", path.string()));
  return place;
}

/// Appends to a file, all of it or nothing.
void append(const fs::path& path, std::string_view bytes, std::size_t size_before) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  int reason = file < 0 ? errno : 0;
  while (reason == 0 && !bytes.empty()) {
    const ssize_t done = ::write(file, bytes.data(), bytes.size());
    if (done >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(done));
    } else if (errno != EINTR) {
      reason = errno;
    }
  }
  if (reason != 0 && file >= 0) { static_cast<void>(!::ftruncate(file, static_cast<off_t>(size_before))); }
  if (file >= 0 && ::close(file) != 0 && reason == 0) reason = errno;
  if (reason != 0) fail(fmt::format("cannot write '{}': {}", path.string(), text_of(reason)));
}

bool safe(const std::string& name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  return !name.empty() && name[0] != '.' && name.size() <= 200 && std::all_of(name.begin(), name.end(), good);
}

/// The value of a top-level line `key: value` of a record; empty if there is none.
std::string recorded(const fs::path& provenance, std::string_view key) {
  std::error_code none;
  if (!fs::is_regular_file(provenance, none)) return {};
  const std::string text = "\n" + read_text(provenance), begin = fmt::format("\n{}: ", key);
  const std::size_t at = text.find(begin);
  if (at == std::string::npos) return {};
  std::string value = text.substr(at + begin.size(), text.find('\n', at + 1) - at - begin.size());
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return value;
  std::string plain;  // of a text in quotes, as file/write.cpp makes them
  for (std::size_t i = 1; i + 1 < value.size(); ++i) {
    if (value[i] != '\\') {
      plain += value[i];
      continue;
    }
    const char kind = value[++i];
    if (kind == 'x' && i + 2 < value.size()) {
      plain += static_cast<char>(std::strtol(value.substr(i + 1, 2).c_str(), nullptr, 16));
      i += 2;
    } else {
      plain += kind == 'n' ? '\n' : kind == 't' ? '\t' : kind;
    }
  }
  return plain;
}

}  // namespace

fs::path ResultFolder::working_of(const fs::path& path) { return place_of(path).string() + ".unfinished"; }

bool ResultFolder::is_whole(const fs::path& path, const std::string& identity) {
  return !identity.empty() && recorded(path / "provenance.yaml", "identity") == identity;
}

bool ResultFolder::finish_left(const fs::path& path, const std::string& identity) {
  const fs::path place = place_of(path), working = working_of(path);
  const int lock = ::open(working.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0) return false;
  struct stat locked = {}, named = {};
  std::error_code none;
  // looked at while it is locked: another run may have put it into its place, or begun a new one
  const bool mine = ::flock(lock, LOCK_EX | LOCK_NB) == 0 && ::fstat(lock, &locked) == 0 &&
                    ::stat(working.c_str(), &named) == 0 && locked.st_ino == named.st_ino &&
                    is_whole(working, identity) && !fs::exists(working / journal_name, none);
  if (mine)
    if (const fs::path old = put_in_place(working, place); !old.empty()) fs::remove_all(old, none);
  ::close(lock);
  return mine;
}

ResultFolder::ResultFolder(const fs::path& path, const Of& of) {
  std::error_code ignored;
  path_ = place_of(path);
  working_ = working_of(path);
  if (replaceable(path_) && !of.experiment.empty()) {
    const std::string other = recorded(path_ / "provenance.yaml", "experiment");
    if (!other.empty() && other != of.experiment)
      throw Error(
          {}, fmt::format("the result in '{}' is of another file, '{}', and would be replaced", path_.string(), other),
          "choose another folder by --out, or move that away");
  }

  for (fs::path above = path_.parent_path(); !above.empty() && !fs::exists(above, ignored); above = above.parent_path())
    made_.push_back(above);
  try {
    lock(of);
    if (!of.identity.empty()) journal_ = std::make_unique<Journal>(working_ / journal_name, of.identity);
    if (resumed_) remove_parts(working_), find_spikes();
  } catch (...) {
    std::error_code ignored_too;
    if (lock_ >= 0 && !resumed_) fs::remove(working_, ignored_too);  // this run's own, and still empty
    release();
    throw;
  }
}

/// Gives up the lock, and folders above the result as long as they are empty.
void ResultFolder::release() {
  std::error_code ignored;
  if (!finished_)
    for (const fs::path& above : made_) fs::remove(above, ignored);
  if (lock_ >= 0) ::close(lock_);
}

/// Makes the working folder this run's own, after putting away what an interrupted one left.
void ResultFolder::lock(const Of& of) {
  const auto refuse = [&](int reason) {
    throw Error(fmt::format("cannot write results to '{}': {}", path_.string(), text_of(reason)),
                reason == ENOSPC || reason == EDQUOT || reason == EIO ? Exit::run_failed : Exit::bad_input);
  };
  const auto take = [&] {
    lock_ = ::open(working_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock_ < 0) refuse(errno);
    // a file system without locks cannot tell; then the last to finish wins
    if (::flock(lock_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
      ::close(std::exchange(lock_, -1));
      throw Error(fmt::format("another run is writing to '{}' at this moment", path_.string()));
    }
  };
  std::error_code failed;
  if (path_.has_parent_path()) fs::create_directories(path_.parent_path(), failed);
  if (failed) refuse(failed.value());
  if (::mkdir(working_.c_str(), 0777) == 0) return take();
  if (errno != EEXIST) refuse(errno);
  take();
  // a journal without a whole first line was never begun
  if (Journal::identity_of(working_ / journal_name).empty() && fs::is_regular_file(working_ / journal_name, failed))
    fs::remove(working_ / journal_name, failed);
  if (!has_files(working_)) {
    // only empty folders: nothing to keep
    for (fs::directory_iterator entry(working_, failed); !failed && entry != fs::directory_iterator();
         entry.increment(failed))
      fs::remove_all(entry->path(), failed);
    return;
  }
  // without a journal there is nothing to go on with, as without a folder
  if (const std::string left = Journal::identity_of(working_ / journal_name); of.resume && !left.empty()) {
    if (left != of.identity)
      throw Error(
          {},
          fmt::format("'{}' was left by another run: the experiment, its plugins or its data have changed since",
                      working_.string()),
          "run without --resume, which puts it aside and begins anew");
    resumed_ = true;
    return;
  }
  for (int n = 1; set_aside_.empty(); ++n) {
    const fs::path free = fmt::format("{}.{}", working_.string(), n);
    if (::renameat2(AT_FDCWD, working_.c_str(), AT_FDCWD, free.c_str(), RENAME_NOREPLACE) == 0) {
      set_aside_ = free;
    } else if (errno == EINVAL && !fs::exists(free, failed) && ::rename(working_.c_str(), free.c_str()) == 0) {
      set_aside_ = free;
    } else if (errno != EEXIST && !fs::exists(free, failed)) {
      refuse(errno);
    }
  }
  for (int n = 1; fs::exists(fmt::format("{}.{}", working_.string(), n), failed); ++n) ++older_;
  --older_;  // the new one is no older one
  ::close(lock_);
  lock_ = -1;
  if (::mkdir(working_.c_str(), 0777) != 0) refuse(errno);
  take();
}

bool ResultFolder::is_left(const fs::path& path) {
  const fs::path working = working_of(path);
  if (Journal::identity_of(working / journal_name).empty()) return false;
  const int lock = ::open(working.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0) return false;
  const bool free = ::flock(lock, LOCK_EX | LOCK_NB) == 0;
  ::close(lock);
  return free;
}

ResultFolder::~ResultFolder() {
  const bool something = !written_.empty() || resumed_ || (journal_ && !journal_->empty());
  journal_.reset();
  if (!finished_ && !something) {
    std::error_code ignored;
    fs::remove_all(working_, ignored);
  }
  release();
}

/// Where the spikes of each case are in what an interrupted run wrote. A case that it did not finish is written once
/// more, and its new rows count.
void ResultFolder::find_spikes() {
  std::error_code none;
  const fs::path file = working_ / "spikes.csv";
  if (!fs::exists(file, none)) return;
  const std::string text = read_text(file);
  std::size_t at = spikes_title.size();
  if (!text.starts_with(spikes_title)) at = 0;
  for (std::size_t end; at > 0 && (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    const std::size_t comma = std::min(text.find(',', at), end);
    auto& [begin, after] = written_[text.substr(at, comma - at)];
    if (after != at) begin = at;
    after = end + 1;
  }
  spikes_size_ = at;
  fs::resize_file(file, at, none);
  if (none) fail(fmt::format("cannot write '{}': {}", file.string(), none.message()));
}

void ResultFolder::write_case(const CaseResult& result) {
  if (!safe(result.name)) throw Error(fmt::format("the case '{}' cannot be the name of a file", result.name));
  CaseResult only_spikes;
  only_spikes.name = result.name;
  only_spikes.spikes_ms = result.spikes_ms;
  std::string spikes = spikes_csv({only_spikes});
  const std::lock_guard guard(mutex_);
  if (written_.contains(result.name) && !resumed_) throw Error(fmt::format("there are two cases '{}'", result.name));
  if (!result.columns.empty()) {
    make_folder(working_ / "data");
    write_whole(working_ / "data" / (result.name + ".csv"), [&](const auto& write) { case_csv(result, write); });
  }
  // rows of it that a killed process wrote last would be taken for one with those that follow
  if (const auto left = written_.find(result.name); left != written_.end() && left->second.second == spikes_size_) {
    std::error_code failed;
    fs::resize_file(working_ / "spikes.csv", left->second.first, failed);
    if (failed) fail(fmt::format("cannot write '{}': {}", (working_ / "spikes.csv").string(), failed.message()));
    spikes_size_ = left->second.first;
  }
  if (spikes_size_ > 0) spikes.erase(0, spikes_title.size());
  append(working_ / "spikes.csv", spikes, spikes_size_);
  const std::size_t title = spikes_size_ > 0 ? 0 : spikes_title.size();
  written_[result.name] = {spikes_size_ + title, spikes_size_ + spikes.size()};
  spikes_size_ += spikes.size();
}

/// In the order of the cases, whichever thread was first.
void ResultFolder::write_spikes(const Cases& cases) const {
  const fs::path file = working_ / "spikes.csv";
  if (spikes_size_ == 0) return write_whole(file, spikes_title);
  std::ifstream as_written(file, std::ios::binary);
  std::string piece;
  write_whole(file, [&](const auto& write) {
    write(spikes_title);
    for (const CaseResult& result : cases) {
      const auto place = written_.find(result.name);
      if (place == written_.end()) continue;
      const auto [begin, end] = place->second;
      piece.resize(end - begin);
      as_written.seekg(static_cast<std::streamoff>(begin));
      if (!as_written.read(piece.data(), static_cast<std::streamsize>(piece.size())))
        fail(fmt::format("cannot read '{}'", file.string()));
      write(piece);
    }
  });
}

std::vector<std::string> ResultFolder::finish(const Cases& cases, const RunResult& run) {
  const std::lock_guard guard(mutex_);
  write_spikes(cases);
  write_whole(working_ / "summary.csv", [&](const auto& write) { summary_csv(cases, write); });
  if (!cases.failed().empty())
    write_whole(working_ / "failures.csv", [&](const auto& write) { failures_csv(cases, write); });
  for (const Sheet& sheet : run.sheets) {
    make_folder(working_ / sheet.folder);
    write_whole(working_ / sheet.folder / (sheet.name + ".csv"), sheet_csv(sheet));
  }
  if (!run.experiment_yaml.empty()) write_whole(working_ / "experiment.yaml", run.experiment_yaml);
  if (!run.fitted_yaml.empty()) write_whole(working_ / "fitted.yaml", run.fitted_yaml);
  if (!run.fitted.empty()) make_folder(working_ / "fitted");
  for (const auto& [name, yaml] : run.fitted) write_whole(working_ / "fitted" / (name + ".yaml"), yaml);
  {
    // pictures that an interrupted run drew are not this run's: one that cannot be drawn again would be shown
    std::error_code failed;
    fs::remove_all(working_ / "plots", failed);
    if (failed) fail(fmt::format("cannot remove '{}': {}", (working_ / "plots").string(), failed.message()));
  }
  std::vector<std::string> sentences = draw(run.figures, working_ / "plots");
  if (interrupted && !sentences.empty()) throw Interrupted{};
  std::vector<std::string> pictures;
  for (const Figure& figure : run.figures) {
    const fs::path svg = working_ / "plots" / (figure.name + ".svg");
    std::error_code none;
    pictures.push_back(fs::exists(svg, none) ? read_text(svg) : "");
  }
  write_whole(working_ / "report.html", report_html(run, pictures));
  write_whole(working_ / "provenance.yaml", run.provenance_yaml);
  if (journal_) {
    flush_folder(working_);  // until then only the journal is sure to be on the disk
    journal_.reset();
    std::error_code none;
    fs::remove(working_ / journal_name, none);
  }

  const fs::path old = put_in_place(working_, path_);
  finished_ = true;
  std::error_code failed;
  if (!old.empty()) fs::remove_all(old, failed);
  if (failed) sentences.push_back(fmt::format("the older result is left in '{}': {}", old.string(), failed.message()));
  return sentences;
}

}  // namespace hillock
