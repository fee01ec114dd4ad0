// `schema`: the JSON Schema of experiment files, made from the tables that the parser reads by and from what is
// installed. Editors complete and check by it while a file is written; what depends on several numbers at once, on
// units or on other files is for `check`.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "experiment/vocabulary.hpp"
#include "file/option_specs.hpp"
#include "host/plugins.hpp"
#include "measure/measures.hpp"
#include "neuron/simulate.hpp"
#include "purpose/fit/fit.hpp"
#include "purpose/purpose.hpp"

namespace hillock {
namespace {

using Json = nlohmann::ordered_json;
using Kind = OptionSpec::Kind;

/// A number with its unit, as YAML gives it to others: a text. A text of a number alone would have been in quotes.
constexpr auto positive_quantity =
    "^[+]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][-+]?[0-9]+)? ?(?=.*[A-Za-z%µμΩΩ])[0-9A-Za-z%µμΩΩ²³/*^() .-]+$";
const std::string quantity = "^-?" + std::string(positive_quantity).substr(1);
constexpr auto name_of_a_case = "^[A-Za-z0-9_-]{1,80}$";
constexpr auto dotted_path = "^[A-Za-z_][A-Za-z0-9_]*([.][A-Za-z0-9_]+)*$";

/// "... (in ms)"
std::string meaning_of(const OptionSpec& s) {
  const std::string unit = s.unit == "1" ? ""
                           : s.unit.find('U') != std::string::npos
                               ? (s.unit == "U" ? std::string("in the unit of the state or input")
                                                : fmt::format("in {}, U the unit of the state or input", s.unit))
                               : "in " + s.unit;
  if (s.meaning.empty() || unit.empty()) return s.meaning + unit;
  return fmt::format("{} ({})", s.meaning, unit);
}

class Schema {
 public:
  Schema() : plugins_(Plugins::instance().load_all()) {}

  Json make() {
    Json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "experiment file of hillock"},
                 {"type", "object"}};
    Json& keys = root["properties"] = Json::object();
    for (const OptionSpec& s : top_level()) {
      whole_ =
          std::none_of(inherited_.begin(), inherited_.end(), [&](const OptionSpec& p) { return p.name == s.name; });
      keys[s.name] = of(s);
    }
    root["additionalProperties"] = false;
    // a file with a base may leave out what stands there
    whole_ = true;
    Json complete = Json::object();
    for (OptionSpec s : inherited_) {
      if (s.name == "simulate")  // the length may be that of a recording
        for (OptionSpec& key : s.inner) key.required = false;
      complete[s.name] = of(s);
    }
    Json alone = {{"properties", std::move(complete)}};
    Json& rules = root["allOf"] = Json::array();
    rules.push_back({{"if", {{"not", {{"required", {"base"}}}}}}, {"then", std::move(alone)}});
    // a purpose may have its neurons elsewhere
    Json elsewhere = Json::array({{{"required", {"base"}}}});
    Json others = Json::object();
    for (const PurposeRow& row : purposes()) {
      if (!*row.key) continue;
      if (row.own_neurons) elsewhere.push_back({{"required", {row.key}}});
      Json excluded = Json::object();
      for (const PurposeRow& other : purposes())
        if (*other.key && other.key != row.key) excluded[other.key] = false;
      others[row.key] = {{"properties", std::move(excluded)}};
    }
    rules.push_back({{"if", {{"not", {{"anyOf", std::move(elsewhere)}}}}},
                     {"then",
                      {{"required", {"model", "integrator", "simulate"}},
                       {"properties", {{"simulate", {{"required", {"for"}}}}}}}}});
    root["dependentSchemas"] = std::move(others);
    rules.push_back({{"$ref", "#/$defs/names of the model"}});
    definitions_["names of the model"] = names_of_models();
    root["$defs"] = std::move(definitions_);
    return root;
  }

 private:
  std::vector<const Plugin*> plugins_;
  const std::vector<OptionSpec> inherited_ = neuron_parts();
  Json definitions_ = Json::object();
  bool whole_ = true;  ///< keys that are needed have to be there; else a base may have them

  Json of(const OptionSpec& s) {
    Json out = form(s);
    if (const std::string said = meaning_of(s); !said.empty() && !out.contains("description"))
      out["description"] = said;
    return out;
  }

