/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: no name, link or folder of a backup leads outside the scratch folder, and what cannot be restored is said. */
#include "restore_trial.h"

/* Unsafe names come without a path; links that lead out, and writing through them. */
static void test_traversal(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    struct kb_entry unsafe = {
        .kind = KB_ENTRY_FILE, .fault = KB_PATH_PARENT, .shown = "../trap", .raw = "../trap", .raw_n = 7};
    assert_int_equal(t->sink.entry(t->sink.owner, &unsafe, NULL), 0);
    assert_int_equal(t->sink.data(t->sink.owner, 0, "x", 1, NULL), 0);
    assert_int_equal(t->sink.end(t->sink.owner, 1, NULL, NULL, NULL), 0);
    unsafe.path = "/etc/trap"; /* a path nobody judged is a fault */
    assert_true(t->sink.entry(t->sink.owner, &unsafe, NULL) < 0);
    const char *outside = kb_sprintf(t->arena, "%s/outside", top);
    entry(t, KB_ENTRY_SYMLINK, "door", outside);
    entry(t, KB_ENTRY_SYMLINK, "door2", "../outside");
    file(t, "door/planted", "x");
    file(t, "door2/planted", "x");
    entry(t, KB_ENTRY_SYMLINK, "a/b/up", "../..");
    entry(t, KB_ENTRY_SYMLINK, "climb", "a/b/up/../outside/secret"); /* inside by its letters, outside on disk */
    entry(t, KB_ENTRY_SYMLINK, "empty", "");
    entry(t, KB_ENTRY_HARDLINK, "hard", "../outside/secret");
    entry(t, KB_ENTRY_HARDLINK, "unsafe-hard", NULL);
    entry(t, KB_ENTRY_OTHER, "device", NULL);
    file(t, "good", "good");
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_true(found(t, "names-collide", "door/planted") || found(t, "entry-kind", "door"));
    assert_true(found(t, "entry-kind", "climb"));
    assert_true(found(t, "entry-kind", "empty"));
    assert_true(found(t, "entry-kind", "hard"));
    assert_true(!found(t, "entry-kind", "unsafe-hard") && !found(t, "entry-kind", "device")); /* said by the pass */
    assert_int_not_equal(access(in(t, "device"), F_OK), 0);
    assert_int_not_equal(access(in(t, "hard"), F_OK), 0);
    struct stat st;
    assert_int_not_equal(lstat(in(t, "climb"), &st), 0);
    end(t);
}

/* The writer leans on nobody: names that should have been refused before do not get out either. */
static void test_unjudged_names(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    file(t, "a/../../outside/planted", "x");
    file(t, "..", "x");
    entry(t, KB_ENTRY_FOLDER, "a/..", NULL);
    entry(t, KB_ENTRY_FOLDER, "../outside/folder", NULL);
    entry(t, KB_ENTRY_SYMLINK, "../outside/link", "good");
    file(t, "good", "x");
    entry(t, KB_ENTRY_HARDLINK, "../outside/hard", "good");
    size_t before = t->n;
    assert_int_equal(before, 4);
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->n, 6);
    assert_int_equal(t->result.files_restored, 1);
    end(t);
}

/* A link that somebody else put there is not followed either. */
static void test_planted_link(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    assert_int_equal(symlink("../outside", in(t, "door")), 0);
    assert_int_equal(symlink("../outside/secret", in(t, "last")), 0);
    file(t, "door/planted", "x");
    file(t, "door/sub/planted", "x");
    file(t, "last", "x");
    entry(t, KB_ENTRY_FOLDER, "door/folder", NULL);
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_true(found(t, "names-collide", "door/planted"));
    assert_true(found(t, "names-collide", "door/sub/planted"));
    assert_true(found(t, "names-collide", "last"));
    assert_true(found(t, "names-collide", "door/folder"));
    assert_true(found(t, "reread-differs", "door"));
    end(t);
}

static void test_names(void **state)
{
    (void)state;
    struct trial *t = begin(NULL);
    file(t, "twice", "first");
    file(t, "twice", "second");
    file(t, "Twice", "a name of its own on Linux");
    file(t, "file", "x");
    file(t, "file/below", "x");
    file(t, "folder/below", "x");
    file(t, "folder", "x");
    file(t, "\xe3\x81\x8c", "NFC");
    file(t, "\xe3\x81\x8b\xe3\x82\x99", "NFD");
    assert_int_equal(finish(t), KB_NOT_REACHED);
    assert_int_equal(t->n, 4);
    assert_true(found(t, "names-collide", "twice"));
    assert_string_equal(content(t, "twice"), "first");
    assert_true(found(t, "names-collide", "file/below"));
    assert_true(found(t, "names-collide", "folder"));
    assert_true(found(t, "names-alike", "\xe3\x81\x8b\xe3\x82\x99"));
    assert_string_equal(content(t, "\xe3\x81\x8c"), "NFC");
    assert_string_equal(content(t, "\xe3\x81\x8b\xe3\x82\x99"), "NFD");
    assert_int_equal(t->result.files_restored, 6);
    end(t);
    t = begin(NULL); /* names that only look alike take nothing from the proof */
    file(t, "\xe3\x81\x8c", "NFC");
    file(t, "\xe3\x81\x8b\xe3\x82\x99", "NFD");
    assert_int_equal(finish(t), KB_REACHED);
    assert_int_equal(t->n, 1);
    assert_int_equal(t->findings[0].severity, KB_NOTE);
    end(t);
}

static void test_windows_target(void **state)
{
    (void)state;
    static const char *const bad[] = {"a:b",  "q?",     "con",    "NUL.txt", "COM1",    "lpt¹.log",
                                      "dot.", "space ", "dir./x", "b\\s",    "\x95\x5c"};
    static const char *const good[] = {"console", "com", "COM10", ".hidden", "見積", "nul1", "a b"};
    struct trial *t = begin("ntfs");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        file(t, good[i], "x");
    file(t, "\xef\xbd\x81", "full-width a");
    assert_int_equal(t->n, 0);
    file(t, "見積/ReadMe", "1");
    assert_true(found(t, "names-collide", "見積/ReadMe")); /* 見積 is a file */
    file(t, "d/ReadMe", "1");
    file(t, "D/README", "2");
    assert_true(found(t, "names-collide", "D/README"));
    file(t, "\xef\xbc\xa1", "full-width A");
    assert_true(found(t, "names-collide", "\xef\xbc\xa1"));
    size_t before = t->n;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        file(t, bad[i], "x");
        assert_int_equal(t->n, before + i + 1);
        assert_string_equal(t->findings[t->n - 1].rule, "not-representable");
    }
    assert_int_equal(finish(t), KB_NOT_REACHED);
    end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_traversal, tripwire),
        cmocka_unit_test_teardown(test_unjudged_names, tripwire),
        cmocka_unit_test_teardown(test_planted_link, tripwire),
        cmocka_unit_test_teardown(test_names, tripwire),
        cmocka_unit_test_teardown(test_windows_target, tripwire),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
