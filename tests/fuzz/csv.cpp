#include "../../plugins/recordings/csv.cpp"

#include "recording.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hillock::test::read_all<Csv>(data, size);
  return 0;
}
