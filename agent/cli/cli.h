/* SPDX-License-Identifier: Apache-2.0 */
/* The command line as tables: verbs, options, and what each run of a verb is given. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "koboshi/err.h"
#include "koboshi/run.h"
#include "koboshi/text.h"

struct kb_arena;

/* id, name, argument name (NULL: none), gloss en, gloss ja. An option may stand at several verbs; its meaning is one.
 */
#define KB_OPTIONS(X)                                                                                                  \
    X(HELP, "help", NULL, "show this help", "このヘルプを表示")                                                        \
    X(JSON, "json", NULL, "one JSON object on standard output", "結果を1つのJSONで標準出力に出す")                     \
    X(LANG, "lang", "ja|en", "language (default: the plan's, then LANG)", "言語（既定: 計画の言語、次に LANG）")       \
    X(NO_COLOR, "no-color", NULL, "no color", "色を付けない")                                                          \
    X(LEDGER, "ledger", "DIR", "folder of the ledger", "台帳のフォルダ")                                               \
    X(KEYS, "keys", "DIR", "folder of the agent's key", "鍵のフォルダ")                                                \
    X(SCRATCH, "scratch", "DIR", "folder to restore into (a new one is made below it)",                                \
      "復元先の親フォルダ（下に新しく作る）")                                                                          \
    X(SCAN, "scan", "PATH", "a mounted disk, share or folder with backups to draft the plan from (may be repeated)",   \
      "計画の下書きの元にする、バックアップの入ったディスク・共有・フォルダ（複数回指定可）")                          \
    X(FROM, "from", "NAME", "start from a sample plan; without a known name they are listed",                          \
      "見本の計画から始める（知らない名前なら一覧を表示）")                                                            \
    X(ASK, "ask", NULL, "ask a dozen questions about the company, and write the answers into the plan",                \
      "会社についていくつか質問し、答えを計画に書く")                                                                  \
    X(ROLE, "role", "ID", "role of the person who approves, as the plan has it",                                       \
      "承認する人の役割（計画の役割の識別名）")                                                                        \
    X(BY, "by", "NAME", "name or post of the person who approves", "承認する人の氏名・職名")                           \
    X(PLAN, "plan", "PLAN", "verify the backup sets of a plan, and write it to the ledger",                            \
      "計画のバックアップセットを検証し、台帳に残す")                                                                  \
    X(FORMAT, "format", "WORD",                                                                                        \
      "report: text, json, html · verify, seal: archive, tree, file (default: by what it is)",                         \
      "report: text, json, html ・ verify, seal: archive, tree, file（既定: 内容から判断）")                           \
    X(MANIFEST, "manifest", "FILE", "list of hashes to compare with (sha256sum, hashdeep, mtree …)",                   \
      "照合するハッシュ一覧（sha256sum、hashdeep、mtree など）")                                                       \
    X(OUTPUT, "output", "FILE", "write there instead of standard output (evidence export: the folder to make)",        \
      "標準出力の代わりに書き込む先（evidence export: 作るフォルダ）")                                                 \
    X(KEY, "key", "FINGERPRINT", "fingerprint the signer must have", "署名者の鍵の指紋")                               \
    X(SINCE, "since", "CHECKPOINT", "an older checkpoint kept elsewhere", "別に保管した以前のチェックポイント")        \
    X(SYSTEM, "system", "ID", "only this system (may be repeated)", "このシステムだけ（複数回指定可）")                \
    X(THREAT, "threat", "ID|none", "assume this threat: only copies that survive it are used",                         \
      "想定する脅威。これで失われない控えだけを使う")                                                                  \
    X(DISRUPTED_AT, "disrupted-at", "TIME", "when the disaster is assumed, RFC 3339 (default: now)",                   \
      "想定する発生時刻（RFC 3339、既定: 現在）")                                                                      \
    X(HOST, "host", "ID", "the machine that fails, with a threat to machines: only systems on it",                     \
      "故障する機器（機器の故障を想定するとき）。その上のシステムだけを対象にする")                                    \
    X(GENERATION, "generation", "newest|oldest|random|NAME", "which generation, or part of its name",                  \
      "使う世代、または名前の一部")                                                                                    \
    X(SEED, "seed", "NUMBER", "seed of a random choice, to repeat an earlier one (the record has it)",                 \
      "無作為に選ぶときの乱数の種（以前の記録の選択を再現する）")                                                      \
    X(ATTEND, "attend", NULL, "lead people through their steps and measure them", "人の手順も順に案内し、時間を計る")  \
    X(RESUME, "resume", NULL, "with --attend: go on with the drill that was stopped",                                  \
      "--attend と併用: 中断した訓練を再開")                                                                           \
    X(DISCARD, "discard", NULL, "with --attend: give up the drill that was stopped, begin a new one",                  \
      "--attend と併用: 中断した訓練を打ち切り、新しく始める")                                                         \
    X(KEEP, "keep", NULL, "leave the restored data in place", "復元したデータを残す")                                  \
    X(DEVICE, "device", "DEV", "learn: the disk at this device", "learn: このデバイスのディスク")                      \
    X(LABEL, "label", "LABEL", "learn: the disk with this file-system label", "learn: このラベルのディスク")           \
    X(ID, "id", "ID", "learn: what the plan will call it", "learn: 計画での識別名")                                    \
    X(FOR_DRILL, "for-drill", NULL, "watch: what comes is attached for a drill, not for backups",                      \
      "watch: 接続はバックアップ用ではなく訓練用")                                                                     \
    X(TO, "to", "MEDIUM", "the disk that takes its place (default: whose turn it is)",                                 \
      "代わりに使うディスク（既定: 順番のもの）")                                                                      \
    X(VERIFY, "verify", NULL, "read the newest generations to their end first",                                        \
      "先に最新の世代を最後まで読んで検証する")                                                                        \
    X(YES, "yes", NULL, "write it to the ledger without asking, also when something speaks against it",                \
      "確認せずに台帳へ記録する（指摘があっても記録する）")                                                            \
    X(KEY_FILE, "key-file", "[ID=]FILE",                                                                               \
      "file with the key to an encrypted backup, for the key ID of the plan (may be repeated)",                        \
      "暗号化されたバックアップの鍵ファイル。計画の鍵 ID 用（複数回指定可）")                                          \
    X(ORDER, "order", "auto|physical|names",                                                                           \
      "in which order the files of a folder are read (default: auto = as they lie on a disk that turns, else by "      \
      "name)",                                                                                                         \
      "フォルダのファイルを読む順序（既定: auto = 回転するディスクでは記録位置順、ほかは名前順）")                     \
    X(MAX_DURATION, "max-duration", "TIME",                                                                            \
      "with --plan: begin nothing more after this time (2h, 90m); folders go on another day, oldest first",            \
      "--plan と併用: この時間（2h・90m など）を過ぎたら新しく始めない。フォルダは次回、古い順に続ける")               \
    X(SANDBOX, "sandbox", "required|best-effort", "what to do when a worker cannot be confined (default: required)",   \
      "検査プロセスを隔離できないときの動作（既定: required = 中止）")

