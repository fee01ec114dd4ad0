// Recordings made and read, the maps between a model and an electrode, and comparisons.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "experiments.hpp"
#include "host/axon_file.hpp"
#include "host/igor_file.hpp"
#include "measure/spikes.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

// Near its threshold it climbs less than 0.1 mV a step: a crossing of -55.3 mV is one of each spike.
const std::string cell =
    "seed: 4\nmodel: {use: lif}\ninput: {I: [{use: step, from: 20, to: 100, amplitude: 450}, {use: step, from: 100, to: 170, "
    "amplitude: 600}]}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 200}\n";

/// The recording of a comparison whose data block is this.
Recording recording(const std::string& data) {
  return load_recording(
      *load("compare:\n  data: " + data +
            "\n  models: {lif: {model: {use: lif}, readout: {of: v, scale: 1}}}\nintegrator: {use: euler, dt: 0.1}\n")
           ->compare->data);
}

/// A recording as a file: t0, then v and I of each sample.
void write_csv(const std::string& name, double t0, double dt, const std::vector<double>& v,
               const std::vector<double>& I) {
  std::string text = "Time (ms),Membrane Potential (mV),Injected Current (pA)\n";
  for (std::size_t k = 0; k < v.size(); ++k)
    text += number(t0 + static_cast<double>(k) * dt) + "," + number(v[k]) + "," + number(I[k]) + "\n";
  write(name, text);
}

}  // namespace

/// What is said of the recording of this data block: place, sentence, hint.
std::string said(const std::string& data) {
  try {
    recording(data);
  } catch (const Error& e) {
    return fmt::format("{}:{}: {} - {}", e.place().line, e.place().column, e.message(), e.hint());
  }
  return "nothing is wrong";
}

