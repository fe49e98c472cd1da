/* SPDX-License-Identifier: Apache-2.0 */
/* Where things are: state, ledger, keys, scratch, worker. */
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "koboshi/ledger.h"
#include "koboshi/limits.h"
#include "koboshi/media.h"

/* The account that workers switch to when root starts them (safety: who runs as whom). */
static const char worker_account[] = "koboshi-worker";

static const char *absolute(struct kb_arena *arena, const char *path)
{
    if (*path == '/')
        return path;
    char *here = getcwd(NULL, 0);
    const char *whole = kb_sprintf(arena, "%s/%s", here ? here : "", path);
    free(here);
    return whole;
}

/* Links resolved as far as the path exists, so that it can be seen to lie on a medium. */
static const char *resolved(struct kb_arena *arena, const char *path)
{
    char *whole = realpath(path, NULL);
    if (whole || !strcmp(path, "/")) {
        const char *kept = kb_strdup(arena, whole ? whole : path);
        free(whole);
        return kept;
    }
    char *parent = kb_strdup(arena, path);
    char *slash = strrchr(parent, '/');
    const char *name = slash + 1;
    if (slash == parent)
        return path;
    *slash = '\0';
    return kb_sprintf(arena, "%s/%s", resolved(arena, parent), name);
}

static const char *folder(struct kb_cli *cli, enum kb_option_id option, const char *name)
{
    const char *given = cli->option[option];
    return resolved(cli->arena,
                    given ? absolute(cli->arena, given) : kb_sprintf(cli->arena, "%s/%s", cli->state, name));
}

static int find_state(struct kb_cli *cli, struct kb_err *err)
{
    const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    const struct passwd *user = home ? NULL : getpwuid(geteuid());
    home = user ? user->pw_dir : home;
    if (geteuid() == 0)
        cli->state = "/var/lib/koboshi";
    else if (xdg && *xdg == '/')
        cli->state = kb_sprintf(cli->arena, "%s/koboshi", xdg);
    else if (home && *home == '/')
        cli->state = kb_sprintf(cli->arena, "%s/.local/state/koboshi", home);
    else
        return kb_fail(err, KB_ECONFIG,
                       "this account has no home folder, so there is no place for ledger and keys; set XDG_STATE_HOME",
                       "このアカウントにはホームフォルダがなく、台帳と鍵の置き場所が決まりません。XDG_STATE_HOME "
                       "を設定してください");
    return 0;
}

