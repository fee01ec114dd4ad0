// Currents that hold from sample to sample: whichever way the steps are taken, they have the same bits.
#include <random>

#include "experiments.hpp"
#include "neuron/population.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

/// Samples of a current that make most neurons fire, of any sample interval.
std::shared_ptr<const std::vector<double>> samples(std::size_t n, double high, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<double> values;
  for (std::size_t k = 0; k < n; ++k) values.push_back(high * (static_cast<double>(random() % 1000) / 500 - 0.5));
  return std::make_shared<const std::vector<double>>(std::move(values));
}

/// A sine of no amplitude varies within each step, so that no loop takes its steps, and adds 0.
const std::string still = "{use: sine, frequency: 10 Hz, amplitude: 0}";

struct Model {
  const char* id;
  double strong;
};
constexpr Model models[] = {{"izhikevich", 20}, {"lif", 900}, {"nagumo", 1}};
constexpr const char* integrators[] = {
    "use: euler", "use: euler, update: sequential", "use: heun",
    "use: rk4",   "use: exponential_euler",         "use: exponential_euler, coefficients: middle"};

}  // namespace

TEST_SUITE("held currents") {
  TEST_CASE("a drawn current and pulses beside it drive the loops as they drive each step by itself") {
    std::size_t spikes = 0;
    for (const Model& m : models)
      for (const char* integrator : integrators)
        for (const double every : {0.1, 0.3, 0.25, 0.17})  // whole steps, and not
          for (const char* where : {"on_grid", "located"}) {
            CAPTURE(m.id);
            CAPTURE(integrator);
            CAPTURE(every);
            CAPTURE(where);
            const std::string terms = "{use: ornstein_uhlenbeck, mean: " + number(m.strong / 2) +
                                      ", sd: " + number(m.strong / 2) + ", tau: 5 ms, every: " + number(every) +
                                      " ms}, {use: pulses, from: 10.05 ms, every: 30 ms, count: 5, width: 7 ms, "
                                      "amplitude: " +
                                      number(m.strong / 4) + "}";
            const auto text = [&](const std::string& input) {
              return "model: {use: " + std::string(m.id) + "}\ninput: {I: [" + input + "]}\nintegrator: {" +
                     std::string(integrator) + ", dt: 0.1 ms, spikes: " + where +
                     "}\nsimulate: {for: 200 ms, every: 0.7 ms}\n";
            };
            const Trajectory held = run(text(terms)), varying = run(text(terms + ", " + still));
            CHECK(same_bits(held, varying));
            spikes += held.spikes_ms.size();
          }
    CHECK(spikes > 1000);
  }

  TEST_CASE("a recorded current drives the loops as it drives each step by itself, whole steps a sample or not") {
    std::string file = "time_ms,voltage_mV,current_pA\n";
    const auto values = samples(4000, 1, 3);
    for (std::size_t k = 0; k < values->size(); ++k)
      file += number(0.05 * static_cast<double>(k)) + ",0," + number((*values)[k]) + "\n";
    write("held.csv", file);
    for (const char* integrator : integrators)
      for (const double dt : {0.05, 0.025, 0.05 / 3, 0.02, 0.04, 0.03}) {  // samples begin with steps, or do not
        CAPTURE(integrator);
        CAPTURE(dt);
        const auto text = [&](const std::string& more) {
          return "model: {use: lif}\ninput: {I: [700, {use: file, file: held.csv}" + more + "]}\nintegrator: {" +
                 std::string(integrator) + ", dt: " + number(dt) +
                 "}\nsimulate: {for: " + number(std::floor(150 / dt) * dt) + ", every: " + number(3 * dt) + "}\n";
        };
        const Trajectory held = run(text("")), varying = run(text(", " + still));
        CHECK(held.spikes_ms.size() > 3);
        CHECK(same_bits(held, varying));
      }
  }

  TEST_CASE("a recorded current comes to the units of the model by its drive, whose numbers can be swept") {
    const auto values = samples(3000, 64, 5);
    const auto file = [&](double gain, double shift) {
      std::string text = "time_ms,current_pA\n";
      for (std::size_t k = 0; k < values->size(); ++k)
        text += number(0.1 * static_cast<double>(k)) + "," + number(gain * (*values)[k] + shift) + "\n";
      return text;
    };
    write("recorded.csv", file(1, 0)), write("mapped.csv", file(0.5, 2));
    const auto text = [&](const std::string& of, const std::string& drive, const std::string& more = "") {
      return "model: {use: izhikevich}\ninput: {I: [3, {use: file, file: " + of + "}" + more +
             "]}\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 250 ms}\ndrive: {" + drive + "}\n";
    };
    const Trajectory mapped = run(text("mapped.csv", "gain: 1"));
    CHECK(mapped.spikes_ms.size() > 3);
    for (const std::string& more : {std::string(), ", " + still})
      CHECK(same_bits(run(text("recorded.csv", "gain: 0.5, shift: 2", more)), mapped));

    const auto measured = [&](const std::string& drive, const std::string& over) {
      RunOptions options;
      options.figures = false;
      const Outcome o = execute(load(text("recorded.csv", drive) + "sweep: {over: {" + over +
                                     "}, measure: [spike_count, peak, voltage_base], traces: none}\n"),
                                options);
      std::vector<double> all;
      for (std::size_t i = 0; i < o.cases.size(); ++i)
        for (const MeasureValue& v : o.cases.get(i)->measures) all.push_back(v.value);
      return all;
    };
    std::vector<double> alone;
    for (const char* drive : {"gain: 0.5, shift: 2", "gain: 0.25, shift: 2"})
      for (const double x : measured(drive, "model.d: [8]")) alone.push_back(x);
    CHECK(same_bits(measured("gain: 1, shift: 2", "drive.gain: [0.5, 0.25]"), alone));
  }

  TEST_CASE("neurons that differ in gain and shift of one recorded current have the bits that each has alone") {
    for (const Model& m : models)
      for (const char* integrator : integrators)
        for (const double sample_ms : {0.1, 0.5, 0.13}) {
          CAPTURE(m.id);
          CAPTURE(integrator);
          CAPTURE(sample_ms);
          const auto spec =
              load_neuron("model: {use: " + std::string(m.id) + "}\nintegrator: {" + std::string(integrator) +
                          ", dt: 0.1 ms}\nsimulate: {for: 120 ms, every: 0.3 ms}\n");
          const auto values = samples(static_cast<std::size_t>(120 / sample_ms) + 2, m.strong, 7);
          const auto driven = [&](double gain, double shift) {
            Neuron n = neuron_of(spec);
            auto signal = std::make_shared<Signal>();
            signal->add({0, sample_ms, values, gain, shift}, {0.1, 120, 1});
            n.inputs[0] = std::move(signal);
            return n;
          };
          Population population{driven(1, 0), {}, {}, 19};
          for (const char* path : {"drive.gain", "drive.shift"})
            population.parameters.push_back(Parameter::at(*spec, path, {}));
          for (std::size_t i = 0; i < population.size; ++i) {
            population.values.push_back(0.6 + 0.05 * static_cast<double>(i));
            population.values.push_back(i == 3 ? -0.0 : 0.02 * m.strong * static_cast<double>(i % 5));
          }
          const std::vector<Trajectory> together = run(population, {spec->simulate.record, SpikeDetail::times});
          std::size_t spikes = 0;
          for (std::size_t i = 0; i < population.size; ++i) {
            const Trajectory alone = simulate(driven(population.value(i, 0), population.value(i, 1)));
            CHECK(same_bits(together[i], alone));
            spikes += alone.spikes_ms.size();
          }
          CHECK(spikes > 10);
        }
  }

  TEST_CASE("neurons under currents of their own have the bits that each has alone") {
    const auto spec =
        load_neuron("model: {use: izhikevich}\nintegrator: {use: euler, dt: 0.1 ms}\nsimulate: {for: 200 ms}\n");
    const auto driven = [&](unsigned seed) {
      Neuron n = neuron_of(spec);
      auto signal = std::make_shared<Signal>();
      signal->add({0, seed % 2 ? 0.1 : 0.5, samples(2000, 20, seed), 1, 0}, {0.1, 200, 1});
      n.inputs[0] = std::move(signal);
      return n;
    };
    std::vector<Neuron> neurons;
    for (unsigned seed = 0; seed < 11; ++seed) neurons.push_back(driven(seed));
    neurons.push_back(neuron_of(spec));  // without a current
    std::vector<Trajectory> together(neurons.size());
    simulate(neurons, [&](std::size_t i, Trajectory t) { together[i] = std::move(t); });
    for (std::size_t i = 0; i < neurons.size(); ++i) CHECK(same_bits(together[i], simulate(neurons[i])));
    CHECK(together[0].spikes_ms.size() > 3);
  }

  TEST_CASE("a signal tells its steps with the bits that it has at each of them") {
    const auto values = samples(40, 3, 1);
    for (const double sample_ms : {0.1, 0.3, 0.07})
      for (const double dt : {0.1, 0.025, 0.3}) {
        Signal signal;
        signal.add({0.2, sample_ms, values, 1.7, 0.3}, {dt, 10, 1});
        signal.add({0, dt, values, 0.9, -2}, {dt, 10, 1});
        const StepTimes steps{dt, 1e-6 * dt};
        std::vector<double> told(60);
        signal.steps(steps, 5, told.size(), told.data());
        for (std::size_t k = 0; k < told.size(); ++k) {
          const double begin = steps.begin(5 + static_cast<std::int64_t>(k));
          CHECK(told[k] == signal.at(begin, begin));
        }
      }
  }
}
