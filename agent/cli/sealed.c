/* SPDX-License-Identifier: Apache-2.0 */
/* Records in their ledger. */
#include "sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "koboshi/ledger.h"
#include "koboshi/limits.h"

int kb_seal_of(struct kb_cli *cli, struct kb_report_seal *ret_seal, struct kb_err *err)
{
    const struct kb_ledger_check_params params = {.dir = cli->ledger, .key = cli->option[KB_OPTION_KEY], .whole = true};
    const struct kb_ledger_check *check = NULL;
    int code = kb_ledger_verify(&params, cli->arena, &check, err);
    if (code)
        return code;
    *ret_seal = (struct kb_report_seal){
        .ledger = check->ledger,
        .size = check->signed_lines,
        .head = check->head,
        .key = check->key,
        .signer = check->signer,
        .state = check->bad ? KB_SEAL_BROKEN : KB_SEAL_VERIFIED,
    };
    return 0;
}

static int last_finished(struct kb_cli *cli, int64_t *ret_number, struct kb_err *err)
{
    struct kb_lines lines = {0};
    int code = kb_ledger_lines(cli->ledger, cli->arena, &lines, err);
    if (code)
        return code;
    for (size_t i = lines.n; i-- > 0;)
        if (!strcmp(lines.v[i].kind, kb_line_kind_names[KB_LINE_DRILL_FINISHED])) {
            *ret_number = lines.v[i].drill;
            return 0;
        }
    return kb_fail(err, KB_EUSAGE, "the ledger %s holds no finished drill yet; run `koboshi drill PLAN`",
                   "台帳 %s に完了した訓練がまだありません。`koboshi drill 計画` を実行してください", cli->ledger);
}

int kb_record_of(struct kb_cli *cli, int64_t number, const struct kb_record **ret_record, struct kb_err *err)
{
    int code = number == KB_ABSENT ? last_finished(cli, &number, err) : 0;
    if (!code && access(kb_sprintf(cli->arena, "%s/drills/%06lld", cli->ledger, (long long)number), F_OK))
        code = kb_fail(
            err, KB_EUSAGE, "the ledger %s holds no record %lld; `koboshi evidence list` shows what there is",
            "台帳 %s に記録 %lld はありません。`koboshi evidence list` で確認できます", cli->ledger, (long long)number);
    char *text = NULL;
    size_t n = 0;
    if (!code)
        code = kb_file_read(AT_FDCWD,
                            kb_sprintf(cli->arena, "%s/drills/%06lld/record.json", cli->ledger, (long long)number),
                            KB_JSON_BYTES_MAX, cli->arena, &text, &n, err);
    if (!code && (code = kb_record_read(text, n, cli->arena, ret_record, err)))
        code = err->code = KB_ELEDGER; /* it was read, and it is no record */
    return code;
}

int kb_render_report(struct kb_cli *cli, int64_t number, const char *file, struct kb_err *err)
{
    char verb[] = "report", format[] = "--format=html", self[] = "/proc/self/exe";
    char *argv[] = {kb_strdup(cli->arena, "koboshi"),
                    verb,
                    kb_sprintf(cli->arena, "%lld", (long long)number),
                    format,
                    kb_sprintf(cli->arena, "--ledger=%s", cli->ledger),
                    kb_sprintf(cli->arena, "--lang=%s", kb_lang_names[cli->lang]),
                    kb_sprintf(cli->arena, "--output=%s", file),
                    NULL};
    extern char **environ;
    pid_t pid;
    int status = 0, failed = posix_spawn(&pid, self, NULL, NULL, argv, environ);
    while (!failed && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (failed || !WIFEXITED(status) || WEXITSTATUS(status))
        return kb_fail(err, KB_EIO,
                       "the report could not be made; make it again with `koboshi report %lld --format html`",
                       "報告書を作成できませんでした。`koboshi report %lld --format html` で作り直してください",
                       (long long)number);
    return 0;
}

int kb_cli_lines(struct kb_cli *cli, struct kb_lines *ret_lines, struct kb_err *err)
{
    *ret_lines = (struct kb_lines){0};
    if (!kb_ledger_exists(cli->ledger) && !cli->option[KB_OPTION_LEDGER])
        return 0; /* nothing was done here yet */
    const struct kb_ledger_check_params params = {.dir = cli->ledger, .whole = true};
    const struct kb_ledger_check *check = NULL;
    int code = kb_ledger_verify(&params, cli->arena, &check, err);
    if (!code)
        code = kb_ledger_lines(cli->ledger, cli->arena, ret_lines, err);
    if (!code && check->bad > 0) /* nothing is said to be well on the word of a ledger that is not what was signed */
        code = kb_fail(err, KB_ELEDGER, "the ledger %s is not what was signed; see `koboshi evidence verify`",
                       "台帳 %s が署名と一致しません。`koboshi evidence verify` で確認してください", cli->ledger);
    return code;
}
