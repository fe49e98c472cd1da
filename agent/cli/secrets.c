/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on their way from people to workers: a key file is only opened here, its content is read by the worker alone. */
#include "secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/limits.h"
#include "koboshi/passphrase.h"
#include "koboshi/sandbox.h"

struct kb_cli_secret {
    const char *id;                   /* NULL: for whatever needs one */
    const char *file;                 /* either this */
    struct kb_passphrase *passphrase; /* or this */
};

static bool is_same(const char *a, const char *b)
{
    return a && b ? !strcmp(a, b) : a == b;
}

/* The one of that id, else the one that was given for anything. */
static const struct kb_cli_secret *find(const struct kb_cli_secrets *secrets, const char *id)
{
    const struct kb_cli_secret *any = NULL;
    for (size_t i = 0; i < secrets->list.n; i++) {
        if (is_same(secrets->list.v[i].id, id))
            return &secrets->list.v[i];
        if (!secrets->list.v[i].id)
            any = &secrets->list.v[i];
    }
    return any;
}

static int open_file(const char *file, int *ret_fd, struct kb_err *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        KB_SCOPED_ARENA arena = kb_arena_new();
        return kb_fail(err, kb_code_of_errno(errno), "the key file %s cannot be opened: %s",
                       "鍵ファイル %s を開けません: %s", kb_escape(arena, file, strlen(file)), strerror(errno));
    }
    *ret_fd = fd;
    return 0;
}

static int open_key(void *owner, const char *key, int *ret_fd, struct kb_err *err)
{
    const struct kb_cli_secret *secret = find(owner, key);
    if (!secret)
        return 0;
    return secret->passphrase ? kb_passphrase_pipe(secret->passphrase, ret_fd, err)
                              : open_file(secret->file, ret_fd, err);
}

static void add(struct kb_cli_secrets *secrets, struct kb_cli_secret secret)
{
    secrets->list.v = kb_grow(secrets->cli->arena, secrets->list.v, secrets->list.n, sizeof *secrets->list.v);
    secrets->list.v[secrets->list.n++] = secret;
}

static int unknown_key(struct kb_cli *cli, const struct kb_plan *plan, const char *id, struct kb_err *err)
{
    const char *names = "";
    for (size_t i = 0; i < plan->keys.n; i++)
        names = kb_sprintf(cli->arena, "%s%s%s", names, i ? ", " : "", plan->keys.v[i].id);
    return kb_fail(err, KB_EUSAGE, "the plan has no key `%s`; it has: %s", "計画に鍵 `%s` はありません。あるのは: %s",
                   kb_escape(cli->arena, id, strlen(id)), *names ? names : "-");
}

int kb_secrets_take(struct kb_cli *cli, const struct kb_plan *plan, struct kb_cli_secrets *ret_secrets,
                    struct kb_err *err)
{
    *ret_secrets = (struct kb_cli_secrets){.cli = cli, .keys = {.open = open_key}};
    for (size_t i = 0; i < cli->key_files.n; i++) {
        const char *given = cli->key_files.v[i], *equals = strchr(given, '=');
        /* `id=file` only where the part before it is an id: file names may hold `=` too */
        const char *id = plan && equals ? kb_strndup(cli->arena, given, (size_t)(equals - given)) : NULL;
        const char *file = id ? equals + 1 : given;
        if (id && !kb_plan_key(plan, id))
            return unknown_key(cli, plan, id, err);
        int fd = -1;
        int code = open_file(file, &fd, err); /* told now, not in the middle of the night */
        if (code)
            return code;
        (void)close(fd);
        add(ret_secrets, (struct kb_cli_secret){.id = id, .file = file});
    }
    return 0;
}

static struct termios before_asking;

static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDS = sizeof ends / sizeof *ends };

static void show_typing_again(int number)
{
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_asking);
    (void)signal(number, SIG_DFL);
    (void)raise(number);
}

