/* SPDX-License-Identifier: Apache-2.0 */
/* A folder read by several threads, or in the order of the disk, or as far as the time goes; judged in the order of its
 * names. */
#include "tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "canary.h"
#include "compare.h"
#include "judge.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/limits.h"
#include "koboshi/placed.h"
#include "marks.h"
#include "placement.h"
#include "stock.h"

struct tree {
    const struct kb_tree_params *params;
    struct kb_tally *tally;
    struct kb_measure_rules rules;
    struct kb_walk *walk;
    struct kb_crew *crew;
    struct kb_judge judge;
    struct kb_stock stock; /* what waits, where the order of reading is another one */
    bool walked;           /* to the end */
};

/* Of the files that wait: those verified longest ago first, all of one time together. Canaries before them, each time:
 * they are few, and say most. */
enum { CANARY = -1 };
struct due {
    int64_t when;
    uint32_t file;
};

static int by_when(const void *a, const void *b)
{
    const struct due *x = a, *y = b;
    if (x->when != y->when)
        return x->when < y->when ? -1 : 1;
    return x->file < y->file ? -1 : x->file > y->file;
}

static bool is_over(void *owner)
{
    const struct tree *t = owner;
    return t->rules.until_ns && kb_boot_ns() >= t->rules.until_ns;
}

/* Whatever becomes of this process, the next run knows of it. */
static void note_if_good(void *owner, uint32_t file)
{
    struct tree *t = owner;
    const struct kb_walked *walked = &t->stock.walked[file];
    struct kb_measured *measured = &t->stock.measured[file];
    if (!t->params->resume || measured->noted || measured->state != KB_MEASURED_READ || !measured->whole)
        return;
    struct kb_content content;
    kb_measured_unpack(measured, &content);
    if (!kb_compare_agrees(t->tally, walked->path, &content) || !kb_marks_agree(t->tally, walked->path, &content))
        return;
    measured->noted = true;
    kb_resume_note(t->params->resume, walked);
}

static void measure_part(struct tree *t, const uint32_t *files, size_t n)
{
    const struct kb_stock_part part = {.stock = &t->stock,
                                       .files = files,
                                       .n = n,
                                       .over = is_over,
                                       .measured = note_if_good,
                                       .sink = t->tally->sink,
                                       .owner = t};
    if (t->params->physical)
        kb_stock_by_sweep(&part, kb_crew_measurer(t->crew));
    else
        kb_stock_by_crew(&part, t->crew);
}

/* Contents that the sink takes before the names are judged. */
static void announce(struct tree *t)
{
    const struct kb_sink *sink = t->tally->sink;
    for (uint32_t i = 0; t->params->physical && sink && sink->expects && i < t->stock.n; i++) {
        const struct kb_walked *walked = &t->stock.walked[i];
        const struct kb_entry entry = {.path = walked->path,
                                       .kind = KB_ENTRY_FILE,
                                       .size = walked->size,
                                       .mode = walked->mode,
                                       .mtime_ns = walked->mtime_ns};
        if (kb_walked_wanted(walked) && walked->fault == KB_PATH_SAFE && walked->size > 0)
            t->stock.measured[i].ahead = sink->expects(sink->owner, i, &entry);
    }
}

static void *room(size_t n, size_t size)
{
    void *v = calloc(n ? n : 1, size);
    if (!v)
        abort();
    return v;
}

static void measure_stock(struct tree *t)
{
    struct kb_stock *stock = &t->stock;
    struct due *due = room(stock->n, sizeof *due);
    uint32_t *files = room(stock->n, sizeof *files);
    size_t n = 0;
    for (uint32_t i = 0; i < stock->n; i++)
        if (kb_walked_wanted(&stock->walked[i]))
            due[n++] = (struct due){.file = i};
    for (size_t i = 0; t->rules.until_ns && i < n; i++) {
        const struct kb_walked *walked = &stock->walked[due[i].file];
        due[i].when = kb_canaries_have(t->tally->canaries, walked->path) ? CANARY
                                                                         : kb_resume_when(t->params->resume, walked);
    }
    qsort(due, n, sizeof *due, by_when);
    for (size_t i = 0; i < n; i++)
        files[i] = due[i].file;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && due[to].when == due[from].when; to++)
            ;
        measure_part(t, files + from, to - from);
    }
    free(due);
    free(files);
}

