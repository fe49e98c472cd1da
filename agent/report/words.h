/* SPDX-License-Identifier: Apache-2.0 */
/* Every label of a report, in English and Japanese: a row without one of them does not compile. */
#pragma once

#include "koboshi/text.h"

/* X(id, en, ja) */
#define KB_WORDS(X)                                                                                                    \
    KB_WORDS_HEAD(X)                                                                                                   \
    KB_WORDS_FUNCTION(X)                                                                                               \
    KB_WORDS_UNIT(X)                                                                                                   \
    KB_WORDS_ATTENDED(X)                                                                                               \
    KB_WORDS_FINDING(X)                                                                                                \
    KB_WORDS_PLACE(X)                                                                                                  \
    KB_WORDS_SEAL(X)

#define KB_WORDS_HEAD(X)                                                                                               \
    X(TITLE_DRILL, "Restore drill report", "復元訓練報告書")                                                           \
    X(TITLE_VERIFY, "Backup verification report", "バックアップ検証報告書")                                            \
    X(NUMBER, "Record no.", "記録番号")                                                                                \
    X(PREPARED, "Prepared", "作成")                                                                                    \
    X(CHECKED, "Checked", "確認")                                                                                      \
    X(APPROVED, "Approved", "承認")                                                                                    \
    X(SIGN_DATE, "Date", "年　　月　　日")                                                                             \
    X(VERDICT, "Result", "判定")                                                                                       \
    X(SUMMARY, "Overview", "概要")                                                                                     \
    X(RESTORE, "Restore", "復元")                                                                                      \
    X(TIME, "Time", "時間")                                                                                            \
    X(DATA, "Data", "データ")                                                                                          \
    X(RESTORE_ASKS, "Can the data be brought back?", "データは元に戻せるか")                                           \
    X(TIME_ASKS, "Within the agreed time?", "目標の時間に間に合うか")                                                  \
    X(DATA_ASKS, "Fresh enough?", "データの新しさは足りるか")                                                          \
    X(ON_TRACK, "on track", "達成見込み")                                                                              \
    X(ON_TRACK_NOTE, "On track: the time includes planned or estimated parts that were not measured in this drill.",   \
      "達成見込み：この訓練で測っていない計画値・推定値を含む時間での判定です。")                                      \
    X(NO_FUNCTION, "The plan names no business function (`functions`) with objectives, so nothing was judged.",        \
      "計画に業務（functions）の目標時間が書かれていないため、判定していません。")                                     \
    X(NO_UNIT, "No backup was examined.", "検査したバックアップはありません。")                                        \
    X(STARTED, "Started", "開始")                                                                                      \
    X(FINISHED, "Finished", "終了")                                                                                    \
    X(TOOK, "Duration", "所要時間")                                                                                    \
    X(DRILL, "Drill", "訓練")                                                                                          \
    X(THREAT, "Assumed threat", "想定した脅威")                                                                        \
    X(DISRUPTED, "Assumed disruption", "想定した発生時刻")                                                             \
    X(OPERATOR, "Carried out by", "実施者")                                                                            \
    X(PLAN, "Plan", "計画")                                                                                            \
    X(PLAN_HASH, "Plan SHA-256", "計画の SHA-256")                                                                     \
    X(RTO_BASIS, "RTO counted from", "RTO の起点")                                                                     \
    X(AD_HOC, "not in the plan (ad hoc)", "計画外（随時）")                                                            \
    X(CANCELED_HEAD, "Cancelled before its end", "途中で中止されました")                                               \
    X(CANCELED_TEXT, "What follows is what had been established by then. What was cancelled stays on record too.",     \
      "以下は、中止までに確認できたことです。中止したことも記録として残ります。")                                      \
    X(FAULT_HEAD, "Not completed because of a fault of the checking program",                                          \
      "検査するプログラム側の障害のため、最後まで実行できませんでした")                                                \
    X(FAULT_TEXT, "This says nothing about the backups. What follows had been established by then.",                   \
      "バックアップの良し悪しを示すものではありません。以下は、障害の前までに確認できたことです。")                    \
    X(BROKEN_HEAD, "This record does not fit its signature. Do not trust what it says.",                               \
      "この記録は署名と一致しません。内容を信用しないでください。")                                                    \
    X(BROKEN_TEXT,                                                                                                     \
      "Change nothing in the ledger. `koboshi evidence verify` says what differs; compare it with evidence that was "  \
      "exported before, or with an earlier report on paper.",                                                          \
      "台帳には手を加えないでください。どこが違うかは koboshi evidence verify で確かめ、"  \
      "以前に書き出した証跡や紙の報告書と見比べてください。")                                                          \
    X(FAULT, "Fault", "障害")                                                                                          \
    X(RECORD, "Record", "記録")                                                                                        \
    X(REPORT, "Report", "報告書")                                                                                      \
    X(SIGNED_SHORT, " (signed)", "（署名済み）")                                                                       \
    X(UNSIGNED_SHORT, " (NOT signed)", "（署名なし）")                                                                 \
    X(BROKEN_SHORT, " (signature NOT valid)", "（署名が不正）")                                                        \
    X(MISSING, "–", "–")                                                                                               \
    X(NOT_OBTAINED, "not obtained", "未取得")                                                                          \
    X(NOT_DECLARED, "not declared", "未申告")                                                                          \
    X(NONE, "none", "なし")                                                                                            \
    X(YES, "yes", "あり")

