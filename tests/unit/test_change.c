/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: two lists of entries are compared whatever their order, renames to one new ending are told from ordinary work,
 * and the earlier reading that is compared with is the right one. */
#include "tools.h"

#include "koboshi/change.h"

enum { LINE_MAX_ = 512 };

/* A list of entries as the pass writes it: "a=1 b=2": path and what its content is. */
static int list_of(const char *entries)
{
    int fd = open(".", O_TMPFILE | O_RDWR, 0600);
    char *copy = strdup(entries), *save = NULL;
    for (char *at = strtok_r(copy, " ", &save); at; at = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(at, '=');
        *equals = '\0';
        assert_true(dprintf(fd, "%064d  %s\n", atoi(equals + 1), at) > 0);
    }
    free(copy);
    assert_true(fd >= 0);
    return fd;
}

static struct kb_change find(struct kb_arena *arena, const char *before, const char *now)
{
    KB_SCOPED_FD a = list_of(before);
    KB_SCOPED_FD b = list_of(now);
    const struct kb_change_params params = {.before_fd = a, .now_fd = b};
    struct kb_change change;
    struct kb_err err = {0};
    if (kb_change_find(&params, arena, &change, &err))
        fail_msg("%s", err.frame[0].en);
    return change;
}

#define COUNTS(change, changed_, vanished_, added_, renamed_)                                                          \
    do {                                                                                                               \
        assert_int_equal((change).changed, changed_);                                                                  \
        assert_int_equal((change).vanished, vanished_);                                                                \
        assert_int_equal((change).added, added_);                                                                      \
        assert_int_equal((change).renamed, renamed_);                                                                  \
    } while (0)

static void test_counts_in_any_order(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_change c = find(arena, "c=3 a=1 b=2", "b=2 d=4 a=9");
    COUNTS(c, 1, 1, 1, 0);
    assert_int_equal(c.before, 3);
    assert_int_equal(c.now, 3);
    assert_string_equal(c.changed_list, "a");
    assert_string_equal(c.vanished_list, "c");
    assert_string_equal(c.added_list, "d");
    c = find(arena, "a=1 b=2", "b=2 a=1");
    COUNTS(c, 0, 0, 0, 0);
    c = find(arena, "", "a=1");
    COUNTS(c, 0, 0, 1, 0);
    c = find(arena, "a=1 b=1", "");
    COUNTS(c, 0, 2, 0, 0);
    c = find(arena, "a=1 a=2 b=1", "b=1 a=2"); /* of a chain: the last line counts */
    COUNTS(c, 0, 0, 0, 0);
    assert_int_equal(c.before, 2);
}

static void test_examples_are_few_and_escaped(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_change c = find(arena, "a=1 b=1 c=1 d=1 e=1 f=1 g=1", "x=2");
    assert_string_equal(c.vanished_list, "a, b, c, d, e, …");
    KB_SCOPED_FD now = open(".", O_TMPFILE | O_RDWR, 0600);
    KB_SCOPED_FD before = list_of("");
    assert_true(dprintf(now, "\\%064d  x\\ny\\\\z\n", 1) > 0);
    const struct kb_change_params params = {.before_fd = before, .now_fd = now};
    struct kb_err err = {0};
    assert_int_equal(kb_change_find(&params, arena, &c, &err), 0);
    assert_string_equal(c.added_list, "x%0Ay\\z");
}

static void test_renames_to_one_ending(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_change c = find(arena, "a.docx=1 b.xlsx=2 dir/c.txt=3",
                              "a.docx.locked=7 b.xlsx.locked=8 dir/c.txt.locked=9");
    COUNTS(c, 0, 3, 3, 3);
    assert_string_equal(c.ending, ".locked");
    assert_int_equal(c.ending_files, 3);
    /* the ending replaced, before and behind in the order of names */
    c = find(arena, "a.docx=1 b.xlsx=2 c.txt=3", "a.akira=7 b.akira=8 c.akira=9");
    COUNTS(c, 0, 3, 3, 3);
    assert_string_equal(c.ending, ".akira");
    c = find(arena, "a.docx=1 b.docx=2", "a.zzz=7 b.zzz=8");
    COUNTS(c, 0, 2, 2, 2);
    /* names that begin alike */
    c = find(arena, "a=1 a.doc=1 a.doc.bak=1 a-1.doc=1", "a-1.doc.x=2 a.doc.bak.x=2 a.doc.x=2 a.x=2");
    COUNTS(c, 0, 4, 4, 4);
    assert_string_equal(c.ending, ".x");
    assert_int_equal(c.ending_files, 4);
    c = find(arena, "a.doc=1", "a.doc.id[1A2B-2803].[m@example.com].phobos=2");
    assert_string_equal(c.ending, ".id[1A2B-2803].[m@example.com].phobos");
}

