// Every block of the pages does what it says: files are checked, plugins compiled, commands run, and what a command is
// said to print is what it prints.
//
//   yaml, cpp   a file, whose name its first line gives: `# spike.yaml`, `// leaky.cpp: ...`
//   console     commands after `$ `, and the lines that they print; a line `…` stands for any number of lines
//   sh          commands, a line each; a script if it begins with #!, which is only parsed
//   text, json, lua, python: for the reader alone
#include <doctest/doctest.h>

#include <regex>
#include <set>

#include "cli/program.hpp"
#include "skip.hpp"

using namespace hillock::test;

namespace {

struct Block {
  std::string language, text;
  int line = 0;  ///< of its first line in the page
};

std::vector<Block> blocks_of(const fs::path& page) {
  std::vector<Block> all;
  bool inside = false;
  int number = 0;
  for (const std::string& line : lines_of(contents(page))) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) all.push_back({line.substr(3), "", number + 1});
    } else if (inside) {
      all.back().text += line + "\n";
    }
  }
  CHECK(!inside);
  return all;
}

/// Commands that belong to the launcher, to a cluster or to hours.
bool is_left_out(const std::string& command) {
  static const std::vector<std::string> not_here = {"./hillock test", "mpirun "};
  for (const std::string& one : not_here)
    if (command == one || (one.ends_with(' ') && command.starts_with(one))) return true;
  return false;
}

/// The command as it is run here: shipped experiments are run by other tests, and are checked; a plugin need not be
/// fast.
std::string as_run(std::string command) {
  const auto replace = [&](const std::string& what, const std::string& by) {
    if (const auto at = command.find(what); at != std::string::npos) command.replace(at, what.size(), by);
  };
  replace("./hillock run experiments/", "./hillock check experiments/");
  replace(" -O3 ", " -O0 -DHILLOCK_NO_LOOPS ");
  return command;
}

/// What a run prints that is not the same each time.
std::string without_times(const std::string& text) {
  static const std::regex seconds("\\([0-9.]+ s\\)");
  return std::regex_replace(text, seconds, "(... s)");
}

/// Whether lines are those promised, `…` for any number of them.
bool agree(const std::vector<std::string>& promised, std::size_t i, const std::vector<std::string>& found,
           std::size_t k) {
  if (i == promised.size()) return k == found.size();
  if (promised[i] == "…") {
    for (std::size_t next = k; next <= found.size(); ++next)
      if (agree(promised, i + 1, found, next)) return true;
    return false;
  }
  return k < found.size() && promised[i] == found[k] && agree(promised, i + 1, found, k + 1);
}

/// A folder in which the words of the pages mean what they mean in a checkout.
struct Checkout {
  Folder folder;
  Checkout() {
    for (const char* part : {"experiments", "framework", "models", "optimizers", "plugins", "tests"})
      fs::create_symlink(source_folder() + "/" + part, folder / part);
    fs::create_symlink(program_file(), folder / "hillock");
  }
  Ran run(const std::string& command) const {
    return run_hillock({"-c", command}, {.folder = folder.path(), .program = "/bin/sh"});
  }
};

void run_console(const Checkout& here, const Block& block) {
  const std::vector<std::string> lines = lines_of(block.text);
  for (std::size_t i = 0; i < lines.size();) {
    REQUIRE(lines[i].starts_with("$ "));
    const std::string command = lines[i++].substr(2);
    std::vector<std::string> promised;
    while (i < lines.size() && !lines[i].starts_with("$ ")) promised.push_back(without_times(lines[i++]));
    if (is_left_out(command)) continue;
    CAPTURE(command);
    const std::string run = as_run(command);
    const Ran ran = here.run(run);
    CAPTURE(ran.out);
    CHECK_MESSAGE(ran.status == 0, ran.err);
    if (!promised.empty() && (run == command || run.find("-O0") != std::string::npos))
      CHECK(agree(promised, 0, lines_of(without_times(ran.out)), 0));
  }
}

void run_shell(const Checkout& here, const Block& block) {
  if (block.text.starts_with("#!")) {
    here.folder.write("script.sh", block.text);
    CHECK(here.run("sh -n script.sh").status == 0);
    return;
  }
  for (const std::string& command : lines_of(block.text)) {
    CAPTURE(command);
    const Ran ran = here.run(as_run(command));
    CHECK_MESSAGE(ran.status == 0, ran.err);
  }
}

