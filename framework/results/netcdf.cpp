#include "results/sweep.hpp"

namespace hillock {

void write_netcdf(const std::filesystem::path&, const SweepPicture&, const std::map<std::string, std::string>&) {}

}  // namespace hillock
