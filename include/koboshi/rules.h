/* SPDX-License-Identifier: Apache-2.0 */
/* core: the rows of the finding table; include finding.h instead. id, name, severity, axis, title en/ja, next en/ja. */
#pragma once

/* It would break sentences into pieces. */
/* clang-format off */

#define KB_RULES_MEDIUM(X)                                                                                             \
    X(MEDIUM_ABSENT, "medium-absent", KB_BAD, KB_AXIS_RESTORE, "The medium is not attached", "媒体が接続されていません",    \
      "Attach the disk named here and run this again.", "ここに示したディスクを接続して、もう一度実行してください。")              \
    X(MEDIUM_WRONG, "medium-wrong", KB_BAD, KB_AXIS_RESTORE, "A different disk is in its place", "別のディスクが接続されています", \
      "Check the label on the disk. If the disk was replaced on purpose, write its fs_uuid into the plan.",            \
      "ディスクのラベルを確認してください。意図して交換した場合は、計画の fs_uuid を新しいディスクのものに書き換えてください。")                    \
    X(MOUNT_EMPTY, "mount-empty", KB_BAD, KB_AXIS_RESTORE, "The folder is empty: nothing is mounted there",            \
      "フォルダが空です（媒体がマウントされていません）", "Mount the medium, or correct `mount` in the plan.",                       \
      "媒体をマウントするか、計画の mount を訂正してください。")                                                                  \
    X(MEDIUM_TWICE, "medium-twice", KB_BAD, KB_AXIS_RESTORE, "Two disks carry the same file-system UUID",              \
      "同じUUIDのディスクが2台接続されています", "Detach one of them; a clone cannot be told from the original.",                   \
      "どちらか1台を外してください。複製と原本は区別できません。")                                                                \
    X(MEDIUM_UNCLEAN, "medium-unclean", KB_WARN, KB_AXIS_RESTORE, "The disk was not detached cleanly",                 \
      "ディスクが正しく取り外されていません", "Attach it to the machine that writes the backups, let it recover, and detach it safely.",  \
      "バックアップを書き込む機器に一度接続して修復させ、「安全な取り外し」をしてください。")                                                   \
    X(MEDIUM_WRITABLE, "medium-writable", KB_WARN, KB_AXIS_RESTORE, "The disk is mounted writable by somebody else",   \
      "ディスクが他のプログラムにより書き込み可能でマウントされています", "Unmount it before the drill, so that nothing can change it.",         \
      "訓練の前にマウントを解除し、書き換えられない状態にしてください。")                                                              \
    X(MEDIUM_UNREADABLE, "medium-unreadable", KB_BAD, KB_AXIS_RESTORE, "The medium cannot be mounted or listed",       \
      "媒体をマウントまたは一覧表示できません", "Check cable and disk; have the file system checked on the machine that writes it.",        \
      "ケーブルとディスクを確認し、書き込み元の機器でファイルシステムを検査してください。")                                                     \
    X(GENERATION_MISSING, "generation-missing", KB_BAD, KB_AXIS_RESTORE, "No generation matches the pattern",          \
      "パターンに合う世代がありません", "See whether the backup job ran, and whether `path` in the plan is spelt as the files are.",    \
      "バックアップが実行されたか、計画の path がファイル名と合っているかを確認してください。")                                                \
    X(GENERATION_SKIPPED, "generation-skipped", KB_WARN, KB_AXIS_RESTORE, "Matches the pattern, but is not taken as a generation", \
      "パターンに合いますが、世代として扱いません", "Make `path` in the plan narrower, or have the backup job write plain files and folders there.", \
      "計画の path を絞り込むか、バックアップ先には通常のファイルかフォルダだけを置いてください。")                                            \
    X(MANIFEST_ABSENT, "manifest-absent", KB_BAD, KB_AXIS_RESTORE, "The manifest named in the plan is not there",      \
      "計画にあるハッシュ一覧がありません", "Have the backup job write the manifest, or remove `manifest` from the copy.",              \
      "バックアップ時にハッシュ一覧を作成するか、計画の manifest を削除してください。")

