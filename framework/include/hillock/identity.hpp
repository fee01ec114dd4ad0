#pragma once
// How a plugin names itself, whatever its role.
#include <cstdint>
#include "hillock/abi.h"

#define HILLOCK_EXPORT extern "C" __attribute__((visibility("default")))

/// Another name under which `use:` finds the plugin.
#define HILLOCK_ALIAS(name)                       \
  HILLOCK_EXPORT const char hillock_alias_##name; \
  const char hillock_alias_##name = 0

namespace hillock {
namespace [[gnu::visibility("hidden")]] detail {

template <class C> constexpr const char* meaning_of() {
  if constexpr (requires { C::meaning; }) return C::meaning;
  else return "";
}

/// The exported constant of a class C that names itself.
template <class C> constexpr hk_plugin identity(std::uint32_t role, const void* (*get)(const char*)) {
  static_assert(
      requires {
        C::id;
        C::version;
        C::cite;
      }, "a plugin states `static constexpr auto id = \"...\", version = \"...\", cite = \"...\";`");
  return {HK_ABI, sizeof(hk_plugin), role, C::id, C::version, C::cite, meaning_of<C>(), get};
}

}  // namespace detail
}  // namespace hillock