static void test_ordinary_work_is_no_rename(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    /* old documents saved in the format that others have already */
    struct kb_change c = find(arena, "a.xls=1 b.xls=2 z.xlsx=3", "a.xlsx=4 b.xlsx=5 z.xlsx=3");
    COUNTS(c, 0, 2, 2, 0);
    /* a folder moved */
    c = find(arena, "x/a.doc=1 x/b.doc=2", "y/a.doc=1 y/b.doc=2");
    COUNTS(c, 0, 0, 0, 0);
    assert_int_equal(c.moved, 2);
    /* numbers and dates in names */
    c = find(arena, "r-2025=1 r-2026=2", "r-2026=2 r-2027=3");
    COUNTS(c, 0, 1, 1, 0);
    /* hidden files have no ending */
    c = find(arena, "dir/.a=1", "dir/.b=2");
    COUNTS(c, 0, 1, 1, 0);
}

static void test_moved_with_equal_content(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_change c = find(arena, "x/a=1 x/b=2 x/c=3 x/d=4", "y/a=1 y/b=2 y/c=9 x/d=4 z=5");
    COUNTS(c, 0, 1, 2, 0);
    assert_int_equal(c.moved, 2);
    assert_string_equal(c.moved_list, "y/a, y/b");
    assert_string_equal(c.vanished_list, "x/c");
    assert_string_equal(c.added_list, "y/c, z");
    /* of equal contents each counts once */
    c = find(arena, "a=1 b=1 c=1", "x=1 y=1");
    COUNTS(c, 0, 1, 0, 0);
    assert_int_equal(c.moved, 2);
    assert_null(c.added_list);
    c = find(arena, "a=1", "x=1 y=1 z=1");
    COUNTS(c, 0, 0, 2, 0);
    assert_int_equal(c.moved, 1);
    /* one of two copies is gone; nothing came: the other is no new name */
    c = find(arena, "a=1 b=1", "b=1");
    COUNTS(c, 0, 1, 0, 0);
    assert_int_equal(c.moved, 0);
    assert_string_equal(c.vanished_list, "a");
    /* another content under the old name, the old content beside it: a change, and one more */
    c = find(arena, "a=1", "a=2 a.old=1");
    COUNTS(c, 1, 0, 1, 0);
    assert_int_equal(c.moved, 0);
    /* a new ending stays a rename, whatever is in it */
    c = find(arena, "a.doc=1 b.doc=2 x/c=3", "a.doc.locked=1 b.doc.locked=2 y/c=3");
    COUNTS(c, 0, 2, 2, 2);
    assert_int_equal(c.moved, 1);
    /* the names first in order are shown, whatever the order of the digests */
    c = find(arena, "a=9 b=8 c=7 d=6 e=5 f=4 g=3", "A=9 B=8 C=7 D=6 E=5 F=4 G=3");
    COUNTS(c, 0, 0, 0, 0);
    assert_int_equal(c.moved, 7);
    assert_string_equal(c.moved_list, "A, B, C, D, E, …");
    assert_null(c.vanished_list);
}

static void test_moved_names_are_escaped(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    KB_SCOPED_FD now = open(".", O_TMPFILE | O_RDWR, 0600);
    KB_SCOPED_FD before = list_of("a=1");
    assert_true(dprintf(now, "\\%064d  x\\ny\\\\z\n", 1) > 0);
    const struct kb_change_params params = {.before_fd = before, .now_fd = now};
    struct kb_change c;
    struct kb_err err = {0};
    assert_int_equal(kb_change_find(&params, arena, &c, &err), 0);
    assert_int_equal(c.moved, 1);
    assert_string_equal(c.moved_list, "x%0Ay\\z");
}

