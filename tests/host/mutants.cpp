// Files of our own writers with bytes changed, moved and lost: a reader reads them or refuses them with a sentence. The
// same files everywhere; what looks further is tests/fuzz_plugins.
#include "axon_file.hpp"
#include "fuzz/fuzz.hpp"
#include "igor_file.hpp"
#include "recordings.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

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
template <class Seal> void try_mutants(const std::string& reader, std::string_view whole, int many, Seal seal) {
  const Folder folder;
  const fs::path path = folder / "a";
  std::mt19937_64 dice(4);
  for (int k = 0; k < many; ++k) {
    std::string bytes(whole);
    for (std::size_t n = 1 + dice() % 4; n > 0; --n) mutate(bytes, dice);
    seal(bytes);
    std::ofstream(path, std::ios::binary) << bytes;
    CAPTURE(k);
    read_or_refuse(reader, path);
  }
}
void as_it_is(std::string&) {}
std::string_view text_of(const Image& image) { return {image.bytes.data(), image.bytes.size()}; }

}  // namespace

TEST_SUITE("damaged recordings") {
  TEST_CASE("abf") {
    for (const float version : {1.5F, 1.83F, 2.6F})
      for (const bool floats : {false, true}) {
        axon::Tape t;
        t.version = version, t.floats = floats;
        t.sweeps.assign(2, std::vector<double>(64, 3));
        t.outputs[0].enabled = 1, t.outputs[0].epochs = {{1, 30, 5, 20, 1}, {2, 10, 0, 30}};
        try_mutants("abf", text_of(axon::image_of(t)), 300, as_it_is);
      }
  }
  TEST_CASE("ibw") {
    for (const int version : {2, 5})
      for (const std::endian order : {std::endian::little, std::endian::big}) {
        igor::Wave w;
        w.version = version, w.order = order, w.note = "note";
        try_mutants("ibw", text_of(igor::image_of(w)), 300, [&](std::string& bytes) {  // else the checksum refuses most
          if (bytes.size() < 400) return;
          Image image(0, order);
          image.bytes.assign(bytes.begin(), bytes.end());
          igor::seal(image, version, order);
          bytes = text_of(image);
        });
      }
  }
  TEST_CASE("csv") {
    std::string text = "\xEF\xBB\xBFtime_ms,\"Membrane Potential (mV)\",I [pA]\r\n";
    for (int k = 0; k < 40; ++k)
      text += fmt::format("{},{},{}\r\n", 0.05 * k, -70 + 0.125 * k, k % 7 == 0 ? 1e2 : -2.5);
    try_mutants("csv", text, 1000, as_it_is);
  }
}
