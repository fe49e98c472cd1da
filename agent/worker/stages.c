/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of a worker, as one table. */
#include "stages.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/media.h"
#include "koboshi/probe.h"
#include "koboshi/restore.h"
#include "koboshi/sandbox.h"
#include "koboshi/survey.h"
#include "koboshi/verify.h"

struct stage_run {
    const struct kb_job *job;
    struct kb_emitter *emitter;
    struct kb_arena *arena;
    int list_fd; /* -1: nobody wants the list of entries */
    int verified_fd;
};

static int run_media_open(const struct stage_run *run, struct kb_err *err);
static int run_media_close(const struct stage_run *run, struct kb_err *err);
static int run_verify(const struct stage_run *run, struct kb_err *err);
static int run_restore(const struct stage_run *run, struct kb_err *err);
static int run_probe(const struct stage_run *run, struct kb_err *err);
static int run_cleanup(const struct stage_run *run, struct kb_err *err);
static int run_media_look(const struct stage_run *run, struct kb_err *err);
static int run_media_disks(const struct stage_run *run, struct kb_err *err);
static int run_scan(const struct stage_run *run, struct kb_err *err);

static const struct {
    int (*run)(const struct stage_run *run, struct kb_err *err);
    bool needs_set, needs_medium;
} stages[KB_STAGE_COUNT] = {
    [KB_STAGE_MEDIA_OPEN] = {run_media_open, .needs_medium = true},
    [KB_STAGE_MEDIA_CLOSE] = {run_media_close, .needs_medium = true},
    [KB_STAGE_VERIFY] = {run_verify, .needs_set = true},
    [KB_STAGE_RESTORE] = {run_restore, .needs_set = true},
    [KB_STAGE_PROBE] = {run_probe, .needs_set = true},
    [KB_STAGE_CLEANUP] = {run_cleanup},
    [KB_STAGE_MEDIA_LOOK] = {run_media_look, .needs_medium = true},
    [KB_STAGE_MEDIA_DISKS] = {run_media_disks},
    [KB_STAGE_SCAN] = {run_scan, .needs_medium = true},
};

int kb_worker_stage(const struct kb_job *job, struct kb_worker_fds fds, struct kb_emitter *emitter,
                    struct kb_arena *arena, struct kb_err *err)
{
    if ((stages[job->stage].needs_set && !job->set) || (stages[job->stage].needs_medium && !job->medium))
        return kb_fail(err, KB_EWORKER, "the job is incomplete", "ジョブの内容が足りません");
    struct stage_run run = {
        .job = job, .emitter = emitter, .arena = arena, .list_fd = fds.list, .verified_fd = fds.verified};
    return stages[job->stage].run(&run, err);
}

/* The end of fd 0 is the order to die; nothing else arrives there after the job. */
static void *wait_for_the_end(void *unused)
{
    char byte;
    (void)kb_read_full(JOB_FD, &byte, 1);
    _exit(-KB_ECANCELED);
    return unused;
}

static int hold(const struct stage_run *run, struct kb_confine *params, struct kb_confinement *ret_confinement,
                struct kb_err *err)
{
    params->mode = (enum kb_sandbox_mode)run->job->sandbox;
    params->open_files = KB_WORKER_FILES_MAX;
    const struct kb_budgets *budgets = kb_job_budgets(run->job);
    params->memory_bytes = budgets->memory + KB_WORKER_SPACE; /* the agent measures what of it is filled */
    params->cpu_seconds = budgets->cpu;
    return kb_confine(params, run->arena, ret_confinement, err);
}

/* Stages that parse no backup: they have no unit whose record could say what was reached. */
static int hold_as(const struct stage_run *run, struct kb_confine params, struct kb_err *err)
{
    struct kb_confinement confinement;
    return hold(run, &params, &confinement, err);
}

static int hold_media(const struct stage_run *run, struct kb_err *err)
{
    return hold_as(run, (struct kb_confine){.level = KB_CONFINE_MEDIA}, err);
}