enum kb_option_id {
#define KB_OPTION_ENUM(id, ...) KB_OPTION_##id,
    KB_OPTIONS(KB_OPTION_ENUM)
#undef KB_OPTION_ENUM
        KB_OPTION_COUNT,
};
#define KB_OPT(id) (UINT64_C(1) << KB_OPTION_##id)
#define KB_OPTS_ALWAYS                                                                                                 \
    (KB_OPT(HELP) | KB_OPT(JSON) | KB_OPT(LANG) | KB_OPT(NO_COLOR) | KB_OPT(LEDGER) | KB_OPT(KEYS) | KB_OPT(SCRATCH))

/* One call of a verb. */
struct kb_cli {
    struct kb_arena *arena;
    enum kb_lang lang;
    bool lang_given, json, color, terminal; /* color: of stdout; terminal: stderr is one */
    size_t columns;                         /* of the terminal on stdout; 0: it is none */
    const char *option[KB_OPTION_COUNT];    /* last value given; "" for options without argument; NULL if not given */
    KB_LIST_OF(const char *) systems, key_files;
    KB_LIST_OF(const char *) scans;
    const char *const *args; /* what is not an option, after the verb */
    size_t n_args;
    const char *state, *ledger, *keys; /* folders, absolute */
    struct kb_run_place place;
    const struct kb_diags *diags; /* of the plan that was loaded; NULL: none */
};

