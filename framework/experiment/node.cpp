#include "experiment/node.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <sstream>
#include <unordered_map>
#include <utility>

namespace hillock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_nodes = 100'000, most_levels = 64, most_bytes = 16u << 20, most_line = 1u << 20;
constexpr std::string_view blanks = " \t";

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Characters of UTF-8 text: every byte that does not continue one.
int characters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// Bytes of the first `count` characters.
std::size_t bytes_of(std::string_view text, int count) {
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if ((text[i] & 0xc0) != 0x80 && count-- == 0) break;
  }
  return i;
}

bool is_null_word(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

Node make(Node::Kind kind, Place place) {
  Node node;
  node.kind = kind;
  node.place = std::move(place);
  return node;
}

bool is_purpose(std::string_view key) {
  constexpr std::array<std::string_view, 6> purposes{"sweep", "fit", "compare", "forecast", "generate", "dynamics"};
  return std::find(purposes.begin(), purposes.end(), key) != purposes.end();
}

// --- Reading ------------------------------------------------------------------------------------------------------

/// Where the text given to yaml-cpp stands in its source: `--set` parses the part after '=' alone.
struct Text {
  std::shared_ptr<const Source> source;
  std::size_t skipped = 0;  ///< bytes of the first line before the text

  std::string_view line(std::size_t index) const {
    return index < source->lines.size() ? std::string_view(source->lines[index]) : std::string_view{};
  }
  /// From a line and a byte, both from 0, within the parsed text.
  Place place(int line_from_0, int byte_from_0, std::size_t bytes = 1) const {
    // yaml-cpp marks the end of the text on a line of its own, which an editor may not show
    const std::size_t last = source->lines.empty() ? 0 : source->lines.size() - 1;
    const bool beyond = line_from_0 < 0 || static_cast<std::size_t>(line_from_0) > last;
    const std::size_t index = beyond ? last : static_cast<std::size_t>(line_from_0);
    const std::string_view text = line(index);
    std::size_t at = beyond ? text.size() : byte(line_from_0, byte_from_0);
    at = std::min(at, text.size());
    const int length = std::max(1, characters(text.substr(at, bytes)));
    return {source, static_cast<int>(index) + 1, characters(text.substr(0, at)) + 1, length};
  }
  Place place(const YAML::Mark& mark, std::size_t bytes = 1) const { return place(mark.line, mark.column, bytes); }
  /// The rest of the line from a mark on.
  std::string_view rest(const YAML::Mark& mark) const {
    if (mark.line < 0) return {};
    const std::string_view text = line(static_cast<std::size_t>(mark.line));
    return text.substr(std::min(byte(mark.line, mark.column), text.size()));
  }
  std::size_t byte(int line_from_0, int byte_from_0) const {
    return static_cast<std::size_t>(std::max(byte_from_0, 0)) + (line_from_0 == 0 ? skipped : 0);
  }
};

/// Bytes up to and with the closing quote, searched from `begin`; npos if the line has none.
std::size_t closing_quote(std::string_view line, char quote, std::size_t begin) {
  for (std::size_t i = begin; i < line.size(); ++i) {
    if (quote == '"' && line[i] == '\\') {
      ++i;
    } else if (line[i] == quote) {
      if (quote == '"' || i + 1 == line.size() || line[i + 1] != quote) return i + 1;
      ++i;  // two single quotes are one
    }
  }
  return std::string_view::npos;
}

/// Bytes of a scalar on the line where it begins.
std::size_t token_length(std::string_view rest, std::string_view value) {
  if (rest.empty()) return 1;
  if (rest[0] == '"' || rest[0] == '\'') return std::min(closing_quote(rest, rest[0], 1), trim(rest).size());
  if (rest[0] == '|' || rest[0] == '>') return 1;
  return rest.starts_with(value) && !value.empty() ? value.size() : trim(rest).size();
}

/// Whether the bracket at a mark has its closing one; kinds are not told apart.
bool is_closed(const Text& text, const YAML::Mark& mark) {
  int depth = 0;
  char quote = 0;
  std::size_t begin = text.byte(mark.line, mark.column);
  for (auto n = static_cast<std::size_t>(mark.line); n < text.source->lines.size(); ++n, begin = 0) {
    const std::string_view line = text.line(n);
    for (std::size_t i = begin; i < line.size(); ++i) {
      if (quote != 0) {
        i = closing_quote(line, quote, i);
        if (i == std::string_view::npos) break;
        quote = 0;
        --i;
      } else if (line[i] == '"' || line[i] == '\'') {
        quote = line[i];
      } else if (line[i] == '#' && i > 0 && blanks.find(line[i - 1]) != std::string_view::npos) {
        break;
      } else if (line[i] == '{' || line[i] == '[') {
        ++depth;
      } else if ((line[i] == '}' || line[i] == ']') && --depth == 0) {
        return true;
      }
    }
  }
  return false;
}

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(const Text& text) : text_(text) {}

  /// What was open when the parser gave up, innermost last.
  struct Frame {
    Node node;
    bool flow = false;
    bool has_key = false;
    std::string key;
    Place key_place;
    std::unordered_map<std::string, int> seen;  ///< keys and their lines
  };
  const std::vector<Frame>& open() const { return frames_; }
  bool block() const { return block_; }
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (begun_) {
      // the mark is that of '---' or, without it, of what follows the end of the map
      if (text_.rest(mark).starts_with("---"))
        throw Error(text_.place(mark, 3), "a second document begins here", "one file holds one experiment");
      refuse_rest(mark);
    }
    begun_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_properties(mark, "?", anchor);
    // yaml-cpp marks an absent value where the next token is: the key is the better place
    const std::string_view rest = text_.rest(mark);
    const std::string_view word = rest.substr(0, rest.find_first_of(" \t,]}:#"));
    const bool written = !word.empty() && is_null_word(word);
    Place place = text_.place(mark, written ? word.size() : 1);
    if (!written && !frames_.empty()) {
      const Frame& frame = frames_.back();
      place = frame.has_key ? frame.key_place : frame.node.place;
      if (frame.flow && frame.has_key) require_blank(frame);
    }
    add(mark, make(Node::Kind::null, place));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_alias(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse_anchor(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_properties(mark, tag, anchor);
    if (tag == "!") require_closed(mark);
    const Place place = text_.place(mark, token_length(text_.rest(mark), value));
    Node node = make(Node::Kind::scalar, place);
    node.text = value;
    node.quoted = tag == "!";
    add(mark, std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    begin(mark, tag, anchor, style, Node::Kind::list);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    begin(mark, tag, anchor, style, Node::Kind::map);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapEnd() override { end(); }

  [[noreturn]] static void refuse_open(const Place& bracket, char sign) {
    throw Error(bracket, fmt::format("'{}' is not closed", sign),
                fmt::format("its '{}' is missing", sign == '{' ? '}' : ']'));
  }
  [[noreturn]] void refuse_tab_in(int line) const {
    const auto tab = text_.line(static_cast<std::size_t>(line)).find('\t');
    throw Error(text_.place(line, static_cast<int>(tab)), "a tab in the indentation", "indent with blanks");
  }
  [[noreturn]] void refuse_rest(const YAML::Mark& mark) const {
    throw Error(text_.place(mark), "this stands after the end of the value",
                "put a text in quotes as a whole, begin a key on a line of its own");
  }
  [[noreturn]] void refuse_alias(const YAML::Mark& mark) const {
    const std::string_view word = word_at(mark);
    throw Error(text_.place(mark, word.size()), fmt::format("aliases such as '{}' are not read", word),
                "write the value out, or put a text that begins with '*' in quotes");
  }
  [[noreturn]] void refuse_anchor(const YAML::Mark& mark) const {
    const std::string_view word = word_at(mark);
    throw Error(text_.place(mark, word.size()), fmt::format("anchors such as '{}' are not read", word),
                "share settings by 'base', or put a text that begins with '&' in quotes");
  }
  [[noreturn]] void refuse_tag(const YAML::Mark& mark) const {
    const std::string_view word = word_at(mark);
    throw Error(text_.place(mark, word.size()), fmt::format("tags such as '{}' are not read", word),
                "leave it out, or put a text that begins with '!' in quotes");
  }

 private:
  std::string_view word_at(const YAML::Mark& mark) const {
    const std::string_view rest = text_.rest(mark);
    return rest.substr(0, rest.find_first_of(" \t,[]{}"));
  }

  void refuse_properties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0) refuse_anchor(mark);
    // '!' alone reads as the mark of quotes, so the text decides
    if ((tag != "?" && tag != "!" && !tag.empty()) || text_.rest(mark).starts_with('!')) refuse_tag(mark);
  }

  /// YAML takes a tab for a blank but not for indentation: the structure would not be the one that is seen.
  void refuse_tab(const YAML::Mark& mark) const {
    if (mark.line < 0 || (!frames_.empty() && frames_.back().flow)) return;
    const std::string_view line = text_.line(static_cast<std::size_t>(mark.line));
    const auto first = line.find_first_not_of(blanks);
    const auto tab = line.find('\t');
    if (tab < first && first == text_.byte(mark.line, mark.column)) refuse_tab_in(mark.line);
  }

  /// yaml-cpp closes at the end of the file what is open there.
  void require_closed(const YAML::Mark& mark) const {
    const std::string_view rest = text_.rest(mark);
    if (rest.empty() || (rest[0] != '"' && rest[0] != '\'')) return;
    auto end = closing_quote(rest, rest[0], 1);
    for (auto n = static_cast<std::size_t>(mark.line) + 1; end == std::string_view::npos; ++n) {
      if (n >= text_.source->lines.size())
        throw Error(text_.place(mark), "this quote is not closed", fmt::format("end the text with {}", rest[0]));
      end = closing_quote(text_.line(n), rest[0], 0);
    }
  }

  /// `{dt:0.25}` is a map whose key is "dt:0.25".
  void require_blank(const Frame& frame) const {
    const auto colon = frame.key.find(':');
    if (colon == std::string::npos || colon + 1 == frame.key.size()) return;
    throw Error(frame.key_place, fmt::format("'{}' has no blank after its colon", frame.key),
                fmt::format("write '{}: {}'", frame.key.substr(0, colon), frame.key.substr(colon + 1)));
  }

  void count(const YAML::Mark& mark) {
    refuse_tab(mark);
    if (++nodes_ > most_nodes)
      throw Error(text_.place(mark), "more than 100,000 keys and values", "put long series in a csv file");
  }

  void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YAML::EmitterStyle::value style,
             Node::Kind kind) {
    refuse_properties(mark, tag, anchor);
    count(mark);
    const bool flow = style == YAML::EmitterStyle::Flow;
    if (frames_.empty()) block_ = !flow;
    if (expects_key()) refuse_key(mark, kind == Node::Kind::map ? "a map" : "a list");
    if (frames_.size() == most_levels)
      throw Error(text_.place(mark), "blocks inside blocks, more than 64 levels deep", "no experiment needs as many");
    Frame& frame = frames_.emplace_back();
    frame.node = make(kind, text_.place(mark));
    frame.flow = flow;
  }
  void end() {
    Node node = std::move(frames_.back().node);
    frames_.pop_back();
    attach(std::move(node));
  }

  void add(const YAML::Mark& mark, Node node) {
    count(mark);
    if (!expects_key()) return attach(std::move(node));
    if (!node.is_scalar()) refuse_key(mark, "nothing");
    if (node.text.empty()) refuse_key(mark, "an empty text");
    Frame& frame = frames_.back();
    const auto [first, is_new] = frame.seen.emplace(node.text, node.place.line);
    if (!is_new)
      throw Error(node.place, fmt::format("the key '{}' is written twice in one block", node.text),
                  fmt::format("the first is on line {}", first->second));
    frame.key = std::move(node.text);
    frame.key_place = node.place;
    frame.has_key = true;
  }
  void attach(Node node) {
    if (frames_.empty()) {
      root_ = std::move(node);
      return;
    }
    Frame& frame = frames_.back();
    if (frame.node.is_list()) {
      frame.node.items.push_back(std::move(node));
    } else {
      frame.node.entries.push_back({std::move(frame.key), frame.key_place, std::move(node)});
      frame.has_key = false;
    }
  }
  bool expects_key() const { return !frames_.empty() && frames_.back().node.is_map() && !frames_.back().has_key; }
  [[noreturn]] void refuse_key(const YAML::Mark& mark, std::string_view found) const {
    // at the end of the file yaml-cpp takes for a key what opens a bracket and never closes it
    const std::string_view rest = text_.rest(mark);
    if ((rest.starts_with('{') || rest.starts_with('[')) && !is_closed(text_, mark))
      refuse_open(text_.place(mark), rest[0]);
    throw Error(text_.place(mark), fmt::format("a key is a name, found {}", found), "write 'name: value'");
  }

  const Text& text_;
  Node root_;
  std::vector<Frame> frames_;
  std::size_t nodes_ = 0;
  bool begun_ = false, block_ = false;
};

