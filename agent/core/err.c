/* SPDX-License-Identifier: Apache-2.0 */
/* Faults: a root cause and up to three layers of context, each in both languages. */
#include "koboshi/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/text.h"

/* What does not fit is cut off between two characters: a text that ends in half of one is no UTF-8, and no JSON. */
static void keep(char text[KB_ERR_TEXT_MAX], const char *whole)
{
    size_t n = kb_fit(whole, KB_ERR_TEXT_MAX - 1);
    memmove(text, whole, n);
    text[n] = '\0';
}

__attribute__((format(printf, 2, 0))) static void write_text(char text[KB_ERR_TEXT_MAX], const char *format,
                                                             va_list args)
{
    char whole[KB_ERR_TEXT_MAX + 1]; /* one more byte shows where the cut falls */
    (void)vsnprintf(whole, sizeof whole, format, args);
    keep(text, whole);
}

__attribute__((format(printf, 2, 0), format(printf, 3, 0))) static void add_frame(struct kb_err *err, const char *en,
                                                                                  const char *ja, va_list args)
{
    if (err->n_frames == KB_ERR_FRAMES)
        return; /* the root and the nearest layers are what a reader needs */
    struct kb_err_frame *frame = &err->frame[err->n_frames++];
    va_list again;
    va_copy(again, args);
    write_text(frame->en, en, args);
    write_text(frame->ja, ja, again);
    KB_SCOPED_ARENA arena = kb_arena_new();
    keep(frame->ja, kb_causes_in_japanese(arena, frame->ja));
    va_end(again);
}

int kb_fail(struct kb_err *err, int code, const char *en, const char *ja, ...)
{
    if (!err)
        return code;
    err->code = code;
    err->n_frames = 0;
    va_list args;
    va_start(args, ja);
    add_frame(err, en, ja, args);
    va_end(args);
    return code;
}

int kb_wrap(struct kb_err *err, const char *en, const char *ja, ...)
{
    if (!err)
        return KB_EIO;
    va_list args;
    va_start(args, ja);
    add_frame(err, en, ja, args);
    va_end(args);
    return err->code;
}

void kb_err_add(struct kb_err *err, int code, const char *en, const char *ja)
{
    err->code = code;
    (void)kb_wrap(err, "%s%.0s", "%.0s%s", en, ja);
}

int kb_code_of_errno(int errnum)
{
    return errnum == EACCES || errnum == EPERM ? KB_EPERM : KB_EIO;
}
