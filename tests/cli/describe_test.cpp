// `plugins` and `describe`: the manual that the program carries.
#include <doctest/doctest.h>

#include "cli/program.hpp"
#include "measure/measures.hpp"

using namespace hillock::test;

namespace {

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_SUITE("plugins and describe") {
  TEST_CASE("plugins lists every file of the folder under its role") {
    const Ran all = run_hillock({"plugins"});
    CHECK(all.status == 0);
    CHECK(all.err.empty());
    for (const auto& entry : fs::directory_iterator(shipped_plugins()))
      CHECK(holds(all.out, "\n  " + entry.path().stem().string() + " "));
    CHECK(all.out.starts_with("models\n"));
    for (const char* title : {"\nintegrators\n", "\noptimizers\n", "\nforecasters\n", "\nrecordings\n"})
      CHECK(holds(all.out, title));
    const Ran models = run_hillock({"plugins", "model"});
    CHECK(models.status == 0);
    CHECK(holds(models.out, "  izhikevich "));
    CHECK(!holds(models.out, "integrators"));
    CHECK(run_hillock({"plugins", "models"}).out == models.out);
    CHECK(holds(run_hillock({"plugins", "recording"}).out, "  csv "));
    CHECK(
        holds(run_hillock({"plugins", "forecaster"}).out,
              "  mechanistic                   the file's own neuron, whose state follows the voltage and runs on\n"));
    CHECK(run_hillock({"describe", "mechanistic"}).out.starts_with("mechanistic (forecaster, of hillock itself): "));
    CHECK(holds(run_hillock({"describe", "gamma.precision"}).err,
                "what 'gamma' has is explained with it - hillock describe gamma"));
    CHECK(holds(run_hillock({"describe", "aic"}).out, "Akaike"));
  }

  TEST_CASE("measures lists every measure, with its unit, under what it looks at") {
    const Ran all = run_hillock({"measures"});
    CHECK(all.status == 0);
    CHECK(all.err.empty());
    const std::size_t against = all.out.find("\nagainst a recording\n");
    REQUIRE(against != std::string::npos);
    CHECK(all.out.starts_with("of a run\n"));
    for (const hillock::MeasureInfo& m : hillock::measures()) {
      CAPTURE(m.name);
      const std::size_t at = all.out.find("\n  " + m.name + " ");
      REQUIRE(at != std::string::npos);
      CHECK((at > against - 1) == m.compares);
    }
    CHECK(holds(all.out, "\n  mean_rate"));
    CHECK(holds(all.out, " Hz "));
  }

  TEST_CASE("a refused plugin is named with its reason and the others are listed") {
    const Folder folder;
    folder.write("text.so", "this is no library\n");
    const Ran ran =
        run_hillock({"plugins", "model"}, {.environment = {{"HILLOCK_PLUGIN_PATH", folder.path().string()}}});
    CHECK(ran.status == 0);
    CHECK(holds(ran.out, "  izhikevich "));
    CHECK(ran.err.starts_with("refused: '" + (folder / "text.so").string() + "' "));
    const Ran none = run_hillock({"plugins"}, {.environment = {{"HILLOCK_PLUGIN_PATH", "/nowhere"}}});
    CHECK(none.status == 2);
    CHECK(none.err == "error: HILLOCK_PLUGIN_PATH names '/nowhere', which is no folder\n");
  }

  TEST_CASE("a model is described with parameters, states, inputs, presets and citation") {
    const Ran ran = run_hillock({"describe", "izhikevich"});
    CHECK(ran.status == 0);
    CHECK(ran.out.starts_with("izhikevich 1.0.0 (model): "));
    CHECK(holds(ran.out, "doi:10.1109/TNN.2003.820440\n"));
    for (const char* part : {"\nparameters\n", "\nstates\n", "\ninputs\n", "\npresets\n"}) CHECK(holds(ran.out, part));
    CHECK(holds(ran.out, "\n  d       mV/ms    8     [-200, 200]    step of u at a spike\n"));
    CHECK(holds(ran.out, "spikes: threshold with reset\n"));
    // a preset: what it is, then its numbers, which may be many
    REQUIRE(holds(ran.out, "\n  regular_spiking "));
    for (const std::string& line : lines_of(ran.out))
      if (line.starts_with("  regular_spiking ")) {
        CHECK(line.find(" 2003, figure 2 RS ") != std::string::npos);
        CHECK(line.ends_with("  a 0.02, b 0.2, c -65, d 8, v(0) -63"));
      }
    CHECK(holds(run_hillock({"describe", "lif"}).out, "spikes: threshold with reset and refractory time\n"));
  }

  TEST_CASE("an alias describes the model that it means") {
    const Ran alias = run_hillock({"describe", "fitzhugh_nagumo"}), own = run_hillock({"describe", "nagumo"});
    CHECK(alias.status == 0);
    CHECK(alias.out == own.out);
    CHECK(alias.out.starts_with("nagumo 1.0.0 (model): "));
  }

  TEST_CASE("a model is described with what it lets observe") {
    const Ran axon = run_hillock({"describe", "hodgkin_huxley"});
    CHECK(axon.status == 0);
    CHECK(holds(axon.out, "\nobserved\n  I_Na  uA/cm2  sodium current\n"));
    CHECK(!holds(run_hillock({"describe", "lif"}).out, "observed"));
  }

  TEST_CASE("dynamics is described by its options and by what it finds") {
    const std::string out = run_hillock({"describe", "dynamics"}).out;
    for (const char* word : {"over", "f_i", "phase_plane", "impedance", "amplitude", "hopf_currents", "rheobase"})
      CHECK(holds(out, word));
    CHECK(holds(run_hillock({"describe", "fold_currents"}).out,
                "fold_currents (found by dynamics, a list): currents at which"));
  }

  TEST_CASE("sweep is described by its keys and by those of a range") {
    const std::string out = run_hillock({"describe", "sweep"}).out;
    for (const char* word :
         {"cases", "over", "combine", "one_at_a_time", "traces", "over: ", "from", "count", "logarithmic"})
      CHECK(holds(out, word));
  }

  TEST_CASE("integrators, readers, shapes and measures are described by their options") {
    const Ran rk4 = run_hillock({"describe", "rk4"});
    CHECK(rk4.status == 0);
    CHECK(rk4.out.starts_with("rk4 1.0.0 (integrator): "));
    CHECK(holds(rk4.out, "on_grid | located"));
    const Ran csv = run_hillock({"describe", "csv"});
    CHECK(csv.status == 0);
    CHECK(holds(csv.out, "reads files ending in csv|tsv|txt|atf\n"));
    CHECK(holds(csv.out, "\n  columns.voltage "));
    CHECK(holds(csv.out, "\n  window "));
    for (const char* shape :
         {"constant", "step", "pulses", "ramp", "sine", "chirp", "noise", "ornstein_uhlenbeck", "file"}) {
      CAPTURE(shape);
      const Ran ran = run_hillock({"describe", shape});
      CHECK(ran.status == 0);
      CHECK(ran.out.starts_with(std::string(shape) + " (shape of an input): "));
    }
    CHECK(holds(run_hillock({"describe", "noise"}).out,
                "where its effect depends on the state, euler_maruyama means Ito's integral, heun and rk4 "
                "Stratonovich's, and other schemes are not made for it."));
    const Ran gamma = run_hillock({"describe", "gamma"});
    CHECK(gamma.status == 0);
    CHECK(gamma.out.starts_with("gamma (measure against a recording): "));
    CHECK(holds(gamma.out, "\n  precision  ms  4 "));
    CHECK(run_hillock({"describe", "spike_count"}).out.starts_with("spike_count (measure): "));
  }

  TEST_CASE("every key is described by its path, at any depth") {
    const auto said = [](const std::string& path) {
      const Ran ran = run_hillock({"describe", path});
      CAPTURE(path);
      CHECK(ran.status == 0);
      CHECK(ran.err.empty());
      return ran.out;
    };
    const std::string optimizer = said("fit.optimizer");
    CHECK(
        optimizer.starts_with("optimizer (block): {use: cma_es, evaluations: 10000} and the options of that plugin\n"));
    CHECK(holds(optimizer, "\nuse: bobyqa, cma_es, "));
    CHECK(holds(optimizer, "\n  evaluations "));
    CHECK(holds(said("simulate.spikes"), "\n  threshold  U  needed "));
    CHECK(holds(said("data.spikes"), "\n  slope "));
    CHECK(holds(said("data"), "\n  junction_potential "));
    CHECK(holds(said("compare.budget"), "\n  budget    0  [1, 1e+12]\n"));
    CHECK(holds(said("compare.models.fit"), "\n  starts "));
    CHECK(holds(said("fit.free"), "takes {dotted path: {from, to, scale}}\n"));
    CHECK(holds(said("simulate.window"), "takes [from, to]\n"));
    CHECK(holds(said("sweep.over.scale"), "linear | logarithmic"));
    CHECK(holds(said("forecast.by"), "\nuse: analog, "));
    CHECK(holds(said("input"), "\nuse: constant, step, "));
    CHECK(said("horizon").starts_with("horizon (key): how far each forecast reaches\n"));
  }

  TEST_CASE("a key that is nearly one gets the one that was meant") {
    const std::vector<std::pair<std::string, std::string>> asked = {
        {"fit.optimiser", "error: 'fit' has no key 'optimiser' - did you mean 'optimizer'?\n"},
        {"fit.free.form", "error: 'fit.free' has no key 'form' - did you mean 'from'?\n"},
        {"simulte.for", "error: there is no plugin, shape, measure or key 'simulte' - did you mean 'simulate'?\n"},
        {"simulate.for.ms", "error: 'simulate.for' has no keys - hillock describe simulate.for\n"},
        {"hold_uot", "error: there is no plugin, shape, measure or key 'hold_uot' - did you mean 'hold_out'?\n"},
    };
    for (const auto& [id, message] : asked) {
      const Ran ran = run_hillock({"describe", id});
      CHECK(ran.status == 2);
      CHECK(ran.err == message);
      CHECK(ran.out.empty());
    }
    CHECK(run_hillock({"describe", "--markdown"}).err ==
          "error: --markdown writes the whole manual - hillock describe --all --markdown\n");
  }

  TEST_CASE("the whole manual has every word, with the texts of describe") {
    const std::string all = run_hillock({"describe", "--all"}).out;
    for (const char* word :
         {"izhikevich", "gamma", "ornstein_uhlenbeck", "compare", "rheobase", "csv", "cma_es", "ddf"})
      CHECK(holds(all, run_hillock({"describe", word}).out));
  }

  TEST_CASE("a name that is nearly one gets the one that was meant") {
    const std::vector<std::pair<std::string, std::string>> asked = {
        {"izhikevic", "error: there is no plugin 'izhikevic' - did you mean 'izhikevich'?\n"},
        {"fitzhugh_nagummo", "error: there is no plugin 'fitzhugh_nagummo' - did you mean 'fitzhugh_nagumo'?\n"},
        {"setp", "error: there is no plugin, shape, measure or key 'setp' - did you mean 'step'?\n"},
        {"gama", "error: there is no plugin, shape, measure or key 'gama' - did you mean 'gamma'?\n"},
        {"elephant",
         "error: there is no plugin, shape, measure or key 'elephant' - hillock plugins lists the plugins\n"},
    };
    for (const auto& [id, message] : asked) {
      const Ran ran = run_hillock({"describe", id});
      CHECK(ran.status == 2);
      CHECK(ran.err == message);
      CHECK(ran.out.empty());
    }
  }
}
