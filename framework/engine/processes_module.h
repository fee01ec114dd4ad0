/* What the module mpi.so offers to the program, which is not linked with MPI. Both are of one build, so this boundary
 * has no versions. */
#ifndef HILLOCK_PROCESSES_MODULE_H
#define HILLOCK_PROCESSES_MODULE_H
#include <stdint.h>

/* All functions are called by one thread. A process at the other end may be gone: `send` and `receive` return 1, or 0
   if `stopped` said so before they could do their work; after that only `abort` is called. */
typedef struct hillock_mpi {
  void (*begin)(int* rank, int* ranks, int (*stopped)(void));
  int (*send)(int to, int tag, const char* bytes, uint64_t n);
  int (*probe)(
      int* from, int* tag,
      uint64_t* n); /* 1 if a message is there: its sender, tag and length, which `receive` is then called with */
  int (*receive)(int from, int tag, char* bytes, uint64_t n);
  void (*end)(void);
  void (*abort)(int status);
} hillock_mpi;

#endif
