/* A library of another kind. */
__attribute__((visibility("default"))) int answer(void);
int answer(void) { return 42; }
