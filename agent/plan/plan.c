/* SPDX-License-Identifier: Apache-2.0 */
/* The plan as a whole: read, checked, frozen, looked up. */
#include "checks.h"
#include "keys.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/tool.h"

/* The folder of a file name, absolute; the file itself need not exist. */
static const char *folder_of(struct kb_arena *arena, const char *path)
{
    char whole[PATH_MAX];
    if (realpath(path, whole)) {
        *strrchr(whole, '/') = '\0';
        return kb_strdup(arena, *whole ? whole : "/");
    }
    const char *slash = strrchr(path, '/');
    const char *part = slash ? kb_strndup(arena, path, (size_t)(slash - path)) : "";
    if (*path == '/')
        return *part ? part : "/";
    if (!getcwd(whole, sizeof whole))
        return "/";
    return *part ? kb_sprintf(arena, "%s/%s", whole, part) : kb_strdup(arena, whole);
}

/* By text alone: nobody but the media worker may touch a medium, not even to resolve a link on the way to it. */
static void make_mounts_absolute(struct kb_plan *plan, struct kb_arena *arena)
{
    for (size_t i = 0; i < plan->media.n; i++) {
        const char *mount = plan->media.v[i].mount;
        if (!mount || *mount == '/')
            continue;
        while (!strncmp(mount, "./", 2))
            mount += 2 + strspn(mount + 2, "/");
        bool here = !*mount || !strcmp(mount, ".");
        const char *folder = strcmp(plan->folder, "/") ? plan->folder : "";
        plan->media.v[i].mount = here ? plan->folder : kb_sprintf(arena, "%s/%s", folder, mount);
    }
}

/* What a set leaves out is as its tool has it. */
static void take_from_tools(struct kb_plan *plan)
{
    for (size_t i = 0; i < plan->backup_sets.n; i++) {
        struct kb_set *set = &plan->backup_sets.v[i];
        const struct kb_tool *tool = kb_tool_of((enum kb_tool_id)set->tool);
        if (set->format < 0)
            set->format = tool->format;
        if (set->method < 0)
            set->method = set->format == KB_FORMAT_CHAIN ? KB_METHOD_CHAIN : tool->method;
    }
}

/* A command step is a check by that command alone: it runs as confined, and is judged by its exit status. The drill's
 * max_duration ends it. */
static void take_commands(struct kb_plan *plan, struct kb_arena *arena)
{
    for (size_t p = 0; p < plan->procedures.n; p++) {
        for (size_t i = 0; i < plan->procedures.v[p].steps.n; i++) {
            struct kb_step *step = &plan->procedures.v[p].steps.v[i];
            if (step->act != KB_DO_COMMAND)
                continue;
            step->probes.v = kb_alloc(arena, 1, sizeof *step->probes.v);
            step->probes.n = 1;
            kb_shape_init(&kb_probe_shape, step->probes.v);
            step->probes.v->command.n = step->command.n;
            step->probes.v->command.v = step->command.v;
            step->probes.v->timeout = KB_DAY;
        }
    }
}

/* `offsite: false` is no other site. */
static void drop_offsite_that_is_not(struct kb_plan *plan)
{
    for (size_t i = 0; i < plan->media.n; i++)
        if (plan->media.v[i].offsite && !plan->media.v[i].offsite->away)
            plan->media.v[i].offsite = NULL;
}

static bool fits(size_t n, struct kb_complaints *c)
{
    if (n > KB_PLAN_BYTES_MAX)
        KB_COMPLAIN(c, ((struct kb_at){1, 1}), "the plan is %zu bytes long, at most %d are read",
                    "計画が大きすぎます: %zu バイト（上限 %d バイト）", n, KB_PLAN_BYTES_MAX);
    return n <= KB_PLAN_BYTES_MAX;
}

static struct kb_plan *read_plan(const char *source, size_t n, struct kb_arena *arena, struct kb_complaints *c)
{
    KB_SCOPED_ARENA work = kb_arena_new();
    const struct kb_node *root = fits(n, c) ? kb_node_parse(source, n, work, c) : NULL;
    if (!root)
        return NULL;
    struct kb_plan *plan = kb_alloc(arena, 1, sizeof *plan);
    struct kb_loader l = {.arena = arena, .work = work, .c = c};
    kb_loader_read(&l, &kb_plan_shape, root, plan);
    kb_threats_add(plan, &l);
    take_from_tools(plan);
    drop_offsite_that_is_not(plan);
    kb_loader_resolve(&l, &kb_plan_shape, plan);
    kb_plan_check(&(struct kb_checker){.l = &l, .plan = plan});
    take_commands(plan, arena);
    kb_loader_done(&l);
    return plan;
}

