/* What the module mpi.so offers to the program, which is not linked with MPI. Both are of one build, so this boundary has no versions. */
#ifndef HILLOCK_FLEET_MODULE_H
#define HILLOCK_FLEET_MODULE_H
#include <stdint.h>

/* All functions are called by one thread. */
typedef struct hillock_mpi {
  void (*begin)(int* rank, int* ranks);
  void (*send)(int to, int tag, const char* bytes, uint64_t n);
  int (*probe)(
      int* from, int* tag,
      uint64_t* n); /* 1 if a message is there: its sender, tag and length, which `receive` is then called with */
  void (*receive)(int from, int tag, char* bytes, uint64_t n);
  void (*end)(void);
  void (*abort)(int status);
} hillock_mpi;

#endif
