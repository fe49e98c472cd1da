/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's key pair in its folder. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/ends.h"
#include "koboshi/file.h"
#include "koboshi/key.h"

/* The line that `ssh-keygen -Y verify` wants in allowed_signers after a name. */
static int publish(struct kb_cli *cli, struct kb_pubkey key, struct kb_err *err)
{
    const char *line = kb_sprintf(cli->arena, "%s\n", kb_pubkey_ssh(cli->arena, key, "koboshi"));
    KB_SCOPED_FD dir = open(cli->keys, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 ? kb_fail(err, kb_code_of_errno(errno), "folder %s cannot be opened: %s",
                             "フォルダ %s を開けません: %s", cli->keys, strerror(errno))
                   : kb_file_publish(dir, "agent.pub", line, strlen(line), 0644, err);
}

static int write_pair(struct kb_cli *cli, const struct kb_keypair *pair, struct kb_err *err)
{
    const char *path = kb_place_key(cli);
    int code = kb_keypair_write(pair, path, err);
    if (code)
        return code;
    code = publish(cli, kb_keypair_public(pair), err);
    if (code)
        (void)unlink(path); /* a key that nobody can check is no key */
    return code ? kb_wrap(err, "writing the public half of the key", "公開鍵 agent.pub を書き込んでいます") : 0;
}

int kb_cli_key_write(struct kb_cli *cli, const struct kb_keypair *pair, struct kb_err *err)
{
    int code = kb_mkdir_p(cli->keys, 0700, err);
    if (code)
        return code;
    struct kb_ends ends;
    kb_ends_hold(&ends); /* both halves or none */
    code = write_pair(cli, pair, err);
    kb_ends_release(&ends);
    return code;
}
