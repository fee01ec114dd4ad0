// plugins, measures and describe: what there is, and the manual of one word.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/commands.hpp"
#include "experiment/vocabulary.hpp"
#include "host/plugins.hpp"
#include "measure/measures.hpp"
#include "purpose/purpose.hpp"

namespace hillock {
namespace {

std::string bound(double x) { return std::isinf(x) ? (x < 0 ? "-inf" : "inf") : fmt::format("{:g}", x); }

/// Rows of columns, each as wide as its widest cell but the last.
void print_rows(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> width;
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c >= width.size()) width.push_back(0);
      width[c] = std::max(width[c], row[c].size());
    }
  for (const auto& row : rows) {
    std::string line = " ";
    for (std::size_t c = 0; c < row.size(); ++c)
      line += fmt::format(" {}{}", row[c], c + 1 < row.size() ? std::string(width[c] - row[c].size() + 1, ' ') : "");
    line.erase(line.find_last_not_of(' ') + 1);
    show("{}\n", line);
  }
}

void print_fields(const char* title, const hk_field* fields, std::uint32_t n) {
  if (n == 0) return;
  show("{}\n", title);
  std::vector<std::vector<std::string>> rows;
  for (std::uint32_t k = 0; k < n; ++k) {
    const hk_field& f = fields[k];
    if (f.kind == HK_DRAW) rows.push_back({f.name, "", "drawn", "at each spike", f.meaning});
    else
      rows.push_back({f.name, std::string_view(f.unit) == "1" ? "" : f.unit, fmt::format("{:g}", f.value),
                      fmt::format("[{}, {}]", bound(f.low), bound(f.high)), f.meaning});
  }
  print_rows(rows);
}

/// Of what is observed, value and range mean nothing.
void print_observed(const hk_field* fields, std::uint32_t n) {
  if (n == 0) return;
  show("observed\n");
  std::vector<std::vector<std::string>> rows;
  for (std::uint32_t k = 0; k < n; ++k)
    rows.push_back({fields[k].name, std::string_view(fields[k].unit) == "1" ? "" : fields[k].unit, fields[k].meaning});
  print_rows(rows);
}

void print_options(const std::vector<OptionSpec>& specs) {
  if (specs.empty()) return;
  show("options\n");
  std::vector<std::vector<std::string>> rows;
  for (const OptionSpec& s : specs) {
    using Kind = OptionSpec::Kind;
    const bool numeric = s.kind == Kind::number || s.kind == Kind::integer || s.kind == Kind::list;
    std::string standard = s.required             ? "needed"
                           : s.kind == Kind::flag ? (s.value != 0 ? "true" : "false")
                           : numeric && s.kind != Kind::list
                               ? (std::isfinite(s.value) ? fmt::format("{:g}", s.value) : "")
                               : s.text;
    std::string range = numeric                  ? fmt::format("[{}, {}]", bound(s.low), bound(s.high))
                        : s.kind == Kind::choice ? fmt::format("{}", fmt::join(s.choices, " | "))
                        : s.kind == Kind::flag   ? "true | false"
                                                 : "";
    rows.push_back({s.name, s.unit == "1" ? "" : s.unit, standard, range, s.meaning});
  }
  print_rows(rows);
}

void describe_plugin(const Plugin& p) {
  show("{} {} ({}): {}\n", p.id, p.version, role_name(p.role), p.meaning);
  if (!p.cite.empty()) show("{}\n", p.cite);
  switch (p.role) {
    case HK_ROLE_MODEL: {
      const hk_model& m = p.model();
      print_fields("parameters", m.params, m.n_params);
      print_fields("states", m.state, m.n_state);
      print_fields("inputs", m.inputs, m.n_inputs);
      print_observed(m.observed, m.n_observed);
      if (m.n_presets > 0) {
        show("presets\n");
        std::vector<std::vector<std::string>> rows;
        for (std::uint32_t i = 0; i < m.n_presets; ++i) {
          std::string values;
          for (std::uint32_t k = 0; k < m.n_params; ++k)
            if (!std::isnan(m.presets[i].params[k]))
              values += fmt::format("{}{} {:g}", values.empty() ? "" : ", ", m.params[k].name, m.presets[i].params[k]);
          for (std::uint32_t k = 0; k < m.n_state; ++k)
            if (!std::isnan(m.presets[i].start[k]))
              values += fmt::format(", {}(0) {:g}", m.state[k].name, m.presets[i].start[k]);
          rows.push_back({m.presets[i].name, m.presets[i].meaning, values});
        }
        print_rows(rows);
      }
      show("spikes: {}\n", !m.threshold ? "none of its own"
                           : m.reset
                               ? (m.refractory ? "threshold with reset and refractory time" : "threshold with reset")
                               : "upward crossings, no reset");
      break;
    }
    case HK_ROLE_INTEGRATOR:
      print_options(specs_of(p.integrator().options, p.integrator().n_options, p.integrator().option_size));
      break;
    case HK_ROLE_OPTIMIZER:
      print_options(specs_of(p.optimizer().options, p.optimizer().n_options, p.optimizer().option_size));
      break;
    case HK_ROLE_FORECASTER:
      print_options(specs_of(p.forecaster().options, p.forecaster().n_options, p.forecaster().option_size));
      break;
    case HK_ROLE_RECORDING: {
      if (p.locate()) show("needs no file: it finds one by its options\n");
      else show("reads files ending in {}\n", p.recording().endings);
      std::vector<OptionSpec> specs = data_options();
      for (OptionSpec& s : specs_of(p.recording().options, p.recording().n_options, p.recording().option_size))
        specs.push_back(std::move(s));
      print_options(specs);
      break;
    }
    default: break;
  }
}

}  // namespace