#define KB_WORDS_FUNCTION(X)                                                                                           \
    X(FUNCTIONS, "Business functions", "業務ごとの結果")                                                               \
    X(FUNCTION, "Business function", "業務")                                                                           \
    X(RECOVERY, "Recovery time (measured + planned)", "復旧所要時間（実測＋計画値）")                                  \
    X(RECOVERY_ESTIMATED, "Recovery time (measured, estimated + planned)", "復旧所要時間（実測・推定＋計画値）")       \
    X(RTO, "RTO", "RTO")                                                                                               \
    X(AGE, "Age of data (actual)", "データの古さ（実績）")                                                             \
    X(RPO, "RPO", "RPO")                                                                                               \
    X(TIMELINES, "How the recovery time is made up", "復旧所要時間の内訳")                                             \
    X(OWNER, "Owner", "業務責任者")                                                                                    \
    X(PRIORITY, "Priority", "優先順位")                                                                                \
    X(CRITICAL, "critical", "重要業務")                                                                                \
    X(MTPD, "MTPD", "最大許容停止時間（MTPD）")                                                                        \
    X(RLO, "Level to resume at (RLO)", "目標復旧レベル（RLO）")                                                        \
    X(ON_TEST_MACHINE, "Total, as measured on the verification machine", "合計：検証機での実測")                       \
    X(IN_PRODUCTION, "Total, projected to production (estimate)", "合計：本番換算（推定）")                            \
    X(BY_SOURCE, "Made up of", "内訳")                                                                                 \
    X(DETECTION, "Until detection", "検知まで")                                                                        \
    X(LOST, "data not restored", "復元できず再開不可")                                                                 \
    X(PART, "Part", "工程")                                                                                            \
    X(WHO, "Who", "担当")                                                                                              \
    X(FROM, "From", "開始")                                                                                            \
    X(LENGTH, "Takes", "所要")                                                                                         \
    X(SOURCE, "Source", "根拠")                                                                                        \
    X(TIMELINE, "Timeline", "時間軸")                                                                                  \
    X(PATH_NOTE, "● lies on the longest path: shortening it brings recovery forward.",                                 \
      "● は最も時間のかかる経路上の工程です。ここを短くすると復旧が早まります。")                                      \
    X(BAR_NOTE, "Filled: measured. Striped: estimated. Outlined: planned. Dashed: not declared. Line: RTO.",           \
      "黒：実測、斜線：推定、白枠：計画値、破線：未申告、縦線：RTO")

