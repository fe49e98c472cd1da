/* SPDX-License-Identifier: Apache-2.0 */
/* Every attempt as every kind of confined process. */
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"

#include "trial.h"

static const struct {
    enum kb_confine_level level;
    bool programs;
} kinds[KB_TRIAL_KINDS] = {
    [KB_TRIAL_READ] = {KB_CONFINE_READ, false},       [KB_TRIAL_READ_PROGRAMS] = {KB_CONFINE_READ, true},
    [KB_TRIAL_RESTORE] = {KB_CONFINE_RESTORE, false}, [KB_TRIAL_RESTORE_PROGRAMS] = {KB_CONFINE_RESTORE, true},
    [KB_TRIAL_PROBE] = {KB_CONFINE_PROBE, false},     [KB_TRIAL_MEDIA] = {KB_CONFINE_MEDIA, false},
    [KB_TRIAL_CLEANUP] = {KB_CONFINE_CLEANUP, false},
};

static struct kb_selftest_row row_of(const struct kb_trial_params *p, const struct kb_trial_reached *reached,
                                     bool possible)
{
    const struct kb_attempt *attempt = p->attempt;
    unsigned kind = 1U << p->kind;
    enum kb_expected expected = attempt->possible & kind ? KB_MUST_WORK : KB_MUST_NOT;
    if (attempt->known & kind && reached->abi < attempt->since)
        expected = KB_MAY_WORK;
    bool good = expected == KB_MAY_WORK || possible == (expected == KB_MUST_WORK);
    return (struct kb_selftest_row){.id = attempt->id,
                                    .what = attempt->what,
                                    .level = kinds[p->kind].level,
                                    .programs = kinds[p->kind].programs,
                                    .expected = expected,
                                    .possible = possible,
                                    .good = good,
                                    .landlock_abi = reached->abi,
                                    .uid = reached->uid};
}

int kb_selftest_without(const struct kb_selftest *params, unsigned without, struct kb_err *err)
{
    for (size_t i = 0; i < kb_n_attempts; i++)
        for (int kind = 0; kind < KB_TRIAL_KINDS; kind++) {
            KB_SCOPED_ARENA arena = kb_arena_new();
            struct kb_trial_params trial = {.attempt = &kb_attempts[i],
                                            .kind = (enum kb_trial_kind)kind,
                                            .abi = params->landlock_abi ? params->landlock_abi : INT64_MAX,
                                            .without = without,
                                            .user = geteuid() == 0 ? params->user : NULL};
            struct kb_trial_reached reached = {0};
            bool possible = false;
            int code = kb_trial_run(&trial, arena, &possible, &reached, err);
            if (code)
                return kb_wrap(err, "trying to %s%.0s", "%.0s試行「%s」", kb_attempts[i].what.en,
                               kb_attempts[i].what.ja);
            struct kb_selftest_row row = row_of(&trial, &reached, possible);
            params->told(params->owner, &row);
        }
    return 0;
}

int kb_selftest(const struct kb_selftest *params, struct kb_err *err)
{
    return kb_selftest_without(params, 0, err);
}
