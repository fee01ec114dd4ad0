#include "file/parse.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_map>

namespace hillock {
namespace {

constexpr std::size_t most_nodes = 100'000, most_levels = 64, most_line = 1u << 20;

/// Where the text given to yaml-cpp stands in its source.
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
    return {source, static_cast<int>(index) + 1, characters_before(index, at) + 1, length};
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

  /// Characters of a line before a byte. Goes on from the last place, so that a line of many items is counted once.
  int characters_before(std::size_t index, std::size_t at) const {
    if (index != counted_line_ || at < counted_to_) counted_line_ = index, counted_to_ = 0, counted_ = 0;
    counted_ += characters(line(index).substr(counted_to_, at - counted_to_));
    counted_to_ = at;
    return counted_;
  }
  mutable std::size_t counted_line_ = 0, counted_to_ = 0;
  mutable int counted_ = 0;
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
    add(mark, make_node(Node::Kind::null, place));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse_alias(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { refuse_anchor(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_properties(mark, tag, anchor);
    if (tag == "!") require_closed(mark);
    const Place place = text_.place(mark, token_length(text_.rest(mark), value));
    Node node = make_node(Node::Kind::scalar, place);
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
    frame.node = make_node(kind, text_.place(mark));
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

}  // namespace

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

Parsed parse(std::shared_ptr<const Source> source, std::size_t skipped) {
  const Text text{std::move(source), skipped};
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

Node parse_yaml(std::shared_ptr<const Source> source) {
  Parsed parsed = parse(source);
  const std::string example = "it begins with a line such as 'model: {use: lif}'";
  if (parsed.empty) throw Error({source, 0, 0, 1}, "the file is empty", example);
  if (!parsed.root.is_map())
    throw Error(parsed.root.place, fmt::format("an experiment file is a map of keys, found {}", describe(parsed.root)),
                example);
  return std::move(parsed.root);
}

}  // namespace hillock
