#include "recording.hpp"

#include "../../plugins/recordings/ibw.cpp"

#include <map>

#include "host/igor_file.hpp"

using namespace hillock::test;

namespace {

void one(std::string_view bytes) { read_all<Ibw>(bytes); }

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const int version : {2, 5})
    for (const std::endian order : {std::endian::little, std::endian::big})
      for (const int type : {2, 4, 0x10}) {
        igor::Wave w;
        w.version = version, w.order = order, w.type = type, w.note = "note";
        const auto bytes = igor::image_of(w).bytes;
        all.emplace_back(bytes.begin(), bytes.end());
      }
  return all;
}

}  // namespace

HILLOCK_FUZZ("ibw", 500)