struct kb_cmd {
    const char *name, *arguments;
    struct kb_text summary;
    struct kb_text detail; /* what the arguments are and how it is called, whole lines; empty: nothing to add */
    uint64_t options;
    size_t min_args, max_args;
    /* Returns the exit status; a negative code is a fault, told by the caller. */
    int (*run)(struct kb_cli *cli, struct kb_err *err);
};

extern const struct kb_cmd kb_cmd_approve, kb_cmd_check, kb_cmd_verify, kb_cmd_seal, kb_cmd_drill, kb_cmd_report,
    kb_cmd_evidence, kb_cmd_status, kb_cmd_keygen, kb_cmd_schema, kb_cmd_media, kb_cmd_swap;
extern const struct kb_cmd kb_cmd_init;

/* options.c. kb_options_parse: fills cli from argv (argv[0] is the verb). KB_EUSAGE names what is wrong. */
int kb_options_parse(const struct kb_cmd *cmd, struct kb_cli *cli, int argc, char **argv, struct kb_err *err);
void kb_options_help(const struct kb_cmd *cmd, enum kb_lang lang, FILE *out);

/* place.c. kb_place_find: folders and worker, from options and environment. Makes nothing. */
int kb_place_find(struct kb_cli *cli, struct kb_err *err);
/* kb_place_ledger: opens the ledger for appending; makes it (beside an existing key) if there is none yet. KB_EUSAGE if
 * ledger, keys or scratch lie on a medium of the plan that is no kind: folder, KB_ECONFIG if the plan wants another
 * key. */
int kb_place_ledger(struct kb_cli *cli, const struct kb_plan *plan, struct kb_ledger **ret_ledger, struct kb_err *err);
const char *kb_place_key(struct kb_cli *cli);
/* kb_place_refuse_media: KB_EUSAGE if the folder, or the nearest one above it that is there, lies on a disk of the
 * plan.
 */
int kb_place_refuse_media(struct kb_cli *cli, const struct kb_plan *plan, const char *folder, struct kb_err *err);

/* key_file.c. kb_cli_key_write: the pair into the folder of keys, with agent.pub beside it; never replaces one. If it
 * cannot be done nothing of it stays. */
struct kb_keypair;
int kb_cli_key_write(struct kb_cli *cli, const struct kb_keypair *pair, struct kb_err *err);

/* plan_file.c. kb_cli_plan: loads args[0]-like path, prints its diagnostics, takes language and zone from it. */
/* kb_cli_mistakes(diags): each as {line, column, ja, en}; NULL gives an empty list. Caller owns. */
json_t *kb_cli_mistakes(const struct kb_diags *diags);
int kb_cli_plan(struct kb_cli *cli, const char *path, const struct kb_plan **ret_plan, struct kb_err *err);

/* approval.c: as {state, material_sha256, approved}, caller owns; one line for people. */
json_t *kb_approval_json(struct kb_cli *cli, const struct kb_plan *plan);
void kb_show_approval(struct kb_cli *cli, const struct kb_plan *plan);

/* path_format.c. kb_cli_format_given: what --format says, -1 if nothing. KB_EUSAGE for another word. */
int kb_cli_format_given(const struct kb_cli *cli, int *ret_format, struct kb_err *err);
/* kb_cli_format: what --format says, else a tree for a folder and an archive for a file. */
int kb_cli_format(const struct kb_cli *cli, const char *path, enum kb_format *ret_format, struct kb_err *err);

/* piece.c. kb_cli_pieces(cli, path, ret_pieces): the file (absolute path) is one of several pieces by its name (.00,
 * .001, .aa) and those beside it, the first among them: then all of them, in their order, in the arena of cli. */
struct kb_cli_pieces {
    size_t n; /* 0: none; one more than KB_SEGMENTS_MAX: too many, which the pass tells */
    const char *const *paths;
};
bool kb_cli_pieces(const struct kb_cli *cli, const char *path, struct kb_cli_pieces *ret_pieces);
/* kb_cli_piece: it looks like one, but was judged alone; then what to say of it. */
bool kb_cli_piece(const struct kb_cli *cli, const char *path, struct kb_text *ret_told);

/* cmd_drill.c. kb_drill_has(drill, system): it is one of its systems; NULL has all. */
bool kb_drill_has(const struct kb_drill *drill, const char *system);

/* assumptions.c. kb_cli_assumptions: --threat, --host and --seed, which params->drill may be the context of. KB_EUSAGE
 * says what was probably meant. */
