// The reference manual: every key, shape, measure and plugin, from the tables that the program works by.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "cli/commands.hpp"
#include "experiment/vocabulary.hpp"
#include "measure/measures.hpp"
#include "purpose/purpose.hpp"

namespace hillock {
namespace {

using Kind = OptionSpec::Kind;
constexpr std::size_t width = 120;

/// Signs that Markdown would take as its own, but in code.
std::string plain(std::string_view text) {
  std::string out;
  bool code = false;
  for (const char c : text) {
    if (c == '`') code = !code;
    if (!code && (c == '*' || c == '<' || c == '|')) out += '\\';
    out += c;
  }
  return out;
}

/// Characters of UTF-8 text.
std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// Lines of at most `width`, the first after `first`, the others after `indent` blanks. No line begins with a sign that
/// would make it an item or a title.
std::string wrapped(const std::string& text, const std::string& first, std::size_t indent) {
  std::string out, line = first;
  bool empty = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    const bool glued = word == "-" || word == "+" || word == "=" || word == "#" || word == "\\*" ||
                       (word.back() == '.' && word.find_first_not_of("0123456789.") == word.npos);
    if (!empty && !glued && length(line) + 1 + length(word) > width - 4) {
      out += line + "\n";
      line = std::string(indent, ' '), empty = true;
    }
    line += (empty ? "" : " ") + word, empty = false;
  }
  return out + line + "\n";
}

/// With a capital letter and a full stop.
std::string sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

std::string bound(double x) { return fmt::format("{:g}", x); }

/// "number in ms, from 0 to 1000, 5 if left out"
std::string facts(const OptionSpec& s) {
  std::vector<std::string> all = {plain(form_of(s))};
  if (s.kind == Kind::list && s.unit != "1") all[0] += " in " + s.unit;
  if (s.kind == Kind::pair && s.unit != "1") all[0] += " in " + s.unit;
  if (s.kind == Kind::number || s.kind == Kind::integer || s.kind == Kind::list) {
    if (std::isfinite(s.low) && std::isfinite(s.high)) all.push_back("from " + bound(s.low) + " to " + bound(s.high));
    else if (std::isfinite(s.low)) all.push_back("at least " + bound(s.low));
    else if (std::isfinite(s.high)) all.push_back("at most " + bound(s.high));
  }
  const bool number = s.kind == Kind::number || s.kind == Kind::integer;
  if (s.required) all.emplace_back("needed");
  else if (s.kind == Kind::flag) all.push_back(s.value != 0 ? "true if left out" : "false if left out");
  else if (number && std::isfinite(s.value)) all.push_back(bound(s.value) + " if left out");
  else if ((s.kind == Kind::choice || s.kind == Kind::text) && !s.text.empty()) all.push_back(s.text + " if left out");
  return fmt::format("{}", fmt::join(all, ", "));
}

void item(std::string& out, const std::string& name, const std::string& about, const std::string& meaning,
          std::size_t depth) {
  out += wrapped(fmt::format("`{}`{}{}", name, about.empty() ? "" : " (" + about + ")",
                             meaning.empty() ? "" : ": " + plain(meaning)),
                 std::string(2 * depth, ' ') + "- ", 2 * depth + 2);
}

void keys(std::string& out, const std::vector<OptionSpec>& specs, std::size_t depth) {
  for (const OptionSpec& s : specs) {
    const bool recording = s.kind == Kind::part && s.text == "recording";
    item(out, s.name, facts(s), s.meaning + (recording ? "; its keys are those of [data](#data)" : ""), depth);
    if (!recording) keys(out, keys_of(s), depth + 1);
  }
}

void title(std::string& out, int level, const std::string& text) {
  out += fmt::format("\n{} {}\n\n", std::string(static_cast<std::size_t>(level), '#'), text);
}

void fields(std::string& out, const char* what, const hk_field* of, std::uint32_t n, bool with_values) {
  if (n == 0) return;
  out += fmt::format("\n{}:\n\n", what);
  for (std::uint32_t k = 0; k < n; ++k) {
    const hk_field& f = of[k];
    std::string about = std::string_view(f.unit) == "1" ? "" : f.unit;
    if (f.kind == HK_DRAW) about = "drawn at each spike";
    else if (with_values)
      about += fmt::format("{}{:g}, from {} to {}", about.empty() ? "" : ", ", f.value, bound(f.low), bound(f.high));
    item(out, f.name, about, f.meaning, 0);
  }
}

void plugin(std::string& out, const Plugin& p) {
  title(out, 3, p.id);
  out += wrapped(plain(sentence(p.meaning)), "", 0);
  if (!p.cite.empty()) out += wrapped(plain(p.cite), "", 0);
  if (const auto others = Plugins::instance().aliases(p); !others.empty())
    out += fmt::format("Also `{}`.\n", fmt::join(others, "`, `"));
  if (p.role == HK_ROLE_MODEL) {
    const hk_model& m = p.model();
    fields(out, "Parameters", m.params, m.n_params, true);
    fields(out, "States", m.state, m.n_state, true);
    fields(out, "Inputs", m.inputs, m.n_inputs, true);
    fields(out, "Observed", m.observed, m.n_observed, false);
    if (m.n_presets > 0) out += "\nPresets:\n\n";
    for (std::uint32_t i = 0; i < m.n_presets; ++i) item(out, m.presets[i].name, "", m.presets[i].meaning, 0);
    return;
  }
  if (p.role == HK_ROLE_RECORDING) {
    std::string endings = p.locate() ? "" : p.recording().endings;
    for (std::size_t at = 0; (at = endings.find('|', at)) != endings.npos; at += 4) endings.replace(at, 1, "`, `");
    out += p.locate() ? std::string("It finds its file by its options.\n")
                      : fmt::format("It reads files ending in `{}`.\n", endings);
  }
  const std::vector<OptionSpec> own = options_of(p);
  if (!own.empty()) out += "\n";
  keys(out, own, 0);
}

}  // namespace

