/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi media: which media are here, since when; their log; a new one's name. */
#include <string.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"

static void told(void *owner, const struct kb_line *line)
{
    static const struct kb_text words[] = {
        {"接続されています", "is present"}, {"接続されました", "has arrived"}, {"外されました", "has left"}};
    struct kb_cli *cli = owner;
    KB_SCOPED_ARENA arena = kb_arena_new();
    if (cli->json) { /* one object per line: there is no end to wait for */
        KB_SCOPED_JSON json = kb_shape_write(&kb_line_shape, line);
        size_t n = 0;
        for (const char *const *head = (const char *const[]){"seq", "prev", "format", NULL}; *head; head++)
            (void)json_object_del(json, *head); /* the ledger's own */
        (void)puts(kb_json_dump(arena, json, JSON_COMPACT, &n));
    } else {
        struct kb_text word = words[!strcmp(line->presence, "left") ? 2 : !strcmp(line->presence, "arrived")];
        (void)printf("%s  %s  %s%s%s%s\n", kb_time_show(arena, line->time), line->medium, kb_pick(word, cli->lang),
                     line->for_drill ? (cli->lang == KB_JA ? "（訓練用）" : " (for a drill)") : "",
                     *kb_pick(line->reason, cli->lang) ? ": " : "", kb_pick(line->reason, cli->lang));
    }
    (void)fflush(stdout); /* also into a pipe or journal, now */
}

static int watch(struct kb_cli *cli, const struct kb_plan *plan, struct kb_err *err)
{
    struct kb_ledger *ledger = NULL;
    int code = kb_place_ledger(cli, plan, &ledger, err);
    const struct kb_watch_params params = {.plan = plan,
                                           .place = &cli->place,
                                           .ledger = ledger,
                                           .for_drill = cli->option[KB_OPTION_FOR_DRILL] != NULL,
                                           .owner = cli,
                                           .told = told};
    if (!code)
        code = kb_run_watch(&params, cli->arena, err);
    kb_ledger_free(ledger);
    return code;
}

static const struct {
    const char *name;
    int (*run)(struct kb_cli *cli, const struct kb_plan *plan, struct kb_err *err);
} parts[] = {{"list", kb_media_list}, {"watch", watch}, {"learn", kb_media_learn}};

static int media(struct kb_cli *cli, struct kb_err *err)
{
    size_t chosen = 0, at = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strcmp(cli->args[0], parts[i].name)) {
            chosen = i;
            at = 1;
        }
    if (cli->n_args != at + 1)
        return kb_fail(err, KB_EUSAGE, "usage: koboshi media [list|watch|learn] PLAN; see `koboshi media --help`",
                       "使い方: koboshi media [list|watch|learn] 計画（詳しくは `koboshi media --help`）");
    const struct kb_plan *plan = NULL;
    int code = kb_cli_plan(cli, cli->args[at], &plan, err);
    return code ? code : parts[chosen].run(cli, plan, err);
}

const struct kb_cmd kb_cmd_media = {
    .name = "media",
    .arguments = "[list|watch|learn] PLAN",
    .summary = {"媒体の台帳: list 今の状態・watch 着脱を記録（Ctrl-C で終了）・learn 新しいディスクを計画に追加",
                "the media: list them, watch them come and go (Ctrl-C ends it), learn a new disk into the plan"},
    .detail = {"list   今の状態（既定）\nwatch  着脱を台帳に記録する（Ctrl-C で終了）\nlearn  "
               "新しいディスクを計画に書き加える\nPLAN   計画ファイル（YAML）\n例: koboshi media learn plan.yaml "
               "--device /dev/sdc1 --id hdd-c\n",
               "list   what is here now (default)\nwatch  log each disk that comes or goes, until Ctrl-C\nlearn  write "
               "a new disk into the plan\nPLAN   the plan, a YAML file\nExample: koboshi media learn plan.yaml "
               "--device /dev/sdc1 --id hdd-c\n"},
    .options = KB_OPTS_ALWAYS | KB_OPT(DEVICE) | KB_OPT(LABEL) | KB_OPT(ID) | KB_OPT(FOR_DRILL),
    .min_args = 1,
    .max_args = 2,
    .run = media,
};
