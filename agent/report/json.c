/* SPDX-License-Identifier: Apache-2.0 */
/* The report for programs: the record as it is, and what it is tied to. */
#include "koboshi/report.h"

#include <errno.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "view.h"

static const char *const seal_states[] = {"none", "signed", "verified", "broken", NULL};

static const struct kb_key seal_keys[] = {
    KB_KEY(struct kb_report_seal, ledger, KB_STR), KB_KEY(struct kb_report_seal, size, KB_INT),
    KB_KEY(struct kb_report_seal, head, KB_STR),   KB_KEY(struct kb_report_seal, key, KB_STR),
    KB_KEY(struct kb_report_seal, signer, KB_STR), KB_KEY(struct kb_report_seal, state, KB_ENUM, .values = seal_states),
};
static const struct kb_shape seal_shape = KB_SHAPE(struct kb_report_seal, "seal", seal_keys);

int kb_report_json(const struct kb_report *report, FILE *out, struct kb_err *err)
{
    struct kb_view view;
    KB_SCOPED_ARENA arena = kb_arena_new();
    int code = kb_view_begin(report, arena, &view, err);
    if (code)
        return code;
    KB_SCOPED_JSON json = json_object();
    if (json_object_set_new(json, "koboshi_report", json_integer(KB_REPORT_FORMAT)) ||
        json_object_set_new(json, "seal", kb_shape_write(&seal_shape, view.seal)) ||
        json_object_set_new(json, "record", kb_shape_write(&kb_record_shape, view.record)))
        return kb_fail(err, KB_EIO, "not enough memory for the report", "報告書を作るメモリが足りません");
    size_t n = 0;
    const char *text = kb_json_dump(arena, json, JSON_INDENT(2), &n);
    if (fwrite(text, 1, n, out) != n || fputc('\n', out) == EOF || fflush(out))
        return kb_fail(err, KB_EIO, "the report could not be written out: %s", "報告書を出力できませんでした: %s",
                       strerror(errno));
    return 0;
}
