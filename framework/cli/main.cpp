// The program `hillock`: its command line.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "cli/commands.hpp"
#include "host/plugins.hpp"
#include "run/record.hpp"
#include "run/simulate.hpp"

namespace {

void on_interrupt(int) {
  if (hillock::interrupted.exchange(true)) _exit(130);  // a second Ctrl-C does not wait for the present batch
}

int status(hillock::Exit e) { return static_cast<int>(e); }

}  // namespace

int main(int argc, char** argv) {
  using namespace hillock;
  CLI::App app{"Single-neuron models as plugins, experiments as YAML files.", "hillock"};
  app.set_version_flag("--version", version());
  app.require_subcommand(1);
  app.failure_message([](const CLI::App*, const CLI::Error& e) {
    return fmt::format("error: {}\nhillock --help lists the commands\n", e.what());
  });

  RunWishes wishes;
  std::vector<std::string> paths, overrides;
  std::string role, id;
  const auto set_option = [&](CLI::App* command, std::vector<std::string>& into) {
    // one value each time, so that what follows is a file again
    command->add_option("--set", into, "another value for one number of the file, path=value: model.d=2")
        ->allow_extra_args(false)
        ->type_name("PATH=VALUE");
  };
  CLI::App* run = app.add_subcommand("run", "runs experiments and writes their results");
  run->add_option("files", wishes.files, "experiment files")->required()->type_name("FILE");
  run->add_option("--out", wishes.out, "folder of the results, in place of results/...")->type_name("DIR");
  set_option(run, wishes.overrides);
  CLI::App* check = app.add_subcommand("check", "finds whatever `run` would refuse, without running");
  check->add_option("paths", paths, "experiment files, or folders of them")->required()->type_name("FILE|DIR");
  set_option(check, overrides);
  CLI::App* test = app.add_subcommand("test", "runs experiments and judges what they expect");
  test->add_option("paths", paths, "experiment files, or folders of them")->required()->type_name("FILE|DIR");
  set_option(test, overrides);
  CLI::App* plugins = app.add_subcommand("plugins", "lists what is installed");
  plugins->add_option("role", role, "model, integrator, optimizer, forecaster or recording")->type_name("ROLE");
  CLI::App* describes = app.add_subcommand(
      "describe", "explains a plugin, a shape of input or a measure: numbers with unit, default, range and meaning");
  describes->add_option("id", id, "what `use:` says")->required()->type_name("ID");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return app.exit(e) == 0 ? status(Exit::good) : status(Exit::bad_input); }

  watch_for_crashes();
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  try {
    if (*run) {
      std::vector<std::string> words(argv, argv + argc);
      words[0] = "hillock";  // wherever it was installed
      wishes.command = quoted(words);
      return run_files(wishes);
    }
    if (*check) return check_files(paths, overrides);
    if (*test) return test_files(paths, overrides);
    if (*plugins) return list_plugins(role);
    return describe(id);
  } catch (const Error& e) {
    fmt::print(stderr, "{}\n", e.what());
    return status(e.status());
  } catch (const Interrupted&) {
    fmt::print(stderr, "interrupted\n");
    return status(Exit::interrupted);
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "error: there is not enough memory for this run\n");
    return status(Exit::run_failed);
  } catch (const std::exception& e) {
    fmt::print(stderr, "error: {}\n", e.what());
    return status(Exit::run_failed);
  }
}
