/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi report: one record for people or programs. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "sealed.h"

static int as_html(struct kb_cli *cli, const struct kb_report *report, FILE *out, struct kb_err *err)
{
    char *bytes = NULL;
    size_t n = 0;
    int code = kb_report_html(report, cli->arena, &bytes, &n, err);
    if (!code && fwrite(bytes, 1, n, out) != n)
        code = kb_fail(err, KB_EIO, "the report could not be written: %s", "報告書を書き込めませんでした: %s",
                       strerror(errno));
    return code;
}

static int render(struct kb_cli *cli, const struct kb_report *report, FILE *out, struct kb_err *err)
{
    const char *format = cli->option[KB_OPTION_FORMAT];
    if (format && !strcmp(format, "json"))
        return kb_report_json(report, out, err);
    if (format && !strcmp(format, "html"))
        return as_html(cli, report, out, err);
    if (!format || !strcmp(format, "text"))
        return kb_report_text(report, out, err);
    return kb_fail(err, KB_EUSAGE, "--format takes text, json or html, not `%s`",
                   "--format は text・json・html です（`%s` は指定できません）", format);
}

/* Into memory first, then published at once: a report that is there is whole. */
static int render_to_file(struct kb_cli *cli, const struct kb_report *report, const char *path, struct kb_err *err)
{
    char *bytes = NULL, *folder = kb_strdup(cli->arena, path), *name = kb_strdup(cli->arena, path);
    size_t n = 0;
    FILE *memory = open_memstream(&bytes, &n);
    if (!memory)
        return kb_fail(err, KB_EIO, "no memory for the report", "報告書のためのメモリがありません");
    int code = render(cli, report, memory, err);
    if (fclose(memory) && !code)
        code = kb_fail(err, KB_EIO, "no memory for the report", "報告書のためのメモリがありません");
    KB_SCOPED_FD dir = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (!code && dir < 0)
        code = kb_fail(err, kb_code_of_errno(errno), "folder %s cannot be opened: %s", "フォルダ %s を開けません: %s",
                       folder, strerror(errno));
    if (!code)
        code = kb_file_publish(dir, basename(name), bytes, n, 0640, err);
    free(bytes);
    return code;
}

static int report(struct kb_cli *cli, struct kb_err *err)
{
    int64_t number = KB_ABSENT;
    if (cli->n_args) {
        char *end = NULL;
        number = strtoll(cli->args[0], &end, 10);
        if (number < 1 || *end)
            return kb_fail(err, KB_EUSAGE, "a record is named by its number, such as 42, not `%s`",
                           "記録は番号（例: 42）で指定します（`%s` は読めません）",
                           kb_escape(cli->arena, cli->args[0], strlen(cli->args[0])));
    }
    const struct kb_record *record = NULL;
    struct kb_report_seal seal;
    int code = kb_record_of(cli, number, &record, err);
    if (!code)
        code = kb_seal_of(cli, &seal, err);
    if (code)
        return code;
    if (!cli->lang_given)
        cli->lang = (enum kb_lang)record->language;
    const char *output = cli->option[KB_OPTION_OUTPUT];
    if (cli->json) { /* what every verb prints; with --format html -o FILE beside it */
        int status = seal.state == KB_SEAL_BROKEN;
        if (output)
            code = render_to_file(cli, &(struct kb_report){.record = record, .seal = &seal, .lang = (int)cli->lang},
                                  output, err);
        if (!code)
            kb_show_json("report", status,
                         json_pack("{s:o, s:b, s:s*}", "record", kb_shape_write(&kb_record_shape, record),
                                   "agrees_with_signatures", !status, "report_file", output));
        return code ? code : status;
    }
    const struct kb_report view = {.record = record,
                                   .seal = &seal,
                                   .lang = (int)cli->lang,
                                   .color = cli->color && !output,
                                   .columns = output ? 0 : cli->columns};
    code = output ? render_to_file(cli, &view, output, err) : render(cli, &view, stdout, err);
    if (code || seal.state != KB_SEAL_BROKEN)
        return code;
    kb_print(stderr, cli->lang,
             "koboshi: this record does not agree with its signatures; see `koboshi evidence verify`\n",
             "koboshi: この記録は署名と一致しません。`koboshi evidence verify` で確認してください\n");
    return 1;
}

const struct kb_cmd kb_cmd_report = {
    .name = "report",
    .arguments = "[NUMBER]",
    .summary = {"記録から報告書を作る（既定: 最後の訓練、テキスト）",
                "make a report from a record (default: the last drill, as text)"},
    .detail = {"NUMBER  訓練の番号。`koboshi evidence list` で確認できます（既定: 最後の訓練）\n例: koboshi report "
               "--format html -o report.html\n",
               "NUMBER  of the drill, as `koboshi evidence list` shows it (default: the last)\nExample: koboshi report "
               "--format html -o report.html\n"},
    .options = KB_OPTS_ALWAYS | KB_OPT(FORMAT) | KB_OPT(OUTPUT) | KB_OPT(KEY),
    .max_args = 1,
    .run = report,
};
