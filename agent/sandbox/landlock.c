/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock rules by purpose, by raw system calls. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "confine.h"

/* Our own constants: the headers of the reference system are older than the kernels we run on
 * (include/uapi/linux/landlock.h). */
enum { SYS_CREATE = 444, SYS_ADD_RULE = 445, SYS_RESTRICT = 446 };
enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };
enum { ABI_FLOOR = 2, ABI_KNOWN = 7 };

#define FS_EXECUTE     (UINT64_C(1) << 0)
#define FS_WRITE_FILE  (UINT64_C(1) << 1)
#define FS_READ_FILE   (UINT64_C(1) << 2)
#define FS_READ_DIR    (UINT64_C(1) << 3)
#define FS_REMOVE_DIR  (UINT64_C(1) << 4)
#define FS_REMOVE_FILE (UINT64_C(1) << 5)
#define FS_MAKE_DIR    (UINT64_C(1) << 7)
#define FS_MAKE_REG    (UINT64_C(1) << 8)
#define FS_MAKE_SYM    (UINT64_C(1) << 12)
#define FS_ABI1        ((UINT64_C(1) << 13) - 1)
#define FS_REFER       (UINT64_C(1) << 13) /* ABI 2 */
#define FS_TRUNCATE    (UINT64_C(1) << 14) /* ABI 3 */
#define FS_IOCTL_DEV   (UINT64_C(1) << 15) /* ABI 5 */
#define NET_TCP        UINT64_C(3)         /* ABI 4: bind and connect */
#define SCOPE_ALL      UINT64_C(3)         /* ABI 6: abstract sockets and signals */

#define LOOK (FS_READ_FILE | FS_READ_DIR)
#define RUN  (LOOK | FS_EXECUTE)
#define FILL                                                                                                           \
    (LOOK | FS_WRITE_FILE | FS_TRUNCATE | FS_MAKE_REG | FS_MAKE_DIR | FS_MAKE_SYM | FS_REMOVE_FILE | FS_REMOVE_DIR |   \
     FS_REFER)
#define CLEAR (FS_READ_DIR | FS_REMOVE_FILE | FS_REMOVE_DIR)
/* what the kernel accepts for something that is no folder */
#define ON_FILE (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV)

struct ruleset_attr {
    uint64_t handled_fs, handled_net, scoped;
};

struct path_attr {
    uint64_t allowed;
    int32_t parent_fd;
} __attribute__((packed));

/* What a check command needs to start: nothing here belongs to a backup or to this agent. */
static const struct {
    const char *path;
    uint64_t rights;
} system_paths[] = {
    {"/usr", RUN},
    {"/bin", RUN},
    {"/sbin", RUN},
    {"/lib", RUN},
    {"/lib32", RUN},
    {"/lib64", RUN},
    {"/etc/ld.so.cache", FS_READ_FILE},
    {"/etc/localtime", FS_READ_FILE},
    {"/etc/alternatives", LOOK},
    {"/dev/null", FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE},
    {"/dev/zero", FS_READ_FILE},
    {"/dev/urandom", FS_READ_FILE},
};

static const struct {
    uint64_t read, write; /* rights on the paths of the two lists */
    bool system, none;    /* none: whoever mounts cannot be held by Landlock */
} levels[] = {
    [KB_CONFINE_READ] = {LOOK, 0, false},     [KB_CONFINE_RESTORE] = {LOOK, FILL, false},
    [KB_CONFINE_PROBE] = {RUN, FILL, true},   [KB_CONFINE_MEDIA] = {.none = true},
    [KB_CONFINE_CLEANUP] = {CLEAR, 0, false},
};

/* What is restricted from which ABI on, for people. */
static const struct {
    int64_t abi;
    const char *name;
} abi_names[] = {{1, "files"}, {2, "refer"}, {3, "truncate"}, {4, "tcp"}, {5, "ioctl"}, {6, "sockets, signals"}};

static const char *rights_of(int64_t abi, struct kb_arena *arena)
{
    const char *all = abi_names[0].name;
    for (size_t i = 1; i < sizeof abi_names / sizeof *abi_names && abi_names[i].abi <= abi; i++)
        all = kb_sprintf(arena, "%s, %s", all, abi_names[i].name);
    return all;
}

static struct ruleset_attr handled_by(int64_t abi)
{
    return (struct ruleset_attr){
        .handled_fs = FS_ABI1 | (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) |
                      (abi >= 5 ? FS_IOCTL_DEV : 0),
        .handled_net = abi >= 4 ? NET_TCP : 0,
        .scoped = abi >= 6 ? SCOPE_ALL : 0,
    };
}

