// The reader of Neurodata Without Borders.
#include <numeric>

#include "nwb_file.hpp"
#include "recordings.hpp"

using namespace hillock;
using namespace hillock::test;
using namespace hillock::test::nwb;

namespace {

using Names = std::vector<std::string>;
using Vector = std::vector<double>;

/// A file that f has filled.
struct Written {
  Folder folder;
  fs::path path = folder / "a.nwb";
  template <class F> explicit Written(F&& f) {
    Hdf file(path);
    f(file);
  }
  Written(const std::vector<Clamp>& responses, const std::vector<Clamp>& stimuli)
      : Written([&](Hdf& file) { put_2(file, responses, stimuli); }) {}
  Written(const std::vector<AllenSweep>& sweeps, const std::string& pipeline)
      : Written([&](Hdf& file) { put_1(file, sweeps, pipeline); }) {}
};
/// What is said of opening it and reading everything.
std::string said(const fs::path& path, const Settings& settings = {}) {
  return said_of("nwb", path, [&] {
    const Opened r("nwb", path, settings);
    for (std::uint32_t s = 0; s < r.sweeps(); ++s)
      for (std::uint32_t c = 0; c < r.sweep(s).n_channels; ++c) r.samples(s, c);
  });
}
std::string said(const Written& file, const Settings& settings = {}) { return said(file.path, settings); }
/// One sweep of three samples, then what f changes.
template <class F> std::string said_after(F&& f) {
  return said(Written([&](Hdf& file) {
    put_2(file, {{"r", {-0.07, -0.06, -0.05}}}, {{"s", {0, 1e-10, 0}}});
    f(file);
  }));
}
template <class F> std::string said_after_1(F&& f) {
  return said(Written([&](Hdf& file) {
    put_1(file, {{30, {-0.07, -0.06, -0.05}, {0, 1e-10, 0}}});
    f(file);
  }));
}
std::vector<std::int64_t> numbers(const Opened& r) {
  std::vector<std::int64_t> out;
  for (std::uint32_t k = 0; k < r.sweeps(); ++k) out.push_back(r.sweep(k).number);
  return out;
}

}  // namespace