#define KB_WORDS_UNIT(X)                                                                                               \
    X(UNITS, "Backups", "バックアップごとの結果")                                                                      \
    X(SET, "Backup", "バックアップ")                                                                                   \
    X(SYSTEM, "System", "システム")                                                                                    \
    X(MEDIUM, "Medium", "媒体")                                                                                        \
    X(GENERATION, "Generation", "世代")                                                                                \
    X(POINT_IN_TIME, "Point in time", "データの時点")                                                                  \
    X(FILES, "Files", "ファイル数")                                                                                    \
    X(BYTES, "Read", "読んだ量")                                                                                       \
    X(SECONDS, "Time", "時間")                                                                                         \
    X(RATE, "Rate", "速さ")                                                                                            \
    X(PROOF, "Proof", "確認水準")                                                                                      \
    X(RESULT, "Result", "結果")                                                                                        \
    X(REASON, "Reason", "理由")                                                                                        \
    X(CHOICE, "Why this one", "選んだ理由")                                                                            \
    X(SURVIVAL, "Copies under this threat", "想定した脅威で残る控え")                                                  \
    X(DETECTED, "Format", "形式")                                                                                      \
    X(CONTENT, "Content", "中身")                                                                                      \
    X(COMPARED, "Compared with the manifest", "ハッシュ一覧との照合")                                                  \
    X(RESTORED, "Restored and re-read", "復元と読み直し")                                                              \
    X(SAMPLE, "Only a sample restored", "抜き取りでの復元")                                                            \
    X(ESTIMATE_BASIS, "Basis of the estimated time", "推定時間の根拠")                                                 \
    X(PROBES, "Usability checks", "使用確認")                                                                          \
    X(CANARY, "Files that never change (canary)", "変わらないはずのファイル（canary）")                                \
    X(CHANGE, "Compared with before", "前回との比較")                                                                  \
    X(NO_CHANGE, "Nothing earlier to compare with; the next drill is compared with this one.",                         \
      "比較できる以前の記録がありません。次回は今回と比較します。")                                                    \
    X(BASELINE, "This generation when first read", "この世代を初めて読んだとき")                                       \
    X(SIGNS, "Signs of ransomware", "ランサムウェアの兆候")                                                            \
    X(SEGMENTS, "Files, in order", "構成ファイル（順）")                                                               \
    X(FILE_HASH, "SHA-256 of the generation", "世代の SHA-256")                                                        \
    X(MANIFEST, "Manifest", "ハッシュ一覧")                                                                            \
    X(MANIFEST_KIND, "Kind of manifest", "ハッシュ一覧の種類")                                                         \
    X(MANIFEST_HASH, "SHA-256 of the manifest", "ハッシュ一覧の SHA-256")                                              \
    X(LIST, "List of all entries (object)", "全項目の一覧（objects）")                                                 \
    X(CAVEATS, "Caveats", "留意点")                                                                                    \
    X(CONFINEMENT, "Confinement reached", "隔離の実績")                                                                \
    X(ALLOW_LIST, "allow-list", "許可リスト方式")                                                                      \
    X(DENY_LIST, "deny-list", "拒否リスト方式")                                                                        \
    X(COMPLETE, "complete", "すべて有効")                                                                              \
    X(INCOMPLETE, "INCOMPLETE", "一部無効")                                                                            \
    X(LEVEL, "Level", "水準")                                                                                          \
    X(FACT, "What was established", "確認した事実")                                                                    \
    X(STEPS, "Steps", "手順の実績")                                                                                    \
    X(STEP, "Step", "手順")                                                                                            \
    X(PLANNED, "Planned", "計画")                                                                                      \
    X(COUNTED_AS, "Time counted", "採用した時間")                                                                      \
    X(STATUS, "Status", "状態")                                                                                        \
    X(ZERO_FILES, "Not one file was checked", "検査できたファイルが1つもありません")

#define KB_WORDS_ATTENDED(X)                                                                                           \
    X(ATTENDED, "Attended: steps done by", "立会い・手順の実施者")                                                     \
    X(NOBODY, "nobody", "なし")                                                                                        \
    X(NOTED, "Note", "メモ")                                                                                           \
    X(SKIPPED, "skipped", "省略")                                                                                      \
    X(SKIPPED_WHY, "Skipped because", "省略の理由")                                                                    \
    X(PAUSED, "paused, not counted", "一時停止（数えない）")                                                           \
    X(ENTERED_LATER, "entered later, on", "あとから記入")                                                              \
    X(OPERATOR_CLOCK, "The operator's own clock", "実施者の時計との差")                                                \
    X(AT_START, "at the start", "開始時")                                                                              \
    X(AT_END, "at the end", "終了時")

#define KB_WORDS_FINDING(X)                                                                                            \
    X(FINDINGS, "Findings", "指摘事項")                                                                                \
    X(NO_FINDING, "There are no findings.", "指摘はありません。")                                                      \
    X(WHERE, "Where", "場所")                                                                                          \
    X(WHOLE, "(the whole)", "（全体）")                                                                                \
    X(EXPECTED, "Expected", "期待")                                                                                    \
    X(FOUND, "Found", "結果")                                                                                          \
    X(NEXT, "Next", "次")                                                                                              \
    X(RAW_NAME, "raw bytes of the name", "名前の実バイト")                                                             \
    X(DEVIATIONS, "Deviations from the plan", "計画からの逸脱")                                                        \
    X(NO_DEVIATION, "None recorded.", "記録された逸脱はありません。")                                                  \
    X(NOT_PROVEN, "What this record does not prove", "この記録が証明しないこと")                                       \
    X(NO_NOT_PROVEN, "The record names nothing here; that does not widen what it proves.",                             \
      "記録に記載がありません。記載がないことは、証明の範囲を広げるものではありません。")

