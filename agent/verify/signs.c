/* SPDX-License-Identifier: Apache-2.0 */
/* Contents held against the ending of their names, and names against those that ransomware leaves. */
#include "signs.h"

#include <stdlib.h>
#include <string.h>

#include "endings.h"
#include "koboshi/arena.h"
#include "tally.h"

/* MOSTLY_LEAST: fewer are not enough to speak of most. */
enum { NAMED_MAX = 10, MOSTLY_LEAST = 10 };

struct kb_signs {
    struct kb_arena *arena; /* of the texts */
    struct named {
        size_t n, noisy;
        const char *list; /* the first NAMED_MAX, escaped, with commas */
    } odd, named;
};

struct kb_signs *kb_signs_new(void)
{
    struct kb_signs *signs = calloc(1, sizeof *signs);
    if (!signs)
        abort();
    signs->arena = kb_arena_new();
    return signs;
}

void kb_signs_free(struct kb_signs *signs)
{
    if (!signs)
        return;
    kb_arena_free(signs->arena);
    free(signs);
}

struct kb_sign kb_sign_of(const char *path, const struct kb_content *content)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    struct kb_sign sign = {.verdict = (uint8_t)kb_ending_judge(name, content->lead, content->n_lead),
                           .ransom = (uint8_t)kb_ransom_name(name),
                           .n = (uint8_t)(content->n_lead < KB_SIGN_BYTES ? content->n_lead : KB_SIGN_BYTES)};
    memcpy(sign.bytes, content->lead, sign.n);
    sign.noise = (sign.ransom || sign.verdict == KB_ENDING_ODD) && kb_is_noise(content->lead, content->n_lead);
    return sign;
}

static void note(struct kb_signs *signs, struct named *named, const struct kb_entry *entry, const struct kb_sign *sign)
{
    named->noisy += sign->noise;
    if (named->n++ >= NAMED_MAX)
        return;
    const char *bytes = sign->n ? kb_sprintf(signs->arena, " [%s]", kb_hex(signs->arena, sign->bytes, sign->n)) : "";
    named->list = kb_sprintf(signs->arena, "%s%s%s%s", named->list ? named->list : "", named->list ? ", " : "",
                             entry->shown, bytes);
}

void kb_signs_take(struct kb_tally *tally, const struct kb_content *content)
{
    struct kb_set_result *r = tally->result;
    const struct kb_sign sign = content->sign ? *content->sign : kb_sign_of(tally->entry.path, content);
    bool odd = sign.verdict == KB_ENDING_ODD;
    bool named = sign.ransom == KB_RANSOM_ENDING || sign.ransom == KB_RANSOM_NOTE ||
                 (sign.ransom == KB_RANSOM_COMMON && sign.noise);
    r->files_judged += sign.verdict != KB_ENDING_UNKNOWN;
    r->files_sealed += sign.verdict == KB_ENDING_SEALED;
    r->files_odd += odd;
    r->files_named += named;
    r->files_noisy += (named || odd) && sign.noise;
    if (odd)
        note(tally->signs, &tally->signs->odd, &tally->entry, &sign);
    if (named)
        note(tally->signs, &tally->signs->named, &tally->entry, &sign);
}

void kb_signs_list(struct kb_tally *tally)
{
    const char *path = tally->entry.path, *slash = strrchr(path, '/');
    enum kb_ransom_kind kind = kb_ransom_name(slash ? slash + 1 : path);
    if (kind != KB_RANSOM_ENDING && kind != KB_RANSOM_NOTE)
        return;
    const struct kb_sign sign = {0};
    tally->result->files_named++;
    note(tally->signs, &tally->signs->named, &tally->entry, &sign);
}

static const char *and_more(struct kb_arena *arena, const struct named *named)
{
    return named->n > NAMED_MAX ? kb_sprintf(arena, "%s, …", named->list) : named->list;
}

void kb_signs_close(struct kb_tally *tally)
{
    const struct kb_signs *signs = tally->signs;
    const struct kb_set_result *r = tally->result;
    KB_SCOPED_ARENA arena = kb_arena_new();
    bool mostly = signs->odd.n >= MOSTLY_LEAST && r->files_odd > r->files_judged / 2;
    if (signs->odd.n)
        kb_tally_tell(
            tally, mostly ? KB_RULE_FORMAT_MOSTLY : KB_RULE_FORMAT_ODD, NULL,
            (struct kb_text){.en = "first bytes as the ending of the name has them",
                             .ja = "先頭のデータが拡張子の形式であること"},
            kb_text_new(
                arena,
                "%s of %s files differ, %s of them begin with random-looking bytes; with their first "
                "bytes: %s",
                "%2$s 件中 %1$s 件が合いません（うち先頭が乱数のように見えるもの %3$s 件）。例と先頭のバイト: %4$s",
                kb_show_count(arena, (int64_t)signs->odd.n), kb_show_count(arena, r->files_judged),
                kb_show_count(arena, (int64_t)signs->odd.noisy), and_more(arena, &signs->odd)));
    if (signs->named.n)
        kb_tally_tell(tally, KB_RULE_RANSOM_NAMES, NULL,
                      kb_text_new(arena, "no name of the table of %s", "既知の一覧（%s 時点）の名前がないこと",
                                  kb_ransom_names_dated()),
                      kb_text_new(arena,
                                  "%s files, %s of them begin with random-looking bytes; with their first bytes: %s",
                                  "%s 件（うち先頭が乱数のように見えるもの %s 件）。例と先頭のバイト: %s",
                                  kb_show_count(arena, (int64_t)signs->named.n),
                                  kb_show_count(arena, (int64_t)signs->named.noisy), and_more(arena, &signs->named)));
}
