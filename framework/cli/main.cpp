// The program `hillock`: its command line.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string_view>

#include "cli/commands.hpp"
#include "cli/shell.hpp"
#include "host/crash.hpp"
#include "host/opened.hpp"
#include "host/plugins.hpp"
#include "host/services.hpp"
#include "neuron/simulate.hpp"
#include "run/provenance.hpp"

namespace {

constexpr unsigned patience_s = 10;
constexpr std::string_view no_memory = "error: there is not enough memory for this run\n";

/// The first asks to stop after the present batch. A second one, or a first that is not heeded in time (a plugin that
/// hangs, a batch without end), ends the process.
void on_interrupt(int signal) {
  if (hillock::interrupted.exchange(true) || signal == SIGALRM) hillock::end_process(130);
  ::alarm(patience_s);
}

/// Without SA_RESTART: waiting for a file that is no file ends too.
void watch_for_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  ::sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGALRM}) ::sigaction(number, &action, nullptr);
}

/// Standard input, output and error are open, if only on /dev/null: else the first files that are opened would take
/// their numbers, and messages be written into them.
void open_standard_files() {
  for (int number = 0; number <= 2; ++number)
    if (::fcntl(number, F_GETFD) < 0) static_cast<void>(::open("/dev/null", O_RDWR));
}

/// For what is thrown where nobody takes it: before main, in a thread of a library, or in the equations of a model.
[[noreturn]] void on_terminate() {
  std::string_view words = "error: hillock ended itself: something was thrown that nobody took\n";
  try {
    if (std::current_exception()) throw;
  } catch (const std::bad_alloc&) { words = no_memory; } catch (const std::exception& e) {
    hillock::end_if_plugin_threw(e.what());
  } catch (...) { hillock::end_if_plugin_threw("no std::exception"); }
  static_cast<void>(!::write(STDERR_FILENO, words.data(), words.size()));
  hillock::end_process(static_cast<int>(hillock::Exit::run_failed));
}
/// Before other objects of the program are made.
__attribute__((constructor(101))) void watch_for_termination() { std::set_terminate(on_terminate); }

int status(hillock::Exit e) { return static_cast<int>(e); }

/// What is wrong with the command line, in the words of this program.
std::string refusal(const CLI::App& app, const CLI::Error& e) {
  using hillock::Error, hillock::suggest;
  const auto names = [](const std::vector<std::string>& of) { return fmt::format("{}", fmt::join(of, ", ")); };
  const auto chosen = app.get_subcommands();
  const std::string kind = e.get_name();
  std::vector<std::string> commands;
  for (const CLI::App* command : app.get_subcommands({})) commands.push_back(command->get_name());
  const std::vector<std::string> unknown = app.remaining(true);
  if (chosen.empty()) {
    if (!unknown.empty() && !unknown[0].starts_with('-'))
      return Error({}, fmt::format("there is no command '{}'", unknown[0]), suggest(unknown[0], commands)).what();
    if (!unknown.empty())
      return Error({}, fmt::format("there is no option '{}' before the command", unknown[0]), "hillock --help").what();
    return Error({}, "a command is needed", names(commands)).what();
  }
  const CLI::App& command = *chosen[0];
  const std::string help = fmt::format("hillock {} --help explains it", command.get_name());
  if (kind == "RequiredError")
    for (const CLI::Option* option : command.get_options())
      if (option->get_required() && option->count() == 0)
        return Error({}, fmt::format("'hillock {}' needs {}", command.get_name(), option->get_type_name()), help)
            .what();
  if (!unknown.empty()) {
    std::vector<std::string> options;
    for (const CLI::Option* option : command.get_options())
      if (option->nonpositional()) options.push_back(option->get_name());
    if (!unknown[0].starts_with('-'))
      for (const CLI::Option* option : command.get_options())
        if (option->get_positional() && option->count() > 0 && option->get_type_name() == "FILE")
          return Error({},
                       fmt::format("'hillock {}' takes one {}, and '{}' is another", command.get_name(),
                                   option->get_type_name(), unknown[0]),
                       "start it once for each")
              .what();
    const std::string near = hillock::nearest(unknown[0], options);
    return Error({}, fmt::format("'hillock {}' does not know '{}'", command.get_name(), unknown[0]),
                 near.empty() ? help : fmt::format("did you mean '{}'?", near))
        .what();
  }
  return Error({}, e.what(), help).what();
}

}  // namespace

