/* SPDX-License-Identifier: Apache-2.0 */
/* Options: one table for parsing and for help. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"

static const struct {
    const char *name, *argument;
    struct kb_text gloss;
} options[KB_OPTION_COUNT] = {
#define KB_OPTION_ROW(id, name_, argument_, en, ja) [KB_OPTION_##id] = {name_, argument_, {ja, en}},
    KB_OPTIONS(KB_OPTION_ROW)
#undef KB_OPTION_ROW
};

enum { HELP_COLUMN = 32 };
enum { FIRST_VALUE = 256 }; /* above every short option character */

static void make_table(const struct kb_cmd *cmd, struct option table[KB_OPTION_COUNT + 1])
{
    size_t n = 0;
    for (int id = 0; id < KB_OPTION_COUNT; id++)
        if (cmd->options & (UINT64_C(1) << id))
            table[n++] = (struct option){.name = options[id].name,
                                         .has_arg = options[id].argument ? required_argument : no_argument,
                                         .val = FIRST_VALUE + id};
    table[n] = (struct option){0};
}

static int refuse(const struct kb_cmd *cmd, int argc, char **argv, struct kb_err *err)
{
    const char *given = optind > 0 && optind <= argc ? argv[optind - 1] : "";
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *shown = kb_escape(arena, given, strnlen(given, 200));
    for (int id = 0; optopt >= FIRST_VALUE && id < KB_OPTION_COUNT; id++)
        if (optopt == FIRST_VALUE + id)
            return kb_fail(err, KB_EUSAGE, "`%s` needs %s; see `koboshi %s --help`",
                           "`%s` には %s が必要です。`koboshi %s --help` を参照してください", shown,
                           options[id].argument ? options[id].argument : "no value", cmd->name);
    return kb_fail(err, KB_EUSAGE, "`koboshi %s` has no option `%s`; see `koboshi %s --help`",
                   "`koboshi %s` に `%s` というオプションはありません。`koboshi %s --help` を参照してください",
                   cmd->name, shown, cmd->name);
}

static int take(struct kb_cli *cli, enum kb_option_id id, const char *value, struct kb_err *err)
{
    cli->option[id] = value ? value : "";
    if (id == KB_OPTION_LANG) {
        if (!kb_lang_parse(value, &cli->lang))
            return kb_fail(err, KB_EUSAGE, "--lang takes ja or en, not `%s`",
                           "--lang は ja か en です（`%s` は指定できません）", value);
        cli->lang_given = true;
    }
    if (id == KB_OPTION_SCAN) {
        cli->scans.v = kb_grow(cli->arena, cli->scans.v, cli->scans.n, sizeof *cli->scans.v);
        cli->scans.v[cli->scans.n++] = value;
    }
    if (id == KB_OPTION_SYSTEM) {
        cli->systems.v = kb_grow(cli->arena, cli->systems.v, cli->systems.n, sizeof *cli->systems.v);
        cli->systems.v[cli->systems.n++] = value;
    }
    if (id == KB_OPTION_KEY_FILE) {
        cli->key_files.v = kb_grow(cli->arena, cli->key_files.v, cli->key_files.n, sizeof *cli->key_files.v);
        cli->key_files.v[cli->key_files.n++] = value;
    }
    return 0;
}

static int check_count(const struct kb_cmd *cmd, const struct kb_cli *cli, struct kb_err *err)
{
    if (cli->option[KB_OPTION_HELP] || (cli->n_args >= cmd->min_args && cli->n_args <= cmd->max_args))
        return 0;
    return kb_fail(err, KB_EUSAGE, "usage: koboshi %s%s%s; see `koboshi %s --help`",
                   "使い方: koboshi %s%s%s（詳しくは `koboshi %s --help`）", cmd->name, *cmd->arguments ? " " : "",
                   cmd->arguments, cmd->name);
}

int kb_options_parse(const struct kb_cmd *cmd, struct kb_cli *cli, int argc, char **argv, struct kb_err *err)
{
    struct option table[KB_OPTION_COUNT + 1];
    make_table(cmd, table);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        cli->json |= !strcmp(argv[i], "--json"); /* also what is wrong with the options is told in JSON */
    opterr = 0;
    optind = 0; /* GNU: start anew, and allow options after arguments */
    for (int value; (value = getopt_long(argc, argv, ":ho:", table, NULL)) != -1;) {
        bool output = value == 'o' && cmd->options & KB_OPT(OUTPUT);
        if (value == 'h' || output)
            value = FIRST_VALUE + (output ? KB_OPTION_OUTPUT : KB_OPTION_HELP);
        if (value < FIRST_VALUE)
            return refuse(cmd, argc, argv, err);
        int code = take(cli, (enum kb_option_id)(value - FIRST_VALUE), optarg, err);
        if (code)
            return code;
    }
    cli->args = (const char *const *)argv + optind;
    cli->n_args = (size_t)(argc - optind);
    cli->json |= cli->option[KB_OPTION_JSON] != NULL;
    const char *term = getenv("TERM");
    bool dumb = !term || !*term || !strcmp(term, "dumb"); /* one that knows no cursor and no color */
    cli->terminal = isatty(STDERR_FILENO) == 1 && !dumb;
    cli->color = isatty(STDOUT_FILENO) == 1 && !dumb && !cli->option[KB_OPTION_NO_COLOR] && !cli->json;
    cli->columns = isatty(STDOUT_FILENO) == 1 && !cli->json ? kb_terminal_width(STDOUT_FILENO) : 0;
    return check_count(cmd, cli, err);
}

static void print_options(uint64_t set, enum kb_lang lang, FILE *out)
{
    for (int id = 0; id < KB_OPTION_COUNT; id++) {
        if (!(set & (UINT64_C(1) << id)))
            continue;
        const char *letter = id == KB_OPTION_HELP ? "-h, " : id == KB_OPTION_OUTPUT ? "-o, " : "";
        char name[64];
        (void)snprintf(name, sizeof name, "%s--%s%s%s", letter, options[id].name, options[id].argument ? " " : "",
                       options[id].argument ? options[id].argument : "");
        if (strlen(name) > HELP_COLUMN)
            (void)fprintf(out, "  %s\n  %-*s %s\n", name, HELP_COLUMN, "", kb_pick(options[id].gloss, lang));
        else
            (void)fprintf(out, "  %-*s %s\n", HELP_COLUMN, name, kb_pick(options[id].gloss, lang));
    }
}

void kb_options_help(const struct kb_cmd *cmd, enum kb_lang lang, FILE *out)
{
    kb_print(out, lang, "Usage: koboshi %s%s%s [OPTION…]\n%s\n", "使い方: koboshi %s%s%s [オプション…]\n%s\n",
             cmd->name, *cmd->arguments ? " " : "", cmd->arguments, kb_pick(cmd->summary, lang));
    if (*kb_pick(cmd->detail, lang))
        (void)fprintf(out, "\n%s", kb_pick(cmd->detail, lang));
    uint64_t own = cmd->options & ~KB_OPTS_ALWAYS;
    if (own) {
        (void)fputc('\n', out);
        print_options(own, lang, out);
    }
    kb_print(out, lang, "\nEvery verb:\n", "\nどの動詞にもあるもの:\n");
    print_options(cmd->options & KB_OPTS_ALWAYS, lang, out);
    kb_print(out, lang,
             "\nLedger, keys and scratch lie below /var/lib/koboshi for root, else below ~/.local/state/koboshi.\n",
             "\n台帳・鍵・復元先の既定は、root なら /var/lib/koboshi の下、ほかは ~/.local/state/koboshi の下です。\n");
}
