/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the self-test: one line per attempt, one column per level. */
#include "selftest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/job.h"
#include "koboshi/sandbox.h"
#include "koboshi/text.h"

enum { COLUMN = 17 };

struct shown {
    enum kb_lang lang;
    json_t *trials; /* NULL: as text */
    const char *id; /* of the line that is being written */
    struct kb_text what;
    int columns;
    size_t tried, bad, known;
    int64_t abi;
    uint32_t uid;
};

static const char *const levels[] = {"read", "restore", "probe", "media", "cleanup"};
static const char *const expectations[] = {
    [KB_MUST_NOT] = "impossible", [KB_MUST_WORK] = "possible", [KB_MAY_WORK] = "known"};

static struct kb_text outcome_of(const struct kb_selftest_row *row)
{
    if (!row->good)
        return row->possible ? (struct kb_text){"× できてしまう", "✗ POSSIBLE"}
                             : (struct kb_text){"× できない", "✗ FAILS"};
    if (row->expected == KB_MAY_WORK)
        return row->possible ? (struct kb_text){"（既知）", "(known)"} : (struct kb_text){"不可", "no"};
    return row->possible ? (struct kb_text){"可", "yes"} : (struct kb_text){"不可", "no"};
}

static void pad(const char *text, int to)
{
    int width = (int)kb_width(text);
    printf("%s%*s", text, width < to ? to - width : 1, "");
}

static void end_line(struct shown *shown)
{
    if (shown->columns)
        printf("%s\n", kb_pick(shown->what, shown->lang));
    shown->columns = 0;
}

static void show_row(struct shown *shown, const struct kb_selftest_row *row)
{
    if (!shown->id) {
        static const char *const head[] = {"read",  "read+programs", "restore", "restore+programs",
                                           "probe", "media",         "cleanup"};
        for (size_t i = 0; i < sizeof head / sizeof *head; i++)
            pad(head[i], COLUMN);
        printf("\n");
    }
    if (shown->id != row->id)
        end_line(shown);
    shown->id = row->id;
    shown->what = row->what;
    shown->columns++;
    pad(kb_pick(outcome_of(row), shown->lang), COLUMN);
    (void)fflush(stdout);
}

static void told(void *owner, const struct kb_selftest_row *row)
{
    struct shown *shown = owner;
    shown->tried++;
    shown->bad += !row->good;
    shown->known += row->good && row->expected == KB_MAY_WORK && row->possible;
    if (row->level <= KB_CONFINE_PROBE) { /* the others keep their account, or know no Landlock */
        shown->abi = row->landlock_abi;
        shown->uid = row->uid;
    }
    if (!shown->trials) {
        show_row(shown, row);
        return;
    }
    json_t *one = json_pack("{s:s, s:s, s:b, s:s, s:s, s:b}", "attempt", row->id, "level", levels[row->level],
                            "programs", row->programs, "expected", expectations[row->expected], "outcome",
                            row->possible ? "possible" : "impossible", "good", row->good);
    if (!one || json_array_append_new(shown->trials, one))
        abort();
}

static void show_end(struct shown *shown, int status, const struct kb_err *err)
{
    if (shown->trials) {
        json_t *all = json_pack("{s:i, s:s, s:s, s:i, s:I, s:I, s:I, s:I, s:I, s:o}", "koboshi", 1, "verb", "selftest",
                                "build", kb_build_id(), "exit", status, "landlock_abi", (json_int_t)shown->abi, "uid",
                                (json_int_t)shown->uid, "tried", (json_int_t)shown->tried, "bad",
                                (json_int_t)shown->bad, "known", (json_int_t)shown->known, "trials", shown->trials);
        if (!all || json_dumpf(all, stdout, JSON_INDENT(2)))
            abort();
        json_decref(all);
        printf("\n");
    } else {
        end_line(shown);
        kb_print(stdout, shown->lang,
                 "%zu tried, %zu not as they must be, %zu known to be possible (Landlock ABI %lld, uid %u)\n",
                 "%zu件を試行、問題 %zu件、既知の範囲 %zu件（Landlock ABI %lld、uid %u）\n", shown->tried, shown->bad,
                 shown->known, (long long)shown->abi, shown->uid);
    }
    for (size_t i = 0; i < err->n_frames; i++)
        (void)fprintf(stderr, "%s\n", shown->lang == KB_JA ? err->frame[i].ja : err->frame[i].en);
}

static int usage(void)
{
    (void)fputs("koboshi-worker selftest [--json] [--lang ja|en] [--landlock-abi N] [--user NAME]\n", stderr);
    return -KB_EUSAGE;
}

static bool number_of(const char *text, int64_t *ret_number)
{
    char *end;
    long value = strtol(text, &end, 10);
    *ret_number = value;
    return *text >= '0' && *text <= '9' && !*end && value >= 1 && value < 1000;
}

int kb_worker_selftest(int n, char *const *arguments)
{
    struct shown shown = {.lang = KB_EN};
    struct kb_selftest params = {.user = "koboshi-worker", .told = told, .owner = &shown};
    const char *lang = getenv("LANG");
    bool json = false;
    if (lang && !strncmp(lang, "ja", 2))
        shown.lang = KB_JA;
    for (int i = 0; i < n; i++) {
        const char *value = i + 1 < n ? arguments[i + 1] : "";
        bool known = true;
        if (!strcmp(arguments[i], "--json"))
            json = true;
        else if (!strcmp(arguments[i], "--lang"))
            known = kb_lang_parse(value, &shown.lang);
        else if (!strcmp(arguments[i], "--landlock-abi"))
            known = number_of(value, &params.landlock_abi);
        else if (!strcmp(arguments[i], "--user") && *value)
            params.user = value;
        else
            known = false;
        if (!known)
            return usage();
        i += strcmp(arguments[i], "--json") != 0;
    }
    if (json && !(shown.trials = json_array()))
        abort();
    struct kb_err err = {0};
    int code = kb_selftest(&params, &err);
    int status = code ? -code : shown.bad || !shown.tried ? 1 : 0;
    show_end(&shown, status, &err);
    return ferror(stdout) || fflush(stdout) ? -KB_EIO : status;
}
