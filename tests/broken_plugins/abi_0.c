/* Announces an ABI before the first. */
__attribute__((visibility("default"))) const int hillock_plugin_0 = 0;
