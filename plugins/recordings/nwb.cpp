// Neurodata Without Borders 2, and the layout of NWB 1 in which the Allen Institute publishes: see nwb.hpp for what belongs together.
#include "nwb.hpp"

using hillock::Options, hillock::Sweep;

struct Nwb {
  static constexpr auto id = "nwb", version = "1.0.0", cite = "doi:10.7554/eLife.78362",
                        meaning = "Neurodata Without Borders 2, and 1 as the Allen Institute lays it out",
                        endings = "nwb";
  static constexpr hk_option options[] = {
      hillock::text("electrode", "", "name of the electrode whose series are read, if several recorded at once")};

  Nwb(const std::string& path, const Options& chosen) : file_(path, chosen.text("electrode")) {}

  std::size_t sweeps() const { return file_.sweeps(); }
  Sweep describe(std::size_t index) const { return file_.describe(index); }
  void read(std::size_t index, std::size_t channel, std::span<double> samples) const {
    file_.read(index, channel, samples);
  }

 private:
  hillock::nwb::File file_;
};
HILLOCK_RECORDING(Nwb)
