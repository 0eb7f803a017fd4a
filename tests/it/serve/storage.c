/* Storage that can fail and lose power, preloaded into `vigie serve` by tests.
 *
 * STORAGE_EVENTS: a file that gets a line for each sync: `F LENGTH PATH` for a file, and for a folder `D PATH` with a line
 * `E NAME` for each of its entries. What is not in it is lost with the power.
 * STORAGE_FAULT: a file; while it exists, files named *.ndjson or *.probe cannot be written or created: with EROFS if it
 * holds `r`, otherwise with ENOSPC.
 * STORAGE_MODE: `late`: syncs of files return at once and take place 300 ms later; `flat`: those of folders do nothing. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int is_mode(const char *mode) {
  const char *set = getenv("STORAGE_MODE");
  return set && strcmp(set, mode) == 0;
}

static void path_of(int fd, char *path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, size - 1);
  path[length < 0 ? 0 : length] = 0;
}

/* Appends a whole line, or several, at once: it survives the end of the process. */
static void note(const char *text, size_t length) {
  const char *events = getenv("STORAGE_EVENTS");
  if (!events) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, events, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0 || syscall(SYS_write, fd, text, length) != (long)length) abort();
  syscall(SYS_close, fd);
}

static void note_file(int fd) {
  struct stat of;
  char path[4096], line[4200];
  path_of(fd, path, sizeof path);
  if (fstat(fd, &of) != 0) abort();
  note(line, (size_t)snprintf(line, sizeof line, "F %lld %s\n", (long long)of.st_size, path));
}

static void note_folder(int fd) {
  char path[4096], *text = NULL;
  size_t length = 0;
  path_of(fd, path, sizeof path);
  FILE *out = open_memstream(&text, &length);
  DIR *folder = opendir(path);
  if (!out || !folder) abort();
  fprintf(out, "D %s\n", path);
  for (struct dirent *entry; (entry = readdir(folder));) fprintf(out, "E %s\n", entry->d_name);
  closedir(folder);
  fclose(out);
  note(text, length);
  free(text);
}

static void *sync_later(void *file) {
  int fd = (int)(long)file;
  usleep(300000);
  if (syscall(SYS_fdatasync, fd) == 0) note_file(fd);
  syscall(SYS_close, fd);
  return NULL;
}

static int sync_any(int fd, long call) {
  struct stat of;
  if (fstat(fd, &of) != 0) return -1;
  int is_folder = S_ISDIR(of.st_mode);
  if (is_folder && is_mode("flat")) return 0;
  if (!is_folder && is_mode("late")) {
    pthread_t thread;
    int own = (int)syscall(SYS_dup, fd);
    if (own < 0 || pthread_create(&thread, NULL, sync_later, (void *)(long)own) != 0) abort();
    pthread_detach(thread);
    return 0;
  }
  if (syscall(call, fd) != 0) return -1;
  if (is_folder) note_folder(fd); else note_file(fd);
  return 0;
}

int fdatasync(int fd) { return sync_any(fd, SYS_fdatasync); }
int fsync(int fd) { return sync_any(fd, SYS_fsync); }

static int ends_with(const char *text, const char *end) {
  size_t length = strlen(text), own = strlen(end);
  return length >= own && strcmp(text + length - own, end) == 0;
}

/* Whether the storage refuses this file now; sets errno. */
static int is_refused(const char *path) {
  const char *fault = getenv("STORAGE_FAULT");
  if (!fault || !(ends_with(path, ".ndjson") || ends_with(path, ".probe"))) return 0;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, fault, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char kind = 0;
  long length = syscall(SYS_read, fd, &kind, 1);
  syscall(SYS_close, fd);
  errno = length == 1 && kind == 'r' ? EROFS : ENOSPC;
  return 1;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  static ssize_t (*next)(int, const void *, size_t);
  if (!next) next = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  if (getenv("STORAGE_FAULT")) {
    char path[4096];
    path_of(fd, path, sizeof path);
    if (is_refused(path)) return -1;
  }
  return next(fd, bytes, length);
}

static int open_any(const char *path, int flags, unsigned mode) {
  if ((flags & (O_CREAT | O_WRONLY | O_RDWR)) && is_refused(path)) return -1;
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define OPEN(name)                                   \
  int name(const char *path, int flags, ...) {       \
    unsigned mode = 0;                               \
    if (flags & O_CREAT) {                           \
      va_list rest;                                  \
      va_start(rest, flags);                         \
      mode = va_arg(rest, unsigned);                 \
      va_end(rest);                                  \
    }                                                \
    return open_any(path, flags, mode);              \
  }
OPEN(open)
OPEN(open64)
