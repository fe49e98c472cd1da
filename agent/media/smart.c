/* SPDX-License-Identifier: Apache-2.0 */
/* The health of a disk, asked of smartctl and taken from its JSON without believing it. */
#include "koboshi/media.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "koboshi/arena.h"
#include "koboshi/clock.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

enum { SHOWN_BYTES = 200, ATTRIBUTES_MAX = 1000, REALLOCATED_ID = 5, PENDING_ID = 197 };
/* More hours, sectors or degrees than any disk has: a vendor's packed raw value, which is no count. */
#define VALUE_MAX INT64_C(1000000000)

const struct kb_smartctl kb_smartctl = {"/usr/sbin/smartctl", KB_SMART_SECONDS_MAX};

static void unknown(struct kb_health *health, struct kb_text why)
{
    health->verdict = KB_HEALTH_UNKNOWN;
    health->reason = why;
}

/* All it prints until it closes its output; false when it is too much or too slow. */
static bool collect(int fd, int seconds, struct kb_arena *arena, char **ret_text, size_t *ret_n)
{
    int64_t deadline = kb_boot_ns() + seconds * KB_NS_PER_S;
    char *text = kb_alloc(arena, KB_SMART_BYTES_MAX + 1, 1);
    size_t n = 0;
    for (;;) {
        int64_t left = deadline - kb_boot_ns();
        struct pollfd ready = {fd, POLLIN, 0};
        if (left <= 0)
            return false;
        int rc = poll(&ready, 1, left < KB_NS_PER_S ? (int)(left / 1000000) + 1 : 1000);
        if (rc < 0 && errno != EINTR)
            return false;
        if (rc <= 0)
            continue;
        ssize_t got = read(fd, text + n, KB_SMART_BYTES_MAX - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || n + (size_t)got == KB_SMART_BYTES_MAX)
            return false;
        if (!got)
            break;
        n += (size_t)got;
    }
    *ret_text = text;
    *ret_n = n;
    return true;
}

static int start(const char *program, const char *device, int out, pid_t *ret_pid)
{
    char name[] = "smartctl", json[] = "--json=c", health[] = "-H", attributes[] = "-A", info[] = "-i";
    char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", lang[] = "LANG=C", *env[] = {path, lang, NULL};
    char *argv[] = {name, json, health, attributes, info, (char *)(uintptr_t)device, NULL};
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return failed;
    failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(&actions, out, 1);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (!failed)
        failed = posix_spawn_file_actions_addclosefrom_np(&actions, 3); /* job and replies are not its business */
    if (!failed)
        failed = posix_spawn(ret_pid, program, &actions, NULL, argv, env);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* What it printed; false with the reason when that cannot be had. */
static bool ask(const struct kb_smartctl *smartctl, const char *device, struct kb_arena *arena, char **ret_text,
                size_t *ret_n, struct kb_text *ret_why)
{
    int ends[2];
    pid_t pid = -1;
    if (pipe2(ends, O_CLOEXEC)) {
        *ret_why = kb_text_new(arena, "no pipe: %s", "パイプを作成できません: %s", strerror(errno));
        return false;
    }
    int failed = start(smartctl->program, device, ends[1], &pid);
    (void)close(ends[1]);
    if (failed) {
        (void)close(ends[0]);
        *ret_why = failed == ENOENT ? (struct kb_text){.ja = "smartmontools がインストールされていません",
                                                       .en = "smartmontools is not installed"}
                                    : kb_text_new(arena, "%s cannot be run: %s", "%s を実行できません: %s",
                                                  smartctl->program, strerror(failed));
        return false;
    }
    bool whole = collect(ends[0], smartctl->seconds, arena, ret_text, ret_n);
    (void)close(ends[0]);
    if (!whole)
        (void)kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    if (!whole)
        *ret_why = kb_text_new(arena, "smartctl was stopped: it took over %d s, or printed over %d bytes",
                               "smartctl を停止しました（%d 秒または %d バイトを超えました）", smartctl->seconds,
                               KB_SMART_BYTES_MAX);
    return whole;
}

/* A count that can be one, else KB_ABSENT. */
static int64_t count_of(const json_t *value)
{
    int64_t n = json_is_integer(value) ? (int64_t)json_integer_value(value) : -1;
    return n >= 0 && n <= VALUE_MAX ? n : KB_ABSENT;
}

static const json_t *within(const json_t *json, const char *outer, const char *inner)
{
    return json_object_get(json_object_get(json, outer), inner);
}

static int64_t attribute(const json_t *json, int64_t id)
{
    const json_t *table = within(json, "ata_smart_attributes", "table");
    for (size_t i = 0; i < json_array_size(table) && i < ATTRIBUTES_MAX; i++) {
        const json_t *row = json_array_get(table, i), *name = json_object_get(row, "id");
        if (json_is_integer(name) && json_integer_value(name) == id)
            return count_of(within(row, "raw", "value"));
    }
    return KB_ABSENT;
}

static const char *text_of(const json_t *json, const char *name, struct kb_arena *arena)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text && *text ? kb_escape(arena, text, kb_fit(text, SHOWN_BYTES)) : NULL;
}

