// What refining the numerics does to results, and what is said of it.
#include "purpose/converge.hpp"

#include <cmath>

#include "experiments.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

ConvergeReport converged(const std::string& text, int levels = 4) {
  ConvergeWishes wishes;
  wishes.levels = levels;
  return converge(load(text), wishes);
}

ConvergeReport shipped(const std::string& file, const Overrides& overrides = {}) {
  const fs::path path = fs::path(source_folder()) / "experiments" / file;
  return converge(std::make_shared<const Experiment>(load_experiment(path, overrides)), {});
}

const Verdict& verdict(const Convergence& c, const std::string& of) {
  for (const Verdict& v : c.verdicts)
    if (v.of == of) return v;
  throw std::runtime_error("there is no verdict on " + of);
}

const Convergence& named(const ConvergeReport& r, const std::string& name) {
  for (const Convergence& c : r.cases)
    if (c.name == name) return c;
  throw std::runtime_error("there is no case " + name);
}

double shift(const Refinement& l) { return measured(l.result, "spikes_off_by"); }

bool holds_number(const std::string& text, const std::string& number) { return text.find(number) != std::string::npos; }

using Kind = Verdict::Kind;

/// Fires each T = t_ref + tau ln(RI/(RI - 15 mV)), RI = 20 mV: first at 10 ln 4 ms.
std::string leaky(const std::string& integrator) {
  return "model: {use: lif}\ninput: {I: 500 pA}\nintegrator: {" + integrator +
         "}\nsimulate: {for: 200 ms, every: 1 ms}\n";
}
const double first_ms = 10 * std::log(4.0), interval_ms = 2 + first_ms;

}  // namespace

