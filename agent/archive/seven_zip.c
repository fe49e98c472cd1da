/* SPDX-License-Identifier: Apache-2.0 */
/* Runs 7zz twice over one archive: for its listing and for its content. */
#include "seven_zip.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

/* Debian: package 7zip, else p7zip-full */
static const char *const programs[] = {"/usr/bin/7zz", "/usr/bin/7z"};

enum { ARCHIVE_FD = 9, BLOCK_BYTES = 256 << 10, TOLD_BYTES = 4096 };

struct child {
    pid_t pid;
    int out;  /* its standard output */
    int told; /* what it says on standard error, in memory */
};

struct kb_seven_zip {
    struct kb_arena *arena;
    struct child child;
    char *list, *at; /* the listing, and how far it has been read */
    struct kb_seven_zip_entry entry;
    int64_t left; /* of the current entry */
    uLong crc;
    uint8_t *block;
};

static int pipe_holding(const char *text)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return -1;
    bool failed = kb_write_all(ends[1], text, strlen(text)) || kb_write_all(ends[1], "\n", 1);
    (void)close(ends[1]);
    if (!failed)
        return ends[0];
    (void)close(ends[0]);
    return -1;
}

static bool start_as(const char *program, const char *const *arguments, int in, int out, int archive,
                     struct child *child)
{
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions))
        return false;
    char lang[] = "LANG=C.UTF-8", zone[] = "TZ=UTC", *env[] = {lang, zone, NULL};
    int failed = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO) ||
                 posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO) ||
                 posix_spawn_file_actions_adddup2(&actions, child->told, STDERR_FILENO) ||
                 posix_spawn_file_actions_adddup2(&actions, archive, ARCHIVE_FD) ||
                 posix_spawn(&child->pid, program, &actions, NULL, (char *const *)(uintptr_t)arguments, env);
    (void)posix_spawn_file_actions_destroy(&actions);
    return !failed;
}

static void stop(struct child *child)
{
    if (child->pid > 0) {
        (void)kill(child->pid, SIGKILL);
        while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (child->out >= 0)
        (void)close(child->out);
    if (child->told >= 0)
        (void)close(child->told);
    *child = (struct child){.out = -1, .told = -1};
}

static bool start(const char *const *arguments, int archive, const char *passphrase, struct child *child)
{
    int ends[2];
    *child = (struct child){.out = -1, .told = memfd_create("7zz", MFD_CLOEXEC)};
    int in = pipe_holding(passphrase);
    bool started = false;
    if (child->told >= 0 && in >= 0 && !pipe2(ends, O_CLOEXEC)) {
        child->out = ends[0];
        for (size_t i = 0; !started && i < sizeof programs / sizeof *programs; i++)
            started = start_as(programs[i], arguments, in, ends[1], archive, child);
        (void)close(ends[1]);
    }
    if (in >= 0)
        (void)close(in);
    if (!started) {
        child->pid = 0;
        stop(child);
    }
    return started;
}

/* What the program said tells the reasons apart that its exit status does not (2 for every fatal error). */
static enum kb_seven_zip_state reason(const struct child *child)
{
    static const struct {
        const char *words;
        enum kb_seven_zip_state state;
    } rows[] = {
        {"Wrong password", KB_SEVEN_ZIP_WRONG_KEY},
        {"Permission denied", KB_SEVEN_ZIP_UNREADABLE},
        {"errno=13", KB_SEVEN_ZIP_UNREADABLE},
    };
    char told[TOLD_BYTES + 1];
    ssize_t n = pread(child->told, told, TOLD_BYTES, 0);
    told[n > 0 ? n : 0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strstr(told, rows[i].words))
            return rows[i].state;
    return KB_SEVEN_ZIP_BROKEN;
}

static enum kb_seven_zip_state finish(struct child *child)
{
    int status = 0;
    pid_t got;
    do
        got = waitpid(child->pid, &status, 0);
    while (got < 0 && errno == EINTR);
    child->pid = 0;
    return got > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 ? KB_SEVEN_ZIP_GOOD : reason(child);
}

/* The listing, with a NUL behind it. */
static enum kb_seven_zip_state list(struct kb_seven_zip *tool, int fd, const char *passphrase)
{
    static const char *const arguments[] = {"7zz", "l", "-slt", "-ba", "-sccUTF-8", "--", "/proc/self/fd/9", NULL};
    struct child child;
    if (!start(arguments, fd, passphrase, &child))
        return KB_SEVEN_ZIP_ABSENT;
    size_t room = BLOCK_BYTES, n = 0;
    char *text = malloc(room + 1);
    ssize_t got = 0;
    while (text && (got = kb_read_full(child.out, text + n, room - n)) > 0 && n + (size_t)got == room) {
        n = room;
        room = room < KB_SEVEN_ZIP_LIST_MAX ? room * 2 : 0;
        text = room ? realloc(text, room + 1) : text;
        if (!room)
            break;
    }
    if (!text)
        abort();
    n += room && got > 0 ? (size_t)got : 0;
    text[n] = '\0';
    tool->list = tool->at = text;
    enum kb_seven_zip_state state = !room || got < 0 ? KB_SEVEN_ZIP_BROKEN : finish(&child);
    stop(&child);
    return state;
}

enum kb_seven_zip_state kb_seven_zip_open(int fd, const char *passphrase, struct kb_seven_zip **ret_tool)
{
    static const char *const arguments[] = {"7zz", "x", "-so", "-bd", "--", "/proc/self/fd/9", NULL};
    struct kb_seven_zip *tool = calloc(1, sizeof *tool);
    if (!tool || !(tool->block = malloc(BLOCK_BYTES)))
        abort();
    tool->arena = kb_arena_new();
    tool->child = (struct child){.out = -1, .told = -1};
    enum kb_seven_zip_state state = list(tool, fd, passphrase);
    if (state == KB_SEVEN_ZIP_GOOD && !start(arguments, fd, passphrase, &tool->child))
        state = KB_SEVEN_ZIP_ABSENT;
    if (state != KB_SEVEN_ZIP_GOOD) {
        kb_seven_zip_free(tool);
        return state;
    }
    *ret_tool = tool;
    return state;
}

void kb_seven_zip_free(struct kb_seven_zip *tool)
{
    if (!tool)
        return;
    stop(&tool->child);
    kb_arena_free(tool->arena);
    free(tool->list);
    free(tool->block);
    free(tool);
}

enum kb_seven_zip_state kb_seven_zip_end(struct kb_seven_zip *tool)
{
    return tool->child.pid > 0 ? finish(&tool->child) : reason(&tool->child);
}

/* "2026-11-23 13:48:17.6481320", in UTC as its environment has it */
static int64_t time_of(const char *text)
{
    struct tm tm = {0};
    const char *rest = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);
    time_t seconds = rest ? timegm(&tm) : -1;
    int64_t ns;
    return seconds < 0 || __builtin_mul_overflow((int64_t)seconds, KB_NS_PER_S, &ns) ? KB_ABSENT : ns;
}

