#pragma once
// A YAML document as a tree that knows where each piece was written, after everything a typed reader need not see has
// been refused.
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>
#include "util/error.hpp"

namespace hillock {

/// A piece of an experiment file. Maps keep the order of the file.
struct Node {
  enum class Kind { null, scalar, list, map };
  struct Entry;

  Kind kind = Kind::null;
  std::string text;     ///< of a scalar
  bool quoted = false;  ///< the scalar was written in quotes: a text, never a number
  Place place;  ///< of the scalar, or of the first character of the list or map; of the key if nothing is written
  std::vector<Node> items;       ///< of a list
  std::vector<Entry> entries;    ///< of a map
  bool flow = false;             ///< of a list or map made by the program: written between brackets however long it is
  std::string replaced = {};     ///< of a block: the plugin whose place its own took, and whose options went with it
  std::string written_for = {};  ///< the model that this was written for, where another has taken its place since

  const Node* find(std::string_view key) const;  ///< value of a key of a map; null if absent or this is no map
  Node* find(std::string_view key);
  const Entry* entry(std::string_view key) const;  ///< key and value; null if absent
  bool is_map() const { return kind == Kind::map; }
  bool is_list() const { return kind == Kind::list; }
  bool is_scalar() const { return kind == Kind::scalar; }
};
struct Node::Entry {
  std::string key;
  Place place;
  Node value;
};

/// Parses one document. Refuses with place and remedy: broken YAML, aliases and anchors, tags, several documents, an
/// empty file, repeated keys of a map, keys that are no text, more than 100,000 keys and values, 64 levels or 1 MiB in
/// a line, a root that is no map, text that is not UTF-8, control characters, a tab as indentation.
Node parse_yaml(std::shared_ptr<const Source> source);

/// The text of a file as a source; `name` is the path as the user gave it. Refuses a missing, unreadable or over-large
/// (16 MiB) file, a folder. `mentioned` is the place that names the file, if a file does.
std::shared_ptr<const Source> read_source(const std::filesystem::path& path, const Place& mentioned = {});

/// The tree of an experiment file with its `base` merged in (bases may have bases; a circle is refused): maps merge key
/// by key, lists and scalars are replaced, a block with another `use` replaces the whole block, one with a `preset` all
/// but its `use`; `own_keys` of the top level are not inherited. The key `base` is gone afterwards.
/// Every file that was read is appended to `read`, in the order of reading.
Node load_tree(const std::filesystem::path& path, const std::vector<std::string>& own_keys, const Place& mentioned = {},
               std::vector<std::filesystem::path>* read = nullptr);

/// Lays `over` on `node` by the rules of `base`, without regard to keys that are not inherited. A model in the place of another
/// leaves inputs, starts and the like as they were written, `written_for` the other.
void merge(Node& node, const Node& over);

/// Carries out one `path=value` (`model.d=2`, `input.I.1.height=3 pA`, `compare.data.file=cell.csv`, `model={use:
/// lif}`): the value is YAML, its places point into the text of the command line. A list member is addressed from 0.
/// Steps that do not exist yet are made as maps; a list index out of range, a step into a scalar, an empty path, a
/// missing '=', a map without braces and a comment are refused, and the tree is then as it was. The value takes the
/// place of the old one; setting `use` to another name drops the rest of the old block, setting `preset` all but its
/// `use`. Where keys hold dots themselves, the longest that exists is meant; a step in quotes is one key.
void set_path(Node& root, std::string_view assignment);

/// The same with an already parsed value: `path` is dotted, `where` the place that wrote it.
void set_path(Node& root, std::string_view path, const Node& value, const Place& where);

/// 0 for a path that ends in `use`, 1 in `preset`, 2 for all others: changes made together are made in this order, so
/// that none undoes another.
int rank_of_path(std::string_view path);

/// The tree as YAML text that parses back to the same tree (texts of several lines come back as quoted): maps and lists
/// of single values stand between brackets where they fit into 100 columns, others below their key.
std::string to_yaml(const Node& node);
/// The node on one line, lists and maps between brackets: "{use: rk4, dt: 0.1 ms}".
std::string flow_text(const Node& node);

/// Makers for trees written by the program.
Node text_node(
    std::string text);  ///< a scalar, quoted if it would else read as a number, a truth, null or YAML's own signs
Node number_node(
    double value,
    std::string_view unit = {});  ///< "0.25 ms": shortest text that reads back to the same double. REQUIRES: finite
Node list_node(std::vector<Node> items, bool flow = false);
Node map_node();
void put(Node& map, std::string key, Node value);  ///< appends, or replaces the value of the key

}  // namespace hillock
