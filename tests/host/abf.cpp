// The reader of Axon binary files.
#include "axon_file.hpp"
#include "recordings.hpp"

using namespace hillock;
using namespace hillock::test;
using namespace hillock::test::axon;

namespace {

using Names = std::vector<std::string>;
using Vector = std::vector<double>;

struct Written {
  Folder folder;
  fs::path path = folder / "a.abf";
  explicit Written(const Image& image) { image.write(path); }
  explicit Written(const Tape& t) : Written(image_of(t)) {}
};
/// What is said of opening it and reading everything.
std::string said(const Image& image, const Settings& settings = {}) {
  const Written file(image);
  return said_of("abf", file.path, [&] {
    const Opened r("abf", file.path, settings);
    for (std::uint32_t s = 0; s < r.sweeps(); ++s)
      for (std::uint32_t c = 0; c < r.sweep(s).n_channels; ++c) r.samples(s, c);
  });
}
std::string said(const Tape& t, const Settings& settings = {}) { return said(image_of(t), settings); }
template <class T> std::string said_with(const Tape& t, std::size_t place, T value) {
  return said(image_of(t).put(place, value));
}

Vector command(const Tape& t, std::uint32_t sweep = 0, const Settings& settings = {}) {
  const Written file(t);
  return Opened("abf", file.path, settings).of(HK_CURRENT, sweep);
}
/// Sweeps of n samples of one channel.
Tape quiet(float version, std::size_t n, std::size_t sweeps, const std::vector<Step>& epochs) {
  Tape t;
  t.version = version;
  t.sweeps.assign(sweeps, Vector(n, 0));
  t.outputs[0].enabled = 1, t.outputs[0].epochs = epochs;
  return t;
}
Vector joined(std::initializer_list<std::pair<std::size_t, double>> parts) {
  Vector out;
  for (const auto& [n, x] : parts) out.insert(out.end(), n, x);
  return out;
}
constexpr std::array versions{1.5F, 1.83F, 2.6F};

}  // namespace

