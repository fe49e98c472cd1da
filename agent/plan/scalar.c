/* SPDX-License-Identifier: Apache-2.0 */
/* One value of the file, by the kind its key asks for. */
#include "loader.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"

static const struct kb_text wanted[] = {
    [KB_STR] = {"文字列", "text"},
    [KB_TEXT] = {"文字列か {ja: …, en: …}", "text or {ja: …, en: …}"},
    [KB_TEXT_HERE] = {"文字列", "text"},
    [KB_BOOL] = {"true か false", "true or false"},
    [KB_ANSWER] = {"true か false", "true or false"},
    [KB_INT] = {"整数（例: 10）", "a whole number such as 10"},
    [KB_DURATION] = {"時間の長さ（例: 90m・4h・7d・4時間30分）", "a duration such as 90m, 4h, 1h30m or 7d"},
    [KB_SIZE] = {"データ量（例: 512KiB・20GB）", "a size such as 512KiB or 20GB"},
    [KB_RATE] = {"速度（例: 60MB/s・1Gbps）", "a rate such as 60MB/s or 1Gbps"},
    [KB_PERCENT] = {"割合（例: 30%）", "a percentage such as 30%"},
    [KB_DATE] = {"実在する日付（例: 2026-11-23）", "a real date such as 2026-11-23"},
    [KB_TIME] = {"日時（例: 2026-11-23T09:00:00+09:00）", "a time such as 2026-11-23T09:00:00+09:00"},
    [KB_ENUM] = {"決められた語", "a word"},
    [KB_OBJECT] = {"キーのブロック（キー: 値）", "a block of keys (key: value)"},
    [KB_INLINE] = {"キーのブロック（キー: 値）", "a block of keys (key: value)"},
    [KB_LIST] = {"項目のリスト（- で始まる行）", "a list of items (lines that begin with -)"},
    [KB_STRS] = {"リスト（例: [a, b]）", "a list such as [a, b]"},
    [KB_TEXTS] = {"文のリスト", "a list of texts"},
    [KB_MAP] = {"識別名とその中身（識別名: {…}）", "ids with their blocks (id: {…})"},
};

void kb_wrong_type(struct kb_loader *l, const struct kb_key *key, enum kb_kind kind, const struct kb_node *node)
{
    if (node->kind == KB_NODE_REFUSED)
        return;
    int column = 0;
    enum kb_slip slip = KB_SLIP_NONE;
    if (node->kind == KB_NODE_SCALAR && node->plain && kind >= KB_OBJECT)
        slip = kb_slip_find(node->text, strlen(node->text), &column);
    if (slip) {
        kb_slip_complain(slip, (struct kb_at){node->at.line, node->at.column + column}, l->c);
        return;
    }
    if (key->name && kb_trap_is_null(node)) {
        (void)kb_trap_complain(l, key, node);
        return;
    }
    if (!kb_complaints_room(l->c))
        return;
    struct kb_text found = node->kind == KB_NODE_LIST ? (struct kb_text){"リスト", "a list"}
                           : node->kind == KB_NODE_MAP
                               ? (struct kb_text){"キーのブロック", "a block of keys"}
                               : kb_text_new(l->work, "`%s`", "「%s」", kb_quote(l->work, node->text));
    if (!key->name) {
        KB_COMPLAIN(l->c, node->at, "the file should be %s%.0s, not %s%.0s",
                    "ファイル全体を%.0s%sにしてください（%.0s%sになっています）", wanted[kind].en, wanted[kind].ja,
                    found.en, found.ja);
        return;
    }
    KB_COMPLAIN(l->c, node->at, "`%s` should be %s%.0s, not %s%.0s",
                "`%s` には%.0s%sを書いてください（%.0s%sになっています）", key->name, wanted[kind].en, wanted[kind].ja,
                found.en, found.ja);
}

static bool form_fits(struct kb_loader *l, const struct kb_form *form, const char *text)
{
    size_t i = 0;
    while (i < l->n_forms && l->forms[i].form != form)
        i++;
    if (i == l->n_forms) {
        /* the tables are ours: a pattern that does not compile, or too many of them, is a mistake in this program */
        if (i == KB_FORMS_MAX || regcomp(&l->forms[i].ready, form->pattern, REG_EXTENDED | REG_NOSUB))
            abort();
        l->forms[l->n_forms++].form = form;
    }
    return !regexec(&l->forms[i].ready, text, 0, NULL, 0);
}

static bool complain_form(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node)
{
    KB_COMPLAIN(l->c, node->at, "`%s`: `%s` should be %s%.0s", "`%s`: 「%s」は使えません。%.0s%sを書いてください",
                key->name, kb_quote(l->work, node->text), key->form->says.en, key->form->says.ja);
    return false;
}

static const char *words_of(struct kb_loader *l, const struct kb_key *key)
{
    const char *all = "";
    for (int i = 0; key->values[i]; i++)
        all = kb_sprintf(l->work, "%s%s%s", all, *all ? ", " : "", key->values[i]);
    return all;
}

