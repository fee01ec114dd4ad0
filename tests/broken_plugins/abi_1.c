/* Announces the ABI before this one. */
__attribute__((visibility("default"))) const int hillock_plugin_1 = 0;
