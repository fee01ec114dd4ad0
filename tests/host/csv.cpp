// The reader of recordings as text.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>

#include "recordings.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

struct Read {
  double t0, dt;
  std::string current_source;
  std::vector<std::string> channels;  // "title [unit] kind"
  std::vector<std::vector<double>> samples;
};

Read read(const fs::path& path, Settings settings = {}, bool others = true) {
  const Plugin& csv = plugins().load("csv", HK_ROLE_RECORDING);
  const hk_recording& r = csv.recording();
  const Values values(r.options, r.n_options, std::move(settings));
  hk_error error{};
  void* self = nullptr;
  check(csv, r.open(path.c_str(), values.data(), nullptr, &self, &error), error);
  const std::unique_ptr<void, void (*)(void*)> closing(self, r.close);
  std::uint32_t sweeps = 0;
  check(csv, r.sweeps(self, &sweeps, &error), error);
  REQUIRE(sweeps == 1);
  hk_sweep sweep{};
  sweep.size = sizeof sweep;
  check(csv, r.describe(self, 0, &sweep, &error), error);
  Read out{sweep.t0, sweep.dt, sweep.current_source, {}, {}};
  for (std::uint32_t c = 0; c < sweep.n_channels; ++c) {
    const hk_channel& channel = sweep.channels[c];
    out.channels.push_back(fmt::format("{} [{}] {}", channel.name, channel.unit, channel.kind));
    if (channel.kind == HK_OTHER && !others) continue;
    out.samples.emplace_back(sweep.samples);
    check(csv, r.read(self, 0, c, out.samples.back().data(), &error), error);
  }
  return out;
}

/// A file of this text.
struct File {
  Folder folder;
  fs::path path = folder / "a.csv";
  explicit File(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
};
Read read_text(const std::string& text, Settings settings = {}) { return read(File(text).path, std::move(settings)); }

/// What is said of a file of this text, without its folder: "a.csv:7: sentence".
std::string said(const std::string& text, Settings settings = {}) {
  const File file(text);
  std::string s = sentence([&] { read(file.path, std::move(settings)); });
  const std::string start = "error: plugin 'csv': ", folder = file.folder.path().string() + "/";
  if (s.starts_with(start)) s.erase(0, start.size());
  if (s.starts_with(folder)) s.erase(0, folder.size());
  return s;
}

using Names = std::vector<std::string>;
using Vector = std::vector<double>;

const std::string good = "time_ms,current_pA,voltage_mV\n0,0,-65\n0.1,0,-64.5\n0.2,10,-64\n";

}  // namespace