static void take_line(struct kb_seven_zip *tool, const char *name, const char *value)
{
    struct kb_seven_zip_entry *e = &tool->entry;
    char *end;
    if (!strcmp(name, "Path"))
        e->path = kb_strdup(tool->arena, value);
    else if (!strcmp(name, "Size"))
        e->size = strtoll(value, &end, 10);
    else if (!strcmp(name, "Modified"))
        e->mtime_ns = time_of(value);
    else if (!strcmp(name, "Attributes")) {
        e->folder = *value == 'D';
        e->other = strstr(value, " l") != NULL;
    } else if (!strcmp(name, "Encrypted"))
        e->encrypted = *value == '+';
    else if (!strcmp(name, "CRC") && *value) {
        e->crc = (uint32_t)strtoul(value, &end, 16);
        e->has_crc = true;
    }
}

/* One block of `Name = value` lines; an empty line ends it. */
static bool take_block(struct kb_seven_zip *tool)
{
    tool->at += strspn(tool->at, "\n");
    bool any = false;
    while (*tool->at && *tool->at != '\n') {
        char *line = tool->at, *end = line + strcspn(line, "\n");
        tool->at = *end ? end + 1 : end;
        *end = '\0';
        char *equals = strstr(line, " = ");
        if (!equals)
            continue; /* the prompt for the passphrase, or a value that ends at once */
        *equals = '\0';
        take_line(tool, line, equals + 3);
        any = true;
    }
    return any;
}

int kb_seven_zip_next(struct kb_seven_zip *tool, const struct kb_seven_zip_entry **ret_entry)
{
    const void *rest;
    ssize_t n;
    while ((n = kb_seven_zip_read(tool, &rest)) > 0)
        ;
    if (n < 0)
        return -1;
    kb_arena_free(tool->arena);
    tool->arena = kb_arena_new();
    tool->entry = (struct kb_seven_zip_entry){.mtime_ns = KB_ABSENT};
    bool any;
    do
        any = take_block(tool);
    while (!any && *tool->at);
    if (!any)
        return 0;
    if (!tool->entry.path || tool->entry.size < 0)
        return -1;
    tool->left = tool->entry.folder ? 0 : tool->entry.size;
    tool->crc = crc32(0, NULL, 0);
    *ret_entry = &tool->entry;
    return 1;
}

ssize_t kb_seven_zip_read(struct kb_seven_zip *tool, const void **ret_bytes)
{
    if (!tool->left)
        return 0;
    size_t want = tool->left < BLOCK_BYTES ? (size_t)tool->left : BLOCK_BYTES;
    ssize_t n;
    do
        n = read(tool->child.out, tool->block, want);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return -1;
    tool->left -= n;
    tool->crc = crc32(tool->crc, tool->block, (uInt)n);
    if (!tool->left && tool->entry.has_crc && tool->crc != tool->entry.crc)
        return -1;
    *ret_bytes = tool->block;
    return n;
}
