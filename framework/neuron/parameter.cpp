#include "neuron/parameter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <limits>

#include "neuron/vocabulary.hpp"

namespace hillock {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// What follows `block.` in a path; nullopt if the path lies elsewhere.
std::optional<std::string_view> below(std::string_view path, std::string_view block) {
  if (!path.starts_with(block) || path.size() <= block.size() || path[block.size()] != '.') return std::nullopt;
  return path.substr(block.size() + 1);
}

std::optional<std::uint32_t> index_of(const hk_field* fields, std::uint32_t n, std::string_view name) {
  for (std::uint32_t k = 0; k < n; ++k)
    if (name == fields[k].name) return k;
  return std::nullopt;
}

std::optional<OptionSpec> number_among(const std::vector<OptionSpec>& specs, std::string_view name) {
  for (const OptionSpec& s : specs)
    if (s.name == name && (s.kind == OptionSpec::Kind::number || s.kind == OptionSpec::Kind::integer)) return s;
  return std::nullopt;
}

template <std::size_t N> bool is_among(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
/// Options of shapes that may differ between lanes: heights, and what no other option has to agree with. Times may not.
bool varies_in_lanes(std::string_view option) {
  constexpr std::array<std::string_view, 7> names{"value", "amplitude", "offset", "mean", "start", "end", "phase"};
  return is_among(names, option);
}
const ShapeBlock& shape_of(const NeuronSpec& spec, const Parameter& p) { return spec.inputs[p.index()][p.term()]; }

}  // namespace

bool is_height(std::string_view option) {
  constexpr std::array<std::string_view, 8> names{"value",  "amplitude", "start", "end",
                                                  "offset", "mean",      "sd",    "sigma"};
  return is_among(names, option);
}

std::optional<Parameter> Parameter::find(const NeuronSpec& spec, std::string_view path) {
  const hk_model& m = spec.equations();
  Parameter p;
  p.path_ = path;
  const auto of_field = [&](Kind kind, std::uint32_t k, const hk_field& f) {
    p.kind_ = kind;
    p.index_ = k;
    p.name_ = f.name;
    p.unit_ = f.unit;
    p.owner_ = fmt::format("model '{}'", spec.model.plugin->id);
    p.low_ = f.low;
    p.high_ = f.high;
    return p;
  };
  const auto of_option = [&](Kind kind, const OptionSpec& s, std::string owner) {
    p.kind_ = kind;
    p.name_ = s.name;
    p.unit_ = s.unit;
    p.owner_ = std::move(owner);
    p.low_ = s.low;
    p.high_ = s.high;
    return p;
  };
  if (path == "seed") {
    p.kind_ = Kind::seed;
    p.name_ = "seed";
    p.owner_ = "an experiment";
    p.high_ = largest_seed;
    return p;
  }
  if (const auto name = below(path, "model"))
    if (const auto k = index_of(m.params, m.n_params, *name)) return of_field(Kind::model, *k, m.params[*k]);
  if (const auto name = below(path, "simulate.start"))
    if (const auto k = index_of(m.state, m.n_state, *name); k && !(spec.simulate.clamped >> *k & 1))
      return of_field(Kind::start, *k, m.state[*k]);
  if (const auto name = below(path, "simulate.clamp"))
    if (const auto k = index_of(m.state, m.n_state, *name); k && (spec.simulate.clamped >> *k & 1))
      return of_field(Kind::clamp, *k, m.state[*k]);
  for (std::uint32_t k = 0; k < spec.inputs.size(); ++k)
    for (std::uint32_t t = 0; t < spec.inputs[k].size(); ++t) {
      const ShapeBlock& s = spec.inputs[k][t];
      const auto name =
          path == s.path && s.use == "constant" ? std::optional<std::string_view>("value") : below(path, s.path);
      const auto option = name && !s.data ? number_among(s.options.specs(), *name) : std::nullopt;
      if (!option) continue;
      p.index_ = k;
      p.term_ = t;
      return of_option(Kind::shape, *option, fmt::format("shape '{}'", s.use));
    }
  if (const auto name = below(path, "drive"))
    if (const auto s = number_among(drive_options(m.inputs[spec.drive.of].unit), *name)) {
      p.index_ = spec.drive.of;
      return of_option(*name == "gain" ? Kind::drive_gain : Kind::drive_shift, *s, "drive");
    }
  if (const auto name = below(path, "readout"))
    if (const auto s = number_among(readout_options(recordable(m, spec.readout.of).unit, spec.readout.unit), *name))
      return of_option(*name == "scale"               ? Kind::readout_scale
                       : *name == "shift"             ? Kind::readout_shift
                       : *name == "series_resistance" ? Kind::series_resistance
                                                      : Kind::other,
                       *s, "readout");
  if (const auto name = below(path, "integrator"))
    if (const auto s = number_among(spec.integrator.options.specs(), *name))
      return of_option(Kind::other, *s, fmt::format("integrator '{}'", spec.integrator.plugin->id));
  if (const auto name = below(path, "simulate.spikes"); name && spec.simulate.spikes)
    if (const auto s = number_among(spikes_options(m.state[spec.simulate.spikes->state].unit, 0, 0, false), *name))
      return of_option(Kind::other, *s, "spikes");
  if (const auto name = below(path, "simulate"))
    if (const auto s = number_among(simulate_options(), *name)) return of_option(Kind::other, *s, "simulate");
  return std::nullopt;
}

Parameter Parameter::at(const NeuronSpec& spec, std::string_view path, const Place& mentioned) {
  if (auto found = find(spec, path)) return *found;
  std::vector<std::string> known;
  for (const Parameter& p : all(spec)) known.push_back(p.path());
  throw Error(mentioned, fmt::format("'{}' names no number of this neuron", path), suggest(std::string(path), known));
}

std::vector<Parameter> Parameter::all(const NeuronSpec& spec) {
  const hk_model& m = spec.equations();
  std::vector<Parameter> out;
  const auto add = [&](const std::string& path) {
    if (const auto p = find(spec, path); p && p->in_lanes()) out.push_back(*p);
  };
  for (std::uint32_t k = 0; k < m.n_params; ++k) add(fmt::format("model.{}", m.params[k].name));
  for (const char* name : {"scale", "shift", "series_resistance"}) add(fmt::format("readout.{}", name));
  for (const char* name : {"gain", "shift"}) add(fmt::format("drive.{}", name));
  for (const auto& terms : spec.inputs)
    for (const ShapeBlock& s : terms) {
      if (s.use == "constant") {
        add(s.path);
        continue;
      }
      for (const OptionSpec& o : s.options.specs()) add(fmt::format("{}.{}", s.path, o.name));
    }
  for (std::uint32_t k = 0; k < m.n_state; ++k) {
    add(fmt::format("simulate.start.{}", m.state[k].name));
    add(fmt::format("simulate.clamp.{}", m.state[k].name));
  }
  add("seed");
  return out;
}

std::string Parameter::title(const NeuronSpec& spec) const {
  const hk_model& m = spec.equations();
  const auto named = [](const hk_field& f) {
    const std::string_view meaning(f.meaning);
    return fmt::format("{}, {}", f.name, meaning.substr(0, meaning.find(';')));
  };
  const auto capital = [](std::string text) {
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
    return text;
  };
  switch (kind_) {
    case Kind::model: return named(m.params[index_]);
    case Kind::start: return capital(fmt::format("start of {}", name_));
    case Kind::clamp: return capital(fmt::format("clamp of {}", name_));
    case Kind::shape:
      if (name_ == "value" || (name_ == "amplitude" && spec.inputs[index_].size() == 1)) return named(m.inputs[index_]);
      return varies_in_lanes(name_) ? capital(fmt::format("{} of {}", name_, m.inputs[index_].name)) : path_;
    default: return path_;
  }
}

std::string axis_label(const NeuronSpec& spec, const std::string& path, const std::string& unit) {
  const auto p = Parameter::find(spec, path);
  const std::string title = p ? p->title(spec) : path;
  return unit == "1" ? title : fmt::format("{} ({})", title, unit);
}

bool Parameter::in_lanes() const { return kind_ != Kind::other && (kind_ != Kind::shape || varies_in_lanes(name_)); }

bool Parameter::differentiable(const NeuronSpec& spec, bool driven) const {
  switch (kind_) {
    case Kind::start: return !spec.simulate.rest;
    case Kind::shape: return is_height(name_) || (shape_of(spec, *this).use == "sine" && name_ == "phase");
    case Kind::drive_gain:
    case Kind::drive_shift: return driven;
    case Kind::seed:
    case Kind::other: return false;
    default: return true;
  }
}

bool Parameter::moves_state() const {
  return kind_ != Kind::readout_scale && kind_ != Kind::readout_shift && kind_ != Kind::series_resistance;
}

double Parameter::get(const NeuronSpec& spec) const {
  switch (kind_) {
    case Kind::model: return spec.model.params[index_];
    case Kind::start: return spec.simulate.start[index_];
    case Kind::clamp: return spec.simulate.clamp[index_];
    case Kind::shape: return shape_of(spec, *this).options.number(name_);
    case Kind::drive_gain: return spec.drive.gain;
    case Kind::drive_shift: return spec.drive.shift;
    case Kind::readout_scale: return spec.readout.scale;
    case Kind::readout_shift: return spec.readout.shift_mV;
    case Kind::series_resistance: return spec.readout.series_MOhm;
    case Kind::seed: return static_cast<double>(spec.seed);
    case Kind::other: return nan;
  }
  return nan;
}

void Parameter::set(NeuronSpec& spec, double value) const {
  switch (kind_) {
    case Kind::model: spec.model.params[index_] = value; break;
    case Kind::start: spec.simulate.start[index_] = value; break;
    case Kind::clamp: spec.simulate.clamp[index_] = value; break;
    case Kind::shape: spec.inputs[index_][term_].options.set(name_, value); break;
    case Kind::drive_gain: spec.drive.gain = value; break;
    case Kind::drive_shift: spec.drive.shift = value; break;
    case Kind::readout_scale: spec.readout.scale = value; break;
    case Kind::readout_shift: spec.readout.shift_mV = value; break;
    case Kind::series_resistance: spec.readout.series_MOhm = value; break;
    case Kind::seed: spec.seed = static_cast<std::uint64_t>(value); break;
    case Kind::other: throw std::logic_error("this number cannot be set in place: " + path_);
  }
}

}  // namespace hillock