TEST_SUITE("recordings") {
  TEST_CASE("of a file with several sweeps one is chosen by its number") {
    axon::Tape tape;
    tape.version = 2.6F, tape.floats = true,
    tape.inputs = {
        {"Vm", "mV"},
        {"Im", "nA"}
    };
    tape.sweeps = {
        {-70, 0, -69, 0.5},
        {-60, 1, -59, 2  },
        {-50, 3, -49, 4  }
    };
    axon::image_of(tape).write(folder() / "cell.abf");
    const Recording r = recording("{file: cell.abf, sweep: 1}");
    CHECK(r.voltage == std::vector<double>{-60, -59});
    CHECK(r.current_pA == std::vector<double>{1000, 2000});
    CHECK(r.dt_ms == 0.05);
    CHECK(r.current_source == "recorded");
    CHECK(recording("{file: cell.abf, sweep: 2}").voltage[0] == -50);
    CHECK(said("{file: cell.abf}") == "2:16: 'cell.abf' has 3 sweeps, numbers 0 to 2 - say which: data: {sweep: 0}");
    CHECK(said("{file: cell.abf, sweep: 3}") == "2:33: 'cell.abf' has no sweep 3 - it has 3, numbers 0 to 2");
    CHECK(said("{file: cell.abf, sweep: -1}") == "2:33: sweep = -1 is below 0, the least that data accepts - ");
    tape.sweeps.resize(1);
    axon::image_of(tape).write(folder() / "one.abf");
    CHECK(recording("{file: one.abf}").voltage == std::vector<double>{-70, -69});
    CHECK(recording("{file: one.abf, sweep: 0}").voltage == std::vector<double>{-70, -69});
    // written out it is the same again
    CHECK(to_yaml(load("compare:\n  data: {file: cell.abf, sweep: 1}\n  models: {lif: {model: {use: lif}}}\n"
                       "integrator: {use: euler, dt: 0.1}\n")
                      ->resolved)
              .find("sweep: 1") != std::string::npos);
  }
  TEST_CASE("voltage and current may have a file each") {
    igor::Wave v, i;
    v.samples = {-70, -69, -68};
    i.samples = {0, 0.5, 0.25}, i.unit = "nA", i.version = 2, i.order = std::endian::big;
    igor::image_of(v).write(folder() / "v.ibw");
    igor::image_of(i).write(folder() / "i.ibw");
    const Recording r = recording("{file: {voltage: v.ibw, current: i.ibw}}");
    CHECK(r.shown == "v.ibw");
    CHECK(r.voltage == v.samples);
    CHECK(r.current_pA == std::vector<double>{0, 500, 250});
    CHECK(r.dt_ms == 0.1);
    CHECK(r.current_source == "recorded");
    CHECK(said("{file: {voltage: i.ibw, current: i.ibw}}") ==
          "2:26: 'i.ibw' has no voltage - where each has its own file: data: {file: {voltage: ..., current: ...}}");
    CHECK(said("{file: v.ibw}") ==
          "2:16: 'v.ibw' has no current - where each has its own file: data: {file: {voltage: ..., current: ...}}");
    const std::string both = "{file: {voltage: v.ibw, current: i.ibw}}";
    const auto refused = [&] {
      igor::image_of(i).write(folder() / "i.ibw");
      return said(both);
    };
    i.samples.push_back(1);
    CHECK(
        refused() ==
        "2:42: 'i.ibw' does not fit 'v.ibw': 4 samples from 0 ms, one each 0.1 ms - the voltage has 3 from 0 ms, one each 0.1 ms");
    i.samples.pop_back(), i.step = 2e-4;
    CHECK(
        refused() ==
        "2:42: 'i.ibw' does not fit 'v.ibw': 3 samples from 0 ms, one each 0.2 ms - the voltage has 3 from 0 ms, one each 0.1 ms");
    i.step = 1e-4, i.start = 0.5;
    CHECK(
        refused() ==
        "2:42: 'i.ibw' does not fit 'v.ibw': 3 samples from 500 ms, one each 0.1 ms - the voltage has 3 from 0 ms, one each 0.1 ms");
    // the current alone, as an input
    i.start = 0;
    igor::image_of(i).write(folder() / "i.ibw");
    const Outcome o = outcome(
        "model: {use: lif}\ninput: {I: {use: file, file: i.ibw}}\nintegrator: {use: euler, dt: 0.1}\n"
        "simulate: {for: 0.2, record: [I], every: 0.1}\n");
    CHECK(column(o.cases[0], "I") == std::vector<double>{0, 500, 250});
  }

  TEST_CASE("a readout maps the state to the voltage, and a drive the current to the input") {
    const Outcome o = outcome(
        "model: {use: nagumo}\ninput: {I: 0.5}\nreadout: {of: v, scale: 38 mV, shift: -17 mV}\n"
        "integrator: {use: rk4, dt: 0.05}\nsimulate: {for: 100, record: [v, w]}\n");
    const auto& v = column(o.cases[0], "v");
    const auto& read = column(o.cases[0], "readout");
    REQUIRE(v.size() == read.size());
    for (std::size_t k = 0; k < v.size(); ++k) CHECK(read[k] == 38 * v[k] - 17);
    CHECK(
        measured(outcome("model: {use: nagumo}\nreadout: {of: v, scale: 38, shift: -17}\nexpect: {peak: [0 mV, 1 mV]}\n"
                         "integrator: {use: rk4, dt: 0.05}\nsimulate: {for: 1, start: {v: 0.5, w: 10}}\n")
                     .cases[0],
                 "peak") == 38 * 0.5 - 17);
    // made into a recording: 0.5 = gain I + shift
    write("nagumo.yaml",
          "model: {use: nagumo}\ninput: {I: 0.5}\nreadout: {of: v, scale: 38 mV, shift: -17 mV}\n"
          "drive: {of: I, gain: 0.002, shift: 0.1}\nintegrator: {use: rk4, dt: 0.05}\nsimulate: {for: 100}\n");
    const Recording r = recording("{file: nagumo.yaml}");
    CHECK(r.unit == "mV");
    CHECK(r.dt_ms == 0.05);
    CHECK(same_bits(r.voltage, read));
    for (const double I : r.current_pA) CHECK(I == doctest::Approx(200).epsilon(1e-14));
  }

  TEST_CASE("a megohm under a picoampere is a microvolt") {
    const Outcome o = outcome(
        "model: {use: lif}\ninput: {I: {use: step, from: 5, amplitude: 300}}\nreadout: {of: v, series_resistance: 20 MOhm}\n"
        "integrator: {use: euler, dt: 0.1}\nsimulate: {for: 10, record: [v, I]}\n");
    const auto &v = column(o.cases[0], "v"), &read = column(o.cases[0], "readout"), &I = column(o.cases[0], "I");
    for (std::size_t k = 0; k < v.size(); ++k) {
      CHECK(read[k] - v[k] == doctest::Approx(k < 50 ? 0 : 300 * 20 * 1e-3).epsilon(1e-12));
      CHECK(I[k] == (k < 50 ? 0 : 300));
    }
  }

  TEST_CASE("measurement noise has its deviation, is the same in a run and in its recording, and none of the model's") {
    write("noisy.yaml", cell + "readout: {of: v, measurement_noise: 0.5 mV}\n");
    write("quiet.yaml", cell);
    const Recording noisy = recording("{file: noisy.yaml}"), quiet = recording("{file: quiet.yaml}"),
                    other = recording("{file: quiet.yaml, measurement_noise: 2 mV}");
    const auto difference = [&](const Recording& r) {
      std::vector<double> d;
      for (std::size_t k = 0; k < r.voltage.size(); ++k) d.push_back(r.voltage[k] - quiet.voltage[k]);
      return moments(d);
    };
    const double n = static_cast<double>(quiet.voltage.size());
    CHECK(std::abs(difference(noisy).sd - 0.5) < 4 * 0.5 / std::sqrt(2 * n));
    CHECK(std::abs(difference(noisy).mean) < 4 * 0.5 / std::sqrt(n));
    CHECK(std::abs(difference(other).sd - 2) < 4 * 2 / std::sqrt(2 * n));
    CHECK(same_bits(column(outcome(cell + "readout: {of: v, measurement_noise: 0.5 mV}\n").cases[0], "readout"),
                    noisy.voltage));
    // the file as a model is the cell without the amplifier: what is left is the noise itself
    const Outcome o =
        outcome("compare:\n  data: {file: noisy.yaml}\n  models: {cell: noisy.yaml}\n  measure: [rmse]\n");
    CHECK(std::abs(measured(result(o, "cell"), "rmse") - 0.5) < 4 * 0.5 / std::sqrt(2 * n));
  }

  TEST_CASE("a window holds the samples from its begin, included, to its end, excluded, and keeps their times") {
    std::vector<double> v, I;
    for (int k = 0; k < 100; ++k) v.push_back(-70 + 0.01 * k), I.push_back(k);
    write_csv("ramp.csv", 1000, 0.5, v, I);
    const Recording all = recording("{file: ramp.csv}");
    CHECK(all.t0_ms == 1000);
    CHECK(all.dt_ms == 0.5);
    CHECK(all.voltage.size() == 100);
    CHECK(all.end_ms() == 1050);
    const Recording part = recording("{file: ramp.csv, window: [1010 ms, 1.02 s]}");
    CHECK(part.t0_ms == 1010);
    REQUIRE(part.current_pA.size() == 20);
    CHECK(part.current_pA.front() == 20);
    CHECK(part.current_pA.back() == 39);
    const Recording between = recording("{file: ramp.csv, window: [1010.1, 1020.1]}");
    CHECK(between.t0_ms == 1010.5);
    CHECK(between.current_pA.size() == 20);
    CHECK(recording("{file: ramp.csv, window: [0, 5000]}").voltage.size() == 100);
    const Recording third = recording("{file: ramp.csv, every: 3}");
    CHECK(third.dt_ms == 1.5);
    CHECK(third.current_pA.size() == 34);
    CHECK(third.current_pA[33] == 99);
    const Recording both = recording("{file: ramp.csv, window: [1010, 1020], every: 4}");
    CHECK(both.t0_ms == 1010);
    CHECK(both.current_pA == std::vector<double>{20, 24, 28, 32, 36});
  }

  TEST_CASE("normalising maps the extremes to the bounds, and spikes are found before") {
    std::vector<double> v, I;
    for (int k = 0; k < 200; ++k) v.push_back(k % 50 == 25 ? 20 : -70 + 0.1 * (k % 7)), I.push_back(0);
    write_csv("spiky.csv", 0, 0.5, v, I);
    const Recording r = recording("{file: spiky.csv, normalise: [-1, 1]}"), plain = recording("{file: spiky.csv}");
    CHECK(r.unit == "1");
    CHECK(*std::min_element(r.voltage.begin(), r.voltage.end()) == -1);
    CHECK(*std::max_element(r.voltage.begin(), r.voltage.end()) == 1);
    for (std::size_t k = 0; k < v.size(); ++k)
      CHECK(r.voltage[k] == doctest::Approx(-1 + 2 * (v[k] + 70) / 90).epsilon(1e-14));
    CHECK(same_bits(r.spikes_ms, plain.spikes_ms));
    // between -69.6 or so at 12 ms and 20 at 12.5 ms the threshold of -10 mV is crossed
    REQUIRE(r.spikes_ms.size() == 4);
    CHECK(r.spikes_ms[0] == doctest::Approx(12 + 0.5 * (-10 - v[24]) / (20 - v[24])).epsilon(1e-12));
    CHECK(recording("{file: spiky.csv, spikes: {threshold: 30}}").spikes_ms.empty());
  }
}