TEST_SUITE("nwb") {
  TEST_CASE("samples are data times conversion plus offset, in mV and pA") {
    for (const Stored& stored :
         {Stored{}, {H5T_STD_I16BE, 0, 0}, {H5T_IEEE_F32LE, 2, 0}, {H5T_STD_I32LE, 2, 4}, {H5T_IEEE_F64BE, 3, 9}}) {
      Clamp r{"r", {-700, 125, 0}}, s{"s", {0, 110, -20}};
      r.conversion = 1e-4, r.offset = -0.01, r.stored = s.stored = stored;
      s.conversion = 1e-12;
      const Written file({r}, {s});
      const Opened opened("nwb", file.path);
      CHECK(opened.sweeps() == 1);
      CHECK(opened.channels() == Names{"r [mV] 1", "s [pA] 2"});
      CHECK(opened.sweep().samples == 3);
      CHECK(opened.sweep().dt == 0.05);
      CHECK(opened.sweep().t0 == 0);
      CHECK(std::string(opened.sweep().protocol) == "Step");
      CHECK(std::string(opened.sweep().current_source) == "stimulus series s");
      CHECK(opened.samples(0, 0) == Vector{-80, 2.5, -10});
      CHECK(opened.samples(0, 1) == Vector{0, 110, -20});
    }
  }
  TEST_CASE("units are known by symbol and by name") {
    for (const auto& [unit, mV] :
         {std::pair{"volts", 1000.}, {"Volt", 1000.}, {"V", 1000.}, {"mV", 1.}, {"uV", 0.001}}) {
      Clamp r{"r", {-0.25, 0.5}};
      r.unit = unit;
      const Written file({r}, {});
      CHECK(Opened("nwb", file.path).of(HK_VOLTAGE) == Vector{-0.25 * mV, 0.5 * mV});
    }
    for (const auto& [unit, pA] : {std::pair{"amperes", 1e12}, {"Amps", 1e12}, {"A", 1e12}, {"nA", 1e3}, {"pA", 1.}}) {
      Clamp s{"s", {-0.25, 0.5}};
      s.unit = unit;
      const Written file({{"r", {0, 0}}}, {s});
      CHECK(Opened("nwb", file.path).of(HK_CURRENT) == Vector{-0.25 * pA, 0.5 * pA});
    }
  }
  TEST_CASE("response and stimulus belong together by their sweep_number, whatever their names") {
    const Written file({{"a", {1, 1}, 7}, {"b", {2, 2}, 3}, {"c", {3, 3}, 5}},
                       {{"x", {3e-12, 3e-12}, 3}, {"y", {7e-12, 7e-12}, 7}});
    const Opened r("nwb", file.path);
    CHECK(numbers(r) == std::vector<std::int64_t>{3, 5, 7});
    CHECK(r.channels(0) == Names{"b [mV] 1", "x [pA] 2"});
    CHECK(r.channels(1) == Names{"c [mV] 1"});
    CHECK(std::string(r.sweep(1).current_source) == "");
    CHECK(r.channels(2) == Names{"a [mV] 1", "y [pA] 2"});
    CHECK(r.of(HK_VOLTAGE, 2) == Vector{1000, 1000});
    CHECK(r.of(HK_CURRENT, 2) == Vector{7, 7});
  }
  TEST_CASE("without numbers they are counted off in natural order and known by the number that ends the name") {
    std::vector<Clamp> responses, stimuli;
    for (const int k : {10, 2, 1, 11}) {
      const double x = k;
      responses.push_back({fmt::format("ic__Step__{}", k), {x, x}});
      stimuli.push_back({fmt::format("ics__Step__{}", k), {x * 1e-12, x * 1e-12}});
    }
    const Written file(responses, stimuli);
    const Opened r("nwb", file.path);
    CHECK(numbers(r) == std::vector<std::int64_t>{1, 2, 10, 11});
    for (std::uint32_t k = 0; k < 4; ++k) {
      const auto x = static_cast<double>(r.sweep(k).number);
      CHECK(r.of(HK_VOLTAGE, k) == Vector{1000 * x, 1000 * x});
      CHECK(r.of(HK_CURRENT, k) == Vector{x, x});
    }
    const Written plain({{"first", {1, 1}}, {"later", {2, 2}}}, {{"a", {0, 0}}, {"b", {0, 0}}});
    CHECK(numbers(Opened("nwb", plain.path)) == std::vector<std::int64_t>{0, 1});
  }
  TEST_CASE("stimuli are never paired by the order of their names") {
    const std::vector<Clamp> responses{{"trial_a", {1, 1}}, {"trial_b", {2, 2}}, {"trial_c", {3, 3}}};
    const std::vector<Clamp> stimuli{
        {"step_100pA", {1e-12, 1e-12}}, {"step_200pA", {2e-12, 2e-12}}, {"step_300pA", {3e-12, 3e-12}}};
    const Written bare(responses, stimuli);
    CHECK(Opened("nwb", bare.path).of(HK_VOLTAGE, 2) == Vector{3000, 3000});  // the voltage is there all the same
    CHECK(said(bare) ==
          "a.nwb: which stimulus belongs to which response cannot be told: the 3 series in current clamp and 3 of "
          "stimuli have neither a table intracellular_recordings nor all a sweep_number, and neither the numbers that "
          "end their names nor their starting times pair them");
    SUBCASE("their starting times pair them") {
      std::vector<Clamp> r = responses, s = stimuli;
      for (std::size_t k = 0; k < 3; ++k)
        r[k].start_s = static_cast<double>(k), s[k].start_s = 2 - static_cast<double>(k);
      const Written timed(r, s);
      for (std::uint32_t k = 0; k < 3; ++k) CHECK(Opened("nwb", timed.path).of(HK_CURRENT, k)[0] == 3 - k);
    }
    SUBCASE("the table of recordings pairs them") {
      const Written table([&](Hdf& f) {
        put_2(f, responses, stimuli);
        const std::string at = "/general/intracellular_ephys/intracellular_recordings";
        f.references(
            at + "/responses/response",
            {{0, 2, "/acquisition/trial_a"}, {0, 2, "/acquisition/trial_b"}, {-1, -1, "/acquisition/trial_c"}});
        f.references(
            at + "/stimuli/stimulus",
            {{0, 2, "/stimulus/presentation/step_300pA"}, {0, 2, "/stimulus/presentation/step_100pA"}, {-1, -1, ""}});
      });
      const Opened r("nwb", table.path);
      REQUIRE(r.sweeps() == 3);
      CHECK(r.channels(0) == Names{"trial_a [mV] 1", "step_300pA [pA] 2"});
      CHECK(r.of(HK_CURRENT, 0) == Vector{3, 3});
      CHECK(r.of(HK_CURRENT, 1) == Vector{1, 1});
      CHECK(r.channels(2) == Names{"trial_c [mV] 1"});  // had no stimulus
    }
    SUBCASE("a part of a series is a sweep") {
      const Written parts([&](Hdf& f) {
        put_2(f, {{"all", {1, 2, 3, 4}}}, {{"given", {1e-12, 2e-12, 3e-12, 4e-12}}});
        const std::string at = "/general/intracellular_ephys/intracellular_recordings";
        f.references(at + "/responses/response", {{0, 2, "/acquisition/all"}, {2, 2, "/acquisition/all"}});
        f.references(at + "/stimuli/stimulus",
                     {{0, 2, "/stimulus/presentation/given"}, {2, 2, "/stimulus/presentation/given"}});
      });
      const Opened r("nwb", parts.path);
      REQUIRE(r.sweeps() == 2);
      CHECK(r.of(HK_VOLTAGE, 1) == Vector{3000, 4000});
      CHECK(r.of(HK_CURRENT, 1) == Vector{3, 4});
    }
    SUBCASE("a table that does not fit is refused") {
      const auto with = [&](const std::vector<Hdf::Row>& rows) {
        return said(Written([&](Hdf& f) {
          put_2(f, responses, {});
          f.references("/general/intracellular_ephys/intracellular_recordings/responses/response", rows);
        }));
      };
      CHECK(with({{0, 2, "/acquisition/trial_a"}, {0, 2, "/acquisition/trial_b"}}) ==
            "a.nwb: its table intracellular_recordings does not list 'trial_c': which stimulus is its own cannot be "
            "told");
      CHECK(with({{1, 2, "/acquisition/trial_a"}}) ==
            "a.nwb: the file is damaged: its table intracellular_recordings names 2 samples from 1 on of 'trial_a', "
            "which has 2");
    }
  }
  TEST_CASE("a series without current is a sweep under zero current, and has no stimulus") {
    const auto disconnected = [](const std::vector<Clamp>& responses, const std::vector<Clamp>& stimuli) {
      return Written([&](Hdf& f) {
        put_2(f, responses, stimuli);
        f.set("/acquisition/r_2", "neurodata_type", "IZeroClampSeries");
        f.set("/acquisition/r_2", "stimulus_description", "N/A");
      });
    };
    const auto check_read = [](const Written& file) {
      const Opened r("nwb", file.path);
      CHECK(numbers(r) == std::vector<std::int64_t>{1, 2, 3});
      CHECK(r.channels(1) == Names{"r_2 [mV] 1", "zero [pA] 2"});
      CHECK(std::string(r.sweep(1).current_source) == "none, as of an IZeroClampSeries");
      CHECK(std::string(r.sweep(1).protocol) == "");
      CHECK(r.of(HK_VOLTAGE, 1) == Vector{-70, -71});
      CHECK(r.of(HK_CURRENT, 1) == Vector{0, 0});
      CHECK(r.of(HK_CURRENT, 2) == Vector{3, 3});
    };
    const Vector at_rest{-0.07, -0.071}, v{0, 0}, one{1e-12, 1e-12}, three{3e-12, 3e-12};
    check_read(disconnected({{"r_1", v}, {"r_2", at_rest}, {"r_3", v}}, {{"s_1", one}, {"s_3", three}}));
    check_read(disconnected({{"r_1", v, 1}, {"r_2", at_rest, 2}, {"r_3", v, 3}}, {{"s_1", one, 1}, {"s_3", three, 3}}));
    CHECK(said(disconnected({{"r_2", at_rest, 2}}, {{"s", one, 2}})) ==
          "a.nwb: 'r_2' is an IZeroClampSeries, which has no current, and 's' is its stimulus by their sweep_number");
    CHECK(said(disconnected({{"r_2", at_rest}}, {{"s", one}})) ==
          "a.nwb: which stimulus belongs to which response cannot be told: it has 0 series in current clamp, 1 of "
          "stimuli, and not all have a sweep_number");
  }
  TEST_CASE("what cannot be told apart is refused") {
    CHECK(said(Written({{"r1", {1, 1}}, {"r2", {1, 1}}}, {{"s1", {1, 1}}})) ==
          "a.nwb: which stimulus belongs to which response cannot be told: the 2 series in current clamp and 1 of "
          "stimuli have neither a table intracellular_recordings nor all a sweep_number, and neither the numbers that "
          "end their names nor their starting times pair them");
    CHECK(said(Written({{"r1", {1, 1}}, {"r2", {1, 1}}}, {{"s1", {1, 1}}, {"s3", {1, 1}}})) ==
          "a.nwb: which stimulus belongs to which response cannot be told: the 2 series in current clamp and 2 of "
          "stimuli have neither a table intracellular_recordings nor all a sweep_number, and neither the numbers that "
          "end their names nor their starting times pair them");
    CHECK(said(Written({{"a", {1, 1}, 4}, {"b", {1, 1}, 4}}, {})) == "a.nwb: sweep 4 is both 'a' and 'b'");
  }
  TEST_CASE("of several electrodes one is named") {
    const Written file({{"a", {1, 1}, 4, "left"}, {"b", {2, 2}, 4, "right"}, {"c", {3, 3}, 5, "left"}},
                       {{"x", {1e-12, 1e-12}, 4, "right"}, {"y", {2e-12, 2e-12}, 4, "left"}});
    CHECK(said(file) ==
          "a.nwb: sweep 4 is both 'a' and 'b', of the electrodes 'left' and 'right': say which, as --set "
          "electrode=right of explore or data: {electrode: right} of an experiment");
    CHECK(said(file, {{"electrode", "middle"}}) ==
          "a.nwb: no series is of the electrode 'middle'; it has 'left', 'right'");
    const Opened left("nwb", file.path, {{"electrode", "left"}});
    CHECK(numbers(left) == std::vector<std::int64_t>{4, 5});
    CHECK(left.channels(0) == Names{"a [mV] 1", "y [pA] 2"});
    const Opened right("nwb", file.path, {{"electrode", "right"}});
    CHECK(right.channels(0) == Names{"b [mV] 1", "x [pA] 2"});
  }
  TEST_CASE("even timestamps are a rate, also far from zero") {
    for (const double start : {0., 86400.123}) {
      Vector times;
      for (int k = 0; k < 200000; ++k) times.push_back(start + k / 20000.);
      const auto stamped = [&](Hdf& file) {
        put_2(file, {{"r", Vector(times.size(), -0.07)}}, {{"s", Vector(times.size(), 0)}});
        file.remove("/acquisition/r/starting_time").data("/acquisition/r/timestamps", times);
        file.remove("/stimulus/presentation/s/starting_time").data("/stimulus/presentation/s/timestamps", times);
      };
      CHECK(Opened("nwb", Written(stamped).path).sweep().dt == 0.05);
      times[150000] += 1e-5;
      CHECK(said(Written(stamped)).starts_with("a.nwb: the samples of 'r' are not evenly spaced: from timestamp "));
    }
    CHECK(said_after([](Hdf& file) {
            file.data("/acquisition/r/timestamps", {0, 1, 2, 3});
          }) == "a.nwb: the file is damaged: 'r' has not as many timestamps as samples");
    CHECK(said_after([](Hdf& file) {
            file.data("/acquisition/r/timestamps", {2, 1, 0});
          }) == "a.nwb: the timestamps of 'r' do not rise");
    CHECK(said_after([](Hdf& file) {
            file.data("/acquisition/r/timestamps", {0, std::nan(""), 2});
          }) == "a.nwb: the timestamps of 'r' do not rise");
  }
  TEST_CASE("a bias current is said, for it is not in the stimulus") {
    const Written file([](Hdf& f) {
      put_2(f, {{"r", {0, 0}}}, {{"s", {0, 0}}});
      f.number("/acquisition/r/bias_current", -12.5e-12);
    });
    CHECK(std::string(Opened("nwb", file.path).sweep().protocol) == "Step; bias current -12.5 pA, not in the stimulus");
  }
  TEST_CASE("version 1 has sweeps as epochs with links, parts of their series") {
    const Written file([](Hdf& f) {
      put_1(f, {{10, {-0.0625, -0.05, -0.03125, 0}, {0, 1e-10, 0, 0}}, {9, {1, 1}, {2, 2}}});
      f.remove("/epochs/Sweep_10/response/idx_start").count("/epochs/Sweep_10/response/idx_start", 1);
      f.remove("/epochs/Sweep_10/stimulus/idx_start").count("/epochs/Sweep_10/stimulus/idx_start", 1);
      f.remove("/epochs/Sweep_10/response/count").count("/epochs/Sweep_10/response/count", 2);
      f.remove("/epochs/Sweep_10/stimulus/count").count("/epochs/Sweep_10/stimulus/count", 2);
      f.link("/epochs/Experiment_10/response/timeseries", "/acquisition/timeseries/Sweep_10");
    });
    const Opened r("nwb", file.path);
    CHECK(numbers(r) == std::vector<std::int64_t>{9, 10});
    CHECK(r.channels(1) == Names{"Sweep_10 [mV] 1", "Sweep_10 [pA] 2"});
    CHECK(r.sweep(1).samples == 2);
    CHECK(r.sweep(1).dt == 0.005);
    CHECK(std::string(r.sweep(1).protocol) == "Long Square");
    CHECK(r.of(HK_VOLTAGE, 1) == Vector{1000 * static_cast<double>(-0.05F), -31.25});
    CHECK(r.of(HK_CURRENT, 1)[0] == doctest::Approx(100).epsilon(1e-7));
  }
  TEST_CASE("conversions of the Allen Institute apply since version 1.1 of its pipeline") {
    const auto voltage = [](const std::string& pipeline, bool by_allen) {
      AllenSweep sweep{3, {-0.5, 0.25}, {0, 0}};
      sweep.conversion = 2;
      const Written file([&](Hdf& f) {
        put_1(f, {sweep}, pipeline);
        if (!by_allen)
          f.remove("/acquisition/timeseries/Sweep_3/aibs_stimulus_name")
              .remove("/stimulus/presentation/Sweep_3/aibs_stimulus_name");
      });
      return Opened("nwb", file.path).of(HK_VOLTAGE);
    };
    CHECK(voltage("1.0", true) == Vector{-500, 250});
    CHECK(voltage("", true) == Vector{-500, 250});
    CHECK(voltage("1.1", true) == Vector{-1000, 500});
    CHECK(voltage("2.0.3", true) == Vector{-1000, 500});
    CHECK(voltage("", false) == Vector{-1000, 500});
  }
  TEST_CASE("sweeps in voltage clamp are left out") {
    AllenSweep clamp{1, {0, 0}, {0, 0}};
    clamp.response_unit = "Amps", clamp.stimulus_unit = "Volts";
    const Written file({clamp, {2, {0, 0}, {0, 0}}}, "1.0");
    CHECK(numbers(Opened("nwb", file.path)) == std::vector<std::int64_t>{2});
    CHECK(said(Written({clamp}, "1.0")) == "a.nwb: it holds no sweep in current clamp, only sweeps in voltage clamp");
    CHECK(said_after([](Hdf& f) { f.set("/acquisition/r", "neurodata_type", "VoltageClampSeries"); }) ==
          "a.nwb: which stimulus belongs to which response cannot be told: it has 0 series in current clamp, 1 of "
          "stimuli, and not all have a sweep_number");
    const Written other([](Hdf& f) {
      put_2(f, {{"r", {0, 0}}}, {});
      f.set("/acquisition/r", "neurodata_type", "VoltageClampSeries");
    });
    CHECK(said(other) == "a.nwb: it holds no sweep in current clamp, only VoltageClampSeries");
    CHECK(said(Written(std::vector<Clamp>{}, {})) == "a.nwb: it holds no sweep in current clamp");
  }
  TEST_CASE("what is no file of Neurodata Without Borders is refused") {
    const Folder folder;
    const auto of = [&](const std::string& bytes) {
      std::ofstream(folder / "a.nwb", std::ios::binary) << bytes;
      return said(folder / "a.nwb");
    };
    CHECK(said(folder / "nothing.nwb") == "nothing.nwb: there is no such file");
    CHECK(of("") == "a.nwb: the file is empty");
    CHECK(of("time_ms,v_mV\n0,1\n") == "a.nwb: this is no HDF5 file, as those of Neurodata Without Borders are");
    CHECK(of("\x89HDF\r\n\x1a\n") == "a.nwb: the file is cut off: it has 8 bytes of 64");
    std::string damaged = "\x89HDF\r\n\x1a\n" + std::string(200, 'x');
    CHECK(of(damaged) == "a.nwb: the file is damaged: its superblock has version 120 and addresses of 120 bytes");
    damaged[8] = 0, damaged[13] = 8;
    damaged.replace(40, 8, std::string("\xd0\0\0\0\0\0\0\0", 8)).replace(48, 8, 8, '\xff');
    CHECK(of(damaged) == "a.nwb: the file is damaged: HDF5 cannot open it");
    CHECK(said(Written([](Hdf& f) { f.group("/a"); })) ==
          "a.nwb: this is an HDF5 file, but none of Neurodata Without Borders: it names no nwb_version");
    CHECK(said_after([](Hdf& f) { f.set("/", "nwb_version", "3.0"); }) ==
          "a.nwb: the file is of version '3.0' of Neurodata Without Borders; 1 and 2 are read");
    CHECK(said_after_1([](Hdf& f) { f.remove("/epochs"); }) ==
          "a.nwb: it has no /epochs/Sweep_N: of version 1 the layout of the Allen Cell Types Database is read");
  }
  TEST_CASE("a file that is cut off anywhere is refused") {
    const Written whole({{"r", Vector(64, 1)}}, {{"s", Vector(64, 0)}});
    CHECK(said(whole) == "nothing is wrong");
    const auto size = fs::file_size(whole.path);
    for (auto n = size - 1; n > 8; n = n * 7 / 8) {
      fs::resize_file(whole.path, n);
      CHECK(said(whole) == fmt::format("a.nwb: the file is cut off: it has {} bytes of {}", n, n < 64 ? 64 : size));
    }
    fs::resize_file(whole.path, 5);
    CHECK(said(whole) == "a.nwb: the file is cut off: it has 5 bytes of 64");
  }
  TEST_CASE("a file whose superblock names a driver of HDF5, or has addresses of another width, is refused") {
    const Written whole({{"r", Vector(64, 1)}}, {{"s", Vector(64, 0)}});
    std::string bytes = contents(whole.path);
    REQUIRE(bytes[8] == 0);  // the version of the superblock
    REQUIRE(bytes[13] == 8);
    bytes[13] = 4;  // then the driver's place is elsewhere, and so is the end of the file
    std::ofstream(whole.path, std::ios::binary) << bytes;
    CHECK(said(whole) == "a.nwb: the file is damaged: its superblock has version 0 and addresses of 4 bytes");
    bytes[13] = 8;
    REQUIRE(bytes.substr(48, 8) == std::string(8, '\xff'));
    bytes.replace(48, 8, std::string("\x80\0\0\0\0\0\0\0", 8));
    std::ofstream(whole.path, std::ios::binary) << bytes;
    CHECK(said(whole) == "a.nwb: the file is damaged, or one of several parts: it names a driver of HDF5");
  }
  TEST_CASE("damaged samples are refused, and HDF5 prints nothing") {
    const Vector noisy = [] {
      Dice dice(1);
      Vector v(4096);
      for (double& x : v) x = dice.between(-0.08, 0.04);
      return v;
    }();
    Clamp r{"r", noisy};
    r.stored = {H5T_IEEE_F64LE, 512, 6};
    const Written file({r}, {});
    std::string bytes;
    {
      std::ifstream in(file.path, std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(in), {});
    }
    for (std::size_t k = bytes.size() / 2; k < bytes.size() / 2 + 200; ++k) bytes[k] = static_cast<char>(~bytes[k]);
    std::ofstream(file.path, std::ios::binary) << bytes;
    CHECK(said(file) == "a.nwb: the file is damaged: the samples of 'r' cannot be read");
  }
  TEST_CASE("samples that lie beyond the end of the file are refused") {
    Vector v(64);
    std::iota(v.begin(), v.end(), 1.0);
    const Written file({{"r", v}}, {});
    std::string bytes;
    {
      std::ifstream in(file.path, std::ios::binary);
      bytes.assign(std::istreambuf_iterator<char>(in), {});
    }
    const auto raw = [](const auto& x, std::size_t size) {
      return std::string(reinterpret_cast<const char*>(&x), size);
    };
    const std::uint64_t place = bytes.find(raw(v[0], 64 * sizeof(double)));
    REQUIRE(place != std::string::npos);
    const std::size_t address = bytes.find(raw(place, sizeof place) + raw(std::uint64_t{64 * sizeof(double)}, 8));
    REQUIRE(address != std::string::npos);
    const auto with = [&](std::uint64_t other) {
      bytes.replace(address, sizeof other, raw(other, sizeof other));
      std::ofstream(file.path, std::ios::binary) << bytes;
      return said(file);
    };
    CHECK(with(bytes.size() - 64 * sizeof(double)) == "nothing is wrong");
    for (const std::uint64_t other : {bytes.size() - 64 * sizeof(double) + 1, bytes.size(), std::uint64_t{1} << 40})
      CHECK(with(other) == "a.nwb: the file is damaged: 'r' claims 64 samples, of which the file holds 512 bytes");
  }
  TEST_CASE("absurd and missing numbers are refused") {
    CHECK(said_after([](Hdf& f) {
            const hsize_t n = hsize_t{1} << 50;
            f.remove("/acquisition/r/data").claim("/acquisition/r/data", n).set("/acquisition/r/data", "unit", "volts");
          }) == "a.nwb: the file is damaged: 'r' claims 1125899906842624 samples, of which the file holds 0 bytes");
    CHECK(said_after([](Hdf& f) { f.remove("/acquisition/r/data"); }) == "a.nwb: the file is damaged: 'r' has no data");
    CHECK(said_after([](Hdf& f) {
            f.remove("/acquisition/r/data").text("/acquisition/r/data", {"a", "b"});
          }) == "a.nwb: the data of 'r' are no numbers");
    CHECK(said_after([](Hdf& f) {
            f.remove("/acquisition/r/data").data("/acquisition/r/data", {1, 2, 3, 4}, {}, {2, 2});
          }) == "a.nwb: the data of 'r' have 2 dimensions; a series in current clamp has one");
    CHECK(said(Written({{"r", {1}}}, {})) == "a.nwb: 'r' has one sample; a recording has at least two");
    CHECK(said(Written({{"r", {}}}, {})) == "a.nwb: 'r' has no samples; a recording has at least two");
    const Written gap({{"r", {1, std::nan("")}}}, {});
    CHECK(std::isnan(Opened("nwb", gap.path).of(HK_VOLTAGE)[1]));
    CHECK(said_after([](Hdf& f) { f.unset("/acquisition/r/data", "unit"); }) == "a.nwb: 'r' does not say its unit");
    CHECK(said_after([](Hdf& f) { f.set("/acquisition/r/data", "unit", "ohms"); }) ==
          "a.nwb: 'r' is in 'ohms', which is no unit known here: volts, amperes, V, mV, uV, A, nA, pA");
    CHECK(said_after([](Hdf& f) { f.set("/acquisition/r/data", "unit", "amperes"); }) ==
          "a.nwb: 'r' is a CurrentClampSeries in a unit of current");
    CHECK(said_after([](Hdf& f) { f.set("/stimulus/presentation/s/data", "unit", "volts"); }) ==
          "a.nwb: 's' is a CurrentClampStimulusSeries in a unit of voltage");
    CHECK(said_after([](Hdf& f) { f.set("/acquisition/r/data", "conversion", 0.); }) ==
          "a.nwb: the file is damaged: 'r' has conversion 0 and offset 0");
    CHECK(said_after([](Hdf& f) { f.set("/acquisition/r/data", "offset", HUGE_VAL); }) ==
          "a.nwb: the file is damaged: 'r' has conversion 1 and offset inf");
    CHECK(said_after([](Hdf& f) { f.set("/acquisition/r", "sweep_number", std::int64_t{-3}); }) ==
          "a.nwb: the file is damaged: 'r' is sweep -3");
    CHECK(said_after([](Hdf& f) { f.remove("/acquisition/r/starting_time"); }) ==
          "a.nwb: 'r' has neither a rate nor timestamps");
    for (const double rate : {0., -20000., HUGE_VAL, std::nan("")})
      CHECK(said_after([&](Hdf& f) { f.set("/acquisition/r/starting_time", "rate", rate); }) ==
            fmt::format("a.nwb: the file is damaged: 'r' starts at 0 s with a rate of {} Hz", rate));
    CHECK(said_after_1([](Hdf& f) { f.remove("/epochs/Sweep_30/response/timeseries"); }) ==
          "a.nwb: the file is damaged: 'Sweep_30' has no response");
    CHECK(said_after_1([](Hdf& f) { f.remove("/acquisition/timeseries/Sweep_30"); }) ==  // what the link leads to
          "a.nwb: the file is damaged: 'Sweep_30' has no response");
    CHECK(said_after_1([](Hdf& f) { f.set("/stimulus/presentation/Sweep_30/data", "unit", "Volts"); }) ==
          "a.nwb: 'Sweep_30' has a voltage as stimulus of a voltage");
    for (const std::int64_t count : {std::int64_t{-1}, std::int64_t{4}, std::int64_t{1} << 62})
      CHECK(said_after_1([&](Hdf& f) {
              f.remove("/epochs/Sweep_30/response/count").count("/epochs/Sweep_30/response/count", count);
            }) ==
            fmt::format("a.nwb: the file is damaged: the response of 'Sweep_30' claims {} samples from 0 on, and has 3",
                        count));
  }
  TEST_CASE("a stimulus that does not fit is refused when it is read, and the voltage is there all the same") {
    const Vector v{1, 2, 3};
    const auto with = [&](const Clamp& stimulus) {
      const Written file({{"r", v}}, {stimulus});
      CHECK(Opened("nwb", file.path).of(HK_VOLTAGE) == Vector{1000, 2000, 3000});
      return said(file);
    };
    Clamp s{"s", {1, 2}};
    // where one ends before the other
    const Written shorter({{"r", v}}, {s}), longer({{"r", v}}, {{"s", {1e-12, 2e-12, 3e-12, 4e-12}}});
    CHECK(Opened("nwb", longer.path).of(HK_CURRENT) == Vector{1, 2, 3});
    CHECK(std::isnan(Opened("nwb", shorter.path).of(HK_CURRENT)[2]));
    s.data = v, s.rate_Hz = 10000;
    CHECK(with(s) == "a.nwb: the stimulus 's' does not fit 'r': it has a rate of 10000 Hz, the response 20000 Hz");
    s.rate_Hz = 20000, s.start_s = 0.1;
    CHECK(with(s) == "a.nwb: the stimulus 's' does not fit 'r': it starts at 0.1 s, the response at 0 s");
  }
}

