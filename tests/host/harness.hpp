#pragma once
// The plugins at hand, and what drives them through the boundary.
#include <string>
#include <vector>

#include "folder.hpp"
#include "host/plugins.hpp"
#include "places.hpp"
#include "skip.hpp"
#include "verify/batch.hpp"

namespace hillock::test {
using namespace hillock::verify;

/// Those that ship and those made for tests.
inline Plugins& plugins() {
  static Plugins& all = *new Plugins({shipped_plugins(), test_plugins()});
  return all;
}
inline std::vector<const Plugin*> plugins_of(std::uint32_t role) {
  std::vector<const Plugin*> out;
  for (const Plugin* p : plugins().load_all())
    if (p->role == role) out.push_back(p);
  return out;
}
inline const Plugin& broken(const std::string& id) {
  static Plugins& all = *new Plugins({broken_plugins()});
  return all.load(id, 0);
}

/// What an Error says, or "nothing is wrong".
template <class F> std::string sentence(F&& f) {
  try {
    f();
  } catch (const Error& e) { return e.what(); }
  return "nothing is wrong";
}

}  // namespace hillock::test
