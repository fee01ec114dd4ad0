#pragma once
// A file of a reader, all of it read.
#include "fuzz/fuzz.hpp"
#include "plugin.hpp"

namespace hillock::test {

template <class Reader> void read_all(std::string_view bytes) {
  static const Options chosen = options_of<Reader>();
  try {
    Reader reader(file_of(bytes), chosen);
    for (std::size_t k = 0; k < reader.sweeps() && k < 8; ++k) {
      const Sweep sweep = reader.describe(k);
      std::vector<double> samples(sweep.samples);
      for (std::size_t c = 0; c < sweep.channels.size(); ++c) {
        try {
          reader.read(k, c, samples);
        } catch (const BadInput& e) { check_sentence(e.what()); }
      }
    }
  } catch (const BadInput& e) { check_sentence(e.what()); }
}

}  // namespace hillock::test
