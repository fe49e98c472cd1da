/* SPDX-License-Identifier: Apache-2.0 */
/* The talk with people who are led through a drill: on standard error, answered on standard input. */
#pragma once

#include "cli.h"

struct kb_talk {
    const struct kb_cli *cli;
    struct kb_progress_view *progress;
    bool asking; /* no bar may be drawn now */
};

/* kb_talk_begin(talk, cli, progress, ret_attend): everything but resume and discard. */
void kb_talk_begin(struct kb_talk *talk, const struct kb_cli *cli, struct kb_progress_view *progress,
                   struct kb_run_attend *ret_attend);

/* attend_answer.c */
/* kb_talk_answer(lang, question, line, now, arena, ret_answer): what a line means; what is wrong with it goes to
 * *ret_wrong. Full-width letters and digits count as plain ones. now: UTC seconds. */
bool kb_talk_answer(const struct kb_attend_question *question, const char *line, int64_t now, struct kb_arena *arena,
                    struct kb_attend_answer *ret_answer, struct kb_text *ret_wrong);
/* kb_talk_acts(question, lang, arena): "s 開始  n メモ …", each part not to be broken. */
const char *const *kb_talk_acts(const struct kb_attend_question *question, enum kb_lang lang, struct kb_arena *arena,
                                size_t *ret_n);