#define KB_WORDS_PLACE(X)                                                                                              \
    X(MEDIA, "Media", "使用した媒体")                                                                                  \
    X(NO_MEDIUM, "No medium was used.", "使用した媒体はありません。")                                                  \
    X(LABEL, "Label", "ラベル")                                                                                        \
    X(FS_UUID, "File-system UUID", "ファイルシステム UUID")                                                            \
    X(SERIAL, "Serial number", "シリアル番号")                                                                         \
    X(DEVICE, "Device, file system, size", "デバイス・形式・容量")                                                     \
    X(MOUNTED, "How it was mounted", "マウント方法")                                                                   \
    X(MOUNTED_BY_US, "by Koboshi", "Koboshi がマウント")                                                               \
    X(MOUNTED_BEFORE, "before the drill", "訓練前からマウント済み")                                                    \
    X(WRITABLE, "WRITABLE for others during the drill", "訓練中に他から書き込み可能でした")                            \
    X(CLEAN_STATE, "Detached before", "前回の取り外し")                                                                \
    X(CLEAN, "cleanly", "正常")                                                                                        \
    X(UNCLEAN, "NOT cleanly", "異常（正しく取り外されていません）")                                                    \
    X(HOME, "Kept at", "保管場所")                                                                                     \
    X(RETRIEVAL, "Time to fetch (planned)", "取り寄せ時間（計画値）")                                                  \
    X(MEDIUM_FOUND, "What was found", "確認結果")                                                                      \
    X(ENVIRONMENT, "Environment", "実施環境")                                                                          \
    X(HOST, "Verification machine", "検証機")                                                                          \
    X(SYSTEM_SOFTWARE, "Operating system", "OS")                                                                       \
    X(AGENT, "Koboshi version", "Koboshi の版")                                                                        \
    X(ZONE, "Time zone", "タイムゾーン")                                                                               \
    X(CLOCK, "Clock", "時計")                                                                                          \
    X(CLOCK_SYNC, "synchronized", "時刻同期あり")                                                                      \
    X(CLOCK_FREE, "not synchronized", "時刻同期なし")                                                                  \
    X(CLOCK_JUMP, "Clock jumps during the drill", "訓練中の時刻の飛び")                                                \
    X(NO_JUMP, "none (under 1 second)", "なし（1秒未満）")                                                             \
    X(BOOT_CHANGED, "The machine was restarted during the drill", "訓練中に再起動がありました")                        \
    X(ROUTES, "Way to other networks", "外部への経路")                                                                 \
    X(KEY_USED, "Key used", "使った鍵")                                                                                \
    X(RESOLVERS, "Name servers", "名前解決（DNS）")                                                                    \
    X(NO_RESOLVER, "none configured", "設定なし")                                                                      \
    X(ADDRESSES, "Addresses", "アドレス")                                                                              \
    X(NO_ADDRESS, "none (not connected)", "なし（接続なし）")                                                          \
    X(NO_ROUTE, "none (no default route, IPv4 and IPv6)", "なし（IPv4・IPv6 とも既定経路なし）")                       \
    X(SCRATCH, "Restored into", "復元先")                                                                              \
    X(KEPT, "kept after the drill", "訓練後も保存")                                                                    \
    X(REMOVED, "removed after the drill", "訓練後に削除")

