/* SPDX-License-Identifier: Apache-2.0 */
/* Where and with what the drill was run, and the evidence behind the report. */
#include "content.h"

#include <inttypes.h>
#include <string.h>

#include "judged.h"
#include "koboshi/arena.h"
#include "koboshi/clock.h"

/* What was found; beside it what the plan wanted, when that is something else. */
static const char *found_and_wanted(const struct kb_view *view, const char *found, const char *wanted)
{
    const char *shown = found && *found ? kb_view_string(view, found) : kb_view_word(view, KB_W_NOT_OBTAINED);
    if (!wanted || !*wanted || (found && !strcmp(found, wanted)))
        return shown;
    return kb_pick(kb_text_new(view->arena, "%s (plan: %s)", "%s（計画：%s）", shown, kb_view_string(view, wanted)),
                   view->lang);
}

static const char *device_text(const struct kb_view *view, const struct kb_medium_state *s)
{
    if (!s->device && !s->fs_type)
        return kb_view_word(view, KB_W_MISSING);
    const char *fs_type = kb_view_string(view, s->fs_type);
    if (s->container && s->fs_type)
        fs_type = kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s の中）" : "%s (in %s)", fs_type,
                             kb_view_string(view, s->container));
    if (s->driver && s->fs_type && strcmp(s->driver, s->fs_type) != 0)
        fs_type = kb_sprintf(view->arena, view->lang == KB_JA ? "%s・ドライバ %s" : "%s, driver %s", fs_type,
                             kb_view_string(view, s->driver));
    return kb_sprintf(view->arena, view->lang == KB_JA ? "%s・%s・%s" : "%s, %s, %s", kb_view_string(view, s->device),
                      fs_type, s->bytes > 0 ? kb_view_bytes(view, s->bytes) : kb_view_word(view, KB_W_MISSING));
}

static const char *mounted_text(const struct kb_view *view, const struct kb_medium_state *s)
{
    const char *by = kb_view_word(view, s->mounted_by_us ? KB_W_MOUNTED_BY_US : KB_W_MOUNTED_BEFORE);
    const char *text = kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s）" : "%s (%s)", by,
                                  kb_view_string(view, s->options));
    if (!s->writable_elsewhere)
        return text;
    return kb_sprintf(view->arena, "%s\n%s", text, kb_view_word(view, KB_W_WRITABLE));
}

static void condition_facts(const struct kb_view *view, struct kb_grid *grid, const struct kb_medium_state *s)
{
    bool seen = s->status == KB_MEDIUM_READY;
    const char *missing = kb_view_word(view, KB_W_MISSING);
    kb_grid_cell(grid, kb_view_word(view, KB_W_MOUNTED), KB_TONE_PLAIN);
    kb_grid_cell(grid, seen ? mounted_text(view, s) : missing, s->writable_elsewhere ? KB_TONE_WARN : KB_TONE_PLAIN);
    kb_grid_cell(grid, kb_view_word(view, KB_W_CLEAN_STATE), KB_TONE_PLAIN);
    kb_grid_cell(grid,
                 s->unclean ? kb_view_word(view, KB_W_UNCLEAN)
                 : seen     ? kb_view_word(view, KB_W_CLEAN)
                            : missing,
                 s->unclean ? KB_TONE_WARN : KB_TONE_PLAIN);
}

struct kb_grid *kb_content_medium(const struct kb_view *view, const struct kb_record_medium *medium)
{
    const struct kb_medium_state *s = &medium->state;
    struct kb_grid *grid = kb_grid_facts(view);
    kb_grid_cell(grid, kb_view_word(view, KB_W_STATUS), KB_TONE_PLAIN);
    kb_grid_cell(grid, kb_view_name(view, KB_T_MEDIUM, s->status),
                 s->status == KB_MEDIUM_READY ? KB_TONE_PLAIN : KB_TONE_BAD);
    kb_grid_fact(view, grid, KB_W_LABEL, found_and_wanted(view, s->label, medium->wanted_label));
    kb_grid_fact(view, grid, KB_W_FS_UUID, found_and_wanted(view, s->fs_uuid, medium->wanted_fs_uuid));
    kb_grid_fact(view, grid, KB_W_SERIAL, found_and_wanted(view, s->serial, NULL));
    kb_grid_fact(view, grid, KB_W_DEVICE, device_text(view, s));
    condition_facts(view, grid, s);
    if (!kb_text_is_empty(s->detail))
        kb_grid_fact(view, grid, KB_W_MEDIUM_FOUND, kb_view_text(view, s->detail));
    if (medium->key_used)
        kb_grid_fact(view, grid, KB_W_KEY_USED, kb_view_string(view, medium->key_used));
    kb_grid_fact(view, grid, KB_W_HOME, kb_view_text(view, medium->home));
    kb_grid_fact(view, grid, KB_W_RETRIEVAL,
                 medium->retrieval == KB_ABSENT ? kb_view_word(view, KB_W_NOT_DECLARED)
                                                : kb_view_seconds(view, medium->retrieval));
    return grid;
}

