/* SPDX-License-Identifier: Apache-2.0 */
/* Each backup as tables: the overview, what was read and proven, and the steps. */
#include "content.h"

#include <inttypes.h>
#include <string.h>

#include "judged.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/digest.h"

static const char *generation_text(const struct kb_view *view, const struct kb_record_unit *unit)
{
    return kb_sprintf(view->arena, "%s\n%s", kb_medium_title(view, unit->medium), kb_view_string(view, unit->file));
}

static const char *result_text(const struct kb_view *view, const struct kb_record_unit *unit)
{
    const char *status = kb_unit_status_text(view, unit);
    if (kb_unit_shown_status(unit) != unit->status)
        return kb_sprintf(view->arena, "%s\n%s", status, kb_view_word(view, KB_W_ZERO_FILES));
    if (unit->status == KB_UNIT_GOOD || kb_text_is_empty(unit->reason))
        return status;
    return kb_sprintf(view->arena, "%s\n%s", status, kb_view_text(view, unit->reason));
}

/* The five numbers of a unit, all missing when nothing was read. */
static void number_cells(const struct kb_view *view, struct kb_grid *grid, const struct kb_record_unit *unit)
{
    const struct kb_set_result *r = &unit->result;
    bool read = kb_unit_was_read(unit);
    const char *missing = kb_view_word(view, KB_W_MISSING);
    bool timed = read && r->read_ns > 0 && r->bytes_read >= 0;
    kb_grid_cell(grid, read ? kb_view_count(view, r->files) : missing, KB_TONE_PLAIN);
    kb_grid_cell(grid, read ? kb_view_bytes(view, r->bytes_read) : missing, KB_TONE_PLAIN);
    kb_grid_cell(grid, timed ? kb_view_ns(view, r->read_ns) : missing, KB_TONE_PLAIN);
    kb_grid_cell(grid, timed ? kb_show_rate(view->arena, r->bytes_read, r->read_ns) : missing, KB_TONE_PLAIN);
    kb_grid_cell(
        grid, read && unit->proof ? kb_view_string(view, kb_proof_told(view->arena, unit->proof, view->lang)) : missing,
        KB_TONE_PLAIN);
}

struct kb_grid *kb_content_units(const struct kb_view *view)
{
    struct kb_grid *grid = kb_grid_new(view);
    kb_grid_column(grid, kb_view_word(view, KB_W_SET), false);
    kb_grid_column(grid,
                   kb_sprintf(view->arena, view->lang == KB_JA ? "%s・%s" : "%s, %s", kb_view_word(view, KB_W_MEDIUM),
                              kb_view_word(view, KB_W_GENERATION)),
                   false);
    kb_grid_column(grid, kb_view_word(view, KB_W_FILES), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_BYTES), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_SECONDS), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_RATE), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_PROOF), false);
    kb_grid_column(grid, kb_view_word(view, KB_W_RESULT), false);
    for (size_t i = 0; i < view->record->units.n; i++) {
        const struct kb_record_unit *unit = &view->record->units.v[i];
        kb_grid_cell(grid, kb_unit_title(view, unit), KB_TONE_PLAIN);
        kb_grid_cell(grid, generation_text(view, unit), KB_TONE_PLAIN);
        number_cells(view, grid, unit);
        kb_grid_cell(grid, result_text(view, unit), kb_unit_tone(unit));
    }
    return grid;
}

static const char *content_text(const struct kb_view *view, const struct kb_set_result *r)
{
    return kb_pick(kb_text_new(view->arena, "%s files (%s), %s folders, %s links, %s left out",
                               "ファイル %s（%s）、フォルダ %s、リンク %s、対象外 %s", kb_view_count(view, r->files),
                               kb_view_bytes(view, r->bytes_unpacked), kb_view_count(view, r->folders),
                               kb_view_count(view, r->links), kb_view_count(view, r->skipped)),
                   view->lang);
}

static const char *compared_text(const struct kb_view *view, const struct kb_set_result *r)
{
    if (r->files_compared > 0)
        return kb_pick(kb_text_new(view->arena, "%s of %s files equal", "%2$s ファイル中 %1$s 一致",
                                   kb_view_count(view, r->files_matched), kb_view_count(view, r->files_compared)),
                       view->lang);
    return kb_view_name(view, KB_T_FACT, r->proof.hash);
}