std::size_t indentation(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

/// yaml-cpp's own sentences in the words of this program, with the place that helps.
[[noreturn]] void rephrase(const YAML::ParserException& broken, const Text& text, const Builder& builder) {
  const YAML::Mark mark = broken.mark;
  const std::string_view what = broken.msg;
  const std::string_view rest = text.rest(mark);
  const Place here = text.place(mark);
  const auto is = [&](std::string_view start) { return what.starts_with(start); };

  // a tab at the front of this line is behind most misreadings of it
  const std::string_view line = text.line(static_cast<std::size_t>(std::max(mark.line, 0)));
  const bool in_flow = !builder.open().empty() && builder.open().back().flow;
  if (!in_flow && line.find('\t') < line.find_first_not_of(blanks)) builder.refuse_tab_in(mark.line);

  // yaml-cpp marks what follows the sign of an alias, an anchor or a tag
  const auto sign = [&](char c) {
    YAML::Mark at = mark;
    const auto found = line.substr(0, std::min(line.size(), line.size() - rest.size() + 1)).rfind(c);
    if (found != std::string_view::npos) at.column = static_cast<int>(found - text.byte(mark.line, 0));
    return at;
  };
  if (is(YAML::ErrorMsg::UNKNOWN_ANCHOR) || is(YAML::ErrorMsg::ALIAS_NOT_FOUND) || is(YAML::ErrorMsg::CHAR_IN_ALIAS) ||
      is(YAML::ErrorMsg::ALIAS_CONTENT))
    builder.refuse_alias(sign('*'));
  if (is(YAML::ErrorMsg::ANCHOR_NOT_FOUND) || is(YAML::ErrorMsg::CHAR_IN_ANCHOR) ||
      is(YAML::ErrorMsg::MULTIPLE_ANCHORS))
    builder.refuse_anchor(sign('&'));
  if (is(YAML::ErrorMsg::CHAR_IN_TAG_HANDLE) || is(YAML::ErrorMsg::TAG_WITH_NO_SUFFIX) ||
      is(YAML::ErrorMsg::END_OF_VERBATIM_TAG) || is(YAML::ErrorMsg::MULTIPLE_TAGS))
    builder.refuse_tag(sign('!'));

  if (is(YAML::ErrorMsg::END_OF_MAP_FLOW) || is(YAML::ErrorMsg::END_OF_SEQ_FLOW)) {
    const bool map = is(YAML::ErrorMsg::END_OF_MAP_FLOW);
    if (in_flow) {
      const Place& opened = builder.open().back().node.place;
      const auto opened_line = static_cast<std::size_t>(opened.line - 1);
      // a line that is indented no more than the one with the bracket is no part of it: the bracket was forgotten
      if (trim(rest).empty() || (here.line > opened.line && indentation(line) <= indentation(text.line(opened_line))))
        Builder::refuse_open(opened, map ? '{' : '[');
    }
    throw Error(here, fmt::format("'{}' or ',' is missing here", map ? '}' : ']'),
                fmt::format("write {}", map ? "{a: 1, b: 2}" : "[1, 2]"));
  }
  if (is(YAML::ErrorMsg::FLOW_END))
    throw Error(here, fmt::format("'{}' matches no bracket before it", rest.substr(0, 1)),
                "each '{' ends with '}', each '[' with ']'");
  if (is(YAML::ErrorMsg::MAP_VALUE)) {
    const std::string_view before = line.substr(0, line.size() - rest.size());
    if (before.find(": ") != std::string_view::npos)
      throw Error(here, "a second colon in one value", "put a text with ': ' in quotes");
    // the name before this colon was read as the rest of a text that begins above
    const auto first = before.find_first_not_of(blanks);
    if (first == std::string_view::npos || mark.line == 0)
      throw Error(here, "a colon is not expected here", "write 'name: value'");
    throw Error(text.place(mark.line, static_cast<int>(first), before.size() - first),
                "this line reads as the end of the one before it",
                "begin keys of one block in one column, each with its ': '");
  }
  if (is(YAML::ErrorMsg::MAP_KEY)) throw Error(here, "a key is not expected here", "begin it on a line of its own");
  if (is(YAML::ErrorMsg::BLOCK_ENTRY))
    throw Error(here, "a list item is not expected here", "begin it on a line of its own, or write [a, b]");
  const bool begins_line = line.size() - rest.size() <= line.find_first_not_of(blanks);
  if ((is(YAML::ErrorMsg::END_OF_MAP) || is(YAML::ErrorMsg::END_OF_SEQ)) && !begins_line) builder.refuse_rest(mark);
  if (is(YAML::ErrorMsg::END_OF_MAP))
    throw Error(here, "this is no key of the block it stands in",
                "write 'name: value', in the column where the block's other keys begin");
  if (is(YAML::ErrorMsg::END_OF_SEQ))
    throw Error(here, "this is no item of the list it stands in", "begin it with '- ', in the column of the others");
  // yaml-cpp marks what follows the escape
  const auto slash = line.substr(0, line.size() - rest.size()).rfind('\\');
  const Place escape =
      slash == std::string_view::npos
          ? here
          : text.place(mark.line, static_cast<int>(slash - text.byte(mark.line, 0)), line.size() - rest.size() - slash);
  if (is(YAML::ErrorMsg::INVALID_ESCAPE))
    throw Error(escape, fmt::format("'\\{}' is no escape of a quoted text", what.substr(what.size() - 1)),
                "write '\\\\' for a backslash, or use single quotes");
  if (is(YAML::ErrorMsg::INVALID_HEX) || is(YAML::ErrorMsg::INVALID_UNICODE))
    throw Error(escape, "this escape names no character", "write \\x and two, \\u and four, \\U and eight hex digits");
  if (is(YAML::ErrorMsg::CHAR_IN_BLOCK) || is(YAML::ErrorMsg::ZERO_INDENT_IN_BLOCK))
    throw Error(here, "a block of text begins on the line after its '|' or '>'", "move the text down and indent it");
  if (is(YAML::ErrorMsg::DOC_IN_SCALAR))
    throw Error(here, "the document ends inside a text in quotes", "close the quote before");
  if (is(YAML::ErrorMsg::UNKNOWN_TOKEN))
    throw Error(here, fmt::format("a value cannot begin with '{}'", rest.substr(0, bytes_of(rest, 1))),
                "put the text in quotes");
  if (is(YAML::ErrorMsg::YAML_DIRECTIVE_ARGS) || is(YAML::ErrorMsg::YAML_VERSION) ||
      is(YAML::ErrorMsg::YAML_MAJOR_VERSION) || is(YAML::ErrorMsg::REPEATED_YAML_DIRECTIVE) ||
      is(YAML::ErrorMsg::TAG_DIRECTIVE_ARGS) || is(YAML::ErrorMsg::REPEATED_TAG_DIRECTIVE))
    throw Error(here, "directives such as '%YAML' are not needed", "remove the line");
  throw Error(here, fmt::format("this cannot be read as YAML: {}", what));
}

/// Refuses what is not UTF-8, and characters that no editor shows.
void check_characters(const std::shared_ptr<const Source>& source) {
  for (std::size_t n = 0; n < source->lines.size(); ++n) {
    const std::string_view line = source->lines[n];
    // yaml-cpp holds some 300 bytes for each character of a line between brackets
    if (line.size() > most_line)
      throw Error({source, static_cast<int>(n) + 1, 1, 1}, "a line longer than 1 MiB", "put long series in a csv file");
    const auto refuse = [&](std::size_t i, std::string message, std::string hint) {
      throw Error({source, static_cast<int>(n) + 1, characters(line.substr(0, i)) + 1, 1}, std::move(message),
                  std::move(hint));
    };
    for (std::size_t i = 0; i < line.size();) {
      const auto at = [&](std::size_t k) { return i + k < line.size() ? static_cast<unsigned char>(line[i + k]) : 0u; };
      const unsigned lead = at(0);
      if ((lead < 0x20 && lead != '\t') || lead == 0x7f)
        refuse(i, fmt::format("a control character (0x{:02x})", lead), "remove it, or write it as an escape in quotes");
      const std::size_t length = lead < 0x80                    ? 1
                                 : lead >= 0xc2 && lead <= 0xdf ? 2
                                 : lead >= 0xe0 && lead <= 0xef ? 3
                                 : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                                : 0;
      bool good = length > 0;
      for (std::size_t k = 1; k < length; ++k) good = good && (at(k) & 0xc0) == 0x80;
      // overlong forms, surrogates and what lies above U+10FFFF
      good = good && !(lead == 0xe0 && at(1) < 0xa0) && !(lead == 0xed && at(1) > 0x9f) &&
             !(lead == 0xf0 && at(1) < 0x90) && !(lead == 0xf4 && at(1) > 0x8f);
      if (!good) refuse(i, fmt::format("byte 0x{:02x} is no UTF-8", lead), "save the file as UTF-8");
      i += length;
    }
  }
}

struct Parsed {
  Node root;
  bool empty = false;  ///< there is no document at all
  bool block = false;  ///< the root is a map or list without braces
};

Parsed parse(const Text& text) {
  check_characters(text.source);
  std::string joined;
  for (std::size_t i = 0; i < text.source->lines.size(); ++i) {
    joined += text.line(i).substr(i == 0 ? text.skipped : 0);
    joined += '\n';
  }
  std::istringstream stream(std::move(joined));
  Builder builder(text);
  try {
    YAML::Parser parser(stream);
    // the second call refuses whatever follows the first document
    if (!parser.HandleNextDocument(builder)) return {{}, true, false};
    parser.HandleNextDocument(builder);
  } catch (const YAML::ParserException& broken) { rephrase(broken, text, builder); }
  const bool block = builder.block();
  return {builder.take(), false, block};
}

std::string_view describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "a single value";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a map";
  }
  return "";
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

