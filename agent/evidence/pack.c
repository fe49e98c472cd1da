/* SPDX-License-Identifier: Apache-2.0 */
/* A pack: the ledger and its records in a folder that explains and checks itself. */
#include "koboshi/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "koboshi/arena.h"
#include "koboshi/ends.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"

#include "beside.h"
#include "checkpoint.h"
#include "sums.h"

static const char verify_sh[] = {
#include "verify.sh.h"
};
static const char readme[] = {
#include "pack_readme.txt.h"
};

struct packing {
    const struct kb_pack_params *params;
    struct kb_arena *arena;
    int from, to; /* folders of the ledger and of the pack */
    struct kb_chain chain;
    struct kb_trust trust;
    const char *signer;
};

static int open_dir(int dirfd, const char *name, bool make, int *ret_fd, struct kb_err *err)
{
    if (make && mkdirat(dirfd, name, 0755) && errno != EEXIST)
        return kb_fail(err, kb_code_of_errno(errno), "folder %s could not be made: %s",
                       "フォルダ %s を作成できませんでした: %s", name, strerror(errno));
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return kb_fail(err, kb_code_of_errno(errno), "folder %s cannot be opened: %s", "フォルダ %s を開けません: %s",
                       name, strerror(errno));
    *ret_fd = fd;
    return 0;
}

static int copy_bytes(int in, int out)
{
    char buffer[64 << 10];
    ssize_t got;
    while ((got = kb_read_full(in, buffer, sizeof buffer)) > 0)
        if (kb_write_all(out, buffer, (size_t)got))
            return -1;
    return got < 0 || fsync(out) ? -1 : 0;
}

/* copy(from, to, name, err): an existing target is the same content under the same name and is kept. */
static int copy(int from, int to, const char *name, struct kb_err *err)
{
    if (kb_ends_asked()) /* none of the files is so large that one would wait for it */
        return kb_fail(err, KB_ECANCELED, "cancelled", "中止されました");
    KB_SCOPED_FD in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (in < 0 || fstat(in, &st) || !S_ISREG(st.st_mode))
        return kb_fail(err, KB_ELEDGER, "%s cannot be read: %s", "%s を読めません: %s", name,
                       in < 0 ? strerror(errno) : "not a file");
    KB_SCOPED_FD out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (out < 0 && errno == EEXIST)
        return 0;
    if (out < 0 || copy_bytes(in, out))
        return kb_fail(err, kb_code_of_errno(errno), "%s could not be copied: %s", "%s を写せませんでした: %s", name,
                       strerror(errno));
    return 0;
}

/* Records that were changed must not leave this machine looking as if they were evidence. */
static int check_ledger(struct packing *p, struct kb_err *err)
{
    const struct kb_ledger_check *check;
    const struct kb_ledger_check_params params = {.dir = p->params->ledger};
    int code = kb_ledger_verify(&params, p->arena, &check, err);
    if (code || !check->bad)
        return code;
    const struct kb_flaw *flaw = check->flaws.v; /* the first bad one leads */
    const char *en = flaw->what.en, *ja = flaw->what.ja;
    if (flaw->line != KB_ABSENT) {
        en = kb_sprintf(p->arena, "line %" PRId64 ": %s", flaw->line, en);
        ja = kb_sprintf(p->arena, "%" PRId64 " 行目: %s", flaw->line, ja);
    }
    if (flaw->file) {
        en = kb_sprintf(p->arena, "%s: %s", flaw->file, en);
        ja = kb_sprintf(p->arena, "%s: %s", flaw->file, ja);
    }
    return kb_fail(err, KB_ELEDGER,
                   "the ledger %s is not as it was signed and is not exported (%" PRId64 " flaws): %s%.0s. See all of "
                   "them with `koboshi evidence verify`",
                   "台帳 %s が署名時と違うため書き出しません（%" PRId64
                   " 件）: %.0s%s。すべて見るには koboshi evidence "
                   "verify を実行してください",
                   p->params->ledger, check->bad, en, ja);
}