#define KB_RULES_GENERATION(X)                                                                                         \
    X(TIME_UNKNOWN, "time-unknown", KB_WARN, KB_AXIS_DATA, "Not taken: its point in time cannot be told",              \
      "いつの時点のデータか分からないため、使いません",                                                                    \
      "See whether the backup job ran to its end, or have `point_in_time` in the plan say another way to tell.",       \
      "バックアップが最後まで実行されたか確認するか、計画の point_in_time を別の決め方に変えてください。")                     \
    X(TIME_DISAGREES, "time-disagrees", KB_WARN, KB_AXIS_DATA, "Not taken: name and last change are of different days", \
      "名前の曜日・日付と更新日が合わないため、使いません",                                                                \
      "It was overwritten on another day, or copied without its times. See which job wrote it, and when.",             \
      "別の日に上書きされたか、更新日時を保たずにコピーされています。どのジョブがいつ書いたか確認してください。")                \
    X(TIME_IN_FUTURE, "time-in-future", KB_WARN, KB_AXIS_DATA, "Its time lies in the future", "未来の日時になっています",  \
      "Check the clock of the machine that writes the backups, and of this one.",                                      \
      "バックアップを書き込む機器と、この機器の時計を確認してください。")                                                      \
    X(PARTS_MISSING, "parts-missing", KB_WARN, KB_AXIS_RESTORE, "Not taken: files of a split backup are missing or double", \
      "分割ファイルが揃っていないため、使いません",                                                                      \
      "Without every one of its files it cannot be restored. Write the backup anew, or delete what is left of it.",    \
      "すべての分割ファイルが揃わないと復元できません。取り直すか、不完全な残りを削除してください。")                              \
    X(PARTS_UNEVEN, "parts-uneven", KB_WARN, KB_AXIS_RESTORE, "A split backup may be incomplete", "分割ファイルが足りない可能性があります", \
      "Compare the number and sizes of its files with those on the machine that wrote them.",                          \
      "書き込み元の機器にある分割ファイルの数と大きさを比べてください。")                                                     \
    X(CHAIN_INCOMPLETE, "chain-incomplete", KB_WARN, KB_AXIS_RESTORE, "Not taken: backups that hang on nothing",         \
      "つながる元がないため、使いません",                                                                              \
      "An incremental or differential backup is worth nothing without all it rests on. Write a full backup now.",       \
      "増分・差分バックアップは、元になるバックアップがすべて揃わないと復元できません。フルバックアップを取り直してください。")        \
    X(CHAIN_LONG, "chain-long", KB_WARN, KB_AXIS_RESTORE, "A long chain rests on one full backup", "1つのフルに続く増分・差分が多すぎます", \
      "One broken file loses all that follow it. Have a full backup written more often.",                              \
      "1つ壊れると、それ以降がすべて使えません。フルバックアップの頻度を上げてください。")

#define KB_RULES_DISK(X)                                                                                               \
    X(MEDIUM_LOCKED, "medium-locked", KB_BAD, KB_AXIS_RESTORE, "The medium is encrypted and was not opened",           \
      "媒体が暗号化されており、ロックが解除されていません",                                                            \
      "Whoever keeps its key opens it with the command shown, then the drill is run again; `cryptsetup close` afterwards.", \
      "鍵の管理者が、示されたコマンドで解除してから訓練をやり直してください。終わったら cryptsetup close で閉じます。") \
    X(ROTATION_TOGETHER, "rotation-together", KB_WARN, KB_AXIS_RESTORE, "Disks that take turns are attached together", \
      "交代で使うディスクが同時に接続されています",                                                                    \
      "Leave one attached and bring the others back to their places: whatever strikes this machine strikes them all.", \
      "1台だけを残し、他は保管場所に戻してください。この機器で起きたことが全部のディスクに及びます。")

