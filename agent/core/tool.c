/* SPDX-License-Identifier: Apache-2.0 */
/* The presets, one row per tool. */
#include "koboshi/tool.h"

#define LENGTH(a) (sizeof(a) / sizeof *(a))
#define MAGIC_OF(offset, bytes, name, least)                                                                           \
    {                                                                                                                  \
        offset, sizeof(bytes) - 1, bytes, name, least                                                                  \
    }
#define MAGIC(offset, bytes, name) MAGIC_OF(offset, bytes, name, 0)

/* VHDX: [MS-VHDX] 2.2.1, File Type Identifier: "vhdxfile" at byte 0; 2.2: the headers take
 * the first MiB. VHD: Virtual Hard Disk Image Format Specification
 * 1.0, Hard Disk Footer Format: "conectix", of which dynamic disks, as Windows Server Backup writes them, keep a copy
 * at byte 0. */
static const struct kb_magic disk_images[] = {MAGIC_OF(0, "vhdxfile", "VHDX", 1 << 20), MAGIC(0, "conectix", "VHD")};

/* XML 1.0, F.1: how a document begins, without and with a byte order mark. */
static const struct kb_magic xml[] = {
    MAGIC(0, "<", "XML"),
    MAGIC(0, "\xef\xbb\xbf<", "XML, UTF-8"),
    MAGIC(0, "\xff\xfe<\0", "XML, UTF-16"),
    MAGIC(0, "\xfe\xff\0<", "XML, UTF-16"),
};

/* Microsoft Tape Format Specification 1.00a, DBLK types: a medium begins with the block "TAPE". Compressed and
 * encrypted backups begin with "MSSQLBAK" instead: not documented by Microsoft; seen in the backups of AdventureWorks
 * that it publishes. */
static const struct kb_magic sql_server[] = {MAGIC(0, "TAPE", "Microsoft Tape Format"),
                                             MAGIC(0, "MSSQLBAK", "SQL Server")};

/* Folder "Backup <date> <time>" below WindowsImageBackup\<computer>: one image per volume, the list of what was backed
 * up, and the metadata of the VSS writers (Win32_Volume GUIDs and writer GUIDs in their names). */
static const struct kb_layout wsb[] = {
    {"**/*.vhd*", {"ディスクイメージ", "disk images"}, LENGTH(disk_images), disk_images, .newest = true},
    {"**/BackupSpecs.xml", {"バックアップの目録", "the catalogue of the backup"}, LENGTH(xml), xml},
    {"**/*_Components.xml", {"VSSの構成情報", "the list of VSS components"}, LENGTH(xml), xml},
};

/* A task's folder <name>.hbk: public listings of such folders show the .bkpi, which Hyper Backup Explorer opens;
 * Config, Pool and _Syno_TaskConfig as in every such folder that readers of this format describe. */
static const struct kb_layout hyper_backup[] = {
    {"SynologyHyperBackup.bkpi", {"開くための目印ファイル", "the file that is opened"}, 0, NULL},
    {"_Syno_TaskConfig", {"タスクの設定", "the settings of the task"}, 0, NULL},
    {"Config/**", {"世代の目録", "the index of the versions"}, 0, NULL, .content = true},
    {"Pool/**", {"データ本体", "the data itself"}, 0, NULL, .content = true},
};

/* clang-format off */
static const struct kb_tool tools[] = {
    [KB_TOOL_TAR] = {.title = {"tar", "tar"}, .format = KB_FORMAT_ARCHIVE},
    [KB_TOOL_RSYNC] = {.title = {"rsync", "rsync"}, .format = KB_FORMAT_TREE, .method = KB_METHOD_MIRROR},
    [KB_TOOL_ROBOCOPY] = {.title = {"robocopy", "robocopy"}, .format = KB_FORMAT_TREE, .method = KB_METHOD_MIRROR},
    [KB_TOOL_WSB] = {.title = {"Windows Server バックアップ", "Windows Server Backup"},
                     .format = KB_FORMAT_TREE,
                     .tz = "UTC",
                     .n_layout = LENGTH(wsb),
                     .layout = wsb,
                     .opaque = true,
                     .caveat = {"ディスクイメージの中身は調べていません。起動や復元ができるかは、"
                                "wbadmin や回復環境で復元して初めて分かります。",
                                "The disk images were not looked into: that they boot or can be restored shows only "
                                "when wbadmin or the recovery environment restores them."}},
    [KB_TOOL_HYPERBACKUP] = {.title = {"Synology Hyper Backup", "Synology Hyper Backup"},
                             .format = KB_FORMAT_TREE,
                             .n_layout = LENGTH(hyper_backup),
                             .layout = hyper_backup,
                             .opaque = true,
                             .caveat = {"中身は Hyper Backup 自身でしか確認できません。NAS の「整合性チェック」か "
                                        "Hyper Backup Explorer で復元して確かめてください。",
                                        "Only Hyper Backup can look inside: run its integrity check, or restore with "
                                        "Hyper Backup Explorer."}},
    [KB_TOOL_MSSQL] = {.title = {"SQL Server（.bak）", "SQL Server (.bak)"},
                       .format = KB_FORMAT_FILE,
                       .n_magic = LENGTH(sql_server),
                       .magic = sql_server,
                       .opaque = true,
                       .caveat = {"中身は SQL Server でしか確認できません。RESTORE VERIFYONLY と、"
                                  "別のサーバーへの RESTORE DATABASE で確かめてください。",
                                  "Only SQL Server can look inside: run RESTORE VERIFYONLY, and RESTORE DATABASE on "
                                  "another server."}},
    [KB_TOOL_YAYOI] = {.title = {"弥生", "Yayoi"},
                       .format = KB_FORMAT_FILE,
                       .opaque = true,
                       .caveat = {"中身は弥生製品の「バックアップファイルの復元」でしか確認できません。"
                                  "別のパソコンで復元して確かめてください。",
                                  "Only the Yayoi product itself can restore this file: try it on another PC."}},
    [KB_TOOL_OBC] = {.title = {"勘定奉行（OBC）", "OBC"},
                     .format = KB_FORMAT_FILE,
                     .opaque = true,
                     .caveat = {"中身は奉行製品でしか確認できません。別のパソコンで復元して確かめてください。",
                                "Only the OBC product itself can restore this file: try it on another PC."}},
    [KB_TOOL_SNAPSHOT] = {.title = {"スナップショット", "Snapshot"},
                          .format = KB_FORMAT_TREE,
                          .method = KB_METHOD_SNAPSHOT},
    [KB_TOOL_EXPORT] = {.title = {"書き出し（エクスポート）", "Export"},
                        .format = KB_FORMAT_FILE,
                        .method = KB_METHOD_EXPORT},
    [KB_TOOL_OTHER] = {.title = {"その他", "Other"}, .format = -1},
};
/* clang-format on */

const struct kb_tool *kb_tool_of(enum kb_tool_id id)
{
    return &tools[id];
}

bool kb_tool_hides(const struct kb_job_set *set)
{
    bool as_it_is = set->format == KB_FORMAT_TREE || (set->format == KB_FORMAT_FILE && !set->unpack);
    return as_it_is && tools[set->tool].opaque;
}
