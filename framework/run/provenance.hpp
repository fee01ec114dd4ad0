#pragma once
// The record of a run: what it was made from and by, so that it can be made again.
#include <string>
#include <vector>
#include "experiment/experiment.hpp"

namespace hillock {

/// What a result was made from.
struct Origin {
  std::filesystem::path path;                ///< of the experiment, or the recording that was explored
  std::vector<std::filesystem::path> files;  ///< every other file that was read
  std::vector<const Plugin*> plugins;
  std::uint64_t seed = 0;
};
Origin origin_of(const Experiment& experiment);

/// provenance.yaml: versions and hashes of the program, plugins and every file read, the seed, the machine, the
/// command.
std::string provenance(const Origin& origin, const std::string& command, const std::string& identity = {});

/// Of all that decides the bits of a result, the same text for the same: a hash of the resolved file, the plugins, the
/// data and the build.
std::string identity_of(const Experiment& experiment);

/// The command line quoted for a shell.
std::string quoted(const std::vector<std::string>& arguments);

/// Version of hillock.
std::string version();

}  // namespace hillock