#define KB_RULES_ARCHIVE(X)                                                                                            \
    X(READ_FAILED, "read-failed", KB_BAD, KB_AXIS_RESTORE, "The medium could not be read", "媒体を読み取れませんでした",    \
      "Copy what can be saved, replace the disk, and write the backup anew.",                                          \
      "読める分を退避し、ディスクを交換して、バックアップを取り直してください。")                                                              \
    X(READ_AGAIN, "read-again", KB_WARN, KB_AXIS_RESTORE, "Only the second read succeeded", "読み直して、ようやく読めました",     \
      "The disk or its cable is failing: write a further copy to another disk now.",                                   \
      "ディスクかケーブルの劣化が疑われます。早めに別のディスクへ写しを作成してください。")                                                    \
    X(FORMAT_REFUSED, "format-refused", KB_BAD, KB_AXIS_RESTORE, "This format is not accepted", "受け付けない形式です",   \
      "Write the backup as tar, zip, 7z or cpio, or set `format: file` to keep it opaque.",                            \
      "tar・zip・7z・cpio で作成するか、format: file（中身は確認しない）を指定してください。")                                              \
    X(ARCHIVE_BROKEN, "archive-broken", KB_BAD, KB_AXIS_RESTORE, "The archive is damaged", "アーカイブが壊れています",       \
      "Use an older generation or another copy, and find out when this one broke.",                                    \
      "古い世代か別の控えを使い、いつから壊れているかを調べてください。")                                                              \
    X(ARCHIVE_TRUNCATED, "archive-truncated", KB_BAD, KB_AXIS_RESTORE, "The archive ends too early",                   \
      "アーカイブが途中で終わっています", "See whether the disk was full or unplugged while the backup was written; write it anew.",     \
      "作成中にディスクが満杯になったり外されたりしていないか確認し、取り直してください。")                                                     \
    X(NO_END_OF_ARCHIVE, "no-end-of-archive", KB_BAD, KB_AXIS_RESTORE, "The tar has no end mark",                      \
      "tar の終端がありません", "It may have been cut between two entries. Compare it with the source or a manifest; write it anew.",   \
      "エントリの境目で切れた可能性があります。元データかハッシュ一覧と比べ、取り直してください。")                                               \
    X(TRAILING_DATA, "trailing-data", KB_WARN, KB_AXIS_RESTORE, "Data follows the end of the archive",                 \
      "アーカイブの終端の後にデータがあります", "Other tools may show or restore something else. Find out what wrote it.",                  \
      "他のツールでは別の内容に見える可能性があります。何が書き込んだか調べてください。")                                                      \
    X(SKIPPABLE_FIRST, "skippable-first", KB_WARN, KB_AXIS_RESTORE, "Other tools may not open it",                      \
      "他のツールでは開けない可能性があります", "lz4 reads it, bsdtar takes it for zstd. Write the backup anew with plain lz4.",            \
      "lz4 では読めますが、bsdtar は zstd と誤認します。通常の lz4 で取り直してください。")                                                  \
    X(ENCRYPTED, "encrypted", KB_BAD, KB_AXIS_RESTORE, "Encrypted, not opened", "暗号化されており、開いていません",           \
      "Give its key with --key-file (or type it when asked); what is inside was not seen.",                                          \
      "--key-file で鍵を渡す（または尋ねられたら入力する）と確認できます。中身は確認していません。")                                                                    \
    X(NAME_UNSAFE, "name-unsafe", KB_BAD, KB_AXIS_RESTORE, "A name leads outside the restore folder",                  \
      "復元先の外を指す名前です", "Do not unpack this archive with other tools. Find out who wrote it.",                             \
      "このアーカイブを他のツールで展開しないでください。作成者を調べてください。")                                                         \
    X(NAME_CONTROL, "name-control", KB_WARN, KB_AXIS_RESTORE, "A name holds control characters",                       \
      "名前に制御文字が含まれています", "Rename the file at its source.", "元のファイル名を変更してください。")                               \
    X(NAME_TWICE, "name-twice", KB_WARN, KB_AXIS_RESTORE, "A name stands twice in the archive", "同じ名前が2回現れます",     \
      "The last one wins in most tools. See how the archive was made (appended?).",                                    \
      "多くのツールでは後のものが残ります。追記された可能性があります。作成方法を確認してください。")                                             \
    X(ENTRY_KIND, "entry-kind", KB_WARN, KB_AXIS_RESTORE, "Not restored: neither file, folder nor inner link",          \
      "復元対象外の種類です（ファイル・フォルダ・内部リンク以外）", "If it is needed, have it backed up in another way.",                     \
      "必要なものであれば、別の方法でバックアップしてください。")                                                                    \
    X(BUDGET, "budget-exceeded", KB_BAD, KB_AXIS_RESTORE, "Stopped at a limit", "上限に達したため停止しました",                \
      "If the backup is really that large, raise the limit or split it; otherwise treat the archive as hostile.",                         \
      "本当にその大きさなら上限を引き上げるか分割し、そうでなければ攻撃を疑ってください。")                                                               \
    X(ZERO_FILES, "zero-files", KB_BAD, KB_AXIS_RESTORE, "Not one file was checked", "検査できたファイルが1つもありません",       \
      "An empty backup proves nothing. See what the backup job was told to read.",                                     \
      "空のバックアップは何も証明しません。バックアップの対象を確認してください。")                                                          \
    X(TOO_FEW_FILES, "too-few-files", KB_BAD, KB_AXIS_RESTORE, "Fewer files than expected", "ファイル数が想定より少ないです",    \
      "See whether the source was complete; correct expect.min_files only if it really shrank.",                       \
      "元データが揃っていたか確認してください。本当に減った場合だけ expect.min_files を訂正します。")                                        \
    X(TOO_FEW_BYTES, "too-few-bytes", KB_BAD, KB_AXIS_RESTORE, "Less data than expected", "データ量が想定より少ないです",       \
      "See whether the source was complete; correct expect.min_bytes only if it really shrank.",                       \
      "元データが揃っていたか確認してください。本当に減った場合だけ expect.min_bytes を訂正します。")

#define KB_RULES_ZIP(X)                                                                                                \
    X(ZIP_DIFFERS, "zip-differs", KB_BAD, KB_AXIS_RESTORE, "The zip says two things about one entry",                  \
      "zip の目次と中身で、同じ項目の記載が食い違っています",                                                         \
      "Explorer and other tools may show or restore something else than was checked here. Find out who wrote it; write it anew.", \
      "エクスプローラーなど他のツールでは別の内容に見える可能性があります。作成者を調べ、取り直してください。")        \
    X(ZIP_OVERLAP, "zip-overlap", KB_BAD, KB_AXIS_RESTORE, "Entries of the zip lie over one another",                  \
      "zip の項目が互いに重なっています",                                                                             \
      "It is damaged or made to do harm (zip bomb). Do not unpack it; use another generation and find out who wrote it.", \
      "壊れているか、害を与えるために作られています（zip爆弾）。展開せずに、別の世代を使い、作成者を調べてください。") \
    X(ZIP_DIRECTORY, "zip-directory", KB_BAD, KB_AXIS_RESTORE, "The directory of the zip contradicts itself",          \
      "zip の目次に矛盾があります",                                                                                   \
      "Tools may find other files in it than these, or none. See how it was written or copied; write it anew.",        \
      "ツールによって見えるファイルが違うか、開けない可能性があります。作成・コピーの方法を確認し、取り直してください。") \
    X(ZIP_HIDDEN, "zip-hidden", KB_WARN, KB_AXIS_RESTORE, "The zip holds entries that its directory does not list",    \
      "目次にない項目が zip の中に残っています",                                                                      \
      "They are not checked and most tools do not restore them. If a file is missing, look here; write the zip anew.", \
      "確認の対象外で、ほとんどのツールでは復元されません。足りないファイルがあればここを調べ、zip を取り直してください。") \
    X(ZIP_DETAIL, "zip-detail", KB_NOTE, KB_AXIS_RESTORE, "A peculiarity of this zip that changes no content",         \
      "内容には影響しない、この zip の特徴です",                                                                      \
      "Nothing needs to be done.", "対応は不要です。")

