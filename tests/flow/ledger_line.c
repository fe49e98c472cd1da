/* SPDX-License-Identifier: Apache-2.0 */
/* Writes one line about a medium into a ledger: ledger_line LEDGER KEY seen MEDIUM arrived|present|left [for-drill],
 * or ledger_line LEDGER KEY swapped MEDIUM MEDIUM. */
#include <stdio.h>
#include <string.h>

#include "koboshi/err.h"
#include "koboshi/ledger.h"

int main(int argc, char **argv)
{
    struct kb_err err = {0};
    struct kb_ledger *ledger = NULL;
    struct kb_line line;
    if (argc < 6)
        return 2;
    bool swapped = !strcmp(argv[3], "swapped");
    kb_line_init(&line, swapped ? KB_LINE_MEDIUM_SWAPPED : KB_LINE_MEDIUM_SEEN);
    line.medium = argv[4];
    line.medium_in = swapped ? argv[5] : NULL;
    line.presence = swapped ? NULL : argv[5];
    line.for_drill = argc > 6;
    int code = kb_ledger_exists(argv[1]) ? 0 : kb_ledger_create(argv[1], argv[2], &err);
    if (!code)
        code = kb_ledger_open(argv[1], argv[2], &ledger, &err);
    if (!code)
        code = kb_ledger_append(ledger, &line, &err);
    kb_ledger_free(ledger);
    if (code)
        (void)fprintf(stderr, "%s\n", err.frame[0].en);
    return code ? 1 : 0;
}