TEST_SUITE("abf") {
  TEST_CASE("integers become values by gain, telegraphed gain and offset") {
    for (const float version : versions) {
      CAPTURE(version);
      Tape t;
      t.version = version;
      t.inputs = {{"Vm", "mV", 0.01F, -0.5F, 5, 7, 9}};
      const Written file(t);
      const Opened r("abf", file.path);
      CHECK(r.sweeps() == 1);
      CHECK(r.channels() == Names{"Vm [mV] 1", "Cmd 0 [pA] 2"});
      CHECK(r.sweep().dt == 0.05);
      CHECK(r.sweep().t0 == 0);
      CHECK(r.sweep().samples == 4);
      CHECK(std::string(r.sweep().protocol) == (version < 1.6F ? "" : "C:\\step.pro"));
      // 10 V over 32768 steps; 0.01 V/mV five times amplified
      const double step = 10 / (0.01 * 5) / 32768;
      const Vector v = r.samples(0, 0);
      for (std::size_t k = 0; k < 4; ++k) CHECK(v[k] == doctest::Approx(t.sweeps[0][k] * step - 0.5).epsilon(1e-15));
      // the signal conditioner counts only where there is one
      t.conditioner = true;
      const Written with(t);
      CHECK(Opened("abf", with.path).samples(0, 0)[1] == doctest::Approx(327 * step / 7 - 0.5 - 9).epsilon(1e-15));
    }
  }
  TEST_CASE("floats are values already, and units become mV and pA") {
    for (const float version : versions)
      for (const auto& [unit, factor] : {std::pair{"V", 1000.}, {"mV", 1.}, {"uV", 0.001}, {"\xb5V", 0.001}}) {
        Tape t;
        t.version = version, t.floats = true, t.inputs[0].unit = unit, t.sweeps = {{-0.25, 0.5}};
        const Written file(t);
        const Opened r("abf", file.path);
        CHECK(r.channels()[0] == "Vm [mV] 1");
        CHECK(r.samples(0, 0) == Vector{-0.25 * factor, 0.5 * factor});
      }
    Tape t;
    t.floats = true, t.inputs = {{"Im", "nA"}}, t.sweeps = {{-0.25, 0.5}};
    const Written file(t);
    CHECK(Opened("abf", file.path).channels() == Names{"Im [pA] 2"});
    CHECK(Opened("abf", file.path).samples(0, 0) == Vector{-250, 500});
    CHECK(std::string(Opened("abf", file.path).sweep().current_source) == "recorded");
  }
  TEST_CASE("channels alternate in the file, sweeps follow each other") {
    for (const float version : versions) {
      Tape t;
      t.version = version, t.floats = true, t.interval_us = 150;
      t.inputs = {{"Imemb", "pA"}, {"Vm", "mV"}, {"bath", "C"}};
      t.sweeps = {{1, -65, 30, 2, -64, 31}, {3, -63, 32, 4, -62, 33}};
      for (const bool lengths : {true, false}) {
        t.lengths = lengths;
        const Written file(t);
        const Opened r("abf", file.path);
        CHECK(r.sweeps() == 2);
        CHECK(r.sweep(1).number == 1);
        CHECK(r.sweep(1).samples == 2);
        CHECK(r.sweep(1).dt == 0.15);
        CHECK(r.channels(1) == Names{"Imemb [pA] 2", "Vm [mV] 1", "bath [C] 3"});
        CHECK(r.samples(0, 0) == Vector{1, 2});
        CHECK(r.samples(1, 1) == Vector{-63, -62});
        CHECK(r.samples(1, 2) == Vector{32, 33});
        CHECK(std::string(r.sweep().current_source) == "recorded");
      }
    }
  }
  TEST_CASE("a gap-free recording is one sweep, at the holding level") {
    for (const float version : versions) {
      Tape t;
      t.version = version, t.mode = 3, t.floats = true, t.sweeps = {Vector(100000, -70)};
      t.outputs[0].holding = -12.5F, t.outputs[0].enabled = 1, t.outputs[0].epochs = {{1, 100, 0, 5}};
      t.lengths = version > 1.6F;
      const Written file(t);
      const Opened r("abf", file.path);
      CHECK(r.sweeps() == 1);
      CHECK(r.sweep().samples == 100000);
      CHECK(r.samples(0, 0) == t.sweeps[0]);
      CHECK(r.of(HK_CURRENT) == Vector(100000, -12.5));
      CHECK(std::string(r.sweep().current_source) == "command");
    }
  }
  TEST_CASE("steps grow from sweep to sweep after 1/64 of the sweep at holding") {
    for (const float version : versions) {
      CAPTURE(version);
      Tape t = quiet(version, 640, 3, {{1, 0, 0, 100}, {1, -100, 50, 200, 10}, {0, 7, 7, 7, 7}, {1, 20, 0, 30}});
      t.outputs[0].holding = 5;
      for (std::size_t k = 0; k < 3; ++k)
        CHECK(
            command(t, static_cast<std::uint32_t>(k)) ==
            joined(
                {{10, 5}, {100, 0}, {200 + 10 * k, -100 + 50 * static_cast<double>(k)}, {30, 20}, {300 - 10 * k, 5}}));
      const Written file(t);
      CHECK(std::string(Opened("abf", file.path).sweep().current_source) == "epoch table");
      // in nanoamperes
      t.outputs[0].unit = "nA";
      CHECK(command(t)[150] == -1e5);
      // an output that is off is at holding
      t.outputs[0].enabled = 0;
      CHECK(command(t) == Vector(640, 5000));
    }
  }
  TEST_CASE("the level of the last epoch may be kept between sweeps") {
    for (const float version : versions) {
      Tape t = quiet(version, 128, 2, {{1, 10, 5, 60}});
      t.outputs[0].keeps_level = 1, t.outputs[0].holding = 1;
      CHECK(command(t, 0) == joined({{2, 1}, {126, 10}}));
      CHECK(command(t, 1) == joined({{2, 10}, {126, 15}}));
    }
  }
  TEST_CASE("ramps end at their level, pulses that have no room are left out") {
    const Tape t = quiet(2.6F, 64, 1, {{1, 10, 0, 5}, {2, 20, 0, 10}, {3, 50, 0, 23, 0, 10, 4}, {1, 0, 0, 3}});
    Vector expected = joined({{1, 0}, {5, 10}});
    for (int k = 1; k <= 10; ++k) expected.push_back(10 + k);
    for (const auto& [n, x] : {std::pair{4, 50}, {6, 20}, {4, 50}, {9, 20}, {3, 0}, {64 - 42, 0}})
      expected.insert(expected.end(), static_cast<std::size_t>(n), x);
    CHECK(command(t) == expected);
  }
  TEST_CASE("the recorded current or the commanded one is read, by wish") {
    Tape t = quiet(2.6F, 64, 1, {{1, 30, 0, 63}});
    t.floats = true, t.inputs = {{"Vm", "mV"}, {"Im", "pA"}}, t.sweeps = {Vector(128, 7)};
    CHECK(command(t) == Vector(64, 7));
    CHECK(command(t, 0, {{"current", "recorded"}}) == Vector(64, 7));
    CHECK(command(t, 0, {{"current", "command"}}) == joined({{1, 0}, {63, 30}}));
    CHECK(command(t, 0, {{"dac", 0.}}) == joined({{1, 0}, {63, 30}}));
    const Written file(t);
    CHECK(Opened("abf", file.path, {{"current", "command"}}).channels() ==
          Names{"Vm [mV] 1", "Im [pA] 3", "Cmd 0 [pA] 2"});
    t.inputs.pop_back();
    t.sweeps[0].resize(64);
    const Written alone(t);
    CHECK(Opened("abf", alone.path, {{"current", "recorded"}}).channels() == Names{"Vm [mV] 1"});
    t.outputs[0].unit = "mV";
    const Written volts(t);
    CHECK(Opened("abf", volts.path).channels() == Names{"Vm [mV] 1"});
    CHECK(std::string(Opened("abf", volts.path).sweep().current_source) == "");
  }
  TEST_CASE("of several outputs the one in amperes that plays is the current") {
    Tape t = quiet(2.6F, 64, 1, {{1, 30, 0, 63}});
    t.outputs = {{"Cmd 0", "mV", 1, 1}, {"Cmd 1", "pA", 2, 0}, {"Cmd 2", "nA", 0.003F, 1}};
    CHECK(command(t) == Vector(64, 3));
    CHECK(command(t, 0, {{"dac", 1.}}) == Vector(64, 2));
    CHECK(said(t, {{"dac", 0.}}) ==
          "a.abf: the analog output 0, 'Cmd 0', is in 'mV', which is no unit of current known here: A, nA, pA");
    CHECK(said(t, {{"dac", 3.}}) == "a.abf: it has no analog output 3");
    t.outputs[1].enabled = 1;
    CHECK(
        said(t) ==
        "a.abf: the current was not recorded and its command cannot be rebuilt: the analog outputs 1 'Cmd 1' and 2 "
        "'Cmd 2' may both have commanded it: say which, as --set dac=1 of explore or data: {dac: 1} of an experiment");
    const Written file(t);
    CHECK(Opened("abf", file.path).of(HK_VOLTAGE) == Vector(64, 0));  // the voltage is there all the same
  }
  TEST_CASE("voltage clamp is said") {
    const std::string start = "a.abf: it was recorded in voltage clamp: ",
                      end = "; recordings in current clamp are read",
                      both = "; if it was not, name both channels, as columns.voltage and columns.current";
    for (const float version : versions) {
      Tape t;
      t.version = version;
      t.inputs = {{"IN 0", "pA", 0.01F}};
      t.outputs = {{"Cmd 0", "mV"}};
      CHECK(said(t) == start + "it recorded a current alone, and its analog outputs command a voltage" + end);
      t.outputs[0].enabled = 1, t.outputs[0].epochs = {{1, -80, 0, 2}};
      t.outputs.push_back({"Cmd 1", "pA"});  // does not play
      CHECK(said(t) == start + "it recorded a current alone, and its analog outputs command a voltage" + end);
      t.inputs.push_back({"Vm", "mV", 0.01F});
      CHECK(said(t) == "nothing is wrong");  // outputs that nobody named
      if (version < 1.6F) continue;          // no telegraph
      t.inputs[0].telegraph = 1, t.inputs[0].instrument = 24;
      CHECK(said(t) == start + "the amplifier told so of the channel 'IN 0'" + end + both);
      CHECK(said(t, {{"columns.voltage", "Vm"}, {"columns.current", "IN 0"}}) == "nothing is wrong");
      t.inputs[0].clamp_mode = 1;
      CHECK(said(t) == "nothing is wrong");
      t.inputs[0].clamp_mode = 0, t.inputs[0].instrument = 15;  // an amplifier that tells no mode
      CHECK(said(t) == "nothing is wrong");
    }
  }
  TEST_CASE("a sweep that was stopped early has its part of the command") {
    for (const float version : versions) {
      Tape t = quiet(version, 128, 2, {{1, 10, 5, 60}, {1, 20, 0, 40}});
      const Vector whole = command(t, 1);
      t.sweeps[1].resize(80);
      const Vector part = command(t, 1);
      REQUIRE(part.size() == 80);
      CHECK(part == Vector(whole.begin(), whole.begin() + 80));
      CHECK(command(t, 0).size() == 128);
    }
  }
  TEST_CASE("channels can be named, and what is not clear is refused") {
    Tape t;
    t.floats = true, t.inputs = {{"Vm", "mV"}, {"V2", "V"}, {"I1", "pA"}, {"I2", "nA"}, {"bath", "C"}},
    t.sweeps = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};
    CHECK(said(t) ==
          "a.abf: 'Vm' and 'V2' are both in the unit of a voltage: name one, as --set columns.voltage=Vm of explore or "
          "data: {columns: {voltage: Vm}} of an experiment");
    CHECK(said(t, {{"columns.voltage", "Vm"}}) ==
          "a.abf: 'I1' and 'I2' are both in the unit of a current: name one, as --set columns.current=I1 of explore or "
          "data: {columns: {current: I1}} of an experiment");
    const Written file(t);
    const Opened r("abf", file.path, {{"columns.voltage", "V2"}, {"columns.current", "I1"}});
    CHECK(r.channels() == Names{"Vm [mV] 3", "V2 [mV] 1", "I1 [pA] 2", "I2 [pA] 3", "bath [C] 3"});
    CHECK(r.of(HK_VOLTAGE) == Vector{2000, 7000});
    CHECK(said(t, {{"columns.voltage", "V3"}}) ==
          "a.abf: there is no channel 'V3' for voltage; it has 'Vm' in 'mV', 'V2' in 'V', 'I1' in 'pA', 'I2' in 'nA', "
          "'bath' in 'C'");
    CHECK(said(t, {{"columns.voltage", "bath"}}) ==
          "a.abf: the channel 'bath' is in 'C', which is no unit of voltage known here: V, mV, uV");
    CHECK(said(t, {{"columns.voltage", "Vm"}, {"columns.current", "bath"}}) ==
          "a.abf: the channel 'bath' is in 'C', which is no unit of current known here: A, nA, pA");
    CHECK(said(t, {{"current", "command"}, {"columns.current", "I1"}}) ==
          "columns.current names a recorded channel, but current = command: leave one of both out");
    t.inputs[1].name = "Vm";
    CHECK(said(t, {{"columns.voltage", "Vm"}}) == "a.abf: two channels have the name 'Vm'");
    t.inputs = {{"bath", "C"}}, t.outputs[0].unit = "mV";
    CHECK(
        said(t) ==
        "a.abf: no channel is in a unit of voltage or current known here (V, mV, uV, A, nA, pA): it has 'bath' in 'C'");
  }
  TEST_CASE("a command that cannot be rebuilt is refused when it is read, with the reason") {
    const auto why = [](const Tape& t) {
      std::string s = said(t);
      const std::string start = "a.abf: the current was not recorded and its command cannot be rebuilt: ";
      CHECK(s.starts_with(start));
      return s.substr(std::min(start.size(), s.size()));
    };
    for (const float version : {1.83F, 2.6F}) {
      CAPTURE(version);
      const Tape good = quiet(version, 64, 2, {{1, 30, 0, 60}});
      CHECK(said(good) == "nothing is wrong");
      Tape t = good;
      t.outputs[0].source = 2;
      CHECK(why(t) == "the analog output 0 'Cmd 0' played a stimulus file, which is another file");
      t.outputs[0].source = 3;
      CHECK(why(t) == "the analog output 0 'Cmd 0' played a waveform of unknown source 3");
      t = good, t.outputs[0].conditioned = 1;
      CHECK(why(t) == "a conditioning train came before each sweep of the analog output 0 'Cmd 0'");
      t = good, t.outputs[0].epochs[0].type = 4;
      CHECK(why(t) ==
            "epoch A of the analog output 0 'Cmd 0' plays triangles; known are steps, ramps and, in version 2, pulses");
      t.outputs[0].epochs[0].type = 9;
      CHECK(why(t) ==
            "epoch A of the analog output 0 'Cmd 0' plays type 9; known are steps, ramps and, in version 2, pulses");
      t = good, t.per_run = 1;
      CHECK(why(t) == "sweep 1 is not among the 1 of the protocol");
      t = good, t.outputs[0].epochs[0].level = std::numeric_limits<float>::infinity();
      CHECK(why(t) == "a level is no finite number");
      t = good, t.outputs[0].epochs[0].type = 3;
      CHECK(
          why(t) ==
          (version < 2
               ? "epoch A of the analog output 0 'Cmd 0' plays pulses; known are steps, ramps and, in version 2, pulses"
               : "epoch A of the analog output 0 'Cmd 0' plays pulses of period 0 and width 0 samples; known are "
                 "steps, ramps and, in version 2, pulses"));
    }
    const Tape one = quiet(1.83F, 64, 2, {{1, 30, 0, 60}}), two = quiet(2.6F, 64, 2, {{1, 30, 0, 60}});
    const std::string start = "a.abf: the current was not recorded and its command cannot be rebuilt: ";
    CHECK(said_with(one, 3360, std::int16_t{1}) == start + "a user list varied the analog output 0 'Cmd 0'");
    Image list = image_of(two);
    list.put(172, std::uint32_t{lists_2 / 512}).put(176, std::uint32_t{64}).put(180, std::int64_t{1});
    CHECK(said(list) == start + "a user list varied the analog output 0 'Cmd 0'");
    CHECK(said_with(one, 5876, std::int16_t{1}) == start + "two analog outputs took turns from sweep to sweep");
    CHECK(said_with(two, protocol_2 + 182, std::int16_t{1}) ==
          start + "two analog outputs took turns from sweep to sweep");
    CHECK(said_with(one, 76, std::int32_t{1}) == start + "its level was changed by hand during the recording");
    Image deltas = image_of(two);
    deltas.put(284, std::uint32_t{1}).put(288, std::uint32_t{12}).put(292, std::int64_t{1});
    CHECK(said(deltas) == start + "its level was changed by hand during the recording");
  }
  TEST_CASE("what is no Axon Binary File is refused") {
    const Folder folder;
    const auto of = [&](const fs::path& path) { return sentence([&] { Opened("abf", path); }); };
    const std::string start = "error: plugin 'abf': " + folder.path().string();
    CHECK(of(folder / "nothing.abf") == start + "/nothing.abf: there is no such file");
    CHECK(of(folder.path()) == start + ": this is a folder, not a file");
    CHECK(said(Image(0)) == "a.abf: the file is empty");
    CHECK(said(Image(3)) == "a.abf: this is no Axon Binary File");
    CHECK(said(Image(0).put(0, "time_ms,v_mV\n0,1\n")) == "a.abf: this is no Axon Binary File");
    CHECK(said(Image(0).put(0, "CLPX and more")) ==
          "a.abf: this is a file of pCLAMP 5 or older: save it from Clampfit as ABF");
    CHECK(said_with({}, 4, 7.5F) ==
          "a.abf: the file is damaged: it is of version 1 by its first bytes, 7.5 by its header");
    Tape two;
    two.version = 2.6F;
    CHECK(said_with(two, 7, std::int8_t{3}) == "a.abf: the file is of version 3 of the format; 1 and 2 are read");
  }
  TEST_CASE("a file that is cut off anywhere is refused") {
    for (const float version : versions) {
      Tape t = quiet(version, 64, 2, {{1, 30, 0, 60}});
      const Image whole = image_of(t);
      CHECK(said(whole) == "nothing is wrong");
      for (std::size_t n = 0; n < whole.bytes.size(); n += n < 600 ? 37 : 211) {
        Image cut = whole;
        cut.bytes.resize(n);
        CAPTURE(n);
        const std::string s = said(cut);
        CHECK((s == "a.abf: the file is empty" || s.starts_with("a.abf: the file is cut off")));
      }
      Image cut = whole;
      cut.bytes.pop_back();
      CHECK(said(cut) == fmt::format("a.abf: the file is cut off: it has {} bytes, the samples need {}",
                                     whole.bytes.size() - 1, whole.bytes.size()));
    }
  }
  TEST_CASE("absurd numbers of a header are refused") {
    const Tape one;
    CHECK(said_with(one, 8, std::int16_t{1}) ==
          "a.abf: its sweeps are events of variable length; gap-free and episodic recordings are read");
    CHECK(said_with(one, 8, std::int16_t{-1}) == "a.abf: the file is damaged: it names mode of acquisition -1");
    CHECK(said_with(one, 10, std::int32_t{-1}) == "a.abf: the file is damaged: it claims -1 samples");
    CHECK(said_with(one, 10, std::int32_t{2147483647}) ==
          "a.abf: the file is cut off: it has 6664 bytes, the samples need 4294973950");
    CHECK(said_with(one, 14, std::int16_t{-2}) == "a.abf: the file is damaged: it ignores -2 samples");
    CHECK(said_with(one, 38, std::int16_t{1}) ==
          "a.abf: its numbers are in the Microsoft binary format of 1990; save it from Clampfit as ABF");
    CHECK(said_with(one, 40, std::int32_t{-13}) ==
          "a.abf: the file is damaged: it claims -13 blocks before the samples");
    CHECK(said_with(one, 96, std::int32_t{-1}) == "a.abf: the file is damaged: it claims -1 sweeps");
    CHECK(said_with(one, 96, std::int32_t{2000000000}) ==
          "a.abf: it claims 2000000000 sweeps; at most 100000 are read");
    CHECK(said_with(one, 96, std::int32_t{90000}) ==
          "a.abf: the file is cut off: it has 6664 bytes, the sweeps need 726144");
    CHECK(said_with(one, 100, std::int16_t{2}) == "a.abf: the file is damaged: its samples have format 2");
    CHECK(said_with(one, 120, std::int16_t{0}) == "a.abf: the file is damaged: it claims 0 channels");
    CHECK(said_with(one, 120, std::int16_t{17}) == "a.abf: the file is damaged: it claims 17 channels");
    for (const float bad : {0.F, -50.F, std::numeric_limits<float>::infinity(), std::nanf("")})
      CHECK(said_with(one, 122, bad) == "a.abf: the file is damaged: it names no sampling interval");
    CHECK(said_with(one, 126, 10.F) == "a.abf: its sweeps change their sampling rate half-way, which is not read");
    CHECK(said_with(one, 410, std::int16_t{16}) == "a.abf: the file is damaged: channel 0 is input 16");
    CHECK(said_with(one, 982, 0.F) ==
          "a.abf: the file is damaged: channel 'Vm' has gain 0, range 10 V, resolution 32768 and offset 0");
    CHECK(said_with(one, 252, std::int32_t{0}) ==
          "a.abf: the file is damaged: channel 'Vm' has gain 0.01, range 10 V, resolution 0 and offset 0");
    CHECK(said_with(one, synch_1 + 4, std::int32_t{-4}) ==
          "a.abf: the file is damaged: sweep 0 claims -4 values of 1 channel, 4 are left");
    CHECK(said_with(one, synch_1 + 4, std::int32_t{5}) ==
          "a.abf: the file is damaged: sweep 0 claims 5 values of 1 channel, 4 are left");
    CHECK(said_with(one, synch_1 + 4, std::int32_t{0}) ==
          "a.abf: sweep 0 has no samples; a recording has at least two");
    CHECK(said_with(one, synch_1 + 4, std::int32_t{1}) ==
          "a.abf: sweep 0 has one sample; a recording has at least two");
    Tape unlisted;
    unlisted.lengths = false;
    CHECK(said_with(unlisted, 138, std::int32_t{0}) == "a.abf: the file is damaged: it claims 0 samples a sweep of 4");
    CHECK(said_with(unlisted, 138, std::int32_t{5}) == "a.abf: the file holds no sweep");
    Tape gap;
    gap.floats = true, gap.sweeps = {{1, 2, std::nan("")}};
    {
      const Written file(gap);
      CHECK(std::isnan(Opened("abf", file.path).of(HK_VOLTAGE)[2]));
    }

    Tape two;
    two.version = 2.6F;
    CHECK(said_with(two, 84, std::int64_t{0}) == "a.abf: the file is damaged: it holds no protocol");
    CHECK(said_with(two, 100, std::int64_t{-1}) == "a.abf: the file is damaged: it claims -1 channels");
    CHECK(said_with(two, 100, std::int64_t{0}) == "a.abf: the file is damaged: it claims 0 channels");
    CHECK(said_with(two, 100, std::int64_t{1} << 60) ==
          "a.abf: the file is cut off or damaged: it claims 1152921504606846976 channels of 128 bytes and has 5128");
    CHECK(said_with(two, 96, std::uint32_t{0}) ==
          "a.abf: the file is cut off or damaged: it claims 1 channels of 0 bytes and has 5128");
    CHECK(said_with(two, 96, std::uint32_t{40}) == "a.abf: the file is damaged: the part of the channels is too short");
    CHECK(said_with(two, 92, std::uint32_t{4294967295}) ==
          "a.abf: the file is cut off: it has 5128 bytes, the channels need 2199023255168");
    CHECK(said_with(two, protocol_2 + 6, std::int8_t{1}) ==
          "a.abf: its samples are compressed, which is not read: save it from Clampfit without");
    CHECK(said_with(two, strings_2, std::int32_t{0}) == "a.abf: the file is damaged: its texts do not begin with SSCH");
    CHECK(said_with(two, 240, std::uint32_t{4}) == "a.abf: the file is damaged: a sample has 4 bytes, of its format 2");
    CHECK(said_with(two, 320, std::uint32_t{16}) ==
          "a.abf: the file is damaged: an entry of its list of sweeps has 16 bytes, not 8");
    CHECK(said_with(two, adc_2 + 78, std::int32_t{-1}) ==  // a text that is none
          "nothing is wrong");
  }
}

