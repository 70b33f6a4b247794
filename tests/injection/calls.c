/* Count the system calls that change files below one folder, and at the n-th of them kill the process or let it fail.
 *
 * Preloaded into a process (LD_PRELOAD); does nothing before calls_arm was called. What is counted: files that are made
 * or cut, every write, fsync, rename, link, unlink, mkdir and rmdir. One line a call goes to the log, if one is given.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OFF = 0, COUNT = 1, KILL_BEFORE = 2, KILL_WITHIN = 3, FAIL_ONCE = 4, FAIL_ON = 5 };

static char folder[PATH_MAX];
static size_t folder_length;
static int mode, error_number, log_file;
static long wanted;
static atomic_long counted;

void calls_arm(const char *prefix, int how, long number, int error, int log) {
    snprintf(folder, sizeof folder, "%s", prefix);
    folder_length = strlen(folder);
    error_number = error;
    wanted = number;
    log_file = log;
    atomic_store(&counted, 0);
    mode = how;
}

static int is_below(const char *path) {
    return !strncmp(path, folder, folder_length) && (path[folder_length] == '/' || !path[folder_length]);
}

static void absolute(int directory, const char *path, char *out) {
    char base[PATH_MAX] = "";
    if (path[0] != '/') {
        if (directory == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) base[0] = 0;
        } else {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
            ssize_t length = readlink(link, base, sizeof base - 1);
            base[length > 0 ? length : 0] = 0;
        }
    }
    if (snprintf(out, PATH_MAX, "%s%s%s", base, base[0] ? "/" : "", path) < 0) out[0] = 0;
}

enum { GO = 0, FAIL = 1, HALF = 2 };

static void die(void) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
    for (;;) pause();
}

/* Count a call on a path; tell whether it goes on, fails (errno is set), or is half done before the end. */
static int met(const char *name, const char *path, int can_be_half) {
    if (mode == OFF || !is_below(path)) return GO;
    int saved = errno;
    long number = atomic_fetch_add(&counted, 1) + 1;
    if (log_file >= 0) {
        char line[PATH_MAX + 64];
        int length = snprintf(line, sizeof line, "%s\t%s\n", name, path);
        syscall(SYS_write, log_file, line, (size_t)length);
    }
    if (mode == KILL_BEFORE && number == wanted) die();
    if (mode == KILL_WITHIN && number == wanted) {
        if (!can_be_half) die();
        errno = saved;
        return HALF;
    }
    if ((mode == FAIL_ONCE && number == wanted) || (mode == FAIL_ON && number >= wanted)) {
        errno = error_number;
        return FAIL;
    }
    errno = saved;
    return GO;
}

static int met_at(const char *name, int directory, const char *path) {
    char whole[PATH_MAX];
    if (mode == OFF || !path) return GO;
    absolute(directory, path, whole);
    return met(name, whole, 0);
}

static int met_file(const char *name, int file, int can_be_half) {
    if (mode == OFF) return GO;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return GO;
    path[length] = 0;
    return met(name, path, can_be_half);
}

#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static int makes(int directory, const char *path, int flags) {
    char whole[PATH_MAX];
    if (mode == OFF || !path) return 0;
    absolute(directory, path, whole);
    return (flags & O_TRUNC) || ((flags & O_CREAT) && faccessat(AT_FDCWD, whole, F_OK, 0));
}

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(int, name, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        int permissions = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, int) : 0; \
        va_end(rest); \
        if (makes(AT_FDCWD, path, flags) && met_at("create", AT_FDCWD, path) == FAIL) return -1; \
        return real(path, flags, permissions); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int directory, const char *path, int flags, ...) { \
        REAL(int, name, int, const char *, int, ...); \
        va_list rest; \
        va_start(rest, flags); \
        int permissions = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, int) : 0; \
        va_end(rest); \
        if (makes(directory, path, flags) && met_at("create", directory, path) == FAIL) return -1; \
        return real(directory, path, flags, permissions); \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int file, const void *content, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    switch (met_file("write", file, 1)) {
        case FAIL: return -1;
        case HALF: real(file, content, size / 2); die();
    }
    return real(file, content, size);
}