#define KB_RULES_MANIFEST(X)                                                                                           \
    X(MANIFEST_BROKEN, "manifest-broken", KB_BAD, KB_AXIS_RESTORE, "The manifest cannot be read", "ハッシュ一覧を読めません", \
      "Write it anew with sha256sum or `koboshi seal`.", "sha256sum または koboshi seal で作り直してください。")                  \
    X(FILE_HASH_DIFFERS, "file-differs", KB_BAD, KB_AXIS_RESTORE, "The whole file differs from its manifest",          \
      "ファイル全体のハッシュが一覧と違います", "The file changed after it was written. Use another copy.",                            \
      "作成後に変わっています。別の控えを使ってください。")                                                                       \
    X(ENTRY_DIFFERS, "entry-differs", KB_BAD, KB_AXIS_RESTORE, "The content differs from the manifest",                \
      "内容がハッシュ一覧と違います", "Restore this file from another generation or copy.",                                        \
      "このファイルは別の世代か控えから復元してください。")                                                                       \
    X(ENTRY_MISSING, "entry-missing", KB_BAD, KB_AXIS_RESTORE, "Named in the manifest, not in the backup",             \
      "ハッシュ一覧にありますがバックアップにありません", "Restore this file from another generation; see why it was not written.",          \
      "別の世代から復元し、なぜ書き込まれなかったか調べてください。")                                                               \
    X(ENTRY_EXTRA, "entry-extra", KB_WARN, KB_AXIS_RESTORE, "In the backup, not in the manifest",                      \
      "バックアップにありますがハッシュ一覧にありません", "Nobody vouches for this file. See whether it was added later.",                 \
      "誰も保証していないファイルです。後から追加されていないか確認してください。")

#define KB_RULES_BAG(X)                                                                                                \
    X(BAG_BROKEN, "bag-broken", KB_BAD, KB_AXIS_RESTORE, "This folder is not a valid bag (BagIt)", "BagIt として正しくないフォルダです", \
      "Make the bag anew from the data, or use another copy.", "元のデータから作り直すか、別の控えを使ってください。")               \
    X(BAG_UNLISTED, "bag-unlisted", KB_BAD, KB_AXIS_RESTORE, "In the payload of the bag, in none of its manifests",    \
      "BagIt の data/ にありますが、マニフェストにありません",                                                                    \
      "A bag vouches for every file of its payload. See who added this one.",                                          \
      "BagIt では data/ の全ファイルを記載します。誰が追加したか調べてください。")                                                \
    X(BAG_HOLE, "bag-hole", KB_BAD, KB_AXIS_RESTORE, "To be fetched from elsewhere, not in the bag",                   \
      "取得先だけが書かれ、中身がありません（fetch.txt）", "Fetch the file into the bag: a backup must be whole by itself.",         \
      "ファイルを取得して data/ に入れてください。バックアップはそれだけで完結している必要があります。")                          \
    X(BAG_UNUSUAL, "bag-unusual", KB_NOTE, KB_AXIS_RESTORE, "The bag is written in a way that other tools may refuse", \
      "他のツールでは受け付けられない可能性がある BagIt です",                                                                    \
      "Tell those who make the bag.", "作成元に知らせてください。")

#define KB_RULES_SHAPE(X)                                                                                              \
    X(SEGMENT_MISSING, "segment-missing", KB_BAD, KB_AXIS_RESTORE, "A part of the split file is missing", "分割ファイルの一部がありません", \
      "Find the missing part on the other copies; without it nothing behind it can be restored.", \
      "足りない部分を別の控えで探してください。それがないと以降を復元できません。") \
    X(CHAIN_BASE_BROKEN, "chain-base-broken", KB_BAD, KB_AXIS_RESTORE, "The full backup of the chain is broken", "差分・増分の元になるフルバックアップに異常があります", \
      "Nothing that hangs on it can be restored. Use an older full backup or another copy, and take a new full backup now.", \
      "これに続く差分・増分も復元できません。古いフルバックアップか別の控えを使い、フルバックアップを取り直してください。") \
    X(CHAIN_PART_BROKEN, "chain-part-broken", KB_BAD, KB_AXIS_RESTORE, "A part of the chain is broken", "差分・増分バックアップに異常があります", \
      "Restore up to the last intact part, or use another copy; take a new full backup now.", \
      "直前の正常な時点まで復元するか、別の控えを使ってください。早めにフルバックアップを取り直してください。") \
    X(CHAIN_GAP, "chain-gap", KB_BAD, KB_AXIS_RESTORE, "A part of the chain is missing", "差分・増分バックアップの一部が欠けています", \
      "Look for a part between the ones named here; without it these files cannot be restored.", \
      "ここに示したものより前の差分・増分を探してください。それがないと、これらのファイルを復元できません。") \
    X(TOOL_MAGIC, "tool-magic", KB_BAD, KB_AXIS_RESTORE, "Not a file that this tool writes", "このツールが作るファイルではありません", \
      "See whether the backup job really wrote it (encrypted by ransomware, another file in its place?), or correct `tool` in the plan.", \
      "バックアップが正しく作成されたか（ランサムウェアによる暗号化や別のファイルではないか）を確認するか、計画の tool を訂正してください。") \
    X(TOOL_LAYOUT, "tool-layout", KB_BAD, KB_AXIS_RESTORE, "The folder lacks what this tool writes", "このツールが作るはずのファイルがフォルダにありません", \
      "See whether the backup job ran to its end; the tool itself may not be able to restore from this folder.", \
      "バックアップが最後まで終わったか確認してください。このフォルダからはツール自身でも復元できない可能性があります。")

