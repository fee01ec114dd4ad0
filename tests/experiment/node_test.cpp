// Experiment files as trees: what is refused and how, places, `base`, `--set`, and writing.
#include "file/node.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "experiment/vocabulary.hpp"
#include "folder.hpp"
#include "purpose/purpose.hpp"

using namespace hillock;
namespace fs = std::filesystem;

namespace {

std::shared_ptr<const Source> source(std::string_view text) {
  auto made = std::make_shared<Source>();
  made->name = "x.yaml";
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    made->lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return made;
}
/// A file with its bases, which inherit as those of experiments do.
Node load_tree(const char* file) { return hillock::load_tree(file, own_keys()); }
Node parsed(std::string_view text) { return parse_yaml(source(text)); }

/// The whole message of whatever `f` refuses, without "x.yaml" at its front.
template <class F> std::string message(F f) {
  try {
    f();
  } catch (const Error& error) {
    CHECK(error.status() == Exit::bad_input);
    std::string what = error.what();
    return what.starts_with("x.yaml") ? what.substr(6) : what;
  }
  return "nothing was refused";
}
std::string refused(std::string_view text) {
  return message([&] { (void)parsed(text); });
}
std::string refused_set(std::string_view tree, std::string_view assignment) {
  Node root = parsed(tree);
  return message([&] { set_path(root, assignment); });
}
/// The tree after `--set assignment`, as text.
std::string after_set(std::string_view tree, std::string_view assignment) {
  Node root = parsed(tree);
  set_path(root, assignment);
  return to_yaml(root);
}
std::string merged(std::string_view base, std::string_view over) {
  Node root = parsed(base);
  merge(root, parsed(over));
  return to_yaml(root);
}

/// Kind, text, quotes and order; places differ between two readings.
bool equal(const Node& a, const Node& b) {
  const auto same_entry = [](const Node::Entry& x, const Node::Entry& y) {
    return x.key == y.key && equal(x.value, y.value);
  };
  return a.kind == b.kind && a.text == b.text && a.quoted == b.quoted &&
         std::equal(a.items.begin(), a.items.end(), b.items.begin(), b.items.end(), equal) &&
         std::equal(a.entries.begin(), a.entries.end(), b.entries.begin(), b.entries.end(), same_entry);
}

/// A text of several lines can be written without quotes and is always written with them.
void quote_lines(Node& node) {
  node.quoted = node.quoted || node.text.find('\n') != std::string::npos;
  for (Node& item : node.items) quote_lines(item);
  for (Node::Entry& entry : node.entries) quote_lines(entry.value);
}

std::string place(const Place& p) {
  return std::to_string(p.line) + ":" + std::to_string(p.column) + "+" + std::to_string(p.length);
}

/// Files of a test in a folder that is current while the test lasts, so that messages show their short names.
struct Files {
  fs::path before = fs::current_path();
  test::Folder folder;
  Files() { fs::current_path(folder.path()); }
  ~Files() { fs::current_path(before); }
  static void write(const fs::path& path, std::string_view text) {
    if (path.has_parent_path()) fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
};

}  // namespace

TEST_SUITE("parsing") {
  TEST_CASE("a file becomes a tree in its own order") {
    const Node root = parsed("model: {use: lif, tau: 10 ms}\ninput:\n  I: [{use: step}, 3]\ntitle: \"5\"\nnote:\n");
    REQUIRE(root.is_map());
    REQUIRE(root.entries.size() == 4);
    CHECK(root.entries[1].key == "input");
    CHECK(root.find("model")->find("tau")->text == "10 ms");
    CHECK(root.find("input")->find("I")->items.size() == 2);
    CHECK(root.find("title")->text == "5");
    CHECK(root.find("title")->quoted);
    CHECK_FALSE(root.find("model")->find("tau")->quoted);
    CHECK(root.find("note")->kind == Node::Kind::null);
    CHECK(root.find("nothing") == nullptr);
    CHECK(root.find("title")->find("x") == nullptr);
    CHECK(root.entry("model")->place.column == 1);
  }
  TEST_CASE("every piece knows its line, column and length") {
    const Node root = parsed("µ: {use: 'it''s', \"k\": [1.25, ~]}\nb:\n  - two\n    lines\n  - | \n    text\nc:\n");
    const Node& map = *root.find("µ");
    CHECK(place(root.place) == "1:1+1");
    CHECK(place(root.entry("µ")->place) == "1:1+1");
    CHECK(place(map.place) == "1:4+1");
    CHECK(place(map.find("use")->place) == "1:10+7");
    CHECK(place(map.entry("k")->place) == "1:19+3");
    CHECK(place(map.find("k")->place) == "1:24+1");
    CHECK(place(map.find("k")->items[0].place) == "1:25+4");
    CHECK(place(map.find("k")->items[1].place) == "1:31+1");
    const Node& list = *root.find("b");
    CHECK(place(list.place) == "3:3+1");
    CHECK(place(list.items[0].place) == "3:5+3");  // what of it is on its first line
    CHECK(list.items[0].text == "two lines");
    CHECK(place(list.items[1].place) == "5:5+1");
    CHECK(list.items[1].quoted);
    CHECK(place(root.find("c")->place) == "7:1+1");  // nothing is written there, so its key
  }
  TEST_CASE("nothing, a tilde and null are null, in quotes they are texts") {
    const Node root = parsed("a:\nb: ~\nc: null\nd: \"null\"\ne: ''\nf: nothing\n");
    for (const char* key : {"a", "b", "c"}) CHECK(root.find(key)->kind == Node::Kind::null);
    for (const char* key : {"d", "e", "f"}) CHECK(root.find(key)->is_scalar());
  }
  TEST_CASE("comments, a document mark and a version line are passed over") {
    CHECK(to_yaml(parsed("%YAML 1.2\n---\n# here\na: 1 # there\n...\n")) == "a: 1\n");
  }

  TEST_CASE("an alias is refused") {
    CHECK(refused("a: &x 3\n").starts_with(":1:4: error: anchors"));
    CHECK(refused("a: *x") == R"(:1:4: error: aliases such as '*x' are not read
   1 | a: *x
     |    ^~ write the value out, or put a text that begins with '*' in quotes)");
    CHECK(refused("file: *.csv").starts_with(":1:7: error: aliases such as '*.csv' are not read"));
    CHECK(refused("a: *").starts_with(":1:4: error: aliases such as '*' are not read"));
    CHECK(refused("a: [1, *x, 2]").starts_with(":1:8: error: aliases such as '*x' are not read"));
  }
  TEST_CASE("an anchor is refused, so that no cycle can be made") {
    CHECK(refused("a: &x [1, *x]") == R"(:1:4: error: anchors such as '&x' are not read
   1 | a: &x [1, *x]
     |    ^~ share settings by 'base', or put a text that begins with '&' in quotes)");
    CHECK(refused("&x a: 1").starts_with(":1:1: error: anchors such as '&x' are not read"));
    CHECK(refused("a: &x {b: 1}").starts_with(":1:4: error: anchors such as '&x' are not read"));
    CHECK(refused("a: &x").starts_with(":1:4: error: anchors such as '&x' are not read"));
    CHECK(refused("a: &").starts_with(":1:4: error: anchors such as '&' are not read"));
  }
  TEST_CASE("a tag is refused") {
    CHECK(refused("a: !!str 3") == R"(:1:4: error: tags such as '!!str' are not read
   1 | a: !!str 3
     |    ^~~~~ leave it out, or put a text that begins with '!' in quotes)");
    CHECK(refused("a: !x [3]").starts_with(":1:4: error: tags such as '!x' are not read"));
    CHECK(refused("a: !x {b: 3}").starts_with(":1:4: error: tags such as '!x' are not read"));
    CHECK(refused("a: ! 3").starts_with(":1:4: error: tags such as '!' are not read"));
    CHECK(refused("a: !<x").starts_with(":1:4: error: tags such as '!<x' are not read"));
  }
  TEST_CASE("a second document is refused, even an empty one") {
    CHECK(refused("a: 1\n---\nb: 2\n") == R"(:2:1: error: a second document begins here
   2 | ---
     | ^~~ one file holds one experiment)");
    CHECK(refused("a: 1\n---\n").starts_with(":2:1: error: a second document begins here"));
  }
  TEST_CASE("what follows the end of a value is refused") {
    CHECK(refused("{a: 1}\nb: 2\n") == R"(:2:1: error: this stands after the end of the value
   2 | b: 2
     | ^ put a text in quotes as a whole, begin a key on a line of its own)");
    CHECK(refused("a: \"x\" y").starts_with(":1:8: error: this stands after the end of the value"));
    CHECK(refused("a:\n  - 'x' y").starts_with(":2:9: error: this stands after the end of the value"));
    CHECK(refused("a: 1\n...\nb: 2").starts_with(":3:1: error: this stands after the end of the value"));
  }
  TEST_CASE("a file without content is empty") {
    const std::string expected = ": error: the file is empty - it begins with a line such as 'model: {use: lif}'";
    CHECK(refused("") == expected);
    CHECK(refused("\n\n# nothing but a comment\n") == expected);
  }
  TEST_CASE("a file is a map") {
    CHECK(refused("- a\n- b\n") == R"(:1:1: error: an experiment file is a map of keys, found a list
   1 | - a
     | ^ it begins with a line such as 'model: {use: lif}')");
    CHECK(refused("model\n").starts_with(":1:1: error: an experiment file is a map of keys, found a single value\n"));
    CHECK(refused("~\n").starts_with(":1:1: error: an experiment file is a map of keys, found nothing\n"));
  }
  TEST_CASE("a key that is repeated within a block is refused") {
    CHECK(refused("model:\n  a: 1\n  b: 2\n  a: 3\n") == R"(:4:3: error: the key 'a' is written twice in one block
   4 |   a: 3
     |   ^ the first is on line 2)");
    CHECK(refused("m: {tau: 1, \"tau\": 2}").starts_with(":1:13: error: the key 'tau' is written twice in one block"));
    CHECK(parsed("a: {x: 1}\nb: {x: 1}\n").entries.size() == 2);
  }
  TEST_CASE("a key that is no text is refused") {
    CHECK(refused("{[a]: 3}") == R"(:1:2: error: a key is a name, found a list
   1 | {[a]: 3}
     |  ^ write 'name: value')");
    CHECK(refused("? {a: 1}\n: 3\n").starts_with(":1:3: error: a key is a name, found a map\n"));
    CHECK(refused(": 3").starts_with(":1:1: error: a key is a name, found nothing\n"));
    CHECK(refused("a: {~: 3}").starts_with(":1:5: error: a key is a name, found nothing\n"));
    CHECK(refused("'': 3").starts_with(":1:1: error: a key is a name, found an empty text\n"));
  }
  TEST_CASE("a colon between brackets needs a blank") {
    CHECK(refused("integrator: {use: euler, dt:0.25}") == R"(:1:26: error: 'dt:0.25' has no blank after its colon
   1 | integrator: {use: euler, dt:0.25}
     |                          ^~~~~~~ write 'dt: 0.25')");
    CHECK(parsed("a: {b, c: 1}").find("a")->find("b")->kind == Node::Kind::null);
    CHECK(parsed("source: doi:10.1/x").find("source")->text == "doi:10.1/x");
  }
  TEST_CASE("a tab in the indentation is refused, elsewhere it is a blank") {
    CHECK(refused("model:\n\tuse: lif\n") ==
          ":2:1: error: a tab in the indentation\n   2 | \tuse: lif\n     | ^ indent with blanks");
    CHECK(refused("model:\n  use: lif\n  \ta: 3\n").starts_with(":3:3: error: a tab in the indentation\n"));
    CHECK(refused("a:\n  - 1\n\t- 2\n").starts_with(":3:1: error: a tab in the indentation\n"));
    CHECK(refused("\ta: 1\n").starts_with(":1:1: error: a tab in the indentation\n"));
    CHECK(parsed("a:\t1\t# x\nb: {c: 1,\n\td: 2}\n").find("b")->find("d")->text == "2");
    CHECK(parsed("note: |\n  a\n  \tb\n").find("note")->text == "a\n\tb\n");
  }
  TEST_CASE("text that is not UTF-8 is refused") {
    CHECK(refused("a: 1\ntitle: caf\xe9\n") ==
          ":2:11: error: byte 0xe9 is no UTF-8\n   2 | title: caf\xef\xbf\xbd\n     |           ^ save the file as "
          "UTF-8");
    for (const char* bad : {"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80", "\xe2\x82", "\xff\xfe",
                            "\xe0\x80\xaf", "\xf0\x80\x80\xaf"})
      CHECK_MESSAGE(refused(std::string("a: µ") + bad).starts_with(":1:5: error: byte 0x"), bad);
    CHECK(parsed("a: µΩ神😀").find("a")->text == "µΩ神😀");
  }
  TEST_CASE("a control character is refused") {
    CHECK(refused("a: x\x07y\n") ==
          ":1:5: error: a control character (0x07)\n   1 | a: x\xef\xbf\xbdy\n     |     ^ remove it, or write it as "
          "an escape in quotes");
    CHECK(refused(std::string("a: \0", 4)).starts_with(":1:4: error: a control character (0x00)\n"));
    CHECK(refused("a: 1\rb: 2").starts_with(":1:5: error: a control character (0x0d)\n"));
    CHECK(parsed("a: \"x\\x07\\u00b5\"").find("a")->text == "x\x07µ");
  }
  TEST_CASE("more than 64 levels are refused") {
    const auto deep = [](std::size_t n) { return "a: " + std::string(n, '[') + std::string(n, ']') + "\n"; };
    CHECK(refused(deep(63)) == "nothing was refused");
    CHECK(refused(deep(64)).starts_with(":1:67: error: blocks inside blocks, more than 64 levels deep\n"));
    CHECK(refused(deep(64)).ends_with("^ no experiment needs as many"));
    CHECK(refused(deep(100'000)).starts_with(":1:67: error: blocks inside blocks, more than 64 levels deep\n"));
  }
  TEST_CASE("more than a hundred thousand values are refused") {
    std::string text = "a:\n";
    for (int i = 0; i < 99'997; ++i) text += "- 1\n";  // the map, its key and the list count too
    CHECK(refused(text) == "nothing was refused");
    CHECK(refused(text + "- 1\n") == R"(:99999:3: error: more than 100,000 keys and values
99999 | - 1
      |   ^ put long series in a csv file)");
  }
  TEST_CASE("a line of more than a mebibyte is refused") {
    CHECK(refused("a: 1\nb: " + std::string(1 << 20, 'x')).starts_with(":2:1: error: a line longer than 1 MiB\n"));
    CHECK(refused("b: " + std::string(1 << 20, 'x')).ends_with("^ put long series in a csv file"));
  }

  TEST_CASE("a quote that is not closed is refused where it opens") {
    CHECK(refused("a: \"x\nb: 3\n") == R"(:1:4: error: this quote is not closed
   1 | a: "x
     |    ^ end the text with ")");
    CHECK(refused("a: {b: 'it''s, c: \"3\"}\n").starts_with(":1:8: error: this quote is not closed\n"));
    CHECK(refused("a: \"x\\\"\n").starts_with(":1:4: error: this quote is not closed\n"));
    CHECK(refused("'a: 1\n").starts_with(":1:1: error: this quote is not closed\n"));
    CHECK(parsed("a: \"two\n  lines\"\nb: 'it''s'\n").find("a")->text == "two lines");
    CHECK(refused("a: \"x\n---\n\"") == R"(:2:1: error: the document ends inside a text in quotes
   2 | ---
     | ^ close the quote before)");
  }
  TEST_CASE("a bracket that is not closed is refused where it opens") {
    CHECK(refused("model: {use: lif\ninput: {I: 3}\n") == R"(:1:8: error: '{' is not closed
   1 | model: {use: lif
     |        ^ its '}' is missing)");
    CHECK(refused("{a: 1\n").starts_with(":1:1: error: '{' is not closed\n"));
    CHECK(refused("a: [1, 2\n") == R"(:1:4: error: '[' is not closed
   1 | a: [1, 2
     |    ^ its ']' is missing)");
  }
  TEST_CASE("a missing comma is refused") {
    CHECK(refused("model: {use: lif a: 3}\n") == R"(:1:19: error: '}' or ',' is missing here
   1 | model: {use: lif a: 3}
     |                   ^ write {a: 1, b: 2})");
    CHECK(refused("a: {b: 1\n    c: 2}\n").starts_with(":2:6: error: '}' or ',' is missing here\n"));
    CHECK(refused("a: ['b' 'c']\n") == R"(:1:9: error: ']' or ',' is missing here
   1 | a: ['b' 'c']
     |         ^ write [1, 2])");
  }
  TEST_CASE("a closing bracket without its opening one is refused") {
    CHECK(refused("a: {b: 1}}\n") == R"(:1:10: error: '}' matches no bracket before it
   1 | a: {b: 1}}
     |          ^ each '{' ends with '}', each '[' with ']')");
    CHECK(refused("a: [1}\n").starts_with(":1:6: error: '}' matches no bracket before it\n"));
    CHECK(refused("a: ]\n").starts_with(":1:4: error: ']' matches no bracket before it\n"));
  }
  TEST_CASE("a text with a colon and a blank needs quotes") {
    CHECK(refused("title: Tonic: figure 2\n") == R"(:1:13: error: a second colon in one value
   1 | title: Tonic: figure 2
     |             ^ put a text with ': ' in quotes)");
  }
  TEST_CASE("a colon without a name before it is refused") {
    CHECK(refused("a: x\n  : y\n") == R"(:2:3: error: a colon is not expected here
   2 |   : y
     |   ^ write 'name: value')");
  }
  TEST_CASE("keys of one block begin in one column") {
    CHECK(refused("model:\n  use: lif\n    tau: 3\n") == R"(:3:5: error: this line reads as the end of the one before it
   3 |     tau: 3
     |     ^~~ begin keys of one block in one column, each with its ': ')");
    CHECK(refused("a: 1\nb\nc: 3\n").starts_with(":3:1: error: this line reads as the end of the one before it\n"));
    CHECK(refused("model:\n    use: lif\n  tau: 3\n") == R"(:3:3: error: this is no key of the block it stands in
   3 |   tau: 3
     |   ^ write 'name: value', in the column where the block's other keys begin)");
  }
  TEST_CASE("items of one list begin in one column") {
    CHECK(refused("a:\n  - - 1\n   - 2\n") == R"(:3:4: error: this is no item of the list it stands in
   3 |    - 2
     |    ^ begin it with '- ', in the column of the others)");
    CHECK(refused("- a: 1\n b: 2\n").starts_with(":2:2: error: this is no item of the list it stands in\n"));
  }
  TEST_CASE("a list item or an explicit key stands on a line of its own") {
    CHECK(refused("a: - 1\n") == R"(:1:4: error: a list item is not expected here
   1 | a: - 1
     |    ^ begin it on a line of its own, or write [a, b])");
    CHECK(refused("a: ? b\n") == R"(:1:4: error: a key is not expected here
   1 | a: ? b
     |    ^ begin it on a line of its own)");
  }
  TEST_CASE("an unknown escape is refused") {
    CHECK(refused("a: \"µ\\q\"") == R"(:1:6: error: '\q' is no escape of a quoted text
   1 | a: "µ\q"
     |      ^~ write '\\' for a backslash, or use single quotes)");
    CHECK(refused("a: \"\\xzz\"") == R"(:1:5: error: this escape names no character
   1 | a: "\xzz"
     |     ^~~~ write \x and two, \u and four, \U and eight hex digits)");
    CHECK(refused("a: \"\\ud800\"").starts_with(":1:5: error: this escape names no character\n"));
  }
  TEST_CASE("a sign that begins no value is refused") {
    CHECK(refused("a: @x") == R"(:1:4: error: a value cannot begin with '@'
   1 | a: @x
     |    ^ put the text in quotes)");
    CHECK(refused("a: `x`").starts_with(":1:4: error: a value cannot begin with '`'\n"));
    CHECK(refused("a: %x").starts_with(":1:4: error: a value cannot begin with '%'\n"));
  }
  TEST_CASE("a block of text begins below its sign") {
    CHECK(refused("a: | x\n  y\n") == R"(:1:6: error: a block of text begins on the line after its '|' or '>'
   1 | a: | x
     |      ^ move the text down and indent it)");
  }
  TEST_CASE("a broken directive is refused") {
    CHECK(refused("%YAML\n---\na: 1\n") == R"(:1:1: error: directives such as '%YAML' are not needed
   1 | %YAML
     | ^ remove the line)");
  }
  TEST_CASE("no text makes the reader do anything but parse or refuse") {
    // pieces that matter to YAML, thrown together
    const std::vector<std::string> pieces{"a",  "b: ",  "c:",  "\n",   "\n", "\n  ", "\n    ", "- ",  "? ", ": ",
                                          "[",  "]",    "{",   "}",    ",",  "'",    "\"",     "#",   " ",  "\t",
                                          "*x", "&x ",  "!t ", "|",    ">",  "---",  "...",    "%",   "~",  "null",
                                          "\\", "\\x4", "µ",   "\xff", "1",  "@",    "\r",     "<<: "};
    std::mt19937 random(7);
    for (int i = 0; i < 20'000; ++i) {
      std::string text;
      for (int n = std::uniform_int_distribution(1, 25)(random); n > 0; --n)
        text += pieces[std::uniform_int_distribution<std::size_t>(0, pieces.size() - 1)(random)];
      try {
        Node root = parsed(text);
        quote_lines(root);
        REQUIRE_MESSAGE(equal(parsed(to_yaml(root)), root), text);
      } catch (const Error& error) {
        REQUIRE(error.place());
        REQUIRE_MESSAGE(std::string_view(error.what()).find("cannot be read as YAML") == std::string_view::npos, text);
      }
    }
  }
}

TEST_SUITE("reading files") {
  TEST_CASE("a missing file is named, with the file that was meant") {
    const Files files;
    Files::write("experiments/rs.yaml", "a: 1\n");
    CHECK(message([] { (void)read_source("experiments/rs.yml"); }) ==
          "error: there is no file 'experiments/rs.yml' - did you mean 'experiments/rs.yaml'?");
    CHECK(message([] { (void)read_source("nowhere/rs.yaml"); }) == "error: there is no file 'nowhere/rs.yaml'");
    Files::write("fit.yaml", "base: experiments/ts.yaml\n");
    CHECK(message([] { (void)load_tree("fit.yaml"); }) == R"(fit.yaml:1:7: error: there is no file 'experiments/ts.yaml'
   1 | base: experiments/ts.yaml
     |       ^~~~~~~~~~~~~~~~~~~ did you mean 'experiments/rs.yaml'?)");
  }
  TEST_CASE("a folder is no file") {
    const Files files;
    fs::create_directories("experiments");
    CHECK(message([] { (void)read_source("experiments"); }) == "error: 'experiments' is a folder - name a file in it");
  }
  TEST_CASE("a file that may not be opened is refused") {
    const Files files;
    // a link to itself: no rights, which the superuser would have in any case, are needed to fail
    fs::create_symlink("loop.yaml", "loop.yaml");
    CHECK(message([] { (void)read_source("loop.yaml"); }) ==
          "error: 'loop.yaml' cannot be opened: Too many levels of symbolic links - make it readable");
  }
  TEST_CASE("a file that breaks off while it is read is refused") {
    // the memory of a process has nothing at its first address
    CHECK(message([] { (void)read_source("/proc/self/mem"); }) ==
          "error: '/proc/self/mem' could not be read to its end - read it again");
  }
  TEST_CASE("a file of more than 16 MiB is refused") {
    const Files files;
    Files::write("big.yaml", std::string((16u << 20) + 1, '\n'));
    CHECK(message([] { (void)read_source("big.yaml"); }) ==
          "error: 'big.yaml' is larger than 16 MiB - put long series in a csv file");
    CHECK(message([] { (void)read_source("/dev/zero"); }).starts_with("error: '/dev/zero' is no regular file"));
  }
  TEST_CASE("line ends of Windows and a byte order mark are no part of the text") {
    const Files files;
    Files::write("sub/x.yaml", "\xef\xbb\xbfmodel: {use: lif}\r\nseed: 1");
    const auto read = read_source("sub/x.yaml");
    CHECK(read->name == "sub/x.yaml");
    CHECK(read->folder == "sub");
    CHECK(read->lines == std::vector<std::string>{"model: {use: lif}", "seed: 1"});
    CHECK(to_yaml(load_tree("sub/x.yaml")) == "model: {use: lif}\nseed: 1\n");
  }
}

TEST_SUITE("base") {
  TEST_CASE("maps merge key by key, lists and single values are replaced") {
    CHECK(merged("model: {use: lif, tau: 1, g: 2}\nlist: [1, 2]\nseed: 1\n",
                 "model: {tau: 3, E: 4}\nlist: [5]\nnew: x\n") ==
          "model: {use: lif, tau: 3, g: 2, E: 4}\nlist: [5]\nseed: 1\nnew: x\n");
    CHECK(merged("a: {b: {c: 1, d: 2}}\n", "a: {b: {d: 3}}\n") == merged("a: {b: {c: 1}}\n", "a: {b: {d: 3}}\n"));
    CHECK(merged("start: {v: 1}\n", "start: rest\n") == "start: rest\n");
    CHECK(merged("start: rest\n", "start: {v: 1}\n") == "start: {v: 1}\n");
    CHECK(merged("a: {b: 1}\n", "a:\n") == "a: null\n");
  }
  TEST_CASE("a block with another use replaces the whole block at every level") {
    CHECK(merged("model: {use: lif, tau: 1}\n", "model: {use: adex, a: 2}\n") == "model: {use: adex, a: 2}\n");
    CHECK(merged("model: {use: lif, tau: 1}\n", "model: {use: lif, g: 2}\n") == "model: {use: lif, tau: 1, g: 2}\n");
    CHECK(merged("model: {use: lif, tau: 1}\n", "model: {tau: 2}\n") == "model: {use: lif, tau: 2}\n");
    CHECK(merged("input: {I: {use: step, from: 1}, J: {use: sine, phase: 1}}\n", "input: {I: {use: ramp, to: 2}}\n") ==
          "input:\n  I: {use: ramp, to: 2}\n  J: {use: sine, phase: 1}\n");
  }
  TEST_CASE("a preset laid over a block drops the numbers written for another") {
    CHECK(merged("model: {use: izhikevich, a: 1, d: 2}\n", "model: {preset: chattering, d: 3}\n") ==
          "model: {use: izhikevich, preset: chattering, d: 3}\n");
    CHECK(merged("model: {use: izhikevich, preset: chattering}\n", "model: {d: 3}\n") ==
          "model: {use: izhikevich, preset: chattering, d: 3}\n");
  }
  TEST_CASE("an inherited piece keeps the place and the folder where it was written") {
    const Files files;
    Files::write("a/base.yaml",
                 "compare:\n  data: {file: lost.csv}\nmodel: {use: lif, tau: 1}\ndata: {file: cell.csv}\n");
    Files::write("b/top.yaml", "base: ../a/base.yaml\nmodel: {tau: 2}\n");
    const Node tree = load_tree("b/top.yaml");
    CHECK(tree.find("data")->find("file")->place.source->folder == "a");
    CHECK(tree.find("data")->find("file")->place.source->name == "a/base.yaml");
    CHECK(place(tree.find("model")->find("use")->place) == "3:14+3");
    CHECK(tree.find("model")->find("tau")->place.source->name == "b/top.yaml");
    CHECK(place(tree.find("model")->entry("tau")->place) == "2:9+3");
    CHECK(tree.find("base") == nullptr);
  }
  TEST_CASE("title, source, note, expect and each purpose of the table are not inherited") {
    const Files files;
    std::string base = "seed: 1\nmodel: {use: lif}\n";
    std::vector<std::string> own = {"title", "source", "note", "expect"};
    for (const PurposeRow& row : purposes())
      if (*row.key) own.emplace_back(row.key);
    CHECK(own.size() == 10);
    for (const std::string& key : own) {
      base += key + ": {x: 1}\n";
      CHECK_FALSE(is_inherited(key));
    }
    for (const char* key : {"seed", "model", "readout", "drive", "input", "integrator", "simulate", "data"})
      CHECK(is_inherited(key));
    Files::write("base.yaml", base);
    Files::write("top.yaml", "base: base.yaml\ntitle: mine\nsweep: {y: 2}\n");
    CHECK(to_yaml(load_tree("top.yaml")) == "seed: 1\nmodel: {use: lif}\ntitle: mine\nsweep: {y: 2}\n");
  }
  TEST_CASE("a base may have a base, and the nearer wins") {
    const Files files;
    Files::write("one.yaml", "seed: 1\na: 1\nb: 1\n");
    Files::write("two.yaml", "base: one.yaml\na: 2\n");
    Files::write("three.yaml", "base: two.yaml\nseed: 3\n");
    CHECK(to_yaml(load_tree("three.yaml")) == "seed: 3\na: 2\nb: 1\n");
  }
  TEST_CASE("a circle of bases is refused with its way") {
    const Files files;
    Files::write("one.yaml", "base: two.yaml\n");
    Files::write("two.yaml", "seed: 1\nbase: ./one.yaml\n");
    Files::write("in.yaml", "base: one.yaml\n");
    CHECK(message([] { (void)load_tree("in.yaml"); }) ==
          R"(two.yaml:2:7: error: 'base' leads back to where it began: one.yaml → two.yaml → one.yaml
   2 | base: ./one.yaml
     |       ^~~~~~~~~~ one of them must stand by itself)");
    Files::write("self.yaml", "base: self.yaml\n");
    CHECK(message([] {
            (void)load_tree("self.yaml");
          }).starts_with("self.yaml:1:7: error: 'base' leads back to where it began: self.yaml → self.yaml\n"));
  }
  TEST_CASE("a base that is no file name is refused") {
    const Files files;
    Files::write("x.yaml", "base: [a.yaml, b.yaml]\n");
    CHECK(message([] { (void)load_tree("x.yaml"); }) == R"(:1:7: error: 'base' names one file, found a list
   1 | base: [a.yaml, b.yaml]
     |       ^ write base: other.yaml)");
    Files::write("x.yaml", "base:\n");
    CHECK(
        message([] { (void)load_tree("x.yaml"); }).starts_with(":1:1: error: 'base' names one file, found nothing\n"));
    Files::write("x.yaml", "base: ''\n");
    CHECK(message([] {
            (void)load_tree("x.yaml");
          }).starts_with(":1:7: error: 'base' names one file, found an empty text\n"));
  }
  TEST_CASE("a mistake in a base is told with the place in the base") {
    const Files files;
    Files::write("one.yaml", "a: 1\na: 2\n");
    Files::write("two.yaml", "base: one.yaml\n");
    CHECK(
        message([] { (void)load_tree("two.yaml"); }).starts_with("one.yaml:2:1: error: the key 'a' is written twice"));
  }
}

TEST_SUITE("set") {
  const std::string tree =
      "model: {use: izhikevich, a: 0.02, d: 8}\ninput:\n  I: [{use: step, amplitude: 5}, {use: noise}]\nsimulate: "
      "{start: rest}\n";

  TEST_CASE("a path names one value, list members from 0") {
    CHECK(after_set("model: {use: lif, d: 8}\n", "model.d=2") == "model: {use: lif, d: 2}\n");
    CHECK(after_set("a: [{b: 1}, {b: 2}]\n", "a.1.b=3 pA") == "a:\n  - {b: 1}\n  - {b: 3 pA}\n");
    CHECK(after_set("a: [1, 2]\n", "a.0=[3]") == "a:\n  - [3]\n  - 2\n");
    CHECK(after_set("seed: 1\n", " seed = 2 ") == "seed: 2\n");
    CHECK(after_set("title: a\n", "title=x=y") == "title: x=y\n");
    CHECK(after_set("title: a\n", "title=\"a: b # c\"") == "title: \"a: b # c\"\n");
    CHECK(after_set("a: 1\n", "a=") == "a: null\n");
    CHECK(after_set("a: 1\n", "a=~") == "a: null\n");
  }
  TEST_CASE("a value takes the place of the old one") {
    CHECK(after_set("model: {use: lif, tau: 1}\n", "model={use: lif}") == "model: {use: lif}\n");
    CHECK(after_set("start: {v: 1}\n", "start=rest") == "start: rest\n");
  }
  TEST_CASE("steps that are not there are made") {
    CHECK(after_set("seed: 1\n", "simulate.start.v=-70 mV") == "seed: 1\nsimulate:\n  start: {v: -70 mV}\n");
    CHECK(after_set("simulate:\n", "simulate.for=1 s") == "simulate: {for: 1 s}\n");
  }
  TEST_CASE("a key that holds dots is found") {
    CHECK(after_set("sweep:\n  over: {model.d: [1, 2], model.a: 3}\n", "sweep.over.model.d=[4]") ==
          "sweep:\n  over: {model.d: [4], model.a: 3}\n");
    CHECK(after_set("free: {model.a: {from: 1, to: 2}}\n", "free.model.a.to=3") ==
          "free:\n  model.a: {from: 1, to: 3}\n");
  }
  TEST_CASE("another use drops the options of the old one") {
    CHECK(after_set("model: {use: lif, tau: 1}\n", "model.use=adex") == "model: {use: adex}\n");
    CHECK(after_set("model: {use: lif, tau: 1}\n", "model.use=lif") == "model: {use: lif, tau: 1}\n");
    CHECK(after_set("data: {file: x.bin}\n", "data.use=csv") == "data: {file: x.bin, use: csv}\n");
  }
  TEST_CASE("a preset that is set drops the numbers written for another") {
    CHECK(after_set("model: {use: izhikevich, a: 1, d: 2}\n", "model.preset=chattering") ==
          "model: {use: izhikevich, preset: chattering}\n");
  }
  TEST_CASE("places point into the assignment and its folder is the current one") {
    Node root = parsed("model: {use: lif}\n");
    set_path(root, "model.µ = {x: [1, 'two']}");
    const Node& value = *root.find("model")->find("µ");
    CHECK(place(root.find("model")->entry("µ")->place) == "1:7+1");
    CHECK(place(value.place) == "1:11+1");
    CHECK(place(value.find("x")->items[1].place) == "1:19+5");
    CHECK(value.place.source->name == "--set");
    CHECK(value.place.source->folder.empty());
  }
  TEST_CASE("an assignment without a path or a value is refused") {
    CHECK(refused_set(tree, "model.d") == R"(--set:1:8: error: an assignment needs '='
   1 | model.d
     |        ^ write --set path=value)");
    CHECK(refused_set(tree, "=3") == R"(--set:1:1: error: the path is empty
   1 | =3
     | ^ write a path such as model.d)");
    CHECK(refused_set(tree, "model..d=3") == R"(--set:1:7: error: the path 'model..d' has a step without a name
   1 | model..d=3
     |       ^ write a path such as model.d)");
    CHECK(refused_set(tree, ".d=3").starts_with("--set:1:1: error: the path '.d' has a step without a name\n"));
    CHECK(refused_set(tree, "model.=3").starts_with("--set:1:7: error: the path 'model.' has a step without a name\n"));
  }
  TEST_CASE("a step in quotes is one key, whatever dots it holds") {
    const std::string fit = "fit:\n  free:\n    model.a: {from: 0, to: 1}\n";
    Node root = parsed(fit);
    set_path(root, "fit.free.\"model.b\".from=0.1");
    set_path(root, "fit.free.'model.b'.to=0.9");
    set_path(root, "fit.free.model.a.to=2");  // of one that is there the quotes may be left out
    const Node& free = *root.find("fit")->find("free");
    REQUIRE(free.entries.size() == 2);
    CHECK(free.find("model.a")->find("to")->text == "2");
    CHECK(free.find("model.b")->find("from")->text == "0.1");
    CHECK(free.find("model.b")->find("to")->text == "0.9");
    CHECK(place(free.entry("model.b")->place) == "1:10+9");
    CHECK(refused_set(fit, "fit.free.\"model.b.from=1") ==
          R"(--set:1:10: error: the path 'fit.free."model.b.from' has a quote that is not closed
   1 | fit.free."model.b.from=1
     |          ^ quote one whole step: fit.free."model.d".from)");
    CHECK(refused_set(fit, "fit.free.\"model.b\"from=1") ==
          R"(--set:1:10: error: "model.b" in the path 'fit.free."model.b"from' is no whole step
   1 | fit.free."model.b"from=1
     |          ^~~~~~~~~ quote one whole step: fit.free."model.d".from)");
    CHECK(refused_set(fit, "fit.\"\".from=1").starts_with("--set:1:5: error: \"\" in the path 'fit.\"\".from' is no"));
  }
  TEST_CASE("a step into a list is a number of a member") {
    CHECK(refused_set(tree, "input.I.amplitude=3") ==
          R"(--set:1:9: error: 'input.I' is a list, and 'amplitude' is no number of a member
   1 | input.I.amplitude=3
     |         ^~~~~~~~~ write 'input.I.0' for the first)");
    CHECK(refused_set(tree, "input.I.-1=3")
              .starts_with("--set:1:9: error: 'input.I' is a list, and '-1' is no number of a member\n"));
    CHECK(refused_set(tree, "input.I.2.amplitude=3") == R"(--set:1:9: error: 'input.I' has no member 2
   1 | input.I.2.amplitude=3
     |         ^ its members are 0 to 1)");
    CHECK(refused_set("a: [1]\n", "a.1=3").ends_with("^ its only member is 0"));
    CHECK(refused_set("a: []\n", "a.0=3").ends_with("^ the list is empty"));
    CHECK(refused_set("a: [1]\n", "a.99999999999999999999999=3")
              .starts_with("--set:1:3: error: 'a' has no member 99999"));
  }
  TEST_CASE("a step into a single value is refused") {
    CHECK(refused_set(tree, "simulate.start.v=3") ==
          R"(--set:1:16: error: 'simulate.start' is the value 'rest', in which there is no 'v'
   1 | simulate.start.v=3
     |                ^ set 'simulate.start' itself)");
  }
  TEST_CASE("a value that would be read as a map without braces is refused") {
    CHECK(refused_set(tree, "title=a: b") == R"(--set:1:7: error: 'a: b' reads as a map
   1 | title=a: b
     |       ^~~~ write "a: b" for a text, {a: b} for a map)");
    CHECK(refused_set(tree, "title=- b") == R"(--set:1:7: error: '- b' reads as a list
   1 | title=- b
     |       ^~~ write [a, b] for a list)");
  }
  TEST_CASE("a comment in a value is refused") {
    CHECK(refused_set(tree, "title=figure #3") ==
          R"(--set:1:7: error: 'figure #3' holds a comment: all that is read is 'figure'
   1 | title=figure #3
     |       ^~~~~~~~~ put a text with '#' in quotes)");
    CHECK(
        refused_set(tree, "title=#3").starts_with("--set:1:7: error: '#3' holds a comment: all that is read is ''\n"));
    CHECK(after_set("title: a\n", "title=a#3") == "title: a#3\n");
  }
  TEST_CASE("broken YAML in a value is refused in the assignment") {
    CHECK(refused_set(tree, "model={use: lif") == R"(--set:1:7: error: '{' is not closed
   1 | model={use: lif
     |       ^ its '}' is missing)");
    CHECK(refused_set(tree, "title=\"x").starts_with("--set:1:7: error: this quote is not closed\n"));
    CHECK(refused_set(tree, "model={a: 1, a: 2}").starts_with("--set:1:14: error: the key 'a' is written twice"));
    CHECK(refused_set(tree, "a=\"\\q\"").starts_with("--set:1:4: error: '\\q' is no escape"));
    CHECK(refused_set(tree, "a=*x").starts_with("--set:1:3: error: aliases such as '*x' are not read\n"));
    CHECK(refused_set(tree, "a=b: c: d").starts_with("--set:1:7: error: a second colon in one value\n"));
    CHECK(refused_set(tree, "a=1\nb").starts_with("--set:1:4: error: a control character (0x0a)\n"));
  }
  TEST_CASE("a refused assignment leaves the tree as it was") {
    Node root = parsed(tree);
    for (const char* bad : {"model", "model..d=1", "input.I.7=1", "simulate.start.v=1", "model.use={", "title=a: b"})
      CHECK_THROWS_AS(set_path(root, bad), Error);
    CHECK(equal(root, parsed(tree)));
  }
  TEST_CASE("a value of the program can be set with a place of its own") {
    Node root = parsed(tree);
    set_path(root, "model.d", number_node(2.5), {});
    CHECK(root.find("model")->find("d")->text == "2.5");
    const auto file = source("sweep:\n  over:\n    simulate.start.v: 3\n");
    CHECK(message([&] {
            set_path(root, "simulate.start.v", number_node(1), {file, 3, 5, 16});
          }) ==
          R"(:3:20: error: 'simulate.start' is the value 'rest', in which there is no 'v'
   3 |     simulate.start.v: 3
     |                    ^ set 'simulate.start' itself)");
  }
}

TEST_SUITE("writing") {
  TEST_CASE("short maps and lists of single values stand between brackets, others below their key") {
    const std::string text =
        "title: Regular spiking, figure 2 RS\n"
        "model: {use: izhikevich, a: 0.02, c: -65 mV}\n"
        "input:\n"
        "  I:\n"
        "    - {use: step, from: 100 ms}\n"
        "    - use: ramp\n"
        "      at:\n"
        "        - [1, 2]\n"
        "        - [3, 4]\n"
        "expect: {spike_count: [18, 20], mean_rate: [1, 2]}\n"
        "empty: {}\n"
        "none: []\n"
        "nothing: null\n";
    CHECK(to_yaml(parsed(text)) == text);
  }
  TEST_CASE("a list longer than a line stands below its key unless it was asked for between brackets") {
    std::vector<Node> numbers;
    for (int i = 0; i < 40; ++i) numbers.push_back(number_node(i * 0.1));
    Node map = map_node();
    put(map, "at", list_node(numbers));
    CHECK(to_yaml(map).starts_with("at:\n  - 0\n  - 0.1\n"));
    put(map, "at", list_node(numbers, true));
    CHECK(to_yaml(map).starts_with("at: [0, 0.1, 0.2, 0.30000000000000004, "));
    CHECK(map.entries.size() == 1);
  }
  TEST_CASE("numbers read back to the same bits") {
    CHECK(number_node(0.25, "ms").text == "0.25 ms");
    CHECK(number_node(250).text == "250");
    for (const double x : {0.1, 1.0 / 3, 1e-300, 6.02214076e23, -0.0}) CHECK(std::stod(number_node(x).text) == x);
  }
  TEST_CASE("a text that would read as something else is quoted") {
    for (const char* text :
         {"yes",  "No",    "on", "true", "null", "~",    "",     "1e3", "010",   "0x1f", "5",   "-5",  ".5",  "1_000",
          ".inf", "12:30", " a", "a ",   "a: b", "a #b", "#b",   "- a", "-",     "---",  "[a",  "{a",  "*a",  "&a",
          "!a",   "@a",    "%a", "a:",   "a\nb", "a\tb", "\x07", "'a'", "\"a\"", "| a",  "> a", "? a", ", a", "`a"}) {
      Node map = map_node();
      put(map, "k", text_node(text));
      CHECK_MESSAGE(to_yaml(map).starts_with("k: \""), text);
      CHECK_MESSAGE(parsed(to_yaml(map)).find("k")->text == text, text);
    }
    for (const char* text : {"izhikevich", "doi:10.1109/TNN.2003.820440", "a, b", "µS", "last 30 %", "1/ms", "-65 mV",
                             "a#b", "x [y]", "C:\\x"}) {
      Node map = map_node();
      put(map, "k", text_node(text));
      CHECK_MESSAGE(to_yaml(map) == "k: " + std::string(text) + "\n", text);
    }
  }
  TEST_CASE("every tree reads back as itself") {
    // texts from the signs that mean something to YAML
    const std::vector<std::string> signs{"a", "b", " ", ":",    ": ", " #", "#",  "-", "- ",  "?",    ",", "[",  "]",
                                         "{", "}", "'", "\"",   "\\", "\n", "\t", "|", ">",   "&",    "*", "!",  "%",
                                         "@", "`", "~", "null", "µ",  "神", "1",  ".", "...", "\x01", "=", "<<", "yes"};
    std::mt19937 random(3);
    const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
    const auto text = [&] {
      std::string made;
      for (std::size_t n = below(5); n > 0; --n) made += signs[below(signs.size())];
      return made;
    };
    const auto grow = [&](auto&& self, int depth) -> Node {
      switch (below(depth > 0 ? 6 : 3)) {
        case 0: return Node{};
        case 1: return number_node(std::uniform_real_distribution(-1e3, 1e3)(random), "mV");
        case 2: return text_node(text());
        case 3: {
          std::vector<Node> items;
          for (std::size_t n = below(5); n > 0; --n) items.push_back(self(self, depth - 1));
          return list_node(std::move(items));
        }
        default: {
          Node map = map_node();
          for (std::size_t n = below(5); n > 0; --n) put(map, text() + "k", self(self, depth - 1));
          return map;
        }
      }
    };
    for (int i = 0; i < 3000; ++i) {
      Node root = map_node();
      for (int n = 0; n < 3; ++n) put(root, text() + "k", grow(grow, 4));
      const std::string written = to_yaml(root);
      REQUIRE_MESSAGE(equal(parsed(written), root), written);
      REQUIRE(to_yaml(parsed(written)) == written);
    }
  }
}