/* The position of the word among those of the key, -1 and a complaint if it is none of them. */
static int read_word(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node)
{
    for (int i = 0; key->values[i]; i++)
        if (!strcmp(key->values[i], node->text))
            return i;
    if (!kb_complaints_room(l->c))
        return -1;
    struct kb_nearest nearest = {.wanted = node->text};
    const char *all = words_of(l, key);
    for (int i = 0; key->values[i]; i++)
        kb_nearest_offer(&nearest, key->values[i]);
    if (nearest.name)
        KB_COMPLAIN(l->c, node->at, "`%s` does not take `%s`; did you mean `%s`? (%s)",
                    "`%s` に「%s」は指定できません。`%s` の誤りではありませんか（使える値: %s）", key->name,
                    kb_quote(l->work, node->text), nearest.name, all);
    else
        KB_COMPLAIN(l->c, node->at, "`%s` does not take `%s`; it is one of: %s",
                    "`%s` に「%s」は指定できません。使える値: %s", key->name, kb_quote(l->work, node->text), all);
    return -1;
}

bool kb_string_read(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node, const char **ret)
{
    if (node->kind != KB_NODE_SCALAR) {
        kb_wrong_type(l, key, KB_STR, node);
        return false;
    }
    if (kb_trap_complain(l, key, node)) {
        *ret = kb_strndup(l->arena, node->text, strlen(node->text));
        return false;
    }
    if (!*node->text) {
        KB_COMPLAIN(l->c, node->at, "`%s` is empty; write a value, or leave the key out",
                    "`%s` が空です。値を書くか、キーごと省いてください", key->name);
        return false;
    }
    *ret = kb_strdup(l->arena, node->text);
    if (key->form && !form_fits(l, key->form, node->text))
        return complain_form(l, key, node);
    if (key->values && read_word(l, key, node) < 0)
        return false;
    if (key->ref) {
        l->refs = kb_grow(l->work, l->refs, l->n_refs, sizeof *l->refs);
        l->refs[l->n_refs++] = (struct kb_reference){
            .map = key->ref, .id = *ret, .or_name = key->flags & KB_REF_OR_NAME, .at = node->at};
    }
    return true;
}

/* `text` may be written once, or as {ja: …, en: …}. */
static bool read_text(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node, struct kb_text *ret)
{
    if (node->kind == KB_NODE_SCALAR) {
        bool good = kb_string_read(l, key, node, &ret->ja);
        ret->en = ret->ja;
        return good;
    }
    if (node->kind != KB_NODE_MAP || !node->n) {
        kb_wrong_type(l, key, KB_TEXT, node);
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < node->n; i += 2) {
        const struct kb_node *name = node->v[i];
        const char **side = !strcmp(name->text, "ja") ? &ret->ja : !strcmp(name->text, "en") ? &ret->en : NULL;
        if (name->kind == KB_NODE_REFUSED) {
            good = false;
        } else if (!side) {
            KB_COMPLAIN(l->c, name->at, "unknown key `%s` in the text of `%s`; known keys: ja, en",
                        "「%s」は `%s` の文に使えないキーです。使えるキー: ja, en", kb_quote(l->work, name->text),
                        key->name);
            good = false;
        } else {
            good = kb_string_read(l, key, node->v[i + 1], side) && good;
        }
    }
    return good;
}

static bool read_bool(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node, bool *ret)
{
    bool value = false;
    if (!kb_bool_word(node->text, &value)) {
        kb_wrong_type(l, key, KB_BOOL, node);
        return false;
    }
    const char *right = value ? "true" : "false";
    if (!node->plain || strcmp(node->text, right) != 0) {
        KB_COMPLAIN(l->c, node->at, "`%s`: write %s (without quotes), not `%s`",
                    "`%s`: %s と書いてください（引用符なし、小文字）。「%s」は使えません", key->name, right,
                    kb_quote(l->work, node->text));
        return false;
    }
    *ret = value;
    return true;
}

static bool parse_int(const char *text, int64_t *ret)
{
    bool negative = *text == '-';
    const char *digits = text + negative;
    size_t n = strspn(digits, "0123456789");
    if (!n || n > 18 || digits[n] || (*digits == '0' && n > 1))
        return false;
    int64_t value = strtoll(digits, NULL, 10);
    *ret = negative ? -value : value;
    return true;
}

static bool parse_percent(const char *text, int64_t *ret)
{
    size_t n = strspn(text, "0123456789");
    if (!n || n > 9 || (text[n] && strcmp(text + n, "%") != 0))
        return false;
    *ret = strtoll(text, NULL, 10);
    return true;
}

static bool parse_date(const char *text, int64_t *ret)
{
    char noon[32];
    if (strlen(text) != 10)
        return false;
    memcpy(noon, text, 10);
    memcpy(noon + 10, "T12:00:00Z", sizeof "T12:00:00Z");
    return kb_time_parse(noon, ret);
}

