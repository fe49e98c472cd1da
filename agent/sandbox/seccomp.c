/* SPDX-License-Identifier: Apache-2.0 */
/* System calls by purpose: what parses hostile bytes has a list of those it may make, programs of others one of those
 * they may not. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/fiemap.h>
#include <linux/fs.h>
#include <seccomp.h>
#include <sys/prctl.h>

#include "confine.h"

#define NAMESPACES                                                                                                     \
    ((unsigned)CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |            \
     CLONE_NEWNET)

/* What a call needs to be let through, or stopped: READ alone, with a folder to fill, with programs to run,
 * with folders to remove; where Landlock sees what nobody else can (O_TRUNC of openat2). */
enum { READ = 1, FILL = 2, RUN = 4, ALL = READ | FILL | RUN, CLEAR = 64, SEEN = 128 };
/* What is refused to: those who mount nothing, those who do, both, and where Landlock knows no right to truncate. */
enum { STILL = 8, MOUNT = 16, ANY = STILL | MOUNT, OLD = 32 };

struct call {
    int number;
    unsigned when;
    unsigned n_args; /* conditions, all of which must hold */
    struct scmp_arg_cmp args[2];
};

/* clang-format off */
#define CALL(name, when)                    {SCMP_SYS(name), (when), 0, {{0}}}
#define BITS(name, when, arg, mask, value)  {SCMP_SYS(name), (when), 1, {{(arg), SCMP_CMP_MASKED_EQ, (mask), (value)}}}
#define VALUE(name, when, arg, value)       {SCMP_SYS(name), (when), 1, {{(arg), SCMP_CMP_EQ, (value), 0}}}

/* READ and RESTORE. What is not here does not exist for them (ENOSYS): libraries then go another way, where they know
 * one. clone3 is one of these, since nobody can look into its arguments. */
