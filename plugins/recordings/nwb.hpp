#pragma once
// Neurodata Without Borders on HDF5's C API, for the readers `nwb` and `allen`: current-clamp series and their stimuli.
//
// NWB 2: a sweep is a CurrentClampSeries of /acquisition with its CurrentClampStimulusSeries of /stimulus/presentation:
// the one that the table intracellular_recordings (since NWB 2.4) sets beside it; without one, that of the same
// sweep_number (and electrode); without those, that with the same number at the end of its name, or that which begins
// at the same time, if these tell all series apart; or the only one. Else the voltage is read alone. Sweeps have their
// sweep_number, else the number at the end of their name if these differ, else they count from 0. NWB 1: the layout of
// the Allen Cell Types Database, epochs/Sweep_N with links to stimulus and response.
//
// A sample is data*conversion + offset in the unit that stands beside it. Files of the Allen Institute's pipeline
// before version 1.1 hold SI values already, beside conversions that do not apply (AllenSDK,
// allensdk/core/nwb_data_set.py). Times count from the begin of the sweep: starting_time is its place in the session.
// An IZeroClampSeries, recorded with the amplifier disconnected, has a current of zero and no stimulus (NWB schema,
// nwb.icephys). Series of voltage clamp are left out. Formats: Rübel et al. (2022), doi:10.7554/eLife.78362; Teeters et
// al. (2015), doi:10.1016/j.neuron.2015.10.025.
#include <cstddef>
#include <limits>
#include <map>
#include <tuple>

#include "hdf5.hpp"
#include "times.hpp"

