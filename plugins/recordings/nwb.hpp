#pragma once
// Neurodata Without Borders on HDF5's C API, for the readers `nwb` and `allen`: current-clamp series and their stimuli.
//
// NWB 2: a sweep is a CurrentClampSeries of /acquisition with its CurrentClampStimulusSeries of /stimulus/presentation: the one of the same
// sweep_number (and electrode) if the series have numbers; else both are counted off in the natural order of their names (2 before 10), and have
// to be as many, with the same number at the end of their names if those end in one. Sweeps have their sweep_number, else the number at the end of
// their name if these differ, else they count from 0.
// NWB 1: the layout of the Allen Cell Types Database, epochs/Sweep_N with links to stimulus and response.
//
// A sample is data*conversion + offset in the unit that stands beside it. Files of the Allen Institute's pipeline before version 1.1 hold SI
// values already, beside conversions that do not apply (AllenSDK, allensdk/core/nwb_data_set.py). Times count from the begin of the sweep:
// starting_time is its place in the session. An IZeroClampSeries, recorded with the amplifier disconnected, has a current of zero and no stimulus
// (NWB schema, nwb.icephys). Series of voltage clamp are left out.
// Formats: Rübel et al. (2022), doi:10.7554/eLife.78362; Teeters et al. (2015), doi:10.1016/j.neuron.2015.10.025.
#include <map>
#include <tuple>

#include "hdf5.hpp"

