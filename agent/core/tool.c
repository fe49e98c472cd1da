/* SPDX-License-Identifier: Apache-2.0 */
/* The presets, one row per tool. */
#include "koboshi/tool.h"

static const struct kb_tool tools[] = {
    [KB_TOOL_TAR] = {.title = {"tar", "tar"}, .format = KB_FORMAT_ARCHIVE},
    [KB_TOOL_RSYNC] = {.title = {"rsync", "rsync"}, .format = KB_FORMAT_TREE, .method = KB_METHOD_MIRROR},
    [KB_TOOL_ROBOCOPY] = {.title = {"robocopy", "robocopy"}, .format = KB_FORMAT_TREE, .method = KB_METHOD_MIRROR},
    [KB_TOOL_WSB] = {.title = {"Windows Server バックアップ", "Windows Server Backup"},
                     .format = KB_FORMAT_TREE,
                     .tz = "UTC"},
    [KB_TOOL_HYPERBACKUP] = {.title = {"Synology Hyper Backup", "Synology Hyper Backup"}, .format = KB_FORMAT_TREE},
    [KB_TOOL_MSSQL] = {.title = {"SQL Server（.bak）", "SQL Server (.bak)"}, .format = KB_FORMAT_FILE},
    [KB_TOOL_YAYOI] = {.title = {"弥生", "Yayoi"}, .format = KB_FORMAT_FILE},
    [KB_TOOL_OBC] = {.title = {"勘定奉行（OBC）", "OBC"}, .format = KB_FORMAT_FILE},
    [KB_TOOL_SNAPSHOT] = {.title = {"スナップショット", "Snapshot"},
                          .format = KB_FORMAT_TREE,
                          .method = KB_METHOD_SNAPSHOT},
    [KB_TOOL_EXPORT] = {.title = {"書き出し（エクスポート）", "Export"},
                        .format = KB_FORMAT_FILE,
                        .method = KB_METHOD_EXPORT},
    [KB_TOOL_OTHER] = {.title = {"その他", "Other"}, .format = -1},
};

const struct kb_tool *kb_tool_of(enum kb_tool_id id)
{
    return &tools[id];
}
