#include "cli/shell.hpp"

#include <fmt/format.h>

namespace hillock {
namespace {

/// Text that man takes as it is.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '-') out += '\\';
    else if (out.empty() && (c == '.' || c == '\'')) out += "\\&";
    out += c;
  }
  return out;
}

std::vector<const CLI::App*> commands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}
std::vector<const CLI::Option*> options(const CLI::App& command) {
  return command.get_options([](const CLI::Option* o) { return o->get_name() != "--help"; });
}

/// "[--out DIR]", "FILE ...".
std::string form(const CLI::Option& option) {
  const std::string type = option.get_type_size() == 0 ? "" : option.get_type_name();
  if (option.get_positional()) return option.get_expected_max() > 1 ? type + "..." : type;
  return option.get_name() + (type.empty() ? "" : " " + type);
}

}  // namespace

std::string man_page(const CLI::App& app) {
  std::string out =
      fmt::format(".TH HILLOCK 1\n.SH NAME\nhillock \\- {}\n.SH SYNOPSIS\n", plain(app.get_description()));
  for (const CLI::App* command : commands(app)) {
    out += fmt::format(".B hillock {}\n", command->get_name());
    for (const CLI::Option* option : options(*command))
      out += option->get_required() ? plain(form(*option)) + "\n" : fmt::format("[{}]\n", plain(form(*option)));
    out += ".br\n";
  }
  out += ".SH COMMANDS\n";
  for (const CLI::App* command : commands(app)) {
    out += fmt::format(".SS {}\n{}\n", command->get_name(), plain(command->get_description()));
    for (const CLI::Option* option : options(*command))
      out += fmt::format(".TP\n.B {}\n{}\n", plain(form(*option)), plain(option->get_description()));
  }
  out += ".SH EXIT STATUS\n";
  for (const char* status :
       {"0|good", "1|an expectation failed", "2|the input is wrong", "3|the run failed", "130|interrupted"}) {
    const std::string text = status;
    const std::size_t bar = text.find('|');
    out += fmt::format(".TP\n.B {}\n{}\n", text.substr(0, bar), text.substr(bar + 1));
  }
  out +=
      ".SH ENVIRONMENT\n.TP\n.B HILLOCK_PLUGIN_PATH\nfolders of plugins, separated by ':', before those that are "
      "installed\n";
  return out;
}

std::string bash_completion(const CLI::App& app) {
  std::string names, cases;
  for (const CLI::App* command : commands(app)) {
    const std::string name = command->get_name();
    names += (names.empty() ? "" : " ") + name;
    std::string words;
    for (const CLI::Option* option : options(*command))
      if (option->nonpositional()) words += (words.empty() ? "" : " ") + option->get_name();
    cases += fmt::format("    {}) options='{}' ;;\n", name, words);
  }
  return fmt::format(R"(# bash completion of hillock
_hillock() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} options='' words=''
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '{}' -- "$current"))
    return
  fi
  case ${{COMP_WORDS[1]}} in
{}  esac
  case ${{COMP_WORDS[1]}} in
    new | plugins) words='model integrator optimizer forecaster recording' ;;
    describe) words=$(hillock plugins 2>/dev/null | sed -n 's/^  \([a-z0-9_]*\).*/\1/p') ;;
  esac
  if [[ $current == -* ]]; then words=$options; fi
  if [[ -n $words ]]; then COMPREPLY=($(compgen -W "$words" -- "$current"));
  else COMPREPLY=($(compgen -f -- "$current")); fi
}}
complete -o filenames -F _hillock hillock
)",
                     names, cases);
}

}  // namespace hillock