/* "10%: 120 of 1,200 files, 1.2 GB of 11 GB (seed 42)" */
static const char *sample_text(const struct kb_view *view, const struct kb_set_result *r)
{
    const struct kb_sample_seen *s = r->sample;
    return kb_pick(kb_text_new(view->arena,
                               "Sample of %" PRId64 "%%: %s of %s files, %s of %s (seed %" PRId64
                               "; %s of the files for another reason than their lot)",
                               "抜き取り %1$" PRId64 "%%：%3$s ファイル中 %2$s、%5$s 中 %4$s（乱数の種 %6$" PRId64
                               "。うち抽選以外の理由で選んだもの %7$s）",
                               s->percent, kb_view_count(view, s->files_taken), kb_view_count(view, s->files),
                               kb_view_bytes(view, s->bytes_taken), kb_view_bytes(view, s->bytes), s->seed,
                               kb_view_count(view, s->also)),
                   view->lang);
}

/* What the estimate of the time rests on. */
static const char *basis_text(const struct kb_view *view, const struct kb_set_result *r)
{
    const struct kb_sample_seen *s = r->sample;
    if (s->files_taken <= 0 || s->bytes_taken <= 0)
        return kb_view_word(view, KB_W_MISSING);
    int64_t per_file_us = s->file_ns / s->files_taken / 1000;
    int64_t per_mb_us = (int64_t)((__int128)s->byte_ns * 1000 / s->bytes_taken); /* ns per byte are ms per MB */
    return kb_pick(
        kb_text_new(view->arena,
                    "time measured + the rest: %s files × %s µs + %s × %s µs per MB (of %s files and %s taken)",
                    "実測時間 ＋ 残り %s ファイル × %s µs ＋ 残り %s × 1 MB あたり %s µs"
                    "（抜き取った %s ファイル、%s での実測）",
                    kb_view_count(view, s->files - s->files_taken), kb_view_count(view, per_file_us),
                    kb_view_bytes(view, s->bytes - s->bytes_taken), kb_view_count(view, per_mb_us),
                    kb_view_count(view, s->files_taken), kb_view_bytes(view, s->bytes_taken)),
        view->lang);
}

static bool is_weak(const char *digest)
{
    for (int kind = 0; kind < KB_DIGEST_KINDS; kind++)
        if (!strcmp(digest, kb_digest_names[kind].name))
            return kb_digest_names[kind].weak;
    return false;
}

static bool has_weak_only(const struct kb_set_result *r)
{
    bool weak = r->manifest_digests.n > 0;
    for (size_t i = 0; i < r->manifest_digests.n; i++)
        weak &= is_weak(r->manifest_digests.v[i]);
    return weak;
}

/* Its dialect and what it was compared by. */
static const char *manifest_text(const struct kb_view *view, const struct kb_set_result *r)
{
    const char *text = kb_view_string(view, r->manifest_kind);
    for (size_t i = 0; i < r->manifest_digests.n; i++) {
        const char *name = r->manifest_digests.v[i];
        const char *mark = !is_weak(name) ? "" : view->lang == KB_JA ? "（弱い）" : " (weak)";
        text = kb_sprintf(view->arena, "%s%s%s%s", text,
                          i                     ? ", "
                          : view->lang == KB_JA ? "："
                                                : ": ",
                          kb_view_string(view, name), mark);
    }
    return text;
}

static const char *restored_text(const struct kb_view *view, const struct kb_set_result *r)
{
    if (r->files_restored <= 0)
        return kb_view_word(view, KB_W_MISSING);
    const char *files = kb_view_count(view, r->files_restored), *bytes = kb_view_bytes(view, r->bytes_restored);
    if (r->files_reread <= 0)
        return kb_pick(kb_text_new(view->arena, "%s files (%s) restored, not re-read",
                                   "%s ファイル（%s）を復元、読み直しなし", files, bytes),
                       view->lang);
    return kb_pick(kb_text_new(view->arena, "%s files (%s) restored; %s files (%s) re-read in %s",
                               "%s ファイル（%s）を復元、%s ファイル（%s）を読み直し（%s）", files, bytes,
                               kb_view_count(view, r->files_reread), kb_view_bytes(view, r->bytes_reread),
                               kb_view_ns(view, r->reread_ns)),
                   view->lang);
}

