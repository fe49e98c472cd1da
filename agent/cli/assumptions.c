/* SPDX-License-Identifier: Apache-2.0 */
/* What a drill is told to assume: which threat, which machine fails, which lot is drawn. */
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/survival.h"

static const char *names_of_threats(const struct kb_cli *cli, const struct kb_plan *plan, const char *const **ret_ids)
{
    const char **ids = kb_alloc(cli->arena, plan->threats.n, sizeof *ids), *names = "none";
    for (size_t i = 0; i < plan->threats.n; i++) {
        ids[i] = plan->threats.v[i].id;
        names = kb_sprintf(cli->arena, "%s, %s", names, ids[i]);
    }
    *ret_ids = ids;
    return names;
}

static int take_threat(const struct kb_cli *cli, const struct kb_plan *plan, struct kb_run_params *params,
                       struct kb_err *err)
{
    const char *given = cli->option[KB_OPTION_THREAT];
    params->threat_given = given != NULL;
    params->threat = given ? kb_plan_threat(plan, given) : NULL;
    if (!given || params->threat || !strcmp(given, "none"))
        return 0;
    const char *const *ids;
    const char *names = names_of_threats(cli, plan, &ids), *near = kb_near_name(given, ids, plan->threats.n);
    given = kb_escape(cli->arena, given, strlen(given));
    if (near)
        return kb_fail(err, KB_EUSAGE, "the plan has no threat `%s`; did you mean `%s`?",
                       "計画に脅威 `%s` はありません。`%s` の誤りではありませんか", given, near);
    return kb_fail(err, KB_EUSAGE, "the plan has no threat `%s`; there are: %s",
                   "計画に脅威 `%s` はありません。指定できるのは: %s", given, names);
}

/* The machine that fails must be one that the drill's systems live on. */
static int take_host(const struct kb_cli *cli, const struct kb_plan *plan, struct kb_run_params *params,
                     struct kb_err *err)
{
    const struct kb_threat *threat = params->threat_given ? params->threat
                                     : params->drill      ? kb_plan_threat(plan, params->drill->threat)
                                                          : NULL;
    const char **ids = kb_alloc(cli->arena, plan->systems.n, sizeof *ids), *names = "";
    size_t n = 0;
    params->host = cli->option[KB_OPTION_HOST];
    if (!params->host)
        return 0;
    const char *given = kb_escape(cli->arena, params->host, strlen(params->host));
    if (!threat || !kb_threat_destroys(threat, KB_DESTROYS_SAME_HOST))
        return kb_fail(err, KB_EUSAGE,
                       "--host %s names a machine that fails; give a threat that destroys same_host, "
                       "such as --threat hardware",
                       "--host %s は故障する機器の指定です。same_host を失う脅威（例: --threat "
                       "hardware）と一緒に使ってください",
                       given);
    for (size_t i = 0; i < plan->systems.n; i++) {
        const struct kb_system *system = &plan->systems.v[i];
        if (!system->on || !kb_drill_has(params->drill, system->id))
            continue;
        if (!strcmp(system->on, params->host))
            return 0;
        names = kb_sprintf(cli->arena, "%s%s%s", names, n ? ", " : "", system->on);
        ids[n++] = system->on;
    }
    const char *near = kb_near_name(params->host, ids, n);
    if (near)
        return kb_fail(err, KB_EUSAGE, "no system of this drill lives on a host `%s`; did you mean `%s`?",
                       "この訓練のシステムで機器 `%s` の上にあるものはありません。`%s` の誤りではありませんか", given,
                       near);
    return kb_fail(err, KB_EUSAGE, "no system of this drill lives on a host `%s` (`on`); they live on: %s",
                   "この訓練のシステムで機器 `%s` の上にあるものはありません（on）。指定できるのは: %s", given,
                   *names ? names : "–");
}

static int take_seed(const struct kb_cli *cli, struct kb_run_params *params, struct kb_err *err)
{
    const char *given = cli->option[KB_OPTION_SEED];
    params->seed = KB_ABSENT;
    if (!given)
        return 0;
    char *end;
    long long seed = strtoll(given, &end, 10);
    if (*given < '0' || *given > '9' || *end || seed > INT32_MAX)
        return kb_fail(err, KB_EUSAGE, "--seed takes a number from 0 to %d, not `%s`",
                       "--seed は 0 から %d までの整数です（`%s` は指定できません）", INT32_MAX,
                       kb_escape(cli->arena, given, strlen(given)));
    params->seed = seed;
    return 0;
}

int kb_cli_assumptions(const struct kb_cli *cli, const struct kb_plan *plan, struct kb_run_params *params,
                       struct kb_err *err)
{
    int code = take_threat(cli, plan, params, err);
    if (!code)
        code = take_host(cli, plan, params, err);
    return code ? code : take_seed(cli, params, err);
}