namespace {

int run_command(int argc, char** argv) {
  using namespace hillock;
  PluginListener listener;
  listener.say = [](const std::string& line) { tell("{}\n", line); };
  if (isatty(STDERR_FILENO) != 0)
    listener.progress = [](double done, const std::string& activity) {
      if (done < 1) tell_over("\r{}: {:.0f} %\033[K", harmless(activity), 100 * done);
      else tell_over("\r\033[K");
    };
  hear_plugins(std::move(listener));
  CLI::App app{"Single-neuron models as plugins, experiments as YAML files.", "hillock"};
  app.set_version_flag("--version", version());
  app.require_subcommand(1);
  app.failure_message([](const CLI::App* of, const CLI::Error& e) { return refusal(*of, e) + "\n"; });

  RunWishes wishes;
  std::vector<std::string> paths, overrides;
  std::string role, id, first_result, second_result;
  const auto set_option = [&](CLI::App* command, std::vector<std::string>& into) {
    // one value each time, so that what follows is a file again
    command->add_option("--set", into, "another value for one number of the file, path=value: model.d=2")
        ->allow_extra_args(false)
        ->type_name("PATH=VALUE");
  };
  CLI::App* run = app.add_subcommand("run", "runs experiments and writes their results");
  run->add_option("files", wishes.files, "experiment files")->required()->type_name("FILE");
  run->add_option("--out", wishes.out, "folder of the results, in place of results/...")->type_name("DIR");
  run->add_option("--jobs", wishes.jobs, "threads that share the cases of a sweep: as many as the machine has")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  run->add_flag("--resume", wishes.resume, "goes on with the sweep that an interrupted run left unfinished");
  CLI::Option* isolate = run->add_flag(
      "--isolate", wishes.isolate,
      "works on cases of a sweep, starts and profiles of a fit and forecasters in processes of their own, and on what "
      "is one piece in one process: a plugin that crashes, exits or hangs loses that one alone");
  run->add_option("--seconds", wishes.seconds,
                  "processor time of one of these processes: 600, without a limit for what is one piece")
      ->check(CLI::Range(1, 86400 * 30))
      ->needs(isolate)
      ->type_name("S");
  run->add_option("--memory", wishes.memory_MB, "memory of one of these processes, in MB: 4096")
      ->check(CLI::Range(64, 1 << 20))
      ->needs(isolate)
      ->type_name("MB");
  set_option(run, wishes.overrides);
  CLI::App* check = app.add_subcommand("check", "finds whatever `run` would refuse, without running");
  check->add_option("paths", paths, "experiment files, or folders of them")->required()->type_name("FILE|DIR");
  set_option(check, overrides);
  CLI::App* test = app.add_subcommand("test", "runs experiments and judges what they expect");
  test->add_option("paths", paths, "experiment files, or folders of them")->required()->type_name("FILE|DIR");
  set_option(test, overrides);
  ConvergeCall convergence;
  CLI::App* converges = app.add_subcommand("converge", "refines the numerics and says which results depend on them");
  converges->add_option("file", convergence.file, "experiment file")->required()->type_name("FILE");
  converges
      ->add_option("--levels", convergence.levels, "how often the step is halved, or the tolerance divided by ten: 4")
      ->check(CLI::Range(1, 20))
      ->type_name("N");
  converges
      ->add_option("--within", convergence.within_percent,
                   "what may be off and is still called converged, in percent: 0.1")
      ->check([](const std::string& text) {
        double percent = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
        const bool good = error == std::errc{} && end == text.data() + text.size() && percent > 0 && percent <= 100;
        return good ? "" : fmt::format("'{}' is no percentage above 0 and up to 100, as --within 0.1", text);
      })
      ->type_name("PERCENT");
  converges->add_option("--csv", convergence.csv, "also writes the numbers, a row a level")->type_name("FILE");
  set_option(converges, convergence.overrides);
  ExploreCall exploration;
  bool no_figures = false;
  CLI::App* explores = app.add_subcommand(
      "explore", "shows what is in a recording: sweeps, channels, steps of the current, spikes, features");
  explores
      ->add_option(
          "file", exploration.files,
          "recording, or experiment whose run or compared data it is; two where voltage and current have a file "
          "each")
      ->required()
      ->type_name("FILE");
  std::string sweeps;
  const CLI::Option* sweep = explores->add_option("--sweep", sweeps, "of several sweeps these: 3 or 3,5,7 or 3-9")
                                 ->type_name("N")
                                 ->allow_extra_args(false);
  explores
      ->add_option("--window", exploration.window_ms, "the part that is looked at, in ms of the recording's own time")
      ->expected(2)
      ->type_name("FROM TO");
  explores
      ->add_option("--set", exploration.overrides,
                   "another key of the data block, key=value: spikes.threshold=-20, use=abf, columns.voltage=Vm")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  explores->add_option("--out", exploration.out, "folder of figures and page, in place of results/explore/...")
      ->type_name("DIR");
  explores->add_option("--csv", exploration.csv, "also writes the samples: time_ms,current_pA,voltage_mV")
      ->type_name("FILE");
  explores->add_flag("--no-figures", no_figures, "prints the tables alone");
  CLI::App* diff = app.add_subcommand("diff", "says what differs between two folders of results");
  diff->add_option("a", first_result, "the first folder")->required()->type_name("DIR");
  diff->add_option("b", second_result, "the second folder")->required()->type_name("DIR");
  CLI::App* rerun = app.add_subcommand("rerun", "repeats a result from its own record and says whether the bits match");
  rerun->add_option("folder", first_result, "a folder of results")->required()->type_name("DIR");
  rerun->add_option("--jobs", wishes.jobs, "threads: as many as the machine has")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  std::string name;
  CLI::App* creates = app.add_subcommand("new", "makes a folder with a plugin that builds, verifies and runs");
  creates->add_option("role", role, "model, integrator, optimizer, forecaster or recording")
      ->required()
      ->type_name("ROLE");
  creates->add_option("name", name, "the plugin's id: lower case, digits and '_'")->required()->type_name("NAME");
  VerifyCall verification;
  CLI::App* verifies =
      app.add_subcommand("verify", "tries everything that a plugin promises, in processes of their own");
  verifies->add_option("plugin", verification.plugin, "the plugin's file")->required()->type_name("PLUGIN.so");
  verifies
      ->add_option("--recording", verification.recordings,
                   "a file that the plugin reads, if it is a reader; repeatable")
      ->allow_extra_args(false)
      ->type_name("FILE");
  verifies->add_option("--seconds", verification.seconds, "processor time of one check: 60")
      ->check(CLI::Range(1, 86400))
      ->type_name("S");
  verifies->add_option("--memory", verification.memory_MB, "memory of one check, in MB: 4096")
      ->check(CLI::Range(64, 1 << 20))
      ->type_name("MB");
  CLI::App* plugins = app.add_subcommand("plugins", "lists what is installed");
  plugins->add_option("role", role, "model, integrator, optimizer, forecaster or recording")->type_name("ROLE");
  CLI::App* measures = app.add_subcommand("measures", "lists what can be measured of a run, and against a recording");
  CLI::App* describes = app.add_subcommand(
      "describe",
      "explains a plugin, a shape of input, a measure or a key: numbers with unit, default, range and meaning");
  CLI::Option* word = describes->add_option("id", id, "what `use:` says, or a key: fit.optimizer")->type_name("ID");
  bool whole_manual = false, markdown = false;
  describes->add_flag("--all", whole_manual, "the whole manual")->excludes(word);
  describes->add_flag("--markdown", markdown, "with --all: as a page in Markdown");
  app.add_subcommand("schema", "prints the JSON Schema of experiment files, for the completion of editors");

  // for the package, which installs both
  if (argc == 2 && std::string_view(argv[1]) == "--man") return show("{}", man_page(app)), status(Exit::good);
  if (argc == 2 && std::string_view(argv[1]) == "--bash-completion")
    return show("{}", bash_completion(app)), status(Exit::good);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) { return app.exit(e) == 0 ? status(Exit::good) : status(Exit::bad_input); }