static const struct call allowed[] = {
    /* files that are there */
    CALL(read, ALL), CALL(readv, ALL), CALL(pread64, ALL), CALL(preadv, ALL), CALL(write, ALL), CALL(writev, ALL),
    CALL(pwrite64, ALL), CALL(pwritev, ALL), CALL(close, ALL), CALL(lseek, ALL), CALL(fstat, ALL), CALL(stat, ALL),
    CALL(lstat, ALL), CALL(newfstatat, ALL), CALL(statx, ALL), CALL(fstatfs, ALL), CALL(statfs, ALL),
    CALL(getdents64, ALL), CALL(readlink, ALL), CALL(readlinkat, ALL), CALL(access, ALL), CALL(faccessat, ALL),
    CALL(faccessat2, ALL), CALL(fadvise64, ALL), CALL(readahead, ALL), CALL(openat2, SEEN), CALL(dup, ALL),
    CALL(dup2, ALL), CALL(dup3, ALL), CALL(pipe2, ALL), CALL(poll, ALL), CALL(ppoll, ALL), CALL(select, ALL),
    CALL(pselect6, ALL), BITS(open, READ, 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY),
    BITS(openat, READ, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY), VALUE(fcntl, ALL, 1, F_DUPFD),
    VALUE(fcntl, ALL, 1, F_DUPFD_CLOEXEC), VALUE(fcntl, ALL, 1, F_GETFD), VALUE(fcntl, ALL, 1, F_SETFD),
    VALUE(fcntl, ALL, 1, F_GETFL), CALL(fcntl, RUN),
    {SCMP_SYS(fcntl), ALL, 2, {{1, SCMP_CMP_EQ, F_SETFL, 0}, {2, SCMP_CMP_MASKED_EQ, O_ASYNC, 0}}},
    VALUE(ioctl, ALL, 1, FS_IOC_FIEMAP),
    /* a folder to fill; a file that is opened to be read is not cut on the way (Landlock before ABI 3 lets it) */
    BITS(open, FILL | RUN, 1, O_TRUNC, 0), BITS(open, FILL | RUN, 1, O_ACCMODE, O_WRONLY),
    BITS(open, FILL | RUN, 1, O_ACCMODE, O_RDWR), BITS(openat, FILL | RUN, 2, O_TRUNC, 0),
    BITS(openat, FILL | RUN, 2, O_ACCMODE, O_WRONLY), BITS(openat, FILL | RUN, 2, O_ACCMODE, O_RDWR),
    CALL(mkdir, FILL), CALL(mkdirat, FILL), CALL(symlink, FILL), CALL(symlinkat, FILL), CALL(link, FILL),
    CALL(linkat, FILL), CALL(rename, FILL), CALL(renameat, FILL), CALL(renameat2, FILL), CALL(unlink, FILL | CLEAR),
    CALL(unlinkat, FILL | CLEAR), CALL(rmdir, FILL | CLEAR), CALL(fchmod, FILL | CLEAR), CALL(fchmodat, FILL), CALL(utimensat, FILL),
    CALL(ftruncate, FILL), CALL(fallocate, FILL), CALL(fsync, FILL), CALL(fdatasync, FILL), CALL(syncfs, FILL),
    CALL(sync_file_range, FILL),
    /* memory: none that could be run is made */
    CALL(brk, ALL), CALL(munmap, ALL), CALL(mremap, ALL), CALL(madvise, ALL), CALL(mincore, ALL),
    BITS(mmap, ALL, 2, PROT_EXEC, 0), BITS(mprotect, ALL, 2, PROT_EXEC, 0),
    /* threads, and how important they are */
    BITS(clone, ALL, 0, NAMESPACES | CLONE_THREAD, CLONE_THREAD), CALL(futex, ALL), CALL(set_robust_list, ALL),
    CALL(rseq, ALL), CALL(membarrier, ALL), CALL(exit, ALL), CALL(exit_group, ALL), CALL(gettid, ALL),
    CALL(getcpu, ALL), CALL(sched_yield, ALL), CALL(sched_getaffinity, ALL), CALL(sched_setaffinity, ALL),
    CALL(sched_getscheduler, ALL), CALL(sched_setscheduler, ALL), CALL(sched_getparam, ALL),
    CALL(sched_setparam, ALL), CALL(sched_getattr, ALL), CALL(sched_setattr, ALL), CALL(sched_get_priority_min, ALL),
    CALL(sched_get_priority_max, ALL), CALL(getpriority, ALL), CALL(setpriority, ALL), CALL(ioprio_get, ALL),
    CALL(ioprio_set, ALL),
    /* signals: to itself alone, below */
    CALL(rt_sigaction, ALL), CALL(rt_sigprocmask, ALL), CALL(rt_sigreturn, ALL), CALL(sigaltstack, ALL),
    CALL(restart_syscall, ALL), CALL(rt_sigpending, ALL),
    /* who, when, how much */
    CALL(getpid, ALL), CALL(getppid, ALL), CALL(getuid, ALL), CALL(geteuid, ALL), CALL(getgid, ALL),
    CALL(getegid, ALL), CALL(getresuid, ALL), CALL(getresgid, ALL), CALL(capget, ALL), CALL(uname, ALL),
    CALL(sysinfo, ALL), CALL(getrusage, ALL), CALL(times, ALL), CALL(getrlimit, ALL), VALUE(prlimit64, ALL, 0, 0),
    CALL(getrandom, ALL), CALL(clock_gettime, ALL), CALL(clock_getres, ALL), CALL(clock_nanosleep, ALL),
    CALL(nanosleep, ALL), CALL(gettimeofday, ALL), CALL(time, ALL), VALUE(prctl, ALL, 0, PR_GET_NO_NEW_PRIVS),
    VALUE(prctl, ALL, 0, PR_GET_PDEATHSIG), VALUE(prctl, ALL, 0, PR_GET_DUMPABLE), VALUE(prctl, ALL, 0, PR_SET_NAME),
    VALUE(prctl, ALL, 0, PR_CAPBSET_READ),
    /* a program that reads what the library cannot (7zz, or the shell script around it) */
    CALL(execve, RUN), BITS(clone, RUN, 0, NAMESPACES, 0), CALL(fork, RUN), CALL(vfork, RUN), CALL(wait4, RUN),
    CALL(waitid, RUN), CALL(kill, RUN), CALL(mmap, RUN), CALL(mprotect, RUN), CALL(memfd_create, RUN),
    CALL(arch_prctl, RUN), CALL(set_tid_address, RUN), CALL(getcwd, RUN), CALL(chdir, RUN), CALL(fchdir, RUN),
    CALL(umask, RUN), CALL(getpgrp, RUN), CALL(getpgid, RUN), CALL(setpgid, RUN), CALL(getgroups, RUN),
    CALL(pipe, RUN), CALL(close_range, RUN), VALUE(ioctl, RUN, 1, TCGETS), VALUE(ioctl, RUN, 1, TIOCGWINSZ),
    CALL(rt_sigsuspend, RUN), CALL(pause, RUN), CALL(alarm, RUN), CALL(setitimer, RUN), CALL(prlimit64, RUN),
};