Node load_tree(const fs::path& path, const Place& mentioned, std::vector<fs::path>& chain,
               std::vector<std::string>& names) {
  const auto source = read_source(path, mentioned);
  std::error_code ignored;
  fs::path real = fs::weakly_canonical(path, ignored);
  names.push_back(path.string());
  if (const auto first = std::find(chain.begin(), chain.end(), real); first != chain.end()) {
    const auto from = names.begin() + (first - chain.begin());
    throw Error(mentioned, fmt::format("'base' leads back to where it began: {}", fmt::join(from, names.end(), " → ")),
                "one of them must stand by itself");
  }
  chain.push_back(std::move(real));

  Node own = parse_yaml(source);
  const auto entry =
      std::find_if(own.entries.begin(), own.entries.end(), [](const Node::Entry& e) { return e.key == "base"; });
  if (entry == own.entries.end()) return own;
  const Node base = std::move(entry->value);
  own.entries.erase(entry);
  if (!base.is_scalar() || base.text.empty())
    throw Error(base.place,
                fmt::format("'base' names one file, found {}", base.is_scalar() ? "an empty text" : describe(base)),
                "write base: other.yaml");

  Node tree = load_tree((source->folder / base.text).lexically_normal(), base.place, chain, names);
  std::erase_if(tree.entries, [](const Node::Entry& e) { return !is_inherited(e.key); });
  merge(tree, own);
  tree.place = own.place;
  return tree;
}

