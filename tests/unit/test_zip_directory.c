/* SPDX-License-Identifier: Apache-2.0 */
/* Goal: a zip that shows one thing to Explorer and another to a reader of its local headers is never good; zips of
 * every usual writer are. */
#include "zip_model.h"

static struct outcome *verify(const char *file)
{
    return pass((struct kb_job_set){.format = KB_FORMAT_ARCHIVE, .file = file});
}

static void local_name(struct model *m)
{
    memcpy(m->v[0].local.name, "evil", 4);
}

static void local_longer_name(struct model *m)
{
    (void)snprintf(m->v[0].local.name, sizeof m->v[0].local.name, "one.txt.exe");
}

static void utf8_flag(struct model *m)
{
    (void)snprintf(m->v[0].local.name, 24, "表.txt");
    m->v[0].central = m->v[0].local;
    m->v[0].central.flags = 0x800;
}

static void put_unicode(struct said *said, const char *name)
{
    uint32_t crc = (uint32_t)crc32(0, (const uint8_t *)said->name, (uInt)strlen(said->name));
    const uint8_t head[] = {0x75,
                            0x70,
                            (uint8_t)(5 + strlen(name)),
                            0,
                            1,
                            (uint8_t)crc,
                            (uint8_t)(crc >> 8),
                            (uint8_t)(crc >> 16),
                            (uint8_t)(crc >> 24)};
    memcpy(said->fields, head, sizeof head);
    memcpy(said->fields + sizeof head, name, strlen(name));
    said->n_fields = sizeof head + strlen(name);
}

static void unicode_name(struct model *m)
{
    put_unicode(&m->v[0].local, "one.txt");
    put_unicode(&m->v[0].central, "two.exe");
}

static void unicode_alone(struct model *m)
{
    put_unicode(&m->v[0].central, "two.exe");
}

static void local_size(struct model *m)
{
    m->v[0].local.size--;
}

static void local_packed(struct model *m)
{
    m->v[0].local.packed++;
}

static void local_crc(struct model *m)
{
    m->v[0].local.crc ^= 1;
}

static void local_crc_zero(struct model *m)
{
    m->v[0].local.crc = 0;
}

static void local_method(struct model *m)
{
    m->v[0].local.method = 8;
}

static void local_encrypted(struct model *m)
{
    m->v[2].local.flags |= 1;
}

static void central_encrypted(struct model *m)
{
    m->v[2].central.flags |= 1;
}

static void local_time(struct model *m)
{
    m->v[0].local.time += 2 << 25;
}

static void descriptor_crc(struct model *m)
{
    m->v[1].descriptor_crc ^= 1;
}

static void descriptor_local(struct model *m)
{
    m->v[1].local.size = 3;
}

static void no_descriptor(struct model *m)
{
    m->v[1].descriptor = 0;
    m->v[1].local = m->v[1].central;
}

static void one_header_twice(struct model *m)
{
    m->v[1].place = (uint32_t)(0U - 30 - 7 - 14); /* back to the first */
}

static void overlap(struct model *m)
{
    m->v[0].central.packed = m->v[0].central.size = m->v[0].local.packed = m->v[0].local.size = 60;
}

static void overlap_by_fields(struct model *m)
{
    /* only the local header's length shows that the content reaches into the next entry */
    m->v[0].local.n_fields = 8;
    m->v[0].central.packed = m->v[0].central.size = m->v[0].local.packed = m->v[0].local.size = 21;
}

static void into_directory(struct model *m)
{
    m->v[2].central.packed = m->v[2].central.size = m->v[2].local.packed = m->v[2].local.size = 4000;
}

static const char hidden_entry[] = "PK\3\4\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\4\0\0\0\4\0\0\0\4\0\0\0evilbody";

static void hidden(struct model *m)
{
    m->v[1].before = hidden_entry;
    m->v[1].n_before = sizeof hidden_entry - 1;
}

static void hidden_first(struct model *m)
{
    m->v[0].before = hidden_entry;
    m->v[0].n_before = sizeof hidden_entry - 1;
}

static void hidden_last(struct model *m)
{
    memcpy(m->gap, hidden_entry, sizeof hidden_entry - 1);
    m->n_gap = sizeof hidden_entry - 1;
}

static void unlisted(struct model *m)
{
    m->lines = 2;
    m->entries = 2;
}

static void padding(struct model *m)
{
    m->v[1].before = "\0\0\0\0\0\0\0\0";
    m->v[1].n_before = 8;
}