#define KB_WORDS_SEAL(X)                                                                                                                                                      \
    X(EVIDENCE, "Evidence", "証拠")                                                                                                                                           \
    X(DERIVED, "This report is a view made from the signed record; the record, not this page, is the original.",                                                              \
      "この報告書は、署名された記録から作成した表示です。原本は記録（record.json）であり、この紙面ではありません。")                                                          \
    X(LEDGER, "Ledger", "台帳")                                                                                                                                               \
    X(CHECKPOINT, "Checkpoint: size", "チェックポイント：行数")                                                                                                               \
    X(HEAD, "Checkpoint: head (SHA-256 of the last line)", "チェックポイント：最終行の SHA-256（head）")                                                                      \
    X(KEY, "Fingerprint of the signing key", "署名鍵の指紋")                                                                                                                  \
    X(SEAL_STATE, "Signature", "署名")                                                                                                                                        \
    X(OTHER_LEDGER, "The record names another ledger", "記録にある台帳と異なります")                                                                                          \
    X(CHECK_HOW, "To check without Koboshi:", "Koboshi を使わずに確かめる方法：")                                                                                             \
    X(CHECK_LEDGER, "in the ledger folder", "台帳のフォルダで")                                                                                                               \
    X(CHECK_FILES, "in the folder of this drill", "この訓練のフォルダで")                                                                                                     \
    X(CHECK_LIMIT,                                                                                                                                                            \
      "The signature speaks for the signer only if the fingerprint above was received on another way (plan, paper, "                                                          \
      "telephone) and is the same.",                                                                                                                                          \
      "署名した者が正しいと言えるのは、上の指紋が、別の経路（計画書・紙・電話など）で受け取ったものと一致した場合だけ" \
      "です。")                                                                                                                                                               \
    X(NO_SEAL_TEXT, "This report is not tied to a signed ledger: it is a draft, not evidence.",                                                                               \
      "この報告書は署名された台帳に結び付いていません。控えであり、証拠ではありません。")

enum kb_word {
#define KB_WORD_ENUM(id, en, ja) KB_W_##id,
    KB_WORDS(KB_WORD_ENUM)
#undef KB_WORD_ENUM
        KB_WORD_COUNT,
};

/* Names of the values of a record's enums: X(value, en, ja), in enum order. */
#define KB_NAMES_OF_VERDICT(X)                                                                                         \
    X(KB_VERDICT_NONE, "not judged", "判定なし")                                                                       \
    X(KB_VERDICT_MET, "met", "達成")                                                                                   \
    X(KB_VERDICT_CONDITIONAL, "met with conditions", "条件付き達成")                                                   \
    X(KB_VERDICT_MISSED, "missed", "未達")
#define KB_NAMES_OF_UNIT(X)                                                                                            \
    X(KB_UNIT_GOOD, "OK", "OK")                                                                                        \
    X(KB_UNIT_CONDITIONAL, "OK with conditions", "条件付きOK")                                                         \
    X(KB_UNIT_FAILED, "FAILED", "NG")                                                                                  \
    X(KB_UNIT_NOT_RUN, "not run", "未実施")                                                                            \
    X(KB_UNIT_CANCELED, "cancelled", "中止")                                                                           \
    X(KB_UNIT_PARTIAL, "in part", "一部のみ")
#define KB_NAMES_OF_STEP(X)                                                                                            \
    X(KB_UNIT_GOOD, "done", "完了")                                                                                    \
    X(KB_UNIT_CONDITIONAL, "done with conditions", "条件付き完了")                                                     \
    X(KB_UNIT_FAILED, "failed", "失敗")                                                                                \
    X(KB_UNIT_NOT_RUN, "not run", "未実施")                                                                            \
    X(KB_UNIT_CANCELED, "cancelled", "中止")                                                                           \
    X(KB_UNIT_PARTIAL, "done in part", "一部完了")
#define KB_NAMES_OF_SOURCE(X)                                                                                          \
    X(KB_TIME_ATTENDED, "measured, attended", "実測（立会い）")                                                        \
    X(KB_TIME_MEASURED, "measured", "実測")                                                                            \
    X(KB_TIME_ESTIMATED, "estimated", "推定")                                                                          \
    X(KB_TIME_DECLARED, "planned", "計画値")                                                                           \
    X(KB_TIME_UNDECLARED, "not declared", "未申告")
#define KB_NAMES_OF_ACT(X)                                                                                             \
    X(KB_DO_MANUAL, "Work by hand", "手作業")                                                                          \
    X(KB_DO_WAIT_MEDIUM, "Fetch the medium", "媒体の準備")                                                             \
    X(KB_DO_DECISION, "Decision", "判断")                                                                              \
    X(KB_DO_VERIFY, "Verify", "検証")                                                                                  \
    X(KB_DO_RESTORE, "Restore (with verification)", "復元（検証を含む）")                                              \
    X(KB_DO_PROBE, "Check that it can be used", "使用確認")                                                            \
    X(KB_DO_COMMAND, "Command", "コマンド")