/* Its own words, the last of the errors. */
static struct kb_text complaint(const json_t *json, struct kb_arena *arena)
{
    const json_t *messages = within(json, "smartctl", "messages");
    const char *said = NULL;
    for (size_t i = 0; i < json_array_size(messages) && i < ATTRIBUTES_MAX; i++) {
        const char *text = text_of(json_array_get(messages, i), "string", arena);
        said = text ? text : said;
    }
    if (said && strstr(said, "USB bridge"))
        return kb_text_new(arena, "its USB adapter passes no SMART (%s)",
                           "USB変換アダプタがSMARTに対応していません（%s）", said);
    if (said)
        return kb_text_new(arena, "smartctl: %s", "smartctl: %s", said);
    return (struct kb_text){.ja = "このディスクはSMARTの診断結果を返しません", .en = "the disk gives no SMART verdict"};
}

static void take(const json_t *json, struct kb_arena *arena, struct kb_health *health)
{
    static const char nvme[] = "nvme_smart_health_information_log";
    const json_t *passed = within(json, "smart_status", "passed");
    health->model = text_of(json, "model_name", arena);
    health->serial = text_of(json, "serial_number", arena);
    health->power_on_hours = count_of(within(json, "power_on_time", "hours"));
    health->celsius = count_of(within(json, "temperature", "current"));
    health->reallocated = attribute(json, REALLOCATED_ID);
    if (health->reallocated == KB_ABSENT)
        health->reallocated = count_of(json_object_get(json, "scsi_grown_defect_list"));
    health->pending = attribute(json, PENDING_ID);
    health->media_errors = count_of(within(json, nvme, "media_errors"));
    health->worn_percent = count_of(within(json, nvme, "percentage_used"));
    if (json_is_boolean(passed))
        health->verdict = json_is_true(passed) ? KB_HEALTH_PASSED : KB_HEALTH_FAILED;
    else
        unknown(health, complaint(json, arena));
}

void kb_media_health(const struct kb_smartctl *smartctl, const char *device, struct kb_arena *arena,
                     struct kb_health *ret_health)
{
    struct kb_health health;
    char *text = NULL;
    size_t n = 0;
    struct kb_text why;
    KB_SCOPED_JSON json = NULL;
    struct kb_err unasked = {0};
    kb_shape_init(&kb_health_shape, &health);
    health.medium = "";
    if (geteuid() != 0)
        unknown(&health, (struct kb_text){.ja = "root でないため取得できません", .en = "only root may ask"});
    else if (!device || strncmp(device, "/dev/", 5) != 0)
        unknown(&health, (struct kb_text){.ja = "ディスクを特定できません", .en = "its disk is not known"});
    else if (!ask(smartctl, device, arena, &text, &n, &why))
        unknown(&health, why);
    else if (kb_json_parse(text, n, &json, &unasked) || !json_is_object(json))
        unknown(&health, (struct kb_text){.ja = "smartctl の出力を読めません（7.0 以降が必要です）",
                                          .en = "the output of smartctl cannot be read (7.0 or later is needed)"});
    else
        take(json, arena, &health);
    *ret_health = health;
}
