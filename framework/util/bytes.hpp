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
    if constexpr (std::is_arithmetic_v<T>) {
      (*this)(std::uint64_t{all.size()});
      bytes_.append(reinterpret_cast<const char*>(all.data()), all.size() * sizeof(T));
    } else {
      each(all, *this);
    }
  }
  /// As many as there are, then each by `f`.
  template <class V, class F> void each(const V& all, F&& f) {
    (*this)(std::uint64_t{all.size()});
    for (const auto& one : all) f(one);
  }
  std::string bytes() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Bytes that are no record of what is read.
struct DamagedRecord : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Reads in the order of writing. Throws DamagedRecord where the bytes end too early.
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
    if constexpr (std::is_arithmetic_v<T>) {
      const std::uint64_t n = length();
      if (n > left_.size() / sizeof(T)) fail();
      all.assign(n, T{});
      if (n > 0) std::memcpy(all.data(), take(n * sizeof(T)).data(), n * sizeof(T));
    } else {
      each(all, *this);
    }
  }
  /// Each of those that were written by `each`, appended to `all`.
  template <class T, class F> void each(std::vector<T>& all, F&& f) {
    for (std::uint64_t n = length(); n > 0; --n) f(all.emplace_back());
  }
  /// Throws DamagedRecord if bytes are left.
  void end() const {
    if (!left_.empty()) throw DamagedRecord("a record is longer than what it holds");
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
  [[noreturn]] static void fail() { throw DamagedRecord("a record is cut short"); }
  std::string_view left_;
};

/// Throws DamagedRecord unless what a record holds fits the experiment that reads it.
inline void need_fit(bool fits) {
  if (!fits) throw DamagedRecord("a record does not fit the experiment");
}

}  // namespace hillock
