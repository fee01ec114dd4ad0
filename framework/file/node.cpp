#include "file/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>

#include "file/parse.hpp"

namespace hillock {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 16u << 20;

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

Node load_tree(const fs::path& path, const std::vector<std::string>& own_keys, const Place& mentioned,
               std::vector<fs::path>& chain, std::vector<std::string>& names) {
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

  Node tree = load_tree((source->folder / base.text).lexically_normal(), own_keys, base.place, chain, names);
  std::erase_if(tree.entries, [&](const Node::Entry& e) {
    return std::find(own_keys.begin(), own_keys.end(), e.key) != own_keys.end();
  });
  merge(tree, own);
  tree.place = own.place;
  return tree;
}

// --- Paths --------------------------------------------------------------------------------------------------------

const std::string* use_of(const Node& node) {
  const Node* use = node.find("use");
  return use != nullptr && use->is_scalar() ? &use->text : nullptr;
}

/// Notes of all that is below that it was written for a plugin which has another in its place now. What was written for
/// an earlier one stays so.
void mark_written_for(Node& node, const std::string& plugin) {
  if (node.written_for.empty()) node.written_for = plugin;
  for (Node& item : node.items) mark_written_for(item, plugin);
  for (Node::Entry& entry : node.entries) mark_written_for(entry.value, plugin);
}

/// The parts of a file whose numbers have the units of its model.
void mark_parts_of_model(Node& root, const std::string& model) {
  for (const char* part : {"input", "drive", "readout"})
    if (Node* node = root.find(part)) mark_written_for(*node, model);
  if (Node* simulate = root.find("simulate"))
    for (const char* part : {"start", "clamp", "spikes"})
      if (Node* node = simulate->find(part)) mark_written_for(*node, model);
}

const std::string* model_of(const Node& root) {
  const Node* model = root.find("model");
  return model ? use_of(*model) : nullptr;
}

/// A preset says all numbers of a block that names a plugin: those written for another preset would silently win over
/// it.
void make_way_for_preset(Node& node) {
  if (use_of(node) != nullptr) std::erase_if(node.entries, [](const Node::Entry& e) { return e.key != "use"; });
}

/// One step of a dotted path: its text and where it begins in the path. One in quotes is a single key, whatever dots it
/// holds.
struct Step {
  std::string_view text;
  std::size_t at;
  bool quoted = false;
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
    if (at < walk.path.size() && (walk.path[at] == '"' || walk.path[at] == '\'')) {
      const std::size_t close = walk.path.find(walk.path[at], at + 1);
      if (close == std::string_view::npos)
        throw Error(walk.place(at, 1), fmt::format("the path '{}' has a quote that is not closed", walk.path),
                    "quote one whole step: fit.free.\"model.d\".from");
      if (close == at + 1 || (close + 1 < walk.path.size() && walk.path[close + 1] != '.'))
        throw Error(
            walk.place(at, close + 1 - at),
            fmt::format("{} in the path '{}' is no whole step", walk.path.substr(at, close + 1 - at), walk.path),
            "quote one whole step: fit.free.\"model.d\".from");
      steps.push_back({walk.path.substr(at + 1, close - at - 1), at, true});
      at = close + 2;
      continue;
    }
    const std::size_t end = std::min(walk.path.find('.', at), walk.path.size());
    const std::string_view step = walk.path.substr(at, end - at);
    if (step.empty())
      throw Error(
          walk.place(at, 1),
          walk.path.empty() ? "the path is empty" : fmt::format("the path '{}' has a step without a name", walk.path),
          "write a path such as model.d");
    steps.push_back({step, at, false});
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
  // one without a name, as a shell's <(...) makes it, has a writer; a named one may never have
  const fs::path real = fs::canonical(path, code);  // there is none of one without a name
  if (status.type() != fs::file_type::regular && !code && !real.string().starts_with("/proc/"))
    throw Error(mentioned, fmt::format("'{}' is no regular file", name), "name an experiment file");
  std::ifstream in(path, std::ios::binary);
  const int reason = errno;
  if (!in)
    throw Error(mentioned, fmt::format("'{}' cannot be opened: {}", name, std::generic_category().message(reason)),
                "make it readable");
  // no size is asked for beforehand: a pipe has none
  std::string text;
  for (constexpr std::size_t more = 1 << 16; in && text.size() <= most_bytes;) {
    const std::size_t begin = text.size();
    text.resize(begin + more);
    in.read(text.data() + begin, static_cast<std::streamsize>(more));
    text.resize(begin + static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) throw Error(mentioned, fmt::format("'{}' could not be read to its end", name), "read it again");
  if (text.size() > most_bytes)
    throw Error(mentioned, fmt::format("'{}' is larger than 16 MiB", name), "put long series in a csv file");

  auto source = std::make_shared<Source>();
  source->name = name;
  source->folder = path.parent_path();
  source->lines = split_lines(text.starts_with("\xef\xbb\xbf") ? std::string_view(text).substr(3) : text);
  return source;
}

Node load_tree(const fs::path& path, const std::vector<std::string>& own_keys, const Place& mentioned,
               std::vector<fs::path>* read) {
  std::vector<fs::path> chain;
  std::vector<std::string> names;
  Node tree = load_tree(path, own_keys, mentioned, chain, names);
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
    std::string replaced = *old_use;
    node = over;
    node.replaced = std::move(replaced);
    return;
  }
  const std::string *old_model = model_of(node), *new_model = model_of(over);
  if (old_model != nullptr && new_model != nullptr && *old_model != *new_model)
    mark_parts_of_model(node, std::string(*old_model));
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
  Parsed parsed = parse(source, equals + 1);
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
  if (const std::string* old = model_of(root)) {
    const std::string* now = path == "model" ? use_of(value) : path == "model.use" ? &value.text : nullptr;
    if (now && *now != *old) mark_parts_of_model(root, std::string(*old));
  }
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
    if (node->kind == Node::Kind::null) *node = make_node(Node::Kind::map, where);

    // a key may itself hold dots ("model.d" below sweep.over): the longest that is there is meant
    std::size_t taken = 1;
    std::string_view key = step.text;
    for (std::size_t more = step.quoted ? 1 : steps.size() - i; more > 1; --more) {
      const Step& last = steps[i + more - 1];
      const std::string_view joined = path.substr(step.at, last.at + last.text.size() - step.at);
      if (node->find(joined) != nullptr) {
        taken = more;
        key = joined;
        break;
      }
    }
    i += taken;
    const Place place = walk.place(step.at, key.size() + (step.quoted ? 2 : 0));
    if (i == steps.size() && key == "use" && value.is_scalar()) {
      // the old plugin's options mean nothing to another one
      const std::string* old = use_of(*node);
      if (old != nullptr && *old != value.text) {
        std::string replaced = *old;
        node->entries.clear();
        node->replaced = std::move(replaced), node->place = value.place;
      }
    }
    if (i == steps.size() && key == "preset") make_way_for_preset(*node);
    const auto entry =
        std::find_if(node->entries.begin(), node->entries.end(), [&](const Node::Entry& e) { return e.key == key; });
    if (entry == node->entries.end()) {
      node->entries.push_back({std::string(key), place, make_node(Node::Kind::null, place)});
      node = &node->entries.back().value;
    } else {
      if (i == steps.size()) entry->place = place;
      node = &entry->value;
    }
  }
  *node = value;
}

}  // namespace hillock