static void junk(struct model *m)
{
    m->v[1].before = "some junk";
    m->v[1].n_before = 9;
}

static void count_low(struct model *m)
{
    m->entries = 2;
}

static void count_high(struct model *m)
{
    m->entries = 4;
}

static void directory_short(struct model *m)
{
    m->size = (uint32_t)-53;
}

static void directory_long(struct model *m)
{
    m->size = 20;
}

static void directory_earlier(struct model *m)
{
    m->offset = (uint32_t)-4;
}

static void directory_later(struct model *m)
{
    m->offset = 4;
}

static void directory_far(struct model *m)
{
    m->offset = 0x7fffff00;
}

static void place_far(struct model *m)
{
    m->v[1].place = 0x10000000;
}

static void place_wrong(struct model *m)
{
    m->v[1].place = 1;
}

static void volumes(struct model *m)
{
    m->volume = 1;
}

static void masked(struct model *m)
{
    m->v[0].central.flags |= 1 << 13;
}

static void end_twice(struct model *m)
{
    static const char end[] = "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    memcpy(m->behind, end, sizeof end - 1);
    m->n_behind = m->comment = sizeof end - 1;
}

static void comment_cut(struct model *m)
{
    m->comment = 10;
    m->n_behind = 3;
}

static void trailing(struct model *m)
{
    memcpy(m->behind, "more", 4);
    m->n_behind = 4;
}

static void stub(struct model *m)
{
    memcpy(m->stub, "#!/bin/sh\nexit 0\n", 17);
    m->n_stub = 17;
}

static void program(struct model *m)
{
    memcpy(m->stub, "MZ program", 10);
    m->n_stub = 10;
}

/* put before it by cat: all places count from behind the program */
static void stub_unadjusted(struct model *m)
{
    program(m);
    m->offset = (uint32_t)-10;
    for (size_t i = 0; i < m->n; i++)
        m->v[i].place = (uint32_t)-10;
}

static void wide(struct model *m)
{
    m->wide = true;
    m->wide_entries = 3;
}

static void wide_full(struct model *m)
{
    wide(m);
    m->entries = 0xffff;
    m->volume = 0xffff;
}

static void wide_differs(struct model *m)
{
    wide(m);
    m->wide_entries = 2;
}

static void wide_lost(struct model *m)
{
    wide(m);
    m->locator = UINT64_C(1) << 40;
    m->wide_entries = 3;
    m->n_gap = 0;
}

static void billions(struct model *m)
{
    wide_full(m);
    m->wide_entries = UINT64_C(4000000000);
}

static void unsigned_descriptor(struct model *m)
{
    m->v[1].descriptor = -4;
}

static void wide_descriptor(struct model *m)
{
    m->v[1].descriptor = 8;
}

static void full_local(struct model *m)
{
    m->v[1].local.packed = m->v[1].local.size = UINT32_MAX;
    memcpy(m->v[1].local.fields, "\1\0\x10\0", 4);
    m->v[1].local.n_fields = 20;
}

static void order(struct model *m)
{
    m->order[0] = 2;
    m->order[2] = 0;
}

static void comment(struct model *m)
{
    memcpy(m->behind, "by whom", 7);
    m->comment = m->n_behind = 7;
}