/* What was not verified now counts as it was, unless it turned out not to be good. */
static void account(struct tree *t, uint32_t file)
{
    const struct kb_walked *walked = &t->stock.walked[file];
    const struct kb_measured *measured = &t->stock.measured[file];
    if (!t->params->resume || !kb_walked_wanted(walked))
        return;
    note_if_good(t, file);
    if (!measured->noted)
        kb_resume_carry(t->params->resume, walked,
                        measured->state == KB_MEASURED_LATER ? kb_resume_when(t->params->resume, walked) : 0);
}

static int judge_stock(struct tree *t, struct kb_err *err)
{
    const struct kb_sink *sink = t->tally->sink;
    int r = 0;
    for (uint32_t i = 0; i < t->stock.n && !r && !t->tally->stopped; i++) {
        t->judge.file = i;
        r = kb_judge_next(&t->judge, &t->stock.walked[i], &t->stock.measured[i], err);
        if (t->stock.measured[i].ahead)
            sink->ahead_end(sink->owner, i, false);
        account(t, i);
        kb_measured_done(&t->stock.measured[i]);
    }
    return r;
}

/* In windows of as many files as may wait; all at once where the oldest are to be first. */
static int run_stocked(struct tree *t, struct kb_err *err)
{
    size_t each = kb_placement_room(2) + (t->rules.lead ? KB_LEAD_BYTES : 0);
    bool all = t->rules.until_ns;
    int r = 0;
    while (!r && !t->walked && !t->tally->stopped) {
        kb_stock_init(&t->stock);
        while (!t->walked && (all || t->stock.bytes + t->stock.n * each < KB_TREE_WAITING_BYTES))
            t->walked = !kb_stock_add(&t->stock, t->walk);
        announce(t);
        measure_stock(t);
        r = judge_stock(t, err);
        kb_stock_done(&t->stock);
    }
    return r;
}

static int judge_batch(struct tree *t, struct kb_batch *batch, struct kb_err *err)
{
    int r = 0;
    for (size_t i = 0; i < batch->n && !r && !t->tally->stopped; i++) {
        r = kb_judge_next(&t->judge, &batch->walked[i], &batch->measured[i], err);
        if (batch->measured[i].bytes)
            (void)atomic_fetch_sub(&t->rules.kept, (long long)batch->walked[i].size);
    }
    kb_batch_free(batch);
    return r;
}

/* Walks ahead, judges what is done, and measures while there is nothing else to do. */
static int run_by_names(struct tree *t, struct kb_err *err)
{
    int r = 0;
    while (!r && !t->tally->stopped) {
        bool room_left = !t->walked && kb_crew_has_room(t->crew);
        struct kb_batch *batch = kb_crew_take(t->crew, !room_left);
        if (batch) {
            r = judge_batch(t, batch, err);
        } else if (room_left) {
            batch = kb_batch_new();
            t->walked = !kb_batch_fill(batch, t->walk);
            kb_crew_give(t->crew, batch);
        } else {
            break; /* the walk is over, and so is the crew */
        }
    }
    return r;
}

int kb_tree_run(const struct kb_tree_params *params, struct kb_tally *tally, struct kb_tree_result *ret_result,
                struct kb_err *err)
{
    struct stat st;
    if (fstat(params->fd, &st))
        return kb_fail(err, KB_EIO, "the folder cannot be looked at: %s", "フォルダを確認できません: %s",
                       strerror(errno));
    bool stocked = params->resume || params->physical;
    struct tree t = {.params = params,
                     .tally = tally,
                     .rules = {.root = params->fd,
                               .most = tally->meter.budgets->bytes,
                               .user = geteuid(),
                               .others = kb_tally_digests(tally),
                               .lead = kb_tally_wants_lead(tally),
                               .keep = tally->sink != NULL,
                               .reporter = tally->reporter,
                               .until_ns = params->resume ? kb_resume_until(params->resume) : 0}};
    if (params->physical)
        kb_folders_ahead(params->fd, 0, t.rules.until_ns);
    t.walk = kb_walk_new(params->fd, st.st_dev, stocked);
    t.crew = kb_crew_new(&t.rules, params->physical ? 1 : params->threads);
    t.judge = (struct kb_judge){.tally = tally, .measurer = kb_crew_measurer(t.crew)};
    int r = stocked ? run_stocked(&t, err) : run_by_names(&t, err);
    kb_crew_free(t.crew);
    kb_walk_free(t.walk);
    *ret_result = (struct kb_tree_result){.whole = !t.judge.lost && !tally->stopped, .left = t.judge.left};
    return r < 0 ? r : 0;
}
