/* SPDX-License-Identifier: Apache-2.0 */
/* Archives and filters: every entry and every byte of content, with small budgets. */
#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "koboshi/archive.h"
#include "koboshi/arena.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/reader.h"
#include "koboshi/sniff.h"

enum { STEP = 4096, WINDOW = 16 << 20, CONTENT = 32 << 20, ENTRIES = 5000 };
static const struct kb_budgets budgets = {.bytes = CONTENT, .ratio = 1000, .entries = ENTRIES, .window = WINDOW};

static struct kb_names *names;
static int fd;

void fuzz_begin(void)
{
    REQUIRE(kb_reader_prepare());
    names = kb_names_new(KB_NAMES_AUTO);
    fd = memfd_create("archive", MFD_CLOEXEC);
    REQUIRE(fd >= 0);
}

struct input {
    const uint8_t *bytes;
    size_t n, at;
    struct kb_extent extent;
    struct kb_extents extents;
    size_t flaws, bad;
};

static ssize_t next(void *owner, const void **ret_bytes)
{
    struct input *input = owner;
    size_t n = input->n - input->at < STEP ? input->n - input->at : STEP;
    *ret_bytes = input->bytes + input->at;
    input->at += n;
    return (ssize_t)n;
}

static void flaw(void *owner, const struct kb_reader_flaw *said)
{
    struct input *input = owner;
    REQUIRE(said->rule < KB_RULE_COUNT && said->found.en && said->found.ja && *said->found.en);
    fuzz_require_safe(said->expected.en);
    fuzz_require_safe(said->expected.ja);
    fuzz_require_safe(said->found.en);
    fuzz_require_safe(said->found.ja);
    if (getenv("KB_TEST_SHOW"))
        (void)fprintf(stderr, "%s: %s\n", kb_rule(said->rule)->name, said->found.en);
    input->flaws++;
    input->bad += kb_rule(said->rule)->severity == KB_BAD;
}

static void look_at(const struct kb_entry *entry)
{
    REQUIRE(entry->shown);
    fuzz_require_safe(entry->shown);
    REQUIRE((entry->mode & ~0777u) == 0);
    REQUIRE(entry->size == KB_ABSENT || entry->size >= 0);
    if (!entry->path) {
        REQUIRE(entry->fault != KB_PATH_SAFE);
        return;
    }
    KB_SCOPED_ARENA arena = kb_arena_new();
    const char *again = NULL;
    REQUIRE(entry->fault == KB_PATH_SAFE &&
            kb_path_judge(entry->path, strlen(entry->path), arena, &again) == KB_PATH_SAFE);
    REQUIRE(!strcmp(entry->path, again));
    if (entry->kind == KB_ENTRY_HARDLINK && entry->target)
        REQUIRE(kb_path_judge(entry->target, strlen(entry->target), arena, &again) == KB_PATH_SAFE);
}

/* What is said of an input, for comparison. */
struct outcome {
    size_t entries, flaws;
    int64_t content;
    uint64_t sum;
    bool whole;
};

static struct outcome run(const uint8_t *bytes, size_t n, enum kb_format format, size_t ahead)
{
    struct input input = {.bytes = bytes, .n = n, .extent = {.fd = fd, .size = (int64_t)n}};
    struct outcome outcome = {0};
    input.extents = (struct kb_extents){.n = 1, .v = &input.extent, .size = (int64_t)n};
    struct kb_reader *reader = kb_reader_open(&(struct kb_reader_params){
        .source = {.owner = &input, .next = next, .extents = &input.extents},
        .name = n && *bytes == 0x5d ? "share.lzma" : "share", /* which has no magic of its own */
        .format = format,
        .unpack = format == KB_FORMAT_FILE,
        .mtime_ns = KB_ABSENT,
        .budgets = &budgets,
        .ahead = ahead,
        .threads = 1,
        .dumpdirs = true,
        .passphrase = n && *bytes == 'P' ? "secret" : NULL, /* a sealed 7z would start the program 7z */
        .names = names,
        .owner = &input,
        .flaw = flaw,
    });
    const struct kb_entry *entry;
    bool closed = false;
    int more, block;
    while ((more = kb_reader_next(reader, &entry)) == 1) {
        REQUIRE(++outcome.entries <= ENTRIES + 1);
        look_at(entry);
        closed |= entry->encrypted; /* the pass tells of it */
        const void *content;
        size_t content_n;
        int64_t offset, end = 0;
        while ((block = kb_reader_block(reader, &content, &content_n, &offset)) == 1) {
            REQUIRE(content_n && offset >= end && offset <= INT64_MAX - (int64_t)content_n);
            end = offset + (int64_t)content_n;
            outcome.content += (int64_t)content_n;
            REQUIRE(outcome.content <= CONTENT + (1 << 20));
            for (size_t i = 0; i < content_n; i += 1 + content_n / 64)
                outcome.sum = outcome.sum * 31 + ((const uint8_t *)content)[i];
        }
        REQUIRE(!block || input.flaws); /* what could not be read was said */
    }
    struct kb_reader_facts facts = kb_reader_facts(reader);
    REQUIRE(more == 0 || input.flaws);
    REQUIRE(!facts.whole || more == 0);
    outcome.whole = facts.whole && !input.bad && !closed;
    outcome.flaws = input.flaws;
    kb_reader_close(reader);
    return outcome;
}

enum fuzz_verdict fuzz_one(const uint8_t *bytes, size_t n)
{
    if (n > 1 << 20)
        return FUZZ_REFUSED;
    REQUIRE(!ftruncate(fd, 0) && lseek(fd, 0, SEEK_SET) == 0 && !kb_write_all(fd, bytes, n));
    (void)kb_sniff(fd, "share.tar.lzma");
    struct outcome first = run(bytes, n, KB_FORMAT_ARCHIVE, 0);
    REQUIRE(!first.whole || first.entries || n); /* an empty file is no archive */
    if (n % 16 == 0) {                           /* decoded on a thread of its own it is the same */
        struct outcome other = run(bytes, n, KB_FORMAT_ARCHIVE, 2);
        REQUIRE(first.entries == other.entries && first.flaws == other.flaws && first.content == other.content &&
                first.sum == other.sum && first.whole == other.whole);
    }
    if (n % 2)
        (void)run(bytes, n, KB_FORMAT_FILE, 0);
    return first.whole ? FUZZ_SOUND : FUZZ_REFUSED;
}
