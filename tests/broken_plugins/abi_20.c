/* A plugin of a later ABI, whose symbol begins as that of an earlier one. */
#include "model.h"

static const hk_model model = {GOOD_MODEL, .rhs = good_rhs};
static const void* get(const char* interface_id) { return strcmp(interface_id, HK_MODEL) == 0 ? &model : NULL; }
EXPORT const hk_plugin hillock_plugin_20 = {20, sizeof(hk_plugin), HK_ROLE_MODEL, "abi_20", "1.0.0", "", "", get};
