/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of backup sets and their copies. */
#include "keys.h"

static const char *const intervals[] = {"business_day", NULL};

static const struct kb_key copy_keys[] = {
    KB_KEY(struct kb_copy, medium, KB_STR, .flags = KB_REQUIRED, .ref = "media",
           .gloss = {"保存先の媒体", "medium it lies on"}),
    KB_KEY(struct kb_copy, path, KB_STR, .flags = KB_REQUIRED,
           .gloss = {"媒体内の場所。%Y%m%d・%H%M%S・%{weekday:月火水木金}・%{era}・%{fy}・%{part} と * ? が使えます",
                     "where on the medium; may hold %Y%m%d, %H%M%S, %{weekday:…}, %{era}, %{fy}, %{part}, * and ?"}),
    KB_KEY(struct kb_copy, manifest, KB_STR,
           .gloss = {"ハッシュ一覧の場所。path と同じ日付部分と、バックアップ自身の名前 %{file} が使えます（例: "
                     "\"share/%{file}.sha256\"）",
                     "its SHA-256 manifest; may hold the date parts of path, and %{file}, the backup's own name: "
                     "\"share/%{file}.sha256\""}),
    KB_KEY(struct kb_copy, interval, KB_DURATION, .values = intervals, .min = 60, .max = 10 * KB_YEAR,
           .gloss = {"作成の間隔（例: 24h、business_day = 営業日ごと）",
                     "how often a new one is due, as 24h, or business_day"}),
    KB_KEY(struct kb_copy, encryption, KB_OBJECT, .of = &kb_plan_encryption_shape,
           .gloss = {"この控えの暗号化", "how this copy is encrypted"}),
    KB_KEY(struct kb_copy, immutable_for, KB_DURATION, KB_ANY_TIME,
           .gloss = {"作成後、誰も変更・削除できない期間", "how long nobody can change or delete it"}),
};
static const struct kb_shape copy_shape = KB_SHAPE(struct kb_copy, "copy", copy_keys);

#define KEPT(field, ja_, en_) KB_KEY(struct kb_retention, field, KB_INT, .min = 0, .max = 10000, .gloss = {ja_, en_})
static const struct kb_key retention_keys[] = {
    KEPT(daily, "日次で残す世代数", "daily generations kept"),
    KEPT(weekly, "週次で残す世代数", "weekly generations kept"),
    KEPT(monthly, "月次で残す世代数", "monthly generations kept"),
    KEPT(yearly, "年次で残す世代数", "yearly generations kept"),
};
static const struct kb_shape retention_shape = KB_SHAPE(struct kb_retention, "retention", retention_keys);

static const struct kb_key expect_keys[] = {
    KB_KEY(struct kb_expect, min_files, KB_INT, .min = 0, .max = 1000000000,
           .gloss = {"最低限のファイル数", "files at the least"}),
    KB_KEY(struct kb_expect, min_bytes, KB_SIZE, .min = 0, .max = INT64_MAX,
           .gloss = {"最低限のデータ量", "bytes at the least"}),
    KB_KEY(struct kb_expect, max_change, KB_PERCENT, .min = 0, .max = 100,
           .gloss = {"前回の訓練から変わってよいファイルの割合",
                     "share of files that may have changed since the last good drill"}),
    KB_KEY(struct kb_expect, canary, KB_LIST, .of = &kb_canary_shape,
           .gloss = {"変わらないはずのファイルとそのハッシュ", "files that never change, with their hashes"}),
};
static const struct kb_shape expect_shape = KB_SHAPE(struct kb_expect, "expect", expect_keys);

static const struct kb_key set_keys[] = {
    KB_KEY(struct kb_set, title, KB_TEXT, .gloss = {"バックアップの名前", "name of the backup"}),
    KB_KEY(struct kb_set, important, KB_BOOL, .gloss = {"重要なデータである", "important data"}),
    KB_KEY(struct kb_set, source, KB_STR, .gloss = {"本番データの場所", "where the data is in production"}),
    KB_KEY(struct kb_set, tool, KB_ENUM, .values = kb_tool_names, .flags = KB_HAS_DEFAULT, .def = KB_TOOL_OTHER,
           .gloss = {"バックアップを作る道具。形式や確かめ方の既定値が決まる",
                     "what writes it; sets layout, format and the proof that is possible"}),
    KB_KEY(
        struct kb_set, method, KB_ENUM, .values = kb_method_names, .flags = KB_HAS_DEFAULT, .def = -1,
        .gloss = {"方式: "
                  "full（毎回全部）・mirror（常に最新の写し）・chain（フル＋増分・差分）・snapshot・export（書き出し）",
                  "full, mirror (one copy kept up to date), chain (full and parts), snapshot or export"}),
    KB_KEY(struct kb_set, format, KB_ENUM, .values = kb_format_names, .flags = KB_HAS_DEFAULT, .def = -1,
           .gloss =
               {"形式: archive（tar・zip など）・tree（フォルダの写し）・file（1ファイル）・chain（フル＋増分・差分）",
                "archive (tar, zip …), tree (a folder), file (one file) or chain (a full backup and its parts)"}),
    KB_KEY(struct kb_set, retention, KB_OBJECT, .of = &retention_shape,
           .gloss = {"残す世代数", "generations that are kept"}),
    KB_KEY(struct kb_set, chain, KB_OBJECT, .of = &kb_chain_shape,
           .gloss = {"chain: フルと増分・差分の名前", "chain: names of the full backup and its parts"}),
    KB_KEY(struct kb_set, point_in_time, KB_OBJECT, .of = &kb_point_in_time_shape,
           .gloss = {"いつの時点のデータかを何で決めるか", "what tells which point in time the data is of"}),
    KB_KEY(struct kb_set, unpack, KB_BOOL,
           .gloss = {"file: 圧縮を1段だけ解く", "file: remove one layer of compression"}),
    KB_KEY(struct kb_set, as, KB_STR, .gloss = {"file: 復元後のファイル名", "file: name of the restored file"}),
    KB_KEY(struct kb_set, recovery, KB_STR, .ref = "procedures",
           .gloss = {"復旧手順（なければ復元のみ）", "procedure; without one it is restored, nothing more"}),
    KB_KEY(struct kb_set, copies, KB_LIST, .of = &copy_shape, .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"保存先（使う順）", "its copies, in order of preference"}),
    KB_KEY(struct kb_set, expect, KB_OBJECT, .of = &expect_shape,
           .gloss = {"最低限あるべき量", "what must be there at the least"}),
    KB_KEY(struct kb_set, name_encoding, KB_ENUM, .values = kb_name_encoding_names, .flags = KB_HAS_DEFAULT,
           .def = KB_NAMES_AUTO,
           .gloss = {"アーカイブ内のファイル名の文字コード", "encoding of the names in the archive"}),
    KB_KEY(struct kb_set, budgets, KB_OBJECT, .of = &kb_budgets_shape,
           .gloss = {"この控えだけ引き上げる安全上の上限", "safety limits raised for this set"}),
};
const struct kb_shape kb_plan_set_shape = KB_SHAPE(struct kb_set, "backup_set", set_keys);
