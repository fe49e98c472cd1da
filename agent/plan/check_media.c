/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of media: what each kind needs, and that no two are one. */
#include "checks.h"

#include <string.h>

#include "koboshi/arena.h"

#define GOOD(c, field) kb_mark_good((c)->l, (field))
#define KIND(kind)     (1U << (kind))
#define DISKS          (KIND(KB_MEDIUM_HDD) | KIND(KB_MEDIUM_RDX))
#define FOLDERS        (KIND(KB_MEDIUM_NAS) | KIND(KB_MEDIUM_FOLDER) | KIND(KB_MEDIUM_SNAPSHOT) | KIND(KB_MEDIUM_CLOUD_EXPORT))

static const char *kinds_of(struct kb_checker *c, unsigned kinds)
{
    const char *text = "";
    for (int i = 0; kb_medium_kind_names[i]; i++)
        if (kinds & KIND(i))
            text = kb_sprintf(c->l->work, "%s%s%s", text, *text ? ", " : "", kb_medium_kind_names[i]);
    return text;
}

/* What a kind of medium needs, and what only other kinds have. */
static void check_keys(struct kb_checker *c, const struct kb_medium *m)
{
    const struct {
        const char *name;
        const char *const *field;
        unsigned may, needs;
    } rows[] = {
        {"fs_uuid", &m->fs_uuid, DISKS, DISKS},
        {"luks_uuid", &m->luks_uuid, DISKS, 0},
        {"serial", &m->serial, DISKS, 0},
        {"mount", &m->mount, FOLDERS, FOLDERS},
        {"source", &m->source, KIND(KB_MEDIUM_NAS), KIND(KB_MEDIUM_NAS)}, /* else any folder would do for a NAS */
        {"fs", &m->fs, KIND(KB_MEDIUM_NAS), 0},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        bool written = kb_mark_of(c->l, rows[r].field) != NULL;
        if ((rows[r].needs & KIND(m->kind)) && !written)
            KB_WRONG(c, rows[r].field, m, "`%s` is missing here: a medium of kind %s needs it",
                     "`%s` がありません（種類が %s の媒体に必要です）", rows[r].name, kb_medium_kind_names[m->kind]);
        else if (!(rows[r].may & KIND(m->kind)) && written)
            KB_WRONG(c, rows[r].field, m, "`%s` is for media of kind %s, this one is %s; delete it or correct `kind`",
                     "`%s` は種類が %s の媒体に使うキーです（この媒体は %s）。削除するか kind を直してください",
                     rows[r].name, kinds_of(c, rows[r].may), kb_medium_kind_names[m->kind]);
    }
}

static void check_same_disk(struct kb_checker *c)
{
    for (size_t i = 1; i < c->plan->media.n; i++) {
        const struct kb_medium *m = &c->plan->media.v[i];
        bool good = GOOD(c, &m->fs_uuid);
        for (size_t k = 0; good && k < i; k++) {
            const struct kb_medium *other = &c->plan->media.v[k];
            if (!kb_same_uuid(m->fs_uuid, other->fs_uuid))
                continue;
            KB_WRONG(c, &m->fs_uuid, m, "`%s` and `%s` have the same fs_uuid; one of them is wrong",
                     "`%s` と `%s` の fs_uuid が同じです。どちらかが誤りです", other->id, m->id);
            break;
        }
    }
}

void kb_check_media(struct kb_checker *c)
{
    for (size_t i = 0; i < c->plan->media.n; i++)
        if (GOOD(c, &c->plan->media.v[i].kind))
            check_keys(c, &c->plan->media.v[i]);
    check_same_disk(c);
}
