/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: files that do not look like those of their tool are found, and of what only the tool can open nothing is
 * claimed but its bytes. */
#include "koboshi/tool.h"
#include "shapes.h"

static struct kb_job_set of_tool(int tool, int format, const char *file)
{
    return (struct kb_job_set){.format = format, .tool = tool, .file = file};
}

static void test_presets(void **state)
{
    (void)state;
    for (int id = KB_TOOL_TAR; id <= KB_TOOL_OTHER; id++) {
        const struct kb_tool *tool = kb_tool_of((enum kb_tool_id)id);
        assert_true(tool->title.ja && tool->title.en);
        assert_true(tool->format >= -1 && tool->format <= KB_FORMAT_CHAIN);
        assert_true(!tool->opaque || (tool->caveat.ja && tool->caveat.en)); /* why it goes no further is said */
        for (size_t i = 0; i < tool->n_layout; i++)
            assert_true(tool->layout[i].pattern && tool->layout[i].what.ja && tool->layout[i].what.en);
    }
}

/* What a .bak is, and is not. */
static void test_mssql(void **state)
{
    (void)state;
    static const struct {
        const char *make, *found; /* NULL: good */
    } files[] = {
        {"{ printf TAPE; head -c 5000 /dev/zero; } > db.bak", NULL},
        {"{ printf MSSQLBAK; head -c 5000 /dev/zero; } > db.bak", NULL},
        {"{ printf PK; head -c 5000 /dev/zero; } > db.bak", "it begins with PK%00"},
        {"head -c 5000 /dev/zero | tr '\\0' '\\377' > db.bak", "it begins with %FF%FF"},
        {"printf TAP > db.bak", "it begins with TAP"},
        {": > db.bak", "empty"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        SHELL(files[i].make);
        SHELL("sha256sum db.bak > m");
        struct kb_job_set set = of_tool(KB_TOOL_MSSQL, KB_FORMAT_FILE, "db.bak");
        set.manifest = "m";
        struct outcome *o = pass(set);
        WANT(o, files[i].make, o->n == (files[i].found != NULL));
        WANT(o, files[i].make, !files[i].found || strstr(found_by(o, "tool-magic"), files[i].found));
        assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
        assert_true(has_caveat(o, "RESTORE VERIFYONLY"));
        outcome_free(o);
    }
    /* compressed: what is inside is judged, and the filter's own check holds */
    SHELL("{ printf TAPE; head -c 5000 /dev/zero; } | gzip > db.bak.gz; printf x | gzip > x.bak.gz");
    struct kb_job_set set = of_tool(KB_TOOL_MSSQL, KB_FORMAT_FILE, "db.bak.gz");
    set.unpack = true;
    struct outcome *o = pass(set);
    WANT(o, "db.bak.gz", !o->n && o->result.proof.structure == KB_REACHED);
    outcome_free(o);
    set.file = "x.bak.gz";
    o = pass(set);
    WANT(o, "x.bak.gz", told(o, "tool-magic", "x.bak") == 1);
    outcome_free(o);
}

/* Opaque: never above L2, but what was restored is read back all the same. */
static void test_ceiling(void **state)
{
    (void)state;
    static const int tools[] = {KB_TOOL_YAYOI, KB_TOOL_OBC};
    put_noise("会社.KB25", 70000, 5);
    SHELL("sha256sum 会社.KB25 > m");
    for (size_t i = 0; i < 2; i++) {
        struct kb_job_set set = of_tool(tools[i], KB_FORMAT_FILE, "会社.KB25");
        set.manifest = "m";
        struct outcome *o = restored(set);
        WANT(o, "opaque", !o->n && o->result.proof.structure == KB_NOT_REACHED);
        assert_int_equal(o->result.proof.hash, KB_REACHED);
        assert_int_equal(o->result.proof.restored, KB_REACHED);
        assert_string_equal(o->result.detected, "opaque");
        assert_string_equal(o->result.caveats.v[0].ja, kb_tool_of((enum kb_tool_id)tools[i])->caveat.ja);
        outcome_free(o);
    }
    SHELL(": > 会社.KB25");
    struct outcome *o = pass(of_tool(KB_TOOL_YAYOI, KB_FORMAT_FILE, "会社.KB25"));
    WANT(o, "empty", told(o, "zero-files", NULL) == 1 && o->bad == 1);
    outcome_free(o);
    /* in an archive the archive is judged */
    SHELL("printf x > 会社.KB25; rm -f y.zip; zip -q y.zip 会社.KB25");
    o = pass(of_tool(KB_TOOL_YAYOI, KB_FORMAT_ARCHIVE, "y.zip"));
    WANT(o, "zip", !o->n && o->result.proof.structure == KB_REACHED);
    outcome_free(o);
    o = pass(of_tool(KB_TOOL_OTHER, KB_FORMAT_FILE, "y.zip"));
    WANT(o, "other", !o->n && o->result.proof.structure == KB_NOT_APPLICABLE);
    outcome_free(o);
}

#define WSB "Backup 2026-11-20 213000"

static void make_wsb(const char *make_image)
{
    SHELL("rm -rf '" WSB "' && mkdir '" WSB "'");
    SHELL(make_image);
    SHELL("cd '" WSB "' && printf '\\377\\376<\\0?\\0x\\0m\\0l\\0' > BackupSpecs.xml && "
          "printf '<?xml version=\"1.0\"?><a/>' > 1a2b_Components.xml && printf '<a/>' > 1a2b_RegistryExcludes.xml");
}

/* [MS-VHDX] 2.2.1: the identifier, then the creator in UTF-16. */
static const char *const vhdx = "{ printf vhdxfile; head -c 1100000 /dev/zero; } > '" WSB "/9b9c.vhdx'";

static void test_wsb(void **state)
{
    (void)state;
    static const struct {
        const char *what, *change, *rule, *entry;
    } rows[] = {
        {"whole", ":", NULL, NULL},
        {"names in other case", "mv BackupSpecs.xml BACKUPSPECS.XML; mv 9b9c.vhdx 9B9C.VHDX", NULL, NULL},
        {"no catalogue", "rm BackupSpecs.xml", "tool-layout", ""},
        {"no components", "rm 1a2b_Components.xml", "tool-layout", ""},
        {"no image", "rm 9b9c.vhdx", "tool-layout", ""},
        {"an image cut within its headers", "truncate -s 70008 9b9c.vhdx", "tool-magic", "9b9c.vhdx"},
        {"an encrypted image", "head -c 5000 1a2b_Components.xml > 9b9c.vhdx", "tool-magic", "9b9c.vhdx"},
        {"an encrypted second image", "printf x > c.vhdx; touch -d 2020-01-01 c.vhdx", "tool-magic", "c.vhdx"},
        {"an empty catalogue", ": > BackupSpecs.xml", "tool-magic", "BackupSpecs.xml"},
        {"an image of another system alone", "mv 9b9c.vhdx ._9b9c.vhdx", "tool-layout", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        make_wsb(vhdx);
        RUN_IN(WSB, "sh", "-ec", rows[i].change);
        struct outcome *o = pass(of_tool(KB_TOOL_WSB, KB_FORMAT_TREE, WSB));
        WANT(o, rows[i].what, o->bad + o->warned == (rows[i].rule != NULL));
        WANT(o, rows[i].what, !rows[i].rule || told(o, rows[i].rule, rows[i].entry) == 1);
        WANT(o, rows[i].what, o->result.proof.structure == KB_NOT_REACHED && has_caveat(o, "wbadmin"));
        outcome_free(o);
    }
    make_wsb(vhdx);
    SHELL("cp '" WSB "/9b9c.vhdx' '" WSB "/old.vhdx'; touch -d 2020-01-01 '" WSB "/old.vhdx'");
    struct outcome *o = pass(of_tool(KB_TOOL_WSB, KB_FORMAT_TREE, WSB));
    WANT(o, "the newest is named", !o->n && has_caveat(o, "the newest is 9b9c.vhdx"));
    outcome_free(o);
    /* the folder above it: found at any depth */
    SHELL("rm -rf PC && mkdir PC && mv '" WSB "' PC");
    o = pass(of_tool(KB_TOOL_WSB, KB_FORMAT_TREE, "PC"));
    WANT(o, "above", !o->n);
    outcome_free(o);
}

/* Images as QEMU writes them. */
static void test_real_images(void **state)
{
    (void)state;
    if (access("/usr/bin/qemu-img", X_OK)) {
        print_message("qemu-img is not installed\n");
        skip();
    }
    make_wsb("qemu-img create -q -f vhdx '" WSB "/9b9c.vhdx' 8M");
    struct outcome *o = pass(of_tool(KB_TOOL_WSB, KB_FORMAT_TREE, WSB));
    WANT(o, "vhdx", !o->n);
    outcome_free(o);
    make_wsb("qemu-img create -q -f vpc '" WSB "/9b9c.vhd' 8M");
    o = pass(of_tool(KB_TOOL_WSB, KB_FORMAT_TREE, WSB));
    WANT(o, "vhd", !o->n);
    outcome_free(o);
}

static void test_hyper_backup(void **state)
{
    (void)state;
    static const struct {
        const char *change;
        size_t missing;
    } rows[] = {{":", 0}, {"rm SynologyHyperBackup.bkpi", 1}, {"rm -r Pool", 1}, {"rm -r Pool Config", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        SHELL("rm -rf nas_1.hbk && mkdir -p nas_1.hbk/Config nas_1.hbk/Pool/0 && cd nas_1.hbk && "
              ": > SynologyHyperBackup.bkpi && printf '[x]' > _Syno_TaskConfig && printf i > Config/version_info.db && "
              "printf d > Pool/0/1.bucket");
        RUN_IN("nas_1.hbk", "sh", "-ec", rows[i].change);
        struct outcome *o = restored(of_tool(KB_TOOL_HYPERBACKUP, KB_FORMAT_TREE, "nas_1.hbk"));
        WANT(o, rows[i].change, told(o, "tool-layout", NULL) == rows[i].missing && o->n == rows[i].missing);
        assert_true(has_caveat(o, "Hyper Backup"));
        assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
        outcome_free(o);
    }
}

/* Trees of rsync and robocopy are what they are. */
static void test_plain_trees(void **state)
{
    (void)state;
    SHELL("rm -rf t && mkdir t && printf 1 > t/a");
    static const int tools[] = {KB_TOOL_RSYNC, KB_TOOL_ROBOCOPY, KB_TOOL_SNAPSHOT};
    for (size_t i = 0; i < 3; i++) {
        struct outcome *o = pass(of_tool(tools[i], KB_FORMAT_TREE, "t"));
        WANT(o, "tree", !o->n && o->result.proof.structure == KB_NOT_APPLICABLE);
        outcome_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_presets),     cmocka_unit_test(test_mssql),       cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_wsb),         cmocka_unit_test(test_real_images), cmocka_unit_test(test_hyper_backup),
        cmocka_unit_test(test_plain_trees),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