TEST_SUITE("convergence") {
  TEST_CASE("the reference has the exact spikes of a leaky neuron, and each level its distance from them") {
    for (const char* integrator : {"use: euler, dt: 0.5 ms, spikes: located", "use: rk4, dt: 0.5 ms, spikes: located",
                                   "use: dopri5, tolerance: 1e-5"}) {
      CAPTURE(integrator);
      const Convergence c = converged(leaky(integrator)).cases.at(0);
      const std::vector<double>& spikes = c.reference.result.spikes_ms;
      REQUIRE(spikes.size() == 12);
      for (std::size_t i = 0; i < spikes.size(); ++i)
        // errors of the reference's tolerance, 1e-11 of 70 mV and less, where v rises by 0.5 mV/ms
        CHECK(std::abs(spikes[i] - (first_ms + static_cast<double>(i) * interval_ms)) < 1e-8);
      for (const Refinement& l : c.levels) {
        double largest = 0;
        for (std::size_t i = 0; i < std::min(spikes.size(), l.result.spikes_ms.size()); ++i)
          largest =
              std::max(largest, std::abs(l.result.spikes_ms[i] - (first_ms + static_cast<double>(i) * interval_ms)));
        CHECK(std::abs(shift(l) - largest) < 1e-8);
      }
    }
  }

  TEST_CASE("located spikes of a leaky neuron converge at the order of the scheme") {
    const struct {
      const char* integrator;
      double order;
      Kind kind;
    } schemes[] = {{"use: euler, dt: 0.125 ms, spikes: located", 1, Kind::not_converged},
                   {"use: heun, dt: 0.5 ms, spikes: located", 2, Kind::not_converged},
                   {"use: rk4, dt: 1 ms, spikes: located", 4, Kind::converged}};
    for (const auto& [integrator, order, kind] : schemes) {
      CAPTURE(integrator);
      const Convergence c = converged(leaky(integrator)).cases.at(0);
      const Verdict& v = verdict(c, "spike_times");
      CHECK(v.kind == kind);
      CHECK(std::abs(v.order - order) < 0.05 * order);
      CHECK(verdict(c, "spike_count").kind == Kind::converged);
      CHECK(verdict(c, "spike_count").sentence == "converged: 12 at every step");
    }
  }

  TEST_CASE("spikes on the grid are of order 1 whatever the scheme, and the remedy is said") {
    const Convergence c = converged(leaky("use: rk4, dt: 1 ms"), 8).cases.at(0);
    const Verdict& v = verdict(c, "spike_times");
    CHECK(v.kind == Kind::not_converged);
    // each of eleven intervals is rounded up to a step: the error is erratic below its bound, 11 dt
    CHECK(std::abs(v.order - 1) < 0.3);
    for (const Refinement& l : c.levels) CHECK(shift(l) <= 12 * l.size);
    REQUIRE(c.notes.size() == 1);
    CHECK(
        c.notes[0] ==
        "'spikes: on_grid' lets a spike take effect at the end of its step, an error of order 1; 'spikes: located' has "
        "the exact crossing");
  }

  TEST_CASE("a measure that is off says by how much, how fast that falls and which step would do") {
    const Convergence c = converged(leaky("use: euler, dt: 0.125 ms, spikes: located")).cases.at(0);
    const Verdict& v = verdict(c, "time_to_first_spike");
    CHECK(v.kind == Kind::not_converged);
    CAPTURE(v.sentence);
    // v - E_L = 20 mV (1 - (1 - dt/tau)^n) after n steps reaches 15 mV after ln 4 / -ln(1 - dt/tau) of them, 13.776 ms
    CHECK(v.sentence.starts_with("not converged: 13.776 ms, off by 0.08"));
    CHECK(v.sentence.find(" ms at dt = 0.125 ms; order 1.0; converged from dt = 0.015625 ms on") != std::string::npos);
    const Verdict& times = verdict(c, "spike_times");
    CHECK(times.sentence.starts_with("not converged: off by 1.04 ms at dt = 0.125 ms; order 1.0; dt = 0.00"));
    CHECK(times.sentence.ends_with(" ms would do"));
    // and it does
    const auto from = times.sentence.rfind("dt = ");
    const Convergence finer =
        converged(leaky("use: euler, spikes: located, " + std::string("dt: ") +
                        times.sentence.substr(from + 5, times.sentence.rfind(" ms would") - from - 5)),
                  1)
            .cases.at(0);
    CHECK(verdict(finer, "spike_times").kind == Kind::converged);
  }

  TEST_CASE("the error of an adaptive scheme goes with its tolerance") {
    for (const char* id : {"dopri5", "fehlberg78"}) {
      CAPTURE(id);
      const Convergence c = converged(leaky(std::string("use: ") + id + ", tolerance: 1e-4"), 4).cases.at(0);
      REQUIRE(c.levels.size() == 5);
      CHECK(c.levels[1].step == "tolerance = 1e-05");
      CHECK(c.levels[4].step == "tolerance = 1e-08");
      CHECK(c.reference.numerics.find(id) == std::string::npos);  // of another scheme
      const Verdict& v = verdict(c, "spike_times");
      CAPTURE(v.sentence);
      CHECK(std::abs(v.order - 1) < 0.35);  // a leaky neuron takes a few uneven steps an interval: the error scatters
      CHECK(v.sentence.find("; error ~ tolerance^") != std::string::npos);
    }
  }

  TEST_CASE("published against converged: patterns P, Q, S of Izhikevich (2004) depend on the numerics, A does not") {
    const struct {
      const char* file;
      const char *published, *converged, *step;
    } patterns[] = {{"bistability", "5", "7", "0.25 ms"},
                    {"depolarizing_after_potential", "1", "8", "0.1 ms"},
                    {"inhibition_induced_spiking", "3", "4", "0.5 ms"}};
    for (const auto& [file, published, exact, step] : patterns) {
      CAPTURE(file);
      const ConvergeReport r = shipped("izhikevich_2004/" + std::string(file) + ".yaml");
      const Verdict& v = verdict(named(r, "published"), "spike_count");
      CHECK(v.kind == Kind::depends);
      CHECK(v.sentence.starts_with("depends on the numerics: " + std::string(published) +
                                   " as written (euler, update: sequential, dt = " + step + "), " + exact +
                                   " converged, "));
      CHECK(verdict(named(r, "published"), "spike_times")
                .sentence.starts_with("depend on the numerics: " + std::string(published) + " as written, " + exact +
                                      " converged; the first " + published + " are off by up to "));
      CHECK(verdict(named(r, "converged"), "spike_count").sentence ==
            "converged: " + std::string(exact) + " at every step");
      CHECK(verdict(named(r, "converged"), "spike_times").kind == Kind::converged);
      CHECK(r.all_ok());
      REQUIRE(r.summary.rows.size() == 3);
      CHECK(r.summary.rows[0][0] == "published");
      CHECK(r.summary.rows[0][2] == published);
      CHECK(r.summary.rows[0][3] == exact);
      CHECK(r.summary.rows[1][5] == "");
    }
    const ConvergeReport a = shipped("izhikevich_2004/tonic_spiking.yaml");
    CHECK(verdict(named(a, "published"), "spike_count").sentence == "converged: 5 at every step");
    const Verdict& times = verdict(named(a, "published"), "spike_times");
    CHECK(times.kind == Kind::not_converged);
    CHECK(std::abs(times.order - 1) < 0.1);
  }

  TEST_CASE("a neuron that fires without end has no converged value") {
    // pattern T with a larger d: each spike, from 85 ms on, lowers u and makes the next come sooner
    const std::string text =
        "model: {use: izhikevich, preset: inhibition_induced_bursting, d: -100}\n"
        "input: {I: [80, {use: step, from: 50 ms, amplitude: -5}]}\n"
        "integrator: {use: euler, update: sequential, dt: 0.5 ms}\nsimulate: {for: 100 ms}\n";
    const Convergence c = converged(text, 2).cases.at(0);
    CHECK_FALSE(c.reference.result.ok());
    const Verdict& reference = verdict(c, "the reference");
    CHECK(reference.kind == Kind::unknown);
    CHECK(reference.sentence.starts_with("limit reached at t = "));
    CHECK(reference.sentence.find(" with dopri5, tolerance = 1e-11, after ") != std::string::npos);
    CHECK(verdict(c, "spike_count").kind == Kind::depends);
    CHECK(verdict(c, "spike_count").sentence.ends_with("; no converged value: the reference stops"));
    CHECK(verdict(c, "spike_times").sentence == "no converged times: the reference stops");
  }

  TEST_CASE("equations that switch have a reference that does") {
    const Convergence c = converged(
                              "model: {use: izhikevich_2007, preset: thalamo_cortical}\n"
                              "input: {I: {use: step, from: 0 ms, to: 120 ms, amplitude: -1200 pA}}\n"
                              "integrator: {use: dopri5, tolerance: 1e-8}\n"
                              "simulate: {for: 300 ms, every: 0.5 ms}\n",
                              2)
                              .cases.at(0);
    CHECK(verdict(c, "spike_times").kind == Kind::converged);
    CHECK(verdict(c, "spike_count").kind == Kind::converged);
  }

  TEST_CASE("where spikes move as far as to the next one, no number of them is converged") {
    const Convergence c = converged(
                              "model: {use: hindmarsh_rose, preset: chaotic_bursting}\ninput: {I: 3.21}\n"
                              "integrator: {use: rk4, dt: 0.05 ms, spikes: located}\n"
                              "simulate: {for: 5000 ms, every: 0.5 ms}\n",
                              1)
                              .cases.at(0);
    const Verdict& count = verdict(c, "spike_count");
    CHECK((count.kind != Kind::converged || holds_number(count.sentence, "179")));
  }

  TEST_CASE("of chaos there is no reference, and so no converged value") {
    // bursts of irregular structure: errors grow by e each 200 ms or so, from the reference's 1e-13 to whole spikes
    bool unsettled = false;
    for (const char* length : {"4000", "5000", "6000"}) {
      const Convergence c = converged(
                                "model: {use: hindmarsh_rose, preset: chaotic_bursting}\ninput: {I: 3.25}\n"
                                "integrator: {use: rk4, dt: 0.05}\nsimulate: {every: 1, for: " +
                                    std::string(length) + "}\n",
                                1)
                                .cases.at(0);
      const Verdict& times = verdict(c, "spike_times");
      CHECK(times.kind == Kind::unknown);
      CHECK(times.sentence.starts_with("no converged times: the reference itself "));
      unsettled = unsettled || times.sentence == "no converged times: the reference itself does not settle";
    }
    // where two accurate runs happen to have as many spikes, their times still move
    CHECK(unsettled);
  }

  TEST_CASE("without spikes it is the trace that converges") {
    const std::string text =
        "model: {use: nagumo}\ninput: {I: 0.1}\nintegrator: {use: heun, dt: 0.5 ms}\n"
        "simulate: {for: 50 ms, start: {v: -1, w: -0.5}, every: 1 ms}\nexpect: {peak: [-2, 2]}\n";
    const Convergence c = converged(text).cases.at(0);
    const Verdict& v = verdict(c, "trace");
    CHECK(std::abs(v.order - 2) < 0.1);
    CHECK(verdict(c, "spike_count").sentence == "converged: 0 at every step");
    CHECK(verdict(c, "isi_mean").sentence == "not defined: fewer than two spikes");
    CHECK(verdict(c, "peak").kind == Kind::converged);
    CHECK(c.table.head.back() == "trace_off_by");
  }

  TEST_CASE("samples stay at the times of the file however small the step") {
    const Convergence c =
        converged(
            "model: {use: izhikevich}\ninput: {I: 0}\nintegrator: {use: rk4, dt: 0.5 ms}\nsimulate: {for: 20 ms}\n"
            "expect: {mean_voltage: [-100, 0]}\n")
            .cases.at(0);
    // with more samples the mean of a decay would move by much more than the error of rk4
    CHECK(verdict(c, "mean_voltage").kind == Kind::converged);
    CHECK(std::abs(measured(c.levels[0].result, "mean_voltage") - measured(c.reference.result, "mean_voltage")) < 1e-4);
  }

  TEST_CASE("noise that is drawn each step is held against itself by statistics alone") {
    const std::string text =
        "seed: 5\nmodel: {use: lif}\ninput: {I: [400, {use: noise, sigma: 300}]}\n"
        "integrator: {use: euler, dt: 0.5 ms}\nsimulate: {for: 200 ms}\n";
    const Convergence c = converged(text, 2).cases.at(0);
    REQUIRE(c.notes.size() == 1);
    CHECK(c.notes[0] ==
          "noise is drawn at each step, so another step is another realisation: mean ± standard error of 16 of them; "
          "spike times are not held against each other");
    CHECK(c.reference.numerics.empty());
    CHECK_THROWS(verdict(c, "spike_times"));
    // mean and standard error as of sixteen runs of the file with the seeds from 5 on
    double sum = 0, squares = 0;
    for (int i = 0; i < 16; ++i) {
      const auto n = static_cast<double>(run(text, {"seed=" + std::to_string(5 + i)}).spikes_ms.size());
      sum += n / 16, squares += n * n / 16;
    }
    CHECK(std::abs(measured(c.levels[0].result, "spike_count") - sum) < 1e-9);
    CHECK(std::abs(measured(c.levels[0].result, "spike_count_standard_error") - std::sqrt((squares - sum * sum) / 15)) <
          1e-9);
    for (const Verdict& v : c.verdicts) CHECK((v.kind == Kind::unknown || v.kind == Kind::depends));
    CHECK((verdict(c, "spike_count").sentence.starts_with("no difference beyond chance: ") ||
           verdict(c, "spike_count").sentence.starts_with("depends on the numerics: ")));
    // a step as long as a third of the mean interval is seen all the same
    const std::string coarse =
        "model: {use: lif, tau: 2 ms}\ninput: {I: [800, {use: noise, sigma: 50}]}\n"
        "integrator: {use: euler, dt: 1 ms}\nsimulate: {for: 200 ms}\n";
    CHECK(verdict(converged(coarse, 3).cases.at(0), "spike_count").kind == Kind::depends);
  }

  TEST_CASE("noise with samples of its own converges like any current") {
    const Convergence c =
        converged(
            "seed: 1\nmodel: {use: lif}\ninput: {I: [400, {use: ornstein_uhlenbeck, sd: 200, tau: 5, every: 0.5 ms}]}\n"
            "integrator: {use: rk4, dt: 0.5 ms, spikes: located}\nsimulate: {for: 200 ms}\n")
            .cases.at(0);
    CHECK(verdict(c, "spike_times").kind == Kind::converged);
    CHECK(c.notes.empty());
  }

  TEST_CASE("each model of a comparison on its recording") {
    write("cell.yaml",
          "model: {use: izhikevich, preset: regular_spiking}\ninput: {I: {use: step, from: 20 ms, amplitude: 12}}\n"
          "integrator: {use: rk4, dt: 0.05 ms, spikes: located}\nsimulate: {for: 300 ms}\ndrive: {gain: 0.1}\n");
    const ConvergeReport r = converged(
        "compare:\n  data: {file: cell.yaml}\n  models:\n"
        "    coarse: {model: {use: izhikevich, preset: regular_spiking}, drive: {gain: 0.1}}\n"
        "    exact: {model: {use: izhikevich, preset: regular_spiking}, drive: {gain: 0.1},\n"
        "            integrator: {use: rk4, dt: 0.05 ms, spikes: located}}\n"
        "  measure: [gamma, rmse]\nintegrator: {use: euler, dt: 0.05 ms}\n",
        3);
    CHECK(r.cases.size() == 2);
    CHECK(verdict(named(r, "exact"), "gamma").sentence == "converged: 1 at every step");
    CHECK(verdict(named(r, "exact"), "spike_times").kind == Kind::converged);
    CHECK(verdict(named(r, "coarse"), "rmse").kind == Kind::not_converged);
    CHECK(verdict(named(r, "coarse"), "spike_count").kind == Kind::converged);  // measured though the file does not
    CHECK(r.summary.head[0] == "model");
  }

  TEST_CASE("a run that does not reach its end says with which step it does") {
    // gates of 0.1 ms and less: rk4 is unstable with steps above some 0.1 ms
    const ConvergeReport r = converged(
        "model: {use: hodgkin_huxley}\ninput: {I: 10}\nintegrator: {use: euler, dt: 0.5 ms}\nsimulate: {for: 20 ms}\n",
        5);
    const Convergence& c = r.cases.at(0);
    CHECK_FALSE(r.all_ok());
    CHECK(c.verdicts.at(0).of == "the run");
    CHECK(c.verdicts[0].sentence.starts_with("not finite at t = "));
    CHECK(c.verdicts[0].sentence.find(" ms with euler, dt = 0.5 ms; it reaches its end from dt = 0.") !=
          std::string::npos);
    CHECK(verdict(c, "spike_count").kind == Kind::depends);
    // a run that stopped has no measures, nor a distance of its spikes from those of the reference
    CHECK_FALSE(c.levels.front().result.ok());
    CHECK(c.levels.back().result.ok());
    for (const Refinement& l : c.levels) {
      const MeasureValue& off = l.result.measures.back();
      CHECK(off.name == "spikes_off_by");
      CHECK(off.why == (l.result.ok() ? "" : "not defined: the run stopped"));
      CHECK(std::isnan(off.value) == !l.result.ok());
    }
  }

  TEST_CASE("levels end where the scheme does, or where a run would take too long") {
    const Convergence fine =
        converged("model: {use: lif}\nintegrator: {use: euler, dt: 4e-6 ms}\nsimulate: {for: 0.01 ms}\n", 4)
            .cases.at(0);
    CHECK(fine.levels.size() == 3);
    REQUIRE_FALSE(fine.notes.empty());
    CHECK(fine.notes[0] == "2 of 4 refinements: 1e-06 ms is the least that 'euler' accepts");
    const Convergence tight =
        converged("model: {use: lif}\nintegrator: {use: dopri5, tolerance: 1e-12}\nsimulate: {for: 1 ms}\n", 4)
            .cases.at(0);
    CHECK(tight.levels.size() == 3);
    CHECK(tight.notes.at(0) == "2 of 4 refinements: 1e-14 is the least that 'dopri5' accepts");
    ConvergeWishes short_runs;
    CHECK(short_runs.most_steps == 2e8);  // as many as a run may have
    short_runs.most_steps = 4000;
    const Convergence lengthy = converge(load(leaky("use: euler, dt: 0.25 ms")), short_runs).cases.at(0);
    CHECK(lengthy.levels.size() == 3);  // of 800, 1600 and 3200 steps
    CHECK(lengthy.notes.at(0) == "2 of 4 refinements: dt = 0.03125 ms would take 6.4e+03 steps, more than 4e+03");
  }

  TEST_CASE("the numbers as CSV, a row a level") {
    const ConvergeReport r = converged(leaky("use: rk4, dt: 1 ms, spikes: located"), 1);
    CHECK(
        r.csv.starts_with("case,level,numerics,spike_count,mean_rate (Hz),time_to_first_spike (ms),isi_mean "
                          "(ms),isi_cv,spikes_off_by (ms),status\n"
                          "run,as written,\"rk4, spikes: located, dt = 1 ms\",12,60,13.86"));
    CHECK(r.csv.find("\nrun,refined,\"rk4, spikes: located, dt = 0.5 ms\",12,60,13.86") != std::string::npos);
    CHECK(r.csv.find("\nrun,reference,\"dopri5, tolerance = 1e-13\",12,60,13.862943611") != std::string::npos);
  }
}
