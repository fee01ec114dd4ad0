/* Has a role that nobody knows. */
#include "model.h"

static const void* get(const char* interface_id) { return interface_id ? NULL : good_state; }
EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), 42, "wrong_role", "1.0.0", "", "", get};
