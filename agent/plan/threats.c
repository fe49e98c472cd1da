/* SPDX-License-Identifier: Apache-2.0 */
/* The threats that come with the product; a plan may name them without writing them. */
#include "checks.h"
#include "keys.h"

#include <string.h>

#include "koboshi/arena.h"

#define ONE(word) (1u << KB_DESTROYS_##word)

/* `detect` stays absent: how soon it is noticed only the company knows. */
static const struct {
    const char *id;
    struct kb_text title;
    unsigned destroys; /* bits of enum kb_destroys */
} built_in[] = {
    {"ransomware", {"ランサムウェア", "Ransomware"}, ONE(ONLINE) | ONE(WRITABLE_BY_ADMIN) | ONE(ATTACHED)},
    {"hardware", {"サーバ・NASの故障", "Failure of a server or NAS"}, ONE(SAME_HOST)},
    {"site_loss", {"火災・水害などによる拠点の喪失", "Loss of the site by fire or flood"}, ONE(ONSITE)},
    {"operator_error", {"誤操作・誤削除", "Operator error"}, ONE(MIRROR)},
    {"theft", {"盗難・紛失", "Theft or loss"}, ONE(ONSITE) | ONE(ATTACHED)},
    {"saas_outage", {"クラウドサービスの停止", "Outage of a cloud service"}, ONE(PROVIDER_HOSTED)},
};
enum { N_BUILT_IN = sizeof built_in / sizeof *built_in };

/* What the plan leaves out of a threat that the product knows. `destroys: []` is written: nothing. */
static void complete(struct kb_threat *threat, size_t b, bool written, struct kb_arena *arena)
{
    if (!threat->title.ja && !threat->title.en)
        threat->title = built_in[b].title;
    if (written)
        return;
    threat->destroys.v = kb_alloc(arena, KB_DESTROYS_COUNT, sizeof *threat->destroys.v);
    for (unsigned i = 0; i < KB_DESTROYS_COUNT; i++)
        if (built_in[b].destroys & (1u << i))
            threat->destroys.v[threat->destroys.n++] = kb_destroys_names[i];
}

void kb_threats_add(struct kb_plan *plan, struct kb_loader *l)
{
    struct kb_threat *all = kb_alloc(l->arena, plan->threats.n + N_BUILT_IN, sizeof *all);
    size_t n = plan->threats.n;
    if (n) {
        memcpy(all, plan->threats.v, n * sizeof *all);
        kb_loader_moved(l, plan->threats.v, n * sizeof *all, all);
    }
    for (size_t b = 0; b < N_BUILT_IN; b++) {
        size_t i = 0;
        while (i < n && strcmp(all[i].id, built_in[b].id) != 0)
            i++;
        bool written = i < n && kb_mark_of(l, &all[i].destroys);
        if (i == n) {
            kb_shape_init(&kb_plan_threat_shape, &all[n]);
            all[n++].id = built_in[b].id;
        }
        complete(&all[i], b, written, l->arena);
    }
    plan->threats.v = all;
    plan->threats.n = n;
}