namespace hillock::nwb {

constexpr std::size_t most_series = 100000;
constexpr double most_compression =
    1100;  // deflate packs 1032 bytes into one; other filters of HDF5 may do better, on little
constexpr double always_unpacked = 0x1p26;  // bytes

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
    } else if (!p.against.empty()) {
      out.current_source = "which stimulus cannot be told";
      out.channels.push_back({"stimulus", "pA", HK_CURRENT});
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
    if (channel == 1 && !p.against.empty()) raw_.refuse(p.against);
    if (channel == 1) check_pair(p);
    const Series& s = channel == 0 ? p.response : *p.stimulus;
    const Handle data = open_data(file_, s.path + "/data");
    if (!data) raw_.refuse("the file is damaged: the samples of '" + s.name + "' cannot be opened");
    // a response that was stopped early is shorter than its stimulus; where the stimulus ends first, the current has a
    // gap
    const std::size_t there = std::min<std::uint64_t>(samples.size(), s.samples);
    read_numbers(data, s.first, samples.first(there), s.name);
    std::fill(samples.begin() + static_cast<std::ptrdiff_t>(there), samples.end(),
              std::numeric_limits<double>::quiet_NaN());
    for (double& x : samples) {
      x = s.scale * x + s.offset;
      if (!std::isfinite(x)) x = std::numeric_limits<double>::quiet_NaN();  // a gap
    }
  }

 private:
  struct Pair {
    std::int64_t number = 0;
    Series response;
    std::optional<Series> stimulus;
    std::string against = {};  ///< why it cannot be told which stimulus is its own
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
      if (version > 3 || width != 8)
        raw_.refuse("the file is damaged: its superblock has version " + std::to_string(version) +
                    " and addresses of " + std::to_string(width) + " bytes");
      end = head.at<std::uint64_t>(at);
      // files of several parts have a block for their driver, of which HDF5 believes any size
      if (version < 2 && head.at<std::uint64_t>(at + 8) != UINT64_MAX)
        raw_.refuse("the file is damaged, or one of several parts: it names a driver of HDF5");
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
    if (read_table(responses, stimuli)) return;
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
    bool distinct = true;  // the numbers that end the names
    std::vector<std::size_t> driven;
    for (std::size_t k = 0; k < responses.size(); ++k) {
      const auto n = last_number(responses[k].name);
      distinct = distinct && n && (k == 0 || *n > *last_number(responses[k - 1].name));
      if (!responses[k].zero) driven.push_back(k);
    }
    std::vector<std::optional<std::size_t>> its(responses.size());  // stimulus of each
    std::string against;
    if (!stimuli.empty() && driven.empty())
      raw_.refuse("which stimulus belongs to which response cannot be told: it has 0 series in current clamp, " +
                  std::to_string(stimuli.size()) + " of stimuli, and not all have a sweep_number");
    if (!stimuli.empty()) {
      const auto by = [&](auto key) { return pair_by(responses, driven, stimuli, its, key); };
      if (!(driven.size() == 1 && stimuli.size() == 1 && by([](const Series&) { return std::optional(0); })) &&
          !by([](const Series& s) { return last_number(s.name); }) &&
          !by([](const Series& s) { return std::optional(std::llround(s.start_s * s.rate_Hz)); }))
        against =
            "which stimulus belongs to which response cannot be told: the " + std::to_string(driven.size()) +
            " series in current clamp and " + std::to_string(stimuli.size()) +
            " of stimuli have neither a table intracellular_recordings nor all a sweep_number, and neither the numbers "
            "that end their names nor their starting times pair them";
    }
    for (std::size_t k = 0; k < responses.size(); ++k) {
      const std::int64_t number = distinct ? *last_number(responses[k].name) : static_cast<std::int64_t>(k);
      std::optional<Series> stimulus;
      if (its[k]) stimulus = stimuli[*its[k]];
      const bool zero = responses[k].zero;
      sweeps_.push_back({number, std::move(responses[k]), std::move(stimulus), zero ? "" : against});
    }
  }

  /// Pairs series whose keys are the same, if each stimulus has a key of its own, and so has each response. Nothing is
  /// paired else.
  template <class Key>
  static bool pair_by(const std::vector<Series>& responses, const std::vector<std::size_t>& driven,
                      const std::vector<Series>& stimuli, std::vector<std::optional<std::size_t>>& its, Key key) {
    if (stimuli.size() != driven.size()) return false;
    std::map<std::int64_t, std::size_t> known;
    for (std::size_t k = 0; k < stimuli.size(); ++k)
      if (const auto id = key(stimuli[k]); !id || !known.emplace(*id, k).second) return false;
    std::vector<std::optional<std::size_t>> found(responses.size());
    for (const std::size_t k : driven) {
      const auto id = key(responses[k]);
      const auto at = id ? known.find(*id) : known.end();
      if (at == known.end()) return false;
      found[k] = at->second;
      known.erase(at);
    }
    its = found;
    return true;
  }

  /// A part of a series, as the table of recordings names it; no series: none.
  struct Reference {
    std::int64_t first = -1, count = -1;
    std::string series;
  };
  /// A column of references of the table. The names of series lead into this file.
  std::vector<Reference> references(const std::string& path) const {
    struct Raw {
      std::int32_t first, count;
      hobj_ref_t series;
    };
    std::vector<Reference> out;
    const Handle data = open_data(file_, path);
    if (!data) return out;
    const Handle space = H5Dget_space(data), type = H5Dget_type(data), memory = H5Tcreate(H5T_COMPOUND, sizeof(Raw));
    const hssize_t n = space ? H5Sget_simple_extent_npoints(space) : 0;
    if (n < 1 || n > static_cast<hssize_t>(most_series) || H5Tget_class(type) != H5T_COMPOUND ||
        H5Tget_member_index(type, "idx_start") < 0 || H5Tget_member_index(type, "count") < 0 ||
        H5Tget_member_index(type, "timeseries") < 0)
      return out;
    const Handle of = H5Tget_member_type(type, static_cast<unsigned>(H5Tget_member_index(type, "timeseries")));
    if (H5Tequal(of, H5T_STD_REF_OBJ) <= 0) return out;
    if (static_cast<double>(n) * static_cast<double>(H5Tget_size(type)) >
        std::max(always_unpacked, static_cast<double>(raw_.size())))
      return out;
    H5Tinsert(memory, "idx_start", offsetof(Raw, first), H5T_NATIVE_INT32);
    H5Tinsert(memory, "count", offsetof(Raw, count), H5T_NATIVE_INT32);
    H5Tinsert(memory, "timeseries", offsetof(Raw, series), H5T_STD_REF_OBJ);
    std::vector<Raw> raw(static_cast<std::size_t>(n), Raw{-1, -1, 0});
    if (H5Dread(data, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()) < 0)
      raw_.refuse("the file is damaged: its table intracellular_recordings cannot be read");
    for (Raw& r : raw) {
      Reference& one = out.emplace_back();
      one.first = r.first, one.count = r.count;
      const Handle object =
          r.series == 0 ? Handle() : Handle(H5Rdereference2(data, H5P_DEFAULT, H5R_OBJECT, &r.series));
      std::array<char, 1024> name{};
      if (object && H5Iget_name(object, name.data(), name.size()) > 0) one.series = name.data();
    }
    return out;
  }
  /// Sweeps as the table of recordings lists them; whether the file has one that names a response.
  bool read_table(const std::vector<Series>& responses, const std::vector<Series>& stimuli) {
    const std::string table = "/general/intracellular_ephys/intracellular_recordings";
    if (!open_group(file_, table)) return false;
    const auto answered = references(table + "/responses/response"), given = references(table + "/stimuli/stimulus");
    if (answered.empty() || (!given.empty() && given.size() != answered.size())) return false;
    const auto find = [](const std::vector<Series>& all, const std::string& path) {
      return std::find_if(all.begin(), all.end(), [&](const Series& s) { return s.path == path; });
    };
    const auto part = [&](const Series& whole, const Reference& r) {
      Series s = whole;
      if (r.first < 0 || r.count < 0) return s;
      if (static_cast<std::uint64_t>(r.first) > s.samples ||
          static_cast<std::uint64_t>(r.count) > s.samples - static_cast<std::uint64_t>(r.first))
        raw_.refuse("the file is damaged: its table intracellular_recordings names " + std::to_string(r.count) +
                    " samples from " + std::to_string(r.first) + " on of '" + s.name + "', which has " +
                    std::to_string(s.samples));
      s.first = static_cast<std::uint64_t>(r.first), s.samples = static_cast<std::uint64_t>(r.count);
      s.start_s += static_cast<double>(r.first) / s.rate_Hz;
      return s;
    };
    std::vector<Pair> found;
    for (std::size_t k = 0; k < answered.size(); ++k) {
      const auto r = find(responses, answered[k].series);
      if (r == responses.end()) continue;  // of voltage clamp, or of another electrode
      const bool stimulated = !given.empty() && !given[k].series.empty() && given[k].count != 0 && !r->zero;
      const auto s = stimulated ? find(stimuli, given[k].series) : stimuli.end();
      Pair p{static_cast<std::int64_t>(k), part(*r, answered[k]), {}};
      refuse_few(p.response);
      if (s != stimuli.end()) p.stimulus = part(*s, given[k]);
      found.push_back(std::move(p));
    }
    if (found.empty()) return false;
    // numbers as without a table, if they tell the rows apart
    const auto renumber = [&](auto number) {
      std::map<std::int64_t, bool> seen;
      for (const Pair& p : found)
        if (const auto n = number(p.response); !n || !seen.emplace(*n, true).second) return false;
      for (Pair& p : found) p.number = *number(p.response);
      return true;
    };
    if (!renumber([](const Series& s) { return s.sweep_number; }))
      renumber([](const Series& s) { return last_number(s.name); });
    for (const Series& r : responses)
      if (std::none_of(found.begin(), found.end(), [&](const Pair& p) { return p.response.path == r.path; }))
        raw_.refuse("its table intracellular_recordings does not list '" + r.name +
                    "': which stimulus is its own cannot be told");
    std::sort(found.begin(), found.end(), [](const Pair& a, const Pair& b) { return a.number < b.number; });
    sweeps_ = std::move(found);
    return true;
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
        raw_.refuse("sweep " + std::to_string(*s.sweep_number) + " is both '" + at->second->name + "' and '" + s.name +
                    "'" +
                    (at->second->electrode != s.electrode
                         ? ", of the electrodes '" + at->second->electrode + "' and '" + s.electrode +
                               "': say which, " + hillock::option_hint("electrode", s.electrode)
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
    // HDF5 1.10 trusts the address of contiguous samples
    if (made && H5Pget_layout(made) == H5D_CONTIGUOUS && H5Pget_external_count(made) == 0 && whole > 0) {
      const haddr_t place = H5Dget_offset(data);
      const auto bytes = static_cast<double>(n) * width;
      if (place != HADDR_UNDEF && static_cast<double>(place) + bytes > static_cast<double>(whole)) complete = false;
    }
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
    const Handle stamps = open_data(one, "timestamps");
    if (!stamps || count_of(stamps, s.name + "/timestamps") != s.samples)
      raw_.refuse("the file is damaged: '" + s.name + "' has not as many timestamps as samples");
    std::vector<double> t(s.samples);
    read_numbers(stamps, 0, t, s.name + "/timestamps");
    for (std::size_t k = 0; k < t.size(); ++k)
      if (!std::isfinite(t[k]) || (k > 0 && !(t[k] > t[k - 1])))
        raw_.refuse("the timestamps of '" + s.name + "' do not rise");
    const times::Grid g = times::grid_of(t, 0);
    if (!g.even)
      raw_.refuse("the samples of '" + s.name + "' are not evenly spaced: from timestamp " +
                  std::to_string(g.worst - 1) + ", " + brief(t[g.worst - 1]) + " s, to " + brief(t[g.worst]) +
                  " s, where the mean step is " + brief(g.step) + " s; resample the series or cut it there");
    s.start_s = t[0], s.rate_Hz = 1 / times::tidy_step(g.step, g.step_slack);
    if (const double whole = std::round(s.rate_Hz); std::abs(whole - s.rate_Hz) <= 2 * g.step_slack / (g.step * g.step))
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
