#include "engine/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <system_error>

#include "util/error.hpp"
#include "util/files.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view title = "hillock journal 1 ";

struct Head {
  std::uint64_t size, check;
};

/// FNV-1a.
std::uint64_t check_of(std::string_view bytes) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

[[noreturn]] void fail(const fs::path& file, int reason) {
  throw Error(fmt::format("cannot write '{}': {}", file.string(), std::generic_category().message(reason)),
              Exit::run_failed);
}

/// Calls `use` with each whole record of a journal's bytes from `at`; returns where they end.
template <class Use> std::size_t walk(std::string_view bytes, std::size_t at, Use&& use) {
  Head head{};
  while (bytes.size() - at >= sizeof head) {
    std::memcpy(&head, bytes.data() + at, sizeof head);
    if (head.size > bytes.size() - at - sizeof head) break;
    const std::string_view record = bytes.substr(at + sizeof head, head.size);
    if (check_of(record) != head.check) break;
    use(record);
    at += sizeof head + head.size;
  }
  return at;
}

}  // namespace

std::string Journal::identity_of(const fs::path& file) {
  std::error_code none;
  if (!fs::is_regular_file(file, none)) return {};
  std::ifstream in(file, std::ios::binary);
  std::string line;
  std::getline(in, line);
  // at the end of the file its line end is missing: it was cut off while it was written
  return !in.eof() && line.starts_with(title) ? line.substr(title.size()) : "";
}

Journal::Journal(fs::path file, const std::string& identity) : file_(std::move(file)) {
  const bool goes_on = identity_of(file_) == identity;
  begin_ = title.size() + identity.size() + 1;
  number_ = ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | (goes_on ? 0 : O_TRUNC), 0666);
  if (number_ < 0) fail(file_, errno);
  if (goes_on) {
    size_ = walk(read_text(file_), begin_, [](std::string_view) {});
    if (::ftruncate(number_, static_cast<off_t>(size_)) != 0) {
      const int reason = errno;
      ::close(number_);
      fail(file_, reason);
    }
  } else {
    const std::string line = fmt::format("{}{}\n", title, identity);
    if (const int reason = write_all(line)) {
      ::unlink(file_.c_str());
      ::close(number_);
      fail(file_, reason);
    }
    size_ = begin_;
  }
  opened_ = size_;
}

Journal::~Journal() {
  if (number_ >= 0) ::close(number_);
}

void Journal::for_each(const std::function<void(std::string_view)>& use) const {
  const std::string bytes = read_text(file_);
  walk(std::string_view(bytes).substr(0, opened_), begin_, use);
}

int Journal::write_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t done = ::write(number_, bytes.data(), bytes.size());
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return done < 0 ? errno : ENOSPC;
    bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return 0;
}

void Journal::append(std::string_view record) {
  const Head head{record.size(), check_of(record)};
  std::string bytes(reinterpret_cast<const char*>(&head), sizeof head);
  bytes += record;
  if (const int reason = write_all(bytes)) {
    static_cast<void>(!::ftruncate(number_, static_cast<off_t>(size_)));
    fail(file_, reason);
  }
  size_ += bytes.size();
  const auto now = std::chrono::steady_clock::now();
  if (flushed_ && now - *flushed_ < std::chrono::seconds(10)) return;
  flushed_ = now;
  if (::fdatasync(number_) != 0 && flush_failed(errno)) fail(file_, errno);
}

}  // namespace hillock
