/* SPDX-License-Identifier: Apache-2.0 */
/* Spellings of the shared words, and the keys of a probe. */
#include "koboshi/terms.h"

#define SPELLING(id, spelling) spelling,
const char *const kb_medium_kind_names[] = {KB_MEDIUM_KINDS(SPELLING) NULL};
const char *const kb_format_names[] = {KB_FORMATS(SPELLING) NULL};
bool kb_medium_is_disk(int kind)
{
    return kind == KB_MEDIUM_HDD || kind == KB_MEDIUM_RDX;
}

const char *const kb_tool_names[] = {KB_TOOLS(SPELLING) NULL};
const char *const kb_method_names[] = {KB_METHODS(SPELLING) NULL};
const char *const kb_chain_kind_names[] = {KB_CHAIN_KINDS(SPELLING) NULL};
const char *const kb_pit_from_names[] = {KB_PIT_FROMS(SPELLING) NULL};
const char *const kb_encryption_names[] = {KB_ENCRYPTIONS(SPELLING) NULL};
const char *const kb_step_do_names[] = {KB_STEP_DOS(SPELLING) NULL};
const char *const kb_name_encoding_names[] = {KB_NAME_ENCODINGS(SPELLING) NULL};
const char *const kb_rto_from_names[] = {KB_RTO_FROMS(SPELLING) NULL};
const char *const kb_lang_names[] = {"ja", "en", NULL};

const struct kb_form kb_form_id = {
    "^[a-z0-9][a-z0-9_-]{0,63}$",
    {"小文字の英数字で始まる、小文字の英数字と - _（64文字まで）",
     "small letters, digits, - and _, starting with a letter or digit, at most 64"},
};
const struct kb_form kb_form_sha256 = {"^[0-9A-Fa-f]{64}$", {"16進数64桁", "64 hexadecimal digits"}};

static const struct kb_key probe_keys[] = {
    KB_KEY(struct kb_probe, files, KB_STR,
           .gloss = {"復元先にあるべきファイルのパターン（** は何階層でも）",
                     "pattern of files that must be there (** is any depth)"}),
    KB_KEY(struct kb_probe, at_least, KB_INT, .flags = KB_HAS_DEFAULT, .def = 1, .min = 1, .max = 1000000000,
           .gloss = {"最低限の件数", "how many at the least"}),
    KB_KEY(struct kb_probe, sha256, KB_STR,
           .gloss = {"ハッシュを確かめるファイル", "file whose hash is compared with `is`"}),
    KB_KEY(struct kb_probe, is, KB_STR, .form = &kb_form_sha256,
           .gloss = {"期待するSHA-256（16進64桁）", "the expected SHA-256, 64 hexadecimal digits"}),
    KB_KEY(struct kb_probe, opens, KB_STR,
           .gloss = {"開けることを確かめるファイル", "file that must open as what its content says it is"}),
    KB_KEY(struct kb_probe, sqlite, KB_STR, .gloss = {"確かめるSQLiteファイル", "SQLite file to check"}),
    KB_KEY(struct kb_probe, integrity, KB_BOOL, .flags = KB_HAS_DEFAULT, .def = 1,
           .gloss = {"全ページの整合性を確かめる", "run PRAGMA integrity_check over every page"}),
    KB_KEY(struct kb_probe, query, KB_STR, .gloss = {"値を1つ返すSQL", "SQL that returns one value"}),
    KB_KEY(
        struct kb_probe, expect, KB_STR,
        .gloss = {"期待する答え（例: \"> 1000\"）", "the answer wanted: > N, >= N, == V, contains \"…\", age < 24h"}),
    KB_KEY(struct kb_probe, csv, KB_STR,
           .gloss = {"確かめるCSVファイル（1行目は見出し）", "CSV file to check; its first row is the header"}),
    KB_KEY(struct kb_probe, encoding, KB_ENUM, .values = kb_name_encoding_names, .flags = KB_HAS_DEFAULT,
           .def = KB_NAMES_AUTO, .gloss = {"csv: 文字コード（auto・utf-8・cp932）", "csv: auto, utf-8 or cp932"}),
    KB_KEY(struct kb_probe, rows, KB_STR,
           .gloss = {"csv: 見出しを除いた行数（例: \"> 300\"。書かなければ1行以上）",
                     "csv: rows below the header, as \"> 300\"; at least one unless written"}),
    KB_KEY(struct kb_probe, header, KB_STRS,
           .gloss = {"csv: 見出しにあるべき列の名前（例: [会員番号, 氏名]）", "csv: columns that must be there"}),
    KB_KEY(struct kb_probe, command, KB_STRS,
           .gloss = {"確認コマンドと引数（先頭は絶対パスか計画からの相対パス）",
                     "argv of a check; the first is absolute or relative to the plan"}),
    KB_KEY(struct kb_probe, timeout, KB_DURATION, .flags = KB_HAS_DEFAULT, .def = 60, .min = 1, .max = 86400,
           .gloss = {"打ち切るまでの時間", "stop it after this time"}),
    KB_KEY(struct kb_probe, exit, KB_INT, .flags = KB_HAS_DEFAULT, .def = 0, .min = 0, .max = 255,
           .gloss = {"正常とみなす終了コード", "the exit status that means good"}),
};
const struct kb_shape kb_probe_shape = KB_SHAPE(struct kb_probe, "probe", probe_keys);
