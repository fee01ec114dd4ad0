#include "../../plugins/recordings/ibw.cpp"

#include "recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hillock::test::read_all<Ibw>(data, size);
  return 0;
}
