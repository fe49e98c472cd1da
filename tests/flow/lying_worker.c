/* SPDX-License-Identifier: Apache-2.0 */
/* A worker that lies: it stands between koboshi and the real worker and changes what is said, as a file tells it. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

/*
 * The file `lie` in the folder of this program: the path of the real worker, then one line
 *   STAGE KIND ACTION [ARGUMENT]
 * Of a job of this stage each message of this kind is changed: set PATH JSON (`result.proof.read "reached"`; of a
 * list `result.caveats.0`), put PATH COUNT JSON (as many of it in a list or nested in one another), drop PATH,
 * text JSON (this instead of it), bytes HEX (these, without a head), omit, twice, times N, after N (it comes N
 * messages later), half (then it leaves), hang (half of it, then nothing), close (the pipe, then nothing), stay (said,
 * then it does not end), child (leaves, a child keeps the pipe), flood (again and again).
 */
enum { JOB_FD, REPLY_FD = 3, JOB_MAX = 8 << 20, LATER_MAX = 8 };

struct lie {
    char worker[PATH_MAX], stage[64], kind[64], action[64], argument[4096];
};

static void die(const char *what)
{
    (void)fprintf(stderr, "lying worker: %s: %s\n", what, strerror(errno));
    _exit(99);
}

static bool read_all(int fd, void *to, size_t n)
{
    size_t at = 0;
    while (at < n) {
        ssize_t r = read(fd, (char *)to + at, n - at);
        if (r <= 0)
            return false;
        at += (size_t)r;
    }
    return true;
}

static void write_all(int fd, const void *from, size_t n)
{
    size_t at = 0;
    while (at < n) {
        ssize_t r = write(fd, (const char *)from + at, n - at);
        if (r <= 0)
            die("write");
        at += (size_t)r;
    }
}

static size_t length_of(const unsigned char head[4])
{
    return (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
}

static void say_head(size_t n)
{
    const unsigned char head[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16), (unsigned char)(n >> 8),
                                   (unsigned char)n};
    write_all(REPLY_FD, head, sizeof head);
}

static void say(const char *text, size_t n)
{
    say_head(n);
    write_all(REPLY_FD, text, n);
}

/* A number past 2^63 and the like is nothing that a JSON library holds: it takes the place of this text. */
static const char raw_mark[] = "\"raw value\"";
static const char *raw;

static void say_json(const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY), *all = NULL;
    char *mark = text ? strstr(text, raw_mark) : NULL;
    if (mark && asprintf(&all, "%.*s%s%s", (int)(mark - text), text, raw, mark + strlen(raw_mark)) < 0)
        die("memory");
    if (!text)
        die("json");
    say(all ? all : text, strlen(all ? all : text));
    free(all);
    free(text);
}

static void read_lie(struct lie *lie)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0)
        die("self");
    self[n] = '\0';
    char path[PATH_MAX + 8];
    (void)snprintf(path, sizeof path, "%s/lie", dirname(self));
    FILE *file = fopen(path, "re");
    if (!file || fscanf(file, "%4095s %63s %63s %63s", lie->worker, lie->stage, lie->kind, lie->action) != 4)
        die(path);
    if (!fgets(lie->argument, sizeof lie->argument, file))
        lie->argument[0] = '\0';
    (void)fclose(file);
    lie->argument[strcspn(lie->argument, "\n")] = '\0';
    memmove(lie->argument, lie->argument + strspn(lie->argument, " "),
            strlen(lie->argument + strspn(lie->argument, " ")) + 1);
}

/* The object or list that holds the last part of the path, and that part. */
static json_t *holder(json_t *json, char *path, const char **ret_last)
{
    char *save = NULL, *part = strtok_r(path, ".", &save), *next;
    for (; (next = strtok_r(NULL, ".", &save)); part = next) {
        json_t *below = json_is_array(json) ? json_array_get(json, strtoul(part, NULL, 10))
                                            : json_object_get(json, part);
        if (!below && json_is_object(json)) {
            below = json_object();
            (void)json_object_set_new(json, part, below);
        }
        json = below;
    }
    *ret_last = part;
    return json;
}

static void put_value(json_t *json, char *path, json_t *value)
{
    const char *last = NULL;
    json_t *to = holder(json, path, &last);
    if (json_is_array(to))
        (void)json_array_set_new(to, strtoul(last, NULL, 10), value);
    else if (!to || json_object_set_new_nocheck(to, last, value))
        die("path");
}

static json_t *value_of(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (value)
        return value;
    raw = text;
    return json_string("raw value");
}

static void change(json_t *json, struct lie *lie)
{
    char *path = lie->argument, *rest = strchr(path, ' ');
    if (rest)
        *rest++ = '\0';
    if (!strcmp(lie->action, "drop")) {
        const char *last = NULL;
        json_t *from = holder(json, path, &last);
        (void)json_object_del(from, last);
    } else if (!strcmp(lie->action, "set") && rest) {
        put_value(json, path, value_of(rest));
    } else if (rest) { /* put */
        unsigned long n = strtoul(rest, &rest, 10);
        json_t *list = json_array();
        while (n--)
            (void)json_array_append_new(list, value_of(rest));
        put_value(json, path, list);
    }
}

static void say_bytes(const char *hex)
{
    for (; hex[0] && hex[1]; hex += 2) {
        char two[3] = {hex[0], hex[1], 0};
        unsigned char byte = (unsigned char)strtoul(two, NULL, 16);
        write_all(REPLY_FD, &byte, 1);
    }
}