static const char *probes_text(const struct kb_view *view, const struct kb_set_result *r)
{
    if (r->probes <= 0)
        return kb_view_word(view, KB_W_MISSING);
    return kb_pick(kb_text_new(view->arena, "%s of %s good", "%2$s件中 %1$s件 合格",
                               kb_view_count(view, r->probes_good), kb_view_count(view, r->probes)),
                   view->lang);
}

static const char *caveats_text(const struct kb_view *view, const struct kb_set_result *r)
{
    const char *text = "";
    for (size_t i = 0; i < r->caveats.n; i++)
        text = kb_sprintf(view->arena, "%s%s%s", text, *text ? "\n" : "", kb_view_text(view, r->caveats.v[i]));
    return text;
}

static const char *filter_word(const struct kb_view *view, const char *seccomp)
{
    if (!seccomp)
        return kb_view_word(view, KB_W_NOT_OBTAINED);
    if (!strcmp(seccomp, "allow-list"))
        return kb_view_word(view, KB_W_ALLOW_LIST);
    if (!strcmp(seccomp, "deny-list"))
        return kb_view_word(view, KB_W_DENY_LIST);
    return kb_view_word(view, KB_W_NONE);
}

static void confinement_fact(const struct kb_view *view, struct kb_grid *grid, const struct kb_confinement *c)
{
    kb_grid_cell(grid, kb_view_word(view, KB_W_CONFINEMENT), KB_TONE_PLAIN);
    if (!c) {
        kb_grid_cell(grid, kb_view_word(view, KB_W_NOT_OBTAINED), KB_TONE_DIM);
        return;
    }
    const char *abi = c->landlock_abi > 0 ? kb_sprintf(view->arena, "ABI %" PRId64, c->landlock_abi)
                                          : kb_view_word(view, KB_W_NONE);
    if (c->landlock_rights)
        abi = kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s）" : "%s (%s)", abi,
                         kb_view_string(view, c->landlock_rights));
    const char *uid = c->uid < 0 ? kb_view_word(view, KB_W_MISSING) : kb_sprintf(view->arena, "%" PRId64, c->uid);
    if (c->user)
        uid = kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s）" : "%s (%s)", uid, kb_view_string(view, c->user));
    const char *text = kb_sprintf(
        view->arena,
        view->lang == KB_JA ? "%s：Landlock %s、seccomp %s、no_new_privs %s、uid %s、capabilities %s%s%s"
                            : "%s: Landlock %s, seccomp %s, no_new_privs %s, uid %s, capabilities %s%s%s",
        kb_view_word(view, c->complete ? KB_W_COMPLETE : KB_W_INCOMPLETE), abi, filter_word(view, c->seccomp),
        kb_view_word(view, c->no_new_privs ? KB_W_YES : KB_W_NONE), uid, kb_view_string(view, c->capabilities),
        kb_text_is_empty(c->lacking) ? "" : "\n", kb_text_is_empty(c->lacking) ? "" : kb_view_text(view, c->lacking));
    kb_grid_cell(grid, text, c->complete ? KB_TONE_PLAIN : KB_TONE_WARN);
}

