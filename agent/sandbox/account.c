/* SPDX-License-Identifier: Apache-2.0 */
/* From root to an account that owns nothing, and down to the capabilities that the purpose needs. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include <sys/capability.h>
#include <sys/prctl.h>

#include "koboshi/arena.h"

#include "confine.h"

bool kb_account_ids(const char *name, uint32_t *ret_uid, uint32_t *ret_gid)
{
    char room[16384];
    struct passwd entry, *found = NULL;
    if (getpwnam_r(name, &entry, room, sizeof room, &found) || !found)
        return false;
    *ret_uid = found->pw_uid;
    *ret_gid = found->pw_gid;
    return true;
}

static int cannot(struct kb_confining *c, const char *en, const char *ja)
{
    int cause = errno;
    return kb_confine_lacks(c, kb_text_new(c->arena, "%s%.0s: %s", "%.0s%s: %s", en, ja, strerror(cause)));
}

static int switch_ids(struct kb_confining *c)
{
    const char *user = c->params->user;
    uint32_t uid, gid;
    if (!kb_account_ids(user, &uid, &gid))
        return kb_confine_lacks(
            c,
            kb_text_new(c->arena, "the account %s does not exist; run `adduser --system --group --no-create-home %s`",
                        "アカウント %s がありません。`adduser --system --group --no-create-home %s` を実行してください",
                        user, user));
    if (uid == 0)
        return kb_confine_lacks(
            c, kb_text_new(c->arena, "the account %s is root itself", "アカウント %s は root です", user));
    if (setgroups(0, NULL) || setresgid(gid, gid, gid) || setresuid(uid, uid, uid))
        return cannot(c, "the account could not be changed", "実行アカウントを変更できませんでした");
    c->reached->user = user;
    return 0;
}

/* Takes away all capabilities but CAP_DAC_READ_SEARCH, and that too unless it is wanted and held. */
static int keep_only(bool read_any_owner, bool for_programs)
{
    static const cap_value_t wanted[] = {CAP_DAC_READ_SEARCH};
    cap_t now = cap_get_proc(), next = cap_init();
    cap_flag_value_t held = CAP_CLEAR;
    int result = now && next && !cap_get_flag(now, CAP_DAC_READ_SEARCH, CAP_PERMITTED, &held) ? 0 : -1;
    if (!result && read_any_owner && held == CAP_SET)
        result = cap_set_flag(next, CAP_PERMITTED, 1, wanted, CAP_SET) ||
                         cap_set_flag(next, CAP_EFFECTIVE, 1, wanted, CAP_SET)
                     ? -1
                     : 0;
    bool handed_on = !result && read_any_owner && for_programs && held == CAP_SET;
    if (handed_on)
        result = cap_set_flag(next, CAP_INHERITABLE, 1, wanted, CAP_SET) ? -1 : 0;
    if (!result)
        result = cap_set_proc(next);
    if (!result && handed_on)
        result = cap_set_ambient(wanted[0], CAP_SET) ? -1 : 0;
    int cause = errno;
    (void)cap_free(now);
    (void)cap_free(next);
    errno = cause;
    return result;
}

static void name_capabilities(struct kb_confining *c)
{
    cap_t now = cap_get_proc();
    char *text = now ? cap_to_text(now, NULL) : NULL;
    if (text)
        c->reached->capabilities = !strcmp(text, "=") ? "none" : kb_strdup(c->arena, text);
    (void)cap_free(text);
    (void)cap_free(now);
}

int kb_account_switch(struct kb_confining *c)
{
    bool keep = c->params->read_any_owner;
    /* Without CAP_SETPCAP the bounding set stays; no_new_privs makes it meaningless. */
    for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
        if (cap != CAP_DAC_READ_SEARCH || !keep || !c->params->programs) /* what is handed on must be in it */
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    (void)cap_reset_ambient();
    int code = 0;
    if (geteuid() == 0 && c->params->user) {
        if (keep && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
            code = cannot(c, "capabilities could not be kept", "ケーパビリティを保持できませんでした");
        if (!code)
            code = switch_ids(c);
        (void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    }
    if (!code && keep_only(keep, c->params->programs))
        code = cannot(c, "capabilities could not be dropped", "ケーパビリティを手放せませんでした");
    c->reached->uid = geteuid();
    name_capabilities(c);
    return code;
}
