#pragma once
// Places in input files, and the one exception of the host: a place, what was found, what would be right.
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hillock {

/// Exit statuses of the program, a promise to scripts.
enum class Exit { good = 0, expectation_failed = 1, bad_input = 2, run_failed = 3, interrupted = 130 };

/// A text that places point into: a file, or one `--set` of the command line.
struct Source {
  std::string name;                ///< as shown in messages: the path as the user gave it, or "--set"
  std::vector<std::string> lines;  ///< without line ends
  std::filesystem::path folder;    ///< where relative paths written in this source begin; empty: the current folder
};

/// A stretch of one line of a source, counted from 1, in characters (UTF-8 code points). Without a source: no place;
/// line 0: the source as a whole.
struct Place {
  std::shared_ptr<const Source> source;
  int line = 0, column = 0, length = 1;
  explicit operator bool() const { return source != nullptr; }
};

/// What the user is told. `what()` is the whole message as printed:
///
///     experiments/rs.yaml:4:32: error: model 'izhikevich' has no parameter 'vpeak'
///        4 | model: {use: izhikevich, d: 8, vpeak: 30}
///          |                                ^~~~~ did you mean 'v_peak'?
///
/// Without a place: `error: message` and the hint, if any, after a dash on the same line.
class Error : public std::exception {
 public:
  /// The user's input is wrong (exit status 2).
  Error(Place place, std::string message, std::string hint = {}, Exit status = Exit::bad_input);
  /// Wrong input without a place in a file.
  explicit Error(std::string message, Exit status = Exit::bad_input);

  const char* what() const noexcept override { return text_.c_str(); }
  const Place& place() const { return place_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  Exit status() const { return status_; }

 private:
  Place place_;
  std::string message_, hint_, text_;
  Exit status_;
};

/// The known name nearest to `found`, at most two edits away (insert, delete, replace, swap of neighbours; a difference
/// in case alone is one edit in all); "" if none. Something of the name must be left: 'a' is not near to 'b'.
std::string nearest(std::string_view found, const std::vector<std::string>& known);

/// The hint of every unknown name: "did you mean 'v_peak'?" or, if nothing is near, "known: a, b, c" (twenty at most).
std::string suggest(std::string_view found, const std::vector<std::string>& known);

}  // namespace hillock
