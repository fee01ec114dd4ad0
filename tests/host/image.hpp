#pragma once
// Files that tests write byte by byte.
#include <algorithm>
#include <array>
#include <bit>
#include <filesystem>
#include <fstream>
#include <string>
#include <type_traits>
#include <vector>

namespace hillock::test {

/// Bytes of a file, with numbers put at their places in either byte order.
class Image {
 public:
  explicit Image(std::size_t size = 0, std::endian order = std::endian::little) : bytes(size), order_(order) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  Image& put(std::size_t place, T x) {
    auto raw = std::bit_cast<std::array<char, sizeof(T)>>(x);
    if (order_ != std::endian::native) std::reverse(raw.begin(), raw.end());
    if (bytes.size() < place + sizeof(T)) bytes.resize(place + sizeof(T));
    std::copy(raw.begin(), raw.end(), bytes.begin() + static_cast<std::ptrdiff_t>(place));
    return *this;
  }
  Image& put(std::size_t place, const std::string& text) {
    if (bytes.size() < place + text.size()) bytes.resize(place + text.size());
    std::copy(text.begin(), text.end(), bytes.begin() + static_cast<std::ptrdiff_t>(place));
    return *this;
  }
  void write(const std::filesystem::path& path) const {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::vector<char> bytes;

 private:
  std::endian order_;
};

}  // namespace hillock::test