/* The worker stands beside koboshi in a build folder, and in ../libexec/koboshi when installed. */
static int find_worker(struct kb_cli *cli, struct kb_err *err)
{
    char self[KB_PATH_BYTES_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        return kb_fail(err, KB_ECONFIG, "/proc/self/exe cannot be read: %s", "/proc/self/exe を読めません: %s",
                       strerror(errno));
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    const char *beside = kb_sprintf(cli->arena, "%s/koboshi-worker", self);
    const char *installed = kb_sprintf(cli->arena, "%s/../libexec/koboshi/koboshi-worker", self);
    cli->place.worker = !access(beside, X_OK) ? beside : installed;
    return 0;
}

int kb_place_find(struct kb_cli *cli, struct kb_err *err)
{
    int code = find_state(cli, err);
    if (!code)
        code = find_worker(cli, err);
    if (code)
        return code;
    const char *sandbox = cli->option[KB_OPTION_SANDBOX];
    if (sandbox && strcmp(sandbox, "required") != 0 && strcmp(sandbox, "best-effort") != 0)
        return kb_fail(err, KB_EUSAGE, "--sandbox takes required or best-effort, not `%s`",
                       "--sandbox は required か best-effort です（`%s` は指定できません）", sandbox);
    cli->ledger = folder(cli, KB_OPTION_LEDGER, "ledger");
    cli->keys = folder(cli, KB_OPTION_KEYS, "keys");
    cli->place.ledger = cli->ledger;
    cli->place.scratch = folder(cli, KB_OPTION_SCRATCH, "scratch");
    cli->place.mounts = "/run/koboshi/mnt";
    cli->place.locks = kb_sprintf(cli->arena, "%s/locks", geteuid() == 0 ? "/run/koboshi" : cli->state);
    cli->place.verified = kb_sprintf(cli->arena, "%s/verified", cli->state);
    cli->place.attended = kb_sprintf(cli->arena, "%s/attended", cli->state);
    cli->place.sandbox = sandbox && !strcmp(sandbox, "best-effort") ? KB_SANDBOX_BEST_EFFORT : KB_SANDBOX_REQUIRED;
    cli->place.user = geteuid() == 0 ? worker_account : NULL;
    return 0;
}

/* The folder itself, or the nearest one above it that is there. */
static const char *existing(struct kb_arena *arena, const char *path)
{
    char *folder = kb_strdup(arena, path);
    for (char *slash; access(folder, F_OK) && (slash = strrchr(folder, '/')) && slash != folder;)
        *slash = '\0';
    return folder;
}

int kb_place_refuse_media(struct kb_cli *cli, const struct kb_plan *plan, const char *folder, struct kb_err *err)
{
    const char *uuid = kb_media_fs_uuid(existing(cli->arena, folder), cli->arena);
    for (size_t k = 0; uuid && k < plan->media.n; k++)
        if (kb_same_uuid(plan->media.v[k].fs_uuid, uuid))
            return kb_fail(err, KB_EUSAGE,
                           "%s lies on the backup disk %s, to which nothing is ever written; name another folder",
                           "%s はバックアップ用ディスク %s "
                           "の中です。ディスクには何も書き込みません。別のフォルダを指定してください",
                           folder, plan->media.v[k].id);
    return 0;
}

static int refuse_media(struct kb_cli *cli, const struct kb_plan *plan, struct kb_err *err)
{
    const char *const folders[] = {cli->ledger, cli->keys, cli->place.scratch};
    int code = 0;
    for (size_t i = 0; !code && i < sizeof folders / sizeof *folders; i++)
        code = kb_place_refuse_media(cli, plan, folders[i], err);
    return code;
}

const char *kb_place_key(struct kb_cli *cli)
{
    return kb_sprintf(cli->arena, "%s/agent.pem", cli->keys);
}

/* The evidence must be signed with the key that the plan names. */
static int check_key(const struct kb_cli *cli, const struct kb_plan *plan, const char *key, struct kb_err *err)
{
    struct kb_keypair *pair = NULL;
    if (access(key, F_OK) && errno == ENOENT) /* anything else is told when it is opened */
        return kb_fail(err, KB_ECONFIG, "there is no key at %s; make one with `koboshi keygen%s%s`",
                       "%s に鍵がありません。`koboshi keygen%s%s` で作成してください", key,
                       cli->option[KB_OPTION_KEYS] ? " --keys " : "",
                       cli->option[KB_OPTION_KEYS] ? kb_printable(cli->arena, cli->keys) : "");
    if (kb_keypair_load(key, &pair, err))
        return err->code;
    const char *mine = kb_pubkey_fingerprint(cli->arena, kb_keypair_public(pair));
    kb_keypair_free(pair);
    if (!plan->evidence || !plan->evidence->key || !strcmp(plan->evidence->key, mine))
        return 0;
    return kb_fail(err, KB_ECONFIG,
                   "the plan wants evidence signed with %s, this machine's key is %s; use the right --keys, or correct "
                   "evidence.key",
                   "計画が求める署名鍵は %s ですが、この機器の鍵は %s です。--keys を正しく指定するか、evidence.key "
                   "を訂正してください",
                   plan->evidence->key, mine);
}

int kb_place_ledger(struct kb_cli *cli, const struct kb_plan *plan, struct kb_ledger **ret_ledger, struct kb_err *err)
{
    const char *key = kb_place_key(cli);
    int code = refuse_media(cli, plan, err);
    if (!code)
        code = check_key(cli, plan, key, err); /* before a ledger is made for the wrong key */
    if (code)
        return code;
    if (!kb_ledger_exists(cli->ledger)) {
        code = kb_mkdir_p(cli->ledger, 0750, err);
        if (!code)
            code = kb_ledger_create(cli->ledger, key, err);
    }
    if (!code)
        code = kb_ledger_open(cli->ledger, key, ret_ledger, err);
    return code ? kb_wrap(err, "opening the ledger %s", "台帳 %s を開いています", cli->ledger) : 0;
}