static void stop_here(const char *action, const char *text, size_t n)
{
    if (!strcmp(action, "half") || !strcmp(action, "hang")) {
        say_head(n);
        write_all(REPLY_FD, text, n / 2);
    } else if (strcmp(action, "close") != 0) {
        say(text, n);
    }
    if (!strcmp(action, "half"))
        _exit(0);
    if (!strcmp(action, "child") && fork() > 0)
        _exit(0);
    if (!strcmp(action, "close"))
        (void)close(REPLY_FD);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
    for (;;)
        (void)sleep(600);
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (!strcmp(word, *words))
            return true;
    return false;
}

/* One message that the lie is about. Returns false when it is said later. */
static bool lie_about(struct lie *lie, const char *text, size_t n)
{
    static const char *const changes[] = {"set", "put", "drop", NULL};
    static const char *const stops[] = {"half", "hang", "close", "stay", "child", NULL};
    const char *action = lie->action;
    if (is_one_of(action, changes)) {
        json_t *json = json_loadb(text, n, 0, NULL);
        struct lie own = *lie;
        change(json, &own);
        say_json(json);
        json_decref(json);
    } else if (is_one_of(action, stops)) {
        stop_here(action, text, n);
    } else if (!strcmp(action, "text")) {
        say(lie->argument, strlen(lie->argument));
    } else if (!strcmp(action, "bytes")) {
        say_bytes(lie->argument);
    } else if (!strcmp(action, "twice") || !strcmp(action, "times") || !strcmp(action, "flood")) {
        long times = !strcmp(action, "twice") ? 2 : !strcmp(action, "times") ? strtol(lie->argument, NULL, 10) : -1;
        while (times < 0 || times--)
            say(text, n);
    } else if (!strcmp(action, "wide")) { /* a message of this many bytes, blank for the most part */
        size_t wide = strtoul(lie->argument, NULL, 10);
        char *padded = malloc(wide + n);
        if (!padded)
            die("memory");
        memset(padded, ' ', wide + n);
        memcpy(padded, text, n);
        say(padded, wide);
        free(padded);
    } else if (!strcmp(action, "after")) {
        return false;
    }
    return true; /* omit */
}

static const char *kind_of(const char *text, size_t n, char kind[64])
{
    json_t *json = json_loadb(text, n, 0, NULL);
    const char *is = json_string_value(json_object_get(json, "kind"));
    (void)snprintf(kind, 64, "%s", is ? is : "");
    json_decref(json);
    return kind;
}

static void pass_on(int from, struct lie *lie, bool is_stage)
{
    unsigned char head[4];
    char *later = NULL, kind[64];
    size_t later_n = 0;
    long wait = -1;
    while (read_all(from, head, sizeof head)) {
        size_t n = length_of(head);
        char *text = malloc(n + 1);
        if (!text || !read_all(from, text, n))
            die("message");
        if (!is_stage || strcmp(kind_of(text, n, kind), lie->kind) != 0)
            say(text, n);
        else if (!lie_about(lie, text, n)) {
            wait = strtol(lie->argument, NULL, 10);
            later = text;
            later_n = n;
            continue;
        }
        free(text);
        if (later && wait-- <= 1) {
            say(later, later_n);
            free(later);
            later = NULL;
        }
    }
    free(later);
}

/* Out of the way: the numbers up to 6 mean something to the real worker. */
static void pipe_above(int ends[2])
{
    int low[2];
    if (pipe(low))
        die("pipe");
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 20);
        if (ends[i] < 0)
            die("pipe");
    }
    (void)close(low[0]);
    (void)close(low[1]);
}

static int job_pipe(const char *job, size_t n, const unsigned char head[4])
{
    int pipes[2];
    pipe_above(pipes);
    pid_t feeder = fork();
    if (feeder < 0)
        die("fork");
    if (!feeder) { /* hands on the job, then waits for the end of ours */
        char byte;
        (void)close(pipes[0]);
        (void)close(REPLY_FD);
        write_all(pipes[1], head, 4);
        write_all(pipes[1], job, n);
        (void)!read(JOB_FD, &byte, 1);
        _exit(0);
    }
    (void)close(pipes[1]);
    return pipes[0];
}

int main(void)
{
    struct lie lie = {0};
    read_lie(&lie);
    unsigned char head[4];
    if (!read_all(JOB_FD, head, sizeof head))
        die("no job");
    size_t n = length_of(head);
    char *job = n < JOB_MAX ? malloc(n + 1) : NULL;
    if (!job || !read_all(JOB_FD, job, n))
        die("job");
    json_t *json = json_loadb(job, n, 0, NULL);
    const char *stage = json_string_value(json_object_get(json, "stage"));
    bool is_stage = stage && (!strcmp(stage, lie.stage) || !strcmp(lie.stage, "any"));
    json_decref(json);
    int job_fd = job_pipe(job, n, head), pipes[2];
    free(job);
    pipe_above(pipes);
    pid_t worker = fork();
    if (!worker) {
        if (dup2(job_fd, JOB_FD) < 0 || dup2(pipes[1], REPLY_FD) < 0)
            die("dup2");
        (void)execl(lie.worker, "koboshi-worker", (char *)NULL);
        die(lie.worker);
    }
    (void)close(pipes[1]);
    (void)close(job_fd);
    pass_on(pipes[0], &lie, is_stage);
    int status = 0;
    if (waitpid(worker, &status, 0) < 0)
        die("wait");
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1); /* leaks are not what is tested here */
}
