// The reader of Igor binary waves.

#include "igor_file.hpp"
#include "recordings.hpp"

using namespace hillock;
using namespace hillock::test;
using namespace hillock::test::igor;

namespace {

using Vector = std::vector<double>;

struct Written {
  Folder folder;
  fs::path path = folder / "a.ibw";
  explicit Written(const Image& image) { image.write(path); }
};
/// What is said of opening and reading it.
std::string said(const Image& image, Settings settings = {}) {
  const Written file(image);
  return said_of("ibw", file.path, [&] { Opened("ibw", file.path, settings).samples(0, 0); });
}
/// The same with one field of the header changed.
template <class T> std::string said(const Wave& w, const char* field, T value, std::size_t more = 0) {
  Image image = image_of(w);
  image.put(place(w.version, field) + more, value);
  seal(image, w.version, w.order);
  return said(image);
}

}  // namespace

TEST_SUITE("ibw") {
  TEST_CASE("waves of both versions, both byte orders and all number types are read back") {
    for (const int version : {2, 5})
      for (const std::endian order : {std::endian::little, std::endian::big})
        for (const int type : {2, 4, 0x08, 0x48, 0x10, 0x50, 0x20, 0x60}) {
          CAPTURE(version);
          CAPTURE(type);
          const bool small = width(type) == 1;
          const Wave w{
              version,
              order,
              type,
              type & 0x40 ? Vector{0, 1, 200, 7} : small ? Vector{-100, 0, 127, -128} : Vector{-1000, 0, 12345, -3},
              "Vm",
              "mV",
              "ms",
              "cell 12\r\r  at\trest\x01\r",
              0.05,
              -20};
          const Written file(image_of(w));
          const Opened r("ibw", file.path);
          CHECK(r.sweeps() == 1);
          const hk_sweep s = r.sweep();
          CHECK(s.number == 0);
          CHECK(s.samples == 4);
          CHECK(s.t0 == -20);
          CHECK(s.dt == 0.05);
          CHECK(std::string(s.protocol) == "cell 12; at rest");
          CHECK(std::string(s.current_source) == "");
          CHECK(r.channels() == std::vector<std::string>{"Vm [mV] 1"});
          CHECK(r.samples(0, 0) == w.samples);
        }
  }
  TEST_CASE("a long note is cut where a character ends") {
    Wave w;
    w.samples = {0, 1}, w.note = "a";
    for (int k = 0; k < 150; ++k) w.note += "\u00b5";
    const Written file(image_of(w));
    const std::string protocol = Opened("ibw", file.path).sweep().protocol;
    CHECK(protocol == w.note.substr(0, 201) + " ...");
  }
  TEST_CASE("units become mV, pA and ms") {
    const auto read = [](const char* unit, const char* x_unit = "s") {
      Wave w;
      w.type = 4, w.samples = {-0.25, 3}, w.unit = unit, w.x_unit = x_unit;
      const Written file(image_of(w));
      const Opened r("ibw", file.path);
      return fmt::format("{} {} {} {}", r.channels()[0], fmt::join(r.samples(0, 0), ","), r.sweep().dt,
                         r.sweep().current_source);
    };
    CHECK(read("V") == "wave0 [mV] 1 -250,3000 0.1 ");
    CHECK(read("mV") == "wave0 [mV] 1 -0.25,3 0.1 ");
    CHECK(read("uV") == "wave0 [mV] 1 -0.00025,0.003 0.1 ");
    CHECK(read("\xb5V") == "wave0 [mV] 1 -0.00025,0.003 0.1 ");
    CHECK(read("A") == "wave0 [pA] 2 -250000000000,3000000000000 0.1 recorded");
    CHECK(read("nA") == "wave0 [pA] 2 -250,3000 0.1 recorded");
    CHECK(read("pA", "ms") == "wave0 [pA] 2 -0.25,3 0.0001 recorded");
    CHECK(read("pA", "us") == "wave0 [pA] 2 -0.25,3 1e-07 recorded");
  }
  TEST_CASE("an x scale without a unit takes that of the options") {
    Wave w;
    w.x_unit = "";
    CHECK(said(image_of(w)) ==
          "a.ibw: the x scale of 'wave0' does not say its unit: give it, as --set units.time=s of explore or data: "
          "{units: {time: s}} of an experiment");
    const Written file(image_of(w));
    CHECK(Opened("ibw", file.path, {{"units.time", "ms"}}).sweep().dt == 1e-4);
    CHECK(said(image_of(w), {{"units.time", "h"}}) ==
          "a.ibw: the x scale of 'wave0' is in 'h', which is no unit of time known here: s, ms, us");
    w.x_unit = "s";
    CHECK(said(image_of(w), {{"units.time", "ms"}}) ==
          "a.ibw: the x scale of 'wave0' says s, units.time says ms: leave that option out");
    CHECK(said(image_of(w), {{"units.time", "s"}}) == "nothing is wrong");
  }
  TEST_CASE("what is no wave is refused") {
    const Folder folder;
    const auto of = [&](const fs::path& path) { return sentence([&] { Opened("ibw", path); }); };
    const std::string start = "error: plugin 'ibw': " + folder.path().string();
    CHECK(of(folder / "nothing.ibw") == start + "/nothing.ibw: there is no such file");
    CHECK(of(folder.path()) == start + ": this is a folder, not a file");
    CHECK(of("/dev/null") == "error: plugin 'ibw': /dev/null: this is no file");
    CHECK(said(Image(0)) == "a.ibw: the file is empty");
    CHECK(said(Image(1)) == "a.ibw: this is no Igor binary wave");
    CHECK(said(Image(0).put(0, "time_ms,v_mV\n0,1\n")) == "a.ibw: this is no Igor binary wave");
    CHECK(said(Image(64).put(0, std::int16_t{3})) ==
          "a.ibw: the wave has format version 3; 2 and 5 are read: save it from Igor Pro as an Igor binary of these, "
          "or as text");
    CHECK(said(Image(64).put(0, std::int16_t{5})) ==
          "a.ibw: the file is cut off: it has 64 bytes, the headers need 384");
  }
  TEST_CASE("a file that is cut off anywhere is refused") {
    for (const int version : {2, 5}) {
      Wave w;
      w.version = version, w.note = "note";
      const Image whole = image_of(w);
      CHECK(said(whole) == "nothing is wrong");
      for (std::size_t n = 0; n < whole.bytes.size(); ++n) {
        Image cut = whole;
        cut.bytes.resize(n);
        CAPTURE(n);
        const std::string s = said(cut);
        CHECK((s == "a.ibw: the file is empty" || s == "a.ibw: this is no Igor binary wave" ||
               s.starts_with(fmt::format("a.ibw: the file is cut off: it has {} bytes, ", n))));
      }
    }
    Image cut = image_of({});
    cut.bytes.resize(395);
    CHECK(said(cut) == "a.ibw: the file is cut off: it has 395 bytes, the samples need 396");
  }
  TEST_CASE("a damaged header is refused") {
    Image flipped = image_of({});
    flipped.bytes[100] = static_cast<char>(flipped.bytes[100] ^ 4);
    CHECK(said(flipped) == "a.ibw: the headers do not fit their checksum: the file is damaged");
    const Wave w;
    CHECK(said(w, "points", std::int32_t{-1}) == "a.ibw: the wave 'wave0' claims -1 samples");
    CHECK(said(w, "points", std::int32_t{0}) == "a.ibw: the wave 'wave0' has no samples; a recording has at least two");
    CHECK(said(w, "points", std::int32_t{1}) == "a.ibw: the wave 'wave0' has one sample; a recording has at least two");
    CHECK(said(w, "points", std::int32_t{2147483647}) ==
          "a.ibw: the file is cut off: it has 396 bytes, the samples need 8589934972");
    CHECK(said(w, "wfm", std::int32_t{-5}) == "a.ibw: the file is damaged: the wave has -5 bytes");
    CHECK(said(w, "wfm", std::int32_t{331}) ==
          "a.ibw: the file is damaged: 3 samples need 332 bytes, the wave has 331");
    CHECK(said(w, "note", std::int32_t{-1}) == "a.ibw: the file is damaged: its note has -1 bytes");
    CHECK(said(w, "note", std::int32_t{1}) ==
          "a.ibw: the file is cut off: it has 396 bytes, the samples and the note need 397");
    CHECK(
        said(w, "note", std::int32_t{-1}, 4) ==
        "a.ibw: the unit of the wave 'wave0' is longer than three letters; these are known here: V, mV, uV, A, nA, pA");
    for (const double bad : {0., -1., std::nan(""), HUGE_VAL})
      CHECK(
          said(w, "step", bad).starts_with("a.ibw: the x scale of 'wave0' is no sampling interval: from 0.000000 by "));
    CHECK(said(w, "start", HUGE_VAL) ==
          "a.ibw: the x scale of 'wave0' is no sampling interval: from inf by 0.000100 s");
  }
  TEST_CASE("a wave that is no channel is refused") {
    const Wave w;
    CHECK(said(w, "type", std::int16_t{0}) == "a.ibw: the wave 'wave0' holds text, not samples");
    CHECK(said(w, "type", std::int16_t{3}) == "a.ibw: the wave 'wave0' holds complex numbers; a channel has real ones");
    CHECK(said(w, "type", std::int16_t{0x80}) ==
          "a.ibw: the wave 'wave0' holds numbers of type 128; floats of 32 and 64 bits and integers of 8, 16 and 32 "
          "are read");
    CHECK(said(w, "points", std::int32_t{3}, 60) ==  // the second dimension
          "a.ibw: the wave 'wave0' has more than one dimension; split it into waves of one, each with one channel and "
          "sweep");
    CHECK(said(w, "unit", std::int32_t{0}) ==
          "a.ibw: the wave 'wave0' does not say its unit: set it in Igor Pro, as SetScale d 0, 0, \"V\", wave0");
    Wave ohm;
    ohm.unit = "Ohm";
    CHECK(said(image_of(ohm)) ==
          "a.ibw: the wave 'wave0' is in 'Ohm', which is no unit known here: V, mV, uV, A, nA, pA");
    Wave gap;
    gap.samples = {1, 2, std::nan(""), 4};
    CHECK(said(image_of(gap)) == "nothing is wrong");  // the host looks at gaps
  }
}

