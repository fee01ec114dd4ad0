#include "data/normalise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace hillock {

std::vector<Recording> load_recordings(const DataBlock& data, const Known& known, Wanted wanted) {
  if (!data.normalise || wanted == Wanted::current) return load_recordings(data, wanted);
  DataBlock as_read = data;
  as_read.normalise.reset();
  std::vector<Recording> all = load_recordings(as_read, wanted);
  double least = std::numeric_limits<double>::infinity(), greatest = -least;
  for (const Recording& r : all) {
    if (std::find(known.held_out.begin(), known.held_out.end(), r.sweep) != known.held_out.end()) continue;
    const auto samples = static_cast<double>(r.voltage.size());
    const auto last = static_cast<std::size_t>(std::ceil(std::min(known.part * samples, known.length_ms / r.dt_ms)));
    for (std::size_t i = 0; i < std::min(last, r.voltage.size()); ++i)
      if (const double v = r.voltage[i]; std::isfinite(v)) least = std::min(least, v), greatest = std::max(greatest, v);
  }
  if (!(least < greatest)) {
    const bool everything = known.part == 1 && std::isinf(known.length_ms) && known.held_out.empty();
    throw Error(data.normalise_place,
                fmt::format("the voltage of '{}' is the same throughout{} and cannot be normalised", all.front().shown,
                            everything ? "" : " what is not held out"));
  }
  const double scale = (data.normalise->second - data.normalise->first) / (greatest - least);
  for (Recording& r : all) {
    for (double& v : r.voltage) v = data.normalise->first + scale * (v - least);
    r.unit = std::string("1");
  }
  return all;
}

}  // namespace hillock
