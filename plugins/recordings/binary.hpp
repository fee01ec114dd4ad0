#pragma once
// What the readers of binary recordings share: files whose every read is held against their size before anything is
// allocated, numbers in both byte orders, texts of old code pages, units of voltage and current.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <hillock/recording.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hillock::binary {

/// A Latin-1 or UTF-8 text as UTF-8, up to its first NUL, without blanks at its ends; control characters become blanks.
inline std::string text(std::string_view raw) {
  raw = raw.substr(0, raw.find('\0'));
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!raw.empty() && blank(raw.front())) raw.remove_prefix(1);
  while (!raw.empty() && blank(raw.back())) raw.remove_suffix(1);
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const auto c = static_cast<unsigned char>(raw[i]);
    const auto next = [&](std::size_t k) { return i + k < raw.size() && (raw[i + k] & 0xC0) == 0x80; };
    if (c == '\r') {
      if (i + 1 == raw.size() || raw[i + 1] != '\n') out += '\n';
    } else if (c < 0x20 && c != '\n' && c != '\t') {
      out += ' ';
    } else if (c < 0x80) {
      out += raw[i];
    } else if (const std::size_t more = c >= 0xC2 && c < 0xE0  ? 1
                                        : c > 0xE0 && c < 0xED ? 2
                                                               : 0;
               more > 0 && next(1) && (more == 1 || next(2))) {
      out += raw.substr(i, more + 1);
      i += more;
    } else {
      out += static_cast<char>(0xC0 | c >> 6);
      out += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return out;
}

/// A text as one line of at most some 200 bytes: lines are joined by semicolons, runs of blanks become one.
inline std::string line(const std::string& text) {
  constexpr std::size_t longest = 200;
  std::string out;
  bool blank = false, ended = false;
  for (const char c : text) {
    if (c == '\n') {
      ended = true;
    } else if (c == ' ' || c == '\t' || c == '\x7f') {
      blank = true;
    } else {
      if (out.size() >= longest && (c & 0xC0) != 0x80) return out + " ...";
      if (!out.empty() && ended) out += "; ";
      else if (!out.empty() && blank) out += ' ';
      blank = ended = false;
      out += c;
    }
  }
  return out;
}

/// x * 10^power as if x were the shortest decimal that it rounds from: 0.0001 s is 0.1 ms, and the float 0.01 is 0.01.
template <class T> double decimal(T x, int power = 0) {
  std::array<char, 48> digits{};
  const char* const end = std::to_chars(digits.data(), digits.data() + 32, x, std::chars_format::scientific).ptr;
  const char* const e = std::find(static_cast<const char*>(digits.data()), end, 'e');
  double out = static_cast<double>(x);
  if (!std::isfinite(out) || e == end) return out;
  int exponent = 0;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
  std::string shifted(static_cast<const char*>(digits.data()), e);
  shifted += 'e';
  shifted += std::to_string(exponent + power);
  std::from_chars(shifted.data(), shifted.data() + shifted.size(), out);
  return out;
}

/// What a unit measures, and how its numbers become mV or pA.
struct Unit {
  std::uint32_t kind;  ///< HK_VOLTAGE or HK_CURRENT
  double times, over;
  double operator()(double x) const { return x * times / over; }  // one of both is 1, so that it is rounded once
  const char* name() const { return kind == HK_VOLTAGE ? "mV" : "pA"; }
};
constexpr auto known_units = "V, mV, uV, A, nA, pA";
inline std::optional<Unit> unit_of(std::string_view unit) {
  static constexpr std::array<std::pair<std::string_view, Unit>, 8> known{{{"V", {HK_VOLTAGE, 1e3, 1}},
                                                                           {"mV", {HK_VOLTAGE, 1, 1}},
                                                                           {"uV", {HK_VOLTAGE, 1, 1e3}},
                                                                           {"µV", {HK_VOLTAGE, 1, 1e3}},
                                                                           {"μV", {HK_VOLTAGE, 1, 1e3}},
                                                                           {"A", {HK_CURRENT, 1e12, 1}},
                                                                           {"nA", {HK_CURRENT, 1e3, 1}},
                                                                           {"pA", {HK_CURRENT, 1, 1}}}};
  for (const auto& [name, u] : known)
    if (name == unit) return u;
  return {};
}

/// A part of a file. Numbers are taken from it by their place; `what` names it in the sentence for one that lies beyond
/// its end.
class Bytes {
 public:
  Bytes(std::vector<char> bytes, std::string what, std::endian order)
      : bytes_(std::move(bytes)), what_(std::move(what)), order_(order) {}
  std::size_t size() const { return bytes_.size(); }
  template <class T> T at(std::size_t place) const {
    static_assert(std::is_arithmetic_v<T>);
    std::array<char, sizeof(T)> raw;
    std::memcpy(raw.data(), piece(place, sizeof(T)).data(), sizeof(T));
    if (order_ != std::endian::native) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
  }
  std::string_view piece(std::size_t place, std::size_t n) const {
    if (place > size() || n > size() - place) throw BadInput(what_ + " is too short");
    return {bytes_.data() + place, n};
  }
  std::string text(std::size_t place, std::size_t n) const { return binary::text(piece(place, n)); }

 private:
  std::vector<char> bytes_;
  std::string what_;
  std::endian order_;
};

class File {
 public:
  explicit File(std::string path) : path_(std::move(path)), file_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat about {};
    if (file_ < 0 || ::fstat(file_, &about) != 0) {
      const int why = errno;
      close();
      refuse(why == ENOENT ? "there is no such file" : std::string("the file cannot be read: ") + std::strerror(why));
    }
    if (!S_ISREG(about.st_mode)) {
      close();
      refuse(S_ISDIR(about.st_mode) ? "this is a folder, not a file" : "this is no file");
    }
    size_ = static_cast<std::uint64_t>(about.st_size);
    if (size_ == 0) {
      close();
      refuse("the file is empty");
    }
  }
  File(const File&) = delete;
  ~File() { close(); }

  [[noreturn]] void refuse(const std::string& sentence) const { throw BadInput(path_ + ": " + sentence); }
  std::uint64_t size() const { return size_; }

  /// Refuses a part that the file does not hold whole. `what` is plural: "the samples".
  void expect(std::uint64_t begin, std::uint64_t n, const std::string& what) const {
    if (begin > size_ || n > size_ - begin)
      refuse("the file is cut off: it has " + std::to_string(size_) + " bytes, " + what + " need " +
             (n > UINT64_MAX - begin ? "far more" : std::to_string(begin + n)));
  }
  Bytes part(std::uint64_t begin, std::uint64_t n, const std::string& what,
             std::endian order = std::endian::little) const {
    expect(begin, n, what);
    std::vector<char> bytes(static_cast<std::size_t>(n));
    read(begin, bytes);
    return {std::move(bytes), path_ + ": the file is damaged: the part of " + what, order};
  }
  void read(std::uint64_t begin, std::span<char> to) const {
    while (!to.empty()) {
      const ssize_t n = ::pread(file_, to.data(), to.size(), static_cast<off_t>(begin));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) refuse("the file could not be read to its end");
      begin += static_cast<std::uint64_t>(n);
      to = to.subspan(static_cast<std::size_t>(n));
    }
  }

 private:
  void close() {
    if (file_ >= 0) ::close(file_);
    file_ = -1;
  }
  std::string path_;
  int file_;
  std::uint64_t size_ = 0;
};

}  // namespace hillock::binary
