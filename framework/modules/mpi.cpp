// The module that talks to MPI: messages of bytes between the processes of one run.
#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <thread>

#include "engine/processes_module.h"

namespace {

// MPI counts in int: messages go in pieces, after their length.
constexpr std::uint64_t piece = 1u << 30;

int (*stopped)(void) = nullptr;

int wait_for(MPI_Request request) {
  for (int done = 0;; std::this_thread::yield()) {
    MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done) return 1;
    if (stopped()) return 0;
  }
}

void begin(int* rank, int* ranks, int (*asks)(void)) {
  stopped = asks;
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, rank);
  MPI_Comm_size(MPI_COMM_WORLD, ranks);
}

int send(int to, int tag, const char* bytes, std::uint64_t n) {
  MPI_Request request;
  MPI_Isend(&n, 1, MPI_UINT64_T, to, tag, MPI_COMM_WORLD, &request);
  int went = wait_for(request);
  for (std::uint64_t at = 0; went && at < n; at += piece) {
    MPI_Isend(bytes + at, static_cast<int>(std::min(piece, n - at)), MPI_BYTE, to, tag, MPI_COMM_WORLD, &request);
    went = wait_for(request);
  }
  return went;
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

int receive(int from, int tag, char* bytes, std::uint64_t n) {
  int came = 1;
  for (std::uint64_t at = 0; came && at < n; at += piece) {
    MPI_Request request;
    MPI_Irecv(bytes + at, static_cast<int>(std::min(piece, n - at)), MPI_BYTE, from, tag, MPI_COMM_WORLD, &request);
    came = wait_for(request);
  }
  return came;
}

void end() { MPI_Finalize(); }
void abort_all(int status) { MPI_Abort(MPI_COMM_WORLD, status); }

constexpr hillock_mpi interface {
  begin, send, probe, receive, end, abort_all
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const hillock_mpi* hillock_mpi_entry() { return &interface; }
