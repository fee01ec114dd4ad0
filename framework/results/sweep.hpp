#pragma once
// What a sweep leaves besides its cases: the pictures that suit it, and one file of labelled arrays.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "results/result.hpp"

namespace hillock {

/// How the values of several paths make cases.
enum class Combine { cases, grid, zip, one_at_a_time };

/// One swept path.
struct SweptAxis {
  std::string path;                ///< "model.a"
  std::string unit;                ///< "1/ms"; "1" or empty: none
  std::string label;               ///< of an axis: "rate of recovery a (1/ms)"; empty: the path with its unit
  std::vector<double> numbers;     ///< its values, as many as `words`, if all are numbers; else empty
  std::vector<std::string> words;  ///< its values as text without unit, always there
  bool logarithmic = false;        ///< spaced by factors; drawn so if all numbers are positive
};

/// Numbers to five significant digits, to more where two that differ would look the same; whole numbers whole.
std::vector<std::string> brief(const std::vector<double>& numbers);

/// A sweep as it is drawn and written: everything by case, in the order of the cases.
///
/// grid: the last axis runs fastest; as many cases as the product of the lengths of the axes. zip: all axes have as
/// many values as there are cases. one_at_a_time: the values of the first axis, then those of the second, ..., the
/// other axes at their baseline; as many cases as the sum of the lengths. cases: one axis whose words are the names of
/// the cases (its path may be "case") and, if need be, others of the same length.
struct SweepData {
  /// How measures over two axes are drawn: as suits them, as heat maps, or as a line for each value of one.
  enum class Drawn { as_suits, map, lines };
  static constexpr std::size_t most_lines = 12;  ///< more cannot be told apart
  std::string title;
  Drawn drawn = Drawn::as_suits;
  Combine combine = Combine::grid;
  std::vector<SweptAxis> axes;
  std::vector<double> baseline;  ///< one_at_a_time: of each axis its value in the base, NaN if unknown; else empty
  std::vector<std::string> written = {};  ///< one_at_a_time: of each axis what the base has, as text; else empty
  std::size_t cases = 0;
  std::vector<std::string> names = {};  ///< of the cases where they have no axis: zip, one_at_a_time
  struct Measured {
    std::string name;            ///< "mean_rate"
    std::string unit;            ///< "Hz"; "1" or empty: none
    std::string meaning;         ///< "Mean firing rate", the axis title without unit; empty: the name
    std::vector<double> values;  ///< by case; NaN where there is no number
  };
  std::vector<Measured> measures;
  struct Traced {
    std::size_t index;  ///< of the case
    Curve curve;        ///< x: time in ms; label and colour are chosen here
  };
  std::vector<Traced> traces;  ///< of the first cases, or of some, in ascending order of the index
  std::string trace_label;     ///< "Membrane potential (mV)"
  /// What else was recorded, and the stimulus.
  struct Beside {
    std::string name;   ///< "w"; of the file stem of its figure, where it has one
    std::string label;  ///< "Recovery"
    std::string brief;  ///< "w", where the label has no room
    bool input = false;
    std::vector<Traced> traces;
  };
  std::vector<Beside> beside = {};
  std::vector<std::string> status;      ///< the distinct statuses, at most 255: "ok", "not finite", ...
  std::vector<std::uint8_t> status_of;  ///< by case an index into `status`; empty: all are ok
};

/// The figures that suit a sweep: "traces", "measures", or "measure-<name>" where one measure takes a figure of its
/// own. None for what the picture does not have.
///
/// Traces: over one axis of numbers overlaid and coloured by its value, where a legend names them by its rank; the axes
/// are those of the cases that did not fail; over names a panel each; over a grid a panel for all but the last axis;
/// one at a time a panel per path. Measures: over one axis a panel each; over two axes heat maps, or a line per name
/// where one axis is a few names; over more axes heat maps of the two longest for a few combinations of the others,
/// else the mean over the others with the least and the greatest; one at a time a figure per measure with a panel per
/// path. Lines span what is swept, and strokes at the edge mark cases without a number. Seeds have no order: points,
/// and over one more axis their mean. Of large heat maps each cell is the mean of several cases, as the title says.
/// REQUIRES: lengths as the description of SweepData says.
std::vector<Figure> figures_of_sweep(const SweepData& sweep);

/// Writes a NetCDF-4 file (CF-1.8) that xarray opens with labels and units, whole or not at all. grid: a dimension and
/// a coordinate variable per axis, named by the last step of its path or, where two are alike, by the whole path with
/// '_' for '.'; else the dimension `case` with the swept paths as auxiliary coordinates (one_at_a_time: the others at
/// their baseline). A variable per measure (double, NaN: no number), and `status`. The same input gives the same bytes.
/// `attributes`: global ones besides title, Conventions and source; "history" is the place of the command line.
/// One thread at a time. Throws hillock::Error: the folder is missing, the disk is full, the library cannot be loaded.
/// REQUIRES: lengths as the description of SweepData says.
void write_netcdf(const std::filesystem::path& file, const SweepData& sweep,
                  const std::map<std::string, std::string>& attributes);

}  // namespace hillock