void check_page(const std::string& page) {
#ifdef HILLOCK_SANITIZED
  return skip("what is on the pages is run where code is not instrumented");
#endif
  const Checkout here;
  static const std::set<std::string> for_readers = {"text", "json", "lua", "python"};
  static const std::regex name("^(#|//) ([A-Za-z0-9_]+[.](yaml|cpp))(:| |$)");
  std::size_t run = 0;
  std::vector<std::string> files;
  const std::vector<Block> all = blocks_of(source_folder() + "/" + page);
  for (const Block& block : all) {
    if (block.language != "yaml" && block.language != "cpp") continue;
    INFO(page << ":" << block.line);
    std::smatch found;
    const std::string first = lines_of(block.text).at(0);
    REQUIRE(std::regex_search(first, found, name));
    here.folder.write(found[2].str(), block.text);
    if (block.language == "yaml") files.push_back(found[2]);
  }
  for (const Block& block : all) {
    INFO(page << ":" << block.line);
    if (block.language == "console") run_console(here, block), ++run;
    else if (block.language == "sh") run_shell(here, block), ++run;
    else if (block.language != "yaml" && block.language != "cpp") CHECK(for_readers.contains(block.language));
  }
  for (const std::string& file : files) {  // by now the plugins that they name are there
    INFO(page << ": " << file);
    const Ran ran = here.run("HILLOCK_PLUGIN_PATH=. ./hillock check " + file);
    CHECK_MESSAGE(ran.status == 0, ran.err);
  }
  CHECK(run + files.size() > 0);
}

}  // namespace

TEST_SUITE("pages") {
  TEST_CASE("README.md") { check_page("README.md"); }
  TEST_CASE("experiments/README.md") { check_page("experiments/README.md"); }
  TEST_CASE("plugins/README.md") { check_page("plugins/README.md"); }

  TEST_CASE("no other page has a block that nothing runs") {
    static const std::set<std::string> run = {"README.md", "experiments/README.md", "plugins/README.md"};
    for (const char* folder : {"experiments", "framework", "models", "optimizers", "plugins", "tests"})
      for (const auto& entry : fs::recursive_directory_iterator(source_folder() + "/" + folder)) {
        if (entry.path().extension() != ".md") continue;
        const std::string page = entry.path().lexically_relative(source_folder()).string();
        if (run.contains(page)) continue;
        for (const Block& block : blocks_of(entry.path()))
          CHECK_MESSAGE((block.language.empty() || block.language == "text"), page, ":", block.line, ": ",
                        block.language);
      }
  }

  TEST_CASE("links lead to pages and sections that are there") {
    static const std::regex link("\\]\\(([^)#]*)(#[^)]*)?\\)");
    std::vector<std::string> pages = {"README.md"};
    for (const char* folder : {"experiments", "framework", "models", "optimizers", "plugins", "tests/benchmarks"})
      for (const auto& entry : fs::directory_iterator(source_folder() + "/" + folder))
        if (entry.path().extension() == ".md")
          pages.push_back(entry.path().lexically_relative(source_folder()).string());
    const auto sections = [](const fs::path& page) {
      std::set<std::string> all;
      for (const std::string& line : lines_of(contents(page))) {
        const auto text = line.find_first_not_of('#');
        if (text == 0 || text == std::string::npos || line[text] != ' ') continue;
        std::string anchor = "#";
        for (const char c : line.substr(text + 1))
          if (c == ' ') anchor += '-';
          else if (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || (c & 0x80))
            anchor += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        all.insert(anchor);
      }
      return all;
    };
    for (const std::string& page : pages) {
      const fs::path file = source_folder() + "/" + page;
      const std::string text = contents(file);
      for (auto at = std::sregex_iterator(text.begin(), text.end(), link); at != std::sregex_iterator(); ++at) {
        const std::string path = (*at)[1], anchor = (*at)[2];
        if (path.starts_with("http")) continue;
        CAPTURE(page);
        CAPTURE(path);
        CAPTURE(anchor);
        const fs::path to = path.empty() ? file : file.parent_path() / path;
        REQUIRE(fs::exists(to));
        if (!anchor.empty()) CHECK(sections(to).contains(anchor));
      }
    }
  }

  TEST_CASE("the reference manual is up to date") {
    const Ran ran = run_hillock({"describe", "--all", "--markdown"});
    REQUIRE(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK_MESSAGE(ran.out == contents(source_folder() + "/experiments/MANUAL.md"),
                  "renew it: ./hillock describe --all --markdown > experiments/MANUAL.md");
  }
}
