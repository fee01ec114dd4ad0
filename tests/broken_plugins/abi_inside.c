/* Announces this ABI by its symbol and another one inside. */
#include "model.h"

EXPORT const hk_plugin HK_PLUGIN = {7, sizeof(hk_plugin), HK_ROLE_MODEL, "abi_inside", "1.0.0", "", "", NULL};
