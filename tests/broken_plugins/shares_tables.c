/* One of its tables is as GCC compiles an inline variable of the SDK that is not hidden: the dynamic loader makes it
   one with that of every other plugin that has one of this name. */
#include "model.h"

#define TABLE "_ZN7hillock6FieldsI4MineE5namesE"
__asm__(
    ".pushsection .rodata\n"
    ".type " TABLE
    ", @gnu_unique_object\n"
    ".size " TABLE ", 1\n" TABLE
    ":\n"
    ".byte 0\n"
    ".popsection\n");

static const hk_model model = {GOOD_MODEL, .rhs = good_rhs};
MODEL_PLUGIN("shares_tables")
