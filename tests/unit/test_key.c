/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: keys and signatures are those of ssh-keygen and openssl, in both directions, and bent ones are refused. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/key.h"
#include "koboshi/limits.h"

static char dir[] = "/tmp/koboshi-key-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    return !mkdtemp(dir) || chdir(dir);
}

static int tear_down(void **state)
{
    (void)state;
    return chdir("/") || kb_remove_tree(AT_FDCWD, dir, NULL);
}

/* run("…"): a command line given to sh, output in the file out; the exit status. */
static int run(const char *command)
{
    pid_t pid = fork();
    if (pid == 0) {
        int out = open("out", O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
            _exit(126);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static const char *text_of(struct kb_arena *arena, const char *name)
{
    char *data;
    size_t n;
    struct kb_err err = {0};
    assert_int_equal(kb_file_read(AT_FDCWD, name, KB_KEY_FILE_MAX, arena, &data, &n, &err), 0);
    return data;
}

static void put(const char *name, const char *text)
{
    struct kb_err err = {0};
    int here = open(".", O_RDONLY | O_DIRECTORY);
    assert_int_equal(kb_file_publish(here, name, text, strlen(text), 0600, &err), 0);
    close(here);
}

static void test_files(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_keypair *pair = NULL, *again = NULL;
    struct kb_err err = {0};
    assert_int_equal(kb_keypair_generate(&pair, &err), 0);
    assert_int_equal(kb_keypair_write(pair, "agent.pem", &err), 0);
    struct stat st;
    assert_int_equal(stat("agent.pem", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    const char *before = text_of(arena, "agent.pem");
    assert_int_equal(kb_keypair_write(pair, "agent.pem", &err), KB_ECONFIG);
    assert_non_null(strstr(err.frame[0].en, "never replaced"));
    assert_string_equal(text_of(arena, "agent.pem"), before);
    assert_int_equal(kb_keypair_load("agent.pem", &again, &err), 0);
    struct kb_pubkey a = kb_keypair_public(pair), b = kb_keypair_public(again);
    assert_memory_equal(a.bytes, b.bytes, sizeof a.bytes);
    kb_keypair_free(again);

    put("agent.pub", kb_sprintf(arena, "%s\n", kb_pubkey_ssh(arena, a, "agent@host")));
    assert_int_equal(run("ssh-keygen -lf agent.pub"), 0);
    const char *wanted = kb_sprintf(arena, "256 %s agent@host (ED25519)\n", kb_pubkey_fingerprint(arena, a));
    assert_string_equal(text_of(arena, "out"), wanted);
    assert_int_equal(run("openssl pkey -in agent.pem -pubout"), 0);
    assert_string_equal(text_of(arena, "out"), kb_pubkey_pem(arena, a));
    kb_keypair_free(pair);
}

static void test_refused_files(void **state)
{
    (void)state;
    struct kb_keypair *pair = NULL;
    struct kb_err err = {0};
    assert_int_equal(kb_keypair_load("absent.pem", &pair, &err), KB_ECONFIG);
    assert_int_equal(chmod("agent.pem", 0640), 0);
    assert_int_equal(kb_keypair_load("agent.pem", &pair, &err), KB_EPERM);
    assert_non_null(strstr(err.frame[0].ja, "0640"));
    assert_int_equal(chmod("agent.pem", 0600), 0);
    assert_int_equal(
        run("openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa.pem && chmod 600 rsa.pem"), 0);
    assert_int_equal(kb_keypair_load("rsa.pem", &pair, &err), KB_ECONFIG);
    assert_int_equal(run("openssl pkcs8 -topk8 -in agent.pem -passout pass:x -out locked.pem && chmod 600 locked.pem"),
                     0);
    assert_int_equal(kb_keypair_load("locked.pem", &pair, &err), KB_ECONFIG);
    put("noise.pem", "not a key");
    assert_int_equal(kb_keypair_load("noise.pem", &pair, &err), KB_ECONFIG);
    assert_int_equal(symlink("agent.pem", "link.pem"), 0);
    assert_int_not_equal(kb_keypair_load("link.pem", &pair, &err), 0);
    assert_null(pair);
}

static const char message[] = "koboshi 復元\n3\n";

static enum kb_signature check(const char *armored, const char *namespace_, const char *text, struct kb_pubkey *signer)
{
    const struct kb_sshsig sig = {armored, strlen(armored), namespace_};
    return kb_sshsig_verify(&sig, text, strlen(text), signer);
}

static void test_ours_by_ssh_keygen(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_keypair *pair = NULL;
    struct kb_err err = {0};
    const char *armored, *twice;
    assert_int_equal(kb_keypair_load("agent.pem", &pair, &err), 0);
    assert_int_equal(kb_sshsig_sign(pair, "koboshi-ledger", message, strlen(message), arena, &armored, &err), 0);
    assert_int_equal(kb_sshsig_sign(pair, "koboshi-ledger", message, strlen(message), arena, &twice, &err), 0);
    assert_string_equal(armored, twice);
    put("message", message);
    put("message.sig", armored);
    put("allowed_signers", kb_sprintf(arena, "agent@host %s\n", kb_pubkey_ssh(arena, kb_keypair_public(pair), "")));
    assert_int_equal(
        run("ssh-keygen -Y verify -f allowed_signers -I agent@host -n koboshi-ledger -s message.sig < message"), 0);
    assert_int_not_equal(run("ssh-keygen -Y verify -f allowed_signers -I agent@host -n other -s message.sig < message"),
                         0);
    assert_int_not_equal(
        run("echo x | ssh-keygen -Y verify -f allowed_signers -I agent@host -n koboshi-ledger -s message.sig"), 0);
    struct kb_pubkey signer, own = kb_keypair_public(pair);
    assert_int_equal(check(armored, "koboshi-ledger", message, &signer), KB_SIGNATURE_GOOD);
    assert_memory_equal(signer.bytes, own.bytes, sizeof own.bytes);
    assert_int_equal(check(armored, "other", message, &signer), KB_SIGNATURE_NAMESPACE);
    assert_int_equal(check(armored, "koboshi-ledger", "x", &signer), KB_SIGNATURE_WRONG);
    kb_keypair_free(pair);
}

static void test_theirs_by_us(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_int_equal(run("ssh-keygen -q -t ed25519 -N '' -C person -f person"), 0);
    put("letter", message);
    assert_int_equal(run("ssh-keygen -q -Y sign -f person -n koboshi-ledger letter"), 0);
    struct kb_pubkey signer;
    assert_int_equal(check(text_of(arena, "letter.sig"), "koboshi-ledger", message, &signer), KB_SIGNATURE_GOOD);
    assert_string_equal(kb_sprintf(arena, "%s\n", kb_pubkey_ssh(arena, signer, "person")),
                        text_of(arena, "person.pub"));
    /* what else ssh-keygen may write is refused by name, not misread */
    assert_int_equal(run("rm letter.sig; ssh-keygen -q -Y sign -O hashalg=sha256 -f person -n koboshi-ledger letter"),
                     0);
    assert_int_equal(check(text_of(arena, "letter.sig"), "koboshi-ledger", message, &signer), KB_SIGNATURE_MALFORMED);
    assert_int_equal(
        run("ssh-keygen -q -t ecdsa -N '' -f ec; rm letter.sig; ssh-keygen -q -Y sign -f ec -n koboshi-ledger letter"),
        0);
    assert_int_equal(check(text_of(arena, "letter.sig"), "koboshi-ledger", message, &signer), KB_SIGNATURE_MALFORMED);
}

/* Every single byte changed, every length cut: never good, never a crash. */
static void test_bent(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    char *armored = kb_strdup(arena, text_of(arena, "message.sig"));
    size_t n = strlen(armored);
    struct kb_pubkey signer;
    for (size_t i = 0; i < n; i++) {
        char kept = armored[i];
        for (int flip = 1; flip < 256; flip <<= 1) {
            armored[i] = (char)(kept ^ flip);
            const struct kb_sshsig sig = {armored, n, "koboshi-ledger"};
            assert_int_not_equal(kb_sshsig_verify(&sig, message, strlen(message), &signer), KB_SIGNATURE_GOOD);
        }
        armored[i] = kept;
        const struct kb_sshsig cut = {kb_strndup(arena, armored, i), i, "koboshi-ledger"};
        if (i + 1 < n) /* the last newline may be missing */
            assert_int_not_equal(kb_sshsig_verify(&cut, message, strlen(message), &signer), KB_SIGNATURE_GOOD);
    }
    assert_int_equal(check(armored, "koboshi-ledger", message, &signer), KB_SIGNATURE_GOOD);
    assert_int_equal(check(kb_sprintf(arena, "%s\n", armored), "koboshi-ledger", message, &signer),
                     KB_SIGNATURE_MALFORMED);
    assert_int_equal(check(kb_sprintf(arena, " %s", armored), "koboshi-ledger", message, &signer),
                     KB_SIGNATURE_MALFORMED);
    assert_int_equal(check("", "koboshi-ledger", message, &signer), KB_SIGNATURE_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_refused_files),
        cmocka_unit_test(test_ours_by_ssh_keygen),
        cmocka_unit_test(test_theirs_by_us),
        cmocka_unit_test(test_bent),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
