/* SPDX-License-Identifier: Apache-2.0 */
/* The confinement of one process, step by step. */
#include "koboshi/sandbox.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/close_range.h>
#include <sys/prctl.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

#include "confine.h"

/* A worker that ignores SIGXCPU is killed this much later. */
enum { CPU_GRACE_SECONDS = 5 };

int kb_confine_lacks(struct kb_confining *c, struct kb_text what)
{
    if (c->params->mode == KB_SANDBOX_REQUIRED)
        return kb_fail(c->err, KB_ESANDBOX, "%s%.0s", "%.0s%s", what.en, what.ja);
    struct kb_text *lacking = &c->reached->lacking;
    *lacking = c->reached->complete ? what
                                    : kb_text_new(c->arena, "%s%.0s; %s%.0s", "%.0s%s、%.0s%s", lacking->en,
                                                  lacking->ja, what.en, what.ja);
    c->reached->complete = false;
    return 0;
}

static int limit(struct kb_confining *c, int resource, int64_t soft, int64_t hard)
{
    struct rlimit now;
    if (getrlimit(resource, &now))
        return kb_fail(c->err, KB_ESANDBOX, "resource limits cannot be read: %s", "資源の上限を読めません: %s",
                       strerror(errno));
    struct rlimit next = {.rlim_cur = (rlim_t)soft, .rlim_max = (rlim_t)hard};
    if (next.rlim_max > now.rlim_max) /* a lower limit from outside stays */
        next.rlim_max = now.rlim_max;
    if (next.rlim_cur > next.rlim_max)
        next.rlim_cur = next.rlim_max;
    if (!setrlimit(resource, &next))
        return 0;
    return kb_confine_lacks(c, kb_text_new(c->arena, "a resource limit could not be set: %s",
                                           "資源の上限を設定できませんでした: %s", strerror(errno)));
}

static int limit_all(struct kb_confining *c)
{
    const struct kb_confine *p = c->params;
    int code = limit(c, RLIMIT_CORE, 0, 0);
    if (!code && p->open_files)
        code = limit(c, RLIMIT_NOFILE, p->open_files, p->open_files);
    if (!code && p->cpu_seconds)
        code = limit(c, RLIMIT_CPU, p->cpu_seconds, p->cpu_seconds + CPU_GRACE_SECONDS);
    if (!code && p->memory_bytes && !KB_SANITIZED)
        code = limit(c, RLIMIT_AS, p->memory_bytes, p->memory_bytes);
    return code;
}

/* The uid switch clears the death signal, and makes the process dumpable again on some systems (suid_dumpable). */
static int seal_process(struct kb_confining *c, pid_t parent, int death_signal)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
        prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0))
        return kb_confine_lacks(c, kb_text_new(c->arena, "the process could not be sealed: %s",
                                               "プロセスを保護できませんでした: %s", strerror(errno)));
    c->reached->no_new_privs = true;
    if (death_signal && getppid() != parent)
        return kb_fail(c->err, KB_EWORKER, "the program that started this worker is gone",
                       "ワーカーの起動元が終了しています");
    return 0;
}

int kb_confine_tested(const struct kb_confine *params, const struct kb_confine_test *test, struct kb_arena *arena,
                      struct kb_confinement *ret_confinement, struct kb_err *err)
{
    struct kb_confinement reached = {.uid = geteuid(), .capabilities = "unknown", .seccomp = "none", .complete = true};
    struct kb_confining c = {.params = params, .arena = arena, .reached = &reached, .err = err};
    pid_t parent = getppid();
    int death_signal = 0;
    KB_SCOPED_FD ruleset = -1;
    /* Landlock's paths are opened as who we are now: the account may not search the folders above them. */
    int code = kb_landlock_make(&c, test->abi, &ruleset);
    if (code)
        return code;
    if (prctl(PR_GET_PDEATHSIG, &death_signal, 0, 0, 0) || close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC))
        return kb_fail(err, KB_ESANDBOX, "the worker's descriptors could not be secured: %s",
                       "ワーカーのファイル記述子を保護できませんでした: %s", strerror(errno));
    code = limit_all(&c);
    if (!code && !(test->without & KB_WITHOUT_ACCOUNT))
        code = kb_account_switch(&c);
    if (!code)
        code = seal_process(&c, parent, death_signal);
    if (!code && !(test->without & KB_WITHOUT_LANDLOCK))
        code = kb_landlock_enter(&c, ruleset);
    if (!code && !(test->without & KB_WITHOUT_SECCOMP))
        code = kb_seccomp_enter(&c);
    if (!code && !test->without)
        code = kb_outcome_check(&c);
    if (code)
        return code;
    *ret_confinement = reached;
    return 0;
}

int kb_confine_at_most(const struct kb_confine *params, int64_t abi, struct kb_arena *arena,
                       struct kb_confinement *ret_confinement, struct kb_err *err)
{
    return kb_confine_tested(params, &(struct kb_confine_test){.abi = abi}, arena, ret_confinement, err);
}

int kb_confine(const struct kb_confine *params, struct kb_arena *arena, struct kb_confinement *ret_confinement,
               struct kb_err *err)
{
    return kb_confine_at_most(params, INT64_MAX, arena, ret_confinement, err);
}

int kb_keep_out_of_dumps(struct kb_err *err)
{
    const struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none))
        return kb_fail(err, KB_ESANDBOX, "core dumps cannot be switched off: %s", "コアダンプを無効にできません: %s",
                       strerror(errno));
    return 0;
}

int kb_die_with_parent(struct kb_err *err)
{
    pid_t parent = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
        return kb_fail(err, KB_ESANDBOX, "the worker cannot be tied to its parent: %s",
                       "ワーカーを親プロセスに結び付けられません: %s", strerror(errno));
    if (getppid() != parent)
        return kb_fail(err, KB_EWORKER, "the program that started this worker is gone",
                       "ワーカーの起動元が終了しています");
    return 0;
}

int kb_adopt_orphans(struct kb_err *err)
{
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
        return kb_fail(err, KB_ESANDBOX, "orphaned processes cannot be adopted: %s",
                       "孤立したプロセスを引き取れません: %s", strerror(errno));
    return 0;
}
