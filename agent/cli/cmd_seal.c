/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi seal: a SHA-256 list of what is there now, signed, for later comparison. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ends.h"
#include "koboshi/file.h"
#include "koboshi/key.h"
#include "koboshi/limits.h"

/* `ssh-keygen -Y verify -n koboshi-manifest` checks the signature */
static const char namespace_[] = "koboshi-manifest";

static void on_progress(void *owner, const struct kb_progress *progress)
{
    kb_progress_show(owner, "", progress);
}

/* In the folder it lists, a list would be a file that no list can hold, and its older edition a line that is wrong. */
static int check_place(const char *path, const char *out, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *shown = kb_escape(arena, out, strlen(out));
    char *folder = realpath(dirname(kb_strdup(arena, out)), NULL);
    if (!folder)
        return kb_fail(err, kb_code_of_errno(errno), "the folder of %s: %s", "%s のフォルダ: %s", shown,
                       strerror(errno));
    const char *list = kb_sprintf(arena, "%s/%s", folder, basename(kb_strdup(arena, out)));
    free(folder);
    size_t n = strlen(path);
    bool inside = !strncmp(list, path, n) && (!list[n] || list[n] == '/' || path[n - 1] == '/');
    return inside ? kb_fail(err, KB_EUSAGE, "%s lies within what is to be listed; name a file outside of it",
                            "%s は一覧にする対象の中です。対象の外のファイルを指定してください", shown)
                  : 0;
}

/* The list is what the pass writes about each entry it read; a damaged backup is not sealed. */
static int make_list(struct kb_cli *cli, const char *path, int list_fd, struct kb_path_result *item, struct kb_err *err)
{
    struct kb_run_path run = {.path = path, .list_fd = list_fd};
    if (kb_cli_format(cli, path, &run.format, err))
        return err->code;
    struct kb_progress_view view;
    kb_progress_begin(&view, cli);
    int code = kb_run_verify_path(&run, &cli->place, on_progress, &view, cli->arena, item, err);
    kb_progress_clear(&view);
    if (!code && item->fault) {
        kb_fault_to_err(item->fault, err);
        code = err->code;
    }
    return code;
}

static int read_list(struct kb_cli *cli, int fd, char **ret_text, size_t *ret_n, struct kb_err *err)
{
    off_t n = lseek(fd, 0, SEEK_END);
    if (n <= 0 || lseek(fd, 0, SEEK_SET) != 0)
        return kb_fail(err, KB_EIO, "the list is empty or cannot be read back", "一覧が空か、読み戻せません");
    *ret_text = kb_alloc(cli->arena, (size_t)n + 1, 1);
    *ret_n = (size_t)n;
    return kb_read_full(fd, *ret_text, (size_t)n) == n
               ? 0
               : kb_fail(err, KB_EIO, "the list cannot be read back", "一覧を読み戻せません");
}

static int publish(struct kb_cli *cli, const char *out, const char *text, size_t n, struct kb_err *err)
{
    struct kb_keypair *pair = NULL;
    int code = kb_keypair_load(kb_place_key(cli), &pair, err);
    if (code)
        return kb_wrap(err, "the list is signed with the agent's key; make it with `koboshi keygen`",
                       "一覧には鍵で署名します。鍵は `koboshi keygen` で作成できます");
    const char *signature = NULL;
    code = kb_sshsig_sign(pair, namespace_, text, n, cli->arena, &signature, err);
    kb_keypair_free(pair);
    char *folder = kb_strdup(cli->arena, out), *name = kb_strdup(cli->arena, out);
    KB_SCOPED_FD dir = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!code && dir < 0)
        code = kb_fail(err, kb_code_of_errno(errno), "folder %s cannot be opened: %s", "フォルダ %s を開けません: %s",
                       folder, strerror(errno));
    const char *file = basename(name);
    struct kb_ends ends;
    kb_ends_hold(&ends); /* no list without its signature */
    if (!code)
        code = kb_file_publish(dir, file, text, n, 0644, err);
    if (!code)
        code = kb_file_publish(dir, kb_sprintf(cli->arena, "%s.sig", file), signature, strlen(signature), 0644, err);
    kb_ends_release(&ends);
    return code;
}

static int seal(struct kb_cli *cli, struct kb_err *err)
{
    const char *out = cli->option[KB_OPTION_OUTPUT];
    if (!out)
        return kb_fail(err, KB_EUSAGE, "name the list to write with -o FILE",
                       "書き込む一覧を -o ファイル で指定してください");
    char *path = realpath(cli->args[0], NULL);
    if (!path)
        return kb_fail(err, kb_code_of_errno(errno), "%s: %s", "%s: %s",
                       kb_escape(cli->arena, cli->args[0], strlen(cli->args[0])), strerror(errno));
    KB_SCOPED_FD list = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    struct kb_path_result item = {0};
    int code = list < 0 ? kb_fail(err, KB_EIO, "/var/tmp cannot be written: %s", "/var/tmp に書き込めません: %s",
                                  strerror(errno))
                        : check_place(path, out, err);
    if (!code)
        code = make_list(cli, path, list, &item, err);
    free(path);
    if (code)
        return code;
    if (item.status == KB_UNIT_FAILED && cli->json) {
        kb_show_json("seal", 1, json_pack("{s:o}", "findings", kb_findings_json(item.findings.v, item.findings.n)));
        return 1;
    }
    if (item.status == KB_UNIT_FAILED) {
        kb_print(stderr, cli->lang, "not sealed, for this reason:\n", "次の理由により、封印しませんでした。\n");
        for (size_t i = 0; i < item.findings.n; i++)
            kb_show_finding(cli, &item.findings.v[i]);
        return 1;
    }
    char *text = NULL;
    size_t n = 0;
    code = read_list(cli, list, &text, &n, err);
    if (!code)
        code = publish(cli, out, text, n, err);
    if (code)
        return code;
    if (cli->json)
        kb_show_json("seal", 0,
                     json_pack("{s:s, s:s, s:I}", "manifest", out, "signature", kb_sprintf(cli->arena, "%s.sig", out),
                               "files", (json_int_t)item.result.files));
    else
        kb_print(stdout, cli->lang, "%s: %s files, %s; signature %s.sig\n", "%s: %s ファイル、%s。署名 %s.sig\n",
                 kb_printable(cli->arena, out), kb_show_count(cli->arena, item.result.files),
                 kb_show_bytes(cli->arena, item.result.bytes_unpacked), kb_printable(cli->arena, out));
    return 0;
}

const struct kb_cmd kb_cmd_seal = {
    .name = "seal",
    .arguments = "PATH -o FILE",
    .summary = {"SHA-256一覧（sha256sum形式）と署名を作る",
                "write a SHA-256 list (sha256sum format) and its signature"},
    .detail = {"PATH  ファイルかフォルダ\n例: koboshi seal /srv/share -o share.sha256\n",
               "PATH  file or folder\nExample: koboshi seal /srv/share -o share.sha256\n"},
    .options = KB_OPTS_ALWAYS | KB_OPT(OUTPUT) | KB_OPT(FORMAT) | KB_OPT(SANDBOX),
    .min_args = 1,
    .max_args = 1,
    .run = seal,
};
