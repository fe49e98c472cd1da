/* SPDX-License-Identifier: Apache-2.0 */
/* A database file that came out of a backup: every page sound, and one question answered as expected. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

#include "probes.h"

enum { STEPS_PER_LOOK = 10000, SHOWN_BYTES = 300 };

static void close_p(sqlite3 **db)
{
    (void)sqlite3_close(*db);
}

static void finalize_p(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}

/* Ends a query that runs too long: a view from a hostile file may join for ever. */
static int past_deadline(void *deadline)
{
    return kb_boot_ns() > *(const int64_t *)deadline;
}

/* The real path of an open file; the kernel has resolved every link on the way. */
static bool path_of(int fd, char path[KB_PATH_BYTES_MAX + 1])
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, KB_PATH_BYTES_MAX);
    if (n <= 0 || path[0] != '/')
        return false;
    path[n] = '\0';
    return true;
}

static bool has_content(struct kb_arena *arena, const char *path, const char *suffix)
{
    struct stat st;
    return !lstat(kb_sprintf(arena, "%s%s", path, suffix), &st) && st.st_size > 0;
}

/* sqlite.org/uri.html: `%`, `?` and `#` mean something; the rest of what is not plain is written as %XX too. */
static const char *uri_of(struct kb_arena *arena, const char *path, bool immutable)
{
    char *uri = kb_alloc(arena, 3 * strlen(path) + 64, 1), *at = uri + sprintf(uri, "file:");
    for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
        bool plain = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') ||
                     strchr("/._-", *c);
        at += sprintf(at, plain ? "%c" : "%%%02X", *c);
    }
    (void)strcpy(at, immutable ? "?mode=ro&immutable=1" : "?mode=ro");
    return uri;
}

static struct kb_text sqlite_says(struct kb_arena *arena, sqlite3 *db, const int64_t *deadline)
{
    if (kb_boot_ns() > *deadline)
        return kb_text_new(arena, "it did not end within the timeout", "制限時間内に終わりませんでした");
    const char *text = sqlite3_errmsg(db);
    return kb_text_new(arena, "SQLite: %s", "SQLite: %s", kb_escape(arena, text, strlen(text)));
}

