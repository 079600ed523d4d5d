/* Loaded before libc (LD_PRELOAD): makes chosen calls on the files of a database fail. What fails is
   said in a file that is mapped into memory; the test writes it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

enum { READ = 1, WRITE = 2, SYNC = 4, TRUNCATE = 8, SHORT_READ = 16 };
enum { DATABASE = 1, LOG = 2, INDEX = 4, LOCK = 8, OTHER = 16 };

/* From the call number `skip` on, `count` calls fail with `error`. `seen` counts calls that match. */
struct control {
  int32_t armed, ops, files, skip, count, error, seen, hits;
};

static volatile struct control *control;
static char folder[4096];
static const char *database;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("DISK_FAULTS");
  database = getenv("DISK_FAULTS_DATABASE");
  if (!path || !database) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *map = mmap(0, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (map == MAP_FAILED) return;
  snprintf(folder, sizeof folder, "%s", database);
  char *slash = strrchr(folder, '/');
  if (slash) slash[1] = 0;
  control = map;
}

static int file_of(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  size_t base = strlen(database);
  if (strncmp(path, database, base) == 0) {
    if (!path[base]) return DATABASE;
    if (!strcmp(path + base, "-wal")) return LOG;
    if (!strcmp(path + base, "-shm")) return INDEX;
    if (!strcmp(path + base, "-lock")) return LOCK;
  }
  return strncmp(path, folder, strlen(folder)) == 0 ? OTHER : 0;
}

static int fails(int fd, int op) {
  if (!control || !control->armed || !(control->ops & op)) return 0;
  int before = errno;
  int matches = file_of(fd) & control->files;
  errno = before;
  if (!matches) return 0;
  int32_t number = __sync_fetch_and_add(&control->seen, 1);
  if (number < control->skip || number - control->skip >= control->count) return 0;
  __sync_fetch_and_add(&control->hits, 1);
  errno = control->error;
  return 1;
}

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name);

#define TRANSFER(name, op, parameters, arguments) \
  ssize_t name parameters { \
    REAL(name) \
    if (op == READ && fails(fd, SHORT_READ)) size = (size + 1) / 2; \
    else if (fails(fd, op)) return -1; \
    return real arguments; \
  }

TRANSFER(read, READ, (int fd, void *data, size_t size), (fd, data, size))
TRANSFER(pread, READ, (int fd, void *data, size_t size, off_t at), (fd, data, size, at))
TRANSFER(pread64, READ, (int fd, void *data, size_t size, off64_t at), (fd, data, size, at))
TRANSFER(write, WRITE, (int fd, const void *data, size_t size), (fd, data, size))
TRANSFER(pwrite, WRITE, (int fd, const void *data, size_t size, off_t at), (fd, data, size, at))
TRANSFER(pwrite64, WRITE, (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))

#define PLAIN(name, op, parameters, arguments) \
  int name parameters { \
    REAL(name) \
    return fails(fd, op) ? -1 : real arguments; \
  }

PLAIN(fsync, SYNC, (int fd), (fd))
PLAIN(fdatasync, SYNC, (int fd), (fd))
PLAIN(ftruncate, TRUNCATE, (int fd, off_t size), (fd, size))
PLAIN(ftruncate64, TRUNCATE, (int fd, off64_t size), (fd, size))