// --- Paths --------------------------------------------------------------------------------------------------------

const std::string* use_of(const Node& node) {
  const Node* use = node.find("use");
  return use != nullptr && use->is_scalar() ? &use->text : nullptr;
}

/// A preset says all numbers of a block that names a plugin: those written for another preset would silently win over it.
void make_way_for_preset(Node& node) {
  if (use_of(node) != nullptr) std::erase_if(node.entries, [](const Node::Entry& e) { return e.key != "use"; });
}

/// One step of a dotted path: its text and where it begins in the path.
struct Step {
  std::string_view text;
  std::size_t at;
};

/// The walk along a path, with what its messages need.
struct Walk {
  std::string_view path;
  const Place& where;

  /// The place of a part of the path, if `where` is the path as it was written; else `where`.
  Place place(std::size_t at, std::size_t size) const {
    if (!where || where.line < 1 || static_cast<std::size_t>(where.line) > where.source->lines.size()) return where;
    const std::string_view line = where.source->lines[static_cast<std::size_t>(where.line - 1)];
    if (!line.substr(bytes_of(line, where.column - 1)).starts_with(path)) return where;
    return {where.source, where.line, where.column + characters(path.substr(0, at)),
            std::max(1, characters(path.substr(at, size)))};
  }
};

std::vector<Step> split_path(const Walk& walk) {
  std::vector<Step> steps;
  for (std::size_t at = 0; at <= walk.path.size();) {
    const std::size_t end = std::min(walk.path.find('.', at), walk.path.size());
    const std::string_view step = walk.path.substr(at, end - at);
    if (step.empty())
      throw Error(
          walk.place(at, 1),
          walk.path.empty() ? "the path is empty" : fmt::format("the path '{}' has a step without a name", walk.path),
          "write a path such as model.d");
    steps.push_back({step, at});
    at = end + 1;
  }
  return steps;
}

