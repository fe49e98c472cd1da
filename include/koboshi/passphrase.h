/* SPDX-License-Identifier: Apache-2.0 */
/* core: a passphrase on its way from a person or a key file to what it opens: never in arguments, files or dumps. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct kb_err;

/* Text of at most KB_PASSPHRASE_MAX bytes in a page of its own: locked (never swapped), left out of core dumps, not
 * inherited by children, wiped when freed. */
struct kb_passphrase;

/* kb_passphrase_new(): an empty one; kb_passphrase_room is its buffer of KB_PASSPHRASE_MAX + 1 bytes to be filled.
 * kb_passphrase_settle(p): after filling: one line end is dropped; false if it is empty, too long or holds a NUL. */
struct kb_passphrase *kb_passphrase_new(void);
char *kb_passphrase_room(struct kb_passphrase *passphrase);
bool kb_passphrase_settle(struct kb_passphrase *passphrase, size_t n);
void kb_passphrase_free(struct kb_passphrase *passphrase);

/* kb_passphrase_read(fd, ret_passphrase, err): all of fd, which is a key file or a pipe. KB_ECONFIG for what cannot be
 * one. */
int kb_passphrase_read(int fd, struct kb_passphrase **ret_passphrase, struct kb_err *err);
const char *kb_passphrase_text(const struct kb_passphrase *passphrase);

/* kb_passphrase_pipe(passphrase, ret_fd, err): a pipe that holds it; the caller owns the end to read from. */
int kb_passphrase_pipe(const struct kb_passphrase *passphrase, int *ret_fd, struct kb_err *err);

static inline void kb_passphrase_free_p(struct kb_passphrase **passphrase)
{
    kb_passphrase_free(*passphrase);
}
#define KB_SCOPED_PASSPHRASE __attribute__((cleanup(kb_passphrase_free_p))) struct kb_passphrase *