/* The files of a split backup or chain; all of them stand in the record. */
static void segment_facts(const struct kb_view *view, struct kb_grid *grid, const struct kb_record_unit *unit)
{
    enum { SHOWN = 30 };
    const char *text = "";
    for (size_t i = 0; i < unit->segments.n && i < SHOWN; i++) {
        const struct kb_record_segment *s = &unit->segments.v[i];
        const char *when = s->point_in_time == KB_ABSENT ? kb_view_word(view, KB_W_MISSING)
                                                         : kb_view_time(view, s->point_in_time);
        text = kb_sprintf(view->arena, "%s%s%s  %s\n  SHA-256 %s", text, i ? "\n" : "", kb_view_string(view, s->file),
                          when, kb_view_string(view, s->sha256));
    }
    if (!unit->segments.n)
        return;
    if (unit->segments.n > SHOWN)
        text = kb_sprintf(view->arena,
                          view->lang == KB_JA ? "%s\nほか %zu 件（record.json に全件）"
                                              : "%s\nand %zu more (all in record.json)",
                          text, unit->segments.n - SHOWN);
    kb_grid_cell(grid, kb_view_word(view, KB_W_SEGMENTS), KB_TONE_PLAIN);
    kb_grid_cell(grid, text, KB_TONE_PLAIN);
}

static void read_facts(const struct kb_view *view, struct kb_grid *grid, const struct kb_record_unit *unit)
{
    const struct kb_set_result *r = &unit->result;
    kb_grid_fact(view, grid, KB_W_DETECTED, kb_view_string(view, r->detected));
    kb_grid_fact(view, grid, KB_W_CONTENT, content_text(view, r));
    kb_grid_fact(view, grid, KB_W_COMPARED, compared_text(view, r));
    kb_content_history(view, grid, unit);
    kb_grid_fact(view, grid, KB_W_RESTORED, restored_text(view, r));
    if (kb_result_sample(r)) {
        kb_grid_fact(view, grid, KB_W_SAMPLE, sample_text(view, r));
        kb_grid_fact(view, grid, KB_W_ESTIMATE_BASIS, basis_text(view, r));
    }
    kb_grid_fact(view, grid, KB_W_PROBES, probes_text(view, r));
    kb_grid_fact(view, grid, KB_W_FILE_HASH, kb_view_string(view, r->sha256));
    segment_facts(view, grid, unit);
    kb_grid_fact(view, grid, KB_W_MANIFEST, kb_view_string(view, unit->manifest));
    if (r->manifest_kind)
        kb_grid_fact(view, grid, KB_W_MANIFEST_KIND, manifest_text(view, r));
    kb_grid_fact(view, grid, KB_W_MANIFEST_HASH, kb_view_string(view, r->manifest_sha256));
    if (unit->key_used)
        kb_grid_fact(view, grid, KB_W_KEY_USED, kb_view_string(view, unit->key_used));
    if (unit->list)
        kb_grid_fact(view, grid, KB_W_LIST, kb_view_string(view, unit->list));
}

static const char *point_in_time_text(const struct kb_view *view, const struct kb_record_unit *unit)
{
    if (unit->point_in_time == KB_ABSENT)
        return kb_view_word(view, KB_W_MISSING);
    return kb_pick(kb_text_new(view->arena, "%s, from: %s", "%s　根拠：%s", kb_view_time(view, unit->point_in_time),
                               kb_view_name(view, KB_T_PIT, unit->pit_source)),
                   view->lang);
}

/* A line per copy: what the assumed threat leaves of it, and on what that rests. */
static void survival_facts(const struct kb_view *view, struct kb_grid *grid, const struct kb_record_unit *unit)
{
    const char *text = "";
    bool none = unit->survival.n > 0;
    for (size_t i = 0; i < unit->survival.n; i++) {
        const struct kb_survival *s = &unit->survival.v[i];
        bool based = !kb_text_is_empty(s->basis);
        text = kb_sprintf(view->arena, view->lang == KB_JA ? "%s%s%s %s%s%s%s" : "%s%s%s %s%s%s%s", text, i ? "\n" : "",
                          kb_view_mark(view, s->survives ? KB_TONE_GOOD : KB_TONE_BAD), kb_view_text(view, s->why),
                          !based                ? ""
                          : view->lang == KB_JA ? "（"
                                                : " (",
                          based ? kb_view_text(view, s->basis) : "",
                          !based                ? ""
                          : view->lang == KB_JA ? "）"
                                                : ")");
        none &= !s->survives;
    }
    if (!unit->survival.n)
        return;
    kb_grid_cell(grid, kb_view_word(view, KB_W_SURVIVAL), KB_TONE_PLAIN);
    kb_grid_cell(grid, text, none ? KB_TONE_BAD : KB_TONE_PLAIN);
}

