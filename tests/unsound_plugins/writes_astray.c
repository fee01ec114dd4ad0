/* Below -50 mV it writes into every pipe of the process that is not its own. */
#include <sys/stat.h>
#include <unistd.h>

#include "unsound.h"

static void rhs(void* context, uint32_t lanes, hk_in x, hk_in p, hk_in in, hk_out dx) {
  sound_rhs(context, lanes, x, p, in, dx);
  struct stat about;
  for (int file = 3; x[0][0] < -50 && file < 256; ++file)
    if (fstat(file, &about) == 0 && S_ISFIFO(about.st_mode)) (void)!write(file, "+", 1);
}
static const hk_model the_model = {SOUND_TABLES, .rhs = rhs};
UNSOUND_MODEL("writes_astray")
