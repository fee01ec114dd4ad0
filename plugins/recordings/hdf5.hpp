#pragma once
// HDF5's C API as the readers of NWB use it: references that let go, errors that are not printed, attributes and data
// sets of texts and numbers.
#include <hdf5.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "binary.hpp"

namespace hillock::nwb {

constexpr hsize_t longest_text = 1 << 20;  // bytes

/// HDF5 prints its errors unless it is told not to; what it would say is replaced by sentences of ours.
class Silence {
 public:
  Silence() {
    // before its first other call: else it clears up at the exit, and complains there of what damaged files left
    static_cast<void>(H5dont_atexit());
    H5Eget_auto2(H5E_DEFAULT, &print_, &where_);
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  }
  Silence(const Silence&) = delete;
  ~Silence() { H5Eset_auto2(H5E_DEFAULT, print_, where_); }

 private:
  H5E_auto2_t print_ = nullptr;
  void* where_ = nullptr;
};

/// Whatever HDF5 counts references of; negative if there is none.
class Handle {
 public:
  Handle(hid_t id = H5I_INVALID_HID) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) H5Idec_ref(id_);
  }
  operator hid_t() const { return id_; }
  explicit operator bool() const { return id_ >= 0; }
  bool operator!() const { return id_ < 0; }

 private:
  hid_t id_;
};

/// The texts of an attribute or data set; empty if it holds something else.
template <class Read> std::vector<std::string> texts(const Handle& type, const Handle& space, Read read) {
  std::vector<std::string> out;
  const hssize_t n = space ? H5Sget_simple_extent_npoints(space) : 0;
  if (!type || H5Tget_class(type) != H5T_STRING || n < 1 || n > 1000) return out;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> raw(static_cast<std::size_t>(n), nullptr);
    if (read(type, raw.data()) < 0) return out;
    for (const char* s : raw) out.push_back(binary::text(s ? s : ""));
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, raw.data());
  } else {
    const std::size_t width = H5Tget_size(type);
    if (width == 0 || width > longest_text / static_cast<hsize_t>(n)) return out;
    std::vector<char> raw(width * static_cast<std::size_t>(n));
    if (read(type, raw.data()) < 0) return out;
    for (std::size_t k = 0; k < raw.size(); k += width) out.push_back(binary::text({raw.data() + k, width}));
  }
  return out;
}

inline bool has(hid_t place, const char* name) { return H5Lexists(place, name, H5P_DEFAULT) > 0; }
inline Handle open_object(hid_t place, const std::string& path) { return H5Oopen(place, path.c_str(), H5P_DEFAULT); }
inline Handle open_group(hid_t place, const std::string& path) {
  Handle object = open_object(place, path);
  return object && H5Iget_type(object) == H5I_GROUP ? std::move(object) : Handle();
}
inline Handle open_data(hid_t place, const std::string& path) {
  Handle object = open_object(place, path);
  return object && H5Iget_type(object) == H5I_DATASET ? std::move(object) : Handle();
}

inline std::string text_attribute(hid_t object, const char* name) {
  if (H5Aexists(object, name) <= 0) return {};
  const Handle a = H5Aopen(object, name, H5P_DEFAULT);
  if (!a) return {};
  const auto all = texts(Handle(H5Aget_type(a)), Handle(H5Aget_space(a)),
                         [&](hid_t type, void* to) { return H5Aread(a, type, to); });
  return all.empty() ? "" : all.front();
}
inline std::vector<std::string> text_data(hid_t place, const char* name) {
  const Handle d = open_data(place, name);
  if (!d) return {};
  return texts(Handle(H5Dget_type(d)), Handle(H5Dget_space(d)),
               [&](hid_t type, void* to) { return H5Dread(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to); });
}

inline bool is_number(const Handle& type) {
  const H5T_class_t c = type ? H5Tget_class(type) : H5T_NO_CLASS;
  return c == H5T_INTEGER || c == H5T_FLOAT;
}
inline bool is_one(const Handle& space) { return space && H5Sget_simple_extent_npoints(space) == 1; }
inline hid_t native(double) { return H5T_NATIVE_DOUBLE; }
inline hid_t native(std::int64_t) { return H5T_NATIVE_INT64; }
/// One number; nothing if it is absent or no number.
template <class T> std::optional<T> number_attribute(hid_t object, const char* name) {
  if (H5Aexists(object, name) <= 0) return {};
  const Handle a = H5Aopen(object, name, H5P_DEFAULT);
  T x{};
  if (!a || !is_number(Handle(H5Aget_type(a))) || !is_one(Handle(H5Aget_space(a))) || H5Aread(a, native(x), &x) < 0)
    return {};
  return x;
}
template <class T> std::optional<T> number_data(hid_t place, const char* name) {
  const Handle d = open_data(place, name);
  T x{};
  if (!d || !is_number(Handle(H5Dget_type(d))) || !is_one(Handle(H5Dget_space(d))) ||
      H5Dread(d, native(x), H5S_ALL, H5S_ALL, H5P_DEFAULT, &x) < 0)
    return {};
  return x;
}

}  // namespace hillock::nwb