/* How far the operator's clock was ahead, or that nobody compared. */
static const char *offset_text(const struct kb_view *view, enum kb_word when, int64_t offset_s)
{
    if (offset_s == KB_ABSENT)
        return kb_sprintf(view->arena, "%s %s", kb_view_word(view, when), kb_view_word(view, KB_W_NOT_OBTAINED));
    return kb_sprintf(view->arena, view->lang == KB_JA ? "%s %+" PRId64 "秒" : "%s %+" PRId64 " s",
                      kb_view_word(view, when), offset_s);
}

static const char *offsets_text(const struct kb_view *view, const struct kb_record_clock *clock)
{
    return kb_sprintf(view->arena, view->lang == KB_JA ? "%s、%s" : "%s, %s",
                      offset_text(view, KB_W_AT_START, clock->operator_offset_s),
                      offset_text(view, KB_W_AT_END, clock->operator_offset_end_s));
}

static const char *jump_text(const struct kb_view *view, const struct kb_record_clock *clock)
{
    const char *jump = clock->jump_ns == KB_ABSENT ? kb_view_word(view, KB_W_NOT_OBTAINED)
                       : clock->jump_ns == 0       ? kb_view_word(view, KB_W_NO_JUMP)
                                                   : kb_view_ns(view, clock->jump_ns);
    return clock->boot_changed ? kb_sprintf(view->arena, "%s\n%s", jump, kb_view_word(view, KB_W_BOOT_CHANGED)) : jump;
}

static const char *joined(const struct kb_view *view, const char *const *list, size_t n)
{
    const char *text = "";
    for (size_t i = 0; i < n; i++)
        text = kb_sprintf(view->arena, "%s%s%s", text, i ? ", " : "", kb_view_string(view, list[i]));
    return text;
}

/* A way out, and who would be asked for names: on a closed network neither should be there. */
static void network_rows(const struct kb_view *view, struct kb_grid *grid, const struct kb_record_network *network)
{
    const struct {
        enum kb_word word, none;
        const char *const *v;
        size_t n;
    } rows[] = {
        {KB_W_ROUTES, KB_W_NO_ROUTE, network->routes.v, network->routes.n},
        {KB_W_RESOLVERS, KB_W_NO_RESOLVER, network->resolvers.v, network->resolvers.n},
        {KB_W_ADDRESSES, KB_W_NO_ADDRESS, network->addresses.v, network->addresses.n},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool warn = rows[i].n && rows[i].word != KB_W_ADDRESSES;
        kb_grid_cell(grid, kb_view_word(view, rows[i].word), KB_TONE_PLAIN);
        kb_grid_cell(grid, rows[i].n ? joined(view, rows[i].v, rows[i].n) : kb_view_word(view, rows[i].none),
                     warn ? KB_TONE_WARN : KB_TONE_PLAIN);
    }
}

