#pragma once
// Any bytes as a file of a reader: it reads them or refuses them with a sentence, and nothing else.
//   clang++-16 -std=c++20 -g -O2 -fsanitize=fuzzer,address,undefined -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
//     -Iframework/include tests/fuzz/abf.cpp -o fuzz_abf
//   export ASAN_OPTIONS=detect_stack_use_after_return=0:malloc_context_size=0:quarantine_size_mb=1
//   ./fuzz_abf -entropic=0 -reduce_inputs=0 -max_len=8192 -rss_limit_mb=512 -timeout=1 corpus RECORDINGS/abf
// Refusals are exceptions, at each of which AddressSanitizer sweeps the stacks it keeps for uses after return: half of
// the time. 8192 bytes hold every header of ABF and a sweep; 2048 do for the others.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <hillock/recording.hpp>
#include <string>
#include <vector>

namespace hillock::test {

template <class Reader> void read_all(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("fuzz", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size)) std::abort();
  std::vector<hk_value> values;
  for (const hk_option& o : Reader::options) {
    hk_value v{};
    v.kind = o.kind, v.number = o.value, v.text = o.text ? o.text : "";
    values.push_back(v);
  }
  const hk_values table{sizeof(hk_values), sizeof(hk_value), values.size(), values.data()};
  try {
    const Options chosen(Reader::options, values.size(), &table);
    Reader reader(path, chosen);
    for (std::size_t k = 0; k < reader.sweeps() && k < 8; ++k) {
      const Sweep sweep = reader.describe(k);
      std::vector<double> samples(sweep.samples);
      for (std::size_t c = 0; c < sweep.channels.size(); ++c) {
        try {
          reader.read(k, c, samples);
        } catch (const BadInput&) {}
      }
    }
  } catch (const BadInput&) {}
}

}  // namespace hillock::test