  Json form(const OptionSpec& s) {
    switch (s.kind) {
      case Kind::number: return number(s);
      case Kind::integer: {
        Json out = {{"type", "integer"}};
        bounds(s, out);
        if (!s.required) out["default"] = static_cast<std::int64_t>(s.value);
        return out;
      }
      case Kind::flag: return {{"type", "boolean"}, {"default", s.value != 0}};
      case Kind::choice: {
        Json out = {{"enum", s.choices}};
        if (!s.text.empty()) out["default"] = s.text;
        return out;
      }
      case Kind::text: {
        Json out = {{"type", {"string", "number", "boolean"}}};
        if (!s.pattern.empty()) out = {{"type", "string"}, {"pattern", s.pattern}};
        return out;
      }
      case Kind::list: return {{"type", "array"}, {"items", number(s)}};
      case Kind::pair: return {{"type", "array"}, {"items", number(s)}, {"minItems", 2}, {"maxItems", 2}};
      case Kind::block: return s.inner.empty() ? Json::object() : block(s.inner);
      case Kind::names: {
        const OptionSpec& each = s.inner[0];
        Json out = {{"type", "object"}, {"additionalProperties", of(each)}};
        if (each.name == "dotted path") out["propertyNames"] = {{"pattern", dotted_path}};
        if (each.name == "case" || each.name == "model") out["propertyNames"] = {{"pattern", name_of_a_case}};
        if (each.name == "case") out["additionalProperties"]["type"] = {"object", "null"};
        if (s.required || s.name == "cases" || s.name == "over") out["minProperties"] = 1;
        if (each.name == "model") out["additionalProperties"]["allOf"] = {{{"$ref", "#/$defs/names of the model"}}};
        return out;
      }
      case Kind::items: {
        const Json each = of(s.inner[0]);
        Json list = {{"type", "array"}, {"items", each}};
        const Kind inner = s.inner[0].kind;
        if (inner < Kind::block) list["uniqueItems"] = true;
        if (inner == Kind::pair) return list;
        if (inner == Kind::block && s.inner[0].inner.empty()) {
          list["minItems"] = 1;
          return list;
        }
        list["minItems"] = s.name == "record" || s.name == "levels" || s.name == "input" ? 0 : 1;
        return {{"anyOf", {each, std::move(list)}}};
      }
      case Kind::either: {
        Json forms = Json::array();
        for (const OptionSpec& one : s.inner) forms.push_back(of(one));
        return {{"anyOf", std::move(forms)}};
      }
      case Kind::part: return part(s);
    }
    return Json::object();
  }

  static void bounds(const OptionSpec& s, Json& out) {
    if (std::isfinite(s.low)) out["minimum"] = s.low;
    if (std::isfinite(s.high)) out["maximum"] = s.high;
  }

  static Json number(const OptionSpec& s) {
    Json out = {{"type", {"number", "string"}}};
    bounds(s, out);
    out["pattern"] = s.low >= 0 ? positive_quantity : quantity;
    if (s.kind == Kind::number && !s.required && std::isfinite(s.value) && !s.name.empty()) out["default"] = s.value;
    return out;
  }

  /// A map with these keys; those with a dot are keys of a map within.
  Json block(const std::vector<OptionSpec>& specs) {
    Json out = {{"type", "object"}, {"properties", Json::object()}};
    Json required = Json::array();
    for (const OptionSpec& s : specs) {
      const auto dot = s.name.find('.');
      if (dot == s.name.npos) {
        out["properties"][s.name] = of(s);
        if (s.required) required.push_back(s.name);
        continue;
      }
      Json& inner = out["properties"][s.name.substr(0, dot)];
      if (inner.is_null()) inner = {{"type", "object"}, {"properties", Json::object()}};
      inner["properties"][s.name.substr(dot + 1)] = of(s);
      inner["additionalProperties"] = false;
    }
    if (whole_ && !required.empty()) out["required"] = std::move(required);
    out["additionalProperties"] = false;
    return out;
  }

  /// The rest of a block whose `use` is one of these words.
  static Json if_used(const std::vector<std::string>& words, Json then) {
    return {{"if", {{"properties", {{"use", {{"enum", words}}}}}, {"required", {"use"}}}}, {"then", std::move(then)}};
  }

  /// `use` and what follows from it; a definition of its own, as many blocks have it.
  Json part(const OptionSpec& s) {
    const std::string name = s.text + (whole_ ? "" : " beside its base");
    if (!definitions_.contains(name)) {
      definitions_[name] = nullptr;  // in its place among them
      Json made = s.text == "recording" ? recording(s.inner, false) : used(s);
      definitions_[name] = std::move(made);
    }
    return {{"$ref", "#/$defs/" + name}};
  }

  /// What one word means, and the keys that it brings.
  struct Word {
    std::vector<std::string> names;
    std::string meaning;
    std::vector<OptionSpec> keys;
  };