Node& list_member(Node& list, const Step& step, const Walk& walk) {
  std::size_t index = 0;
  const char* end = step.text.data() + step.text.size();
  const auto [stop, error] = std::from_chars(step.text.data(), end, index);
  const std::string_view name = walk.path.substr(0, step.at - 1);
  if (stop != end || error == std::errc::invalid_argument)
    throw Error(walk.place(step.at, step.text.size()),
                fmt::format("'{}' is a list, and '{}' is no number of a member", name, step.text),
                fmt::format("write '{}.0' for the first", name));
  if (error != std::errc{} || index >= list.items.size())
    throw Error(walk.place(step.at, step.text.size()), fmt::format("'{}' has no member {}", name, step.text),
                list.items.empty()       ? "the list is empty"
                : list.items.size() == 1 ? "its only member is 0"
                                         : fmt::format("its members are 0 to {}", list.items.size() - 1));
  return list.items[index];
}

}  // namespace

// --- Node ---------------------------------------------------------------------------------------------------------

const Node::Entry* Node::entry(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &*found;
}
const Node* Node::find(std::string_view key) const {
  const Entry* found = entry(key);
  return found == nullptr ? nullptr : &found->value;
}
Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node parse_yaml(std::shared_ptr<const Source> source) {
  const Text text{.source = source};
  Parsed parsed = parse(text);
  const std::string example = "it begins with a line such as 'model: {use: lif}'";
  if (parsed.empty) throw Error({source, 0, 0, 1}, "the file is empty", example);
  if (!parsed.root.is_map())
    throw Error(parsed.root.place, fmt::format("an experiment file is a map of keys, found {}", describe(parsed.root)),
                example);
  return std::move(parsed.root);
}