struct kb_grid *kb_content_unit(const struct kb_view *view, const struct kb_record_unit *unit)
{
    struct kb_grid *grid = kb_grid_facts(view);
    kb_grid_cell(grid, kb_view_word(view, KB_W_RESULT), KB_TONE_PLAIN);
    kb_grid_cell(grid, result_text(view, unit), kb_unit_tone(unit));
    if (unit->system)
        kb_grid_fact(view, grid, KB_W_SYSTEM, kb_system_title(view, unit->system));
    kb_grid_fact(view, grid, KB_W_MEDIUM, kb_medium_title(view, unit->medium));
    kb_grid_fact(view, grid, KB_W_GENERATION, kb_view_string(view, unit->file));
    kb_grid_fact(view, grid, KB_W_CHOICE, kb_view_text(view, unit->choice));
    survival_facts(view, grid, unit);
    kb_grid_fact(view, grid, KB_W_POINT_IN_TIME, point_in_time_text(view, unit));
    kb_grid_fact(view, grid, KB_W_AGE, kb_view_seconds(view, unit->age_s));
    if (kb_unit_was_read(unit))
        read_facts(view, grid, unit);
    const char *caveats = caveats_text(view, &unit->result);
    if (*caveats)
        kb_grid_fact(view, grid, KB_W_CAVEATS, caveats);
    if (unit->fault) {
        kb_grid_cell(grid, kb_view_word(view, KB_W_FAULT), KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_content_fault(view, unit->fault), KB_TONE_BAD);
    }
    confinement_fact(view, grid, unit->confinement);
    return grid;
}

static const char *sampled_fact(const struct kb_view *view, const struct kb_set_result *r)
{
    return kb_pick(kb_text_new(view->arena, "%s (sample %" PRId64 "%%)%.0s", "%3$s（抜き取り %2$" PRId64 "%%）%1$.0s",
                               kb_view_name(view, KB_T_FACT, KB_REACHED), r->sample->percent,
                               kb_view_name(view, KB_T_FACT, KB_REACHED)),
                   view->lang);
}

static const char *weak_fact(const struct kb_view *view)
{
    const char *word = kb_view_name(view, KB_T_FACT, KB_REACHED);
    return kb_pick(kb_text_new(view->arena, "%s (weak hash)", "%s（弱いハッシュ）", word), view->lang);
}

struct kb_grid *kb_content_proof(const struct kb_view *view, const struct kb_record_unit *unit)
{
    enum { HASH = 2, RESTORED = 4 };
    static const enum kb_tone tones[] = {
        [KB_NOT_APPLICABLE] = KB_TONE_DIM, [KB_NOT_REACHED] = KB_TONE_BAD, [KB_REACHED] = KB_TONE_GOOD};
    const struct kb_proof *p = &unit->result.proof;
    const int facts[] = {p->exists, p->read, p->hash, p->structure, p->restored, p->opened, p->accepted};
    struct kb_grid *grid = kb_grid_new(view);
    kb_grid_column(grid, kb_view_word(view, KB_W_LEVEL), false);
    kb_grid_column(grid, kb_view_word(view, KB_W_FACT), false);
    kb_grid_column(grid, kb_view_word(view, KB_W_RESULT), false);
    for (int level = 0; level < (int)(sizeof facts / sizeof *facts); level++) {
        int fact = facts[level];
        enum kb_tone tone = fact >= 0 && fact <= KB_REACHED ? tones[fact] : KB_TONE_DIM;
        kb_grid_cell(grid, kb_sprintf(view->arena, "L%d", level), KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_view_name(view, KB_T_LEVEL, level), KB_TONE_PLAIN);
        bool part = level == RESTORED && fact == KB_REACHED && kb_result_sample(&unit->result);
        bool weak = level == HASH && fact == KB_REACHED && has_weak_only(&unit->result);
        const char *word = part   ? sampled_fact(view, &unit->result)
                           : weak ? weak_fact(view)
                                  : kb_view_name(view, KB_T_FACT, fact);
        tone = part || weak ? KB_TONE_WARN : tone;
        kb_grid_cell(grid, kb_sprintf(view->arena, "%s %s", kb_view_mark(view, tone), word), tone);
    }
    return grid;
}