TEST_SUITE("nwb of real cells") {
  TEST_CASE("every series has the samples, rate, ranges, means and spikes of its summary") {
    const auto rows = summary(".nwb");
    for (const Expected& e : rows) {
      const Opened r("nwb", fs::path(recordings()) / e.file);
      std::uint32_t index = 0;
      while (index < r.sweeps() && r.sweep(index).number != e.sweep) ++index;
      REQUIRE(index < r.sweeps());
      check_summary(e, r.sweep(index).t0, r.sweep(index).dt, r.of(HK_VOLTAGE, index), r.of(HK_CURRENT, index));
    }
    if (!rows.empty()) CHECK(rows.size() == 27);
  }
  TEST_CASE("series agree with the text made from them sample by sample") {
    if (!have_recordings()) return;
    struct Pair {
      const char *text, *file;
      std::int64_t sweep;
      double t0, decimal_mV, decimal_pA;
    };
    const std::string lantyer = "no-licence-stated/LantyerEtAl2018_180817_ME_9_CC";
    for (const auto& [text, file, sweep, t0, decimal_mV, decimal_pA] :
         {Pair{"allen/allen_518290966_sweep57.csv", "allen/allen_518290966_sweep57_nwb1layout.nwb", 57, 815, 1e-5,
               1e-4},
          {"no-licence-stated/LantyerEtAl2018_180817_ME_9_CC_CurrentClampSeries_05.csv",
           "no-licence-stated/LantyerEtAl2018_180817_ME_9_CC.nwb", 5, 0, 1e-4, 1e-3},
          {"no-licence-stated/LantyerEtAl2018_180817_ME_9_CC_CurrentClampSeries_08.csv",
           "no-licence-stated/LantyerEtAl2018_180817_ME_9_CC.nwb", 8, 0, 1e-4, 1e-3}}) {
      const Opened r("nwb", fs::path(recordings()) / file);
      std::uint32_t index = 0;
      while (r.sweep(index).number != sweep) ++index;
      check_text(text, t0, r.sweep(index).dt, r.of(HK_VOLTAGE, index), decimal_mV, r.of(HK_CURRENT, index), decimal_pA);
    }
  }
}