static void test_what_cannot_be_read_now(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    KB_SCOPED_FD before = list_of("a=1 b=2 c=3");
    KB_SCOPED_FD now = list_of("a=1");
    static const char *const unread[] = {"b", "x"};
    const struct kb_change_params params = {.before_fd = before, .now_fd = now, .unread = unread, .n_unread = 2};
    struct kb_change c;
    struct kb_err err = {0};
    assert_int_equal(kb_change_find(&params, arena, &c, &err), 0);
    assert_int_equal(c.vanished, 2);
    assert_int_equal(c.unreadable, 1);
    assert_string_equal(c.unreadable_list, "b");
}

static void test_lists_that_are_none(void **state)
{
    (void)state;
    static const char digest[] = "0000000000000000000000000000000000000000000000000000000000000001";
    static const char *const shapes[] = {"%s  a", "%s a\n", "%s  \n", "x%s  a\n", "\n", "%.63s  a\n", "%.63sG  a\n"};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char line[LINE_MAX_];
        KB_SCOPED_FD fd = open(".", O_TMPFILE | O_RDWR, 0600);
        struct kb_sorted *sorted = NULL;
        struct kb_err err = {0};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        int n = snprintf(line, sizeof line, shapes[i], digest);
#pragma GCC diagnostic pop
        assert_int_equal(write(fd, line, (size_t)n), n);
        if (kb_sorted_new(fd, KB_BY_PATH, &sorted, &err) != KB_EWORKER)
            fail_msg("taken for a list: %s", shapes[i]);
    }
}

/* More than one sorted piece: 700,000 lines of 107 bytes, the later ones in front, some twice. */
static void test_more_than_one_piece(void **state)
{
    (void)state;
    enum { LINES = 700000, AGAIN = 1000 };
    KB_SCOPED_FD fd = open(".", O_TMPFILE | O_RDWR, 0600);
    FILE *out = fdopen(dup(fd), "w");
    for (int i = 0; i < LINES; i++)
        assert_true(fprintf(out, "%064d  folder/%032d\n", 1, (int)((long long)i * 7919 % LINES)) > 0);
    for (int i = 0; i < AGAIN; i++)
        assert_true(fprintf(out, "%064d  folder/%032d\n", 2, i) > 0);
    assert_int_equal(fclose(out), 0);
    struct kb_sorted *sorted = NULL;
    struct kb_sorted_line line;
    struct kb_err err = {0};
    int64_t n = 0, again = 0;
    assert_int_equal(kb_sorted_new(fd, KB_BY_PATH, &sorted, &err), 0);
    for (; kb_sorted_next(sorted, &line, &err) > 0; n++) {
        char want[48];
        (void)snprintf(want, sizeof want, "folder/%032d", (int)n);
        if (line.path_n != strlen(want) || memcmp(line.path, want, line.path_n) != 0)
            fail_msg("line %lld is %.*s", (long long)n, (int)line.path_n, line.path);
        again += line.digest[63] == '2';
    }
    assert_int_equal(n, LINES);
    assert_int_equal(again, AGAIN);
    kb_sorted_free(sorted);
}

/* --- the right one to compare with -----------------------------------------------------------------------------------
 */

static struct kb_line_read read_of(const char *medium, const char *file, int64_t point_in_time, int status,
                                   const char *fs_uuid)
{
    return (struct kb_line_read){.set = "share",
                                 .medium = medium,
                                 .file = file,
                                 .point_in_time = point_in_time,
                                 .status = status,
                                 .fs_uuid = fs_uuid,
                                 .list = "object"};
}

static struct kb_line line_of(enum kb_line_kind kind, int64_t drill, struct kb_line_read *read)
{
    struct kb_line line;
    kb_line_init(&line, kind);
    line.plan = "energy";
    line.drill = drill;
    line.reads.v = read;
    line.reads.n = 1;
    return line;
}

