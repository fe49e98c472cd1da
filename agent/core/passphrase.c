/* SPDX-License-Identifier: Apache-2.0 */
/* The page in which a passphrase lives. */
#include "koboshi/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

struct kb_passphrase {
    size_t n;
    char text[KB_PASSPHRASE_MAX + 2]; /* one more than allowed, so that too long is seen, and a NUL */
};

struct kb_passphrase *kb_passphrase_new(void)
{
    void *page = mmap(NULL, sizeof(struct kb_passphrase), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        abort();
    /* an account without the right to lock memory keeps what the others give; dumps are off in any case */
    (void)mlock(page, sizeof(struct kb_passphrase));
    (void)madvise(page, sizeof(struct kb_passphrase), MADV_DONTDUMP);
    (void)madvise(page, sizeof(struct kb_passphrase), MADV_WIPEONFORK);
    return page;
}

void kb_passphrase_free(struct kb_passphrase *passphrase)
{
    if (!passphrase)
        return;
    explicit_bzero(passphrase, sizeof *passphrase);
    (void)munmap(passphrase, sizeof *passphrase);
}

char *kb_passphrase_room(struct kb_passphrase *passphrase)
{
    return passphrase->text;
}

bool kb_passphrase_settle(struct kb_passphrase *passphrase, size_t n)
{
    char *text = passphrase->text;
    if (n && text[n - 1] == '\n')
        n--;
    if (n && text[n - 1] == '\r')
        n--;
    passphrase->n = n;
    text[n] = '\0';
    return n && n <= KB_PASSPHRASE_MAX && strlen(text) == n;
}

int kb_passphrase_read(int fd, struct kb_passphrase **ret_passphrase, struct kb_err *err)
{
    struct kb_passphrase *passphrase = kb_passphrase_new();
    ssize_t n = kb_read_full(fd, passphrase->text, KB_PASSPHRASE_MAX + 1);
    int cause = errno;
    if (n >= 0 && kb_passphrase_settle(passphrase, (size_t)n)) {
        *ret_passphrase = passphrase;
        return 0;
    }
    kb_passphrase_free(passphrase);
    if (n < 0)
        return kb_fail(err, KB_EIO, "the key could not be read: %s", "鍵を読めませんでした: %s", strerror(cause));
    return kb_fail(err, KB_ECONFIG, "a key is one line of text of at most %d bytes",
                   "鍵は%dバイト以内の1行の文字列である必要があります", KB_PASSPHRASE_MAX);
}

const char *kb_passphrase_text(const struct kb_passphrase *passphrase)
{
    return passphrase->text;
}

int kb_passphrase_pipe(const struct kb_passphrase *passphrase, int *ret_fd, struct kb_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC))
        return kb_fail(err, KB_EIO, "a pipe for the key cannot be made: %s", "鍵を渡すパイプを作成できません: %s",
                       strerror(errno));
    /* smaller than PIPE_BUF: it fits at once, nobody needs to read yet */
    int failed = kb_write_all(ends[1], passphrase->text, passphrase->n);
    int cause = errno;
    (void)close(ends[1]);
    if (!failed) {
        *ret_fd = ends[0];
        return 0;
    }
    (void)close(ends[0]);
    return kb_fail(err, KB_EIO, "the key cannot be handed over: %s", "鍵を渡せません: %s", strerror(cause));
}