/* The rule that must be told; NULL: none, not even a note. */
static const struct {
    const char *name;
    void (*lie)(struct model *m);
    const char *rule;
    bool bad;
    const char *entry;
} lies[] = {
    {"local name", local_name, "zip-differs", true, "eviltxt"},
    {"local name longer", local_longer_name, "zip-differs", true, "one.txt.exe"},
    {"UTF-8 by one of both", utf8_flag, "zip-differs", true, NULL},
    {"Unicode Path differs", unicode_name, "zip-differs", true, "one.txt"},
    {"Unicode Path of ASCII", unicode_alone, "zip-differs", true, "one.txt"},
    {"local size", local_size, "zip-differs", true, "one.txt"},
    {"local packed size", local_packed, "zip-differs", true, "one.txt"},
    {"local CRC", local_crc, "zip-differs", true, "one.txt"},
    {"local CRC zero", local_crc_zero, "zip-differs", true, "one.txt"},
    {"local method", local_method, "zip-differs", true, "one.txt"},
    {"encrypted, says the local header", local_encrypted, "zip-differs", true, "d/three"},
    {"encrypted, says the directory", central_encrypted, "zip-differs", true, "d/three"},
    {"time", local_time, "zip-detail", false, "one.txt"},
    {"descriptor's CRC", descriptor_crc, "zip-differs", true, "two.txt"},
    {"local size beside a descriptor", descriptor_local, "zip-differs", true, "two.txt"},
    {"no descriptor, nothing missing", no_descriptor, "zip-detail", false, "two.txt"},
    {"two lines, one local header", one_header_twice, "zip-overlap", true, NULL},
    {"overlap", overlap, "zip-overlap", true, NULL},
    {"overlap by extra fields", overlap_by_fields, "zip-overlap", true, "one.txt"},
    {"content into the directory", into_directory, "zip-overlap", true, NULL},
    {"hidden between", hidden, "zip-hidden", false, NULL},
    {"hidden first", hidden_first, "zip-hidden", false, NULL},
    {"hidden last", hidden_last, "zip-hidden", false, NULL},
    {"not listed", unlisted, "zip-hidden", false, NULL},
    {"zeros between", padding, NULL, false, NULL},
    {"junk between", junk, "zip-detail", false, NULL},
    {"count too low", count_low, "zip-directory", true, NULL},
    {"count too high", count_high, "zip-directory", true, NULL},
    {"directory too short", directory_short, "zip-directory", true, NULL},
    {"directory too long", directory_long, "zip-directory", true, NULL},
    {"directory later than said", directory_earlier, NULL, true, NULL},
    {"directory earlier than said", directory_later, "zip-directory", true, NULL},
    {"directory far away", directory_far, "zip-directory", true, NULL},
    {"place far away", place_far, "zip-directory", true, NULL},
    {"place off by one", place_wrong, "archive-broken", true, NULL},
    {"volumes", volumes, "format-refused", true, NULL},
    {"encrypted directory", masked, "format-refused", true, NULL},
    {"two end records", end_twice, "zip-directory", true, NULL},
    {"comment cut", comment_cut, "archive-truncated", true, NULL},
    {"trailing data", trailing, "trailing-data", false, NULL},
    {"shell script before it", stub, "zip-detail", false, NULL},
    {"program before it", program, "zip-detail", false, NULL},
    {"program before it, not adjusted", stub_unadjusted, "zip-detail", false, NULL},
    {"zip64", wide, NULL, false, NULL},
    {"zip64, full fields", wide_full, NULL, false, NULL},
    {"zip64 says another count", wide_differs, "zip-directory", true, NULL},
    {"zip64 locator leads astray", wide_lost, NULL, false, NULL},
    {"four billion entries", billions, "zip-directory", true, NULL},
    {"descriptor unsigned", unsigned_descriptor, NULL, false, NULL},
    {"descriptor of zip64", wide_descriptor, NULL, false, NULL},
    {"local sizes full, descriptor", full_local, NULL, false, NULL},
    {"directory in another order", order, NULL, false, NULL},
    {"comment", comment, NULL, false, NULL},
};

static void test_lies(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct model m = model_good();
        lies[i].lie(&m);
        model_write(&m, "lie.zip");
        struct outcome *o = verify("lie.zip");
        bool good = !o->code && (o->bad > 0) == lies[i].bad &&
                    (lies[i].rule ? told(o, lies[i].rule, lies[i].entry) > 0 : o->bad || !o->n);
        if (!good || getenv("KB_TEST_SHOW"))
            show(o, lies[i].name);
        wrong += !good;
        outcome_free(o);
    }
    assert_int_equal(wrong, 0);
}

static void test_good_model(void **state)
{
    (void)state;
    struct model m = model_good();
    model_write(&m, "good.zip");
    struct outcome *o = verify("good.zip");
    assert_int_equal(o->n, 0);
    assert_int_equal(o->result.files, 3);
    assert_int_equal(o->result.proof.structure, KB_REACHED);
    outcome_free(o);
}

static bool has(const char *program)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/usr/bin/%s", program);
    if (!access(path, X_OK))
        return true;
    print_message("%s is not installed: its zips are not looked at\n", program);
    return false;
}

