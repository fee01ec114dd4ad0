// plugins, measures and describe: what there is, and the manual of one word.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/commands.hpp"
#include "experiment/vocabulary.hpp"
#include "host/plugins.hpp"
#include "measure/measures.hpp"
#include "purpose/forecast/forecast.hpp"
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

void print_options(const std::vector<OptionSpec>& specs, const char* title = "options") {
  if (specs.empty()) return;
  show("{}\n", title);
  std::vector<std::vector<std::string>> rows;
  for (const OptionSpec& s : specs) {
    using Kind = OptionSpec::Kind;
    const bool numeric = s.kind == Kind::number || s.kind == Kind::integer || s.kind == Kind::list;
    const std::string standard = s.required             ? "needed"
                                 : s.kind == Kind::flag ? (s.value != 0 ? "true" : "false")
                                 : numeric && s.kind != Kind::list
                                     ? (std::isfinite(s.value) ? fmt::format("{:g}", s.value) : "")
                                 : s.kind == Kind::part ? ""
                                                        : s.text;
    const std::string range = numeric                ? fmt::format("[{}, {}]", bound(s.low), bound(s.high))
                              : s.kind == Kind::flag ? "true | false"
                                                     : form_of(s);
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
    case HK_ROLE_RECORDING: {
      if (p.locate()) show("needs no file: it finds one by its options\n");
      else show("reads files ending in {}\n", p.recording().endings);
      std::vector<OptionSpec> specs = data_options();
      for (OptionSpec& s : options_of(p)) specs.push_back(std::move(s));
      print_options(specs);
      break;
    }
    default: print_options(options_of(p)); break;
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
    if (r == "forecaster") rows.push_back({"mechanistic", "", mechanistic_meaning});  // no plugin
    std::sort(rows.begin(), rows.end());
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

std::vector<OptionSpec> options_of(const Plugin& p) {
  switch (p.role) {
    case HK_ROLE_INTEGRATOR:
      return specs_of(p.integrator().options, p.integrator().n_options, p.integrator().option_size);
    case HK_ROLE_OPTIMIZER: return specs_of(p.optimizer().options, p.optimizer().n_options, p.optimizer().option_size);
    case HK_ROLE_FORECASTER:
      return specs_of(p.forecaster().options, p.forecaster().n_options, p.forecaster().option_size);
    case HK_ROLE_RECORDING: return specs_of(p.recording().options, p.recording().n_options, p.recording().option_size);
    default: return {};
  }
}

std::string form_of(const OptionSpec& s) {
  using Kind = OptionSpec::Kind;
  const auto names = [](const std::vector<OptionSpec>& specs) {
    std::vector<std::string> all;
    for (const OptionSpec& one : specs) all.push_back(one.name);
    return all;
  };
  switch (s.kind) {
    case Kind::number: return s.unit == "1" ? std::string("number") : fmt::format("number in {}", s.unit);
    case Kind::integer: return "whole number";
    case Kind::flag: return "true | false";
    case Kind::choice: return s.choices.size() > 8 ? "word" : fmt::format("{}", fmt::join(s.choices, " | "));
    case Kind::text: return s.pattern.empty() ? (s.meaning.empty() || !s.name.empty() ? "text" : s.meaning) : s.meaning;
    case Kind::list: return "list of numbers";
    case Kind::pair: return "[from, to]";
    case Kind::block:
      return s.inner.empty() ? (s.meaning.empty() || !s.name.empty() ? "value" : s.meaning)
                             : fmt::format("{{{}}}", fmt::join(names(s.inner), ", "));
    case Kind::names: {
      const std::string value = form_of(s.inner[0]);
      return fmt::format("{{{}: {}}}", s.inner[0].name,
                         s.inner[0].kind == Kind::block && s.inner[0].inner.empty() ? std::string("value") : value);
    }
    case Kind::items: {
      const std::string one = form_of(s.inner[0]);
      const bool list_only =
          s.inner[0].kind == Kind::pair || (s.inner[0].kind == Kind::block && s.inner[0].inner.empty());
      return list_only ? fmt::format("list of {}", s.inner[0].kind == Kind::block ? "values" : one)
                       : fmt::format("{} | list of them", one);
    }
    case Kind::either: {
      std::vector<std::string> forms;
      for (const OptionSpec& one : s.inner) forms.push_back(form_of(one));
      return fmt::format("{}", fmt::join(forms, " | "));
    }
    case Kind::part: return fmt::format("{{use: {}, ...}}", s.text);
  }
  return "";
}

namespace {

const PurposeRow* purpose_of(const OptionSpec& key) {
  for (const PurposeRow& row : purposes())
    if (key.name == row.key && key.kind == OptionSpec::Kind::block) return &row;
  return nullptr;
}

/// The parts among the forms of a value, whose `use` names something.
void parts_of(const OptionSpec& s, std::vector<const OptionSpec*>& into) {
  using Kind = OptionSpec::Kind;
  if (s.kind == Kind::part) into.push_back(&s);
  if (s.kind == Kind::names || s.kind == Kind::items || s.kind == Kind::either)
    for (const OptionSpec& inner : s.inner) parts_of(inner, into);
}

bool in_unit_of_another(const std::vector<OptionSpec>& specs) {
  return std::any_of(specs.begin(), specs.end(), [](const OptionSpec& s) { return s.unit == "U"; });
}

/// A key of experiment files, its keys and those of the blocks in it.
void describe_key(const OptionSpec& key) {
  using Kind = OptionSpec::Kind;
  const PurposeRow* row = purpose_of(key);
  const bool plain = key.kind == Kind::block;
  const std::vector<OptionSpec> keys = keys_of(key);
  show("{} ({}): {}\n", key.name,
       row                      ? "purpose"
       : plain || !keys.empty() ? "block"
                                : "key",
       row ? row->meaning : key.meaning);
  if (keys.empty() && key.kind < Kind::block) {  // a single value
    OptionSpec bare = key;
    bare.meaning.clear();
    print_options({bare}, "takes");
    return;
  }
  if (!plain) show("takes {}\n", form_of(key));
  std::vector<const OptionSpec*> parts;
  parts_of(key, parts);
  for (const OptionSpec* part : parts)
    if (const std::vector<std::string> ids = ids_of(part->text); !ids.empty()) show("use: {}\n", fmt::join(ids, ", "));
  print_options(keys);
  bool other_unit = key.unit == "U" || in_unit_of_another(keys);
  for (const OptionSpec& inner : keys) {
    const std::vector<OptionSpec> of_inner = keys_of(inner);
    if (of_inner.empty()) continue;
    if (inner.kind == Kind::part && inner.text == "recording") {
      show("{}: see hillock describe data\n", inner.name);
      continue;
    }
    show("{}: ", inner.name);
    print_options(of_inner);
    other_unit = other_unit || in_unit_of_another(of_inner);
  }
  if (other_unit) show("U is the unit of the state or input\n");
  if (row && row->found) {
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

/// Dotted paths of all keys.
void all_paths(const std::vector<OptionSpec>& keys, const std::string& before, std::vector<std::string>& into) {
  for (const OptionSpec& key : keys) {
    into.push_back(before + key.name);
    all_paths(keys_of(key), before + key.name + ".", into);
  }
}

/// What only some purposes find, each with its purpose.
std::vector<std::pair<const PurposeRow*, FoundValue>> all_found() {
  std::vector<std::pair<const PurposeRow*, FoundValue>> all;
  for (const PurposeRow& row : purposes())
    for (const FoundValue& f : row.found ? row.found() : std::vector<FoundValue>()) all.emplace_back(&row, f);
  return all;
}

/// A word that is none: where it leads astray, and what is near.
Error unknown(const std::string& id) {
  if (const auto dot = id.rfind('.'); dot != id.npos && dot > 0) {
    const std::string outer = id.substr(0, dot), last = id.substr(dot + 1);
    const OptionSpec* block = find_key(outer);
    const auto ids = Plugins::instance().ids();
    const auto found = all_found();
    const bool is_word =
        find_measure(outer) || outer == "mechanistic" ||
        std::any_of(shapes().begin(), shapes().end(), [&](const ShapeInfo& s) { return s.name == outer; }) ||
        std::find(ids.begin(), ids.end(), outer) != ids.end() ||
        std::any_of(found.begin(), found.end(), [&](const auto& f) { return f.second.name == outer; });
    if (!block && is_word)
      return Error({}, fmt::format("what '{}' has is explained with it", outer), "hillock describe " + outer);
    if (!block) return unknown(outer);
    std::vector<std::string> known;
    for (const OptionSpec& key : keys_of(*block)) known.push_back(key.name);
    if (known.empty()) return Error({}, fmt::format("'{}' has no keys", outer), "hillock describe " + outer);
    return Error({}, fmt::format("'{}' has no key '{}'", outer, last), suggest(last, known));
  }
  std::vector<std::string> words, paths;
  for (const ShapeInfo& s : shapes()) words.push_back(s.name);
  for (const MeasureInfo& m : measures()) words.push_back(m.name);
  for (const auto& [row, found] : all_found()) words.push_back(found.name);
  words.push_back("mechanistic");
  all_paths(top_level(), "", paths);
  for (const std::string& path : paths) words.push_back(path.substr(path.rfind('.') + 1));
  const std::string near = nearest(id, words);
  return Error({}, fmt::format("there is no plugin, shape, measure or key '{}'", id),
               near.empty() ? "hillock plugins lists the plugins" : fmt::format("did you mean '{}'?", near));
}

void describe_shape(const ShapeInfo& s) {
  show("{} (shape of an input): {}\n", s.name, s.meaning);
  print_options(s.name == "file" ? data_options() : shape_options(s.name, "U"));
  if (s.name != "file") show("U is the unit of the input\n");
}

void describe_measure(const MeasureInfo& m) {
  show("{} (measure{}): {}\n", m.name, m.compares ? " against a recording" : "", m.meaning);
  if (!m.source.empty()) show("{}\n", m.source);
  print_options(measure_options(m));
}

void describe_found(const PurposeRow& row, const FoundValue& f) {
  show("{} (found by {}{}): {}\n", f.name, row.key, f.list ? ", a list" : "", f.meaning);
}

}  // namespace

std::vector<std::string> ids_of(const std::string& role) {
  std::vector<std::string> all;
  if (role == "shape")
    for (const ShapeInfo& s : shapes()) all.push_back(s.name);
  for (const Plugin* p : role_of(role) != 0 ? Plugins::instance().load_all() : std::vector<const Plugin*>())
    if (p->role == role_of(role)) all.push_back(p->id);
  return all;
}

int describe(const std::string& id) {
  for (const ShapeInfo& s : shapes())
    if (s.name == id) return describe_shape(s), 0;
  // a number's name may be a measure or plugin as well, a block's is not
  const OptionSpec* key = find_key(id);
  const bool dotted = id.find('.') != id.npos;
  if (key && (dotted || key->kind >= OptionSpec::Kind::block)) return describe_key(*key), 0;
  if (const MeasureInfo* m = find_measure(id)) return describe_measure(*m), 0;
  if (dotted) throw unknown(id);
  if (id == "mechanistic") {
    show("mechanistic (forecaster, of hillock itself): {}\n", mechanistic_meaning);
    print_options(mechanistic_options());
    return 0;
  }
  for (const auto& [row, found] : all_found())
    if (found.name == id) {
      if (key) describe_key(*key);
      return describe_found(*row, found), 0;
    }
  const auto ids = Plugins::instance().ids();
  if (key && std::find(ids.begin(), ids.end(), id) == ids.end()) return describe_key(*key), 0;
  try {
    describe_plugin(Plugins::instance().load(id, 0));
  } catch (const Error& e) {
    if (e.hint().starts_with("did you mean") || std::find(ids.begin(), ids.end(), id) != ids.end()) throw;
    throw unknown(id);
  }
  return 0;
}

int describe_all(bool markdown) {
  if (markdown) {
    show("{}", manual());
    return 0;
  }
  auto apart = [first = true]() mutable {
    if (!first) show("\n");
    first = false;
  };
  for (const OptionSpec& key : top_level()) apart(), describe_key(key);
  for (const ShapeInfo& s : shapes()) apart(), describe_shape(s);
  for (const MeasureInfo& m : measures()) apart(), describe_measure(m);
  for (const auto& [row, found] : all_found()) apart(), describe_found(*row, found);
  for (const Plugin* p : Plugins::instance().load_all()) apart(), describe_plugin(*p);
  return 0;
}

}  // namespace hillock
