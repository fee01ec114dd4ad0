#pragma once
// HDF5 files in the layouts of Neurodata Without Borders, as the reader's tests write them.
#include <hdf5.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace hillock::test::nwb {

/// How a series stands in the file.
struct Stored {
  hid_t type = H5T_IEEE_F64LE;
  hsize_t chunk = 0;     // samples; 0: contiguous
  unsigned deflate = 0;  // with shuffle; 0: not packed
};

/// A file being written. Paths make the groups above them.
class Hdf {
 public:
  explicit Hdf(const std::filesystem::path& path)
      : file_(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT)) {
    need(file_);
    above_ = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(above_, 1);
  }
  Hdf(const Hdf&) = delete;
  ~Hdf() {
    H5Pclose(above_);
    H5Fclose(file_);
  }

  Hdf& group(const std::string& path) {
    H5Gclose(need(H5Gcreate2(file_, path.c_str(), above_, H5P_DEFAULT, H5P_DEFAULT)));
    return *this;
  }
  Hdf& data(const std::string& path, const std::vector<double>& values, const Stored& how = {},
            const std::vector<hsize_t>& shape = {}) {
    const std::vector<hsize_t> dims = shape.empty() ? std::vector<hsize_t>{values.size()} : shape;
    const hid_t space = H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
                made = H5Pcreate(H5P_DATASET_CREATE);
    if (how.chunk > 0) H5Pset_chunk(made, 1, &how.chunk);
    if (how.deflate > 0) H5Pset_shuffle(made), H5Pset_deflate(made, how.deflate);
    const hid_t set = need(H5Dcreate2(file_, path.c_str(), how.type, space, above_, made, H5P_DEFAULT));
    if (!values.empty()) need(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
    H5Dclose(set), H5Pclose(made), H5Sclose(space);
    return *this;
  }
  /// Samples that are nowhere in the file.
  Hdf& claim(const std::string& path, hsize_t n) {
    const hid_t space = H5Screate_simple(1, &n, nullptr), made = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 1 << 20;
    H5Pset_chunk(made, 1, &chunk);
    H5Dclose(need(H5Dcreate2(file_, path.c_str(), H5T_IEEE_F64LE, space, above_, made, H5P_DEFAULT)));
    H5Pclose(made), H5Sclose(space);
    return *this;
  }
  Hdf& number(const std::string& path, double x) { return scalar(path, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &x); }
  Hdf& count(const std::string& path, std::int64_t n) { return scalar(path, H5T_STD_I64LE, H5T_NATIVE_INT64, &n); }
  /// Of fixed width, one or several.
  Hdf& text(const std::string& path, const std::vector<std::string>& all) {
    std::size_t width = 1;
    for (const std::string& s : all) width = std::max(width, s.size());
    std::string packed;
    for (std::string s : all) s.resize(width, '\0'), packed += s;
    const hsize_t n = all.size();
    const hid_t type = H5Tcopy(H5T_C_S1), space = n == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &n, nullptr);
    H5Tset_size(type, width), H5Tset_strpad(type, H5T_STR_NULLPAD);
    const hid_t set = need(H5Dcreate2(file_, path.c_str(), type, space, above_, H5P_DEFAULT, H5P_DEFAULT));
    need(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, packed.data()));
    H5Dclose(set), H5Sclose(space), H5Tclose(type);
    return *this;
  }
  /// Attributes replace one of the same name.
  Hdf& set(const std::string& path, const char* name, double x) {
    return attribute(path, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &x);
  }
  Hdf& set(const std::string& path, const char* name, std::int64_t n) {
    return attribute(path, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &n);
  }
  /// Of variable length, as NWB 2 has them, or fixed.
  Hdf& set(const std::string& path, const char* name, const std::string& text, bool fixed = false) {
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, fixed ? text.size() : H5T_VARIABLE);
    const char* const at = text.c_str();
    attribute(path, name, type, type, fixed ? static_cast<const void*>(at) : &at);
    H5Tclose(type);
    return *this;
  }
  /// Rows of a column of the table of recordings: a part of a series; no path: none.
  struct Row {
    std::int32_t first, count;
    std::string series;
  };
  Hdf& references(const std::string& path, const std::vector<Row>& rows) {
    struct Raw {
      std::int32_t first, count;
      hobj_ref_t series;
    };
    std::vector<Raw> raw;
    for (const Row& r : rows) {
      raw.push_back({r.first, r.count, 0});
      if (!r.series.empty()) need(H5Rcreate(&raw.back().series, file_, r.series.c_str(), H5R_OBJECT, H5I_INVALID_HID));
    }
    const hid_t type = H5Tcreate(H5T_COMPOUND, sizeof(Raw));
    H5Tinsert(type, "idx_start", offsetof(Raw, first), H5T_NATIVE_INT32);
    H5Tinsert(type, "count", offsetof(Raw, count), H5T_NATIVE_INT32);
    H5Tinsert(type, "timeseries", offsetof(Raw, series), H5T_STD_REF_OBJ);
    const hsize_t n = raw.size();
    const hid_t space = H5Screate_simple(1, &n, nullptr),
                set = need(H5Dcreate2(file_, path.c_str(), type, space, above_, H5P_DEFAULT, H5P_DEFAULT));
    need(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()));
    H5Dclose(set), H5Sclose(space), H5Tclose(type);
    return *this;
  }
  Hdf& link(const std::string& path, const std::string& target) {
    need(H5Lcreate_soft(target.c_str(), file_, path.c_str(), above_, H5P_DEFAULT));
    return *this;
  }
  Hdf& remove(const std::string& path) {
    need(H5Ldelete(file_, path.c_str(), H5P_DEFAULT));
    return *this;
  }
  Hdf& unset(const std::string& path, const char* name) {
    need(H5Adelete_by_name(file_, path.c_str(), name, H5P_DEFAULT));
    return *this;
  }

 private:
  template <class T> static T need(T status) {
    if (status < 0) throw std::logic_error("the test's file could not be written");
    return status;
  }
  Hdf& scalar(const std::string& path, hid_t type, hid_t memory, const void* x) {
    const hid_t space = H5Screate(H5S_SCALAR),
                set = need(H5Dcreate2(file_, path.c_str(), type, space, above_, H5P_DEFAULT, H5P_DEFAULT));
    need(H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, x));
    H5Dclose(set), H5Sclose(space);
    return *this;
  }
  Hdf& attribute(const std::string& path, const char* name, hid_t type, hid_t memory, const void* x) {
    const hid_t object = need(H5Oopen(file_, path.c_str(), H5P_DEFAULT)), space = H5Screate(H5S_SCALAR);
    if (H5Aexists(object, name) > 0) need(H5Adelete(object, name));
    const hid_t a = need(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
    need(H5Awrite(a, memory, x));
    H5Aclose(a), H5Sclose(space), H5Oclose(object);
    return *this;
  }
  hid_t file_, above_ = -1;
};