  watch_for_crashes();
  watch_for_interrupts();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is a file that cannot be written, and is told so
  std::signal(SIGPIPE, SIG_IGN);  // so is a reader of the output that is gone
  try {
    if (*run) {
      std::vector<std::string> words(argv, argv + argc);
      words[0] = "hillock";           // wherever it was installed
      std::erase(words, "--resume");  // what comes of it is the same
      wishes.command = quoted(words);
      return run_files(wishes);
    }
    if (*check) return check_files(paths, overrides);
    if (*test) return test_files(paths, overrides);
    if (*converges) return converge_file(convergence);
    if (*explores) {
      std::vector<std::string> words(argv, argv + argc);
      words[0] = "hillock";
      exploration.command = quoted(words), exploration.figures = !no_figures;
      if (*sweep) exploration.sweeps = sweeps;
      return explore_file(exploration);
    }
    if (*diff) return diff_results(first_result, second_result);
    if (*rerun) return rerun_result(first_result, wishes.jobs);
    if (*creates) return new_plugin(role, name);
    if (*verifies) return verify_file(verification);
    if (*plugins) return list_plugins(role);
    if (*measures) return list_measures();
    if (app.got_subcommand("schema")) return print_schema();
    if (whole_manual) return describe_all(markdown);
    if (markdown) throw Error({}, "--markdown writes the whole manual", "hillock describe --all --markdown");
    if (id.empty()) throw Error({}, "'hillock describe' needs ID", "hillock describe --help explains it");
    return describe(id);
  } catch (const Error& e) {
    // a file that the user waited for, and then asked to stop
    tell("{}\n", interrupted ? "interrupted" : e.what());
    return status(interrupted ? Exit::interrupted : e.status());
  } catch (const Interrupted&) {
    tell("interrupted\n");
    return status(Exit::interrupted);
  } catch (const std::bad_alloc&) {
    tell("{}", no_memory);
    return status(Exit::run_failed);
  } catch (const std::exception& e) {
    tell("error: {}\n", e.what());
    return status(Exit::run_failed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_files();
  return hillock::after_output(run_command(argc, argv));
}
