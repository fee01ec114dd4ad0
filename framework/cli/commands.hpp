#pragma once
// What each command of the program does. All throw Error for what the user can mend, and return the exit status.
#include <string>
#include <vector>

namespace hillock {

struct RunWishes {
  std::vector<std::string> files, overrides;
  std::string out;      ///< --out; empty: results/...
  std::string command;  ///< the command line, quoted
};

int run_files(const RunWishes& wishes);
int check_files(const std::vector<std::string>& paths, const std::vector<std::string>& overrides);
int test_files(const std::vector<std::string>& paths, const std::vector<std::string>& overrides);
int list_plugins(const std::string& role);
int describe(const std::string& id);

}  // namespace hillock
