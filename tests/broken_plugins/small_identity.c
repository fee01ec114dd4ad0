/* Its identity ends before the function `get`. */
#include "model.h"

EXPORT const hk_plugin HK_PLUGIN = {HK_ABI, offsetof(hk_plugin, get), HK_ROLE_MODEL, "small_identity", "", "", "",
                                    NULL};
