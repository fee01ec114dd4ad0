// The module that talks to MPI: messages of bytes between the processes of one run.
#include <mpi.h>

#include <algorithm>
#include <cstdint>

#include "run/fleet_module.h"

namespace {

// MPI counts in int: messages go in pieces, after their length.
constexpr std::uint64_t piece = 1u << 30;

void begin(int* rank, int* ranks) {
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, rank);
  MPI_Comm_size(MPI_COMM_WORLD, ranks);
}

void send(int to, int tag, const char* bytes, std::uint64_t n) {
  MPI_Send(&n, 1, MPI_UINT64_T, to, tag, MPI_COMM_WORLD);
  for (std::uint64_t at = 0; at < n; at += piece)
    MPI_Send(bytes + at, static_cast<int>(std::min(piece, n - at)), MPI_BYTE, to, tag, MPI_COMM_WORLD);
}

int probe(int* from, int* tag, std::uint64_t* n) {
  int there = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
  if (!there) return 0;
  *from = status.MPI_SOURCE, *tag = status.MPI_TAG;
  MPI_Recv(n, 1, MPI_UINT64_T, *from, *tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  return 1;
}

void receive(int from, int tag, char* bytes, std::uint64_t n) {
  for (std::uint64_t at = 0; at < n; at += piece)
    MPI_Recv(bytes + at, static_cast<int>(std::min(piece, n - at)), MPI_BYTE, from, tag, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
}

void end() { MPI_Finalize(); }
void abort_all(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

constexpr hillock_mpi interface {
  begin, send, probe, receive, end, abort_all
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const hillock_mpi* hillock_mpi_entry() { return &interface; }