std::shared_ptr<const Source> read_source(const fs::path& path, const Place& mentioned) {
  const std::string name = path.string();
  std::error_code code;
  const auto status = fs::status(path, code);
  if (status.type() == fs::file_type::not_found) {
    // a slip in the file's own name is the likeliest
    std::vector<std::string> beside;
    const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
    for (fs::directory_iterator it(folder, code), last; !code && it != last; it.increment(code))
      beside.push_back(it->path().filename().string());
    std::sort(beside.begin(), beside.end());  // the order of a folder is not the same everywhere
    const std::string near = nearest(path.filename().string(), beside);
    throw Error(mentioned, fmt::format("there is no file '{}'", name),
                near.empty() ? "" : fmt::format("did you mean '{}'?", (path.parent_path() / near).string()));
  }
  if (status.type() == fs::file_type::directory)
    throw Error(mentioned, fmt::format("'{}' is a folder", name), "name a file in it");
  std::ifstream in(path, std::ios::binary);
  const int reason = errno;
  if (!in)
    throw Error(mentioned, fmt::format("'{}' cannot be opened: {}", name, std::generic_category().message(reason)),
                "make it readable");
  // no size is asked for beforehand: a pipe has none
  std::string text(most_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) throw Error(mentioned, fmt::format("'{}' could not be read to its end", name), "read it again");
  if (text.size() > most_bytes)
    throw Error(mentioned, fmt::format("'{}' is larger than 16 MiB", name), "put long series in a csv file");

  auto source = std::make_shared<Source>();
  source->name = name;
  source->folder = path.parent_path();
  source->lines = split_lines(text.starts_with("\xef\xbb\xbf") ? std::string_view(text).substr(3) : text);
  return source;
}

bool is_inherited(std::string_view key) {
  return key != "title" && key != "source" && key != "note" && key != "expect" && !is_purpose(key);
}

Node load_tree(const fs::path& path, const Place& mentioned, std::vector<fs::path>* read) {
  std::vector<fs::path> chain;
  std::vector<std::string> names;
  Node tree = load_tree(path, mentioned, chain, names);
  if (read) read->insert(read->end(), names.begin(), names.end());
  return tree;
}

void merge(Node& node, const Node& over) {
  if (!node.is_map() || !over.is_map()) {
    node = over;
    return;
  }
  const std::string* old_use = use_of(node);
  const std::string* new_use = use_of(over);
  if (old_use != nullptr && new_use != nullptr && *old_use != *new_use) {
    node = over;
    return;
  }
  if (over.find("preset") != nullptr) make_way_for_preset(node);
  for (const Node::Entry& entry : over.entries) {
    const auto same = std::find_if(node.entries.begin(), node.entries.end(),
                                   [&](const Node::Entry& e) { return e.key == entry.key; });
    if (same == node.entries.end()) {
      node.entries.push_back(entry);
    } else {
      same->place = entry.place;
      merge(same->value, entry.value);
    }
  }
}