static void test_which_earlier_one(void **state)
{
    (void)state;
    struct kb_line_read reads[] = {
        read_of("a", "s-1", 100, KB_UNIT_GOOD, "U1"),   read_of("b", "s-2", 200, KB_UNIT_CONDITIONAL, "U2"),
        read_of("a", "s-3", 300, KB_UNIT_FAILED, "U1"), read_of("a", "s-4", 400, KB_UNIT_GOOD, "U1"),
        read_of("a", "s-4", 400, KB_UNIT_GOOD, "U1"),
    };
    struct kb_line v[5];
    for (size_t i = 0; i < 5; i++)
        v[i] = line_of(i == 4 ? KB_LINE_VERIFIED : KB_LINE_DRILL_FINISHED, i == 4 ? KB_ABSENT : (int64_t)i + 1,
                       &reads[i]);
    const struct kb_lines lines = {.n = 5, .v = v};
    struct kb_record_unit unit = {.set = "share", .medium = "a", .file = "s-4", .point_in_time = 400};
    /* the last good one of an older generation, on whatever disk; failed ones never */
    assert_int_equal(kb_earlier_generation(&lines, "energy", &unit).line->drill, 2);
    assert_int_equal(kb_first_reading(&lines, "energy", &unit, "U1").line->drill, 4);
    assert_null(kb_first_reading(&lines, "energy", &unit, "U9").line); /* another disk under the same id */
    assert_null(kb_earlier_generation(&lines, "other", &unit).line);
    reads[4].point_in_time = 150; /* somebody drilled an old one since: the newest of the older ones still counts */
    assert_int_equal(kb_earlier_generation(&lines, "energy", &unit).line->drill, 2);
    const struct kb_freshness part = {.files = 9, .now = 4, .recent = 5};
    reads[1].freshness = &part; /* its list names four of nine files */
    assert_int_equal(kb_earlier_generation(&lines, "energy", &unit).line->drill, KB_ABSENT);
    reads[1].freshness = NULL, reads[4].point_in_time = 400;
    unit.point_in_time = 50; /* all that was read is newer: to go back is no change */
    assert_null(kb_earlier_generation(&lines, "energy", &unit).line);
    unit.point_in_time = 100; /* nothing older: the same one */
    assert_int_equal(kb_earlier_generation(&lines, "energy", &unit).line->drill, 1);
    reads[1].list = NULL; /* records of before there were lists */
    unit.point_in_time = 400;
    assert_int_equal(kb_earlier_generation(&lines, "energy", &unit).line->drill, 1);
    reads[0].detected = "tar + zstd", unit.result.detected = "folder"; /* both list files */
    assert_int_equal(kb_earlier_generation(&lines, "energy", &unit).line->drill, 1);
    unit.result.detected = "opaque"; /* the plan had it as an archive then */
    assert_null(kb_earlier_generation(&lines, "energy", &unit).line);
    reads[0].detected = unit.result.detected = NULL;
    unit.set = "mail";
    assert_null(kb_earlier_generation(&lines, "energy", &unit).line);
}

/* --- the judgement
 * ---------------------------------------------------------------------------------------------------- */

static const char *judged(struct kb_arena *arena, struct kb_record_change change, struct kb_set_result result,
                          int64_t max_change)
{
    const struct kb_record_unit unit = {.set = "share", .change = &change, .result = result};
    size_t n = 0;
    const struct kb_finding *v = kb_change_judge(&unit, max_change, arena, &n);
    const char *rules = "";
    for (size_t i = 0; i < n; i++) {
        rules = kb_sprintf(arena, "%s%s%s", rules, i ? " " : "", v[i].rule);
        assert_true(v[i].expected.en && v[i].expected.ja && v[i].found.en && v[i].found.ja);
    }
    return rules;
}

#define JUDGED(max_change_, ...)                                                                                       \
    judged(arena,                                                                                                      \
           (struct kb_record_change){.with = {.drill = 12, .time = 0, .list = "x"}, .ending = ".x", __VA_ARGS__},      \
           (struct kb_set_result){0}, max_change_)

