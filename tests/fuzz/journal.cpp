// The file of a journal: whole records up to the first damage are kept, and others can follow them.
#include "engine/journal.hpp"
#include "folder.hpp"
#include "fuzz.hpp"

using namespace hillock;
using namespace hillock::test;

namespace {

constexpr const char* identity = "of this run";

const Folder& folder() {
  static const Folder the;
  return the;
}

std::vector<std::string> records_in(const fs::path& file) {
  std::vector<std::string> all;
  Journal(file, identity).for_each([&](std::string_view record) { all.emplace_back(record); });
  return all;
}

void one(std::string_view bytes) {
  const fs::path file = folder().write("journal", std::string(bytes));
  std::vector<std::string> kept = records_in(file);
  Journal(file, identity).append("another");
  kept.push_back("another");
  if (records_in(file) != kept) throw Broken("a record that follows is not read back");
}

std::vector<std::string> seeds() {
  const fs::path file = folder() / "seed";
  {
    Journal journal(file, identity);
    journal.append("first"), journal.append(""), journal.append(std::string(300, 'x'));
  }
  return {contents(file), "", "hillock journal 1 of another run\n"};
}

}  // namespace

HILLOCK_FUZZ("journals", 500)