int rank_of_path(std::string_view path) {
  const auto is = [&](std::string_view last) { return path == last || path.ends_with(fmt::format(".{}", last)); };
  return is("use") ? 0 : is("preset") ? 1 : 2;
}

void set_path(Node& root, std::string_view assignment) {
  const auto source = std::make_shared<Source>(Source{"--set", {std::string(assignment)}, {}});
  check_characters(source);
  const auto equals = assignment.find('=');
  if (equals == std::string_view::npos)
    throw Error({source, 1, characters(assignment) + 1, 1}, "an assignment needs '='", "write --set path=value");
  const std::string_view path = trim(assignment.substr(0, equals));
  const auto begin = static_cast<std::size_t>(path.data() - assignment.data());
  const Place where{source, 1, path.empty() ? 1 : characters(assignment.substr(0, begin)) + 1,
                    std::max(1, characters(path))};

  const std::string_view value = trim(assignment.substr(equals + 1));
  const Text text{source, equals + 1};
  Parsed parsed = parse(text);
  const Place there{source, 1, characters(assignment.substr(0, equals + 1)) + 1, std::max(1, characters(value))};
  if (parsed.block)
    throw Error(there, fmt::format("'{}' reads as {}", value, describe(parsed.root)),
                parsed.root.is_map() ? fmt::format("write \"{}\" for a text, {{{}}} for a map", value, value)
                                     : "write [a, b] for a list");
  const std::string_view read = parsed.root.is_scalar() ? std::string_view(parsed.root.text) : std::string_view{};
  const bool cut = parsed.root.kind == Node::Kind::null
                       ? !is_null_word(value)
                       : parsed.root.is_scalar() && !parsed.root.quoted && read != value;
  if (cut)
    throw Error(there, fmt::format("'{}' holds a comment: all that is read is '{}'", value, read),
                "put a text with '#' in quotes");
  if (!parsed.root.place) parsed.root.place = there;
  set_path(root, path, parsed.root, where);
}

void set_path(Node& root, std::string_view path, const Node& value, const Place& where) {
  const Walk walk{path, where};
  const std::vector<Step> steps = split_path(walk);
  Node* node = &root;
  for (std::size_t i = 0; i < steps.size();) {
    const Step& step = steps[i];
    if (node->is_list()) {
      node = &list_member(*node, step, walk);
      ++i;
      continue;
    }
    if (node->is_scalar())
      throw Error(walk.place(step.at, step.text.size()),
                  fmt::format("'{}' is the value '{}', in which there is no '{}'", path.substr(0, step.at - 1),
                              node->text, step.text),
                  fmt::format("set '{}' itself", path.substr(0, step.at - 1)));
    if (node->kind == Node::Kind::null) *node = make(Node::Kind::map, where);

    // a key may itself hold dots ("model.d" below sweep.over): the longest that is there is meant
    std::size_t taken = 1;
    std::string_view key = step.text;
    for (std::size_t more = steps.size() - i; more > 1; --more) {
      const Step& last = steps[i + more - 1];
      const std::string_view joined = path.substr(step.at, last.at + last.text.size() - step.at);
      if (node->find(joined) != nullptr) {
        taken = more;
        key = joined;
        break;
      }
    }
    i += taken;
    const Place place = walk.place(step.at, key.size());
    if (i == steps.size() && key == "use" && value.is_scalar()) {
      // the old plugin's options mean nothing to another one
      const std::string* old = use_of(*node);
      if (old != nullptr && *old != value.text) node->entries.clear();
    }
    if (i == steps.size() && key == "preset") make_way_for_preset(*node);
    const auto entry =
        std::find_if(node->entries.begin(), node->entries.end(), [&](const Node::Entry& e) { return e.key == key; });
    if (entry == node->entries.end()) {
      node->entries.push_back({std::string(key), place, make(Node::Kind::null, place)});
      node = &node->entries.back().value;
    } else {
      if (i == steps.size()) entry->place = place;
      node = &entry->value;
    }
  }
  *node = value;
}

// --- Writing ------------------------------------------------------------------------------------------------------

namespace {

constexpr std::size_t line_width = 100;

/// Whether a text can stand without quotes and reads back as itself; `flow`: between brackets.
bool is_plain(std::string_view text, bool flow) {
  if (is_null_word(text) || trim(text).size() != text.size()) return false;
  const auto blank_at = [&](std::size_t i) {
    return i >= text.size() || blanks.find(text[i]) != std::string_view::npos;
  };
  if (std::string_view(",[]{}#&*!|>'\"%@`").find(text[0]) != std::string_view::npos) return false;
  if (std::string_view("-?:").find(text[0]) != std::string_view::npos && blank_at(1)) return false;
  if (flow && text.find_first_of(",?[]{}") != std::string_view::npos) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7f) return false;
    if (text[i] == ':' && blank_at(i + 1)) return false;
    if (text[i] == '#' && blank_at(i - 1)) return false;
  }
  return true;
}

