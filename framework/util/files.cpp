#include "util/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

#include "util/error.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view verb, const fs::path& path, int reason, Exit status) {
  throw Error(fmt::format("cannot {} '{}': {}", verb, path.string(), std::generic_category().message(reason)), status);
}

/// An open file, closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

  /// Bytes read, 0 at the end, -1 with errno.
  ssize_t read(char* to, std::size_t size) const {
    ssize_t got = 0;
    do { got = ::read(number_, to, size); } while (got < 0 && errno == EINTR);
    return got;
  }
  /// False with errno if not all could be written.
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t done = ::write(number_, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return true;
  }
  /// Some file systems report a full disk only here.
  bool close() { return ::close(std::exchange(number_, -1)) == 0; }

 private:
  int number_;
};

/// Hands the pieces of a file to `use`.
template <class Use> void for_each_piece(std::string_view verb, const fs::path& path, Use use) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) fail(verb, path, errno, Exit::bad_input);
  std::vector<char> piece(std::size_t{1} << 16);
  while (true) {
    const ssize_t got = file.read(piece.data(), piece.size());
    if (got < 0) fail(verb, path, errno, Exit::bad_input);
    if (got == 0) return;
    use(std::string_view(piece.data(), static_cast<std::size_t>(got)));
  }
}

/// SHA-256 after FIPS 180-4; the names of the functions and words are the standard's.
class Sha256 {
 public:
  void add(std::string_view bytes) {
    length_ += bytes.size();
    for (const char c : bytes) {
      block_[filled_++] = static_cast<std::uint8_t>(c);
      if (filled_ == block_.size()) compress();
    }
  }

  std::string hex() {
    const std::uint64_t bits = length_ * 8;
    add(std::string_view("\x80", 1));
    while (filled_ != 56) add(std::string_view("\0", 1));
    for (int shift = 56; shift >= 0; shift -= 8) block_[filled_++] = static_cast<std::uint8_t>(bits >> shift);
    compress();
    std::string out;
    for (const std::uint32_t word : H_) out += fmt::format("{:08x}", word);
    return out;
  }

 private:
  void compress() {
    std::array<std::uint32_t, 64> W{};
    for (std::size_t t = 0; t < 16; ++t)
      for (std::size_t k = 0; k < 4; ++k) W[t] = W[t] << 8 | block_[4 * t + k];
    for (std::size_t t = 16; t < 64; ++t) {
      const std::uint32_t sigma0 = std::rotr(W[t - 15], 7) ^ std::rotr(W[t - 15], 18) ^ W[t - 15] >> 3;
      const std::uint32_t sigma1 = std::rotr(W[t - 2], 17) ^ std::rotr(W[t - 2], 19) ^ W[t - 2] >> 10;
      W[t] = sigma1 + W[t - 7] + sigma0 + W[t - 16];
    }
    auto [a, b, c, d, e, f, g, h] = H_;
    for (std::size_t t = 0; t < 64; ++t) {
      const std::uint32_t Sigma1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const std::uint32_t T1 = h + Sigma1 + ((e & f) ^ (~e & g)) + K[t] + W[t];
      const std::uint32_t Sigma0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const std::uint32_t T2 = Sigma0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + T1, d = c, c = b, b = a, a = T1 + T2;
    }
    const std::array<std::uint32_t, 8> words{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) H_[i] += words[i];
    filled_ = 0;
  }

  // clang-format off
  static constexpr std::array<std::uint32_t, 64> K{
      0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
      0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
      0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
      0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
      0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
      0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
      0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
      0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
  // clang-format on

  std::array<std::uint32_t, 8> H_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> block_{};
  std::size_t filled_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace

std::string read_text(const fs::path& path) {
  std::string text;
  for_each_piece("read", path, [&](std::string_view piece) { text += piece; });
  return text;
}

void write_whole(const fs::path& path, std::string_view bytes) {
  write_whole(path, [&](const auto& write) { write(bytes); });
}

void write_whole(const fs::path& path, const std::function<void(const std::function<void(std::string_view)>&)>& fill) {
  // A name of our own, not one made from the path's: that may already be as long as a name can be.
  static std::atomic<unsigned> count{0};
  fs::path temporary;
  int number = -1;
  do {  // one may be left of a process that was killed
    temporary = path.parent_path() / fmt::format(".hillock-{}-{}.tmp", ::getpid(), count++);
    number = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (number < 0 && errno == EEXIST);
  Descriptor file(number);
  if (!file) fail("write", path, errno, Exit::run_failed);
  const auto give_up = [&](int reason) {
    ::unlink(temporary.c_str());
    fail("write", path, reason, Exit::run_failed);
  };
  try {
    fill([&](std::string_view bytes) {
      if (!file.write(bytes)) give_up(errno);
    });
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  if (!file.close() || ::rename(temporary.c_str(), path.c_str()) != 0) give_up(errno);
}

bool flush_failed(int reason) { return reason != EINVAL && reason != ENOSYS && reason != ENOTSUP; }

void flush_folder(const fs::path& folder) {
  const Descriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file || (::syncfs(file.number()) != 0 && flush_failed(errno))) fail("flush", folder, errno, Exit::run_failed);
}

void remove_parts(const fs::path& folder) {
  std::vector<fs::path> parts;
  std::error_code failed;
  for (fs::recursive_directory_iterator entry(folder, failed); !failed && entry != fs::recursive_directory_iterator();
       entry.increment(failed)) {
    const std::string name = entry->path().filename();
    if ((name.starts_with(".hillock-") && name.ends_with(".tmp")) || name.ends_with(".part")) parts.push_back(*entry);
  }
  for (const fs::path& part : parts) fs::remove(part, failed);
}

void refuse_target(const fs::path& path, const std::vector<fs::path>& inputs) {
  const auto refuse = [&](const std::string& why, const char* hint) {
    throw Error({}, fmt::format("cannot write '{}': {}", path.string(), why), hint);
  };
  std::error_code error;
  const fs::path folder = path.parent_path();
  if (!folder.empty() && !fs::is_directory(folder, error))
    refuse(fmt::format("there is no folder '{}'", folder.string()), "make it, or choose another");
  if (path.filename().empty() || fs::is_directory(path, error)) refuse("it is a folder", "name a file in it");
  const fs::file_status there = fs::symlink_status(path, error);  // of a link itself, which would be replaced
  if (!fs::exists(there)) return;
  if (!fs::is_regular_file(there)) refuse("it is no regular file", "choose another name");
  for (const fs::path& input : inputs)
    if (fs::equivalent(path, input, error))
      refuse(fmt::format("it is the input '{}'", input.string()), "choose another name");
}

std::uint32_t crc32(std::string_view bytes) {
  static constexpr auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t n = 0; n < 256; ++n) {
      std::uint32_t c = n;
      for (int k = 0; k < 8; ++k) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0u);
      t[n] = c;
    }
    return t;
  }();
  std::uint32_t c = ~0u;
  for (const char byte : bytes) c = table[(c ^ static_cast<unsigned char>(byte)) & 0xff] ^ c >> 8;
  return ~c;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.add(bytes);
  return hash.hex();
}

std::string sha256_file(const fs::path& path) {
  Sha256 hash;
  for_each_piece("hash", path, [&](std::string_view piece) { hash.add(piece); });
  return hash.hex();
}

}  // namespace hillock
