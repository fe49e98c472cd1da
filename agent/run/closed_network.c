/* SPDX-License-Identifier: Apache-2.0 */
/* Is the network of this machine as the plan says? Its facts go into the record, what differs into findings. */
#include <sys/socket.h>

#include "drill.h"
#include "koboshi/arena.h"
#include "network.h"

enum { SHOWN_MAX = 8 };

static void add(struct kb_arena *arena, const char **list, size_t n, const char *text)
{
    if (n < SHOWN_MAX)
        *list = kb_sprintf(arena, "%s%s%s", *list, n ? ", " : "", text);
    else if (n == SHOWN_MAX)
        *list = kb_sprintf(arena, "%s …", *list);
}

static bool is_allowed(const struct kb_network *network, const struct kb_net_range *address)
{
    for (size_t i = 0; i < network->allow.n; i++) {
        struct kb_net_range range;
        if (kb_net_range_parse(network->allow.v[i], &range) && kb_net_range_holds(&range, address))
            return true;
    }
    return false;
}

static void find(struct drill *drill, enum kb_rule_id rule, struct kb_text expected, const char *found)
{
    struct kb_finding *finding = kb_finding_make(drill->arena, rule);
    finding->expected = expected;
    finding->found = (struct kb_text){.ja = found, .en = found};
    kb_drill_finding(drill, finding);
}

static void judge_addresses(struct drill *drill, const struct kb_network *network, const struct kb_network_facts *facts)
{
    const char *allowed = "", *outside = "";
    size_t n = 0;
    for (size_t i = 0; i < network->allow.n; i++)
        add(drill->arena, &allowed, i, network->allow.v[i]);
    for (size_t i = 0; i < facts->addresses.n; i++)
        if (!is_allowed(network, &facts->addresses.v[i].range))
            add(drill->arena, &outside, n++, facts->addresses.v[i].shown);
    if (n)
        find(drill, KB_RULE_NETWORK_ADDRESS,
             kb_text_new(drill->arena, "only addresses in %s", "%s のアドレスだけ", allowed), outside);
}

static void judge(struct drill *drill, const struct kb_network *network, const struct kb_network_facts *facts)
{
    const char *routes = "", *resolvers = "";
    for (size_t i = 0; i < facts->routes.n; i++)
        add(drill->arena, &routes, i, facts->routes.v[i].shown);
    for (size_t i = 0; i < facts->resolvers.n; i++)
        add(drill->arena, &resolvers, i, facts->resolvers.v[i]);
    if (network->closed && facts->routes.n)
        find(drill, KB_RULE_NETWORK_ROUTE,
             (struct kb_text){"既定経路がない（計画では閉域網）", "no default route (a closed network in the plan)"},
             routes);
    if (network->closed && facts->resolvers.n)
        find(drill, KB_RULE_NETWORK_RESOLVER,
             (struct kb_text){"名前解決の設定がない（計画では閉域網）",
                              "no name server configured (a closed network in the plan)"},
             resolvers);
    if (network->allow.n)
        judge_addresses(drill, network, facts);
}

static void note(struct kb_record_network *record, struct kb_record_host *host, struct kb_arena *arena,
                 const struct kb_network_facts *facts)
{
    record->routes.v = kb_alloc(arena, facts->routes.n, sizeof *record->routes.v);
    for (size_t i = 0; i < facts->routes.n; i++) {
        record->routes.v[record->routes.n++] = facts->routes.v[i].shown;
        host->default_route_v4 |= facts->routes.v[i].family == AF_INET;
        host->default_route_v6 |= facts->routes.v[i].family == AF_INET6;
    }
    record->addresses.v = kb_alloc(arena, facts->addresses.n, sizeof *record->addresses.v);
    for (size_t i = 0; i < facts->addresses.n; i++)
        record->addresses.v[record->addresses.n++] = facts->addresses.v[i].shown;
    record->resolvers.n = facts->resolvers.n;
    record->resolvers.v = facts->resolvers.v;
}

void kb_network_account(struct drill *drill)
{
    const struct kb_network *wanted = drill->params->plan->network;
    struct kb_network_facts facts;
    struct kb_err err = {0};
    if (kb_network_read(drill->arena, &facts, &err)) {
        if (wanted) { /* what is not known is not said to be as it should */
            struct kb_finding *finding = kb_finding_make(drill->arena, KB_RULE_NETWORK_UNKNOWN);
            finding->found = kb_text_new(drill->arena, "%s%.0s", "%.0s%s", err.frame[0].en, err.frame[0].ja);
            kb_drill_finding(drill, finding);
        }
        return;
    }
    struct kb_record_network *network = kb_alloc(drill->arena, 1, sizeof *network);
    network->closed = wanted && wanted->closed;
    note(network, &drill->record->host, drill->arena, &facts);
    drill->record->network = network;
    if (wanted)
        judge(drill, wanted, &facts);
}