/// A text as a number, a truth or a null to some reader of YAML, though it was meant as a text.
bool reads_otherwise(std::string_view text) {
  constexpr std::array<std::string_view, 12> words{"true", "false", "yes",  "no",   "on",    "off",
                                                   "y",    "n",     ".inf", ".nan", "-.inf", "+.inf"};
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (std::find(words.begin(), words.end(), lower) != words.end()) return true;
  // numbers begin like this, whether this program takes them for one or not ("010", "1_000", "0x1f", "12:30")
  const std::string_view digits =
      lower.starts_with('-') || lower.starts_with('+') ? std::string_view(lower).substr(1) : lower;
  return !digits.empty() && digits.find_first_not_of("0123456789abcdefox_.:+-") == std::string_view::npos &&
         ((digits[0] >= '0' && digits[0] <= '9') || (digits[0] == '.' && digits.size() > 1));
}

/// At the front of a line, the marks that begin and end documents.
bool is_document_mark(std::string_view text) { return text.starts_with("---") || text.starts_with("..."); }

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string scalar_text(const Node& node, bool flow) {
  if (node.kind == Node::Kind::null) return "null";
  return node.quoted || !is_plain(node.text, flow) ? in_quotes(node.text) : node.text;
}
std::string key_text(std::string_view key, bool flow) {
  return is_plain(key, flow) && !is_document_mark(key) ? std::string(key) : in_quotes(key);
}

/// The node between brackets, on one line.
std::string flow_text(const Node& node) {
  if (node.is_list()) {
    std::string out = "[";
    for (const Node& item : node.items) out += (out.size() > 1 ? ", " : "") + flow_text(item);
    return out + ']';
  }
  if (node.is_map()) {
    std::string out = "{";
    for (const Node::Entry& entry : node.entries)
      out += (out.size() > 1 ? ", " : "") + key_text(entry.key, true) + ": " + flow_text(entry.value);
    return out + '}';
  }
  return scalar_text(node, true);
}

/// Single values, and lists of them: what reads well between brackets. A plain text that brackets would force into
/// quotes stays outside.
bool is_simple(const Node& node, bool lists) {
  if (node.is_list())
    return lists &&
           std::all_of(node.items.begin(), node.items.end(), [](const Node& n) { return is_simple(n, false); });
  if (node.is_map()) return node.entries.empty();
  return node.kind == Node::Kind::null || node.quoted || is_plain(node.text, true) || !is_plain(node.text, false);
}
/// Whether the node goes beside its key or dash; `column`: where it would begin.
bool fits(const Node& node, std::size_t column) {
  if (node.is_scalar() || node.kind == Node::Kind::null || node.flow || (node.items.empty() && node.entries.empty()))
    return true;
  const bool simple = node.is_list() ? is_simple(node, true)
                                     : std::all_of(node.entries.begin(), node.entries.end(),
                                                   [](const Node::Entry& e) { return is_simple(e.value, true); });
  return simple && column + static_cast<std::size_t>(characters(flow_text(node))) <= line_width;
}

std::string inline_text(const Node& node) {
  return node.is_map() || node.is_list() ? flow_text(node) : scalar_text(node, false);
}

void write_block(const Node& node, std::size_t indent, std::string& out) {
  const std::string margin(indent, ' ');
  for (const Node& item : node.items) {
    if (fits(item, indent + 2)) {
      out += margin + "- " + inline_text(item) + '\n';
      continue;
    }
    // the first line of the inner block stands beside the dash
    const std::size_t begin = out.size();
    write_block(item, indent + 2, out);
    out[begin + indent] = '-';
  }
  for (const Node::Entry& entry : node.entries) {
    const std::string key = margin + key_text(entry.key, false) + ':';
    if (fits(entry.value, key.size() + 1)) {
      out += key + ' ' + inline_text(entry.value) + '\n';
    } else {
      out += key + '\n';
      write_block(entry.value, indent + 2, out);
    }
  }
}

}  // namespace

std::string to_yaml(const Node& node) {
  const bool block = (node.is_map() || node.is_list()) && !(node.items.empty() && node.entries.empty());
  if (!block) return inline_text(node) + '\n';
  std::string out;
  write_block(node, 0, out);
  return out;
}

Node text_node(std::string text) {
  Node node = make(Node::Kind::scalar, {});
  node.quoted =
      !is_plain(text, false) || reads_otherwise(text) || is_document_mark(text) || text.find('\t') != std::string::npos;
  node.text = std::move(text);
  return node;
}
Node number_node(double value, std::string_view unit) {
  Node node = make(Node::Kind::scalar, {});
  node.text = unit.empty() ? fmt::format("{}", value) : fmt::format("{} {}", value, unit);
  return node;
}
Node list_node(std::vector<Node> items, bool flow) {
  Node node = make(Node::Kind::list, {});
  node.items = std::move(items);
  node.flow = flow;
  return node;
}
Node map_node() { return make(Node::Kind::map, {}); }
void put(Node& map, std::string key, Node value) {
  if (Node* old = map.find(key)) {
    *old = std::move(value);
  } else {
    map.entries.push_back({std::move(key), {}, std::move(value)});
  }
}

}  // namespace hillock