#define PWRITE(name, offset_type) \
    ssize_t name(int file, const void *content, size_t size, offset_type place) { \
        REAL(ssize_t, name, int, const void *, size_t, offset_type); \
        switch (met_file("write", file, 1)) { \
            case FAIL: return -1; \
            case HALF: real(file, content, size / 2, place); die(); \
        } \
        return real(file, content, size, place); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(ssize_t, writev, int, const struct iovec *, int);
    return met_file("write", file, 0) == FAIL ? -1 : real(file, parts, count);
}

#define SENDFILE(name, offset_type) \
    ssize_t name(int to, int from, offset_type *place, size_t size) { \
        REAL(ssize_t, name, int, int, offset_type *, size_t); \
        switch (met_file("write", to, 1)) { \
            case FAIL: return -1; \
            case HALF: { \
                struct stat found; \
                fstat(from, &found); \
                real(to, from, place, (size_t)found.st_size / 2); \
                die(); \
            } \
        } \
        return real(to, from, place, size); \
    }
SENDFILE(sendfile, off_t)
SENDFILE(sendfile64, off64_t)

ssize_t copy_file_range(int from, off64_t *at, int to, off64_t *place, size_t size, unsigned flags) {
    REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned);
    return met_file("write", to, 0) == FAIL ? -1 : real(from, at, to, place, size, flags);
}

#define ON_FILE(symbol, name) \
    int symbol(int file) { \
        REAL(int, symbol, int); \
        return met_file(name, file, 0) == FAIL ? -1 : real(file); \
    }
ON_FILE(fsync, "fsync")
ON_FILE(fdatasync, "fsync")

#define CUT(name, offset_type) \
    int name(int file, offset_type size) { \
        REAL(int, name, int, offset_type); \
        return met_file("cut", file, 0) == FAIL ? -1 : real(file, size); \
    }
CUT(ftruncate, off_t)
CUT(ftruncate64, off64_t)

#define ON_PATH(symbol, name) \
    int symbol(const char *path) { \
        REAL(int, symbol, const char *); \
        return met_at(name, AT_FDCWD, path) == FAIL ? -1 : real(path); \
    }
ON_PATH(unlink, "unlink")
ON_PATH(rmdir, "rmdir")
ON_PATH(remove, "unlink")

int unlinkat(int directory, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    return met_at(flags & AT_REMOVEDIR ? "rmdir" : "unlink", directory, path) == FAIL ? -1 : real(directory, path, flags);
}

int mkdir(const char *path, mode_t permissions) {
    REAL(int, mkdir, const char *, mode_t);
    return met_at("mkdir", AT_FDCWD, path) == FAIL ? -1 : real(path, permissions);
}

int mkdirat(int directory, const char *path, mode_t permissions) {
    REAL(int, mkdirat, int, const char *, mode_t);
    return met_at("mkdir", directory, path) == FAIL ? -1 : real(directory, path, permissions);
}

#define TWO_PATHS(symbol, name) \
    int symbol(const char *from, const char *to) { \
        REAL(int, symbol, const char *, const char *); \
        return met_at(name, AT_FDCWD, to) == FAIL ? -1 : real(from, to); \
    }
TWO_PATHS(rename, "rename")
TWO_PATHS(link, "link")

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
    REAL(int, renameat, int, const char *, int, const char *);
    return met_at("rename", to_directory, to) == FAIL ? -1 : real(from_directory, from, to_directory, to);
}

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
    REAL(int, linkat, int, const char *, int, const char *, int);
    return met_at("link", to_directory, to) == FAIL ? -1 : real(from_directory, from, to_directory, to, flags);
}