TEST_SUITE("comparisons") {
  TEST_CASE("a model compared with the recording that it made is perfect") {
    write("cell.yaml", cell);
    const std::string models =
        "  models:\n    slow: {model: {use: lif, tau: 15}}\n    same: {model: {use: lif}}\n    file: cell.yaml\n"
        "  measure: [{use: gamma, precision: 2 ms}, rmse, van_rossum, spike_count, subthreshold_ev]\nintegrator: {use: euler, dt: 0.1}\n";
    const Outcome made =
        outcome("compare:\n  data: {file: cell.yaml, spikes: {threshold: -55.3, rearm: -60}}\n" + models);
    const double n = measured(result(made, "data"), "spike_count");
    CHECK(n > 5);
    for (const char* name : {"same", "file"}) {
      const CaseResult& c = result(made, name);
      CHECK(measured(c, "gamma") == doctest::Approx(1).epsilon(1e-12));
      CHECK(measured(c, "rmse") == 0);
      CHECK(measured(c, "spike_count") == n);
    }
    CHECK(measured(result(made, "slow"), "gamma") < 0.9);

    // the same by way of a file, which begins at another time
    const Recording r = recording("{file: cell.yaml}");
    write_csv("cell.csv", 1234.5, 0.1, r.voltage, r.current_pA);
    const Outcome read =
        outcome("compare:\n  data: {file: cell.csv, spikes: {threshold: -55.3, rearm: -60}}\n" + models);
    CHECK(measured(result(read, "same"), "gamma") == doctest::Approx(1).epsilon(1e-12));
    // times of the file are printed to the last bit, its step is the shortest number that they allow
    CHECK(measured(result(read, "same"), "rmse") < 1e-9);
    CHECK(result(read, "same").time_ms.front() == 1234.5);
    CHECK(result(read, "same").time_ms.back() == doctest::Approx(1434.5));
    CHECK(result(read, "data").time_ms.front() == 1234.5);
    for (std::size_t k = 0; k < result(read, "same").spikes_ms.size(); ++k)
      CHECK(result(read, "same").spikes_ms[k] ==
            doctest::Approx(result(made, "same").spikes_ms[k] + 1234.5).epsilon(1e-12));
    // in a part of it, time goes on from the begin of the part
    const Outcome part = outcome(
        "compare:\n  data: {file: cell.csv, window: [1240 ms, 1400 ms], spikes: {threshold: -55.3, rearm: -60}}\n" +
        models);
    CHECK(result(part, "same").time_ms.front() == 1240);
    CHECK(column(result(part, "data"), "I").front() == r.current_pA[55]);
  }

  TEST_CASE("models are ranked by the first measure that knows better and worse") {
    write("cell.yaml", cell);
    const auto order = [](const std::string& measures) {
      const Outcome o = outcome(
          "compare:\n  data: {file: cell.yaml, spikes: {threshold: -55.3, rearm: -60}}\n  models:\n    silent: {model: {use: lif, V_th: 100}}\n"
          "    slow: {model: {use: lif, tau: 15}}\n    slower: {model: {use: lif, tau: 25}}\n    same: {model: {use: lif}}\n  measure: [" +
          measures + "]\nintegrator: {use: euler, dt: 0.1}\n");
      std::string names;
      for (const CaseResult& c : o.cases) names += c.name + " ";
      return names;
    };
    // more is better, a model without spikes has no gamma and comes last
    CHECK(order("gamma") == "data same slow slower silent ");
    CHECK(order("spike_count, gamma") == "data same slow slower silent ");
    // less is better
    CHECK(order("victor_purpura").starts_with("data same "));
    CHECK(order("rmse").starts_with("data same "));
    // nothing to rank by: as written
    CHECK(order("spike_count, isi_mean") == "data silent slow slower same ");
  }

  TEST_CASE("scores against a model are differences to its own, and the best is judged") {
    write("cell.yaml", cell);
    const Outcome o = outcome(
        "compare:\n  data: {file: cell.yaml, spikes: {threshold: -55.3, rearm: -60}}\n  models:\n    slow: {model: {use: lif, tau: 15}}\n"
        "    same: {model: {use: lif}}\n  against: same\n  measure: [rmse, gamma]\nintegrator: {use: euler, dt: 0.1}\n"
        "expect: {best.rmse: [0, 1e-9], best.gamma: [0.99, 1.01], slow.rmse: [0, 1e-9], data.spike_count: [1, 100]}\n");
    REQUIRE(o.judgements.size() == 4);
    CHECK(o.judgements[0].passed);
    CHECK(o.judgements[1].passed);
    CHECK(!o.judgements[2].passed);
    CHECK(o.judgements[3].passed);
    CHECK(!o.passed());
    const auto against = std::find_if(o.run.tables.begin(), o.run.tables.end(),
                                      [](const Table& t) { return t.title == "Against same"; });
    REQUIRE(against != o.run.tables.end());
    REQUIRE(against->rows.size() == 1);
    CHECK(against->rows[0][0] == "slow");
    CHECK(std::stod(against->rows[0][1]) ==
          doctest::Approx(measured(result(o, "slow"), "rmse") - measured(result(o, "same"), "rmse")).epsilon(1e-4));
    CHECK(against->rows[0][1].starts_with("+"));
    CHECK(against->head == std::vector<std::string>{"model", "rmse (mV)", "gamma", "spike_count"});
    CHECK(o.judgements[1].expected == "best gamma (same) in [0.99, 1.01]");
    const auto chance = std::find_if(o.run.tables.begin(), o.run.tables.end(), [](const Table& t) {
      return t.title == "Gamma of regular trains of the same rate";
    });
    REQUIRE(chance != o.run.tables.end());
    for (const auto& row : chance->rows) {
      const auto point = row[1].find('.');
      REQUIRE(point != std::string::npos);
      CHECK(row[1].size() - point == 4);  // three decimals
      CHECK(std::abs(std::stod(row[1])) < 0.2);
    }
  }

  TEST_CASE("a model in other units is driven and read through its maps") {
    // the leaky neuron in units of its own: v' = -v + I with I = (pA)/(g_L 15 mV), v = (V - E_L)/15 mV, time constant 10 ms
    write(
        "cell.yaml",
        "model: {use: lif, V_th: 400}\ninput: {I: {use: step, from: 5, to: 50, amplitude: 300}}\nintegrator: {use: rk4, dt: 0.1}\nsimulate: {for: 100}\n");
    const Outcome o = outcome(
        "compare:\n  data: {file: cell.yaml}\n  models:\n    decay: {model: {use: decay, rate: 0.1}, simulate: {start: {v: 0}}, drive: {of: I, gain: " +
        number(0.1 / (25 * 15)) +
        "}, readout: {of: v, scale: 15 mV, shift: -70 mV}}\n  measure: [rmse, explained_variance]\nintegrator: {use: rk4, dt: 0.1}\n");
    CHECK(measured(result(o, "decay"), "rmse") < 1e-12);
    CHECK(measured(result(o, "decay"), "explained_variance") == doctest::Approx(1).epsilon(1e-12));
  }
}

