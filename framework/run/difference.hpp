#pragma once
// What differs between two folders of results.
#include <filesystem>

#include "results/result.hpp"

namespace hillock {

/// Tables of what differs: numbers of the experiment and what it was made from (path, both texts); files that only one
/// has or whose bytes differ; numbers of CSV files that differ, by column: how many, and where the difference is
/// largest. Empty if the results are the same. Pages, pictures and the command are not looked at.
/// Throws Error (bad input) for a folder that holds no result of hillock.
std::vector<Table> difference(const std::filesystem::path& a, const std::filesystem::path& b);

/// The files below both folders that only one has, or whose bytes differ, relative to them, sorted: all that a run
/// writes but provenance.yaml and report.html, which tell the command, and pictures.
std::vector<std::filesystem::path> files_that_differ(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace hillock