#define WRITE_BY_PYTHON                                                                                                \
    "import zipfile, os, sys\n"                                                                                        \
    "class Pipe:\n"                                                                                                    \
    "    def __init__(self, f): self.f = f\n"                                                                          \
    "    def write(self, b): return self.f.write(b)\n"                                                                 \
    "    def flush(self): self.f.flush()\n"                                                                            \
    "def fill(z, **more):\n"                                                                                           \
    "    for folder, _, names in os.walk('w'):\n"                                                                      \
    "        for name in names: z.write(os.path.join(folder, name))\n"                                                 \
    "with zipfile.ZipFile('python.zip', 'w', zipfile.ZIP_DEFLATED) as z: fill(z)\n"                                    \
    "with zipfile.ZipFile('python-lzma.zip', 'w', zipfile.ZIP_LZMA) as z:\n"                                           \
    "    z.write('w/text'); z.write('w/d/nothing'); z.write('w/noise')\n"                                              \
    "with open('python-pipe.zip', 'wb') as f, zipfile.ZipFile(Pipe(f), 'w', zipfile.ZIP_DEFLATED) as z: fill(z)\n"     \
    "with zipfile.ZipFile('python-wide.zip', 'w', zipfile.ZIP_DEFLATED) as z:\n"                                       \
    "    with z.open('w/big', 'w', force_zip64=True) as f: f.write(b'x' * 100000)\n"                                   \
    "with zipfile.ZipFile('python-more.zip', 'w') as z: z.writestr('a', 'a')\n"                                        \
    "with zipfile.ZipFile('python-more.zip', 'a') as z: z.writestr('b', 'b' * 100)\n"

static const struct {
    const char *program, *script;
} writers[] = {
    {"zip", "zip -qr zip.zip w && zip -qrX zip-plain.zip w && zip -qr0 zip-stored.zip w && zip -qry zip-links.zip w"},
    {"zip", "zip -qr - w | cat >zip-pipe.zip; cat w/text | zip -q zip-stdin.zip -; cat w/text | zip -q - - | cat "
            ">zip-both.zip; zip -qrfz zip-wide.zip w; (cd w && zip -qr - . | cat >../zip-dot.zip)"},
    {"zip",
     "cp zip.zip zip-changed.zip; zip -qd zip-changed.zip w/text; echo new >w/new; zip -q zip-changed.zip w/new"},
    {"zip", "(printf '#!/bin/sh\\nexit\\n'; cat zip.zip) >zip-sfx.zip; cp zip-sfx.zip zip-adjusted.zip; zip -qA "
            "zip-adjusted.zip"},
    {"zip", "zip -qr zip-comment.zip w; echo comment | zip -qz zip-comment.zip; zip -qrZ bzip2 zip-bzip2.zip w"},
    {"7z", "7z a -tzip 7z.zip w && 7z a -tzip -mm=bzip2 7z-bzip2.zip w && 7z a -tzip -mm=lzma 7z-lzma.zip w && "
           "7z u -tzip 7z.zip w/d && 7z a -tzip -mcu=on 7z-utf8.zip w"},
    {"bsdtar", "bsdtar --format zip -cf bsdtar.zip w; bsdtar --format zip -cf - w | cat >bsdtar-pipe.zip"},
    {"python3", "python3 write.py"},
    {"jar", "jar cf java.zip w; jar cfM java-plain.zip w; jar c w | cat >java-pipe.zip"},
    {"perl", "perl -MIO::Compress::Zip=:all -e 'zip [\"w/text\", \"w/noise\"] => \"perl.zip\"; zip [\"w/text\"] => "
             "\"perl-stream.zip\", Stream => 1; zip [\"w/text\"] => \"perl-wide.zip\", Stream => 1, Zip64 => 1'"},
};

/* Not one finding about the directory, but what programs before the zip or added later are told as notes. */
static void test_writers(void **state)
{
    (void)state;
    SHELL("rm -rf w *.zip && mkdir -p w/d/e w/empty && seq 1 20000 >w/text && echo hello >w/d/表.txt && : >w/d/nothing "
          "&& ln -s text w/link");
    put_noise("w/noise", 100000, 7);
    put_text("write.py", WRITE_BY_PYTHON);
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
        if (has(writers[i].program))
            RUN("env", "LC_ALL=C.UTF-8", "sh", "-c", writers[i].script);
    SHELL("ls *.zip >zips");
    FILE *zips = fopen("zips", "r");
    assert_non_null(zips);
    char name[256];
    size_t n = 0, wrong = 0;
    while (fgets(name, sizeof name, zips)) {
        name[strcspn(name, "\n")] = '\0';
        struct outcome *o = verify(name);
        bool stub = !strcmp(name, "zip-sfx.zip") || !strcmp(name, "zip-adjusted.zip");
        bool good = !o->code && !o->bad && !o->warned && o->n == stub && o->result.proof.structure == KB_REACHED;
        if (!good)
            show(o, name);
        wrong += !good;
        n++;
        outcome_free(o);
    }
    (void)fclose(zips);
    print_message("%zu zips of usual writers\n", n);
    assert_true(n >= 20);
    assert_int_equal(wrong, 0);
}

