/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi: one table of verbs. */
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"

static const struct kb_cmd *const commands[] = {
    &kb_cmd_init,  &kb_cmd_check, &kb_cmd_approve,  &kb_cmd_verify, &kb_cmd_seal,   &kb_cmd_drill,  &kb_cmd_report,
    &kb_cmd_media, &kb_cmd_swap,  &kb_cmd_evidence, &kb_cmd_status, &kb_cmd_keygen, &kb_cmd_schema,
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

static enum kb_lang lang_of_environment(void)
{
    enum kb_lang lang = KB_EN;
    const char *names[] = {getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG")};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i] && *names[i]) {
            (void)kb_lang_parse(names[i], &lang);
            break;
        }
    return lang;
}

/* `koboshi --lang ja` and `koboshi --help --lang=ja` have no verb to parse options for. */
static enum kb_lang lang_of_arguments(int argc, char **argv)
{
    enum kb_lang lang = lang_of_environment();
    for (int i = 1; i < argc; i++) {
        if (!strncmp(argv[i], "--lang=", 7))
            (void)kb_lang_parse(argv[i] + 7, &lang);
        else if (!strcmp(argv[i], "--lang") && i + 1 < argc)
            (void)kb_lang_parse(argv[i + 1], &lang);
    }
    return lang;
}

static void print_help(enum kb_lang lang, FILE *out)
{
    kb_print(out, lang,
             "koboshi %s: proves that backups can be restored, in time, and leaves signed evidence.\n\nUsage: koboshi "
             "VERB …\n\nFirst steps: init → check → drill → report\n\n",
             "koboshi %s: バックアップから時間内に復元できることを確かめ、署名付きの証跡を残します。\n\n使い方: "
             "koboshi 動詞 …\n\nはじめての場合: init → check → drill → report の順に実行します。\n\n",
             kb_version());
    for (size_t i = 0; i < N_COMMANDS; i++)
        (void)fprintf(out, "  %-10s %s\n", commands[i]->name, kb_pick(commands[i]->summary, lang));
    kb_print(out, lang,
             "\n`koboshi VERB --help` tells the rest. Exit status: 0 all good · 1 something failed · 2 usage · 3 plan "
             "invalid ·\n"
             "10 io · 11 permission · 12 ledger · 13 sandbox · 14 worker · 15 configuration · 75 nothing could run now "
             "· 130 cancelled\n",
             "\n詳しくは `koboshi 動詞 --help`。終了コード: 0 すべて良好 ・ 1 未達または異常あり ・ 2 使い方の誤り ・ "
             "3 計画の誤り ・\n"
             "10 入出力 ・ 11 権限 ・ 12 台帳 ・ 13 隔離 ・ 14 検査プロセス ・ 15 設定 ・ 75 "
             "今は実行できない（媒体がない等） ・ 130 中止\n");
}

static const struct kb_cmd *find_command(const char *name)
{
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (!strcmp(commands[i]->name, name))
            return commands[i];
    return NULL;
}

/* Output went into a pipe whose reader has left (`| head`). */
static bool has_reader_left(void)
{
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return ferror(stdout) && poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

static int tell_fault(const struct kb_cli *cli, const char *verb, const struct kb_err *err)
{
    kb_show_err(stderr, err, cli->lang);
    if (cli->json)
        kb_show_json(verb, -err->code,
                     json_pack("{s:o, s:o*}", "fault", kb_shape_write(&kb_fault_shape, kb_fault_of(cli->arena, err)),
                               "mistakes", err->code == KB_EPLAN ? kb_cli_mistakes(cli->diags) : NULL));
    return -err->code;
}

static int run(const struct kb_cmd *cmd, struct kb_cli *cli, int argc, char **argv)
{
    struct kb_err err = {0};
    int status = kb_options_parse(cmd, cli, argc, argv, &err);
    if (!status && cli->option[KB_OPTION_HELP]) {
        kb_options_help(cmd, cli->lang, stdout);
        return 0;
    }
    if (!status)
        status = kb_place_find(cli, &err);
    if (!status)
        status = cmd->run(cli, &err);
    if (status >= 0)
        return status;
    if (status == KB_EIO && has_reader_left()) /* that is all there is to this fault */
        return 0;
    return tell_fault(cli, cmd->name, &err);
}

/* No verb, or none that is known. */
static int no_verb(struct kb_cli *cli, int argc, char **argv)
{
    bool asked = argc >= 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"));
    const struct kb_cmd *topic = asked && argc >= 3 ? find_command(argv[2]) : NULL;
    if (topic) {
        kb_options_help(topic, cli->lang, stdout);
        return 0;
    }
    if (asked) {
        print_help(cli->lang, stdout);
        return 0;
    }
    for (int i = 1; i < argc; i++)
        cli->json |= !strcmp(argv[i], "--json");
    const char *given = argc >= 2 && argv[1][0] != '-' ? kb_escape(cli->arena, argv[1], strlen(argv[1])) : NULL;
    struct kb_err err = {0};
    if (given)
        (void)kb_fail(&err, KB_EUSAGE, "there is no verb `%s`; `koboshi --help` lists them",
                      "`%s` という動詞はありません。一覧は `koboshi --help` で表示します", given);
    else
        (void)kb_fail(&err, KB_EUSAGE, "a verb is missing; `koboshi --help` lists them",
                      "動詞を指定してください。一覧は `koboshi --help` で表示します");
    if (!cli->json && !given) {
        print_help(cli->lang, stderr);
        return -KB_EUSAGE;
    }
    return tell_fault(cli, given, &err);
}

/* A closed descriptor 0, 1 or 2 would be given to the next file that is opened, and messages would be written into it.
 */
static void keep_standard_streams(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
}

/* What the caller has open is none of a worker's business: under the right number it would write its list there. They
 * stay open here, since an argument may name one (`--key-file /dev/fd/63`).
 */
static void keep_from_children(void)
{
    (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
}

/* What was printed is told to have arrived, or why not. */
static int end_output(int status, enum kb_lang lang)
{
    if (!fflush(stdout) && !ferror(stdout))
        return status;
    if (has_reader_left()) {
        if (!status) { /* as tools end that know no better; what else there was to say stays said */
            (void)signal(SIGPIPE, SIG_DFL);
            (void)raise(SIGPIPE);
        }
        return status;
    }
    if (status != -KB_EIO) /* such a fault was told already */
        kb_print(stderr, lang, "koboshi: standard output could not be written\n",
                 "koboshi: 標準出力に書き込めませんでした\n");
    return status ? status : -KB_EIO;
}

int main(int argc, char **argv)
{
    keep_standard_streams();
    keep_from_children();
    (void)setlocale(LC_ALL, "C.UTF-8");
    (void)signal(SIGPIPE, SIG_IGN); /* a drill goes on to its record, also when nobody reads along any more */
    struct kb_cli cli = {.arena = kb_arena_new(), .lang = lang_of_arguments(argc, argv)};
    const struct kb_cmd *cmd = argc >= 2 ? find_command(argv[1]) : NULL;
    int status = 0;
    if (argc >= 2 && !strcmp(argv[1], "--version"))
        (void)printf("koboshi %s (%s)\n", kb_version(), kb_build_id());
    else
        status = cmd ? run(cmd, &cli, argc - 1, argv + 1) : no_verb(&cli, argc, argv);
    kb_arena_free(cli.arena);
    return end_output(status, cli.lang);
}