TEST_SUITE("csv") {
  TEST_CASE("columns are found by title, units come from the title, dt is exact") {
    const Read r = read_text(good);
    CHECK(r.t0 == 0);
    CHECK(r.dt == 0.1);
    CHECK(r.channels == Names{"voltage_mV [mV] 1", "current_pA [pA] 2"});
    CHECK(r.samples[0] == Vector{-65, -64.5, -64});
    CHECK(r.samples[1] == Vector{0, 0, 10});
    CHECK(r.current_source == "recorded");
  }
  TEST_CASE("the titles that recordings have are known") {
    for (const std::string titles :
         {"Time (ms),I (pA),V (mV)", "t_ms,i_pA,v_mV", "Time [ms],Current [pA],Membrane Potential [mV]",
          "TIME_ms,CURRENT_pA,VOLTAGE_mV", "time ms,current pA,voltage mV", "t (ms),Injected Current (pA),Vm (mV)",
          "\"Time (ms)\",\"I (pA)\",\"V (mV)\"", "Time (ms) , Current (pA) , Membrane potential (mV)"}) {
      CAPTURE(titles);
      const Read r = read_text(titles + "\n0,1,2\n0.5,3,4\n");
      CHECK(r.dt == 0.5);
      REQUIRE(r.samples.size() == 2);
      CHECK(r.samples[0] == Vector{2, 4});
      CHECK(r.samples[1] == Vector{1, 3});
    }
  }
  TEST_CASE("columns can be named, and units given") {
    const Read r = read_text("a,b,c\n0,1,2\n0.001,3,4\n", {{"columns.time", "a"},
                                                           {"columns.voltage", "c"},
                                                           {"columns.current", "b"},
                                                           {"units.time", "s"},
                                                           {"units.voltage", "V"},
                                                           {"units.current", "nA"}});
    CHECK(r.dt == 1);
    CHECK(r.channels == Names{"c [V] 1", "b [nA] 2"});
    CHECK(r.samples[0] == Vector{2, 4});
  }
  TEST_CASE("further columns are there and are read only when asked for") {
    const Read r = read_text("time_ms,v_mV,pressure (kPa),note\n0,1,100,0\n1,2,101,1\n");
    CHECK(r.channels == Names{"v_mV [mV] 1", "pressure (kPa) [kPa] 3", "note [1] 3"});
    CHECK(r.samples[1] == Vector{100, 101});
    const File file("time_ms,v_mV,note\n0,1,start\n1,2,stop\n");
    CHECK(read(file.path, {}, false).samples[0] == Vector{1, 2});
    CHECK(said("time_ms,v_mV,note\n0,1,start\n1,2,stop\n") == "a.csv:2: 'note' is 'start', which is no number");
  }
  TEST_CASE("times in other units become ms") {
    CHECK(read_text("time_s,v_mV\n0,1\n0.00005,2\n0.0001,3\n").dt == 0.05);
    CHECK(read_text("time_us,v_mV\n0,1\n50,2\n100,3\n").dt == 0.05);
    CHECK(read_text("time (µs),v_mV\n25,1\n75,2\n125,3\n").t0 == 0.025);
  }
  TEST_CASE("a file without times has a rate") {
    const Read r = read_text("v_mV\n1\n2\n3\n", {{"rate", 20000.}});
    CHECK(r.dt == 0.05);
    CHECK(r.t0 == 0);
    CHECK(r.current_source == "");
    CHECK(read_text(good, {{"rate", 10000.}}).dt == 0.1);
    // 0 is none, as the experiment with every default written out has it
    CHECK(read_text(good, {{"rate", 0.}}).dt == 0.1);
  }
  TEST_CASE("semicolons, tabs, a byte order mark, both line ends, comments and no last line end are read") {
    CHECK(read_text("time_ms;v_mV\n0;1\n1;2\n").samples[0] == Vector{1, 2});
    CHECK(read_text("time_ms\tv_mV\n0\t1\n1\t2\n").samples[0] == Vector{1, 2});
    CHECK(read_text("\xef\xbb\xbftime_ms,v_mV\r\n0,1\r\n1,2\r\n").samples[0] == Vector{1, 2});
    CHECK(read_text("# cell 12\n\ntime_ms,v_mV\n0,1\n1,2").samples[0] == Vector{1, 2});
    CHECK(read_text("time_ms,v_mV\n0,1\n1,2\n\n\n").samples[0] == Vector{1, 2});
    CHECK(read_text("time_ms,v_mV,\n0,1,\n1,2,\n").samples[0] == Vector{1, 2});
    CHECK(read_text("time_ms,\"v, soma (mV)\"\n0,\"1\"\n1,\"2\"\n", {{"columns.voltage", "v, soma (mV)"}}).samples[0] ==
          Vector{1, 2});
  }
  TEST_CASE("numbers of every form are rounded as the standard library rounds them") {
    Dice dice(41);
    std::string text = "time_ms,v_mV\n";
    Vector expected;
    for (int i = 0; i < 2000; ++i) {
      const double x = dice.between(-1, 1) * std::pow(10, dice.between(-12, 12));
      const std::string s = i % 4 == 0   ? fmt::format("{}", x)
                            : i % 4 == 1 ? fmt::format("{:.4f}", x)
                            : i % 4 == 2 ? fmt::format("{:+.17e}", x)
                                         : fmt::format(" {:.9g} ", x);
      text += fmt::format("{},{}\n", i, s);
      expected.push_back(std::strtod(s.c_str(), nullptr));
    }
    CHECK(same_bits(read_text(text).samples[0], expected));
    CHECK(read_text("time_ms,v_mV\n0,.5\n1,-5.\n2,+1e2\n3,-0\n").samples[0] == Vector{0.5, -5, 100, 0});
  }

  TEST_CASE("a file that is none is refused") {
    const Folder folder;
    const auto of = [&](const fs::path& path) { return sentence([&] { read(path); }); };
    const std::string start = "error: plugin 'csv': " + folder.path().string();
    CHECK(of(folder / "nothing.csv") == start + "/nothing.csv: there is no such file");
    CHECK(of(folder.path()) == start + ": this is a folder, not a file");
    fs::resize_file((std::ofstream(folder / "huge.csv"), folder / "huge.csv"), 5'100'000'000);  // a hole: takes no room
    CHECK(of(folder / "huge.csv") ==
          start + "/huge.csv: the file has 5.1 GB; text of more than 2 GB is not read: cut it into sweeps");
    CHECK(said("") == "a.csv: the file is empty");
    CHECK(said("\n \n") == "a.csv: the file has no line of titles");
    CHECK(said(std::string("ABF2\0\0\0\0", 8)) == "a.csv: this is no text; export the recording as CSV");
    CHECK(said("time_ms,v_mV\n") == "a.csv: the file has titles, but no samples");
    CHECK(said("time_ms,v_mV\n0,1\n") == "a.csv: the file has one sample; a recording has at least two");
  }
  TEST_CASE("titles that do not say enough are refused") {
    CHECK(said("0,-65\n1,-65\n") ==
          "a.csv:1: numbers stand where the titles of the columns belong: put a line such as "
          "'time_ms,voltage_mV,current_pA' before them");
    CHECK(said("time_ms,foo,bar\n0,1,2\n1,2,3\n") ==
          "a.csv: no column is known as voltage or current; the titles are 'time_ms', 'foo', 'bar': name one, as --set "
          "columns.voltage=TITLE of explore or data: {columns: {voltage: TITLE}} of an experiment");
    // a carriage return within the line is no end of it
    CHECK(
        said("time_ms,fo\ro,bar\n0,1,2\n1,2,3\n") ==
        "a.csv: no column is known as voltage or current; the titles are 'time_ms', 'fo o', 'bar': name one, as --set "
        "columns.voltage=TITLE of explore or data: {columns: {voltage: TITLE}} of an experiment");
    CHECK(said("clock,v_mV\n0,1\n1,2\n") ==
          "a.csv: no column is known as time; the titles are 'clock', 'v_mV': name one, as --set columns.time=TITLE of "
          "explore or data: {columns: {time: TITLE}} of an experiment, or give the rate, as rate: 20 kHz");
    CHECK(said(good, {{"columns.voltage", "voltage_mv"}}) ==
          "a.csv:1: there is no column 'voltage_mv' for voltage, did you mean 'voltage_mV'?");
    CHECK(said(good, {{"columns.current", "stimulus"}}) ==
          "a.csv:1: there is no column 'stimulus' for current; the titles are 'time_ms', 'current_pA', 'voltage_mV'");
    CHECK(said("time_ms,v_mV,voltage_mV\n0,1,1\n1,1,1\n") ==
          "a.csv:1: 'v_mV' and 'voltage_mV' are both known as voltage: name one, as --set columns.voltage=v_mV of "
          "explore or data: {columns: {voltage: v_mV}} of an experiment");
    CHECK(said("time_ms,a,a\n0,1,1\n1,1,1\n", {{"columns.voltage", "a"}}) == "a.csv:1: two columns have the title 'a'");
    CHECK(said("time_ms,v\n0,1\n1,1\n") ==
          "a.csv:1: the unit of 'v' is not said: write 'v (mV)', or give it, as --set units.voltage=mV of explore or "
          "data: {units: {voltage: mV}} of an experiment");
    CHECK(said("time,v_mV\n0,1\n1,1\n") ==
          "a.csv:1: the unit of 'time' is not said: write 'time (ms)', or give it, as --set units.time=ms of explore "
          "or data: {units: {time: ms}} of an experiment");
    CHECK(said("time (samples),v_mV\n0,1\n1,1\n") ==
          "a.csv:1: 'samples' in the title 'time (samples)' is no unit of time known here: s, ms, us, µs, μs, ns");
    CHECK(said("TIME_MS,v_mV\n0,1\n1,1\n") ==
          "a.csv:1: 'MS' in the title 'TIME_MS' is no unit of time known here: s, ms, us, µs, μs, ns");
    CHECK(said("time_ms,v_pA\n0,1\n1,1\n") ==
          "a.csv:1: 'pA' in the title 'v_pA' is no unit of voltage known here: V, mV, uV, µV, μV, nV, 1");
    CHECK(said("time_ms,v\n0,1\n1,1\n", {{"units.voltage", "volts"}}) ==
          "units.voltage = 'volts' is no unit of voltage known here: V, mV, uV, µV, μV, nV, 1");
    CHECK(said(good, {{"units.voltage", "V"}}) ==
          "a.csv:1: the title 'voltage_mV' says mV, units.voltage says V: leave that option out, or mend the title");
    CHECK(said(good, {{"units.voltage", "mV"}}) == "nothing is wrong");
    CHECK(said("time_ms;v_mV,soma\n0;1,2\n1;2,2\n") ==
          "a.csv:1: the titles have several of comma, semicolon and tab between them: say which parts the columns, as "
          "delimiter: semicolon");
    CHECK(
        read_text("time_ms;v, soma (mV)\n0;1\n1;2\n", {{"delimiter", "semicolon"}, {"columns.voltage", "v, soma (mV)"}})
            .samples[0] == Vector{1, 2});
  }
  TEST_CASE("a row that is not one number a column is refused, with its line") {
    const auto row = [](const std::string& r) { return said("time_ms,v_mV\n0,1\n" + r + "\n2,3\n"); };
    CHECK(row("1") == "a.csv:3: the row has 1 field, the titles are 2");
    CHECK(row("1,2,3") == "a.csv:3: the row has 3 fields, the titles are 2");
    CHECK(row("1,0,2,5") ==
          "a.csv:3: the row has 4 fields, the titles are 2: these look like decimal commas, write decimal points");
    CHECK(row("1,abc") == "a.csv:3: 'v_mV' is 'abc', which is no number");
    CHECK(row("1,2mV") == "a.csv:3: 'v_mV' is '2mV', which is no number");
    CHECK(row("1,0x10") == "a.csv:3: 'v_mV' is '0x10', which is no number");
    CHECK(row("1,--1") == "a.csv:3: 'v_mV' is '--1', which is no number");
    CHECK(row(",1") == "a.csv:3: 'time_ms' is missing: a sample without a time; cut the file there");
    CHECK(row("nan,1") == "a.csv:3: 'time_ms' is nan: a sample without a time; cut the file there");
    CHECK(row("1,1e999") == "a.csv:3: 'v_mV' is 1e999, beyond the range of numbers");
    CHECK(row("") == "a.csv:3: a blank line stands between the samples");
    CHECK(said("time_ms;v_mV\n0;1.5\n1;1,5\n") ==
          "a.csv:3: 'v_mV' is 1,5, with a decimal comma, where numbers before have decimal points");
    CHECK(said("time_ms;v_mV\n0;1,5\n1;1.5\n2;1,5\n") ==
          "a.csv:3: 'v_mV' is 1.5, with a decimal point, where numbers before have decimal commas");
  }
  TEST_CASE("times that do not rise or are not even are refused, with the line") {
    const auto times = [](const std::vector<std::string>& t) {
      std::string text = "time_ms,v_mV\n";
      for (const std::string& s : t) text += s + ",1\n";
      return said(text);
    };
    CHECK(times({"0", "0.1", "0.1", "0.2"}) ==
          "a.csv:4: the time 0.1 does not come after 0.1, the one before; where it is printed with too few digits, "
          "give the rate: rate: 20 kHz");
    CHECK(times({"0", "0.1", "0.05"}) == "a.csv:4: the time 0.05 does not come after 0.1, the one before");
    CHECK(times({"0", "0.1", "0.2", "0.4", "0.5"}) ==
          "a.csv:5: the samples are not evenly spaced: from 0.2 to 0.4 ms, where the mean step is 0.125 ms; resample "
          "the file or cut it there");
    CHECK(times({"0", "1", "2", "4"}) ==
          "a.csv:5: the samples are not evenly spaced: from 2 to 4 ms, where the mean step is 1.33333 ms; resample the "
          "file or cut it there");
    CHECK(said(good, {{"rate", 2000.}}) ==
          "a.csv: its times are 0.1 ms apart, but rate = 2000 Hz means 0.5 ms: leave rate out");
    CHECK(said("v_mV\n1\n2\n", {{"rate", 0.}}) ==
          "a.csv: no column is known as time; the titles are 'v_mV': name one, as --set columns.time=TITLE of explore "
          "or data: {columns: {time: TITLE}} of an experiment, or give the rate, as rate: 20 kHz");
  }
  TEST_CASE("blank lines and comments may stand between titles and rows, and lines are counted with them") {
    CHECK(read_text("time_ms,v_mV\n\n# of cell 3\n0,1\n1,2\n").samples[0] == Vector{1, 2});
    CHECK(said("time_ms,v_mV\n\n# of cell 3\n0,1\n1,1\n2,1\n4,1\n") ==
          "a.csv:7: the samples are not evenly spaced: from 2 to 4 ms, where the mean step is 1.33333 ms; resample the "
          "file or cut it there");
  }
  TEST_CASE("times that are rounded to their printed digits are even") {
    const auto dt = [](double true_dt, double from, int n, const char* format) {
      std::string text = "time_ms,v_mV\n";
      for (int k = 0; k < n; ++k) text += fmt::format(fmt::runtime(format), from + k * true_dt) + ",1\n";
      return read_text(text).dt;
    };
    CHECK(dt(0.1, 0, 20000, "{:.1f}") == 0.1);
    CHECK(dt(0.02, 815, 20000, "{:.2f}") == 0.02);
    CHECK(dt(1, 0, 50, "{:.0f}") == 1);
    CHECK(dt(1 / 3., 0, 3001, "{:.2f}") == doctest::Approx(1 / 3.).epsilon(1e-4));
    CHECK(dt(0.05, 0, 20000, "{}") == 0.05);
    CHECK(dt(200. / 799, 0, 800, "{}") == doctest::Approx(200. / 799).epsilon(1e-14));
    CHECK(dt(0.125, 999, 5000, "{:.7g}") == doctest::Approx(0.125).epsilon(1e-6));
  }
  TEST_CASE("times that programs add up, keep in single precision or print in full are even") {
    const auto grid = [](int n, auto next) {
      std::string text = "time_ms,v_mV\n";
      for (int k = 0; k < n; ++k) text += next(k) + ",1\n";
      const Read r = read_text(text);
      return std::pair{r.t0, r.dt};
    };
    double t = 0;
    CHECK(grid(20000, [&](int) { return fmt::format("{}", std::exchange(t, t + 0.025)); }).second ==
          doctest::Approx(0.025).epsilon(1e-9));
    CHECK(grid(20000, [](int k) {
            return fmt::format("{:.18e}", static_cast<double>(static_cast<float>(815 + k * 0.05)));
          }) == std::pair{815., 0.05});
    CHECK(grid(20000, [](int k) {
            return fmt::format("{:.10f}", static_cast<double>(static_cast<float>(k * 0.02)));
          }) == std::pair{0., 0.02});
    CHECK(grid(3001, [](int k) { return fmt::format("{:.4f}", k / 30.); }).second == 1 / 30.);  // 30 kHz
    Dice dice(5);
    for (const double size : {1e-14, 1e-9, 1e-4})  // of a step
      CHECK(grid(1000, [&](int k) { return fmt::format("{}", 0.1 * k + 0.1 * dice.between(-size, size)); }).second ==
            doctest::Approx(0.1).epsilon(1e-6));
  }
  TEST_CASE("a rate says the step of times with too few digits") {
    std::string text = "time_s,v_mV\n";
    for (int k = 0; k < 1000; ++k) text += fmt::format("{:.4f},1\n", k * 0.00005);
    CHECK(read_text(text, {{"rate", 20000.}}).dt == 0.05);
    CHECK(said(text, {{"rate", 10000.}}) ==
          "a.csv: its times are 0.0500501 ms apart, but rate = 10000 Hz means 0.1 ms: leave rate out");
  }
  TEST_CASE("every spelling of every unit is read, with either Greek letter") {
    for (const auto& [unit, dt] :
         {std::pair{"s", 1000.}, {"ms", 1.}, {"us", 1e-3}, {"\u00b5s", 1e-3}, {"\u03bcs", 1e-3}, {"ns", 1e-6}}) {
      CAPTURE(unit);
      CHECK(read_text(fmt::format("time ({}),v_mV\n0,1\n1,2\n", unit)).dt == dt);
    }
    CHECK(read_text("time (\xb5s),v_mV\n0,1\n1,2\n").dt == 1e-3);  // of an old code page
    for (const std::string unit : {"V", "mV", "uV", "\u00b5V", "\u03bcV", "nV"})
      CHECK(read_text("time_ms,v (" + unit + ")\n0,1\n1,2\n").channels == Names{"v (" + unit + ") [" + unit + "] 1"});
    for (const std::string unit : {"A", "mA", "uA", "\u00b5A", "\u03bcA", "nA", "pA", "fA"})
      CHECK(read_text("time_ms,i (" + unit + ")\n0,1\n1,2\n").channels == Names{"i (" + unit + ") [" + unit + "] 2"});
  }
  TEST_CASE("columns are taken by their unit where it is the only one of its kind") {
    const Read r = read_text("clock (ms),v_soma (mV),I_stim (nA),bath (C)\n0,1,2,30\n1,3,4,30\n");
    CHECK(r.channels == Names{"v_soma (mV) [mV] 1", "I_stim (nA) [nA] 2", "bath (C) [C] 3"});
    CHECK(r.samples[1] == Vector{2, 4});
    CHECK(said("time_ms,soma (mV),dendrite (mV)\n0,1,1\n1,1,1\n") ==
          "a.csv:1: 'soma (mV)' and 'dendrite (mV)' are both in a unit of voltage: name one, as --set "
          "columns.voltage='soma (mV)' of explore or data: {columns: {voltage: 'soma (mV)'}} of an experiment");
    CHECK(read_text("time_ms,Vm (mV),dendrite (mV)\n0,1,5\n1,2,5\n").samples[0] == Vector{1, 2});  // the name decides
  }
  TEST_CASE("titles behind a number sign and columns between blanks are read") {
    for (const std::string titles :
         {"# time_ms v_mV i_pA", "# time_ms,v_mV,i_pA", "#time (ms) v (mV) i (pA)",
          "# made by a script\n# time_ms\tv_mV\ti_pA", "% time_ms v_mV i_pA", "time_ms v_mV i_pA"})
      for (const std::string blank : {" ", "   ", ",", "\t"}) {
        if (titles[0] == 't' && blank.find(' ') == std::string::npos) continue;
        CAPTURE(titles);
        CAPTURE(blank);
        const Read r = read_text(titles + "\n0.0e+00" + blank + "-7.0e+01" + blank + "1\n1.0e-01" + blank + "-7.1e+01" +
                                 blank + "2\n");
        CHECK(r.dt == 0.1);
        REQUIRE(r.samples.size() == 2);
        CHECK(r.samples[0] == Vector{-70, -71});
        CHECK(r.samples[1] == Vector{1, 2});
      }
    CHECK(said("# a cell\n0,1\n1,2\n")
              .starts_with("a.csv: no column is known as voltage or current; the titles are 'a', 'cell'"));
  }
  TEST_CASE("spreadsheets' text is read: sep=, decimal commas, UTF-16 and rows of delimiters alone") {
    const std::string rows = "time (ms);v (mV)\r\n0,0;-70,5\r\n0,1;-7,05E+01\r\n;\r\n;\r\n";
    for (const std::string start : {"", "sep=;\r\n", "\"sep=;\"\r\n", "\xef\xbb\xbfsep=;\r\n"}) {
      const Read r = read_text(start + rows);
      CHECK(r.dt == 0.1);
      CHECK(r.samples[0] == Vector{-70.5, -70.5});
    }
    CHECK(read_text("time_ms\tv_mV\n0,0\t1,5\n0,1\t2\n").samples[0] == Vector{1.5, 2});
    CHECK(read_text("time_ms v_mV\n0,0 1,5\n0,1 2\n").samples[0] == Vector{1.5, 2});
    for (const bool big : {false, true})
      for (const bool mark : {false, true}) {
        std::string wide = mark ? (big ? std::string("\xfe\xff") : std::string("\xff\xfe")) : "";
        for (const char c : std::string("time_ms\tv_mV\r\n0\t1\r\n1\t2\r\n")) {
          if (big) wide += '\0';
          wide += c;
          if (!big) wide += '\0';
        }
        CHECK(read_text(wide).samples[0] == Vector{1, 2});
      }
    CHECK(read_text("time_ms;v, soma (mV)\n0;1\n1;2\n").samples[0] == Vector{1, 2});
  }
  TEST_CASE("Axon text files are read, with a sweep for each trace") {
    const std::string header = "ATF\t1.0\r\n2\t5\r\n\"Comment=cell 3\"\r\n\"Signals=\"\t\"Vm\"\t\"Im\"\r\n";
    const File file(header +
                    "\"Time (s)\"\t\"Trace #1 (mV)\"\t\"Trace #1 (pA)\"\t\"Trace #2 (mV)\"\t\"Trace #2 (pA)\"\r\n"
                    "0.0000\t-70\t0\t-71\t10\r\n0.0001\t-69\t5\t-68\t20\r\n");
    const Opened r("csv", file.path);
    REQUIRE(r.sweeps() == 2);
    CHECK(r.sweep(1).number == 2);
    CHECK(r.sweep(1).dt == 0.1);
    CHECK(std::string(r.sweep(0).protocol) == "cell 3");
    CHECK(r.of(HK_VOLTAGE, 1) == Vector{-71, -68});
    CHECK(r.of(HK_CURRENT, 0) == Vector{0, 5});
    CHECK(read_text("ATF\t1.0\n0\t3\n\"Time (ms)\"\t\"IN 0 (mV)\"\t\"IN 1 (pA)\"\n0\t1\t2\n1\t3\t4\n").samples[0] ==
          Vector{1, 3});
    CHECK(said("ATF\t1.0\nTime\n") ==
          "a.csv:2: this is no Axon text file: the number of its lines of header is missing");
    CHECK(said("ATF\t1.0\n3\t2\n\"a\"\n") == "a.csv: the file is cut off: it ends within its header");
  }
  TEST_CASE("text of LabChart is read, with a sweep for each block") {
    const std::string block =
        "Interval=\t0.0001 s\nChannelTitle=\tMembrane\tStimulus\nRange=\t200 mV\t1.0 nA\nUnitName=\tmV\tnA\n";
    const File file(block + "0\t-70\t0\n0.0001\t-69\t1\t#* break in\n" + block + "0\t-60\t2\n0.0001\tNaN\t3\n");
    const Opened r("csv", file.path);
    REQUIRE(r.sweeps() == 2);
    CHECK(r.sweep(0).dt == 0.1);
    CHECK(r.of(HK_VOLTAGE, 0) == Vector{-70, -69});
    CHECK(r.of(HK_CURRENT, 1) == Vector{2, 3});
    CHECK(std::isnan(r.of(HK_VOLTAGE, 1)[1]));
    // no column of times, units in the ranges, decimal commas
    const Read plain = read_text("Interval=\t0,1 ms\nChannelTitle=\tMembrane\nRange=\t200 mV\n-70,5\n-69\n");
    CHECK(plain.dt == 0.1);
    CHECK(plain.samples[0] == Vector{-70.5, -69});
    CHECK(said("Interval=\tten\nChannelTitle=\tV\n1\n") == "a.csv:1: 'ten' is no sampling interval");
    CHECK(said("Interval=\t1 ms\n1\n2\n") == "a.csv:2: no line 'ChannelTitle=' of LabChart names the columns");
  }
  TEST_CASE("gaps are no numbers, and time goes on") {
    const Read r = read_text("time_ms,v_mV,i_pA\n0,1,0\n1,,0\n2,NaN,0\n3,-Inf,#N/A\n4,5,0\n");
    CHECK(r.dt == 1);
    for (const std::size_t k : {1u, 2u, 3u}) CHECK(std::isnan(r.samples[0][k]));
    CHECK(r.samples[0][4] == 5);
    CHECK(std::isnan(r.samples[1][3]));
  }
  TEST_CASE("a named pipe is no recording, and is not waited for") {
    const Folder folder;
    REQUIRE(::mkfifo((folder / "a.csv").c_str(), 0600) == 0);
    CHECK(said_of("csv", folder / "a.csv", [&] { read(folder / "a.csv"); }) == "a.csv: this is no file");
  }
  TEST_CASE("one sample missing of very many is found") {
    std::string text = "time_ms,v_mV\n";
    for (int k = 0; k < 100000; ++k)
      if (k != 70000) text += fmt::format("{:.2f},1\n", k * 0.05);
    CHECK(said(text) ==
          "a.csv:70002: the samples are not evenly spaced: from 3499.95 to 3500.05 ms, where the mean step is "
          "0.0500005 ms; resample the file or cut it there");
  }
}

TEST_SUITE("csv of real cells") {
  TEST_CASE("every text recording has the samples, rate and ranges of its summary") {
    if (!have_recordings()) return;
    std::ifstream summary(recordings() + "/summary.csv");
    std::string line;
    std::getline(summary, line);
    REQUIRE(line.starts_with(
        "file,sweep,samples,rate_hz,duration_ms,v_min_mV,v_max_mV,v_mean_mV,i_min_pA,i_max_pA,i_mean_pA"));
    int files = 0;
    while (std::getline(summary, line)) {
      std::vector<std::string> cells;
      std::stringstream row(line);
      for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
      if (!cells[0].ends_with(".csv")) continue;
      CAPTURE(cells[0]);
      const Read r = read(fs::path(recordings()) / cells[0]);
      const auto number = [&](std::size_t i) { return std::stod(cells[i]); };
      const auto mean = [](const Vector& v) {
        return std::accumulate(v.begin(), v.end(), 0.) / static_cast<double>(v.size());
      };
      REQUIRE(r.samples.size() == 2);
      CHECK(static_cast<double>(r.samples[0].size()) == number(2));
      CHECK(1000 / r.dt == doctest::Approx(number(3)).epsilon(1e-12));
      for (const std::size_t c : {0u, 1u}) {  // the summary is of the source files; the text has two to five decimals
        CHECK(std::abs(*std::min_element(r.samples[c].begin(), r.samples[c].end()) - number(5 + 3 * c)) < 0.0051);
        CHECK(std::abs(*std::max_element(r.samples[c].begin(), r.samples[c].end()) - number(6 + 3 * c)) < 0.0051);
        CHECK(std::abs(mean(r.samples[c]) - number(7 + 3 * c)) < 1e-4);
      }
      ++files;
    }
    CHECK(files >= 13);
  }
}