/* What the checkpoint covers, of one moment; a pack of something else would only raise questions. */
static int read_ledger(struct packing *p, struct kb_err *err)
{
    KB_SCOPED_FD locked = -1;
    int code = kb_ledger_open_shared(p->params->ledger, &p->from, &locked, err);
    if (code || (code = kb_chain_read(p->from, p->arena, &p->chain, err)))
        return code;
    kb_trust_read(p->from, &p->chain, p->arena, &p->trust);
    struct kb_line first;
    if (p->trust.state != KB_TRUST_SETTLED || p->trust.checkpoint.size != (int64_t)p->chain.n_lines || p->chain.torn ||
        kb_chain_break(&p->chain, p->chain.n_lines, &p->trust.checkpoint.head).first ||
        kb_line_entry(&p->chain, 1, p->arena, &first, NULL) || !first.signer)
        return kb_fail(err, KB_ELEDGER,
                       "the ledger %s is not as it was signed and is not exported; `koboshi evidence verify` says why",
                       "台帳 %s が署名時と違うため書き出しません。理由は koboshi evidence verify で分かります",
                       p->params->ledger);
    p->signer = first.signer;
    static const char *const names[] = {"checkpoint", "checkpoint.sig", "allowed_signers", "agent.pub.pem"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((code = copy(p->from, p->to, names[i], err)))
            return code;
    return kb_file_publish(p->to, "ledger.jsonl", p->chain.bytes, p->chain.end[p->chain.n_lines], 0644, err);
}

static int copy_named(const char *sums, size_t n, int from, int to, int from_objects, int to_objects,
                      struct kb_arena *arena, struct kb_err *err)
{
    static const char objects[] = "../../objects/";
    const char *at = sums;
    struct kb_sum sum;
    int got, code = 0;
    while (!code && (got = kb_sums_next(&at, sums + n, arena, &sum)) > 0)
        code = strncmp(sum.name, objects, strlen(objects)) != 0
                   ? copy(from, to, sum.name, err)
                   : copy(from_objects, to_objects, sum.name + strlen(objects), err);
    if (code)
        return code;
    return got < 0 ? kb_fail(err, KB_ELEDGER, "SHA256SUMS names a file that does not belong there",
                             "SHA256SUMS に含まれるはずのないファイルがあります")
                   : 0;
}

static int copy_drill(struct packing *p, const char *folder, struct kb_err *err)
{
    KB_SCOPED_FD from_drills = -1;
    KB_SCOPED_FD to_drills = -1;
    KB_SCOPED_FD from = -1;
    KB_SCOPED_FD to = -1;
    KB_SCOPED_FD from_objects = -1;
    KB_SCOPED_FD to_objects = -1;
    char *sums;
    size_t n;
    int code;
    if ((code = open_dir(p->from, "drills", false, &from_drills, err)) ||
        (code = open_dir(p->to, "drills", true, &to_drills, err)) ||
        (code = open_dir(from_drills, folder, false, &from, err)) ||
        (code = open_dir(to_drills, folder, true, &to, err)) ||
        (code = open_dir(p->from, "objects", false, &from_objects, err)) ||
        (code = open_dir(p->to, "objects", true, &to_objects, err)) || (code = copy(from, to, "SHA256SUMS", err)) ||
        (code = kb_file_read(from, "SHA256SUMS", KB_SUMS_BYTES_MAX, p->arena, &sums, &n, err)) ||
        (code = copy_named(sums, n, from, to, from_objects, to_objects, p->arena, err)))
        return code;
    if (!faccessat(from, "report.html", F_OK, AT_SYMLINK_NOFOLLOW) && (code = copy(from, to, "report.html", err)))
        return code;
    if (fsync(to) || fsync(to_objects) || fsync(to_drills))
        return kb_fail(err, KB_EIO, "not durable: %s", "永続化できませんでした: %s", strerror(errno));
    return 0;
}

/* What later drills were compared with. */
static int copy_lists(struct packing *p, const struct kb_line *entry, struct kb_err *err)
{
    KB_SCOPED_FD from = -1;
    KB_SCOPED_FD to = -1;
    int code = open_dir(p->from, "objects", false, &from, err);
    if (!code)
        code = open_dir(p->to, "objects", true, &to, err);
    for (size_t i = 0; !code && i < entry->reads.n; i++)
        if (entry->reads.v[i].list)
            code = copy(from, to, kb_sprintf(p->arena, "%s.zst", entry->reads.v[i].list), err);
    return code || !fsync(to) ? code
                              : kb_fail(err, KB_EIO, "not durable: %s", "永続化できませんでした: %s", strerror(errno));
}

static int copy_drills(struct packing *p, struct kb_err *err)
{
    const char *carried = "";
    for (size_t line = 1; line <= p->chain.n_lines; line++) {
        KB_SCOPED_ARENA scratch = kb_arena_new();
        struct kb_line entry;
        int code = kb_line_entry(&p->chain, line, scratch, &entry, err);
        if (!code && p->params->drill == KB_ABSENT && !strcmp(entry.kind, kb_line_kind_names[KB_LINE_VERIFIED]) &&
            entry.reads.n)
            code = copy_lists(p, &entry, err);
        if (code)
            return code;
        if (strcmp(entry.kind, kb_line_kind_names[KB_LINE_DRILL_FINISHED]) != 0 || entry.drill < 1 ||
            (p->params->drill != KB_ABSENT && entry.drill != p->params->drill))
            continue;
        if ((code = copy_drill(p, kb_drill_folder(p->arena, entry.drill), err)))
            return kb_wrap(err, "drill %" PRId64, "訓練 %" PRId64, entry.drill);
        carried = kb_sprintf(p->arena, "%s%" PRId64 "\n", carried, entry.drill);
    }
    if (p->params->drill != KB_ABSENT && !*carried)
        return kb_fail(err, KB_EUSAGE, "the ledger holds no finished drill %" PRId64,
                       "台帳に終了した訓練 %" PRId64 " はありません", p->params->drill);
    return kb_file_publish(p->to, "drills.txt", carried, strlen(carried), 0644, err);
}

/* text with every occurrence of mark replaced. */
static const char *fill(struct kb_arena *arena, const char *text, const char *mark, const char *value)
{
    for (const char *at; (at = strstr(text, mark));)
        text = kb_sprintf(arena, "%.*s%s%s", (int)(at - text), text, value, at + strlen(mark));
    return text;
}

static int write_guide(struct packing *p, struct kb_err *err)
{
    char head[KB_SHA256_HEX_SIZE];
    kb_sha256_hex(p->trust.checkpoint.head, head);
    const char *text = fill(p->arena, readme, "@FINGERPRINT@", kb_pubkey_fingerprint(p->arena, p->trust.signer));
    text = fill(p->arena, text, "@SIGNER@", kb_escape(p->arena, p->signer, strlen(p->signer)));
    text = fill(p->arena, text, "@LEDGER@", p->trust.checkpoint.ledger);
    text = fill(p->arena, text, "@SIZE@", kb_sprintf(p->arena, "%" PRId64, p->trust.checkpoint.size));
    text = fill(p->arena, text, "@HEAD@", head);
    int code = kb_file_publish(p->to, "README.txt", text, strlen(text), 0644, err);
    return code ? code : kb_file_publish(p->to, "verify.sh", verify_sh, strlen(verify_sh), 0755, err);
}

static int build(struct packing *p, const char *temp, struct kb_err *err)
{
    int code = kb_mkdir_p(temp, 0755, err);
    if (!code)
        code = open_dir(AT_FDCWD, temp, false, &p->to, err);
    if (!code)
        code = read_ledger(p, err);
    if (!code)
        code = copy_drills(p, err);
    if (!code)
        code = write_guide(p, err);
    if (!code && fsync(p->to))
        code = kb_fail(err, KB_EIO, "not durable: %s", "永続化できませんでした: %s", strerror(errno));
    return code;
}

static int move_into_place(const struct kb_beside *beside, struct kb_err *err)
{
    return !kb_beside_place(beside) ? 0
                                    : kb_fail(err, kb_code_of_errno(errno), "%s could not be made: %s",
                                              "%s を作成できませんでした: %s", beside->path, strerror(errno));
}

static int make(struct packing *p, const char *out, struct kb_err *err)
{
    struct kb_beside beside;
    int code = kb_beside_begin(out, p->arena, &beside, err);
    if (code)
        return code;
    code = build(p, beside.temp, err);
    if (!code)
        code = move_into_place(&beside, err);
    kb_close_p(&p->from);
    kb_close_p(&p->to);
    if (code)
        kb_beside_drop(&beside);
    return code;
}

int kb_pack_export(const struct kb_pack_params *params, struct kb_err *err)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct packing p = {.params = params, .arena = arena, .from = -1, .to = -1};
    struct stat st;
    if (!lstat(params->out, &st))
        return kb_fail(err, KB_EUSAGE, "%s is already there; name a folder that does not exist yet",
                       "%s は既にあります。まだないフォルダ名を指定してください", params->out);
    int code = check_ledger(&p, err);
    if (!code) {
        struct kb_ends ends;
        kb_ends_hold(&ends);
        code = make(&p, params->out, err);
        kb_ends_release(&ends);
    }
    return code ? kb_wrap(err, "nothing was exported", "書き出しませんでした") : 0;
}
