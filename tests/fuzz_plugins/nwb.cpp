// Files of HDF5: the reader of Neurodata Without Borders.
#include "recording.hpp"

#include "../../plugins/recordings/nwb.cpp"

#include "folder.hpp"
#include "host/nwb_file.hpp"

using namespace hillock::test;

/// HDF5 asks for as much memory as a damaged file says, and takes no for an answer.
extern "C" __attribute__((visibility("default"))) const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}
/// And loses memory over damaged files.
extern "C" __attribute__((visibility("default"))) const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

namespace {

void one(std::string_view bytes) { read_all<Nwb>(bytes); }

std::vector<std::string> seeds() {
  const Folder folder;
  std::vector<std::string> all;
  const auto add = [&](const auto& fill) {
    const fs::path path = folder / "a.nwb";
    {
      nwb::Hdf file(path);
      fill(file);
    }
    all.push_back(contents(path));
  };
  for (const nwb::Stored& how : {nwb::Stored{}, nwb::Stored{H5T_STD_I16BE, 0, 0}, nwb::Stored{H5T_IEEE_F32LE, 2, 3}}) {
    add([&](nwb::Hdf& file) {
      nwb::Clamp response{"r", {-0.07, -0.06, -0.05}};
      response.stored = how;
      nwb::put_2(file, {response}, {{"s", {0, 1e-10, 0}}});
    });
  }
  add([](nwb::Hdf& file) { nwb::put_1(file, {{30, {-0.07, -0.06, -0.05}, {0, 1e-10, 0}}}); });
  return all;
}

}  // namespace

HILLOCK_FUZZ("nwb", 500)