TEST_SUITE("measures of runs") {
  TEST_CASE("a run's rate is spikes over its length, and its end belongs to it") {
    // a spike every 5 ms sharp: v' = 1, threshold at 5 with a step to 0 below
    const Outcome o = outcome(
        "model: {use: lif}\ninput: {I: 500}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: 200}\n"
        "expect: {mean_rate: [0, 1000], peak: [-100, 0], time_to_last_spike: [0, 1000]}\n");
    const CaseResult& c = o.cases[0];
    CHECK(measured(c, "mean_rate") == 1000 * static_cast<double>(c.spikes_ms.size()) / 200);
    // cut the run at its last spike: it still counts, and at its time
    const double last = c.spikes_ms.back();
    const Outcome cut = outcome(
        "model: {use: lif}\ninput: {I: 500}\nintegrator: {use: euler, dt: 0.1}\nsimulate: {for: " + number(last) +
        "}\nexpect: {mean_rate: [0, 1000], time_to_last_spike: [0, 1000]}\n");
    CHECK(cut.cases[0].spikes_ms.size() == c.spikes_ms.size());
    CHECK(measured(cut.cases[0], "spike_count") == measured(c, "spike_count"));
    CHECK(measured(cut.cases[0], "time_to_last_spike") == last);
    CHECK(measured(cut.cases[0], "mean_rate") ==
          doctest::Approx(1000 * static_cast<double>(c.spikes_ms.size()) / last).epsilon(1e-14));
  }

  TEST_CASE("extremes and means of a run are those of all its samples, the first and the last included") {
    const Outcome o = outcome(
        "model: {use: decay, rate: 0}\ninput: {I: 1}\nintegrator: {use: rk4, dt: 0.25}\nsimulate: {for: 10, start: {v: 2}, every: 0.5}\n"
        "expect: {peak: [0, 100], minimum_voltage: [0, 100], mean_voltage: [0, 100]}\n");
    CHECK(measured(o.cases[0], "minimum_voltage") == 2);
    CHECK(measured(o.cases[0], "peak") == 12);
    CHECK(measured(o.cases[0], "mean_voltage") == 7);
  }

  TEST_CASE("what is measured need not be recorded") {
    const Outcome
        o = outcome(
            "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25}\nsimulate: {for: 100, record: [u]}\nexpect: {peak: [0, 100]}\n"),
        both = outcome(
            "model: {use: izhikevich}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.25}\nsimulate: {for: 100, record: [v, u]}\nexpect: {peak: [0, 100]}\n");
    REQUIRE(o.cases[0].columns.size() == 1);
    CHECK(o.cases[0].columns[0].name == "u");
    CHECK(same_bits(column(o.cases[0], "u"), column(both.cases[0], "u")));
    CHECK(measured(o.cases[0], "peak") == measured(both.cases[0], "peak"));
  }
}

