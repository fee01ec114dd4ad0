#pragma once
// Numbers and texts as bytes, for records that only the same program reads.
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace hillock {

class ByteWriter {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  void operator()(T x) {
    bytes_.append(reinterpret_cast<const char*>(&x), sizeof x);
  }
  void operator()(const std::string& text) {
    (*this)(std::uint64_t{text.size()});
    bytes_ += text;
  }
  template <class T> void operator()(const std::vector<T>& all) {
    (*this)(std::uint64_t{all.size()});
    for (const T& x : all) (*this)(x);
  }
  std::string bytes() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Reads in the order of writing. Throws std::runtime_error where the bytes end too early.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  void operator()(T& x) {
    std::memcpy(&x, take(sizeof x).data(), sizeof x);
  }
  void operator()(std::string& text) { text = take(length()); }
  template <class T> void operator()(std::vector<T>& all) {
    all.assign(length(), T{});
    for (T& x : all) (*this)(x);
  }

 private:
  std::uint64_t length() {
    std::uint64_t n = 0;
    (*this)(n);
    if (n > left_.size()) fail();
    return n;
  }
  std::string_view take(std::uint64_t n) {
    if (n > left_.size()) fail();
    const std::string_view taken = left_.substr(0, n);
    left_.remove_prefix(n);
    return taken;
  }
  [[noreturn]] static void fail() { throw std::runtime_error("a record is cut short"); }
  std::string_view left_;
};

}  // namespace hillock
