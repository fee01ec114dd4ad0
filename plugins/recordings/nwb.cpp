// Neurodata Without Borders 2, and the layout of NWB 1 in which the Allen Institute publishes: see nwb.hpp for what
// belongs together.
#include "nwb.hpp"

using hillock::Options;

struct Nwb : hillock::nwb::File {
  static constexpr auto id = "nwb", version = "1.0.0", cite = "doi:10.7554/eLife.78362",
                        meaning = "Neurodata Without Borders 2, and 1 as the Allen Institute lays it out",
                        endings = "nwb";
  static constexpr hk_option options[] = {
      hillock::text("electrode", "", "name of the electrode whose series are read, if several recorded at once")};

  Nwb(const std::string& path, const Options& chosen) : File(path, chosen.text("electrode")) {}
};
HILLOCK_RECORDING(Nwb)