  std::vector<Word> words(const OptionSpec& s) {
    std::vector<Word> all;
    if (s.text == "shape") {
      for (const ShapeInfo& shape : shapes())
        all.push_back({{shape.name}, shape.meaning, shape_options(shape.name, "U")});
    } else if (s.text == "measure" || s.text == "measure of a run" || s.text == "loss") {
      for (const MeasureInfo& m : measures()) {
        if (s.text == "measure of a run" && m.compares) continue;
        if (s.text == "loss" && (!m.compares || m.better == MeasureInfo::Better::neither)) continue;
        all.push_back({{m.name}, m.meaning, measure_options(m)});
      }
      if (s.text == "loss") all.push_back({{"log_likelihood"}, "likelihood of the recorded spikes", {}});
    } else {
      for (const Plugin* p : plugins_) {
        if (role_name(p->role) != s.text) continue;
        Word word{Plugins::instance().aliases(*p), p->meaning, {}};
        word.names.insert(word.names.begin(), p->id);
        if (p->role == HK_ROLE_MODEL) {
          const hk_model& m = p->model();
          for (std::uint32_t k = 0; k < m.n_params; ++k) word.keys.push_back(field(m.params[k]));
        } else {
          word.keys = options_of(*p);
        }
        all.push_back(std::move(word));
      }
    }
    for (Word& word : all)
      for (const OptionSpec& common : s.inner) {
        const Plugin* optimizer = s.text == "optimizer" ? find(word.names[0]) : nullptr;
        if (optimizer && (common.name == "derivatives" || common.name == "step") &&
            !(optimizer->optimizer().flags & HK_GRADIENT))
          continue;
        word.keys.push_back(common);
        if (s.text != "model" || common.name != "preset") continue;
        word.keys.back() = word_spec(presets(*find(word.names[0])), "preset", common.meaning);
      }
    return all;
  }

  Json used(const OptionSpec& s) {
    Json names = Json::array(), rules = Json::array();
    for (const Word& word : words(s)) {
      for (const std::string& name : word.names) names.push_back({{"const", name}, {"description", word.meaning}});
      Json keys = s.text == "shape" && word.names[0] == "file" ? recording(data_options(), true) : block(word.keys);
      if (keys.contains("properties")) keys["properties"]["use"] = true;
      rules.push_back(if_used(word.names, std::move(keys)));
    }
    Json out = {{"type", "object"}, {"properties", {{"use", {{"anyOf", std::move(names)}}}}}};
    if (whole_) out["required"] = {"use"};
    out["allOf"] = std::move(rules);
    return out;
  }

  /// The reader of a recording is named, or known by the ending of the file. Of an input, `use` says `file` and
  /// `reader` takes its place.
  Json recording(const std::vector<OptionSpec>& common, bool of_input) {
    const char* const key = of_input ? "reader" : "use";
    Json names = Json::array({{{"const", "simulated"}, {"description", "the run of an experiment"}}});
    Json rules = Json::array();
    const auto add = [&](const std::string& id, const std::string& endings, const std::vector<OptionSpec>& own,
                         bool located) {
      std::vector<OptionSpec> keys = common;
      std::erase_if(keys, [](const OptionSpec& k) { return k.name == "use"; });
      keys.insert(keys.end(), own.begin(), own.end());
      if (located) std::erase_if(keys, [](const OptionSpec& k) { return k.name == "file"; });
      Json then = block(keys);
      then["properties"]["use"] = then["properties"][key] = true;
      if (whole_ && !located) then["required"].push_back("file");
      Json named = {{"properties", {{key, {{"const", id}}}}}, {"required", {key}}};
      Json known = {{"properties", {{"file", {{"type", "string"}, {"pattern", endings}}}}},
                    {"required", {"file"}},
                    {"not", {{"required", {key}}}}};
      Json when = endings.empty() ? std::move(named) : Json{{"anyOf", {std::move(named), std::move(known)}}};
      rules.push_back({{"if", std::move(when)}, {"then", std::move(then)}});
    };
    add("simulated", "[.][Yy][Aa]?[Mm][Ll]$", {simulated_data_option()}, false);
    for (const Plugin* p : plugins_) {
      if (p->role != HK_ROLE_RECORDING) continue;
      names.push_back({{"const", p->id}, {"description", p->meaning}});
      add(p->id, p->locate() ? "" : fmt::format("[.]({})$", p->recording().endings), options_of(*p), p->locate());
    }
    Json out = {{"type", "object"}, {"properties", {{key, {{"anyOf", std::move(names)}}}}}};
    for (const OptionSpec& k : common)
      if (k.name == "file") out["properties"]["file"] = of(k);
    if (whole_) out["anyOf"] = {{{"required", {"file"}}}, {{"required", {key}}}};
    out["allOf"] = std::move(rules);
    return out;
  }

