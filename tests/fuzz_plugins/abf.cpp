#include "recording.hpp"

#include "../../plugins/recordings/abf.cpp"

#include "host/axon_file.hpp"

using namespace hillock::test;

namespace {

void one(std::string_view bytes) { read_all<Abf>(bytes); }

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const float version : {1.5F, 1.83F, 2.6F})
    for (const bool floats : {false, true}) {
      axon::Tape t;
      t.version = version, t.floats = floats;
      t.sweeps.assign(2, std::vector<double>(64, 3));
      t.outputs[0].enabled = 1, t.outputs[0].epochs = {{1, 30, 5, 20, 1}, {2, 10, 0, 30}};
      const auto bytes = axon::image_of(t).bytes;
      all.emplace_back(bytes.begin(), bytes.end());
    }
  return all;
}

}  // namespace

HILLOCK_FUZZ("abf", 500)
