/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps a ledger busy and says on standard output what was acknowledged: ledger_load LEDGER KEY TOKEN ROUNDS
 *
 * Each round appends a line that names TOKEN-N and then prints it; every third one is a drill from begin to finish with
 * a list, printed as "drill N started", "drill N finished". The exit status is 0 if all was done, else the code of what
 * failed. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/ledger.h"
#include "koboshi/record.h"

static void say(const char *text)
{
    size_t n = strlen(text);
    if (write(1, text, n) != (ssize_t)n)
        _exit(98);
}

static int append(struct kb_ledger *ledger, const char *token, int64_t n, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_line line;
    kb_line_init(&line, KB_LINE_NOT_RUN);
    line.reason = kb_text_new(arena, "%s-%" PRId64, "%s-%" PRId64, token, n);
    int code = kb_ledger_append(ledger, &line, err);
    if (!code)
        say(kb_sprintf(arena, "%s-%" PRId64 "\n", token, n));
    return code;
}

static int list_of(struct kb_ledger *ledger, char ret_name[KB_SHA256_HEX_SIZE], struct kb_err *err)
{
    FILE *list = tmpfile();
    if (!list)
        return kb_fail(err, KB_EIO, "no temporary file", "一時ファイルがありません");
    for (int i = 0; i < 200; i++)
        (void)fprintf(list, "総務/見積-%d.xlsx %d\n", i, i * 7919);
    rewind(list);
    int code = kb_ledger_object(ledger, fileno(list), ret_name, err);
    (void)fclose(list);
    return code;
}

static int drill(struct kb_ledger *ledger, struct kb_err *err)
{
    static const struct kb_drill_files files = {"koboshi: 1\n", 11, "{\"at\":0}\n", 9};
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_drill_run *run = NULL;
    struct kb_line line;
    char list[KB_SHA256_HEX_SIZE];
    kb_line_init(&line, KB_LINE_DRILL_STARTED);
    line.plan = "load";
    int code = kb_drill_begin(ledger, &line, &run, err);
    if (code)
        return code;
    int64_t number = kb_drill_number(run);
    say(kb_sprintf(arena, "drill %" PRId64 " started\n", number));
    struct kb_record *record = kb_alloc(arena, 1, sizeof *record);
    kb_shape_init(&kb_record_shape, record);
    record->format = KB_RECORD_FORMAT;
    record->id = number;
    record->plan.id = "load";
    record->units.v = kb_alloc(arena, 1, sizeof *record->units.v);
    record->units.n = 1;
    kb_shape_init(&kb_set_result_shape, &record->units.v[0].result);
    record->units.v[0].system = record->units.v[0].set = "share";
    code = list_of(ledger, list, err);
    record->units.v[0].list = list;
    if (!code)
        code = kb_drill_finish(run, record, &files, err);
    kb_drill_free(run);
    if (!code)
        say(kb_sprintf(arena, "drill %" PRId64 " finished\n", number));
    return code;
}

int main(int argc, char **argv)
{
    struct kb_err err = {0};
    struct kb_ledger *ledger = NULL;
    if (argc != 5)
        return 2;
    int code = kb_ledger_open(argv[1], argv[2], &ledger, &err);
    size_t n = 0;
    if (!code)
        code = kb_ledger_interrupted(ledger, NULL, &n, &err);
    for (int64_t round = 1; !code && round <= atoi(argv[4]); round++)
        code = round % 3 == 0 ? drill(ledger, &err) : append(ledger, argv[3], round, &err);
    kb_ledger_free(ledger);
    if (code)
        (void)fprintf(stderr, "%s\n", err.frame[0].en);
    return code ? -code : 0;
}
