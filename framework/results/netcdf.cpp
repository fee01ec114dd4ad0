#include "results/netcdf.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <deque>
#include <limits>
#include <set>
#include <system_error>

#include "results/sweep.hpp"
#include "util/error.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;
using namespace netcdf;

/// The module's entry; it stays loaded. Throws if it is not there.
Write* load_writer() {
  std::error_code none;
  const fs::path program = fs::read_symlink("/proc/self/exe", none);
  const fs::path module = program.parent_path().parent_path() / "lib/hillock/modules/netcdf.so";
  const auto refuse = [&] {
    const char* why = ::dlerror();
    return Error({}, fmt::format("cannot load what writes NetCDF files: {}", why ? why : module.string()),
                 "build hillock again, or install the library: apt-get install libnetcdf19", Exit::run_failed);
  };
  void* const library = ::dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw refuse();
  void* const entry = ::dlsym(library, "hillock_write_netcdf");
  if (!entry) throw refuse();
  return reinterpret_cast<Write*>(entry);
}

/// A name that every reader takes: letters, digits and '_', no digit first.
std::string variable_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
    out += letter || digit ? c : '_';
  }
  if (out.empty() || (out[0] >= '0' && out[0] <= '9')) out.insert(0, "_");
  return out;
}

/// The last step of a path, with those before it where it is a number ("input.I.1": "I_1").
std::string short_name(const std::string& path) {
  std::size_t at = path.size();
  do {
    at = at == 0 ? std::string::npos : path.rfind('.', at - 1);
    if (at == std::string::npos) return variable_name(path);
  } while (path[at + 1] >= '0' && path[at + 1] <= '9');
  return variable_name(std::string_view(path).substr(at + 1));
}

/// Names of the measures and of the axes, all different. A measure keeps its name; an axis is known by its path anyway.
struct Names {
  std::vector<std::string> measures, axes;
  explicit Names(const SweepData& sweep) {
    std::set<std::string> taken{"case", "status", "varied"};
    const auto unique = [&](std::string name) {
      for (int i = 2; taken.count(name) > 0; ++i) {
        const std::string next = fmt::format("{}_{}", name, i);
        if (taken.count(next) == 0) name = next;
      }
      taken.insert(name);
      return name;
    };
    for (const auto& m : sweep.measures) measures.push_back(unique(variable_name(m.name)));
    std::multiset<std::string> likes;
    for (const SweptAxis& axis : sweep.axes) likes.insert(short_name(axis.path));
    for (const SweptAxis& axis : sweep.axes) {
      const std::string last = short_name(axis.path);
      const bool clear = likes.count(last) == 1 && taken.count(last) == 0;
      axes.push_back(unique(clear ? last : variable_name(axis.path)));
    }
  }
};

/// Keeps what the description of the file points to.
class Description {
 public:
  const char* keep(std::string text) { return texts_.emplace_back(std::move(text)).c_str(); }
  std::size_t dimension(const std::string& name, std::size_t length) {
    dimensions_.push_back({keep(name), length});
    return dimensions_.size() - 1;
  }
  Variable& variable(const std::string& name, const std::vector<std::size_t>& dimensions) {
    const auto& own = indices_.emplace_back(dimensions);
    attributes_.emplace_back();
    variables_.push_back({keep(name), own.data(), own.size(), nullptr, nullptr, nullptr, 0, false, nullptr, 0});
    return variables_.back();
  }
  /// Of the last variable.
  void attribute(const std::string& name, const std::string& text) {
    if (text.empty()) return;
    attributes_.back().push_back({keep(name), keep(text)});
    variables_.back().attributes = attributes_.back().data();
    variables_.back().attribute_count = attributes_.back().size();
  }
  void global(const std::string& name, const std::string& text) {
    if (!text.empty()) globals_.push_back({keep(name), keep(text)});
  }
  void numbers(const std::vector<double>& values) { variables_.back().numbers = values.data(); }
  void kept_numbers(std::vector<double> values) { numbers(numbers_.emplace_back(std::move(values))); }
  void kept_flags(std::vector<std::uint8_t> values, std::size_t count) {
    variables_.back().flags = flags_.emplace_back(std::move(values)).data();
    variables_.back().flag_count = count;
  }
  void words(const std::vector<std::string>& values) {
    auto& own = words_.emplace_back();
    for (const std::string& word : values) own.push_back(word.c_str());
    variables_.back().words = own.data();
  }
  void kept_words(std::vector<std::string> values) { words(lists_.emplace_back(std::move(values))); }
  File file(const char* path) {
    all_.assign(variables_.begin(), variables_.end());
    return {path, dimensions_.data(), dimensions_.size(), all_.data(), all_.size(), globals_.data(), globals_.size()};
  }

 private:
  std::deque<std::string> texts_;
  std::deque<std::vector<std::size_t>> indices_;
  std::deque<std::vector<Attribute>> attributes_;
  std::deque<std::vector<double>> numbers_;
  std::deque<std::vector<std::uint8_t>> flags_;
  std::deque<std::vector<std::string>> lists_;
  std::deque<std::vector<const char*>> words_;
  std::vector<Dimension> dimensions_;
  std::deque<Variable> variables_;
  std::vector<Variable> all_;
  std::vector<Attribute> globals_;
};

/// "not finite" as the one word that flag_meanings wants.
std::string one_word(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                      c == '-' || c == '.' || c == '+' || c == '@';
    out += good ? c : '_';
  }
  return out.empty() ? "_" : out;
}

std::string words_of(const std::vector<std::string>& texts, const auto& each) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : " ") + each(text);
  return out;
}

