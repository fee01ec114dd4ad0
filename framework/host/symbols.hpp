#pragma once
// What a shared library exports, read from its file without running any of it. Boost.DLL's library_info reads the table
// that `strip` removes, and reads past its buffers on the way; here it is the table that the dynamic loader itself
// uses.
#include <filesystem>
#include <string>
#include <vector>

namespace hillock {

/// Names of the symbols that the library defines and exports. Throws std::runtime_error, with a sentence whose subject
/// is the file ("is no shared library"), if it cannot be read, is none, is one of another kind of machine, or is cut
/// short. Safe on any bytes.
std::vector<std::string> exported_symbols(const std::filesystem::path& file);
/// Those that the dynamic loader keeps unique (STB_GNU_UNIQUE): all libraries of a process that define one of that name
/// share the first, however they were loaded. Throws as `exported_symbols`.
std::vector<std::string> unique_symbols(const std::filesystem::path& file);

}  // namespace hillock
