// Writes a NetCDF-4 file as it is described; the one source that sees the NetCDF library.
#include <hdf5.h>
#include <netcdf.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <limits>
#include <utility>
#include <vector>

#include "results/netcdf.hpp"

namespace {

using namespace hillock::netcdf;

struct Failed {
  int status;
};

void must(int status) {
  if (status != NC_NOERR) throw Failed{status};
}

void put_text(int file, int variable, const Attribute& a) {
  must(nc_put_att_text(file, variable, a.name, std::strlen(a.text), a.text));
}

int define(int file, const std::vector<int>& dimensions, const Variable& v) {
  std::vector<int> own;
  for (std::size_t i = 0; i < v.dimension_count; ++i) own.push_back(dimensions[v.dimensions[i]]);
  const int rank = static_cast<int>(own.size());
  int id = 0;
  must(nc_def_var(file, v.name, v.numbers ? NC_DOUBLE : v.words ? NC_STRING : NC_UBYTE, rank, own.data(), &id));
  for (std::size_t i = 0; i < v.attribute_count; ++i) put_text(file, id, v.attributes[i]);
  if (v.gaps) {
    const double gap = std::numeric_limits<double>::quiet_NaN();
    must(nc_put_att_double(file, id, "_FillValue", NC_DOUBLE, 1, &gap));
  }
  if (v.flags) {
    std::vector<unsigned char> values(v.flag_count);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<unsigned char>(i);
    must(nc_put_att_uchar(file, id, "flag_values", NC_UBYTE, values.size(), values.data()));
  }
  return id;
}

void put(int file, int id, const Variable& v) {
  if (v.numbers) {
    must(nc_put_var_double(file, id, v.numbers));
  } else if (v.words) {
    must(nc_put_var_string(file, id, const_cast<const char**>(v.words)));  // it only reads them
  } else {
    must(nc_put_var_uchar(file, id, v.flags));
  }
}

void write(int file, const File& what) {
  int before = 0;
  must(nc_set_fill(file, NC_NOFILL, &before));  // every value is written
  std::vector<int> dimensions(what.dimension_count), variables;
  for (std::size_t i = 0; i < dimensions.size(); ++i)
    must(nc_def_dim(file, what.dimensions[i].name, what.dimensions[i].length, &dimensions[i]));
  for (std::size_t i = 0; i < what.variable_count; ++i)
    variables.push_back(define(file, dimensions, what.variables[i]));
  for (std::size_t i = 0; i < what.attribute_count; ++i) put_text(file, NC_GLOBAL, what.attributes[i]);
  must(nc_enddef(file));
  for (std::size_t i = 0; i < variables.size(); ++i) put(file, variables[i], what.variables[i]);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int hillock_write_netcdf(const File* what, char* reason,
                                                                           std::size_t size) {
  // at exit HDF5 would write what is left of a file that a full disk cut off, and crash
  static_cast<void>(H5dont_atexit());
  errno = 0;
  int file = -1;
  try {
    must(nc_create(what->path, NC_NETCDF4 | NC_CLOBBER, &file));
    write(file, *what);
    must(nc_close(std::exchange(file, -1)));
    return 0;
  } catch (const Failed& failed) {
    // "HDF error" hides what the system said
    const int system = failed.status > 0 ? failed.status : failed.status == NC_EHDFERR ? errno : 0;
    std::snprintf(reason, size, "%s", system != 0 ? std::strerror(system) : nc_strerror(failed.status));
  } catch (const std::exception& e) { std::snprintf(reason, size, "%s", e.what()); }
  if (file >= 0) nc_close(file);
  return 1;
}
