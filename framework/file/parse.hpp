#pragma once
// What reading, changing and writing a tree share. Internal to experiment/.
#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include "file/node.hpp"

namespace hillock {

inline constexpr std::string_view blanks = " \t";

inline std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos ? std::string_view{}
                                         : text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

/// Characters of UTF-8 text: every byte that does not continue one.
inline int characters(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

/// Bytes of the first `count` characters.
inline std::size_t bytes_of(std::string_view text, int count) {
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    if ((text[i] & 0xc0) != 0x80 && count-- == 0) break;
  }
  return i;
}

inline bool is_null_word(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

inline Node make_node(Node::Kind kind, Place place) {
  Node node;
  node.kind = kind;
  node.place = std::move(place);
  return node;
}

/// "a map": what a node is, in a sentence.
std::string_view describe(const Node& node);

/// Refuses what is not UTF-8, and characters that no editor shows.
void check_characters(const std::shared_ptr<const Source>& source);

struct Parsed {
  Node root;
  bool empty = false;  ///< there is no document at all
  bool block = false;  ///< the root is a map or list without braces
};

/// What the source holds after the first `skipped` bytes of its first line: `--set` parses the part after '=' alone.
Parsed parse(std::shared_ptr<const Source> source, std::size_t skipped = 0);

}  // namespace hillock