  /// Where a file names its model: its states and inputs by name.
  Json names_of_models() {
    Json rules = Json::array();
    for (const Plugin* p : plugins_) {
      if (p->role != HK_ROLE_MODEL) continue;
      const hk_model& m = p->model();
      whole_ = false;
      std::vector<OptionSpec> starts;
      std::vector<std::string> states, signals, all;
      Json inputs = Json::object();
      for (std::uint32_t k = 0; k < m.n_state; ++k) {
        starts.push_back(field(m.state[k]));
        states.emplace_back(m.state[k].name);
      }
      all = states;
      for (std::uint32_t k = 0; k < m.n_observed; ++k) all.emplace_back(m.observed[k].name);
      const std::vector<std::string> readable = all;
      for (std::uint32_t k = 0; k < m.n_inputs; ++k) {
        const hk_field& f = m.inputs[k];
        all.emplace_back(f.name);
        if (f.kind == HK_DRAW) continue;
        signals.emplace_back(f.name);
        const std::string unit = std::string_view(f.unit) == "1" ? "without a unit" : fmt::format("in {}", f.unit);
        inputs[f.name] = {{"description", fmt::format("{} ({})", f.meaning, unit)}};
      }
      const Json held = block(starts);
      Json axes = {{"properties", Json::object()}, {"additionalProperties", false}};
      for (const std::string& state : states) axes["properties"][state] = true;
      const Json of_state = {{"properties", {{"of", {{"enum", states}}}}}};
      std::vector<std::string> names = Plugins::instance().aliases(*p);
      names.push_back(p->id);
      Json then = {
          {"input", {{"properties", std::move(inputs)}, {"additionalProperties", false}}},
          {"readout", {{"properties", {{"of", {{"enum", readable}}}}}}},
          {"drive", {{"properties", {{"of", {{"enum", signals}}}}}}},
          {"simulate",
           {{"properties",
             {{"start", {{"if", {{"type", "object"}}}, {"then", held}}},
              {"clamp", held},
              {"record",
               {{"if", {{"type", "array"}}}, {"then", {{"items", {{"enum", all}}}}}, {"else", {{"enum", all}}}}},
              {"spikes", of_state}}}}},
          {"fit", {{"properties", {{"free", paths(*p)}}}}},
          {"sweep", {{"properties", {{"over", paths(*p)}, {"cases", {{"additionalProperties", paths(*p)}}}}}}},
          {"dynamics",
           {{"properties",
             {{"of", {{"enum", signals}}}, {"phase_plane", {{"if", {{"type", "object"}}}, {"then", axes}}}}}}}};
      rules.push_back(
          {{"if",
            {{"properties", {{"model", {{"properties", {{"use", {{"enum", names}}}}}, {"required", {"use"}}}}}},
             {"required", {"model"}}}},
           {"then", {{"properties", std::move(then)}}}});
    }
    whole_ = true;
    return {{"allOf", std::move(rules)}};
  }

  /// Dotted paths that begin at this model: the parameters it has.
  static Json paths(const Plugin& p) {
    const hk_model& m = p.model();
    Json known = Json::object();
    std::string names;
    for (std::uint32_t k = 0; k < m.n_params; ++k) {
      const hk_field& f = m.params[k];
      known[fmt::format("model.{}", f.name)] = {{"description", meaning_of(field(f))}};
      names += fmt::format("{}|", f.name);
    }
    // another model may be among the values of a sweep, and has other names
    return {{"if", {{"not", {{"anyOf", {{{"required", {"model"}}}, {{"required", {"model.use"}}}}}}}}},
            {"then",
             {{"properties", std::move(known)},
              {"propertyNames", {{"pattern", fmt::format("^(model[.]({}preset|use)|(?!model[.]).*)$", names)}}}}}};
  }

  static OptionSpec field(const hk_field& f) {
    return {f.name, Kind::number, f.unit, f.value, f.low, f.high, f.meaning, false, {}, {}};
  }
  static std::vector<std::string> presets(const Plugin& p) {
    std::vector<std::string> all;
    for (std::uint32_t i = 0; i < p.model().n_presets; ++i) all.emplace_back(p.model().presets[i].name);
    return all;
  }
  const Plugin* find(const std::string& id) const {
    const auto found = std::find_if(plugins_.begin(), plugins_.end(), [&](const Plugin* p) { return p->id == id; });
    return found == plugins_.end() ? nullptr : *found;
  }
};

}  // namespace

int print_schema() {
  show("{}\n", Schema().make().dump(1, ' ', false));
  return 0;
}

}  // namespace hillock
