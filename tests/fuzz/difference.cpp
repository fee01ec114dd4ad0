// A file of one of two results that `hillock diff` compares, of which the first byte says which: tables, or a refusal.
#include "run/difference.hpp"

#include <array>

#include "folder.hpp"
#include "fuzz.hpp"
#include "util/error.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

constexpr std::array<const char*, 4> files{"provenance.yaml", "experiment.yaml", "summary.csv", "data/run.csv"};
const std::array<std::string, files.size()> good{
    "experiment: \"a.yaml\"\nseed: 1\nmachine: {cores: 2}\nfiles:\n  - {name: a.yaml, sha256: \"00\"}\n",
    "model: {use: lif, tau: 10 ms}\ninput: {I: [1, 2]}\nsimulate: {for: 20 ms}\n",
    "case,status,spike_count,isi_mean\n1,ok,3,5.5\n2,\"not finite, at 3 ms\",,nan\n",
    "time_ms,v_mV\n0,-70\n0.1,-69.5\n0.2,inf\n"};

/// For each file two results, a folder each, that are the same and hold little else.
const Folder& folder() {
  static const Folder the;
  static const bool made = [] {
    for (std::size_t k = 0; k < files.size(); ++k)
      for (const char* side : {"/a/", "/b/"}) {
        the.write(std::to_string(k) + side + "provenance.yaml", "seed: 1\n");
        the.write(std::to_string(k) + side + files[k], good[k]);
      }
    return true;
  }();
  static_cast<void>(made);
  return the;
}

void one(std::string_view bytes) {
  if (bytes.empty()) return;
  const std::size_t of = static_cast<unsigned char>(bytes[0]) % files.size();
  const std::string text(bytes.substr(1));
  const fs::path pair = folder() / std::to_string(of), a = pair / "a", b = pair / "b";
  std::ofstream(b / files[of], std::ios::binary) << text;
  try {
    const std::vector<Table> one_way = difference(a, b), other_way = difference(b, a);
    if (one_way.size() != other_way.size()) throw Broken("one differs from the other, and the other not from it");
    for (const Table& table : one_way)
      for (const auto& row : table.rows)
        if (row.size() != table.head.size()) throw Broken("a row of another length than its head");
    if (of >= 2 && text != good[of] && one_way.empty()) throw Broken("other bytes are no difference");
  } catch (const Error& e) {
    check_sentence(e.message());
    if (e.status() != Exit::bad_input) throw Broken(std::string("not the user's mistake: ") + e.what());
  }
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (std::size_t k = 0; k < files.size(); ++k) all.push_back(static_cast<char>(k) + good[k]);
  return all;
}

}  // namespace

HILLOCK_FUZZ("results that are compared", 500)
