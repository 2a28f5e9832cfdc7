/* A library that calls what newer releases of glibc brought; each export says 0, or where it failed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int renameat2(int, const char *, int, const char *, unsigned);
ssize_t getdents64(int, void *, size_t);
int tgkill(pid_t, pid_t, int);
int getcpu(unsigned *, unsigned *);
int statx(int, const char *, int, unsigned, struct statx *);
void *aligned_alloc(size_t, size_t);
void explicit_bzero(void *, size_t);
extern char __libc_single_threaded;

int stats(const char *file) {
    struct stat a, b, c, d;
    int fd = open(file, O_RDONLY);
    if (stat(file, &a) || lstat(file, &b) || fstat(fd, &c) || fstatat(AT_FDCWD, file, &d, AT_SYMLINK_NOFOLLOW))
        return 1;
    if (a.st_size != 6 || b.st_size != 6 || c.st_size != 6 || d.st_size != 6 || (a.st_mode & 0777) != 0640)
        return 2;
    struct stat64 e, f, g, h;
    if (stat64(file, &e) || lstat64(file, &f) || fstat64(fd, &g) || fstatat64(AT_FDCWD, file, &h, 0))
        return 3;
    if (e.st_size != 6 || f.st_size != 6 || g.st_size != 6 || h.st_size != 6 || e.st_ino != h.st_ino)
        return 4;
    errno = 0;
    if (stat("/nowhere", &a) != -1 || errno != ENOENT)
        return 5;
    struct statx x;
    if (statx(AT_FDCWD, file, 0, STATX_BASIC_STATS, &x) || x.stx_size != 6)
        return 6;
    return close(fd);
}

int system_calls(const char *file) {
    char random[16] = {0}, zeros[16] = {0};
    if (getrandom(random, sizeof random, 0) != sizeof random || !memcmp(random, zeros, sizeof random))
        return 1;
    if (gettid() != getpid() || tgkill(getpid(), gettid(), 0))
        return 2;
    int memory = memfd_create("name", MFD_CLOEXEC);
    if (memory < 0 || write(memory, "hello", 5) != 5 || lseek(memory, 0, SEEK_CUR) != 5)
        return 3;
    if (fcntl(memory, F_GETFD) != FD_CLOEXEC)
        return 4;
    /* Five arguments, as statx above. */
    char other[4096];
    strcat(strcpy(other, file), ".other");
    if (renameat2(AT_FDCWD, file, AT_FDCWD, other, 0) || access(other, F_OK) || !access(file, F_OK))
        return 5;
    if (renameat2(AT_FDCWD, other, AT_FDCWD, file, 0))
        return 6;
    unsigned cpu = ~0u;
    if (getcpu(&cpu, 0) || cpu == ~0u)
        return 7;
    int folder = open("/", O_RDONLY | O_DIRECTORY);
    if (getdents64(folder, other, sizeof other) <= 0)
        return 8;
    return close(folder) || close(memory);
}

int others(const char *file) {
    char secret[8] = "secret!";
    explicit_bzero(secret, sizeof secret);
    if (memcmp(secret, "\0\0\0\0\0\0\0", 8))
        return 1;
    if (__libc_single_threaded) /* It is not known: another answer would be a promise. */
        return 2;
    void *block = aligned_alloc(256, 512);
    if (!block || (unsigned long)block % 256)
        return 3;
    free(block);
    return 0;
}