/* PROBE, MEDIA: programs whose calls nobody has listed; what is refused to them is EPERM. Whoever mounts may
 * have fewer capabilities, since what follows is confined further, and call for the ids that it has (ntfs-3g ends where
 * it cannot): for others it lacks the capability. */
static const struct call refused[] = {
    /* sockets */
    CALL(socket, ANY), CALL(socketpair, ANY), CALL(connect, ANY), CALL(bind, ANY), CALL(listen, ANY),
    CALL(accept, ANY), CALL(accept4, ANY),
    /* file systems, and files by other ways than their path */
    CALL(mount, STILL), CALL(umount2, STILL), CALL(pivot_root, ANY), CALL(chroot, ANY), CALL(move_mount, ANY),
    CALL(open_tree, STILL), CALL(fsopen, ANY), CALL(fsmount, ANY), CALL(fsconfig, ANY), CALL(fspick, ANY),
    CALL(mount_setattr, STILL), CALL(swapon, ANY), CALL(swapoff, ANY), CALL(quotactl, ANY), CALL(acct, ANY),
    CALL(open_by_handle_at, ANY), CALL(name_to_handle_at, ANY), CALL(fanotify_init, ANY), CALL(io_uring_setup, ANY),
    CALL(io_uring_enter, ANY), CALL(io_uring_register, ANY),
    CALL(mknod, MOUNT), CALL(mknodat, MOUNT),
    /* namespaces, and other accounts */
    CALL(unshare, ANY), CALL(setns, ANY), BITS(clone, ANY, 0, CLONE_NEWNS, CLONE_NEWNS),
    BITS(clone, ANY, 0, CLONE_NEWCGROUP, CLONE_NEWCGROUP), BITS(clone, ANY, 0, CLONE_NEWUTS, CLONE_NEWUTS),
    BITS(clone, ANY, 0, CLONE_NEWIPC, CLONE_NEWIPC), BITS(clone, ANY, 0, CLONE_NEWUSER, CLONE_NEWUSER),
    BITS(clone, ANY, 0, CLONE_NEWPID, CLONE_NEWPID), BITS(clone, ANY, 0, CLONE_NEWNET, CLONE_NEWNET),
    CALL(setuid, ANY), CALL(setgid, ANY), CALL(setreuid, ANY), CALL(setregid, ANY), CALL(setresuid, STILL),
    CALL(setresgid, STILL), CALL(setfsuid, ANY), CALL(setfsgid, ANY), CALL(setgroups, STILL), CALL(capset, STILL),
    /* other processes */
    CALL(ptrace, ANY), CALL(process_vm_readv, ANY), CALL(process_vm_writev, ANY), CALL(process_madvise, ANY),
    CALL(pidfd_getfd, ANY), CALL(kcmp, ANY),
    /* what only attacks on the kernel or its owner need */
    CALL(bpf, ANY), CALL(perf_event_open, ANY), CALL(userfaultfd, ANY), CALL(keyctl, ANY), CALL(add_key, ANY),
    CALL(request_key, ANY), CALL(init_module, ANY), CALL(finit_module, ANY), CALL(delete_module, ANY),
    CALL(kexec_load, ANY), CALL(kexec_file_load, ANY), CALL(reboot, ANY), CALL(settimeofday, ANY),
    CALL(clock_settime, ANY), CALL(clock_adjtime, ANY), CALL(adjtimex, ANY), CALL(sethostname, ANY),
    CALL(setdomainname, ANY), CALL(syslog, ANY), CALL(iopl, ANY), CALL(ioperm, ANY), CALL(modify_ldt, ANY),
    CALL(vhangup, ANY),
    /* typing into somebody's terminal; the kernel looks at the lower half of the request alone */
    BITS(ioctl, ANY, 1, UINT32_MAX, TIOCSTI), BITS(ioctl, ANY, 1, UINT32_MAX, TIOCLINUX),
    /* Landlock before ABI 3 lets everything be cut that the account may write */
    CALL(truncate, OLD), BITS(open, OLD, 1, O_ACCMODE | O_TRUNC, O_RDONLY | O_TRUNC),
    BITS(openat, OLD, 2, O_ACCMODE | O_TRUNC, O_RDONLY | O_TRUNC),
};
/* clang-format on */