static bool (*const parse[])(const char *, int64_t *) = {
    [KB_INT] = parse_int,   [KB_DURATION] = kb_duration_parse, [KB_SIZE] = kb_size_parse, [KB_RATE] = kb_rate_parse,
    [KB_DATE] = parse_date, [KB_PERCENT] = parse_percent,      [KB_TIME] = kb_time_parse,
};

static void complain_value(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node)
{
    if (!kb_complaints_room(l->c))
        return;
    int64_t ignored;
    const char *shown = kb_quote(l->work, node->text), *guess = kb_guess(l->work, key->kind, node->text);
    if (guess && !parse[key->kind](guess, &ignored))
        guess = NULL;
    if (key->kind == KB_DURATION && *node->text && !node->text[strspn(node->text, "0123456789")] && !guess)
        KB_COMPLAIN(
            l->c, node->at, "`%s`: `%s` has no unit; write %ss, %sm, %sh or %sd",
            "`%s`: 「%s」に単位がありません。%ss（秒）・%sm（分）・%sh（時間）・%sd（日）のように書いてください",
            key->name, shown, shown, shown, shown, shown);
    else if (kb_is_wide(node->text) && guess)
        KB_COMPLAIN(l->c, node->at, "`%s`: `%s` holds full-width characters; write %s",
                    "`%s`: 「%s」に全角の文字があります。半角で %s と書いてください", key->name, shown, guess);
    else if (guess)
        KB_COMPLAIN(l->c, node->at, "`%s` should be %s%.0s, not `%s`; write %s",
                    "`%s` には%.0s%sを書いてください（「%s」になっています）。%s と書きます", key->name,
                    wanted[key->kind].en, wanted[key->kind].ja, shown, guess);
    else if (key->values)
        KB_COMPLAIN(l->c, node->at, "`%s` should be %s%.0s, or %s, not `%s`",
                    "`%s` には%.0s%sか %s を書いてください（「%s」になっています）", key->name, wanted[key->kind].en,
                    wanted[key->kind].ja, words_of(l, key), shown);
    else
        kb_wrong_type(l, key, key->kind, node);
}

static const char *show_number(struct kb_loader *l, const struct kb_key *key, int64_t value, enum kb_lang lang)
{
    if (key->kind == KB_DURATION && value < INT64_MAX / KB_NS_PER_S)
        return kb_show_ns(l->work, value * KB_NS_PER_S, lang);
    return kb_show_count(l->work, value);
}

static bool read_number(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node, int64_t *ret)
{
    int64_t value;
    for (int i = 0; key->values && key->values[i]; i++) {
        if (!strcmp(key->values[i], node->text)) {
            *ret = KB_WORD(i);
            return true;
        }
    }
    if (!parse[key->kind](node->text, &value)) {
        complain_value(l, key, node);
        return false;
    }
    if (key->kind == KB_INT && !node->plain) {
        KB_COMPLAIN(l->c, node->at, "`%s` is a number: write %s without quotes",
                    "`%s` は数です。引用符を付けずに %s と書いてください", key->name, node->text);
        return false;
    }
    if ((key->min || key->max) && (value < key->min || value > key->max)) {
        KB_COMPLAIN(l->c, node->at, "`%s` should be between %s%.0s and %s%.0s, not `%s`",
                    "`%s` は%.0s %s から%.0s %s の範囲で書いてください（「%s」になっています）", key->name,
                    show_number(l, key, key->min, KB_EN), show_number(l, key, key->min, KB_JA),
                    show_number(l, key, key->max, KB_EN), show_number(l, key, key->max, KB_JA),
                    kb_quote(l->work, node->text));
        return false;
    }
    *ret = value;
    return true;
}

bool kb_scalar_read(struct kb_loader *l, const struct kb_key *key, const struct kb_node *node, void *field)
{
    if (key->kind == KB_STR)
        return kb_string_read(l, key, node, field);
    if (key->kind == KB_TEXT || key->kind == KB_TEXT_HERE)
        return read_text(l, key, node, field);
    if (node->kind != KB_NODE_SCALAR || kb_trap_is_null(node)) {
        kb_wrong_type(l, key, key->kind, node);
        return false;
    }
    if (key->kind == KB_BOOL)
        return read_bool(l, key, node, field);
    if (key->kind == KB_ANSWER) {
        bool answer = false, good = read_bool(l, key, node, &answer);
        if (good)
            *(int *)field = answer;
        return good;
    }
    if (key->kind == KB_ENUM) {
        int word = read_word(l, key, node);
        if (word >= 0)
            *(int *)field = word;
        return word >= 0;
    }
    int64_t day;
    if (key->kind != KB_DATE)
        return read_number(l, key, node, field);
    if (!parse_date(node->text, &day)) {
        complain_value(l, key, node);
        return false;
    }
    *(const char **)field = kb_strdup(l->arena, node->text);
    return true;
}