static void test_limits(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_string_equal(JUDGED(30, .before = 1000, .changed = 200, .vanished = 100), "");
    assert_string_equal(JUDGED(30, .before = 1000, .changed = 200, .vanished = 101), "change-large");
    assert_string_equal(JUDGED(0, .before = 1000, .added = 5000), ""); /* growth is no change */
    assert_string_equal(JUDGED(0, .before = 1000, .changed = 1), "change-large");
    assert_string_equal(JUDGED(100, .before = 1000, .vanished = 1000), ""); /* the plan allows it */
    assert_string_equal(JUDGED(KB_ABSENT, .before = 1000, .changed = 1000), "");
    assert_string_equal(JUDGED(KB_ABSENT, .before = 1000, .vanished = 501), "change-vanished");
    assert_string_equal(JUDGED(KB_ABSENT, .before = 1000, .vanished = 500), "");
    assert_string_equal(JUDGED(KB_ABSENT, .before = 4, .vanished = 4), ""); /* too few to speak of most */
    assert_string_equal(JUDGED(KB_ABSENT, .before = 0), "");
}

static void test_limits_of_renames(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    assert_string_equal(JUDGED(KB_ABSENT, .before = 100, .vanished = 51, .renamed = 51, .ending_files = 51),
                        "change-renamed");
    assert_string_equal(JUDGED(KB_ABSENT, .before = 100, .vanished = 50, .renamed = 50, .ending_files = 50),
                        "change-suffix");
    assert_string_equal(JUDGED(KB_ABSENT, .before = 100, .vanished = 5, .renamed = 5, .ending_files = 5), "");
    assert_string_equal(JUDGED(KB_ABSENT, .before = 4, .vanished = 4, .renamed = 4, .ending_files = 4), "");
    assert_string_equal(JUDGED(KB_ABSENT, .before = 100000, .vanished = 99, .renamed = 99, .ending_files = 99), "");
    assert_string_equal(JUDGED(KB_ABSENT, .before = 100000, .vanished = 100, .renamed = 100, .ending_files = 100),
                        "change-suffix");
    /* somebody looked: told, but not red, so that it can be compared with the next time */
    assert_string_equal(JUDGED(100, .before = 100, .vanished = 100, .renamed = 100, .ending_files = 100),
                        "change-suffix");
    /* not everything could be read: what is not listed need not be gone */
    assert_string_equal(
        JUDGED(10, .before = 100, .vanished = 100, .ending_files = 100, .partial = true, .unreadable = 3),
        "no-longer-readable");
}

static void test_growth_of_signs(void **state)
{
    (void)state;
    KB_SCOPED_ARENA arena = kb_arena_new();
    const struct kb_record_change before = {.with = {.drill = 12}, .judged_before = 800, .odd_before = 2};
#define ODD(n) judged(arena, before, (struct kb_set_result){.files_judged = 805, .files_odd = n}, KB_ABSENT)
    assert_string_equal(ODD(3), "");
    assert_string_equal(ODD(6), "");
    assert_string_equal(ODD(9), ""); /* 7 more, but of 805 */
    assert_string_equal(ODD(11), "signs-grow");
    const struct kb_record_change unknown = {
        .with = {.drill = 12}, .judged_before = KB_ABSENT, .odd_before = KB_ABSENT};
    assert_string_equal(judged(arena, unknown, (struct kb_set_result){.files_judged = 10, .files_odd = 10}, KB_ABSENT),
                        "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_in_any_order),
        cmocka_unit_test(test_examples_are_few_and_escaped),
        cmocka_unit_test(test_renames_to_one_ending),
        cmocka_unit_test(test_ordinary_work_is_no_rename),
        cmocka_unit_test(test_moved_with_equal_content),
        cmocka_unit_test(test_moved_names_are_escaped),
        cmocka_unit_test(test_what_cannot_be_read_now),
        cmocka_unit_test(test_lists_that_are_none),
        cmocka_unit_test(test_more_than_one_piece),
        cmocka_unit_test(test_which_earlier_one),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_limits_of_renames),
        cmocka_unit_test(test_growth_of_signs),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