std::string manual() {
  std::string out =
      "# Reference manual\n\n"
      "Every key of an experiment file, every shape of an input, every measure and every plugin that ships. Made by\n"
      "`hillock describe --all --markdown`; `hillock describe WORD` shows one of them.\n\n"
      "A number may carry a unit, which is converted: `dt: 0.25 ms`. Where a unit holds U, it is that of the state or\n"
      "input. `{a, b}` is a map with these keys, `{use: integrator, ...}` one with the name of an integrator and its\n"
      "options.\n\n"
      "- [The keys of a file](#the-keys-of-a-file)\n"
      "- [Shapes of inputs](#shapes-of-inputs)\n"
      "- [Measures](#measures)\n"
      "- [Models](#models), [integrators](#integrators), [optimizers](#optimizers), [forecasters](#forecasters),\n"
      "  [recordings](#recordings)\n";
  title(out, 2, "The keys of a file");
  for (const OptionSpec& key : top_level())
    if (keys_of(key).empty()) keys(out, {key}, 0);
  for (const OptionSpec& key : top_level()) {
    const std::vector<OptionSpec> inner = keys_of(key);
    if (inner.empty()) continue;
    title(out, 3, key.name);
    out += wrapped(plain(sentence(key.meaning)), "", 0);
    if (key.kind != Kind::block) out += "\n" + wrapped(fmt::format("Form: {}.", plain(form_of(key))), "", 0);
    out += "\n";
    keys(out, inner, 0);
    for (const PurposeRow& row : purposes())
      if (key.name == row.key && row.found) {
        out += "\nWhat it finds:\n\n";
        for (const FoundValue& f : row.found()) item(out, f.name, f.list ? "list" : "", f.meaning, 0);
      }
  }
  title(out, 3, "data");
  out += "The recording of a comparison, fit or forecast.\n\n";
  keys(out, data_options(), 0);
  keys(out, {simulated_data_option()}, 0);
  title(out, 2, "Shapes of inputs");
  for (const ShapeInfo& s : shapes()) {
    item(out, s.name, "", s.meaning + (s.name == "file" ? ". The reader is named by `reader`" : ""), 0);
    keys(out, shape_options(s.name, "U"), 1);
  }
  title(out, 2, "Measures");
  for (const bool compares : {false, true}) {
    out += compares ? "\nAgainst a recording:\n\n" : "Of a run:\n\n";
    for (const MeasureInfo& m : measures())
      if (m.compares == compares) {
        item(out, m.name, m.unit == "1" ? "" : unit_of(m, "U"), m.meaning + (m.source.empty() ? "" : ". " + m.source),
             0);
        keys(out, measure_options(m), 1);
      }
  }
  for (const char* role : {"model", "integrator", "optimizer", "forecaster", "recording"}) {
    std::string name = fmt::format("{}s", role);
    name[0] = static_cast<char>(std::toupper(name[0]));
    title(out, 2, name);
    out.pop_back();
    for (const Plugin* p : Plugins::instance().load_all())
      if (p->role == role_of(role)) plugin(out, *p);
  }
  return out;
}

}  // namespace hillock