int kb_cli_assumptions(const struct kb_cli *cli, const struct kb_plan *plan, struct kb_run_params *params,
                       struct kb_err *err);

/* order.c. kb_cli_order: --order; KB_EUSAGE for another word. */
int kb_cli_order(const struct kb_cli *cli, enum kb_order *ret_order, struct kb_err *err);

/* show.c */
void kb_show_err(FILE *out, const struct kb_err *err, enum kb_lang lang);
/* kb_show_json: prints {"koboshi": 1, "verb": …, "exit": …} with the members of body (taken over); verb NULL: none. */
void kb_show_json(const char *verb, int exit_status, json_t *body);
json_t *kb_findings_json(const struct kb_finding *findings, size_t n);
void kb_show_finding(const struct kb_cli *cli, const struct kb_finding *finding);
const char *kb_show_mark(const struct kb_cli *cli, int status); /* OK, NG, … in color, enum kb_unit_status */
/* kb_show_wrapped(out, columns, used, rest, text): text and a line feed, in lines of so many columns (0: in one); used:
 * columns of the first line that stand there already; the others begin with rest. */
void kb_show_wrapped(FILE *out, size_t columns, size_t used, const char *rest, const char *text);
/* kb_show_parts(out, columns, used, rest, parts, n): side by side, none of them broken that fits into one line. */
void kb_show_parts(FILE *out, size_t columns, size_t used, const char *rest, const char *const *parts, size_t n);

/* table.c: rows of cells under heads, as wide as a terminal shows them; where they take more than KB_TABLE_COLUMNS,
 * each row as a list of head and cell. */
enum { KB_TABLE_COLUMNS = 80, KB_TABLE_MAX = 8 };
struct kb_table {
    struct kb_arena *arena;
    size_t n_columns;
    const char *heads[KB_TABLE_MAX];
    size_t n_cells;
    const char **cells; /* row by row */
};
struct kb_table kb_table_begin(struct kb_arena *arena, const char *const *heads, size_t n);
void kb_table_cell(struct kb_table *table, const char *text);
void kb_table_print(const struct kb_table *table, FILE *out);

/* sealed.c: kb_cli_lines: the signed lines of the ledger, which must be what was signed; none if there is no ledger and
 * none was named. */
int kb_cli_lines(struct kb_cli *cli, struct kb_lines *ret_lines, struct kb_err *err);

/* media_learn.c, media_list.c: the parts of `koboshi media`; status as kb_cmd.run. */
int kb_media_learn(struct kb_cli *cli, const struct kb_plan *plan, struct kb_err *err);
int kb_media_list(struct kb_cli *cli, const struct kb_plan *plan, struct kb_err *err);
/* kb_show_turn: one line: whose turn it is in a rotation, and when. */
void kb_show_turn(struct kb_cli *cli, const struct kb_plan *plan, const struct kb_turn *turn);
json_t *kb_turn_json(struct kb_cli *cli, const struct kb_turn *turn);
/* kb_show_day: "2026-11-27" in the process' zone; "–" for KB_ABSENT. */
const char *kb_show_day(struct kb_arena *arena, int64_t utc_s);
const char *kb_medium_name(struct kb_arena *arena, const struct kb_medium *medium);

/* progress.c: a bar on a terminal, one line every ten seconds elsewhere; on stderr. */
struct kb_progress_view {
    const struct kb_cli *cli;
    int64_t last_line_ns;
    bool shown; /* a bar is on the screen */
    /* Work of several units goes on at once, each in its phase: rates are counted from the start of each. */
    struct kb_pace {
        const char *title, *phase;
        int64_t since_ns, bytes;
    } paces[8];
    size_t n_paces;
};
void kb_progress_begin(struct kb_progress_view *view, const struct kb_cli *cli);
/* kb_progress_show: title is compared by its address, and must last. */
void kb_progress_show(struct kb_progress_view *view, const char *title, const struct kb_progress *progress);
struct kb_stall;
/* kb_progress_stalled: in place of the bar, since when this one stands still. */
void kb_progress_stalled(struct kb_progress_view *view, const char *title, const struct kb_stall *stall);
/* kb_progress_clear: takes the bar away before other text is printed. */
void kb_progress_clear(struct kb_progress_view *view);
/* kb_terminal_width(fd): columns of the terminal that fd is, but the last, which makes some wrap. */
size_t kb_terminal_width(int fd);