#define KB_RULES_RESTORE(X)                                                                                            \
    X(SPACE, "space", KB_BAD, KB_AXIS_RESTORE, "Not enough room to restore", "復元する空き容量が足りません",                  \
      "Free some space or name another folder with --scratch.", "空き容量を増やすか、--scratch で別のフォルダを指定してください。")         \
    X(NOT_REPRESENTABLE, "not-representable", KB_WARN, KB_AXIS_RESTORE, "Cannot exist on the target file system",      \
      "復元先のファイルシステムでは表せません", "Rename it at its source, or restore it under another name by hand.",                    \
      "元の名前を変えるか、手作業で別名に復元してください。")                                                                      \
    X(NAMES_COLLIDE, "names-collide", KB_BAD, KB_AXIS_RESTORE, "Two entries become one file", "2つの項目が同じファイルになります", \
      "Only the first was restored. Rename one of them at its source.",                                                \
      "先のものだけを復元しました。元のどちらかの名前を変えてください。")                                                              \
    X(NAMES_ALIKE, "names-alike", KB_NOTE, KB_AXIS_RESTORE, "Two names look the same (NFC and NFD)",                   \
      "見た目が同じ名前が2つあります（NFC と NFD）", "Both were restored. On macOS they would be one file; rename one at its source.", \
      "両方とも復元しました。macOS では1つのファイルになるため、元のどちらかの名前を変えてください。")                                         \
    X(RESTORE_WRITE, "restore-write", KB_BAD, KB_AXIS_RESTORE, "Could not be written to the scratch folder",           \
      "作業フォルダに書き込めませんでした", "See the reason given; then run the drill again.", "示された理由を確認し、もう一度実行してください。") \
    X(REREAD_DIFFERS, "reread-differs", KB_BAD, KB_AXIS_RESTORE, "Restored, but reads back differently",               \
      "復元後に読み直すと内容が違います", "Suspect the memory or disk of this machine. Run a memory test; repeat the drill elsewhere.",   \
      "この機器のメモリかディスクを疑い、メモリ診断をし、別の機器で訓練をやり直してください。")

#define KB_RULES_PROBE(X)                                                                                              \
    X(PROBE_FILES, "probe-files", KB_BAD, KB_AXIS_RESTORE, "Too few files match", "該当するファイルが足りません",              \
      "See whether the folder was backed up; correct the pattern if it was renamed.",                                  \
      "フォルダがバックアップ対象か確認してください。名前が変わった場合はパターンを訂正します。")                                                \
    X(PROBE_SHA256, "probe-sha256", KB_BAD, KB_AXIS_RESTORE, "The file is not the expected one", "想定したファイルではありません", \
      "Somebody changed this file. If on purpose, write its new hash into the plan.",                                  \
      "ファイルが変更されています。意図した変更なら、計画のハッシュを更新してください。")                                                      \
    X(PROBE_OPENS, "probe-opens", KB_BAD, KB_AXIS_RESTORE, "Does not open", "開けません",                                  \
      "Open the original; if that opens, the backup is to blame: use another generation.",                             \
      "元のファイルが開けるか確認してください。開けるなら、バックアップが原因です。別の世代を使ってください。")                                       \
    X(PROBE_SQLITE, "probe-sqlite", KB_BAD, KB_AXIS_RESTORE, "The database is not sound", "データベースに異常があります",       \
      "Use an older generation; back the database up with its own tool (.backup), not by copying the open file.",      \
      "古い世代を使ってください。使用中のファイルの複写ではなく、専用の方法（.backup）でバックアップしてください。")                                 \
    X(PROBE_QUERY, "probe-query", KB_BAD, KB_AXIS_RESTORE, "The query gives another answer", "問い合わせの結果が想定と違います",  \
      "Compare with production; the backup may be older or emptier than believed.",                                    \
      "本番と比べてください。思っているより古いか、中身が少ない可能性があります。")                                                          \
    X(PROBE_CSV, "probe-csv", KB_BAD, KB_AXIS_RESTORE, "The table is not as expected", "表が想定と違います",                   \
      "Export it anew and compare; an older generation may be whole.",                                                 \
      "書き出し直して比べてください。古い世代なら揃っている可能性があります。")                                                    \
    X(PROBE_COMMAND, "probe-command", KB_BAD, KB_AXIS_RESTORE, "The check command says no", "確認コマンドが異常を示しました",    \
      "Read its output above; run it by hand on the kept restore (--keep).",                                           \
      "上の出力を読み、--keep で残した復元先に対して手で実行してください。")                                                           \
    X(PROBE_HUNG, "probe-hung", KB_BAD, KB_AXIS_RESTORE, "The check did not end in time", "確認が時間内に終わりませんでした",     \
      "Raise `timeout` if it needs longer; otherwise see what it waits for.",                                          \
      "本当に時間がかかるなら timeout を延ばし、そうでなければ何を待っているか調べてください。")                                                           \
    X(PROBE_PROGRAM, "probe-program", KB_NOTE, KB_AXIS_RESTORE, "The program that made this check",                     \
      "この確認を行ったプログラム", "Compare the hash when it matters which version judged.",                                \
      "どの版が判定したかが重要な場合は、ハッシュを照合してください。")

