#include <fmt/format.h>

#include <array>

#include "file/parse.hpp"

namespace hillock {
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

}  // namespace

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

namespace {

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
  Node node = make_node(Node::Kind::scalar, {});
  node.quoted =
      !is_plain(text, false) || reads_otherwise(text) || is_document_mark(text) || text.find('\t') != std::string::npos;
  node.text = std::move(text);
  return node;
}
Node number_node(double value, std::string_view unit) {
  Node node = make_node(Node::Kind::scalar, {});
  node.text = unit.empty() ? fmt::format("{}", value) : fmt::format("{} {}", value, unit);
  return node;
}
Node list_node(std::vector<Node> items, bool flow) {
  Node node = make_node(Node::Kind::list, {});
  node.items = std::move(items);
  node.flow = flow;
  return node;
}
Node map_node() { return make_node(Node::Kind::map, {}); }
void put(Node& map, std::string key, Node value) {
  if (Node* old = map.find(key)) {
    *old = std::move(value);
  } else {
    map.entries.push_back({std::move(key), {}, std::move(value)});
  }
}

}  // namespace hillock