/* Threads exist, and hostile bytes are read, only after this. */
static int confine(const struct stage_run *run, struct kb_confine *params, struct kb_err *err)
{
    struct kb_confinement confinement;
    params->level = (enum kb_confine_level)run->job->confine;
    params->user = run->job->user;
    int code = hold(run, params, &confinement, err);
    if (code)
        return code;
    pthread_t thread;
    if (!pthread_create(&thread, NULL, wait_for_the_end, NULL))
        (void)pthread_detach(thread); /* without it PDEATHSIG and SIGKILL still end this process */
    kb_emit(run->emitter,
            &(struct kb_reply){.kind = KB_REPLY_CONFINED, .peak_bytes = KB_ABSENT, .confinement = &confinement});
    return 0;
}

static void emit_result(const struct stage_run *run, const struct kb_set_result *result)
{
    kb_emit_rest(run->emitter);
    kb_emit(run->emitter, &(struct kb_reply){.kind = KB_REPLY_RESULT, .peak_bytes = KB_ABSENT, .result = result});
}

/* Files that are opened by their path after the account was switched: those of a tree, and by a program. */
static bool any_owner(const struct kb_job_set *set, const struct kb_pass *pass)
{
    return set->format == KB_FORMAT_TREE || kb_pass_runs_programs(pass);
}

/* Every file of the generation, NULL-terminated. */
static const char *const *sources_of(const struct kb_job_set *set, struct kb_arena *arena)
{
    const char **sources = kb_alloc(arena, set->segments.n + 2, sizeof *sources);
    for (size_t i = 0; i < set->segments.n; i++)
        sources[i] = set->segments.v[i].path;
    if (!set->segments.n)
        sources[0] = set->source;
    return sources;
}

static int open_pass(const struct stage_run *run, struct kb_pass **ret_pass, struct kb_err *err)
{
    int code = kb_pass_open(run->job->set, run->arena, ret_pass, err);
    if (code)
        return code;
    if (run->job->set->verified)
        kb_pass_resume(*ret_pass, run->verified_fd);
    return 0;
}

static int run_verify(const struct stage_run *run, struct kb_err *err)
{
    const struct kb_job_set *set = run->job->set;
    struct kb_pass *pass = NULL;
    int code = kb_verify_prepare(err);
    if (!code)
        code = open_pass(run, &pass, err);
    const char *const *read = sources_of(set, run->arena);
    if (!code)
        code = confine(run,
                       &(struct kb_confine){.read = read,
                                            .read_any_owner = any_owner(set, pass),
                                            .programs = kb_pass_runs_programs(pass)},
                       err);
    struct kb_reporter reporter = kb_emitter_reporter(run->emitter);
    struct kb_set_result result;
    kb_shape_init(&kb_set_result_shape, &result);
    if (!code)
        code = kb_pass_run(pass, NULL, run->list_fd, &reporter, run->arena, &result, err);
    if (!code)
        emit_result(run, &result);
    kb_pass_close(pass);
    return code;
}

/* The pass into scratch, then everything there read again. A scratch that cannot be had is a finding; the generation is
 * still verified, since that much can be known. */
static int restore_set(const struct stage_run *run, struct kb_pass *pass, struct kb_scratch *scratch,
                       struct kb_err *err)
{
    struct kb_reporter reporter = kb_emitter_reporter(run->emitter);
    struct kb_set_result result;
    kb_shape_init(&kb_set_result_shape, &result);
    struct kb_sink sink = {0};
    if (scratch)
        sink = kb_scratch_sink(scratch);
    int code = kb_pass_run(pass, scratch ? &sink : NULL, run->list_fd, &reporter, run->arena, &result, err);
    if (!code && scratch)
        code = kb_scratch_finish(scratch, err);
    if (!code && scratch)
        code = kb_scratch_reread(scratch, run->arena, &result, err);
    if (!code && !scratch)
        result.proof.restored = KB_NOT_REACHED;
    if (!code)
        emit_result(run, &result);
    return code;
}

/* The drill's folder; check commands of another account must be able to pass through it. */
static int make_parent(const char *scratch, struct kb_arena *arena, struct kb_err *err)
{
    char *parent = kb_strdup(arena, scratch);
    char *slash = strrchr(parent, '/');
    if (!slash || slash == parent)
        return kb_fail(err, KB_EWORKER, "%s is no scratch folder", "%s は作業フォルダに使えません", scratch);
    *slash = '\0';
    return kb_mkdir_p(parent, 0711, err);
}