#define KB_RULES_NETWORK(X)                                                                                            \
    X(SHARE_WRITABLE, "share-writable", KB_NOTE, KB_AXIS_RESTORE, "The share is mounted writable on this machine", "共有がこの機器で書き込み可能でマウントされています", \
      "Reading is enough for drills: mount it with `ro`, so that nothing on this machine can change the backups.", \
      "訓練は読み取りだけで行えます。この機器から書き換えられないよう、ro でマウントしてください。")                                  \
    X(NETWORK_ROUTE, "network-route", KB_WARN, KB_AXIS_RESTORE, "A closed network with a way out", "閉域網のはずが、外へ出る経路があります", \
      "Find out what set this route (a router, a VPN, a second line) and remove it, or correct `network` in the plan.", \
      "経路を設定したもの（ルータ・VPN・別回線）を調べて外すか、計画の network を訂正してください。")                                    \
    X(NETWORK_RESOLVER, "network-resolver", KB_WARN, KB_AXIS_RESTORE, "A closed network with a name server", "閉域網のはずが、名前解決の設定があります", \
      "Remove the name server from this machine, or correct `network` in the plan.",                                    \
      "この機器の名前解決（DNS）の設定を外すか、計画の network を訂正してください。")                                                \
    X(NETWORK_ADDRESS, "network-address", KB_WARN, KB_AXIS_RESTORE, "This machine has an address that the plan does not allow", \
      "計画で認めていないアドレスがこの機器にあります", "Detach the line it belongs to (Wi-Fi, tethering), or add the range to network.allow.", \
      "該当する回線（無線LAN・テザリングなど）を外すか、network.allow に範囲を追加してください。")                                    \
    X(NETWORK_UNKNOWN, "network-unknown", KB_WARN, KB_AXIS_RESTORE, "What network this machine is on is not known", "この機器のネットワークを確認できません", \
      "See the reason given; routes and addresses are read from the kernel, nothing is sent.", "示された理由を確認してください（経路とアドレスはカーネルから読むだけで、何も送信しません）。")

#define KB_RULES_OBJECTIVE(X)                                                                                          \
    X(RTO_MISSED, "rto-missed", KB_BAD, KB_AXIS_TIME, "The RTO is not met", "目標復旧時間（RTO）を満たしません",           \
      "Shorten the longest part shown, or agree on another RTO.", "示された最も長い工程を短くするか、RTOを見直してください。")            \
    X(RTO_UNKNOWN, "rto-unknown", KB_NOTE, KB_AXIS_TIME, "Part of the recovery time is not declared",                  \
      "復旧時間の一部が計画にありません", "Write the missing durations into the plan.", "足りない所要時間を計画に書いてください。")           \
    X(RPO_MISSED, "rpo-missed", KB_BAD, KB_AXIS_DATA, "The RPO is not met", "目標復旧時点（RPO）を満たしません",           \
      "Back up more often or bring the disk back sooner, or agree on another RPO.",                                    \
      "バックアップの間隔か媒体の交換を短くするか、RPOを見直してください。")                                                    \
    X(RPO_UNKNOWN, "rpo-unknown", KB_WARN, KB_AXIS_DATA, "How old the data would be is not known",                     \
      "データの古さが確定できません",                                                                                    \
      "Drill every system this function needs, with generations from before the disruption.",                          \
      "この業務に必要なシステムをすべて、発生時刻より前の世代で訓練してください。")

#define KB_RULES_ATTEND(X)                                                                                             \
    X(STEP_SKIPPED, "step-skipped", KB_NOTE, KB_AXIS_TIME, "A step of people was skipped", "人の手順を省略しました",   \
      "Its planned time was counted. Do it in the next drill.",                                                        \
      "計画値の時間で数えています。次の訓練では実施してください。")                                                    \
    X(ACCEPTANCE_SKIPPED, "acceptance-skipped", KB_WARN, KB_AXIS_RESTORE,                                              \
      "Nobody of the business accepted the result", "業務の担当者による確認を省略しました",                            \
      "Have the result looked at by somebody who works with it.",                                                      \
      "実際に業務で使う人に、結果を確認してもらってください。")