static int refuse(const char *path, const struct kb_diags *diags, struct kb_arena *arena, struct kb_err *err)
{
    return kb_fail(err, KB_EPLAN, "%s: mistakes in the plan: %zu", "%s: 計画に誤りが %zu 件あります",
                   kb_escape(arena, path, strlen(path)), diags->list.n + diags->n_more);
}

int kb_plan_parse(const char *path, const char *source, size_t n, struct kb_arena *arena,
                  const struct kb_plan **ret_plan, const struct kb_diags **ret_diags, struct kb_err *err)
{
    struct kb_complaints c = {.arena = arena};
    struct kb_plan *plan = read_plan(source, n, arena, &c);
    struct kb_diags *diags = kb_complaints_done(&c);
    diags->source = source;
    diags->source_n = n;
    *ret_diags = diags;
    if (!plan || diags->list.n)
        return refuse(path, diags, arena, err);
    plan->file = kb_strdup(arena, path);
    plan->folder = folder_of(arena, path);
    plan->source = source;
    plan->source_n = n;
    plan->sha256 = kb_sha256_of(source, n);
    make_mounts_absolute(plan, arena);
    *ret_plan = plan;
    return 0;
}

int kb_plan_load(const char *path, struct kb_arena *arena, const struct kb_plan **ret_plan,
                 const struct kb_diags **ret_diags, struct kb_err *err)
{
    static const struct kb_diags none;
    *ret_diags = &none;
    struct kb_complaints c = {.arena = arena};
    struct stat st;
    if (!stat(path, &st) && S_ISREG(st.st_mode) && !fits((size_t)st.st_size, &c)) {
        *ret_diags = kb_complaints_done(&c);
        return refuse(path, *ret_diags, arena, err);
    }
    char whole[PATH_MAX];
    char *source = NULL;
    size_t n = 0;
    /* a plan may be reached through a link (current.yaml); what it points at is read */
    if (kb_file_read(AT_FDCWD, realpath(path, whole) ? whole : path, KB_PLAN_BYTES_MAX, arena, &source, &n, err))
        return kb_wrap(err, "reading the plan", "計画の読み込み中");
    return kb_plan_parse(path, source, n, arena, ret_plan, ret_diags, err);
}

#define LOOKUP(function, T, list)                                                                                      \
    const struct T *function(const struct kb_plan *plan, const char *id)                                               \
    {                                                                                                                  \
        for (size_t i = 0; id && i < plan->list.n; i++)                                                                \
            if (!strcmp(plan->list.v[i].id, id))                                                                       \
                return &plan->list.v[i];                                                                               \
        return NULL;                                                                                                   \
    }
LOOKUP(kb_plan_system, kb_system, systems)
LOOKUP(kb_plan_set, kb_set, backup_sets)
LOOKUP(kb_plan_medium, kb_medium, media)
LOOKUP(kb_plan_procedure, kb_procedure, procedures)
LOOKUP(kb_plan_threat, kb_threat, threats)
LOOKUP(kb_plan_host, kb_host, hosts)
LOOKUP(kb_plan_drill, kb_drill, drills)
LOOKUP(kb_plan_key, kb_secret, keys)
LOOKUP(kb_plan_role, kb_role, roles)

const struct kb_rotation *kb_plan_rotation_of(const struct kb_plan *plan, const char *medium)
{
    for (size_t i = 0; i < plan->rotations.n; i++)
        for (size_t k = 0; k < plan->rotations.v[i].disks.n; k++)
            if (!strcmp(plan->rotations.v[i].disks.v[k], medium))
                return &plan->rotations.v[i];
    return NULL;
}

bool kb_medium_is(const struct kb_medium *medium, enum kb_destroys attribute)
{
    int kind = medium->kind;
    bool net = kind == KB_MEDIUM_NAS || kind == KB_MEDIUM_SNAPSHOT;
    const struct {
        int written;
        bool as_kind;
    } rows[KB_DESTROYS_COUNT] = {
        [KB_DESTROYS_ONLINE] = {medium->online, net || kind == KB_MEDIUM_FOLDER},
        [KB_DESTROYS_WRITABLE_BY_ADMIN] = {medium->writable_by_admin, net || kind == KB_MEDIUM_FOLDER},
        [KB_DESTROYS_SAME_HOST] = {medium->same_host, kind == KB_MEDIUM_SNAPSHOT},
        [KB_DESTROYS_ONSITE] = {KB_ANSWER_ABSENT, !medium->offsite},
        [KB_DESTROYS_PROVIDER_HOSTED] = {medium->provider_hosted, kind == KB_MEDIUM_CLOUD_EXPORT},
    };
    return rows[attribute].written == KB_ANSWER_ABSENT ? rows[attribute].as_kind
                                                       : rows[attribute].written == KB_ANSWER_YES;
}