int list_plugins(const std::string& role) {
  const std::vector<std::string> roles = {"model", "integrator", "optimizer", "forecaster", "recording"};
  std::string wanted = role;
  if (!wanted.empty() && role_of(wanted) == 0 && wanted.back() == 's') wanted.pop_back();  // `hillock plugins models`
  if (!wanted.empty() && role_of(wanted) == 0)
    throw Error({}, fmt::format("there is no role '{}'", role), suggest(role, roles));
  std::vector<Refused> refused;
  const auto all = Plugins::instance().load_all(&refused);
  for (const std::string& r : roles) {
    if (!wanted.empty() && r != wanted) continue;
    std::vector<std::vector<std::string>> rows;
    for (const Plugin* p : all)
      if (p->role == role_of(r)) rows.push_back({p->id, p->version, p->meaning});
    if (rows.empty()) continue;
    show("{}s\n", r);
    print_rows(rows);
  }
  for (const Refused& r : refused) tell("refused: '{}' {}\n", r.path.string(), r.why);
  return 0;
}

int list_measures() {
  for (const bool compares : {false, true}) {
    show("{}\n", compares ? "against a recording" : "of a run");
    std::vector<std::vector<std::string>> rows;
    for (const MeasureInfo& m : hillock::measures())
      if (m.compares == compares)
        rows.push_back({m.name, m.unit == "1" ? "" : unit_of(m, "U"), m.meaning.substr(0, m.meaning.find(';'))});
    print_rows(rows);
  }
  show("U is the unit of the voltage; hillock describe NAME gives the whole definition, its source and options\n");
  return 0;
}

namespace {

/// A block of experiment files, its keys and those of the blocks in it.
void describe_key(const OptionSpec& key) {
  const auto row = std::find_if(purposes().begin(), purposes().end(),
                                [&](const PurposeRow& purpose) { return key.name == purpose.key; });
  const bool is_purpose = row != purposes().end();
  show("{} ({}): {}\n", key.name, is_purpose ? "purpose" : "block", is_purpose ? row->meaning : key.meaning);
  print_options(key.inner);
  bool in_input_unit = false;
  for (const OptionSpec& inner : key.inner) {
    in_input_unit = in_input_unit || inner.unit == "U";
    if (inner.inner.empty()) continue;
    show("{}: ", inner.name);
    print_options(inner.inner);
    for (const OptionSpec& s : inner.inner) in_input_unit = in_input_unit || s.unit == "U";
  }
  if (in_input_unit) show("U is the unit of the state or input\n");
  if (is_purpose && row->found) {
    show("found\n");
    const std::vector<FoundValue> all = row->found();
    const bool lists = std::any_of(all.begin(), all.end(), [](const FoundValue& f) { return f.list; });
    std::vector<std::vector<std::string>> rows;
    for (const FoundValue& f : all) {
      rows.push_back({f.name});
      if (lists) rows.back().push_back(f.list ? "list" : "");
      rows.back().push_back(f.meaning);
    }
    print_rows(rows);
  }
}

}  // namespace

int describe(const std::string& id) {
  for (const ShapeInfo& s : shapes())
    if (s.name == id) {
      show("{} (shape of an input): {}\n", s.name, s.meaning);
      print_options(id == "file" ? data_options() : shape_options(id, "U"));
      if (id != "file") show("U is the unit of the input\n");
      return 0;
    }
  if (const OptionSpec* key = find_key(id); key && key->kind == OptionSpec::Kind::block) {
    describe_key(*key);
    return 0;
  }
  if (const MeasureInfo* m = find_measure(id)) {
    show("{} (measure{}): {}\n", m->name, m->compares ? " against a recording" : "", m->meaning);
    if (!m->source.empty()) show("{}\n", m->source);
    std::vector<OptionSpec> specs;
    for (const MeasureOption& o : m->options)
      specs.push_back({o.name, o.choices.empty() ? OptionSpec::Kind::number : OptionSpec::Kind::choice, o.unit, o.value,
                       o.low, o.high, o.meaning, false, o.choices, o.choices.empty() ? "" : o.choices[0]});
    print_options(specs);
    return 0;
  }
  for (const PurposeRow& row : purposes())
    for (const FoundValue& f : row.found ? row.found() : std::vector<FoundValue>())
      if (f.name == id) {
        show("{} (found by {}{}): {}\n", f.name, row.key, f.list ? ", a list" : "", f.meaning);
        return 0;
      }
  try {
    describe_plugin(Plugins::instance().load(id, 0));
  } catch (const Error& e) {
    const auto ids = Plugins::instance().ids();
    if (e.hint().starts_with("did you mean") || std::find(ids.begin(), ids.end(), id) != ids.end()) throw;
    std::vector<std::string> words;
    for (const ShapeInfo& s : shapes()) words.push_back(s.name);
    for (const MeasureInfo& m : measures()) words.push_back(m.name);
    for (const PurposeRow& row : purposes())
      for (const FoundValue& f : row.found ? row.found() : std::vector<FoundValue>()) words.push_back(f.name);
    for (const OptionSpec& key : top_level())
      if (key.kind == OptionSpec::Kind::block) words.push_back(key.name);
    const std::string near = nearest(id, words);
    throw Error({}, fmt::format("there is no plugin, shape or measure '{}'", id),
                near.empty() ? "hillock plugins lists the plugins" : fmt::format("did you mean '{}'?", near));
  }
  return 0;
}

}  // namespace hillock
