/* Stands between a program and the C library, by LD_PRELOAD, and lets one call fail. HILLOCK_FAULT is KIND:N, the N-th
 * call of that kind from the start of the program: malloc, write, short (half of it is written), open, close, rename,
 * mkdir, unlink, ftruncate, flush, fork, thread. When the call has failed the file HILLOCK_FAULT_TOLD is there.
 * Programs that the program starts are left alone. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char kind[16];
static long at = 0;
static const char* told = NULL;
static atomic_long calls = 0;
static pid_t first = 0;

__attribute__((constructor)) static void begin(void) {
  const char* fault = getenv("HILLOCK_FAULT");
  const char* colon = fault ? strchr(fault, ':') : NULL;
  unsetenv("LD_PRELOAD");
  if (!colon || (size_t)(colon - fault) >= sizeof kind) return;
  memcpy(kind, fault, (size_t)(colon - fault));
  at = atol(colon + 1), told = getenv("HILLOCK_FAULT_TOLD"), first = getpid();
}

/* Whether this call of its kind is the one that fails. Allocates nothing. */
static int fails(const char* of) {
  if (at == 0 || strcmp(kind, of) != 0 || atomic_fetch_add(&calls, 1) + 1 != at) return 0;
  if (getpid() != first) return 0;
  const long file = told ? syscall(SYS_openat, AT_FDCWD, told, O_WRONLY | O_CREAT, 0600) : -1;
  if (file >= 0) syscall(SYS_close, file);
  return 1;
}
static int refuse(int reason) {
  errno = reason;
  return -1;
}
/* The function of the C library: a pointer to a function made of one to an object, as POSIX allows and C does not. */
#define NEXT(function) __extension__((__typeof__(&function))dlsym(RTLD_NEXT, #function))
#define EXPORT __attribute__((visibility("default")))

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void*, size_t);
EXPORT void* malloc(size_t size) { return fails("malloc") ? (errno = ENOMEM, (void*)0) : __libc_malloc(size); }
EXPORT void* calloc(size_t n, size_t size) {
  return fails("malloc") ? (errno = ENOMEM, (void*)0) : __libc_calloc(n, size);
}
EXPORT void* realloc(void* old, size_t size) {
  return fails("malloc") ? (errno = ENOMEM, (void*)0) : __libc_realloc(old, size);
}
EXPORT ssize_t write(int file, const void* bytes, size_t n) {
  if (file > 2 && fails("write")) return refuse(ENOSPC);
  if (file > 2 && n > 1 && fails("short")) n /= 2;
  return syscall(SYS_write, file, bytes, n);
}
static int open_next(const char* path, int flags, mode_t mode) {
  if ((flags & O_ACCMODE) != O_RDONLY && fails("open")) return refuse(EMFILE);
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
#define MODE(flags)                      \
  mode_t mode = 0;                       \
  if (flags & (O_CREAT | __O_TMPFILE)) { \
    va_list rest;                        \
    va_start(rest, flags);               \
    mode = va_arg(rest, mode_t);         \
    va_end(rest);                        \
  }
EXPORT int open(const char* path, int flags, ...) {
  MODE(flags)
  return open_next(path, flags, mode);
}
EXPORT int open64(const char* path, int flags, ...) {
  MODE(flags)
  return open_next(path, flags | O_LARGEFILE, mode);
}
EXPORT int close(int file) {
  const int result = (int)syscall(SYS_close, file);
  return file > 2 && fails("close") ? refuse(EIO) : result;
}
EXPORT int rename(const char* from, const char* to) {
  return fails("rename") ? refuse(EIO) : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}
EXPORT int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  return fails("rename") ? refuse(EIO) : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}
EXPORT int mkdir(const char* path, mode_t mode) {
  return fails("mkdir") ? refuse(ENOSPC) : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}
EXPORT int unlink(const char* path) {
  return fails("unlink") ? refuse(EIO) : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}
EXPORT int ftruncate(int file, off_t size) {
  return fails("ftruncate") ? refuse(EIO) : (int)syscall(SYS_ftruncate, file, size);
}
EXPORT int ftruncate64(int file, off64_t size) {
  return fails("ftruncate") ? refuse(EIO) : (int)syscall(SYS_ftruncate, file, size);
}
EXPORT int fdatasync(int file) { return fails("flush") ? refuse(EIO) : (int)syscall(SYS_fdatasync, file); }
EXPORT int syncfs(int file) { return fails("flush") ? refuse(EIO) : (int)syscall(SYS_syncfs, file); }
EXPORT pid_t fork(void) { return fails("fork") ? refuse(EAGAIN) : NEXT(fork)(); }
EXPORT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*run)(void*), void* with) {
  return fails("thread") ? EAGAIN : NEXT(pthread_create)(thread, attributes, run, with);
}
