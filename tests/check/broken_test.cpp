// Experiment files that are each broken in one way. The first lines of a file say what the program must say of it:
//
//   # error: LINE:COLUMN: SENTENCE      the place in this file; FILE:LINE:COLUMN: in another one; none for the whole
//                                       file
//   # hint: HINT                        what would be right, if that is said
//   # command: run                      if `check` cannot know it
#include <doctest/doctest.h>

#include <cctype>

#include "cli/program.hpp"

using namespace hillock::test;

namespace {

struct Promise {
  std::string file, place, sentence, hint, command = "check";
};

bool is_place(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

/// What the head of a file promises.
Promise read_promise(const fs::path& path) {
  Promise p;
  for (const std::string& line : lines_of(contents(path))) {
    const auto said = [&](const std::string& what) { return line.starts_with(what) ? line.substr(what.size()) : ""; };
    if (const std::string text = said("# error: "); !text.empty()) {
      p.file = path.filename().string(), p.sentence = text;
      // [FILE:]LINE:COLUMN: before the sentence
      const auto end = text.find(": ");
      const std::string before = text.substr(0, end);
      const auto colon = before.rfind(':');
      if (end == std::string::npos || colon == std::string::npos || !is_place(before.substr(colon + 1))) continue;
      const auto first = before.rfind(':', colon - 1);
      if (first != std::string::npos) p.file = before.substr(0, first);
      p.place = before.substr(first == std::string::npos ? 0 : first + 1), p.sentence = text.substr(end + 2);
    } else if (const std::string hint = said("# hint: "); !hint.empty()) {
      p.hint = hint;
    } else if (const std::string command = said("# command: "); !command.empty()) {
      p.command = command;
    } else {
      break;
    }
  }
  return p;
}

/// Characters of UTF-8 text.
std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// What the message has to be, but for what lies below the caret's first sign.
void check_message(const Promise& p, const std::string& message, const std::string& offending) {
  const std::vector<std::string> lines = lines_of(message);
  if (p.place.empty()) {
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == p.file + ": error: " + p.sentence + (p.hint.empty() ? "" : " - " + p.hint));
    return;
  }
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == p.file + ":" + p.place + ": error: " + p.sentence);
  const int line = std::stoi(p.place), column = std::stoi(p.place.substr(p.place.find(':') + 1));
  std::string number = std::to_string(line);
  number.insert(0, number.size() < 4 ? 4 - number.size() : 0, ' ');
  // signs that a terminal must not be sent are shown as U+FFFD
  std::string shown;
  for (const char c : offending)
    if (static_cast<unsigned char>(c) == 0xef || c == '\x07') shown += "\xef\xbf\xbd";
    else shown += c;
  CHECK(lines[1] == number + " | " + shown);
  const std::string margin(number.size(), ' ');
  REQUIRE(lines[2].starts_with(margin + " | "));
  const std::string below = lines[2].substr(margin.size() + 3);
  const auto caret = below.find('^');
  REQUIRE(caret != std::string::npos);
  CHECK(characters(below.substr(0, caret)) == static_cast<std::size_t>(column - 1));
  CHECK(below.find_first_not_of(" \t") == caret);
  const auto end = below.find_first_not_of('~', caret + 1);
  CHECK((end == std::string::npos ? "" : below.substr(end)) == (p.hint.empty() ? "" : " " + p.hint));
  // the place is that of something: a sign of the file, not the blank before it
  CHECK(static_cast<std::size_t>(column) <= characters(offending) + 1);
  if (characters(offending) == offending.size() && static_cast<std::size_t>(column) <= offending.size() &&
      p.sentence.find("a tab") == std::string::npos)
    CHECK(offending[static_cast<std::size_t>(column - 1)] != ' ');
}

}  // namespace

TEST_SUITE("broken experiments") {
  TEST_CASE("each broken file is refused with its sentence, place, line, caret and hint, and leaves nothing behind") {
    const Folder folder;
    fs::copy(source_folder() + "/tests/broken_experiments", folder / "broken", fs::copy_options::recursive);
    const auto before = folder.files();
    std::map<std::string, std::string> sentences;
    for (const std::string& name : before) {
      if (fs::path(name).parent_path() != "broken") continue;
      CAPTURE(name);
      const Promise p = read_promise(folder / name);
      REQUIRE(!p.sentence.empty());
      CHECK_MESSAGE(sentences.emplace(p.sentence, name).second, "the sentence is that of ", sentences[p.sentence]);
      const Ran ran =
          run_hillock({p.command, fs::path(name).filename().string()},
                      {.folder = folder / "broken", .environment = {{"HILLOCK_PLUGIN_PATH", test_plugins()}}});
      CHECK(ran.status == 2);
      CHECK(ran.out == (p.command == "check" ? "0 of 1 files are good\n" : ""));
      CAPTURE(ran.err);
      std::string offending;
      if (!p.place.empty()) {
        const auto lines = lines_of(contents(folder.path() / "broken" / p.file));
        const auto line = static_cast<std::size_t>(std::stoi(p.place));
        REQUIRE(line <= lines.size());
        offending = lines[line - 1];
      }
      check_message(p, ran.err, offending);
    }
    CHECK(sentences.size() >= 150);
    CHECK(folder.files() == before);
    CHECK(!folder.has("broken/results"));
  }

  TEST_CASE("run says what check says") {
    const Folder folder;
    fs::copy(source_folder() + "/tests/broken_experiments", folder / "broken", fs::copy_options::recursive);
    const Start start{.folder = folder / "broken", .environment = {{"HILLOCK_PLUGIN_PATH", test_plugins()}}};
    for (const char* file : {"unknown_parameter.yaml", "duplicate_key.yaml", "two_purposes.yaml", "empty.yaml"}) {
      CAPTURE(file);
      const Ran run = run_hillock({"run", file}, start), check = run_hillock({"check", file}, start),
                test = run_hillock({"test", file}, start);
      CHECK(run.err == check.err);
      CHECK(run.status == 2);
      CHECK(run.out.empty());
      CHECK(test.err == check.err);
      CHECK(test.status == 2);
    }
    CHECK(!folder.has("broken/results"));
  }

  TEST_CASE("a folder of files is checked to its end, and one good file is counted") {
    const Folder folder;
    fs::copy(source_folder() + "/tests/broken_experiments", folder / "broken", fs::copy_options::recursive);
    const Ran ran = run_hillock({"check", "broken"}, {.folder = folder.path()});
    CHECK(ran.status == 2);
    std::size_t errors = 0, files = 0, good = 1;  // the base of others
    for (const std::string& line : lines_of(ran.err)) errors += line.find(": error: ") != std::string::npos;
    for (const std::string& name : folder.files()) {
      if (!name.ends_with(".yaml")) continue;
      ++files;
      if (folder.read(name).find("\n# command: run\n") != std::string::npos) ++good;  // `check` cannot know it
    }
    CHECK(errors == files - good);
    CHECK(ran.out == std::to_string(good) + " of " + std::to_string(files) + " files are good\n");
  }
}
