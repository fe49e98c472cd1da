/* SPDX-License-Identifier: Apache-2.0 */
/* The threats that come with the product; a plan may name them without writing them. */
#include "checks.h"

#include <string.h>

#include "koboshi/arena.h"

/* `detect` stays absent: how soon it is noticed only the company knows. */
static const struct {
    const char *id;
    struct kb_text title;
} built_in[] = {
    {"ransomware", {"ランサムウェア", "Ransomware"}},
    {"hardware", {"サーバ・NASの故障", "Failure of a server or NAS"}},
    {"site_loss", {"火災・水害などによる拠点の喪失", "Loss of the site by fire or flood"}},
    {"operator_error", {"誤操作・誤削除", "Operator error"}},
    {"theft", {"盗難・紛失", "Theft or loss"}},
    {"saas_outage", {"クラウドサービスの停止", "Outage of a cloud service"}},
};
enum { N_BUILT_IN = sizeof built_in / sizeof *built_in };

void kb_threats_add(struct kb_plan *plan, struct kb_arena *arena)
{
    struct kb_threat *all = kb_alloc(arena, plan->threats.n + N_BUILT_IN, sizeof *all);
    size_t n = plan->threats.n;
    if (n)
        memcpy(all, plan->threats.v, n * sizeof *all);
    for (size_t b = 0; b < N_BUILT_IN; b++) {
        size_t i = 0;
        while (i < n && strcmp(all[i].id, built_in[b].id) != 0)
            i++;
        if (i == n)
            all[n++] = (struct kb_threat){.id = built_in[b].id, .title = built_in[b].title, .detect = KB_ABSENT};
        else if (!all[i].title.ja && !all[i].title.en)
            all[i].title = built_in[b].title;
    }
    plan->threats.v = all;
    plan->threats.n = n;
}
