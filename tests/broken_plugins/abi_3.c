/* Announces the ABI after this one. */
__attribute__((visibility("default"))) const int hillock_plugin_3 = 3;