TEST_SUITE("abf of real cells") {
  TEST_CASE("every sweep has the samples, rate, ranges, means and spikes of its summary") {
    const auto rows = summary(".abf");
    std::string file;
    std::unique_ptr<Opened> r;
    for (const Expected& e : rows) {
      if (e.file != file) r = std::make_unique<Opened>("abf", fs::path(recordings()) / (file = e.file));
      const auto k = static_cast<std::uint32_t>(e.sweep);
      CHECK(r->sweep(k).number == e.sweep);
      CHECK(std::string(r->sweep(k).current_source) == (file.starts_with("abf/") ? "epoch table" : "recorded"));
      check_summary(e, 0, r->sweep(k).dt, r->of(HK_VOLTAGE, k), r->of(HK_CURRENT, k));
    }
    if (!rows.empty()) CHECK(rows.size() == 69);
  }
  TEST_CASE("sweeps agree with the text made from them sample by sample") {
    if (!have_recordings()) return;
    struct Pair {
      const char *text, *file;
      std::uint32_t sweep;
      double decimal_pA;
    };
    for (const auto& [text, file, sweep, decimal_pA] :
         {Pair{"abf/18711001_sweep20.csv", "abf/18711001.abf", 20, 1e-4},
          {"abf/18711001_sweep29.csv", "abf/18711001.abf", 29, 1e-4},
          {"abf/File_axon_5_sweep8.csv", "abf/File_axon_5.abf", 8, 1e-4},
          {"no-licence-stated/PYR1_sweep10.csv", "no-licence-stated/PYR1.abf", 10, 1e-3}}) {
      const Opened r("abf", fs::path(recordings()) / file);
      check_text(text, 0, r.sweep(sweep).dt, r.of(HK_VOLTAGE, sweep), 1e-4, r.of(HK_CURRENT, sweep), decimal_pA);
    }
  }
  TEST_CASE("the protocol of a real file is read") {
    if (!have_recordings()) return;
    CHECK(std::string(Opened("abf", fs::path(recordings()) / "abf/File_axon_5.abf").sweep().protocol) ==
          "C:\\Axon\\Params\\step cclamp.pro");
    CHECK(std::string(Opened("abf", fs::path(recordings()) / "no-licence-stated/PYR1.abf").sweep().protocol) ==
          "C:\\Axon\\Params\\Carey protocols\\cc10pA1s.pro");
  }
}
