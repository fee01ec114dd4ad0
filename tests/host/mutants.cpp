// Files of our own writers with bytes changed, moved and lost: a reader reads them or refuses them with a sentence. The
// same files everywhere; what looks further is tests/fuzz_plugins.
#include "axon_file.hpp"
#include "igor_file.hpp"
#include "recordings.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

using Bytes = std::vector<char>;

/// One change, of the kinds that readers of bytes fall over.
void mutate(Bytes& bytes, Dice& dice) {
  if (bytes.empty()) return;
  const std::size_t at = dice.below(bytes.size());
  const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  const std::size_t n = std::min<std::size_t>(1 + dice.below(16), bytes.size() - at);
  switch (dice.below(6)) {
    case 0: bytes[at] = static_cast<char>(dice.below(256)); break;
    case 1: bytes[at] = static_cast<char>(bytes[at] ^ (1 << dice.below(8))); break;
    case 2: {  // numbers at the ends of their ranges
      static constexpr std::array<std::int64_t, 8> ends{0,         -1,        1,         INT16_MAX,
                                                        INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
      const std::int64_t x = ends[dice.below(ends.size())];
      std::memcpy(&bytes[at], &x, std::min<std::size_t>(std::size_t{2} << dice.below(3), bytes.size() - at));
      break;
    }
    case 3: bytes.resize(at); break;
    case 4: bytes.erase(from, from + static_cast<std::ptrdiff_t>(n)); break;
    default: {
      const Bytes again(from, from + static_cast<std::ptrdiff_t>(n));
      bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(dice.below(bytes.size())), again.begin(), again.end());
    }
  }
}

/// Reads all of it, or is told why not.
void read_or_refuse(const std::string& reader, const fs::path& path) {
  try {
    const Opened r(reader, path);
    for (std::uint32_t s = 0; s < std::min(r.sweeps(), 4U); ++s)
      for (std::uint32_t c = 0; c < r.sweep(s).n_channels; ++c) try {
          r.samples(s, c);
        } catch (const Error& e) { REQUIRE_MESSAGE(e.status() == Exit::bad_input, e.what()); }
  } catch (const Error& e) {
    REQUIRE_MESSAGE(e.status() == Exit::bad_input, e.what());
    REQUIRE(std::string(e.what()).find(path.string()) != std::string::npos);
  }
}
template <class Seal> void try_mutants(const std::string& reader, const Bytes& whole, int many, Seal seal) {
  const Folder folder;
  const fs::path path = folder / "a";
  Dice dice(4);
  for (int k = 0; k < many; ++k) {
    Bytes bytes = whole;
    for (std::size_t n = 1 + dice.below(4); n > 0; --n) mutate(bytes, dice);
    seal(bytes);
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    CAPTURE(k);
    read_or_refuse(reader, path);
  }
}
void as_it_is(Bytes&) {}

}  // namespace

TEST_SUITE("damaged recordings") {
  TEST_CASE("abf") {
    for (const float version : {1.5F, 1.83F, 2.6F})
      for (const bool floats : {false, true}) {
        axon::Tape t;
        t.version = version, t.floats = floats;
        t.sweeps.assign(2, std::vector<double>(64, 3));
        t.outputs[0].enabled = 1, t.outputs[0].epochs = {{1, 30, 5, 20, 1}, {2, 10, 0, 30}};
        try_mutants("abf", axon::image_of(t).bytes, 300, as_it_is);
      }
  }
  TEST_CASE("ibw") {
    for (const int version : {2, 5})
      for (const std::endian order : {std::endian::little, std::endian::big}) {
        igor::Wave w;
        w.version = version, w.order = order, w.note = "note";
        try_mutants("ibw", igor::image_of(w).bytes, 300, [&](Bytes& bytes) {  // else the checksum refuses most
          if (bytes.size() < 400) return;
          Image image(0, order);
          image.bytes = bytes;
          igor::seal(image, version, order);
          bytes = image.bytes;
        });
      }
  }
  TEST_CASE("csv") {
    std::string text = "\xEF\xBB\xBFtime_ms,\"Membrane Potential (mV)\",I [pA]\r\n";
    for (int k = 0; k < 40; ++k)
      text += fmt::format("{},{},{}\r\n", 0.05 * k, -70 + 0.125 * k, k % 7 == 0 ? 1e2 : -2.5);
    try_mutants("csv", Bytes(text.begin(), text.end()), 1000, as_it_is);
  }
}
