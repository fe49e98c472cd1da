/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi-worker: takes one job on fd 0, does it confined, answers on fd 3. Started by koboshi alone. */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "emit.h"
#include "koboshi/arena.h"
#include "koboshi/digest.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/passphrase.h"
#include "koboshi/sandbox.h"
#include "selftest.h"
#include "stages.h"

#if KB_SANITIZED
/* LeakSanitizer needs ptrace of itself, which a confined process has not. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

static int read_job(struct kb_arena *arena, struct kb_job *job, struct kb_err *err)
{
    unsigned char head[4];
    if (kb_read_full(JOB_FD, head, sizeof head) != sizeof head)
        return kb_fail(err, KB_EUSAGE, "no job; koboshi starts this program itself",
                       "ジョブがありません。このプログラムは koboshi が起動します");
    size_t n = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (n > KB_JOB_MAX)
        return kb_fail(err, KB_EWORKER, "job of %zu bytes, at most %d are taken",
                       "ジョブが大きすぎます: %zu バイト（上限 %d バイト）", n, KB_JOB_MAX);
    char *text = kb_alloc(arena, n + 1, 1);
    if (kb_read_full(JOB_FD, text, n) != (ssize_t)n)
        return kb_fail(err, KB_EWORKER, "the job ends too early", "ジョブが途中で終わっています");
    json_t *json = NULL;
    int code = kb_json_parse(text, n, &json, err);
    if (!code)
        code = kb_shape_read(&kb_job_shape, json, arena, job, err);
    json_decref(json);
    return code;
}

static int run(struct kb_worker_fds fds, struct kb_emitter *emitter, struct kb_arena *arena, struct kb_err *err)
{
    struct kb_job job;
    int code = kb_die_with_parent(err);
    if (!code)
        code = read_job(arena, &job, err);
    KB_SCOPED_PASSPHRASE passphrase = NULL;
    if (!code && fcntl(KEY_FD, F_GETFD) >= 0) {
        code = kb_keep_out_of_dumps(err);
        if (!code)
            code = kb_passphrase_read(KEY_FD, &passphrase, err);
        (void)close(KEY_FD);
    }
    if (passphrase && job.set)
        ((struct kb_job_set *)(uintptr_t)job.set)->passphrase = kb_passphrase_text(passphrase);
    if (!code)
        code = kb_zone_use(job.zone, err);
    if (!code)
        code = kb_crypto_prepare(err);
    return code ? code : kb_worker_stage(&job, fds, emitter, arena, err);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--version"))
        return puts(kb_build_id()) < 0 ? -KB_EIO : 0;
    if (argc >= 2 && !strcmp(argv[1], "selftest"))
        return kb_worker_selftest(argc - 2, argv + 2);
    if (fcntl(REPLY_FD, F_GETFD) < 0) {
        (void)fputs("koboshi-worker: started by koboshi, not by hand / koboshi が起動するプログラムです\n", stderr);
        return -KB_EUSAGE;
    }
    const struct kb_worker_fds fds = {/* before any file of ours can take their numbers */
                                      .list = fcntl(LIST_FD, F_GETFD) < 0 ? -1 : LIST_FD,
                                      .verified = fcntl(VERIFIED_FD, F_GETFD) < 0 ? -1 : VERIFIED_FD};
    (void)close_range(VERIFIED_FD + 1, ~0U, 0); /* only what the agent gave on purpose */
    (void)setlocale(LC_ALL, "C.UTF-8"); /* libarchive converts names by the locale; nothing can be loaded later */
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_emitter *emitter = kb_emitter_new(REPLY_FD);
    kb_emit(emitter, &(struct kb_reply){.kind = KB_REPLY_HELLO, .peak_bytes = KB_ABSENT, .build_id = kb_build_id()});
    struct kb_err err = {0};
    int code = run(fds, emitter, arena, &err);
    if (code)
        kb_emit(emitter,
                &(struct kb_reply){.kind = KB_REPLY_FAULT, .peak_bytes = KB_ABSENT, .fault = kb_fault_of(arena, &err)});
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    kb_emit(emitter, &(struct kb_reply){.kind = KB_REPLY_END, .peak_bytes = (int64_t)usage.ru_maxrss * 1024});
    kb_emitter_free(emitter);
    return code ? -code : 0;
}
