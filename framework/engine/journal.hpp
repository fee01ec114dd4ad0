#pragma once
// What a run has finished so far, on disk at every moment: records that are appended whole, and read back after an
// interruption.
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace hillock {

class Journal {
 public:
  /// Begins a new file, or goes on with one of the same identity: what a kill cut off at its end is dropped. Throws
  /// (run failed) if it cannot be written, and then leaves no new file behind.
  Journal(std::filesystem::path file, const std::string& identity);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// The identity of a journal; empty if there is none there, or none whose first line was written whole: such a file
  /// holds nothing.
  static std::string identity_of(const std::filesystem::path& file);

  /// Hands over the records that were there when it was opened, in their order.
  void for_each(const std::function<void(std::string_view)>& use) const;
  bool empty() const { return size_ <= begin_; }
  /// Throws (run failed) if it cannot be written whole; what was there stays. Flushes the file to the disk, unless it
  /// did so within the last 10 s.
  void append(std::string_view record);

 private:
  /// 0, or why not all could be written.
  int write_all(std::string_view bytes) const;

  std::filesystem::path file_;
  int number_ = -1;
  std::size_t begin_ = 0, size_ = 0, opened_ = 0;  ///< of the records; of the file; of the file when it was opened
  std::optional<std::chrono::steady_clock::time_point> flushed_;
};

}  // namespace hillock
