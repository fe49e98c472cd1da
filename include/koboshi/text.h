/* SPDX-License-Identifier: Apache-2.0 */
/* core: text that people read, always in Japanese and English, and safe to show. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct kb_arena;

enum kb_lang { KB_JA, KB_EN };

/* One sentence in both languages; a NULL side means "same as the other" (plan texts may give only one). */
struct kb_text {
    const char *ja;
    const char *en;
};

/* kb_pick(text, lang): the side to show, falling back to the other side, then to "". Never NULL. */
const char *kb_pick(struct kb_text text, enum kb_lang lang);

/* kb_lang_parse(name, ret_lang): "ja", "en" and locale names such as ja_JP.UTF-8. Returns false for others. */
bool kb_lang_parse(const char *name, enum kb_lang *ret_lang);

/* kb_text_new(arena, en, ja, ...): both formats over the same arguments, checked by the compiler, in arena memory. */
__attribute__((format(printf, 2, 4), format(printf, 3, 4))) struct kb_text
kb_text_new(struct kb_arena *arena, const char *en, const char *ja, ...);

/* kb_causes_in_japanese(arena, ja): the commonest causes of strerror(3), which speaks English in the C locale, in
 * Japanese where they stand alone or after a colon. The text itself if it holds none. kb_text_new and kb_fail do it to
 * their Japanese side. */
const char *kb_causes_in_japanese(struct kb_arena *arena, const char *ja);

/* kb_print(out, lang, en, ja, ...): print the one in this language. */
__attribute__((format(printf, 3, 5), format(printf, 4, 5))) void kb_print(FILE *out, enum kb_lang lang, const char *en,
                                                                          const char *ja, ...);

/* kb_is_deceptive(point): a character that moves the cursor, ends a line or turns the reading order around: controls
 * (C0, C1, DEL), bidirectional controls (U+061C, U+200E-200F, U+202A-202E, U+2066-2069), U+2028 and U+2029. */
bool kb_is_deceptive(int32_t point);

/*
 * kb_escape(arena, bytes, n): a name from a medium made safe and unambiguous for terminal, log, HTML and JSON:
 * valid UTF-8 stays, `%` becomes %25, and deceptive characters and bytes that are not UTF-8 become %XX per byte.
 * (evidence.md: "`path` is escaped text (`%` -> `%25`)".) NUL-terminated, owned by arena.
 */
const char *kb_escape(struct kb_arena *arena, const void *bytes, size_t n);

/* kb_printable(arena, text): text that should already be safe, made so: what kb_escape would escape, but `%` stays. For
 * text that crossed a border of trust. NULL stays NULL. */
const char *kb_printable(struct kb_arena *arena, const char *text);

/* kb_json_bytes(text): what it takes in JSON at the most, without quotes; NULL is 0. */
size_t kb_json_bytes(const char *text);

/* kb_json_printable(arena, json, n): the same JSON, with \uXXXX for every deceptive character that JSON may hold as it
 * is; *n bytes and a NUL, before and after. */
char *kb_json_printable(struct kb_arena *arena, char *json, size_t *n);

/* kb_hex(arena, bytes, n): lower-case hexadecimal, owned by arena. */
const char *kb_hex(struct kb_arena *arena, const void *bytes, size_t n);

/* kb_same_uuid(a, b): plans and tools write a UUID with dashes or without, in either case. NULL is none. */
bool kb_same_uuid(const char *a, const char *b);

/* kb_width(utf8): columns a terminal needs for this text (East Asian wide = 2), by utf8proc. */
size_t kb_width(const char *utf8);

/* kb_fit_line(utf8, columns): bytes of it that go on one line of so many columns: up to its end or a line feed, else to
 * where a line may end (after a space, beside a kanji or kana, not before closing marks); at least one character. */
size_t kb_fit_line(const char *utf8, size_t columns);

/* kb_next_line(at, columns, ret_n): the next line of *at, which is not empty, as kb_fit_line: its start, and its bytes
 * without blanks at its end; *at is then behind it and the blanks or the line feed that ended it. */
const char *kb_next_line(const char **at, size_t columns, size_t *ret_n);

/* kb_brief(arena, utf8, columns): the text, or where it is wider its beginning and "…": a list ends after a comma. */
enum { KB_BRIEF_COLUMNS = 200 }; /* of a finding on a terminal; records and reports have it whole */
const char *kb_brief(struct kb_arena *arena, const char *utf8, size_t columns);

/* kb_fit(utf8, max): how many bytes of it to take, at most max, without cutting a character in two. */
size_t kb_fit(const char *utf8, size_t max);

/* kb_is_utf8(bytes, n): well-formed UTF-8 (RFC 3629) without NUL. */
bool kb_is_utf8(const void *bytes, size_t n);

/* Numbers as people read them, in arena memory: "2.9 GiB", "127 MiB/s", "48,211", "6h42m", "7d14h", "23.4 s". */
const char *kb_show_bytes(struct kb_arena *arena, int64_t bytes);
const char *kb_show_rate(struct kb_arena *arena, int64_t bytes, int64_t ns);
const char *kb_show_count(struct kb_arena *arena, int64_t count);
/* kb_show_seconds: below 60 s with one decimal ("23.4 s"), above as the two largest units ("6h42m", "6時間42分"). */
const char *kb_show_ns(struct kb_arena *arena, int64_t ns, enum kb_lang lang);