#define KB_RULES_UNIT(X)                                                                                               \
    X(WORKER_LOST, "worker-lost", KB_BAD, KB_AXIS_RESTORE, "The check was cut off", "検査が途中で止まりました",              \
      "Run the drill again; if it stops at the same place, keep the backup aside and report it.",                      \
      "もう一度実行してください。同じ所で止まるなら、そのバックアップを保管して報告してください。")                                               \
    X(TIMED_OUT, "timed-out", KB_BAD, KB_AXIS_RESTORE, "Did not end within max_duration", "max_duration 以内に終わりませんでした", \
      "See whether the disk is slow or failing; raise max_duration if it is just large.",                              \
      "ディスクの劣化を確認してください。単に大きいだけなら max_duration を延ばしてください。")                                               \
    X(NO_COPY, "no-copy", KB_BAD, KB_AXIS_RESTORE, "No copy lies on the media of this drill",                          \
      "この訓練で使う媒体に控えがありません", "Name one of its media in the drill's `media`, or plan a copy on one that is.",          \
      "訓練の media にその媒体を加えるか、使う媒体に控えを作る計画にしてください。")

#define KB_RULES_THREAT(X)                                                                                             \
    X(NO_SURVIVING_COPY, "no-surviving-copy", KB_BAD, KB_AXIS_RESTORE, "The threat leaves no copy",                    \
      "想定した脅威で、すべての控えが失われます", "Add a copy that this threat does not reach.",                          \
      "この脅威が届かない控えを加えてください。")

#define KB_RULES_SAMPLE(X)                                                                                             \
    X(SAMPLE_LINK, "sample-link", KB_WARN, KB_AXIS_RESTORE, "What a check names is a link out of the sample",          \
      "確認の対象が、抜き取りに含まれないファイルへのリンクです",                                                       \
      "Have the check name the file that the link leads to, or drill with `restore: full`.",                           \
      "リンク先のファイルを確認の対象に書くか、restore: full で訓練してください。")

#define KB_RULES_REGISTER(X)                                                                                           \
    X(MEDIUM_FAILING, "medium-failing", KB_BAD, KB_AXIS_RESTORE, "The disk says of itself that it is failing",         \
      "ディスクの自己診断（SMART）が故障を予告しています",                                                                   \
      "Copy what is on it to another disk today, and replace this one.",                                               \
      "今日のうちに中身を別のディスクへ写し、このディスクを交換してください。")                                                   \
    X(MEDIUM_WEARING, "medium-wearing", KB_WARN, KB_AXIS_RESTORE, "The disk shows signs of wear",                      \
      "ディスクに劣化の兆候があります", "Order a replacement, and verify this disk more often until then.",                     \
      "交換用のディスクを手配し、それまでは検証の回数を増やしてください。")                                                     \
    X(GENERATION_STALE, "generation-stale", KB_BAD, KB_AXIS_DATA, "The newest generation is older than the plan allows", \
      "最新の世代が計画の間隔より古くなっています", "See whether the backup job ran and wrote to this disk; run it, then ask again.",    \
      "バックアップが実行され、このディスクに書き込まれたかを確認し、取り直してからもう一度実行してください。")                           \
    X(GENERATION_SIZE, "generation-size", KB_BAD, KB_AXIS_RESTORE, "The size is not plausible beside the generation before", \
      "前の世代と比べて大きさが不自然です", "Find out whether data was deleted or the backup was cut short, before this disk leaves.",    \
      "データが消えたのか、バックアップが途中で終わったのかを、ディスクを外す前に調べてください。")                                      \
    X(GENERATION_VANISHED, "generation-vanished", KB_BAD, KB_AXIS_RESTORE, "Generations are gone that were here last time", \
      "前回あった世代がなくなっています",                                                                                     \
      "Find out who deleted them. If the backup job keeps only so many, write `retention` into the plan.",              \
      "誰が削除したかを調べてください。バックアップ側で世代数を制限している場合は、計画に retention を書いてください。")                     \
    X(GENERATION_REWRITTEN, "generation-rewritten", KB_BAD, KB_AXIS_RESTORE, "An old generation is not as it was last time", \
      "以前の世代が前回から変わっています", "A backup that is finished must not change. Find out what wrote to it (ransomware?).",      \
      "完了したバックアップは変わらないはずです。何が書き込んだか（ランサムウェアなど）を調べてください。")                                \
    X(MEDIUM_UNUSED, "medium-unused", KB_BAD, KB_AXIS_RESTORE, "No backup of the plan lies on this disk",              \
      "このディスクに置くバックアップが計画にありません", "Name this disk in the `copies` of the sets that are written to it, or take it out of the rotation.", \
      "このディスクに書き込むバックアップの copies に加えるか、交代（rotations）から外してください。")                 \
    X(GENERATION_UNVERIFIED, "generation-unverified", KB_BAD, KB_AXIS_RESTORE, "The newest generation has not been verified on this disk", \
      "最新の世代がこのディスク上で検証されていません", "Run again with --verify: it is read to its end before the disk leaves.",            \
      "--verify を付けてもう一度実行してください。ディスクを外す前に最後まで読んで確かめます。")

