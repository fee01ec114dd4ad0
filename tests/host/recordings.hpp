#pragma once
// Recordings read through the boundary, and the summary that real ones are held against.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>

#include "harness.hpp"
#include "measure/spikes.hpp"

namespace hillock::test {

/// A recording that a reader has opened.
class Opened {
 public:
  Opened(const std::string& reader, const fs::path& path, Settings settings = {})
      : plugin_(plugins().load(reader, HK_ROLE_RECORDING)), face_(plugin_.recording()) {
    const Values values(face_.options, face_.n_options, std::move(settings));
    hk_error error{};
    check(plugin_, face_.open(path.c_str(), values.data(), nullptr, &self_, &error), error);
  }
  Opened(const Opened&) = delete;
  ~Opened() {
    if (self_) face_.close(self_);
  }
  std::uint32_t sweeps() const {
    std::uint32_t n = 0;
    hk_error error{};
    check(plugin_, face_.sweeps(self_, &n, &error), error);
    return n;
  }
  hk_sweep sweep(std::uint32_t index = 0) const {
    hk_sweep out{};
    out.size = sizeof out;
    hk_error error{};
    check(plugin_, face_.describe(self_, index, &out, &error), error);
    return out;
  }
  /// "name [unit] kind" of each.
  std::vector<std::string> channels(std::uint32_t index = 0) const {
    std::vector<std::string> out;
    const hk_sweep s = sweep(index);
    for (std::uint32_t c = 0; c < s.n_channels; ++c)
      out.push_back(fmt::format("{} [{}] {}", s.channels[c].name, s.channels[c].unit, s.channels[c].kind));
    return out;
  }
  std::vector<double> samples(std::uint32_t index, std::uint32_t channel) const {
    std::vector<double> out(sweep(index).samples);
    hk_error error{};
    check(plugin_, face_.read(self_, index, channel, out.data(), &error), error);
    return out;
  }
  /// Of the channel that is the voltage or the current.
  std::vector<double> of(std::uint32_t kind, std::uint32_t index = 0) const {
    const hk_sweep s = sweep(index);
    for (std::uint32_t c = 0; c < s.n_channels; ++c)
      if (s.channels[c].kind == kind) return samples(index, c);
    FAIL("no channel of kind " << kind);
    return {};
  }

 private:
  const Plugin& plugin_;
  const hk_recording& face_;
  void* self_ = nullptr;
};

/// What a reader says of a file, without its folder and "error: plugin 'abf': ".
inline std::string said_of(const std::string& reader, const fs::path& path, const std::function<void()>& f) {
  std::string s = sentence(f);
  const std::string start = fmt::format("error: plugin '{}': ", reader), folder = path.parent_path().string() + "/";
  if (s.starts_with(start)) s.erase(0, start.size());
  if (s.starts_with(folder)) s.erase(0, folder.size());
  return s;
}

/// Rows of summary.csv for files of this ending: values of the sweeps by other means. Empty if there are no recordings.
struct Expected {
  std::string file;
  std::int64_t sweep;
  double samples, rate_Hz;
  std::array<double, 3> voltage, current;  // least, greatest, mean
  std::size_t spikes;                      // upward crossings of -10 mV
};
inline std::vector<Expected> summary(const std::string& ending) {
  std::vector<Expected> out;
  if (!have_recordings()) return out;
  std::ifstream file(fs::path(recordings()) / "summary.csv");
  std::string line;
  std::getline(file, line);
  REQUIRE(line ==
          "file,sweep,samples,rate_hz,duration_ms,v_min_mV,v_max_mV,v_mean_mV,i_min_pA,i_max_pA,i_mean_pA,"
          "spikes_peak25,spikes_cross_m10,current_source");
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::stringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
    if (!cells[0].ends_with(ending)) continue;
    const auto n = [&](std::size_t i) { return std::stod(cells[i]); };
    out.push_back({cells[0],
                   std::stoll(cells[1].substr(cells[1].find_last_not_of("0123456789") + 1)),
                   n(2),
                   n(3),
                   {n(5), n(6), n(7)},
                   {n(8), n(9), n(10)},
                   std::stoul(cells[12])});
  }
  return out;
}
/// Holds samples against a row of the summary, which has four decimals and was computed in single precision from gains
/// in single precision.
inline void check_summary(const Expected& e, double t0, double dt, const std::vector<double>& voltage,
                          const std::vector<double>& current) {
  CAPTURE(e.file);
  CAPTURE(e.sweep);
  CHECK(static_cast<double>(voltage.size()) == e.samples);
  CHECK(static_cast<double>(current.size()) == e.samples);
  CHECK(1000 / dt == doctest::Approx(e.rate_Hz).epsilon(1e-12));
  const auto agree = [](double x, double expected) {
    CHECK(std::abs(x - expected) <= 0.500001e-4 + std::abs(expected) * 3 * 0x1p-24);
  };
  for (const auto& [values, expected] : {std::pair{&voltage, &e.voltage}, {&current, &e.current}}) {
    agree(*std::min_element(values->begin(), values->end()), (*expected)[0]);
    agree(*std::max_element(values->begin(), values->end()), (*expected)[1]);
    agree(std::accumulate(values->begin(), values->end(), 0.) / static_cast<double>(values->size()), (*expected)[2]);
  }
  CHECK(detect_spikes({t0, dt, voltage}, {.threshold = -10, .rearm = -10}).size() == e.spikes);
}
/// Holds samples against the text that was made from them: equal within the decimals of the text, which come from
/// single precision as well.
inline void check_text(const std::string& text, double t0, double dt, const std::vector<double>& voltage,
                       double decimal_mV, const std::vector<double>& current, double decimal_pA) {
  CAPTURE(text);
  const Opened csv("csv", fs::path(recordings()) / text);
  CHECK(csv.sweep().t0 == t0);
  CHECK(csv.sweep().dt == doctest::Approx(dt).epsilon(1e-12));
  const auto farthest = [](const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    double most = 0;
    for (std::size_t k = 0; k < a.size(); ++k)
      most = std::max(most, std::abs(a[k] - b[k]) - std::abs(b[k]) * 3 * 0x1p-24);
    return most;
  };
  CHECK(farthest(csv.of(HK_VOLTAGE), voltage) <= 0.500001 * decimal_mV);
  CHECK(farthest(csv.of(HK_CURRENT), current) <= 0.500001 * decimal_pA);
}

}  // namespace hillock::test