#define KB_NAMES_OF_PIT(X)                                                                                             \
    X(KB_PIT_NAME, "date and time in the file name", "ファイル名の日時")                                               \
    X(KB_PIT_NAME_AND_MTIME, "date in the file name, time of the last change", "ファイル名の日付と更新時刻")           \
    X(KB_PIT_NAME_DAY_START, "date in the file name, taken as the start of that day",                                  \
      "ファイル名の日付（その日の0時とみなす）")                                                                       \
    X(KB_PIT_MTIME, "time of the last change", "更新時刻")                                                             \
    X(KB_PIT_NEWEST_FILE, "time of the newest file in the folder; nothing newer was backed up",                        \
      "フォルダ内で最も新しいファイルの更新時刻（これより新しい変更は含まれません）")                                  \
    X(KB_PIT_STAMP_FILE, "what the backup job wrote into its stamp file", "バックアップが書き残した日時")
#define KB_NAMES_OF_FACT(X)                                                                                            \
    X(KB_NOT_APPLICABLE, "not applicable", "対象外")                                                                   \
    X(KB_NOT_REACHED, "not established", "確認できず")                                                                 \
    X(KB_REACHED, "established", "確認済み")
#define KB_NAMES_OF_SEVERITY(X)                                                                                        \
    X(KB_NOTE, "Note", "参考")                                                                                         \
    X(KB_WARN, "Warning", "注意")                                                                                      \
    X(KB_BAD, "Failure", "不合格")
#define KB_NAMES_OF_MEDIUM(X)                                                                                          \
    X(KB_MEDIUM_READY, "ready", "使用可")                                                                              \
    X(KB_MEDIUM_ABSENT, "not attached", "未接続")                                                                      \
    X(KB_MEDIUM_WRONG, "another disk in its place", "別のディスク")                                                    \
    X(KB_MEDIUM_EMPTY, "nothing mounted there", "マウントなし")                                                        \
    X(KB_MEDIUM_TWICE, "two disks with one UUID", "同じUUIDが2台")                                                     \
    X(KB_MEDIUM_UNREADABLE, "unreadable", "読み取り不可")                                                              \
    X(KB_MEDIUM_LOCKED, "encrypted, not opened", "暗号化・ロック中")
#define KB_NAMES_OF_BASIS(X)                                                                                           \
    X(KB_FROM_DISRUPTION, "disruption", "発生")                                                                        \
    X(KB_FROM_DETECTION, "detection", "検知")                                                                          \
    X(KB_FROM_ACTIVATION, "activation", "発動")
#define KB_NAMES_OF_SEAL(X)                                                                                            \
    X(KB_SEAL_NONE, "not signed", "署名なし")                                                                          \
    X(KB_SEAL_SIGNED, "signed; not checked for this report", "署名済み（この報告書の作成時には検証していません）")     \
    X(KB_SEAL_VERIFIED, "signed; checked and good when this report was made",                                          \
      "署名済み（この報告書の作成時に検証し、正常）")                                                                  \
    X(KB_SEAL_BROKEN, "NOT VALID: the check failed when this report was made",                                         \
      "不正：この報告書の作成時の検証で一致しませんでした")
/* L0 … L6, in the order of struct kb_proof */
#define KB_NAMES_OF_LEVEL(X)                                                                                           \
    X(0, "It exists", "存在する")                                                                                      \
    X(1, "It could be read from beginning to end", "最初から最後まで読めた")                                           \
    X(2, "Its hashes equal the manifest written with the backup", "作成時のハッシュ一覧と一致した")                    \
    X(3, "Archive structure and the checksum of each entry are good", "アーカイブの構造と各項目の検査値が正しい")      \
    X(4, "Restored, read back and compared file by file", "復元し、読み直して1件ずつ照合した")                         \
    X(5, "Opened and usable (automatic checks)", "開いて使えることを自動で確認した")                                   \
    X(6, "Accepted by a person of the business", "業務の担当者が使えると認めた")

#define KB_NAME_TABLES(X)                                                                                              \
    X(VERDICT) X(UNIT) X(STEP) X(SOURCE) X(ACT) X(PIT) X(FACT) X(SEVERITY) X(MEDIUM) X(BASIS) X(SEAL) X(LEVEL)
enum kb_name_table {
#define KB_NAME_TABLE_ENUM(id) KB_T_##id,
    KB_NAME_TABLES(KB_NAME_TABLE_ENUM)
#undef KB_NAME_TABLE_ENUM
};

/* kb_word(word): the label. */
struct kb_text kb_word(enum kb_word word);
/* kb_name(table, value): the name of a value; "?" for one that is not in the table. */
struct kb_text kb_name(enum kb_name_table table, int value);
