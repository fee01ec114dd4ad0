#pragma once
// Recordings as a comparison sees them: one sweep, current in pA, voltage in mV (or normalised), spikes by a stated
// definition.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>
#include "experiment/experiment.hpp"
#include "measure/measures.hpp"
#include "measure/passive.hpp"
#include "util/error.hpp"

namespace hillock {

struct Recording {
  std::string shown;                  ///< the file as the user wrote it
  std::optional<std::int64_t> sweep;  ///< its number in the file; none of a run
  double t0_ms = 0, dt_ms = 1;        ///< sample k is at t0 + k*dt
  std::vector<double> voltage, current_pA;
  std::string unit = "mV";  ///< of the voltage; "1" if normalised
  std::string current_source;
  bool clipped = false;    ///< the window reaches beyond the sweep: this is the part that there is
  std::vector<bool> gaps;  ///< samples without a voltage or a current in the file; empty: none. Lie in artefacts alone
  std::vector<double> spikes_ms;  ///< found in the samples as recorded, before another sampling and normalising
  std::vector<std::pair<double, double>> artefacts_ms;  ///< within it: the voltage there is NaN
  std::optional<Passive> passive;                       ///< if it is asked for
  std::optional<std::int64_t> passive_sweep;            ///< the sweep that it is of
  double end_ms() const { return t0_ms + static_cast<double>(voltage.size()) * dt_ms; }
  std::string name() const;  ///< "sweep 3", or "'cell.csv'" where the file has but one
};

/// What a file of recordings holds, as its reader describes it.
struct DescribedSweep {
  struct Channel {
    std::string name, unit;
    std::uint32_t kind = 0;  ///< HK_VOLTAGE, HK_CURRENT or HK_OTHER
  };
  std::int64_t number = 0;
  std::uint64_t samples = 0;
  double dt_ms = 0;
  std::string protocol, current_source;
  std::vector<Channel> channels;
};
struct DescribedFile {
  std::vector<DescribedSweep> sweeps;
  std::vector<std::size_t> chosen;                ///< those that the block asks for; all if it names none
  std::optional<DescribedSweep> in_current_file;  ///< the first of the current's file, where it has one of its own
};
/// Opens the files of a block and reads no sample. REQUIRES: it names a reader. Throws Error as `load_recordings`.
DescribedFile describe_recordings(const DataBlock& data);

/// The reader finds the current of a file, but cannot give it; the voltage can be read.
class NoCurrent : public Error {
 public:
  using Error::Error;
};

/// What is read of a recording: the file need not hold the other, which is then empty (without a voltage, zero).
/// `protocol`: the current, with straight lines in its gaps.
enum class Wanted { both, voltage, current, protocol };

/// Reads or makes every sweep that the block asks for, in its order. Throws Error with the place of the
/// block for what the reader refuses, missing sweeps and channels, units that are no voltage or current, an empty
/// window, a filter that cannot be.
std::vector<Recording> load_recordings(const DataBlock& data, Wanted wanted = Wanted::both);

/// The only one. REQUIRES: the block asks for one.
Recording load_recording(const DataBlock& data, Wanted wanted = Wanted::both);

/// What is held against it, or can be said of it alone. REQUIRES: the recording lives as long.
ScoredWindow observed(const Recording& data);

/// "the window reaches beyond sweep 3, sweep 5, of which the part within it is used": of the clipped ones by their
/// names; nothing if there are none.
std::string clipping(const std::vector<std::string>& names);

/// What was done to the recordings of this block, and what counts as a spike in them, as sentences.
std::string conditions(const DataBlock& data);

}  // namespace hillock