/// "rate of recovery a (1/ms)" without its unit, which has an attribute of its own.
std::string without_unit(const std::string& label, const std::string& unit) {
  const std::string end = " (" + unit + ")";
  return label.ends_with(end) ? label.substr(0, label.size() - end.size()) : label;
}

std::string unit_of(const std::string& unit) { return unit.empty() ? "1" : unit; }

void describe_axis(Description& file, const SweptAxis& axis) {
  file.attribute("long_name", axis.label.empty() ? axis.path : without_unit(axis.label, axis.unit));
  if (!axis.numbers.empty()) file.attribute("units", unit_of(axis.unit));
  file.attribute("path", axis.path);
}

/// The values of the axes by case, and what is varied where one is at a time.
void put_coordinates(Description& file, const SweepData& sweep, const Names& names, std::size_t dimension) {
  const bool one = sweep.combine == Combine::one_at_a_time;
  if (!sweep.names.empty()) {
    file.variable("case", {dimension});
    file.attribute("long_name", "name of the case");
    file.words(sweep.names);
  }
  std::size_t first = 0;
  std::vector<std::uint8_t> varied;
  for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
    const SweptAxis& axis = sweep.axes[a];
    const bool numeric = !axis.numbers.empty();
    file.variable(!one && axis.path == "case" ? "case" : names.axes[a], {dimension});
    describe_axis(file, axis);
    if (!one) {
      numeric ? file.numbers(axis.numbers) : file.words(axis.words);
      continue;
    }
    const auto at = static_cast<std::ptrdiff_t>(first);
    if (numeric) {
      std::vector<double> values(
          sweep.cases, a < sweep.baseline.size() ? sweep.baseline[a] : std::numeric_limits<double>::quiet_NaN());
      std::copy(axis.numbers.begin(), axis.numbers.end(), values.begin() + at);
      file.kept_numbers(std::move(values));
    } else {
      std::vector<std::string> values(sweep.cases, a < sweep.written.size() ? sweep.written[a] : "");
      std::copy(axis.words.begin(), axis.words.end(), values.begin() + at);
      file.kept_words(std::move(values));
    }
    first += axis.words.size();
    varied.resize(first, static_cast<std::uint8_t>(a));
  }
  if (!one) return;
  file.variable("varied", {dimension});
  file.attribute("long_name", "the path that differs from the base");
  file.attribute("flag_meanings", words_of(names.axes, [](const std::string& name) { return name; }));
  file.kept_flags(std::move(varied), sweep.axes.size());
}

void describe(Description& file, const SweepData& sweep) {
  const Names names(sweep);
  std::vector<std::size_t> dimensions;
  std::string coordinates;
  if (sweep.combine == Combine::grid) {
    for (std::size_t a = 0; a < sweep.axes.size(); ++a)
      dimensions.push_back(file.dimension(names.axes[a], sweep.axes[a].words.size()));
    for (std::size_t a = 0; a < sweep.axes.size(); ++a) {
      const SweptAxis& axis = sweep.axes[a];
      file.variable(names.axes[a], {dimensions[a]});
      describe_axis(file, axis);
      axis.numbers.empty() ? file.words(axis.words) : file.numbers(axis.numbers);
    }
  } else {
    dimensions.push_back(file.dimension("case", sweep.cases));
    put_coordinates(file, sweep, names, dimensions[0]);
    for (std::size_t a = 0; a < names.axes.size(); ++a)
      if (sweep.combine == Combine::one_at_a_time || sweep.axes[a].path != "case")
        coordinates += (coordinates.empty() ? "" : " ") + names.axes[a];
    if (sweep.combine == Combine::one_at_a_time) coordinates += " varied";
  }
  for (std::size_t m = 0; m < sweep.measures.size(); ++m) {
    const auto& measure = sweep.measures[m];
    file.variable(names.measures[m], dimensions).gaps = true;
    file.attribute("long_name", measure.meaning.empty() ? measure.name : measure.meaning);
    file.attribute("units", unit_of(measure.unit));
    if (!coordinates.empty()) file.attribute("coordinates", coordinates);
    file.attribute("ancillary_variables", "status");
    file.numbers(measure.values);
  }
  file.variable("status", dimensions);
  file.attribute("long_name", "how the case ended");
  if (!coordinates.empty()) file.attribute("coordinates", coordinates);
  const std::vector<std::string> all = sweep.status.empty() ? std::vector<std::string>{"ok"} : sweep.status;
  file.attribute("flag_meanings", words_of(all, one_word));
  file.kept_flags(sweep.status_of.empty() ? std::vector<std::uint8_t>(sweep.cases) : sweep.status_of, all.size());
}

}  // namespace

void write_netcdf(const fs::path& path, const SweepData& sweep, const std::map<std::string, std::string>& attributes) {
  static Write* const writer = load_writer();
  Description description;
  describe(description, sweep);
  description.global("title", sweep.title);
  description.global("Conventions", "CF-1.8");
  description.global("source", "hillock " HILLOCK_VERSION);
  for (const auto& [name, text] : attributes) description.global(name, text);
  // absolute, so that no name is taken for an address of the network
  const fs::path part = fs::absolute(path).string() + ".part";
  const auto refuse = [&](const std::string& why) {
    std::error_code ignored;
    fs::remove(part, ignored);
    return Error(fmt::format("cannot write '{}': {}", path.string(), why), Exit::run_failed);
  };
  // the library takes whatever keeps it from opening a file for a lack of permission
  const int descriptor = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) throw refuse(std::generic_category().message(errno));
  ::close(descriptor);
  const File file = description.file(part.c_str());
  std::array<char, 512> reason{};
  if (writer(&file, reason.data(), reason.size()) != 0) throw refuse(reason.data());
  std::error_code failed;
  fs::rename(part, path, failed);
  if (failed) throw refuse(failed.message());
}

}  // namespace hillock