/* What people said about it stands below it. */
static const char *step_text(const struct kb_view *view, const struct kb_record_step *step)
{
    const char *colon = view->lang == KB_JA ? "：" : ": ";
    const char *text = kb_text_is_empty(step->text) ? kb_view_name(view, KB_T_ACT, step->act)
                                                    : kb_view_text(view, step->text);
    if (step->skipped)
        text = kb_sprintf(view->arena, "%s\n%s%s%s", text, kb_view_word(view, KB_W_SKIPPED_WHY), colon,
                          kb_view_string(view, step->skipped));
    if (step->note)
        text = kb_sprintf(view->arena, "%s\n%s%s%s", text, kb_view_word(view, KB_W_NOTED), colon,
                          kb_view_string(view, step->note));
    return text;
}

static const char *who_text(const struct kb_view *view, const struct kb_record_step *step)
{
    if (!step->by)
        return kb_view_string(view, step->who);
    if (!step->who || !strcmp(step->by, step->who))
        return kb_view_string(view, step->by);
    return kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s）" : "%s (%s)", kb_view_string(view, step->by),
                      kb_view_string(view, step->who));
}

static const char *length_text(const struct kb_view *view, const struct kb_record_step *step)
{
    if (step->started == KB_ABSENT)
        return kb_view_word(view, KB_W_MISSING);
    if (step->estimated_ns > 0)
        return kb_pick(kb_text_new(view->arena, "%s (sample)\n%s for everything", "%s（抜き取り）\n全部では %s",
                                   kb_view_ns(view, step->ns), kb_view_ns(view, step->estimated_ns)),
                       view->lang);
    if (step->paused_ns <= 0)
        return kb_view_ns(view, step->ns);
    return kb_sprintf(view->arena, "%s\n%s %s", kb_view_ns(view, step->ns), kb_view_word(view, KB_W_PAUSED),
                      kb_view_ns(view, step->paused_ns));
}

static const char *counted_text(const struct kb_view *view, const struct kb_record_step *step)
{
    const char *source = kb_view_name(view, KB_T_SOURCE, step->source);
    if (step->entered_later <= 0)
        return source;
    return kb_sprintf(view->arena, "%s\n%s %s", source, kb_view_word(view, KB_W_ENTERED_LATER),
                      kb_view_clock(view, step->entered_later));
}

struct kb_grid *kb_content_steps(const struct kb_view *view, const struct kb_record_unit *unit)
{
    struct kb_grid *grid = kb_grid_new(view);
    kb_grid_column(grid, kb_view_word(view, KB_W_STEP), false);
    kb_grid_column(grid, kb_view_word(view, KB_W_WHO), false);
    kb_grid_column(grid, kb_view_word(view, KB_W_FROM), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_LENGTH), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_PLANNED), true);
    kb_grid_column(grid, kb_view_word(view, KB_W_COUNTED_AS), false);
    kb_grid_column(grid, kb_view_word(view, KB_W_STATUS), false);
    for (size_t i = 0; i < unit->steps.n; i++) {
        const struct kb_record_step *step = &unit->steps.v[i];
        kb_grid_cell(grid, step_text(view, step), KB_TONE_PLAIN);
        kb_grid_cell(grid, who_text(view, step), KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_view_clock(view, step->started), KB_TONE_PLAIN);
        kb_grid_cell(grid, length_text(view, step), KB_TONE_PLAIN);
        kb_grid_cell(grid, kb_view_seconds(view, step->declared), KB_TONE_PLAIN);
        kb_grid_cell(grid, counted_text(view, step), KB_TONE_PLAIN);
        kb_grid_cell(grid,
                     step->skipped ? kb_view_word(view, KB_W_SKIPPED) : kb_view_name(view, KB_T_STEP, step->status),
                     step->status == KB_UNIT_FAILED ? KB_TONE_BAD
                     : step->skipped                ? KB_TONE_WARN
                                                    : KB_TONE_PLAIN);
    }
    return grid;
}
