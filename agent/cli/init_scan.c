/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the places of --scan. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init.h"
#include "koboshi/arena.h"
#include "koboshi/limits.h"

static void on_seen(void *owner, int64_t seen)
{
    const struct kb_cli *cli = owner;
    if (cli->terminal && seen % 500 == 0)
        kb_print(stderr, cli->lang, "\r%" PRId64 " entries …\033[K", "\r%" PRId64 " 項目 …\033[K", seen);
}

static int scan_place(struct kb_cli *cli, const char *given, struct kb_scanned *ret_scanned, struct kb_err *err)
{
    /* only the worker touches the place itself: it may hang */
    char *here = *given == '/' ? NULL : getcwd(NULL, 0);
    if (*given != '/' && !here)
        return kb_fail(err, kb_code_of_errno(errno), "%s cannot be scanned: %s", "%s を調べられません: %s",
                       kb_escape(cli->arena, given, strlen(given)), strerror(errno));
    const char *path = here ? kb_sprintf(cli->arena, "%s/%s", here, given) : given;
    free(here);
    if (!kb_is_utf8(path, strlen(path)))
        return kb_fail(err, KB_EUSAGE, "%s is not UTF-8; mount it elsewhere",
                       "%s は UTF-8 ではありません。別の場所にマウントしてください",
                       kb_escape(cli->arena, path, strlen(path)));
    kb_print(stderr, cli->lang, "scanning %s, read-only …\n", "%s を調べています（書き込みはしません）…\n",
             kb_escape(cli->arena, path, strlen(path)));
    int code = kb_run_scan(path, &cli->place, on_seen, cli, cli->arena, ret_scanned, err);
    if (cli->terminal)
        (void)fputs("\r\033[K", stderr);
    if (!code)
        ret_scanned->path = ret_scanned->state->root;
    return code;
}

static void on_progress(void *owner, const struct kb_progress *progress)
{
    kb_progress_show(owner, "", progress);
}

/* What a good generation holds is known after one was read. One that cannot be read is told in the plan. */
static int count(struct kb_cli *cli, const struct kb_draft *draft, struct kb_draft_set *set, struct kb_err *err)
{
    struct kb_draft_copy *copy = &set->copies.v[0];
    const char *root = draft->media.v[copy->medium].root;
    if (strstr(copy->path, "%{part}") || set->format == KB_FORMAT_CHAIN) {
        set->expect_why = kb_text_new(cli->arena,
                                      "of several files, and not counted; after a drill write down what it held",
                                      "複数のファイルからなるため数えていません。訓練の後に件数を書いてください");
        return 0;
    }
    if (copy->newest_bytes > KB_SCAN_COUNT_BYTES_MAX) {
        set->expect_why = kb_text_new(
            cli->arena, "the newest generation is large (%s) and was not read; after a drill write down what it held",
            "最新の世代が大きい（%s）ため、読んで数えていません。訓練の後に件数を書いてください",
            kb_show_bytes(cli->arena, copy->newest_bytes));
        return 0;
    }
    const struct kb_run_path path = {
        .path = kb_sprintf(cli->arena, "%s/%s", root, copy->newest),
        .manifest = copy->newest_manifest ? kb_sprintf(cli->arena, "%s/%s", root, copy->newest_manifest) : NULL,
        .format = (enum kb_format)set->format,
        .list_fd = -1,
    };
    struct kb_progress_view view;
    struct kb_path_result result = {0};
    kb_print(stderr, cli->lang, "reading %s …\n", "%s を読んでいます …\n",
             kb_escape(cli->arena, copy->newest, strlen(copy->newest)));
    kb_progress_begin(&view, cli);
    int code = kb_run_verify_path(&path, &cli->place, on_progress, &view, cli->arena, &result, err);
    kb_progress_clear(&view);
    if (!code && result.fault && result.fault->code != KB_EIO && result.fault->code != KB_EPERM) {
        kb_fault_to_err(result.fault, err); /* no sandbox, no worker: a drill would fail as well */
        return (int)result.fault->code;
    }
    if (!code)
        kb_draft_count(set, copy, &result, cli->arena);
    return code;
}

int kb_init_scan(struct kb_cli *cli, struct kb_draft **ret_draft, struct kb_err *err)
{
    struct kb_scanned *places = kb_alloc(cli->arena, cli->scans.n, sizeof *places);
    int code = 0;
    for (size_t i = 0; !code && i < cli->scans.n; i++) {
        code = scan_place(cli, cli->scans.v[i], &places[i], err);
        for (size_t k = 0; !code && k < i; k++)
            if (!strcmp(places[k].state->root, places[i].state->root))
                code = kb_fail(err, KB_EUSAGE, "%s is named twice", "%s が2回指定されています",
                               kb_escape(cli->arena, places[i].path, strlen(places[i].path)));
    }
    if (code)
        return code;
    struct kb_draft *draft = kb_draft_infer(places, cli->scans.n, kb_wall_s(), cli->arena);
    for (size_t i = 0; !code && i < draft->sets.n; i++)
        code = count(cli, draft, &draft->sets.v[i], err);
    if (!code)
        *ret_draft = draft;
    return code;
}