/* The bomb of overlapping entries is refused before anything is unpacked; a nested one stays what it is: small files.
 */
static void test_bombs(void **state)
{
    (void)state;
    put_text("bomb.py",
             "import zlib, struct\n"
             "c = zlib.compressobj(9, zlib.DEFLATED, -15); data = b'\\0' * 20000000\n"
             "packed = c.compress(data) + c.flush(); crc = zlib.crc32(data)\n"
             "N = 200; out = b''; names = [b'%03d' % i for i in range(N)]; places = []\n"
             "tail = struct.pack('<HHHIIIHH', 0, 8, 0, 0x5b75, crc, len(packed), len(data))[:0]\n"
             "def local(name, n, size, crc):\n"
             "    return b'PK\\3\\4' + struct.pack('<HHHIIIIHH', 20, 0, 8, 0x5b754800, crc, n, size, 3, 0) + name\n"
             "for i in range(N):\n"
             "    places.append(len(out)); out += local(names[i], len(packed), len(data), crc)\n"
             "out += packed; start = len(out); dir = b''\n"
             "for i in range(N):\n"
             "    dir += b'PK\\1\\2' + struct.pack('<HHHHIIIIHHHHHII', 20, 20, 0, 8, 0x5b754800, crc, len(packed), "
             "len(data), 3, 0, 0, 0, 0, 0, places[i]) + names[i]\n"
             "out += dir + b'PK\\5\\6' + struct.pack('<HHHHIIH', 0, 0, N, N, len(dir), start, 0)\n"
             "open('bomb.zip', 'wb').write(out)\n");
    SHELL("sed -i '/^tail/d' bomb.py; python3 bomb.py");
    struct outcome *o = verify("bomb.zip");
    assert_int_equal(told(o, "zip-overlap", NULL), 1);
    assert_int_equal(o->result.bytes_unpacked, 0);
    assert_int_equal(o->result.proof.structure, KB_NOT_REACHED);
    outcome_free(o);
    SHELL("rm -f ratio.zip; head -c 80000000 /dev/zero >z && zip -q inner.zip z && cp z z2 && zip -qj ratio.zip z z2");
    o = verify("ratio.zip");
    assert_int_equal(told(o, "budget-exceeded", NULL), 1);
    assert_true(o->result.bytes_unpacked < 160000000);
    outcome_free(o);
}

/* Cut anywhere, it is never good. */
static void test_cuts(void **state)
{
    (void)state;
    struct model m = model_good();
    model_write(&m, "whole.zip");
    int64_t size = size_of("whole.zip");
    for (int64_t at = 0; at < size; at++) {
        copy("whole.zip", "cut.zip");
        assert_int_equal(truncate("cut.zip", at), 0);
        struct outcome *o = verify("cut.zip");
        if (o->code || !o->bad || o->result.proof.structure == KB_REACHED) {
            show(o, "cut");
            fail_msg("good after %lld of %lld bytes", (long long)at, (long long)size);
        }
        outcome_free(o);
    }
}

/* A bit of every byte turned over: nothing crashes, and content that is called good is the right one. */
static void flip_all(const char *whole, int files)
{
    struct outcome *o = verify(whole);
    assert_int_equal(o->n, 0);
    const int64_t bytes = o->result.bytes_unpacked, size = size_of(whole);
    outcome_free(o);
    size_t green = 0;
    for (int64_t at = 0; at < size; at++) {
        copy(whole, "flip.zip");
        flip("flip.zip", at);
        o = verify("flip.zip");
        assert_int_equal(o->code, 0);
        if (!o->bad && !o->warned) {
            assert_int_equal(o->result.files, files);
            assert_int_equal(o->result.bytes_unpacked, bytes);
            green++;
        }
        outcome_free(o);
    }
    print_message("%zu of %lld bytes of %s say nothing that matters\n", green, (long long)size, whole);
    assert_true((int64_t)green < size / 3);
}

static void test_flips(void **state)
{
    (void)state;
    struct model m = model_good();
    model_write(&m, "whole.zip");
    flip_all("whole.zip", 3);
    SHELL("rm -f packed.zip; seq 1 300 >packed && zip -qX packed.zip packed");
    flip_all("packed.zip", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_model), cmocka_unit_test(test_lies), cmocka_unit_test(test_writers),
        cmocka_unit_test(test_bombs),      cmocka_unit_test(test_cuts), cmocka_unit_test(test_flips),
    };
    return cmocka_run_group_tests(tests, tools_setup, tools_teardown);
}