TEST_SUITE("records") {
  TEST_CASE("the record of every shipped experiment runs again to the same bits") {
    for (const fs::path& file : experiment_files({HILLOCK_SOURCE_DIR "/experiments"})) {
      CAPTURE(file.string());
      Wishes wishes;
      wishes.figures = false;
      const auto first = std::make_shared<const Experiment>(load_experiment(file));
      const Outcome a = execute(first, wishes);
      const auto second = load(to_yaml(first->resolved));
      const Outcome b = execute(second, wishes);
      CHECK(to_yaml(second->resolved) == to_yaml(first->resolved));
      REQUIRE(a.cases.size() == b.cases.size());
      for (std::size_t i = 0; i < a.cases.size(); ++i) {
        CHECK(a.cases[i].name == b.cases[i].name);
        CHECK(same_bits(a.cases[i].spikes_ms, b.cases[i].spikes_ms));
        CHECK(same_bits(a.cases[i].time_ms, b.cases[i].time_ms));
        REQUIRE(a.cases[i].columns.size() == b.cases[i].columns.size());
        for (std::size_t k = 0; k < a.cases[i].columns.size(); ++k)
          CHECK(same_bits(a.cases[i].columns[k].values, b.cases[i].columns[k].values));
      }
      REQUIRE(a.judgements.size() == b.judgements.size());
      for (std::size_t i = 0; i < a.judgements.size(); ++i) CHECK(a.judgements[i].found == b.judgements[i].found);
    }
  }
}
