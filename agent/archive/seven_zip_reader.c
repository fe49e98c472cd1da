/* SPDX-License-Identifier: Apache-2.0 */
/* A reader whose entries come from the 7zz program instead of libarchive. */
#include <string.h>

#include "koboshi/arena.h"
#include "koboshi/text.h"
#include "reader_state.h"
#include "seven_zip.h"

static void tell_state(struct kb_reader *reader, bool in_entry, enum kb_seven_zip_state state)
{
    static const struct {
        enum kb_rule_id rule;
        struct kb_text expected, found;
    } rows[] = {
        [KB_SEVEN_ZIP_GOOD] = {KB_RULE_ARCHIVE_BROKEN,
                               {"7z に矛盾がないこと", "a 7z without contradictions"},
                               {"一覧にある大きさやCRCと中身が合いません",
                                "the content does not fit the sizes and CRCs of its listing"}},
        [KB_SEVEN_ZIP_ABSENT] = {KB_RULE_ENCRYPTED,
                                 {"復号に使う 7zz（Debian のパッケージ 7zip）",
                                  "7zz (Debian package 7zip) to decrypt it"},
                                 {"7zz を実行できません", "7zz cannot be run"}},
        [KB_SEVEN_ZIP_WRONG_KEY] = {KB_RULE_ENCRYPTED,
                                    {"中身を読めること", "readable content"},
                                    {"指定した鍵では開けません", "encrypted; the key given does not open it"}},
        [KB_SEVEN_ZIP_UNREADABLE] = {KB_RULE_ENCRYPTED,
                                     {"検査用アカウントで読めるファイル",
                                      "a file that the account of the checks may read"},
                                     {"7zz がファイルを開けません（アクセス権）",
                                      "7zz may not open the file (access rights)"}},
        [KB_SEVEN_ZIP_BROKEN] = {KB_RULE_ARCHIVE_BROKEN,
                                 {"7z に矛盾がないこと", "a 7z without contradictions"},
                                 {"7zz が破損を報告しました", "7zz reports damage"}},
    };
    static const struct kb_text either = {"指定した鍵では開けないか、中身が壊れています",
                                          "the key given does not open it, or its content is damaged"};
    bool unsure = in_entry && state == KB_SEVEN_ZIP_WRONG_KEY; /* a 7z has no check of the key but its content's CRC */
    kb_reader_tell(reader, in_entry, rows[state].rule, rows[state].expected, unsure ? either : rows[state].found);
    reader->whole = false;
    reader->mode = KB_READER_STOPPED;
}

void kb_seven_zip_begin(struct kb_reader *reader)
{
    enum kb_seven_zip_state state = kb_seven_zip_open(reader->params.source.extents->v[0].fd, reader->params.passphrase,
                                                      &reader->program);
    reader->mode = KB_READER_PROGRAM;
    if (state != KB_SEVEN_ZIP_GOOD)
        tell_state(reader, false, state);
}

int kb_seven_zip_entry(struct kb_reader *reader)
{
    const struct kb_seven_zip_entry *from = NULL;
    int r = kb_seven_zip_next(reader->program, &from);
    enum kb_seven_zip_state state = r > 0 ? KB_SEVEN_ZIP_GOOD : kb_seven_zip_end(reader->program);
    if (r < 0 || state != KB_SEVEN_ZIP_GOOD) {
        tell_state(reader, false, state);
        return -1;
    }
    if (!r)
        return 0;
    struct kb_entry *e = &reader->entry;
    *e = (struct kb_entry){
        .kind = from->folder  ? KB_ENTRY_FOLDER
                : from->other ? KB_ENTRY_OTHER
                              : KB_ENTRY_FILE,
        .size = from->folder ? KB_ABSENT : from->size,
        .mode = from->folder ? 0700 : 0600,
        .mtime_ns = from->mtime_ns,
        .raw = kb_strdup(reader->arena, from->path),
        .raw_n = strlen(from->path),
        .decrypted = from->encrypted,
    };
    const char *decoded = kb_names_decode(reader->params.names, e->raw, e->raw_n, true, reader->arena);
    e->fault = kb_path_judge(decoded, strlen(decoded), reader->arena, &e->path);
    e->shown = kb_escape(reader->arena, e->path ? e->path : decoded, strlen(e->path ? e->path : decoded));
    reader->offset = 0;
    return 1;
}

int kb_seven_zip_block(struct kb_reader *reader, const void **ret_bytes, size_t *ret_n, int64_t *ret_offset)
{
    ssize_t n = kb_seven_zip_read(reader->program, ret_bytes);
    if (n < 0)
        tell_state(reader, true, kb_seven_zip_end(reader->program));
    if (n <= 0)
        return (int)n;
    *ret_n = (size_t)n;
    *ret_offset = reader->offset;
    reader->offset += n;
    return 1;
}
