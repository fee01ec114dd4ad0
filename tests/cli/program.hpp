#pragma once
// The program as its users meet it: started in a folder of its own, its words and its exit status caught.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "folder.hpp"
#include "places.hpp"

namespace hillock::test {

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

struct Ran {
  int status = -1;  ///< exit status; -N if signal N ended it
  std::string out, err;
};

struct Start {
  fs::path folder = fs::temp_directory_path();
  std::map<std::string, std::string> environment = {};
  std::function<void(pid_t)> meanwhile = {};  ///< called while the program runs
  std::string program = program_file();
  std::vector<std::string> by = {};  ///< a program that starts it, with its words
};

/// Runs hillock with these words. Standard output and error go to files, so that no pipe can fill.
inline Ran run_hillock(const std::vector<std::string>& words, const Start& start = {}) {
  const Folder caught;
  // written now, as it may be killed before it opens them
  const std::string out = caught.write("out", ""), err = caught.write("err", "");
  std::vector<std::string> line = start.by;
  line.push_back(start.program);
  line.insert(line.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& word : line) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("cannot fork");
  if (child == 0) {
    for (const int number : {SIGINT, SIGTERM}) ::signal(number, SIG_DFL);
    if (::chdir(start.folder.c_str()) != 0) ::_exit(127);
    ::unsetenv("HILLOCK_PLUGIN_PATH");
    for (const auto& [name, value] : start.environment) ::setenv(name.c_str(), value.c_str(), 1);
    const int to_out = ::open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int to_err = ::open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::dup2(to_out, STDOUT_FILENO), ::dup2(to_err, STDERR_FILENO);
    ::close_range(3, ~0U, 0);  // whatever started the tests keeps its own
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  if (start.meanwhile) start.meanwhile(child);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {}
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), contents(out), contents(err)};
}

/// Waits until something is so; false after a minute.
template <class F> bool wait_until(F&& so) {
  for (int i = 0; i < 6000; ++i) {
    if (so()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace hillock::test
