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

#define BIT(cap) (UINT64_C(1) << (cap))
#define REMOVING (BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER))

/* The capabilities that the purpose needs, as bits. */
static uint64_t wanted_by(const struct kb_confine *p)
{
    if (p->level == KB_CONFINE_MEDIA)
        return BIT(CAP_SYS_ADMIN) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) |
               (p->programs ? BIT(CAP_SYS_RAWIO) : 0) | (p->removes_later ? REMOVING : 0);
    if (p->level == KB_CONFINE_CLEANUP)
        return REMOVING;
    return p->read_any_owner ? BIT(CAP_DAC_READ_SEARCH) : 0;
}

static bool keeps_account(const struct kb_confine *p)
{
    return p->level == KB_CONFINE_MEDIA || p->level == KB_CONFINE_CLEANUP;
}

/* Of those wanted the ones that are held; the programs of an account other than root get none unless they are handed
 * on. */
static int keep_only(uint64_t wanted, bool hand_on)
{
    cap_t now = cap_get_proc(), next = cap_init();
    int result = now && next ? 0 : -1;
    uint64_t kept = 0;
    for (cap_value_t cap = 0; !result && cap <= CAP_LAST_CAP; cap++) {
        cap_flag_value_t held = CAP_CLEAR;
        if (!(wanted & BIT(cap)) || cap_get_flag(now, cap, CAP_PERMITTED, &held) || held != CAP_SET)
            continue;
        kept |= BIT(cap);
        result = cap_set_flag(next, CAP_PERMITTED, 1, &cap, CAP_SET) ||
                         cap_set_flag(next, CAP_EFFECTIVE, 1, &cap, CAP_SET) ||
                         (hand_on && cap_set_flag(next, CAP_INHERITABLE, 1, &cap, CAP_SET))
                     ? -1
                     : 0;
    }
    if (!result)
        result = cap_set_proc(next);
    for (cap_value_t cap = 0; !result && hand_on && cap <= CAP_LAST_CAP; cap++)
        if (kept & BIT(cap))
            result = cap_set_ambient(cap, CAP_SET) ? -1 : 0;
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
    const struct kb_confine *p = c->params;
    const uint64_t wanted = wanted_by(p);
    const bool hand_on = p->programs && !keeps_account(p); /* root's programs have what is in the bounding set */
    /* Without CAP_SETPCAP the bounding set stays; no_new_privs makes it meaningless. */
    for (int cap = 0; cap <= CAP_LAST_CAP; cap++)
        if (!(wanted & BIT(cap)) || !(hand_on || p->level == KB_CONFINE_MEDIA)) /* for programs it must be in it */
            (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    (void)cap_reset_ambient();
    int code = 0;
    if (geteuid() == 0 && p->user && !keeps_account(p)) {
        if (wanted && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
            code = cannot(c, "capabilities could not be kept", "ケーパビリティを保持できませんでした");
        if (!code)
            code = switch_ids(c);
        (void)prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    }
    if (geteuid() == 0 && keeps_account(p))
        (void)setgroups(0, NULL);
    if (!code && keep_only(wanted, hand_on))
        code = cannot(c, "capabilities could not be dropped", "ケーパビリティを手放せませんでした");
    c->reached->uid = geteuid();
    name_capabilities(c);
    return code;
}
