#pragma once
// Any bytes as what comes from outside: they are read, or refused with a sentence, and nothing else happens. Each file
// here and in fuzz_plugins is a target: `one(bytes)`, which throws Broken if that is not so, `seeds()`, and
// HILLOCK_FUZZ. For the tests it is a test case that takes the seeds and mutants of them, the same everywhere. With
// libFuzzer it is a program:
//   cmake -S . -B build/fuzz -G Ninja -DCMAKE_C_COMPILER=clang-16 -DCMAKE_CXX_COMPILER=clang++-16
//     -DHILLOCK_FUZZ=ON -DHILLOCK_SANITIZE=ON
//   ninja -C build/fuzz fuzz
//   export ASAN_OPTIONS=detect_stack_use_after_return=0:malloc_context_size=0:quarantine_size_mb=1
//   mkdir corpus; HILLOCK_SEEDS=corpus build/fuzz/tests/fuzz_abf
//   build/fuzz/tests/fuzz_abf -entropic=0 -reduce_inputs=0 -max_len=8192 -rss_limit_mb=512 -timeout=1 corpus
// Refusals are exceptions, at each of which AddressSanitizer sweeps the stacks it keeps for uses after return: half of
// the time. 8192 bytes hold every header of ABF and a sweep, 32768 a file of NWB; 2048 do for the others.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#ifndef HILLOCK_FUZZ_PROGRAM
#include <doctest/doctest.h>
#endif

namespace hillock::test {

/// What was promised of any bytes is not so.
struct Broken : std::logic_error {
  using std::logic_error::logic_error;
};

/// Something is said, of more than one word, and not by the C++ library, which knows nothing of files. The host makes
/// one line of it and takes out what steers a terminal.
inline void check_sentence(std::string_view text) {
  if (text.find(' ') == std::string_view::npos) throw Broken("refused without a sentence: " + std::string(text));
  for (const char* library : {"basic_string::", "vector::", "array::", "map::", "unordered_map::", "std::", "stoi",
                              "stol", "stoul", "stod", "filesystem error"})
    if (text.starts_with(library)) throw Broken("refused with words of the C++ library: " + std::string(text));
}

/// The bytes as a file, which is another one after the next call.
inline const std::string& file_of(std::string_view bytes) {
  static const int file = ::memfd_create("fuzz", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("the file cannot be written");
  return path;
}

/// One change, of the kinds that readers fall over.
inline void mutate(std::string& bytes, std::mt19937_64& dice) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(dice() % n); };
  if (bytes.empty()) return;
  const std::size_t at = below(bytes.size()), n = std::min<std::size_t>(1 + below(16), bytes.size() - at);
  switch (below(6)) {
    case 0: bytes[at] = static_cast<char>(below(256)); break;
    case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
    case 2: {  // numbers at the ends of their ranges
      constexpr std::int64_t ends[] = {0, -1, 1, INT16_MAX, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
      const std::int64_t x = ends[below(std::size(ends))];
      std::memcpy(&bytes[at], &x, std::min<std::size_t>(std::size_t{2} << below(3), bytes.size() - at));
      break;
    }
    case 3: bytes.resize(at); break;
    case 4: bytes.erase(at, n); break;
    default: bytes.insert(below(bytes.size()), bytes.substr(at, n));
  }
}

#ifdef HILLOCK_FUZZ_PROGRAM
inline void write_seeds(const std::vector<std::string>& seeds) {
  const char* const folder = std::getenv("HILLOCK_SEEDS");
  if (!folder) return;
  for (std::size_t k = 0; k < seeds.size(); ++k)
    std::ofstream(folder + ("/seed_" + std::to_string(k)), std::ios::binary) << seeds[k];
  std::exit(0);
}
#define HILLOCK_FUZZ(name, rounds)                                                    \
  extern "C" int LLVMFuzzerInitialize(int*, char***) {                                \
    hillock::test::write_seeds(seeds());                                              \
    return 0;                                                                         \
  }                                                                                   \
  extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
    one({reinterpret_cast<const char*>(data), size});                                 \
    return 0;                                                                         \
  }
#else
template <class One> void replay(const std::vector<std::string>& seeds, int rounds, One one) {
  REQUIRE(!seeds.empty());
  std::mt19937_64 dice(4);
  for (int k = 0; k < static_cast<int>(seeds.size()) + rounds; ++k) {
    std::string bytes = seeds[static_cast<std::size_t>(k) % seeds.size()];
    if (k >= static_cast<int>(seeds.size()))
      for (std::size_t n = 1 + dice() % 4; n > 0; --n) mutate(bytes, dice);
    CAPTURE(k);
    CAPTURE(bytes);
    REQUIRE_NOTHROW(one(bytes));
  }
}
/// `rounds`: so many mutants beside the seeds.
#define HILLOCK_FUZZ(name, rounds) \
  TEST_CASE("any bytes are read, or refused with a sentence: " name) { hillock::test::replay(seeds(), rounds, one); }
#endif

}  // namespace hillock::test