/* What is ignored stays so (nohup(1)). */
static void hide_typing(struct sigaction before[ENDS])
{
    const struct sigaction show = {.sa_handler = show_typing_again};
    for (int i = 0; i < ENDS; i++)
        if (!sigaction(ends[i], NULL, &before[i]) && before[i].sa_handler != SIG_IGN)
            (void)sigaction(ends[i], &show, NULL);
    struct termios quiet = before_asking;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    quiet.c_cc[VSUSP] = _POSIX_VDISABLE; /* a shell that takes over gives the terminal back with echo */
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
}

static void show_typing(const struct sigaction before[ENDS])
{
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_asking);
    for (int i = 0; i < ENDS; i++)
        (void)sigaction(ends[i], &before[i], NULL);
}

/* One line without echo; no stdio, whose buffers would keep it. */
static ssize_t read_line(char *room, size_t max)
{
    size_t n = 0;
    while (n < max) {
        ssize_t got = read(STDIN_FILENO, room + n, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -1 : (ssize_t)n;
        if (room[n++] == '\n')
            break;
    }
    return (ssize_t)n;
}

static int ask(struct kb_cli_secrets *secrets, const struct kb_secret *key, const struct kb_set *set,
               struct kb_err *err)
{
    struct kb_cli *cli = secrets->cli;
    if (tcgetattr(STDIN_FILENO, &before_asking))
        return 0; /* no terminal after all */
    struct sigaction before[ENDS];
    hide_typing(before); /* before the question, whose answer may come at once: what was typed until here is dropped */
    const char *title = key ? kb_pick(key->title, cli->lang) : "", *name = kb_pick(set->title, cli->lang);
    kb_print(stderr, cli->lang, "Passphrase for %s (key %s), Enter to leave it closed: ",
             "%s のパスフレーズ（鍵 %s）。わからなければ Enter: ", kb_printable(cli->arena, *name ? name : set->id),
             kb_printable(cli->arena, *title ? title
                                      : key  ? key->id
                                             : "-"));
    (void)fflush(stderr);
    struct kb_passphrase *passphrase = kb_passphrase_new();
    ssize_t n = read_line(kb_passphrase_room(passphrase), KB_PASSPHRASE_MAX + 1);
    show_typing(before);
    (void)fputc('\n', stderr);
    if (n > 1 && kb_passphrase_settle(passphrase, (size_t)n)) {
        add(secrets, (struct kb_cli_secret){.id = key ? key->id : NULL, .passphrase = passphrase});
        return 0;
    }
    kb_passphrase_free(passphrase);
    return n > KB_PASSPHRASE_MAX ? kb_fail(err, KB_EUSAGE, "a passphrase has at most %d bytes",
                                           "パスフレーズは%dバイト以内です", KB_PASSPHRASE_MAX)
                                 : 0;
}

int kb_secrets_ask(struct kb_cli_secrets *secrets, const struct kb_plan *plan, const struct kb_set *const *sets,
                   size_t n_sets, struct kb_err *err)
{
    bool asks = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
    int code = asks ? kb_keep_out_of_dumps(err) : 0;
    for (size_t s = 0; asks && !code && s < n_sets; s++) {
        for (size_t i = 0; !code && i < sets[s]->copies.n; i++) {
            const struct kb_encryption *encryption = sets[s]->copies.v[i].encryption;
            if (!encryption || encryption->kind != KB_ENCRYPTION_ZIP_AES || find(secrets, encryption->key))
                continue;
            code = ask(secrets, kb_plan_key(plan, encryption->key), sets[s], err);
            break; /* one question a set: its copies are of one making */
        }
    }
    return code;
}

void kb_secrets_done(struct kb_cli_secrets *secrets)
{
    for (size_t i = 0; i < secrets->list.n; i++)
        kb_passphrase_free(secrets->list.v[i].passphrase);
    secrets->list.n = 0;
}
