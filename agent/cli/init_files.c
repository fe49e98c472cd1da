/* SPDX-License-Identifier: Apache-2.0 */
/* Plan and key appear together or not at all; sample plans are found beside the program. */
#include "init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "koboshi/arena.h"
#include "koboshi/ends.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

int kb_init_is_free(const struct kb_init_files *files, struct kb_err *err)
{
    struct stat st;
    if (!lstat(files->plan, &st))
        return kb_fail(
            err, KB_EUSAGE, "%s is there already, and is never overwritten; name another folder, or move the file away",
            "%s がすでにあります。上書きはしません。別のフォルダを指定するか、ファイルを移動してください", files->plan);
    if (!lstat(files->dir, &st) && !S_ISDIR(st.st_mode) && (stat(files->dir, &st) || !S_ISDIR(st.st_mode)))
        return kb_fail(err, KB_EUSAGE, "%s is not a folder", "%s はフォルダではありません", files->dir);
    return 0;
}

/* How much of an absolute path is there already. */
static size_t existing(struct kb_arena *arena, const char *path)
{
    char *folder = kb_strdup(arena, path);
    for (char *slash; access(folder, F_OK) && (slash = strrchr(folder, '/')) && slash != folder;)
        *slash = '\0';
    return strlen(folder);
}

/* Folders below the first `kept` bytes of the path go, as far as they are empty. */
static void remove_made(struct kb_arena *arena, const char *path, size_t kept)
{
    char *folder = kb_strdup(arena, path);
    while (strlen(folder) > kept && !rmdir(folder))
        *strrchr(folder, '/') = '\0';
}

/* A name that appears whole, and never in place of another one. */
static int write_new(const struct kb_init_files *files, struct kb_err *err)
{
    KB_SCOPED_FD dir = open(files->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    static const char temp[] = ".plan.yaml.new";
    const char *name = strrchr(files->plan, '/') + 1;
    int fd = dir < 0 ? -1 : openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    int cause = fd < 0 ? errno : 0;
    if (fd >= 0 && (kb_write_all(fd, files->text, files->n) || fsync(fd)))
        cause = errno;
    if (fd >= 0 && close(fd) && !cause)
        cause = errno;
    if (!cause && (renameat2(dir, temp, dir, name, RENAME_NOREPLACE) || fsync(dir)))
        cause = errno;
    if (!cause)
        return 0;
    if (fd >= 0)
        (void)unlinkat(dir, temp, 0);
    return kb_fail(err, kb_code_of_errno(cause), "%s could not be written: %s", "%s を書き込めませんでした: %s",
                   files->plan, strerror(cause));
}

int kb_init_write(struct kb_cli *cli, const struct kb_init_files *files, struct kb_err *err)
{
    struct kb_ends ends;
    kb_ends_hold(&ends); /* Ctrl-C comes before or after, not in between */
    size_t kept = existing(cli->arena, files->dir), kept_keys = existing(cli->arena, cli->keys);
    bool written = false;
    int code = kb_mkdir_p(files->dir, 0755, err);
    if (!code)
        code = write_new(files, err);
    written = !code;
    if (!code && files->pair)
        code = kb_cli_key_write(cli, files->pair, err);
    if (code && written)
        (void)unlink(files->plan);
    if (code) {
        remove_made(cli->arena, cli->keys, kept_keys);
        remove_made(cli->arena, files->dir, kept);
    }
    kb_ends_release(&ends);
    return code;
}

/* Installed: ../share; in a build folder: the source tree. NULL: neither. */
static const char *sample_folder(struct kb_cli *cli)
{
    static const char *const places[] = {"../share/koboshi/plans", "../../../plans"};
    char self[KB_PATH_BYTES_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        return NULL;
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *folder = kb_sprintf(cli->arena, "%s/%s", self, places[i]);
        if (!access(folder, R_OK | X_OK))
            return folder;
    }
    return NULL;
}

static const char *sample_name(struct kb_cli *cli, const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    if (n <= 5 || strcmp(entry->d_name + n - 5, ".yaml") != 0 || *entry->d_name == '.')
        return NULL;
    return kb_strndup(cli->arena, entry->d_name, n - 5);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "first (A first recovery plan), …" */
static struct kb_text list_samples(struct kb_cli *cli, const char *folder)
{
    KB_LIST_OF(const char *) names = {0};
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *name = sample_name(cli, entry);
        if (!name)
            continue;
        names.v = kb_grow(cli->arena, names.v, names.n, sizeof *names.v);
        names.v[names.n++] = name;
    }
    if (dir)
        (void)closedir(dir);
    if (names.n)
        qsort(names.v, names.n, sizeof *names.v, by_name);
    struct kb_text list = {"", ""};
    for (size_t i = 0; i < names.n; i++) {
        const struct kb_plan *plan = NULL;
        const struct kb_diags *diags = NULL;
        struct kb_err err = {0};
        const char *file = kb_sprintf(cli->arena, "%s/%s.yaml", folder, names.v[i]);
        bool loads = !kb_plan_load(file, cli->arena, &plan, &diags, &err);
        struct kb_text title = loads ? plan->plan.title : (struct kb_text){.ja = "?", .en = "?"};
        list.en = kb_sprintf(cli->arena, "%s\n  %s  %s", list.en, names.v[i], kb_pick(title, KB_EN));
        list.ja = kb_sprintf(cli->arena, "%s\n  %s  %s", list.ja, names.v[i], kb_pick(title, KB_JA));
    }
    return list;
}

int kb_init_sample(struct kb_cli *cli, const char *name, const char **ret_text, size_t *ret_n, struct kb_err *err)
{
    const char *folder = sample_folder(cli);
    if (!folder)
        return kb_fail(err, KB_ECONFIG, "the sample plans are not installed with this program",
                       "見本の計画がこのプログラムと一緒にインストールされていません");
    const char *file = kb_sprintf(cli->arena, "%s/%s.yaml", folder, name);
    const struct kb_plan *plan = NULL;
    const struct kb_diags *diags = NULL;
    if (strchr(name, '/') || access(file, R_OK)) {
        struct kb_text list = list_samples(cli, folder);
        return kb_fail(err, KB_EUSAGE, "there is no sample plan `%s`; there are:%s%.0s",
                       "見本の計画 `%s` はありません。使えるもの:%.0s%s", kb_escape(cli->arena, name, strlen(name)),
                       list.en, list.ja);
    }
    int code = kb_plan_load(file, cli->arena, &plan, &diags, err);
    if (code)
        return code;
    *ret_text = plan->source;
    *ret_n = plan->source_n;
    return 0;
}