/// A response or a stimulus of NWB 2.
struct Clamp {
  std::string name;
  std::vector<double> data;
  std::optional<std::int64_t> sweep = {};
  std::string electrode = {};
  double conversion = 1, offset = 0, rate_Hz = 20000, start_s = 0;
  Stored stored = {};
  std::string unit = {};  // volts or amperes if empty
};

inline void put(Hdf& file, const std::string& folder, const std::string& type, const std::string& unit,
                const Clamp& c) {
  const std::string path = folder + "/" + c.name;
  file.group(path).set(path, "neurodata_type", type).set(path, "stimulus_description", "Step");
  if (c.sweep) file.set(path, "sweep_number", *c.sweep);
  if (!c.electrode.empty()) file.link(path + "/electrode", "/general/intracellular_ephys/" + c.electrode);
  file.data(path + "/data", c.data, c.stored)
      .set(path + "/data", "unit", c.unit.empty() ? unit : c.unit)
      .set(path + "/data", "conversion", c.conversion);
  if (c.offset != 0) file.set(path + "/data", "offset", c.offset);
  file.number(path + "/starting_time", c.start_s)
      .set(path + "/starting_time", "rate", c.rate_Hz)
      .set(path + "/starting_time", "unit", "seconds");
}
/// A file of NWB 2.
inline void put_2(Hdf& file, const std::vector<Clamp>& responses, const std::vector<Clamp>& stimuli) {
  file.set("/", "nwb_version", "2.4.0");
  file.group("/acquisition").group("/stimulus/presentation");
  for (const Clamp& c : responses) put(file, "/acquisition", "CurrentClampSeries", "volts", c);
  for (const Clamp& c : stimuli) put(file, "/stimulus/presentation", "CurrentClampStimulusSeries", "amperes", c);
}

/// A sweep as the Allen Institute lays it out: SI values of single precision, packed.
struct AllenSweep {
  std::int64_t number = 0;
  std::vector<double> volts, amperes;
  double rate_Hz = 200000, start_s = 0;
  std::string response_unit = "Volts", stimulus_unit = "Amps";
  double conversion = 1;
};
inline void put_1(Hdf& file, const std::vector<AllenSweep>& sweeps, const std::string& pipeline = "1.0") {
  file.text("/nwb_version", {"NWB-1.0.5"}).group("/epochs");
  if (!pipeline.empty()) file.text("/general/generated_by", {"generated_by", "pipeline", "version", pipeline});
  for (const AllenSweep& s : sweeps) {
    const std::string name = "Sweep_" + std::to_string(s.number);
    for (const auto& [what, folder, unit, data] :
         {std::tuple{"response", "/acquisition/timeseries/", s.response_unit, &s.volts},
          {"stimulus", "/stimulus/presentation/", s.stimulus_unit, &s.amperes}}) {
      const std::string path = folder + name, epoch = "/epochs/" + name + "/" + what;
      file.data(path + "/data", *data, {H5T_IEEE_F32LE, std::min<hsize_t>(1000, data->size()), 4})
          .set(path + "/data", "unit", unit, true)
          .set(path + "/data", "conversion", s.conversion);
      file.number(path + "/starting_time", s.start_s).set(path + "/starting_time", "rate", s.rate_Hz);
      file.text(path + "/aibs_stimulus_name", {"Long Square"});
      file.count(epoch + "/idx_start", 0)
          .count(epoch + "/count", static_cast<std::int64_t>(data->size()))
          .link(epoch + "/timeseries", path);
    }
  }
}

}  // namespace hillock::test::nwb
