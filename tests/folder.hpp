#pragma once
// A folder for the files of a test.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace hillock::test {

namespace fs = std::filesystem;

inline std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// A folder that goes when it ends.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "hillock_test_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }

  /// Writes a file in it; the name may hold folders.
  fs::path write(const std::string& name, const std::string& text) const {
    const fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  std::string read(const std::string& name) const { return contents(path_ / name); }
  bool has(const std::string& name) const { return fs::exists(path_ / name); }

  /// Every file below it, sorted, relative to it.
  std::vector<std::string> files() const {
    std::vector<std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator(path_))
      if (!entry.is_directory()) all.push_back(entry.path().lexically_relative(path_).string());
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  fs::path path_;
};

}  // namespace hillock::test