static int run_restore(const struct stage_run *run, struct kb_err *err)
{
    const struct kb_job_set *set = run->job->set;
    struct kb_reporter reporter = kb_emitter_reporter(run->emitter);
    struct kb_pass *pass = NULL;
    struct kb_scratch *scratch = NULL;
    uint32_t uid = (uint32_t)geteuid(), gid = (uint32_t)getegid();
    if (run->job->user)
        (void)kb_account_ids(run->job->user, &uid, &gid); /* kb_confine says it if the account is missing */
    int code = kb_verify_prepare(err);
    if (!code)
        code = open_pass(run, &pass, err);
    if (!code)
        code = make_parent(set->scratch, run->arena, err);
    if (!code)
        code = kb_scratch_new(set, uid, gid, kb_pass_bytes(pass), &reporter, run->arena, &scratch, err);
    const char *const *read = sources_of(set, run->arena);
    const char *write[] = {scratch ? set->scratch : NULL, NULL};
    if (!code)
        code = confine(run,
                       &(struct kb_confine){.read = read,
                                            .write = write,
                                            .read_any_owner = any_owner(set, pass),
                                            .programs = kb_pass_runs_programs(pass)},
                       err);
    if (!code)
        code = restore_set(run, pass, scratch, err);
    kb_scratch_free(scratch);
    kb_pass_close(pass);
    return code;
}

/* A private folder for what programs believe to be /tmp and their home; it goes with the drill's scratch. */
static int make_temp(const struct stage_run *run, struct kb_err *err)
{
    const char *temp = run->job->set->temp;
    uint32_t uid = (uint32_t)geteuid(), gid = (uint32_t)getegid();
    if (run->job->user)
        (void)kb_account_ids(run->job->user, &uid, &gid);
    if (!temp)
        return kb_fail(err, KB_EWORKER, "the job is incomplete", "ジョブの内容が足りません");
    int code = kb_mkdir_p(temp, 0700, err);
    if (!code && chown(temp, uid, gid))
        code = kb_fail(err, kb_code_of_errno(errno), "%s cannot be given to the account of the checks: %s",
                       "%s を検査用アカウントのものにできません: %s", temp, strerror(errno));
    return code;
}

static int run_probe(const struct stage_run *run, struct kb_err *err)
{
    const struct kb_job_set *set = run->job->set;
    struct kb_probes *probes = NULL;
    int code = kb_adopt_orphans(err); /* what a check command leaves behind ends with it */
    if (!code)
        code = kb_probes_open(set, run->arena, &probes, err);
    if (!code)
        code = make_temp(run, err);
    const char *write[] = {set->scratch, set->temp, NULL};
    if (!code)
        code = confine(run, &(struct kb_confine){.read = kb_probes_programs(probes), .write = write}, err);
    /* SQLite and check commands go by the path, through all its parents */
    if (!code && access(set->scratch, X_OK))
        code = kb_fail(err, KB_EPERM,
                       "%s cannot be reached by the account of the checks; let others pass through its parent folders "
                       "(chmod o+x), or name another --scratch",
                       "%s に検査用アカウントが到達できません。親フォルダを通過可能にする（chmod o+x）か、--scratch "
                       "で別の場所を指定してください",
                       set->scratch);
    struct kb_reporter reporter = kb_emitter_reporter(run->emitter);
    struct kb_set_result result;
    kb_shape_init(&kb_set_result_shape, &result);
    if (!code)
        code = kb_probes_run(probes, &reporter, run->arena, &result, err);
    if (!code)
        emit_result(run, &result);
    kb_probes_close(probes);
    return code;
}

static void tell_medium(void *owner, const struct kb_medium_state *state)
{
    kb_emit(owner, &(struct kb_reply){.kind = KB_REPLY_MEDIUM, .peak_bytes = KB_ABSENT, .medium = state});
}

static void tell_generation(void *owner, const struct kb_generation *generation)
{
    kb_emit(owner, &(struct kb_reply){.kind = KB_REPLY_GENERATION, .peak_bytes = KB_ABSENT, .generation = generation});
}

static int run_media_open(const struct stage_run *run, struct kb_err *err)
{
    struct kb_reporter reporter = kb_emitter_reporter(run->emitter);
    struct kb_media_sink sink = {
        .owner = run->emitter, .medium = tell_medium, .generation = tell_generation, .finding = reporter.finding};
    int code = hold_media(run, err);
    return code ? code : kb_media_open_stage(run->job, run->arena, &sink, err);
}