struct kb_grid *kb_content_place(const struct kb_view *view)
{
    const struct kb_record *r = view->record;
    struct kb_grid *grid = kb_grid_facts(view);
    kb_grid_fact(view, grid, KB_W_HOST, kb_view_string(view, r->host.name));
    kb_grid_fact(view, grid, KB_W_SYSTEM_SOFTWARE,
                 kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s、%s）" : "%s (%s, %s)",
                            kb_view_string(view, r->host.os), kb_view_string(view, r->host.kernel),
                            kb_view_string(view, r->host.machine)));
    kb_grid_fact(view, grid, KB_W_AGENT, kb_view_string(view, r->agent_version));
    if (r->network)
        network_rows(view, grid, r->network);
    else
        kb_grid_fact(view, grid, KB_W_ROUTES, kb_view_word(view, KB_W_NOT_OBTAINED));
    if (r->scratch)
        kb_grid_fact(view, grid, KB_W_SCRATCH,
                     kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s）" : "%s (%s)",
                                kb_view_string(view, r->scratch),
                                kb_view_word(view, r->scratch_kept ? KB_W_KEPT : KB_W_REMOVED)));
    kb_grid_fact(view, grid, KB_W_ZONE, kb_view_string(view, r->zone));
    kb_grid_cell(grid, kb_view_word(view, KB_W_CLOCK), KB_TONE_PLAIN);
    kb_grid_cell(grid,
                 kb_sprintf(view->arena, view->lang == KB_JA ? "%s（%s）" : "%s (%s)",
                            kb_view_word(view, r->clock.synchronized ? KB_W_CLOCK_SYNC : KB_W_CLOCK_FREE),
                            kb_view_string(view, r->clock.source)),
                 KB_TONE_PLAIN);
    kb_grid_cell(grid, kb_view_word(view, KB_W_CLOCK_JUMP), KB_TONE_PLAIN);
    kb_grid_cell(grid, jump_text(view, &r->clock),
                 r->clock.jump_ns || r->clock.boot_changed ? KB_TONE_WARN : KB_TONE_PLAIN);
    if (r->attended)
        kb_grid_fact(view, grid, KB_W_OPERATOR_CLOCK, offsets_text(view, &r->clock));
    return grid;
}

struct kb_grid *kb_content_seal(const struct kb_view *view)
{
    static const enum kb_tone tones[] = {[KB_SEAL_NONE] = KB_TONE_WARN,
                                         [KB_SEAL_SIGNED] = KB_TONE_PLAIN,
                                         [KB_SEAL_VERIFIED] = KB_TONE_GOOD,
                                         [KB_SEAL_BROKEN] = KB_TONE_BAD};
    const struct kb_report_seal *seal = view->seal;
    const char *recorded = view->record->ledger;
    struct kb_grid *grid = kb_grid_facts(view);
    kb_grid_fact(view, grid, KB_W_LEDGER, kb_view_string(view, seal->ledger ? seal->ledger : recorded));
    if (seal->ledger && recorded && strcmp(seal->ledger, recorded)) {
        kb_grid_cell(grid, kb_view_word(view, KB_W_OTHER_LEDGER), KB_TONE_BAD);
        kb_grid_cell(grid, kb_view_string(view, recorded), KB_TONE_BAD);
    }
    kb_grid_fact(view, grid, KB_W_RECORD, kb_content_record_folder(view));
    kb_grid_fact(view, grid, KB_W_CHECKPOINT, kb_view_count(view, seal->size));
    kb_grid_fact(view, grid, KB_W_HEAD, kb_view_string(view, seal->head));
    kb_grid_fact(view, grid, KB_W_KEY, kb_view_string(view, seal->key));
    kb_grid_cell(grid, kb_view_word(view, KB_W_SEAL_STATE), KB_TONE_PLAIN);
    kb_grid_cell(grid, kb_view_name(view, KB_T_SEAL, seal->state),
                 seal->state >= 0 && seal->state <= KB_SEAL_BROKEN ? tones[seal->state] : KB_TONE_BAD);
    return grid;
}

const char *kb_content_record_folder(const struct kb_view *view)
{
    if (view->record->id < 0)
        return kb_view_word(view, KB_W_MISSING);
    return kb_sprintf(view->arena, "drills/%06" PRId64 "/record.json", view->record->id);
}

const char *kb_content_check_ledger(const struct kb_view *view)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._-";
    const char *signer = view->seal->signer;
    if (!signer || !*signer || *signer == '-' || signer[strspn(signer, allowed)]) /* people paste this into a shell */
        signer = "agent@host";
    return kb_sprintf(view->arena,
                      "ssh-keygen -Y verify -f allowed_signers -I %s -n koboshi-ledger -s checkpoint.sig < checkpoint",
                      signer);
}

const char *kb_content_check_files(const struct kb_view *view)
{
    (void)view;
    return "sha256sum -c SHA256SUMS";
}

const char *kb_content_fault(const struct kb_view *view, const struct kb_fault *fault)
{
    const char *text = "";
    for (size_t i = fault->frames.n; i-- > 0;)
        text = kb_sprintf(view->arena, "%s%s\n", text, kb_view_text(view, fault->frames.v[i]));
    return kb_sprintf(view->arena, view->lang == KB_JA ? "%s（終了コード %" PRId64 "）" : "%s(exit code %" PRId64 ")",
                      text, fault->code < 0 && fault->code > INT32_MIN ? -fault->code : fault->code);
}