#define KB_RULES_SIGNS(X)                                                                                              \
    X(CANARY_DIFFERS, "canary-differs", KB_BAD, KB_AXIS_RESTORE, "A file that never changes has changed", "変わらないはずのファイル（canary）が変わっています", \
      "If nobody changed it on purpose, take this for an attack: keep older generations apart, and look at the server.", \
      "意図して変えたのでなければ攻撃を疑い、古い世代を隔離して、サーバを調べてください。")                            \
    X(CANARY_MISSING, "canary-missing", KB_BAD, KB_AXIS_RESTORE, "A file that never changes is gone", "変わらないはずのファイル（canary）がありません", \
      "See whether it was deleted or renamed, and whether its folder is still backed up.",                             \
      "削除や改名がなかったか、そのフォルダがバックアップの対象のままかを確認してください。")                          \
    X(CANARY_UNREAD, "canary-unread", KB_BAD, KB_AXIS_RESTORE, "A file that never changes could not be read", "変わらないはずのファイル（canary）を読めませんでした", \
      "See the other findings for why; nothing is known of this file in this generation.",                             \
      "読めない理由は他の指摘を見てください。この世代では、このファイルの状態は分かりません。")                        \
    X(FORMAT_ODD, "format-odd", KB_NOTE, KB_AXIS_RESTORE, "Files that are not what their names say", "中身が拡張子と合わないファイルがあります", \
      "Open one of them. A few are normal (a renamed CSV); that they become more is the sign to watch for.",           \
      "1つ開いてみてください。数件なら普通にあります（CSVの拡張子違いなど）。増えていくときは要注意です。")            \
    X(FORMAT_MOSTLY, "format-mostly", KB_WARN, KB_AXIS_RESTORE, "Most files are not what their names say", "大半のファイルの中身が拡張子と合いません", \
      "Open some of them on a separate machine. If they do not open, isolate the server, and keep older generations apart.", \
      "別の機器で何件か開いてみてください。開けなければサーバを切り離し、古い世代を隔離してください。")                \
    X(RANSOM_NAMES, "ransom-names", KB_WARN, KB_AXIS_RESTORE, "Names that ransomware leaves behind", "ランサムウェアが残す名前のファイルがあります", \
      "Look at these files without opening attachments. If they are not yours, isolate the server and use an older generation.", \
      "これらのファイルを調べてください。覚えがなければ、サーバをネットワークから切り離し、古い世代を使ってください。") \
    X(SIGNS_GROW, "signs-grow", KB_WARN, KB_AXIS_RESTORE, "More files than before are not what their names say", "中身が拡張子と合わないファイルが増えています", \
      "Open some of them on a separate machine. If they do not open, isolate the server, and keep older generations apart.", \
      "別の機器で何件か開いてみてください。開けなければサーバを切り離し、古い世代を隔離してください。")                \
    X(CHANGE_LARGE, "change-large", KB_BAD, KB_AXIS_RESTORE, "More has changed than the plan allows", "計画の上限を超えて変わっています", \
      "Find out who changed these files. If it was right, raise max_change for one drill, which then is what is compared with.", \
      "誰が変えたかを調べてください。正しい変更なら max_change を一度だけ上げて訓練すると、次回からそれが比較の基準になります。") \
    X(CHANGE_SUFFIX, "change-suffix", KB_WARN, KB_AXIS_RESTORE, "Files were renamed to one new ending", "同じ新しい拡張子に改名されたファイルが多数あります", \
      "If nobody renamed them on purpose, take this for ransomware at work: isolate the server, keep older generations apart.", \
      "意図した改名でなければランサムウェアを疑い、サーバを切り離して、古い世代を隔離してください。")                  \
    X(CHANGE_RENAMED, "change-renamed", KB_BAD, KB_AXIS_RESTORE, "Most files were renamed to one new ending", "大半のファイルが同じ新しい拡張子に改名されています", \
      "Take this for ransomware: isolate the server, keep older generations apart. If it was done on purpose, drill once with max_change: 100%.", \
      "ランサムウェアを疑い、サーバを切り離して古い世代を隔離してください。意図した改名なら、一度だけ max_change: 100% で訓練してください。")              \
    X(CHANGE_VANISHED, "change-vanished", KB_WARN, KB_AXIS_RESTORE, "Most files of the earlier drill are gone", "前回あったファイルの大半がありません", \
      "See whether they were deleted, moved, or are no longer backed up.",                                             \
      "削除・移動されたのか、バックアップの対象から外れたのかを確認してください。")                                    \
    X(NO_LONGER_READABLE, "no-longer-readable", KB_BAD, KB_AXIS_RESTORE, "Files that could be read before cannot be read now", "前回読めたファイルが読めなくなっています", \
      "Use the generation that could be read, and find out since when these cannot.",                                  \
      "読めた世代を使い、いつから読めないのかを調べてください。")                                                      \
    X(BASELINE_DIFFERS, "baseline-differs", KB_BAD, KB_AXIS_RESTORE, "A finished backup is not what it was", "完了したバックアップの中身が、前に読んだときと違います", \
      "The disk is failing, or somebody wrote to it. Use another copy, and do not trust this generation.",             \
      "ディスクの劣化か、何者かによる書き換えです。別の控えを使い、この世代は使わないでください。")                    \
    X(COMPARE_LOST, "compare-lost", KB_WARN, KB_AXIS_RESTORE, "The earlier list could not be read", "比較する前回の一覧を読めませんでした", \
      "Run `koboshi evidence verify`, and bring the missing list back from a copy of the ledger (folder objects).",       \
      "koboshi evidence verify で台帳を確認し、台帳の控えから、なくなった一覧（objects フォルダ）を戻してください。")