/* 0, or -1 with errno; ENOENT for what is not there and for a symbolic link. */
static int allow(int ruleset, const char *path, int flags, uint64_t rights)
{
    KB_SCOPED_FD fd = open(path, O_PATH | O_CLOEXEC | flags);
    struct stat st;
    if (fd < 0 || fstat(fd, &st))
        return -1;
    if (S_ISLNK(st.st_mode)) {
        errno = ENOENT;
        return -1;
    }
    struct path_attr attr = {.allowed = S_ISDIR(st.st_mode) ? rights : rights & ON_FILE, .parent_fd = fd};
    return (int)syscall(SYS_ADD_RULE, ruleset, RULE_PATH_BENEATH, &attr, 0);
}

static int path_lacks(struct kb_confining *c, const char *path)
{
    return kb_confine_lacks(c, kb_text_new(c->arena, "access to %s could not be allowed: %s",
                                           "%s へのアクセスを許可できませんでした: %s", path, strerror(errno)));
}

static int allow_list(struct kb_confining *c, int ruleset, const char *const *paths, uint64_t rights, bool must_be)
{
    for (; paths && *paths; paths++) {
        if (!allow(ruleset, *paths, O_NOFOLLOW, rights) || (!must_be && errno == ENOENT))
            continue;
        int code = path_lacks(c, *paths);
        if (code)
            return code;
    }
    return 0;
}

static int allow_all(struct kb_confining *c, int ruleset, uint64_t handled)
{
    const struct kb_confine *p = c->params;
    int code = allow_list(c, ruleset, p->read, levels[p->level].read & handled, false);
    if (!code && levels[p->level].write)
        code = allow_list(c, ruleset, p->write, levels[p->level].write & handled, true);
    if (!levels[p->level].system && !p->programs)
        return code;
    for (size_t i = 0; !code && i < sizeof system_paths / sizeof *system_paths; i++)
        if (allow(ruleset, system_paths[i].path, 0, system_paths[i].rights & handled) && errno != ENOENT)
            code = path_lacks(c, system_paths[i].path);
    return code;
}

int kb_landlock_make(struct kb_confining *c, int64_t abi_at_most, int *ret_fd)
{
    *ret_fd = -1;
    if (levels[c->params->level].none)
        return 0;
    long abi = syscall(SYS_CREATE, NULL, (size_t)0, CREATE_VERSION);
    if (abi < 1)
        return kb_confine_lacks(
            c,
            kb_text_new(c->arena,
                        "this kernel has no Landlock; Linux 5.19 or later with `landlock` in its lsm= list is needed",
                        "このカーネルでは Landlock が使えません。lsm= に landlock を含む Linux 5.19 以降が必要です"));
    if (abi > abi_at_most)
        abi = (long)abi_at_most;
    if (abi > ABI_KNOWN)
        abi = ABI_KNOWN;
    if (abi < ABI_FLOOR) {
        int code = kb_confine_lacks(c, kb_text_new(c->arena, "Landlock ABI %ld, at least %d is needed (Linux 5.19)",
                                                   "Landlock の ABI が %ld です。%d 以上（Linux 5.19）が必要です", abi,
                                                   ABI_FLOOR));
        if (code)
            return code;
    }
    struct ruleset_attr attr = handled_by(abi);
    /* an older kernel refuses a larger struct only if the part it does not know is not zero */
    KB_SCOPED_FD fd = (int)syscall(SYS_CREATE, &attr, sizeof attr, 0);
    if (fd < 0)
        return kb_confine_lacks(c, kb_text_new(c->arena, "Landlock refused the rules: %s",
                                               "Landlock に規則を登録できませんでした: %s", strerror(errno)));
    int code = allow_all(c, fd, attr.handled_fs);
    if (code)
        return code;
    c->reached->landlock_abi = abi;
    c->reached->landlock_rights = rights_of(abi, c->arena);
    *ret_fd = kb_steal(&fd);
    return 0;
}

int kb_landlock_enter(struct kb_confining *c, int fd)
{
    if (fd < 0)
        return 0;
    if (!syscall(SYS_RESTRICT, fd, 0))
        return 0;
    c->reached->landlock_abi = 0;
    c->reached->landlock_rights = NULL;
    return kb_confine_lacks(c, kb_text_new(c->arena, "Landlock could not be entered: %s",
                                           "Landlock を有効にできませんでした: %s", strerror(errno)));
}
