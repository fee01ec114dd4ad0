#pragma once
// Small results to write.
#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "folder.hpp"
#include "results/result.hpp"
#include "util/error.hpp"
#include "util/files.hpp"

namespace samples {

/// The sentence that `work` is refused with; "" if it is not.
template <class Work> std::string refusal(Work work, hillock::Exit status = hillock::Exit::bad_input) {
  try {
    work();
  } catch (const hillock::Error& error) {
    CHECK(error.status() == status);
    return error.message();
  }
  return {};
}

/// A folder first in PATH for as long as this lives; `only`: nothing else is in PATH.
class PathFirst {
 public:
  PathFirst(const std::filesystem::path& folder, bool only) : before_(::getenv("PATH")) {
    ::setenv("PATH", only ? folder.c_str() : (folder.string() + ":" + before_).c_str(), 1);
  }
  ~PathFirst() { ::setenv("PATH", before_.c_str(), 1); }
  PathFirst(const PathFirst&) = delete;
  PathFirst& operator=(const PathFirst&) = delete;

 private:
  std::string before_;
};

inline hillock::CaseResult one_case(const std::string& name, std::vector<double> v = {-65, -64.5, 30}) {
  hillock::CaseResult out;
  out.name = name;
  out.time_ms = hillock::SampleTimes::grid(0, 0.25, 1, v.size());
  out.columns.push_back({"v", "Membrane Potential", "mV", std::move(v)});
  out.spikes_ms = {0.5};
  out.measures = {{"spike_count", "1", 1, ""}, {"mean_rate", "Hz", 1000, ""}};
  return out;
}

inline hillock::Curve curve(std::vector<double> x, std::vector<double> y, const std::string& label = "") {
  hillock::Curve out;
  out.label = label;
  out.x = std::move(x);
  out.y = std::move(y);
  return out;
}

inline hillock::Panel panel(std::vector<hillock::Curve> curves) {
  hillock::Panel out;
  out.x_label = "Time (ms)";
  out.y_label = "Membrane potential (mV)";
  out.curves = std::move(curves);
  return out;
}

inline hillock::Figure figure(std::vector<hillock::Panel> panels, int columns = 1) {
  hillock::Figure out;
  out.name = "traces";
  out.title = "Traces";
  out.columns = columns;
  out.panels = std::move(panels);
  return out;
}

inline hillock::RunResult run() {
  hillock::RunResult out;
  out.title = "Regular spiking";
  out.command = "hillock run rs.yaml";
  out.experiment_yaml = "title: Regular spiking\n";
  out.provenance_yaml = "hillock: 0.1.0\n";
  return out;
}

/// All that a shell, gnuplot, HTML, JSON, a regular expression or printf could trip over.
inline const std::string hostile =
    "d'Arc \"x\" `touch pwned` $(touch pwned) %d <script>alert(1)</script> ]]> \\n @a {/Bold b}_2 & &amp; #";

inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t i = text.find(part); i != std::string::npos; i = text.find(part, i + part.size())) ++found;
  return found;
}

}  // namespace samples
