/* Compiled by the tests with the present header. */
#include "layout.h"