/* Nothing of the schema is trusted: it came out of the backup. */
static int open_database(sqlite3 **ret_db, const char *uri)
{
    int code = sqlite3_open_v2(uri, ret_db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOFOLLOW, NULL);
    if (code != SQLITE_OK)
        return code;
    (void)sqlite3_extended_result_codes(*ret_db, 1);
    (void)sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(*ret_db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_limit(*ret_db, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_limit(*ret_db, SQLITE_LIMIT_LENGTH, KB_SQLITE_VALUE_MAX);
    code = sqlite3_exec(*ret_db, "PRAGMA temp_store=MEMORY", NULL, NULL, NULL);
    return code != SQLITE_OK ? code : sqlite3_exec(*ret_db, "PRAGMA cell_size_check=ON", NULL, NULL, NULL);
}

/* The first column of the first row as text in arena; SQLITE_ROW, SQLITE_DONE (no row) or an error. */
static int first_value(sqlite3 *db, const char *sql, struct kb_arena *arena, const char **ret_value)
{
    __attribute__((cleanup(finalize_p))) sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        return code;
    if (!statement)
        return SQLITE_DONE;
    code = sqlite3_step(statement);
    if (code != SQLITE_ROW)
        return code;
    const unsigned char *text = sqlite3_column_text(statement, 0);
    int n = text ? sqlite3_column_bytes(statement, 0) : 0;
    *ret_value = text ? kb_strndup(arena, text, (size_t)n) : NULL;
    return SQLITE_ROW;
}

static const char *shown(struct kb_arena *arena, const char *text)
{
    size_t n = strlen(text);
    return kb_escape(arena, text, n < SHOWN_BYTES ? n : SHOWN_BYTES);
}

/* Opening reads nothing; this does. */
static bool has_schema(sqlite3 *db, const int64_t *deadline, struct kb_arena *arena, struct kb_answer *answer)
{
    const char *value = NULL;
    if (first_value(db, "SELECT count(*) FROM sqlite_schema", arena, &value) == SQLITE_ROW)
        return true;
    answer->found = sqlite_says(arena, db, deadline);
    return false;
}

static bool is_sound(sqlite3 *db, const int64_t *deadline, struct kb_arena *arena, struct kb_answer *answer)
{
    const char *value = NULL;
    answer->rule = KB_RULE_PROBE_SQLITE;
    answer->expected = kb_text_new(arena, "PRAGMA integrity_check answers ok", "PRAGMA integrity_check の結果が ok");
    int code = first_value(db, "PRAGMA integrity_check(10)", arena, &value);
    if (code == SQLITE_ROW && value && !strcmp(value, "ok"))
        return true;
    answer->found = code == SQLITE_ROW && value ? kb_text_new(arena, "%s", "%s", shown(arena, value))
                                                : sqlite_says(arena, db, deadline);
    return false;
}

static bool answers_as_expected(sqlite3 *db, const struct kb_probe *probe, const int64_t *deadline,
                                struct kb_arena *arena, struct kb_answer *answer)
{
    const char *value = NULL;
    const char *query = kb_escape(arena, probe->query, strlen(probe->query));
    answer->rule = KB_RULE_PROBE_QUERY;
    answer->expected = probe->expect ? kb_text_new(arena, "%s: %s", "%s: %s", query, shown(arena, probe->expect))
                                     : kb_text_new(arena, "%s: a value", "%s: 値が1つ返ること", query);
    int code = first_value(db, probe->query, arena, &value);
    if (code == SQLITE_ROW && value && (!probe->expect || kb_expect_holds(probe->expect, value, kb_wall_s())))
        return true;
    if (code == SQLITE_ROW)
        answer->found = value ? kb_text_new(arena, "%s", "%s", shown(arena, value))
                              : kb_text_new(arena, "NULL", "NULL");
    else if (code == SQLITE_DONE)
        answer->found = kb_text_new(arena, "no row", "該当する行がありません");
    else
        answer->found = sqlite_says(arena, db, deadline);
    return false;
}

void kb_sqlite_judge(int fd, const struct kb_probe *probe, struct kb_arena *arena, struct kb_answer *ret_answer)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof magic], path[KB_PATH_BYTES_MAX + 1];
    struct kb_answer bad = {.rule = KB_RULE_PROBE_SQLITE, .entry = ret_answer->entry};
    bad.expected = kb_text_new(arena, "a sound SQLite 3 database", "正常な SQLite 3 データベース");
    /* SQLite takes an empty file for an empty database; a backup of a database is never that. */
    if (pread(fd, head, sizeof head, 0) != sizeof head || memcmp(head, magic, sizeof head) || !path_of(fd, path)) {
        bad.found = kb_text_new(arena, "it does not begin as an SQLite 3 file does",
                                "先頭が SQLite 3 の形式ではありません");
        *ret_answer = bad;
        return;
    }
    /* immutable ignores a journal beside the file; where one was restored it belongs to the data and must be read. */
    bool immutable = !has_content(arena, path, "-wal") && !has_content(arena, path, "-journal");
    int64_t deadline = kb_boot_ns() + (probe->timeout > 0 ? probe->timeout : 60) * KB_NS_PER_S;
    __attribute__((cleanup(close_p))) sqlite3 *db = NULL;
    struct stat before;
    bool had_shm = !immutable && !lstat(kb_sprintf(arena, "%s-shm", path), &before);
    bool good = open_database(&db, uri_of(arena, path, immutable)) == SQLITE_OK;
    if (!good) {
        bad.found = sqlite_says(arena, db, &deadline);
    } else {
        sqlite3_progress_handler(db, STEPS_PER_LOOK, past_deadline, &deadline);
        good = has_schema(db, &deadline, arena, &bad) && (!probe->integrity || is_sound(db, &deadline, arena, &bad)) &&
               (!probe->query || answers_as_expected(db, probe, &deadline, arena, &bad));
    }
    if (!immutable && !had_shm)
        (void)unlink(kb_sprintf(arena, "%s-shm", path)); /* an index made for reading; nothing restored */
    if (!good)
        *ret_answer = bad;
}

int kb_probe_sqlite(struct kb_probes *p, size_t i, struct kb_arena *arena, struct kb_answer *ret_answer,
                    struct kb_err *err)
{
    (void)err;
    const struct kb_probe *probe = &p->set->probes.v[i];
    struct kb_answer bad = {.rule = KB_RULE_PROBE_SQLITE, .entry = probe->sqlite};
    bad.expected = kb_text_new(arena, "a sound SQLite 3 database", "正常な SQLite 3 データベース");
    KB_SCOPED_FD fd = kb_probe_open_file(p, probe->sqlite, arena, &bad.found);
    if (fd < 0) {
        *ret_answer = bad;
        return 0;
    }
    ret_answer->entry = probe->sqlite;
    kb_sqlite_judge(fd, probe, arena, ret_answer);
    return 0;
}
