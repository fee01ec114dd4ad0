/* A model that ends the program: when it is loaded, by the function that HILLOCK_TEST_ENDS names, or in rhs, by one for
 * each whole number that its current exceeds. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "model.h"

static void end_by(const char* function) {
  if (!strcmp(function, "exit")) exit(0);
  if (!strcmp(function, "_exit")) _exit(0);
  if (!strcmp(function, "quick_exit")) quick_exit(0);
  if (!strcmp(function, "_Exit")) _Exit(0);
}
__attribute__((constructor)) static void loaded(void) {
  const char* function = getenv("HILLOCK_TEST_ENDS");
  if (function) end_by(function);
}
static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  const double I = in[0][0];
  if (I > 0) end_by(I > 3 ? "_Exit" : I > 2 ? "quick_exit" : I > 1 ? "_exit" : "exit");
  good_rhs(context, lanes, x, p, in, dx);
}
static const hk_model model = {GOOD_MODEL, .rhs = rhs};
MODEL_PLUGIN("ends")
