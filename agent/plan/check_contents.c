/* SPDX-License-Identifier: Apache-2.0 */
/* What a backup set says of its contents: chains, points in time, what must be there at the least, and limits. */
#include "checks.h"

#include <inttypes.h>
#include <strings.h>

#include "koboshi/clock.h"
#include "koboshi/digest.h"

#define GOOD(c, field)    kb_mark_good((c)->l, (field))
#define WRITTEN(c, field) (kb_mark_of((c)->l, (field)) != NULL)

static void check_chain(struct kb_checker *c, const struct kb_set *set)
{
    if (set->format < 0 || (WRITTEN(c, &set->format) && !GOOD(c, &set->format)))
        return;
    bool chain = set->format == KB_FORMAT_CHAIN;
    if (chain && !WRITTEN(c, &set->chain))
        KB_WRONG(c, &set->chain, set, "`chain` is missing here: `format: chain` needs the names of full and part",
                 "`chain` がありません（format: chain には、フルと増分・差分の名前 full と part が必要です）");
    if (!chain && WRITTEN(c, &set->chain))
        KB_WRONG(c, &set->chain, set, "`chain` is for `format: chain`, this set is %s",
                 "`chain` は format: chain のときだけ使います（このバックアップは %s）", kb_format_names[set->format]);
    if (chain && GOOD(c, &set->method) && set->method != KB_METHOD_CHAIN)
        KB_WRONG(c, &set->method, set, "`format: chain` is made by `method: chain`, not %s; delete `method`",
                 "`format: chain` の方式は chain です（%s になっています）。method を削除してください",
                 kb_method_names[set->method]);
}

static void check_point_in_time(struct kb_checker *c, const struct kb_set *set)
{
    const struct kb_point_in_time *pit = set->point_in_time;
    if (!pit || !GOOD(c, &set->point_in_time) || (WRITTEN(c, &pit->from) && !GOOD(c, &pit->from)))
        return;
    bool stamp = pit->from == KB_PIT_FROM_STAMP_FILE;
    if (stamp && !WRITTEN(c, &pit->file))
        KB_WRONG(c, &pit->file, pit, "`from: stamp_file` needs `file`: the file into which the job writes its time",
                 "`from: stamp_file` には `file`（バックアップが日時を書き残すファイル）が必要です");
    if (!stamp && WRITTEN(c, &pit->file))
        KB_WRONG(c, &pit->file, pit, "`file` is for `from: stamp_file`, here it is %s",
                 "`file` は from: stamp_file のときだけ使います（ここでは %s）", kb_pit_from_names[pit->from]);
    kb_check_inner_path(c, "file", &pit->file);
    if (GOOD(c, &pit->tz) && !kb_zone_exists(pit->tz))
        KB_WRONG(c, &pit->tz, pit, "`tz`: there is no time zone `%s` on this machine; write one such as UTC",
                 "`tz`: タイムゾーン「%s」はこの機器にありません。UTC のように書いてください", kb_shown(c, pit->tz));
}

static void check_expect(struct kb_checker *c, const struct kb_set *set)
{
    const struct kb_expect *expect = set->expect;
    if (!expect)
        return;
    if (set->format == KB_FORMAT_FILE && GOOD(c, &expect->min_files) && expect->min_files > 1)
        KB_WRONG(c, &expect->min_files, expect, "`min_files` can never be met: `format: file` is one file",
                 "`min_files` は満たせません（format: file は1ファイルです）");
    for (size_t i = 0; i < expect->canary.n; i++) {
        const struct kb_canary *canary = &expect->canary.v[i];
        kb_check_inner_path(c, "path", &canary->path);
        if (GOOD(c, &canary->sha256) && !strcasecmp(canary->sha256, kb_sha256_of_nothing))
            KB_WRONG(c, &canary->sha256, canary,
                     "`sha256` is the hash of an empty file, which proves nothing; use a file with content",
                     "`sha256` "
                     "が空のファイルのハッシュです。何の証明にもならないため、中身のあるファイルを使ってください");
    }
}

/* A limit below what must be there stops every pass. */
static void check_budgets(struct kb_checker *c, const struct kb_set *set)
{
    const struct kb_budgets *budgets = set->budgets;
    const struct kb_expect *expect = set->expect;
    if (!budgets || !expect)
        return;
    const struct {
        const char *limit, *least;
        const int64_t *most, *wanted;
    } rows[] = {{"bytes", "min_bytes", &budgets->bytes, &expect->min_bytes},
                {"entries", "min_files", &budgets->entries, &expect->min_files}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (GOOD(c, rows[i].most) && GOOD(c, rows[i].wanted) && *rows[i].most < *rows[i].wanted)
            KB_WRONG(c, rows[i].most, budgets,
                     "`%s` is less than `expect.%s`, so that every check would stop: %" PRId64 " < %" PRId64,
                     "`%s` が `expect.%s` より小さいため、必ず途中で止まります（%" PRId64 " < %" PRId64 "）",
                     rows[i].limit, rows[i].least, *rows[i].most, *rows[i].wanted);
}

static void check_retention(struct kb_checker *c, const struct kb_set *set)
{
    const struct kb_retention *kept = set->retention;
    if (!kept || !GOOD(c, &set->retention))
        return;
    const int64_t *const counts[] = {&kept->daily, &kept->weekly, &kept->monthly, &kept->yearly};
    bool any = false;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        any = any || *counts[i] > 0 || (WRITTEN(c, counts[i]) && !GOOD(c, counts[i]));
    if (!any)
        KB_WRONG(c, &set->retention, set, "`retention` keeps nothing: write how many generations stay",
                 "`retention` では1つも残りません。残す世代数を書いてください");
}

void kb_check_contents(struct kb_checker *c)
{
    for (size_t i = 0; i < c->plan->backup_sets.n; i++) {
        const struct kb_set *set = &c->plan->backup_sets.v[i];
        check_chain(c, set);
        check_point_in_time(c, set);
        check_expect(c, set);
        check_budgets(c, set);
        check_retention(c, set);
    }
}
