#pragma once
// Between the program and its module `netcdf`, which alone is linked with the NetCDF library: loading that and HDF5
// takes longer than a small run. Both are of one build, so this boundary has no versions.
#include <cstddef>
#include <cstdint>

namespace hillock::netcdf {

struct Attribute {
  const char *name, *text;
};

struct Dimension {
  const char* name;
  std::size_t length;
};

/// Exactly one of numbers, words and flags is set; its values run with the last dimension fastest.
struct Variable {
  const char* name;
  const std::size_t* dimensions;  ///< indices into File::dimensions
  std::size_t dimension_count;
  const double* numbers;      ///< NaN: missing, announced as _FillValue if `gaps`
  const char* const* words;   ///< UTF-8
  const std::uint8_t* flags;  ///< with the attribute flag_values 0, 1, ..., flag_count - 1
  std::size_t flag_count;
  bool gaps;
  const Attribute* attributes;
  std::size_t attribute_count;
};

struct File {
  const char* path;  ///< replaced if it is there
  const Dimension* dimensions;
  std::size_t dimension_count;
  const Variable* variables;
  std::size_t variable_count;
  const Attribute* attributes;
  std::size_t attribute_count;
};

/// The module's entry, `hillock_write_netcdf`. Returns 0, or writes into `reason` (zero-terminated) why the file could
/// not be written; what there is of it is then worthless.
using Write = int(const File* file, char* reason, std::size_t reason_size);

}  // namespace hillock::netcdf
