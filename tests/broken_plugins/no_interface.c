/* Says that it is a model and offers no model. */
#include "model.h"

static const void* get(const char* interface_id) { return interface_id ? NULL : good_state; }
EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_MODEL, "no_interface", "1.0.0", "", "", get};
