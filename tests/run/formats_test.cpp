// The recording of the conductance-based neuron of experiments/compare, written in every format and read back by every
// reader.
#include <fmt/format.h>

#include "experiments.hpp"
#include "host/axon_file.hpp"
#include "host/igor_file.hpp"
#include "host/nwb_file.hpp"
#include "purpose/purpose.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

Recording recording(const std::string& data) {
  const auto e =
      load("compare:\n  data: " + data +
           "\n  models: {lif: {model: {use: lif}, readout: {of: v, scale: 1}}}\nintegrator: {use: euler, dt: 0.1}\n");
  return load_recording(*e->purpose->data());
}
const Recording& made() {
  static const Recording r = [] {
    write("cell.yaml", "base: " + source_folder() + "/experiments/compare/noisy_cell.yaml\nsimulate: {for: 600 ms}\n");
    return recording("{file: cell.yaml}");
  }();
  return r;
}
/// As the file holds it: f of each sample.
template <class F> std::vector<double> each(const std::vector<double>& samples, F f) {
  std::vector<double> out(samples.size());
  std::transform(samples.begin(), samples.end(), out.begin(), f);
  return out;
}
std::vector<double> of_floats(const std::vector<double>& samples, double unit = 1) {
  return each(samples, [&](double x) { return static_cast<double>(static_cast<float>(x / unit)) * unit; });
}
void check_same(const Recording& r, const std::vector<double>& voltage, const std::vector<double>& current,
                const std::string& source) {
  CHECK(r.dt_ms == made().dt_ms);
  CHECK(r.voltage == voltage);
  CHECK(r.current_pA == current);
  CHECK(r.current_source == source);
  CHECK(r.spikes_ms.size() == made().spikes_ms.size());
}

}  // namespace

TEST_SUITE("one recording in every format") {
  TEST_CASE("the cell fires under a current that fluctuates") {
    CHECK(made().voltage.size() == 6001);
    CHECK(made().spikes_ms.size() > 5);
  }
  TEST_CASE("as text it is the same to the last bit") {
    std::string text = "time_ms,current_pA,voltage_mV\n";
    for (std::size_t k = 0; k < made().voltage.size(); ++k)
      text += number(static_cast<double>(k) * 0.1) + "," + number(made().current_pA[k]) + "," +
              number(made().voltage[k]) + "\n";
    write("cell.csv", text);
    check_same(recording("{file: cell.csv}"), made().voltage, made().current_pA, "recorded");
  }
  TEST_CASE("as ABF 2 it is the same in single precision") {
    axon::Tape tape;
    tape.version = 2.6F, tape.floats = true, tape.interval_us = 100;
    tape.inputs = {{"Vm", "mV"}, {"Im", "pA"}};
    tape.sweeps = {{}};
    for (std::size_t k = 0; k < made().voltage.size(); ++k)
      tape.sweeps[0].insert(tape.sweeps[0].end(), {made().voltage[k], made().current_pA[k]});
    axon::image_of(tape).write(folder() / "cell.abf");
    check_same(recording("{file: cell.abf}"), of_floats(made().voltage), of_floats(made().current_pA), "recorded");
  }
  TEST_CASE("as a pair of Igor waves it is the same to the last bit") {
    igor::Wave voltage, current;
    voltage.type = current.type = 4, voltage.samples = made().voltage, current.samples = made().current_pA;
    current.unit = "pA";
    igor::image_of(voltage).write(folder() / "v.ibw");
    igor::image_of(current).write(folder() / "i.ibw");
    check_same(recording("{file: {voltage: v.ibw, current: i.ibw}}"), made().voltage, made().current_pA, "recorded");
  }
  TEST_CASE("as NWB 2 it is the same to the last bit, packed or not") {
    for (const nwb::Stored& stored : {nwb::Stored{}, {H5T_IEEE_F64LE, 1000, 4}}) {
      nwb::Clamp response{"response", made().voltage, 7}, stimulus{"stimulus", made().current_pA, 7};
      response.stored = stimulus.stored = stored;
      response.rate_Hz = stimulus.rate_Hz = 10000;
      response.conversion = 1e-3, stimulus.conversion = 1e-12;
      {
        nwb::Hdf file(folder() / "cell.nwb");
        nwb::put_2(file, {response}, {stimulus});
      }
      check_same(recording("{file: cell.nwb, sweep: 7}"), made().voltage, made().current_pA,
                 "stimulus series stimulus");
    }
  }
  TEST_CASE("in the layout of the Allen Institute it is the same in single precision, in SI units") {
    {
      nwb::Hdf file(folder() / "allen.nwb");
      nwb::put_1(file, {{30, each(made().voltage, [](double x) { return x / 1e3; }),
                         each(made().current_pA, [](double x) { return x / 1e12; }), 10000}});
    }
    check_same(recording("{file: allen.nwb, sweep: 30}"), of_floats(made().voltage, 1e3),
               of_floats(made().current_pA, 1e12), "stimulus series Sweep_30");
  }
}