static int add(scmp_filter_ctx filter, uint32_t action, const struct call *rows, size_t n, unsigned when)
{
    for (size_t i = 0; i < n; i++) {
        int failed = rows[i].when & when
                         ? seccomp_rule_add_array(filter, action, rows[i].number, rows[i].n_args, rows[i].args)
                         : 0;
        if (failed)
            return failed;
    }
    return 0;
}

/* Signals to itself: abort(3) and the like. Known to the process alone. */
static int add_own_signals(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp self = {0, SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0};
    int failed = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &self);
    return failed ? failed : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1, &self);
}

/* ntfs-3g ends where it cannot give up its groups, for which it would need CAP_SETGID; there are none left
 * (kb_account_switch), and so it is told. */
static int add_groups(scmp_filter_ctx filter)
{
    const struct scmp_arg_cmp none = {0, SCMP_CMP_EQ, 0, 0}, some = {0, SCMP_CMP_GT, 0, 0};
    int failed = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(0), SCMP_SYS(setgroups), 1, &none);
    return failed ? failed : seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(setgroups), 1, &some);
}

static bool is_list_of_refused(enum kb_confine_level level)
{
    return level == KB_CONFINE_PROBE || level == KB_CONFINE_MEDIA;
}

static int fill_filter(scmp_filter_ctx filter, const struct kb_confining *c)
{
    const struct kb_confine *p = c->params;
    if (is_list_of_refused(p->level)) {
        unsigned when = p->level == KB_CONFINE_MEDIA   ? (unsigned)MOUNT
                        : c->reached->landlock_abi < 3 ? (unsigned)STILL | OLD
                                                       : (unsigned)STILL;
        int failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
        if (!failed && p->level == KB_CONFINE_MEDIA)
            failed = add_groups(filter);
        if (!failed && when & OLD)
            failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0);
        return failed ? failed : add(filter, SCMP_ACT_ERRNO(EPERM), refused, sizeof refused / sizeof *refused, when);
    }
    unsigned when = READ | (p->level == KB_CONFINE_RESTORE ? (unsigned)FILL : 0) |
                    (p->level == KB_CONFINE_CLEANUP ? (unsigned)CLEAR : 0) | (p->programs ? (unsigned)RUN : 0) |
                    (c->reached->landlock_abi >= 3 ? (unsigned)SEEN : 0);
    int failed = add_own_signals(filter);
    return failed ? failed : add(filter, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof *allowed, when);
}

int kb_seccomp_enter(struct kb_confining *c)
{
    bool refused_only = is_list_of_refused(c->params->level);
    scmp_filter_ctx filter = seccomp_init(refused_only ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS));
    int failed = filter ? fill_filter(filter, c) : -ENOMEM;
    /* another architecture's calls have other numbers: they end the process; every thread there may be is held too */
    if (!failed)
        failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (!failed)
        failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
    if (!failed)
        failed = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: a list this long costs time */
    if (!failed)
        failed = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    if (!failed)
        failed = seccomp_load(filter);
    seccomp_release(filter);
    if (!failed) {
        c->reached->seccomp = refused_only ? "deny-list" : "allow-list";
        return 0;
    }
    return kb_confine_lacks(c, kb_text_new(c->arena, "system calls could not be filtered (seccomp): %s",
                                           "システムコールを制限（seccomp）できませんでした: %s", strerror(-failed)));
}
