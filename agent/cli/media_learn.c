/* SPDX-License-Identifier: Apache-2.0 */
/* A new disk gets its name in the plan file. */
#include <string.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ledger.h"
#include "koboshi/limits.h"
#include "plan_write.h"

static bool is_id(const char *id)
{
    return *id && strlen(id) <= KB_ID_MAX && strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(id) &&
           *id != '_' && *id != '-';
}

static bool is_meant(const struct kb_cli *cli, const struct kb_disk *disk)
{
    const char *device = cli->option[KB_OPTION_DEVICE], *label = cli->option[KB_OPTION_LABEL];
    if (!device && !label)
        return disk->external; /* unasked, only what was carried here */
    bool its_device = !device || !strcmp(device, disk->device) || (disk->disk && !strcmp(device, disk->disk));
    return its_device && (!label || (disk->label && !strcmp(kb_escape(cli->arena, label, strlen(label)), disk->label)));
}

static const char *list_of(struct kb_cli *cli, const struct kb_look *look)
{
    const char *all = "";
    for (size_t i = 0; i < look->disks.n; i++)
        all = kb_sprintf(cli->arena, "%s%s%s (%s)", all, i ? ", " : "", look->disks.v[i].device,
                         look->disks.v[i].label ? look->disks.v[i].label : "-");
    return *all ? all : kb_pick((struct kb_text){"なし", "none"}, cli->lang);
}

/* NULL: err says why there is none. */
static const struct kb_disk *choose(struct kb_cli *cli, const struct kb_look *look, struct kb_err *err)
{
    const struct kb_disk *found = NULL;
    size_t n = 0;
    for (size_t i = 0; i < look->disks.n; i++)
        if (is_meant(cli, &look->disks.v[i])) {
            found = &look->disks.v[i];
            n++;
        }
    if (!n)
        (void)kb_fail(err, KB_EAGAIN, "no such disk is attached that the plan does not know; attached: %s",
                      "計画にないディスクで、該当するものが接続されていません。接続中: %s", list_of(cli, look));
    else if (n > 1)
        (void)kb_fail(err, KB_EUSAGE, "%zu disks are meant; name one with --device: %s",
                      "該当するディスクが %zu 台あります。--device で1台を指定してください: %s", n, list_of(cli, look));
    else if (!found->fs_uuid)
        (void)kb_fail(err, KB_EAGAIN,
                      "%s holds a locked container; unlock it first, the disk is known by the file system inside",
                      "%s は暗号化され、ロックされています。中のファイルシステムで識別するため、先に解除してください",
                      found->device);
    else
        return found;
    return NULL;
}

static size_t line_end(const char *text, size_t at)
{
    return at + strcspn(text + at, "\n");
}

static void print_lines(FILE *out, const char *mark, const char *text, size_t from, size_t to)
{
    while (from < to) {
        size_t end = line_end(text, from);
        (void)fprintf(out, "%s%.*s\n", mark, (int)(end - from), text + from);
        from = end + 1;
    }
}

/* The lines that differ, between one before and one after. */
static void print_diff(FILE *out, const char *old, const char *new)
{
    size_t same = 0, n_old = strlen(old), n_new = strlen(new), tail = 0;
    for (size_t at = 0; old[at] && old[at] == new[at]; at++)
        if (old[at] == '\n')
            same = at + 1;
    while (tail < n_old - same && tail < n_new - same && old[n_old - tail - 1] == new[n_new - tail - 1])
        tail++;
    while (tail && !(old[n_old - tail - 1] == '\n' || n_old - tail == same))
        tail--; /* back to where a line begins in both */
    while (tail && n_new - tail > same && new[n_new - tail - 1] != '\n')
        tail--;
    size_t before = same;
    while (before && (before == same || old[before - 1] != '\n'))
        before--;
    print_lines(out, "  ", old, before, same);
    print_lines(out, "- ", old, same, n_old - tail);
    print_lines(out, "+ ", new, same, n_new - tail);
    if (tail)
        print_lines(out, "  ", old, n_old - tail, line_end(old, n_old - tail));
}

int kb_media_learn(struct kb_cli *cli, const struct kb_plan *plan, struct kb_err *err)
{
    const char *id = cli->option[KB_OPTION_ID];
    if (!id || !is_id(id))
        return kb_fail(err, KB_EUSAGE, "--id names the disk: small letters, digits, - and _, such as hdd-c",
                       "--id でディスクの識別名を指定してください（英小文字・数字・-・_。例: hdd-c）");
    const struct kb_look *look = NULL;
    const struct kb_disk *disk = NULL;
    struct kb_plan_target target = {.folder = NULL};
    int code = kb_plan_target(cli, plan->file, &target, err);
    if (!code)
        code = kb_place_refuse_media(cli, plan, target.folder, err);
    if (!code)
        code = kb_run_look(plan, &cli->place, true, cli->arena, &look, err);
    if (!code && look->fault) {
        kb_fault_to_err(look->fault, err);
        code = err->code;
    }
    if (!code && !(disk = choose(cli, look, err)))
        code = err->code;
    if (!disk)
        return code;
    const struct kb_new_medium medium = {
        .id = id, .label = disk->label, .fs_uuid = disk->fs_uuid, .luks_uuid = disk->luks_uuid, .serial = disk->serial};
    const char *text = NULL;
    code = kb_plan_with_medium(plan, &medium, cli->arena, &text, err);
    if (!code)
        code = kb_plan_write(cli, plan, &target, text, strlen(text), err);
    if (code)
        return code;
    if (cli->json) {
        kb_show_json("media", 0,
                     json_pack("{s:s, s:s, s:o}", "learned", id, "plan", kb_printable(cli->arena, plan->file), "disk",
                               kb_shape_write(&kb_disk_shape, disk)));
        return 0;
    }
    const char *old = kb_strndup(cli->arena, plan->source, plan->source_n);
    print_diff(stdout, old, text);
    kb_print(stdout, cli->lang, "%s: %s (%s) is `%s` now. Add `home`, and copies that lie on it.\n",
             "%s: %s（%s）を `%s` として追加しました。保管場所（home）と、ここに置く控えを書き加えてください。\n",
             kb_printable(cli->arena, plan->file), disk->device, disk->label ? disk->label : "–", id);
    return 0;
}