namespace hillock::nwb {

constexpr std::size_t most_series = 100000;
constexpr double most_compression =
    1100;  // deflate packs 1032 bytes into one; other filters of HDF5 may do better, on little
constexpr double always_unpacked = 0x1p26;   // bytes
constexpr hsize_t block = hsize_t{1} << 16;  // samples

/// "step 2" before "step 10": runs of digits are compared as numbers.
inline bool natural_less(std::string_view a, std::string_view b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  std::size_t i = 0, k = 0;
  while (i < a.size() && k < b.size()) {
    if (digit(a[i]) && digit(b[k])) {
      const auto run = [&](std::string_view s, std::size_t& at) {
        while (at < s.size() && s[at] == '0') ++at;
        const std::size_t begin = at;
        while (at < s.size() && digit(s[at])) ++at;
        return s.substr(begin, at - begin);
      };
      const std::string_view x = run(a, i), y = run(b, k);
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else if (a[i] != b[k]) {
      return a[i] < b[k];
    } else {
      ++i, ++k;
    }
  }
  return i == a.size() && k == b.size() ? a < b : k < b.size();
}
/// "ic__Step__10": 10.
inline std::optional<std::int64_t> last_number(std::string_view name) {
  std::size_t begin = name.size();
  while (begin > 0 && name[begin - 1] >= '0' && name[begin - 1] <= '9') --begin;
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(name.data() + begin, name.data() + name.size(), n);
  if (begin == name.size() || error != std::errc{}) return {};
  return n;
}

/// Volts and amperes as the files spell them, besides the symbols.
inline std::optional<binary::Unit> unit_of(const std::string& unit) {
  std::string low = unit;
  for (char& c : low)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (low == "volt" || low == "volts") return binary::unit_of("V");
  if (low == "amp" || low == "amps" || low == "ampere" || low == "amperes") return binary::unit_of("A");
  return binary::unit_of(unit);
}
constexpr auto known_units = "volts, amperes, V, mV, uV, A, nA, pA";

/// The samples of one series, in mV or pA: scale*data + offset.
struct Series {
  std::string path, name, electrode;
  std::optional<std::int64_t> sweep_number;
  std::uint32_t kind = HK_OTHER;
  std::uint64_t first = 0, samples = 0;
  double start_s = 0, rate_Hz = 0, scale = 1, offset = 0;
  std::string protocol;
  bool zero = false;  ///< no current flows
};

/// A file of either version. HDF5 serves one thread at a time.
class File {
 public:
  explicit File(const std::string& path, std::string electrode = {}) : raw_(path), electrode_(std::move(electrode)) {
    const Silence silence;
    check_container();
    const Handle access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_file_locking(access, false, true);  // nothing is written, and not every file system knows locks
    file_ = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access);
    if (!file_) raw_.refuse("the file is damaged: HDF5 cannot open it");
    read_layout();
    if (sweeps_.empty())
      raw_.refuse("it holds no sweep in current clamp" + (others_.empty() ? "" : ", only " + others_));
  }
  File(const File&) = delete;
  ~File() {
    const Silence silence;
    file_ = {};
  }

  std::size_t sweeps() const { return sweeps_.size(); }
  Sweep describe(std::size_t index) const {
    const Pair& p = sweeps_[index];
    Sweep out;
    out.number = p.number;
    out.samples = p.response.samples;
    out.dt = 1000 / p.response.rate_Hz;
    out.protocol = binary::line(p.response.protocol);
    out.channels.push_back({p.response.name, "mV", HK_VOLTAGE});
    if (p.response.zero) {
      out.current_source = "none, as of an IZeroClampSeries";
      out.channels.push_back({"zero", "pA", HK_CURRENT});
    } else if (p.stimulus) {
      out.current_source = "stimulus series " + p.stimulus->name;
      out.channels.push_back({p.stimulus->name, "pA", HK_CURRENT});
    }
    return out;
  }
  void read(std::size_t index, std::size_t channel, std::span<double> samples) const {
    const Silence silence;
    const Pair& p = sweeps_[index];
    if (channel == 1 && p.response.zero) return std::fill(samples.begin(), samples.end(), 0.0);
    if (channel == 1) check_pair(p);
    const Series& s = channel == 0 ? p.response : *p.stimulus;
    const Handle data = open_data(file_, s.path + "/data");
    if (!data) raw_.refuse("the file is damaged: the samples of '" + s.name + "' cannot be opened");
    read_numbers(data, s.first, samples, s.name);
    for (std::size_t k = 0; k < samples.size(); ++k) {
      samples[k] = s.scale * samples[k] + s.offset;
      if (!std::isfinite(samples[k]))
        raw_.refuse("sample " + std::to_string(k) + " of '" + s.name +
                    "' is no finite number: a gap in the recording; cut the file there");
    }
  }

 private:
  struct Pair {
    std::int64_t number = 0;
    Series response;
    std::optional<Series> stimulus;
  };

  static std::string brief(double x) {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), x, std::chars_format::general, 10).ptr};
  }

  /// That this is an HDF5 file, and whole as its superblock says.
  void check_container() const {
    constexpr std::string_view magic{"\x89HDF\r\n\x1a\n", 8};
    const std::uint64_t n = std::min<std::uint64_t>(raw_.size(), 64);
    const binary::Bytes head = raw_.part(0, n, "the first bytes");
    if (n < 64 ? head.piece(0, std::min<std::size_t>(n, 8)) != magic.substr(0, n) : head.piece(0, 8) != magic)
      raw_.refuse("this is no HDF5 file, as those of Neurodata Without Borders are");
    std::uint64_t end = 64;  // the smallest superblock has 48 bytes, and there is more
    if (n == 64) {
      const int version = head.at<std::uint8_t>(8), width = head.at<std::uint8_t>(version < 2 ? 13 : 9);
      const std::size_t at = version == 0 ? 40 : version == 1 ? 44 : 28;
      if (version <= 3 && width == 8) end = head.at<std::uint64_t>(at);
    }
    if (raw_.size() < end)
      raw_.refuse("the file is cut off: it has " + std::to_string(raw_.size()) + " bytes of " + std::to_string(end));
  }

  void read_layout() {
    std::string version = text_attribute(Handle(H5Oopen(file_, "/", H5P_DEFAULT)), "nwb_version");
    if (version.empty() && has(file_, "nwb_version"))
      if (const auto all = text_data(file_, "nwb_version"); !all.empty()) version = all.front();
    if (version.empty())
      raw_.refuse("this is an HDF5 file, but none of Neurodata Without Borders: it names no nwb_version");
    const std::size_t digit = version.find_first_of("0123456789");
    if (digit != std::string::npos && version.compare(digit, 2, "2.") == 0) read_version_2();
    else if (digit != std::string::npos && version.compare(digit, 2, "1.") == 0) read_version_1();
    else raw_.refuse("the file is of version '" + version + "' of Neurodata Without Borders; 1 and 2 are read");
  }

  /// Names of the members of a group, in natural order.
  std::vector<std::string> members(const Handle& group, const std::string& what) const {
    H5G_info_t about{};
    if (H5Gget_info(group, &about) < 0) raw_.refuse("the file is damaged: " + what + " cannot be listed");
    if (about.nlinks > most_series)
      raw_.refuse("it claims " + std::to_string(about.nlinks) + " members of " + what + "; at most " +
                  std::to_string(most_series) + " are read");
    std::vector<std::string> out;
    for (hsize_t k = 0; k < about.nlinks; ++k) {
      std::array<char, 1024> name{};
      const ssize_t n =
          H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, k, name.data(), name.size(), H5P_DEFAULT);
      if (n < 0) raw_.refuse("the file is damaged: " + what + " cannot be listed");
      out.emplace_back(name.data());
    }
    std::sort(out.begin(), out.end(), natural_less);
    return out;
  }

  // --- version 2 -----------------------------------------------------------------------------------------------------

  void read_version_2() {
    std::vector<Series> responses = series_of("/acquisition", "CurrentClampSeries", HK_VOLTAGE);
    std::vector<Series> stimuli = series_of("/stimulus/presentation", "CurrentClampStimulusSeries", HK_CURRENT);
    const auto numbered = [](const std::vector<Series>& all) {
      return std::all_of(all.begin(), all.end(), [](const Series& s) { return s.sweep_number.has_value(); });
    };
    const bool by_number = numbered(responses) && numbered(stimuli);
    if (by_number) {
      refuse_twice(responses), refuse_twice(stimuli);
      for (Series& r : responses) {
        const auto its = std::find_if(stimuli.begin(), stimuli.end(), [&](const Series& s) {
          return s.sweep_number == r.sweep_number &&
                 (s.electrode == r.electrode || s.electrode.empty() || r.electrode.empty());
        });
        if (r.zero && its != stimuli.end())
          raw_.refuse("'" + r.name + "' is an IZeroClampSeries, which has no current, and '" + its->name +
                      "' is its stimulus by their sweep_number");
        const std::int64_t number = *r.sweep_number;
        sweeps_.push_back({number, std::move(r), its == stimuli.end() ? std::nullopt : std::optional(std::move(*its))});
      }
      std::sort(sweeps_.begin(), sweeps_.end(), [](const Pair& a, const Pair& b) { return a.number < b.number; });
      return;
    }
    const auto driven = static_cast<std::size_t>(
        std::count_if(responses.begin(), responses.end(), [](const Series& r) { return !r.zero; }));
    if (!stimuli.empty() && stimuli.size() != driven)
      raw_.refuse("which stimulus belongs to which response cannot be told: it has " + std::to_string(driven) +
                  " series in current clamp, " + std::to_string(stimuli.size()) +
                  " of stimuli, and not all have a sweep_number");
    bool distinct = true;                                      // the numbers that end the names
    std::vector<std::optional<Series>> its(responses.size());  // stimulus of each
    std::size_t next = 0;
    for (std::size_t k = 0; k < responses.size(); ++k) {
      const auto r = last_number(responses[k].name);
      if (!stimuli.empty() && !responses[k].zero) {
        its[k] = std::move(stimuli[next++]);
        if (const auto s = last_number(its[k]->name); r && s && *r != *s)
          raw_.refuse("which stimulus belongs to which response cannot be told: counted off, '" + responses[k].name +
                      "' would have '" + its[k]->name + "', and not all have a sweep_number");
      }
      distinct = distinct && r && (k == 0 || *r > *last_number(responses[k - 1].name));
    }
    for (std::size_t k = 0; k < responses.size(); ++k) {
      const std::int64_t number = distinct ? *last_number(responses[k].name) : static_cast<std::int64_t>(k);
      sweeps_.push_back({number, std::move(responses[k]), std::move(its[k])});
    }
  }

  /// Series of a type, in natural order; those of other electrodes than the one asked for are left out.
  std::vector<Series> series_of(const std::string& folder, const std::string& type, std::uint32_t kind) {
    std::vector<Series> out;
    const Handle group = open_group(file_, folder);
    if (!group) return out;
    std::vector<std::string> electrodes;
    for (const std::string& name : members(group, folder)) {
      const Handle one = open_group(group, name);
      if (!one) continue;
      const std::string found = text_attribute(one, "neurodata_type");
      const bool zero = kind == HK_VOLTAGE && found == "IZeroClampSeries";
      if (found != type && !zero) {
        if (kind == HK_VOLTAGE && !found.empty() && others_.find(found) == std::string::npos)
          others_ += (others_.empty() ? "" : ", ") + found;
        continue;
      }
      Series s = series(one, folder + "/" + name, name, true);
      if (s.kind != kind)
        raw_.refuse("'" + name + "' is " + (zero ? "an " : "a ") + found + " in a unit of " +
                    (s.kind == HK_VOLTAGE ? "voltage" : "current"));
      s.zero = zero;
      s.electrode = target_of(one, "electrode");
      s.sweep_number = number_attribute<std::int64_t>(one, "sweep_number");
      if (s.sweep_number && (*s.sweep_number < 0 || *s.sweep_number > 1000000000))
        raw_.refuse("the file is damaged: '" + name + "' is sweep " + std::to_string(*s.sweep_number));
      s.protocol = text_attribute(one, "stimulus_description");
      if (s.protocol.empty() || s.protocol == "N/A") s.protocol = text_attribute(one, "description");
      note_bias(one, s);
      if (std::find(electrodes.begin(), electrodes.end(), s.electrode) == electrodes.end())
        electrodes.push_back(s.electrode);
      if (electrode_.empty() || electrode_ == s.electrode) out.push_back(std::move(s));
    }
    if (out.empty() && !electrodes.empty() && kind == HK_VOLTAGE) {
      std::string list;
      for (const std::string& e : electrodes) list += (list.empty() ? "'" : ", '") + e + "'";
      raw_.refuse("no series is of the electrode '" + electrode_ + "'; it has " + list);
    }
    return out;
  }
  void refuse_twice(const std::vector<Series>& all) const {
    std::map<std::int64_t, const Series*> known;
    for (const Series& s : all)
      if (const auto [at, added] = known.emplace(*s.sweep_number, &s); !added)
        raw_.refuse(
            "sweep " + std::to_string(*s.sweep_number) + " is both '" + at->second->name + "' and '" + s.name + "'" +
            (at->second->electrode != s.electrode ? ", of the electrodes '" + at->second->electrode + "' and '" +
                                                        s.electrode + "': say which, as electrode: " + s.electrode
                                                  : ""));
  }
  /// The last part of where a soft link leads.
  static std::string target_of(hid_t group, const char* name) {
    if (!has(group, name)) return {};
    H5L_info_t about{};
    if (H5Lget_info(group, name, &about, H5P_DEFAULT) < 0 || about.type != H5L_TYPE_SOFT ||
        about.u.val_size > longest_text)
      return {};
    std::string target(about.u.val_size, '\0');
    if (H5Lget_val(group, name, target.data(), target.size(), H5P_DEFAULT) < 0) return {};
    target.resize(std::min(target.size(), target.find('\0')));
    return target.substr(target.find_last_of('/') + 1);
  }

  // --- version 1, as the Allen Institute lays it out -----------------------------------------------------------------

  void read_version_1() {
    const Handle epochs = has(file_, "epochs") ? open_group(file_, "epochs") : Handle();
    const std::string prefix = "Sweep_";
    bool any = false;
    if (epochs)
      for (const std::string& name : members(epochs, "/epochs")) {
        if (!name.starts_with(prefix) || !last_number(name)) continue;
        any = true;
        std::optional<Series> response = part(epochs, name, "response");
        if (!response) raw_.refuse("the file is damaged: '" + name + "' has no response");
        std::optional<Series> stimulus = part(epochs, name, "stimulus");
        if (response->kind == HK_CURRENT) {
          others_ = "sweeps in voltage clamp";
          continue;
        }
        if (stimulus && stimulus->kind != HK_CURRENT)
          raw_.refuse("'" + name + "' has a voltage as stimulus of a voltage");
        sweeps_.push_back({*last_number(name), std::move(*response), std::move(stimulus)});
      }
    if (!any)
      raw_.refuse("it has no /epochs/Sweep_N: of version 1 the layout of the Allen Cell Types Database is read");
  }
  /// The stimulus or the response of a sweep: a link to a series, of which a part belongs to it.
  std::optional<Series> part(const Handle& epochs, const std::string& sweep, const char* what) const {
    const Handle epoch = open_group(epochs, sweep);
    const Handle group = epoch && has(epoch, what) ? open_group(epoch, what) : Handle();
    const Handle one = group && has(group, "timeseries") ? open_group(group, "timeseries") : Handle();
    if (!one) return {};
    Series s = series(one, "/epochs/" + sweep + "/" + what + "/timeseries", sweep, conversions_apply(one));
    const std::int64_t first = number_data<std::int64_t>(group, "idx_start").value_or(0);
    const std::int64_t count =
        number_data<std::int64_t>(group, "count").value_or(static_cast<std::int64_t>(s.samples) - first);
    if (first < 0 || count < 0 || first > static_cast<std::int64_t>(s.samples) ||
        count > static_cast<std::int64_t>(s.samples) - first)
      raw_.refuse("the file is damaged: the " + std::string(what) + " of '" + sweep + "' claims " +
                  std::to_string(count) + " samples from " + std::to_string(first) + " on, and has " +
                  std::to_string(s.samples));
    s.first = static_cast<std::uint64_t>(first), s.samples = static_cast<std::uint64_t>(count);
    refuse_few(s);
    if (const auto name = text_data(one, "aibs_stimulus_name"); !name.empty()) s.protocol = name.front();
    note_bias(one, s);
    return s;
  }
  bool conversions_apply(const Handle& series) const {
    const auto words = text_data(file_, "general/generated_by");  // keys and values in turn
    for (std::size_t k = 0; k + 1 < words.size(); k += 2) {
      int major = 0, minor = 0;
      if (words[k] != "version") continue;
      const char *begin = words[k + 1].data(), *end = begin + words[k + 1].size();
      const auto [point, error] = std::from_chars(begin, end, major);
      if (error != std::errc{} || point == end || *point != '.') break;
      std::from_chars(point + 1, end, minor);
      return std::tie(major, minor) >= std::make_tuple(1, 1);
    }
    return !has(series, "aibs_stimulus_name");
  }

  // --- both ----------------------------------------------------------------------------------------------------------

  void refuse_few(const Series& s) const {
    if (s.samples < 2)
      raw_.refuse("'" + s.name + "' has " + (s.samples == 0 ? "no samples" : "one sample") +
                  "; a recording has at least two");
  }

  Series series(const Handle& one, const std::string& path, const std::string& name, bool converted) const {
    Series s;
    s.path = path, s.name = name;
    const Handle data = has(one, "data") ? open_data(one, "data") : Handle();
    if (!data) raw_.refuse("the file is damaged: '" + name + "' has no data");
    s.samples = count_of(data, name);
    refuse_few(s);

    const std::string unit = text_attribute(data, "unit");
    const auto known = unit_of(unit);
    if (!known)
      raw_.refuse(unit.empty() ? "'" + name + "' does not say its unit"
                               : "'" + name + "' is in '" + unit + "', which is no unit known here: " + known_units);
    s.kind = known->kind;
    if (converted) {
      s.scale = number_attribute<double>(data, "conversion").value_or(1);
      s.offset = number_attribute<double>(data, "offset").value_or(0);
    }
    if (!std::isfinite(s.scale) || s.scale == 0 || !std::isfinite(s.offset))
      raw_.refuse("the file is damaged: '" + name + "' has conversion " + brief(s.scale) + " and offset " +
                  brief(s.offset));
    const int power = known->times > 1  ? static_cast<int>(std::lround(std::log10(known->times)))
                      : known->over > 1 ? -3
                                        : 0;
    s.scale = binary::decimal(s.scale, power), s.offset = binary::decimal(s.offset, power);

    if (has(one, "timestamps")) take_times(one, s);
    else take_rate(one, s);
    return s;
  }
  /// How many numbers a data set of one dimension holds, of which all are in the file.
  std::uint64_t count_of(const Handle& data, const std::string& name) const {
    const Handle space = H5Dget_space(data), type = H5Dget_type(data), made = H5Dget_create_plist(data);
    const int rank = space ? H5Sget_simple_extent_ndims(space) : -1;
    if (!is_number(type)) raw_.refuse("the data of '" + name + "' are no numbers");
    if (rank != 1)
      raw_.refuse("the data of '" + name + "' have " + std::to_string(rank) +
                  " dimensions; a series in current clamp has one");
    hsize_t n = 0;
    H5Sget_simple_extent_dims(space, &n, nullptr);
    if (n == 0) return 0;
    hsize_t whole = 0;  // of the file that holds it: a link may lead to another
    if (const Handle file = H5Iget_file_id(data); !file || H5Fget_filesize(file, &whole) < 0) whole = 0;
    const auto stored = static_cast<double>(std::min(H5Dget_storage_size(data), whole));
    const auto width = static_cast<double>(H5Tget_size(type));
    hsize_t chunk = 0, chunks = 0;
    bool complete = true;  // missing chunks would be read as zeros
    if (made && H5Pget_layout(made) == H5D_CHUNKED)
      complete = H5Pget_chunk(made, 1, &chunk) == 1 && chunk > 0 && H5Dget_num_chunks(data, space, &chunks) >= 0 &&
                 chunks >= (n - 1) / chunk + 1;
    // before anything of that size is allocated, here or by HDF5
    const bool packed = made && H5Pget_nfilters(made) > 0;
    const double most = packed ? std::max(always_unpacked, most_compression * stored) : stored;
    if (!complete || static_cast<double>(std::max(n, chunk)) * width > most)
      raw_.refuse("the file is damaged: '" + name + "' claims " + std::to_string(n) +
                  " samples, of which the file holds " + brief(stored) + " bytes");
    return n;
  }
  /// Numbers from `first` on.
  void read_numbers(const Handle& data, std::uint64_t first, std::span<double> to, const std::string& name) const {
    const hsize_t begin = first, n = to.size();
    const Handle space = H5Dget_space(data), memory = H5Screate_simple(1, &n, nullptr);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, &begin, nullptr, &n, nullptr) < 0 ||
        H5Dread(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, to.data()) < 0)
      raw_.refuse("the file is damaged: the samples of '" + name + "' cannot be read");
  }

  void take_rate(const Handle& one, Series& s) const {
    const Handle time = has(one, "starting_time") ? open_data(one, "starting_time") : Handle();
    const auto start = time ? number_data<double>(one, "starting_time") : std::nullopt;
    const auto rate = time ? number_attribute<double>(time, "rate") : std::nullopt;
    if (!start || !rate) raw_.refuse("'" + s.name + "' has neither a rate nor timestamps");
    if (!(*rate >= 1e-6 && *rate <= 1e9) || !(std::abs(*start) <= 1e12))
      raw_.refuse("the file is damaged: '" + s.name + "' starts at " + brief(*start) + " s with a rate of " +
                  brief(*rate) + " Hz");
    s.start_s = *start, s.rate_Hz = *rate;
  }
  void take_times(const Handle& one, Series& s) const {
    const Handle times = open_data(one, "timestamps");
    if (!times || count_of(times, s.name + "/timestamps") != s.samples)
      raw_.refuse("the file is damaged: '" + s.name + "' has not as many timestamps as samples");
    const double n = static_cast<double>(s.samples - 1);
    double ends[2];
    read_numbers(times, 0, {ends, 1}, s.name + "/timestamps");
    read_numbers(times, s.samples - 1, {ends + 1, 1}, s.name + "/timestamps");
    const double step = (ends[1] - ends[0]) / n, largest = std::max(std::abs(ends[0]), std::abs(ends[1]));
    if (!std::isfinite(step) || !(step > 0)) raw_.refuse("the timestamps of '" + s.name + "' do not rise");
    // as the numbers are rounded, but never so coarse that a missing sample would not show
    const double rounding = 4 * largest * (H5Tget_size(Handle(H5Dget_type(times))) == 4 ? 0x1p-24 : 0x1p-53);
    std::vector<double> part(std::min<std::uint64_t>(block, s.samples));
    for (std::uint64_t k = 0; k < s.samples; k += part.size()) {
      part.resize(std::min<std::uint64_t>(part.size(), s.samples - k));
      read_numbers(times, k, part, s.name + "/timestamps");
      for (std::size_t i = 0; i < part.size(); ++i)
        if (!(std::abs(part[i] - (ends[0] + static_cast<double>(k + i) * step)) <=
              std::min(0.25 * step, 1e-3 * step + rounding)))
          raw_.refuse("the samples of '" + s.name + "' are not evenly spaced: timestamp " + std::to_string(k + i) +
                      " is " + brief(part[i]) + " s, where a step of " + brief(step) + " s leads to " +
                      brief(ends[0] + static_cast<double>(k + i) * step) + " s; resample the series or cut it there");
    }
    s.start_s = ends[0], s.rate_Hz = 1 / step;
    if (const double whole = std::round(s.rate_Hz);
        std::abs(whole - s.rate_Hz) <= 2 * rounding / (n * step) * s.rate_Hz)
      s.rate_Hz = whole;
  }

  /// A constant current of the amplifier, which is not part of the stimulus.
  static void note_bias(hid_t one, Series& s) {
    if (!has(one, "bias_current")) return;
    if (const auto bias = number_data<double>(one, "bias_current"); bias && std::isfinite(*bias) && *bias != 0)
      s.protocol +=
          (s.protocol.empty() ? "" : "; ") + ("bias current " + brief(*bias * 1e12) + " pA, not in the stimulus");
  }

  void check_pair(const Pair& p) const {
    const Series &r = p.response, &s = *p.stimulus;
    const std::string start = "the stimulus '" + s.name + "' does not fit '" + r.name + "': it ";
    if (s.samples != r.samples)
      raw_.refuse(start + "has " + std::to_string(s.samples) + " samples, the response " + std::to_string(r.samples));
    if (std::abs(s.rate_Hz - r.rate_Hz) > 1e-9 * r.rate_Hz)
      raw_.refuse(start + "has a rate of " + brief(s.rate_Hz) + " Hz, the response " + brief(r.rate_Hz) + " Hz");
    if (std::abs(s.start_s - r.start_s) > 0.5 / r.rate_Hz)
      raw_.refuse(start + "starts at " + brief(s.start_s) + " s, the response at " + brief(r.start_s) + " s");
  }

  binary::File raw_;
  std::string electrode_, others_;
  Handle file_;
  std::vector<Pair> sweeps_;
};

}  // namespace hillock::nwb
