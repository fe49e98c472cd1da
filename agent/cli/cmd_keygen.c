/* SPDX-License-Identifier: Apache-2.0 */
/* koboshi keygen: the key that signs the evidence. */
#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/key.h"

static int keygen(struct kb_cli *cli, struct kb_err *err)
{
    const char *path = kb_place_key(cli);
    struct kb_keypair *pair = NULL;
    int code = kb_keypair_generate(&pair, err);
    if (!code)
        code = kb_cli_key_write(cli, pair, err);
    if (code) {
        kb_keypair_free(pair);
        return code;
    }
    const char *fingerprint = kb_pubkey_fingerprint(cli->arena, kb_keypair_public(pair));
    kb_keypair_free(pair);
    if (cli->json) {
        kb_show_json("keygen", 0, json_pack("{s:s, s:s}", "key", path, "fingerprint", fingerprint));
        return 0;
    }
    kb_print(stdout, cli->lang,
             "%s\nWrite this fingerprint into the plan (evidence: {key: \"%s\"}) and keep it on paper away from this "
             "machine;\nthe key itself is %s, its public half is agent.pub beside it.\n",
             "%s\nこの指紋を計画に書き（evidence: {key: \"%s\"}）、紙でもこの機器とは別の場所に保管してください。\n"
             "鍵本体は %s、公開鍵は同じフォルダの agent.pub です。\n",
             fingerprint, fingerprint, kb_printable(cli->arena, path));
    return 0;
}

const struct kb_cmd kb_cmd_keygen = {
    .name = "keygen",
    .arguments = "",
    .summary = {"証跡に署名する鍵を作り、指紋を表示する",
                "make the key that signs the evidence, and print its fingerprint"},
    .detail = {"`koboshi init` でも作られます。既にある鍵は上書きしません。\n",
               "`koboshi init` makes it too; an existing key is never replaced.\n"},
    .options = KB_OPTS_ALWAYS,
    .run = keygen,
};
