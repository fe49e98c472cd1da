/* SPDX-License-Identifier: Apache-2.0 */
/* The keys that say how the files of a backup belong together and which never change, in plan and job alike. */
#include "koboshi/job.h"

static const struct kb_key point_in_time_keys[] = {
    KB_KEY(
        struct kb_point_in_time, from, KB_ENUM, .values = kb_pit_from_names,
        .gloss =
            {"何を見て「いつの時点のデータか」を決めるか: "
             "name（名前の日付）・newest_file（中の最も新しいファイル）・mtime（更新時刻）・stamp_file（記録ファイル）",
             "what tells which point in time the data is of: name, newest_file, mtime or stamp_file"}),
    KB_KEY(struct kb_point_in_time, tz, KB_STR,
           .gloss = {"名前や記録ファイルの時刻のタイムゾーン（例: UTC）",
                     "time zone of the times in names and stamp files, such as UTC"}),
    KB_KEY(struct kb_point_in_time, file, KB_STR,
           .gloss = {"stamp_file: バックアップが日時を書き残すファイル",
                     "stamp_file: the file into which the backup job writes its time"}),
};
const struct kb_shape kb_point_in_time_shape = KB_SHAPE_OR_SCALAR(struct kb_point_in_time, "point_in_time",
                                                                  point_in_time_keys, "from");

static const struct kb_key chain_keys[] = {
    KB_KEY(
        struct kb_set_chain, full, KB_STR, .flags = KB_REQUIRED,
        .gloss = {"フルバックアップの名前（path のフォルダの中）", "name of the full backup, in the folder of `path`"}),
    KB_KEY(struct kb_set_chain, part, KB_STR, .flags = KB_REQUIRED,
           .gloss = {"増分・差分バックアップの名前（path のフォルダの中）",
                     "name of the parts that hang on it, in the folder of `path`"}),
    KB_KEY(struct kb_set_chain, max_parts, KB_INT, .flags = KB_HAS_DEFAULT, .def = 100, .min = 1, .max = 1000,
           .gloss = {"1つのフルに続いてよい増分・差分の数", "how many parts may hang on one full backup"}),
    KB_KEY(struct kb_set_chain, kind, KB_ENUM, .values = kb_chain_kind_names, .flags = KB_HAS_DEFAULT,
           .def = KB_CHAIN_INCREMENTAL,
           .gloss = {"incremental（増分: 直前からの変更）か differential（差分: フルからの変更）か",
                     "incremental (changes since the part before) or differential (changes since the full one)"}),
};
const struct kb_shape kb_chain_shape = KB_SHAPE(struct kb_set_chain, "chain", chain_keys);

static const struct kb_key canary_keys[] = {
    KB_KEY(struct kb_canary, path, KB_STR, .flags = KB_REQUIRED,
           .gloss = {"変わらないはずのファイル", "a file that never changes"}),
    KB_KEY(struct kb_canary, sha256, KB_STR, .flags = KB_REQUIRED, .form = &kb_form_sha256,
           .gloss = {"そのSHA-256（16進64桁）", "its SHA-256, 64 hexadecimal digits"}),
};
const struct kb_shape kb_canary_shape = KB_SHAPE(struct kb_canary, "canary", canary_keys);
