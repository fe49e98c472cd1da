/* SPDX-License-Identifier: Apache-2.0 */
/* What has changed since earlier drills, and what looks like ransomware, as rows of a backup's table. */
#include <inttypes.h>
#include <string.h>

#include "content.h"
#include "judged.h"
#include "koboshi/arena.h"

/* "drill 000012, 2026-11-01 09:00 (HDD-A: share/…)" */
static const char *earlier_text(const struct kb_view *view, const struct kb_record_earlier *earlier)
{
    const char *time = kb_view_time(view, earlier->time), *medium = kb_medium_title(view, earlier->medium);
    const char *file = kb_view_string(view, earlier->file);
    struct kb_text text = earlier->drill == KB_ABSENT
                              ? kb_text_new(view->arena, "verification, %s (%s: %s)", "検証 %s（%s: %s）", time, medium,
                                            file)
                              : kb_text_new(view->arena, "drill %06" PRId64 ", %s (%s: %s)",
                                            "訓練 %06" PRId64 " %s（%s: %s）", earlier->drill, time, medium, file);
    return kb_pick(text, view->lang);
}

static const char *list_text(const struct kb_view *view, const struct kb_record_earlier *earlier)
{
    return kb_pick(kb_text_new(view->arena, "its list: %s", "その一覧: %s", kb_view_string(view, earlier->list)),
                   view->lang);
}

static const char *moved_text(const struct kb_view *view, const char *text, int64_t moved)
{
    return kb_pick(kb_text_new(view->arena, "%s; %s are there under another name with the same content",
                               "%s。同じ内容で別の名前へ移動 %s", text, kb_view_count(view, moved)),
                   view->lang);
}

static const char *change_text(const struct kb_view *view, const struct kb_record_unit *unit)
{
    const struct kb_record_change *c = unit->change;
    const char *with = earlier_text(view, &c->with), *list = list_text(view, &c->with);
    if (!c->changed && !c->vanished && !c->added && c->moved <= 0)
        return kb_pick(kb_text_new(view->arena, "%s: all %s files are the same%s%.0s\n%s",
                                   "%s: %s ファイルすべて同じ%.0s%s\n%s", with, kb_view_count(view, c->now),
                                   c->with.point_in_time == unit->point_in_time ? "; it is the same generation" : "",
                                   c->with.point_in_time == unit->point_in_time ? "（同じ世代です）" : "", list),
                       view->lang);
    int64_t share = c->before > 0 ? (int64_t)((__int128)(c->changed + c->vanished) * 1000 / c->before) : 0;
    const char *text = kb_pick(
        kb_text_new(view->arena,
                    "%s: of %s files %s changed, %s gone (%" PRId64 ".%" PRId64 "%%), %s new; content %s, now %s",
                    "%s: %s ファイル中、変更 %s・消失 %s（%" PRId64 ".%" PRId64 "%%）、新規 %s。内容 %s → %s", with,
                    kb_view_count(view, c->before), kb_view_count(view, c->changed), kb_view_count(view, c->vanished),
                    share / 10, share % 10, kb_view_count(view, c->added), kb_view_bytes(view, c->bytes_before),
                    kb_view_bytes(view, c->bytes_now)),
        view->lang);
    if (c->moved > 0)
        text = moved_text(view, text, c->moved);
    if (c->renamed)
        text = kb_pick(
            kb_text_new(view->arena, "%s; %s only got another ending (%s of them %s)",
                        "%s。うち拡張子だけの改名 %s（%s が %s）", text, kb_view_count(view, c->renamed),
                        view->lang == KB_JA ? kb_view_string(view, c->ending) : kb_view_count(view, c->ending_files),
                        view->lang == KB_JA ? kb_view_count(view, c->ending_files) : kb_view_string(view, c->ending)),
            view->lang);
    return kb_sprintf(view->arena, "%s\n%s", text, list);
}

static const char *baseline_text(const struct kb_view *view, const struct kb_record_baseline *b)
{
    const char *with = earlier_text(view, &b->with), *list = list_text(view, &b->with);
    const char *text = kb_pick(kb_text_new(view->arena, "%s: of %s files %s differ, %s are gone, %s came",
                                           "%s: %s ファイル中、相違 %s・消失 %s・追加 %s", with,
                                           kb_view_count(view, b->before), kb_view_count(view, b->changed),
                                           kb_view_count(view, b->vanished), kb_view_count(view, b->added)),
                               view->lang);
    if (b->moved > 0)
        text = moved_text(view, text, b->moved);
    return kb_sprintf(view->arena, "%s\n%s", text, list);
}

static const char *before_text(const struct kb_view *view, int64_t count)
{
    if (count == KB_ABSENT)
        return "";
    return kb_pick(kb_text_new(view->arena, " (before: %s)", "（前回 %s件）", kb_view_count(view, count)), view->lang);
}

static const char *signs_text(const struct kb_view *view, const struct kb_record_unit *unit)
{
    const struct kb_set_result *r = &unit->result;
    const struct kb_record_change *c = unit->change;
    return kb_pick(
        kb_text_new(view->arena,
                    "%s of %s judged files are not what their names say%s; %s bear a name that ransomware leaves%s; %s "
                    "documents behind a password",
                    "形式と拡張子の不一致 %1$s件%3$s（判定 %2$s件）、ランサムウェアが残す名前 %4$s件%5$s、"
                    "パスワード付き文書 %6$s件",
                    kb_view_count(view, r->files_odd), kb_view_count(view, r->files_judged),
                    before_text(view, c ? c->odd_before : KB_ABSENT), kb_view_count(view, r->files_named),
                    before_text(view, c ? c->named_before : KB_ABSENT), kb_view_count(view, r->files_sealed)),
        view->lang);
}

void kb_content_history(const struct kb_view *view, struct kb_grid *grid, const struct kb_record_unit *unit)
{
    const struct kb_set_result *r = &unit->result;
    if (r->canaries > 0)
        kb_grid_fact(view, grid, KB_W_CANARY,
                     kb_pick(kb_text_new(view->arena, "%s of %s as they should be", "%2$s件中 %1$s件 一致",
                                         kb_view_count(view, r->canaries_good), kb_view_count(view, r->canaries)),
                             view->lang));
    if (unit->list)
        kb_grid_fact(view, grid, KB_W_CHANGE,
                     unit->change ? change_text(view, unit) : kb_view_word(view, KB_W_NO_CHANGE));
    if (unit->baseline)
        kb_grid_fact(view, grid, KB_W_BASELINE, baseline_text(view, unit->baseline));
    if (r->files_judged > 0 || r->files_named > 0)
        kb_grid_fact(view, grid, KB_W_SIGNS, signs_text(view, unit));
}
