// Spikes of real recordings against the counts that were made from them by other means (summary.csv).
#include <doctest/doctest.h>

#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "measure/measures.hpp"
#include "places.hpp"
#include "skip.hpp"

namespace fs = std::filesystem;

namespace {

std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    parts.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::size_t column(const std::vector<std::string>& head, const std::string& title) {
  for (std::size_t k = 0; k < head.size(); ++k)
    if (head[k] == title) return k;
  FAIL("no column " << title);
  return 0;
}

struct Recording {
  double t0_ms = 0, dt_ms = 0;
  std::vector<double> voltage;
};

Recording read(const fs::path& file) {
  std::ifstream in(file);
  REQUIRE_MESSAGE(in.good(), file);
  std::string line;
  std::getline(in, line);
  const std::size_t time = column(fields(line), "time_ms"), voltage = column(fields(line), "voltage_mV");
  Recording recording;
  double last = 0;
  while (std::getline(in, line)) {
    const auto parts = fields(line);
    REQUIRE(parts.size() > std::max(time, voltage));
    double v = 0;
    std::from_chars(parts[time].data(), parts[time].data() + parts[time].size(), last);
    std::from_chars(parts[voltage].data(), parts[voltage].data() + parts[voltage].size(), v);
    if (recording.voltage.empty()) recording.t0_ms = last;
    recording.voltage.push_back(v);
  }
  recording.dt_ms = (last - recording.t0_ms) / static_cast<double>(recording.voltage.size() - 1);
  return recording;
}

}  // namespace

TEST_CASE("the spikes of every recorded sweep are as many as its upward crossings of -10 mV") {
  if (!hillock::test::have_recordings()) return;
  const fs::path folder = hillock::test::recordings();
  std::ifstream summary(folder / "summary.csv");
  std::string line;
  std::getline(summary, line);
  const std::size_t count = column(fields(line), "spikes_cross_m10"), samples = column(fields(line), "samples");
  int sweeps = 0;
  while (std::getline(summary, line)) {
    const auto parts = fields(line);
    if (!parts[0].ends_with(".csv")) continue;
    CAPTURE(parts[0]);
    const Recording recording = read(folder / parts[0]);
    CHECK(recording.voltage.size() == std::stoul(parts[samples]));
    const hillock::Sampled trace{.t0_ms = recording.t0_ms, .dt_ms = recording.dt_ms, .values = recording.voltage};
    const auto spikes = hillock::detect_spikes(trace, {});
    CHECK(spikes.size() == std::stoul(parts[count]));

    const hillock::ScoredWindow all{.from_ms = recording.t0_ms,
                                    .to_ms = trace.at_ms(recording.voltage.size()),
                                    .spikes_ms = spikes,
                                    .voltage = trace};
    CHECK(hillock::evaluate("rmse", all, &all).value == 0);
    CHECK(hillock::evaluate("van_rossum", all, &all).value == 0);
    CHECK(hillock::evaluate("subthreshold_ev", all, &all).value == 1);
    const auto gamma = hillock::evaluate("gamma", all, &all);
    CHECK(gamma.value == doctest::Approx(1).epsilon(1e-12));
    ++sweeps;
  }
  CHECK(sweeps > 0);
}

TEST_CASE(
    "a copy of the noise-driven recording 2 ms late explains a third of the variance with spikes and most without") {
  if (!hillock::test::have_recordings()) return;
  const Recording recording = read(hillock::test::recordings() + "/no-licence-stated/Cell3_Ger1Test_1009.csv");
  const hillock::Sampled trace{.t0_ms = recording.t0_ms, .dt_ms = recording.dt_ms, .values = recording.voltage};
  const auto spikes = hillock::detect_spikes(trace, {});
  const hillock::ScoredWindow data{.from_ms = 20, .to_ms = 19980, .spikes_ms = spikes, .voltage = trace};
  hillock::ScoredWindow late = data;
  late.voltage->t0_ms += 2;
  auto late_spikes = spikes;
  for (double& t : late_spikes) t += 2;
  late.spikes_ms = late_spikes;
  // "A third" was found with other programs.
  CHECK(hillock::evaluate("explained_variance", late, &data).value == doctest::Approx(1.0 / 3).epsilon(0.05));
  CHECK(hillock::evaluate("subthreshold_ev", late, &data).value > 0.8);
  CHECK(hillock::evaluate("gamma", late, &data).value == doctest::Approx(1).epsilon(1e-12));
}
