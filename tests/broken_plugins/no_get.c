/* Offers nothing and no way to ask. */
#include "model.h"

EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, sizeof(hk_plugin), HK_ROLE_MODEL, "no_get", "1.0.0", "", "", NULL};