TEST_SUITE("ibw of real cells") {
  /// The wave of the current that belongs to one of the voltage.
  std::string current_of(std::string file) {
    const bool b6 = file.find("Ch3") != std::string::npos;
    return file.replace(file.find(b6 ? "Ch3" : "ch2"), 3, b6 ? "Ch0" : "ch3");
  }
  // the waves of one of the laboratories do not say the unit of their x scale
  Settings settings_of(const std::string& file) {
    return file.starts_with("ibw/") ? Settings{{"units.time", "s"}} : Settings{};
  }

  TEST_CASE("every wave has the samples, rate, ranges, means and spikes of its summary") {
    const auto rows = summary(".ibw");
    for (const Expected& e : rows) {
      const Opened voltage("ibw", fs::path(recordings()) / e.file, settings_of(e.file)),
          current("ibw", fs::path(recordings()) / current_of(e.file), settings_of(e.file));
      CHECK(voltage.sweep().t0 == 0);
      CHECK(current.sweep().dt == voltage.sweep().dt);
      check_summary(e, 0, voltage.sweep().dt, voltage.of(HK_VOLTAGE), current.of(HK_CURRENT));
    }
    if (!rows.empty()) CHECK(rows.size() == 13);
  }
  TEST_CASE("waves agree with the text made from them sample by sample") {
    if (!have_recordings()) return;
    struct Pair {
      const char *text, *wave;
      double decimal_mV, decimal_pA;
    };
    for (const auto& [text, wave, decimal_mV, decimal_pA] :
         {Pair{"ibw/B6_IDRest_181.csv", "ibw/B6_Ch3_IDRest_181.ibw", 1e-4, 1e-3},
          {"ibw/B6_IDRest_183.csv", "ibw/B6_Ch3_IDRest_183.ibw", 1e-4, 1e-3},
          {"ibw/B6_IDRest_185.csv", "ibw/B6_Ch3_IDRest_185.ibw", 1e-4, 1e-3},
          {"no-licence-stated/Cell3_Ger1Test_1009.csv", "no-licence-stated/Cell3_Ger1Test_ch2_1009.ibw", 1e-3, 1e-2}}) {
      const Opened voltage("ibw", fs::path(recordings()) / wave, settings_of(wave)),
          current("ibw", fs::path(recordings()) / current_of(wave), settings_of(wave));
      check_text(text, voltage.sweep().t0, voltage.sweep().dt, voltage.of(HK_VOLTAGE), decimal_mV,
                 current.of(HK_CURRENT), decimal_pA);
    }
  }
}