static void tell_health(void *owner, const struct kb_health *health)
{
    kb_emit(owner, &(struct kb_reply){.kind = KB_REPLY_HEALTH, .peak_bytes = KB_ABSENT, .health = health});
}

static int run_media_look(const struct stage_run *run, struct kb_err *err)
{
    /* it asks the disk itself, by smartctl */
    int code = hold_as(run, (struct kb_confine){.level = KB_CONFINE_MEDIA, .programs = true}, err);
    return code ? code : kb_media_look_stage(run->job, run->arena, tell_medium, tell_health, run->emitter, err);
}

static void tell_disk(void *owner, const struct kb_disk *disk)
{
    kb_emit(owner, &(struct kb_reply){.kind = KB_REPLY_DISK, .peak_bytes = KB_ABSENT, .disk = disk});
}

static int run_media_disks(const struct stage_run *run, struct kb_err *err)
{
    int code = hold_media(run, err);
    return code ? code : kb_media_disks_stage(run->arena, tell_disk, run->emitter, err);
}

static int run_media_close(const struct stage_run *run, struct kb_err *err)
{
    int code = hold_media(run, err);
    return code ? code : kb_media_close(run->job->medium, err);
}

/* The folders in which what is to be removed lies, without links, NULL-terminated; those that are there. */
static const char *const *folders_above(const struct kb_job *job, struct kb_arena *arena)
{
    const char **above = kb_alloc(arena, job->remove.n + 1, sizeof *above);
    for (size_t i = 0, n = 0; i < job->remove.n; i++) {
        char real[PATH_MAX];
        const char *slash = strrchr(job->remove.v[i], '/');
        const char *path = slash ? kb_strndup(arena, job->remove.v[i], (size_t)(slash - job->remove.v[i]) + 1) : "";
        if (realpath(path, real))
            above[n++] = kb_strdup(arena, real);
    }
    return above;
}

/* What is removed belongs to the worker's account, and lies in folders of root: it stays privileged. Unmounting comes
 * first, since Landlock forbids it; both are tried, whatever becomes of the other. */
static int run_cleanup(const struct stage_run *run, struct kb_err *err)
{
    const struct kb_job *job = run->job;
    int code = 0, swept = 0;
    if (job->sweep.n)
        code = hold_as(run, (struct kb_confine){.level = KB_CONFINE_MEDIA, .removes_later = job->remove.n > 0}, err);
    for (size_t i = 0; !code && i < job->sweep.n; i++) {
        int one = kb_media_sweep(job->sweep.v[i], swept ? NULL : err);
        swept = swept ? swept : one;
    }
    if (!code && job->remove.n)
        code = hold_as(run, (struct kb_confine){.level = KB_CONFINE_CLEANUP, .read = folders_above(job, run->arena)},
                       swept ? NULL : err);
    for (size_t i = 0; !code && i < job->remove.n; i++) {
        int one = kb_scratch_remove(job->remove.v[i], swept ? NULL : err);
        swept = swept ? swept : one;
    }
    return swept ? swept : code;
}

static void tell_seen(void *owner, const struct kb_seen *seen)
{
    kb_emit(owner, &(struct kb_reply){.kind = KB_REPLY_SEEN, .peak_bytes = KB_ABSENT, .seen = seen});
}

/* What a folder is can only be asked with the rights of the caller; what lies in it is looked at without them. */
static int run_scan(const struct stage_run *run, struct kb_err *err)
{
    struct kb_medium_state state;
    struct kb_survey *survey = NULL;
    struct kb_scan_end end;
    const char *path = run->job->medium->mount;
    if (!path)
        return kb_fail(err, KB_EWORKER, "the job is incomplete", "ジョブの内容が足りません");
    int code = kb_media_identify(path, run->arena, &state, err);
    if (!code)
        code = kb_survey_open(state.root, &survey, err);
    if (!code) {
        tell_medium(run->emitter, &state);
        const char *read[] = {state.root, NULL};
        code = confine(run, &(struct kb_confine){.read = read, .read_any_owner = true}, err);
    }
    if (!code) {
        kb_survey_run(survey, tell_seen, run->emitter, run->arena, &end);
        kb_emit(run->emitter, &(struct kb_reply){.kind = KB_REPLY_SCANNED, .peak_bytes = KB_ABSENT, .scanned = &end});
    }
    kb_survey_free(survey);
    return code;
}
