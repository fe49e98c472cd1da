/* SPDX-License-Identifier: Apache-2.0 */
/* Endings and notes that ransomware is known to leave: data, as of the day named below. */
#include "endings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Public sources, looked through on this day; only what several of them name, and what does not change from victim to
 * victim:
 *   CISA, FBI and others, #StopRansomware advisories (cisa.gov/stopransomware): LockBit AA23-165A, Akira AA24-109A,
 *   Phobos AA24-060A, Medusa AA25-071A, Black Basta AA24-131A, Royal and BlackSuit AA23-061A, Rhysida AA23-319A,
 *   AvosLocker AA23-284A, Hive AA22-321A, Cuba AA22-335A, Play AA23-352A, Interlock AA25-203A
 *   Zscaler ThreatLabz, github.com/threatlabz/ransomware_notes
 */
static const char dated[] = "2026-11-23";

/* In lower case and in the order of strcmp(3), for the search. */
static const char *const endings[] = {
    "1nt3rlock",   "8base",     "akira",   "avos",      "avos2",   "avoslinux", "babyk",      "basta",
    "bianlian",    "blacksuit", "cerber",  "cerber2",   "cerber3", "clop",      "conti",      "cryptolocker",
    "cryptowall",  "crysis",    "cts1",    "cuba",      "d0nut",   "devos",     "dharma",     "eking",
    "elbie",       "faust",     "gdcb",    "interlock", "krab",    "lockbit",   "lockbit2",   "lockbit3",
    "locky",       "makop",     "mallox",  "malox",     "medusa",  "monti",     "nokoyawa",   "phobos",
    "powerranges", "ransom",    "rhysida", "royal",     "ryk",     "ryuk",      "sodinokibi", "wannacry",
    "wcry",        "wncry",     "wncryt",  "zepto",
};

static const char *const common[] = {
    "crypt", "crypted", "crypto", "enc", "encrypt", "encrypted", "lck", "lock", "locked", "play",
};

static const char *const notes[] = {
    "!!!read_me_medusa!!!.txt",
    "!__readme__!.txt",
    "@please_read_me@.txt",
    "_help_instruction.txt",
    "_locky_recover_instructions.txt",
    "_readme.txt",
    "aaa_read_aaa.txt",
    "akira_readme.txt",
    "cactus.readme.txt",
    "criticalbreachdetected.pdf",
    "decrypt-files.txt",
    "get_your_files_back.txt",
    "how to recover your files.txt",
    "info.hta",
    "readme.blacksuit.txt",
    "restore-my-files.txt",
};

/* Notes of which only the beginning and the end are the same everywhere. */
static const struct {
    const char *begin, *end;
} note_shapes[] = {
    {"#blackhunt_readme.", ""},        {"", "-recover-readme.txt"}, {"@wanadecryptor@.", ""},
    {"how_to_back_files.", ""},        {"how_to_decrypt.", ""},     {"how_to_decrypt_files.", ""},
    {"how_to_recover_files.", ""},     {"recover-", "-files.txt"},  {"ryukreadme.", ""},
    {"your_files_are_encrypted.", ""},
};

static int by_name(const void *name, const void *item)
{
    return strcasecmp(name, *(const char *const *)item);
}

#define IS_AMONG(list, name) bsearch(name, list, sizeof(list) / sizeof *(list), sizeof *(list), by_name)

static bool is_note(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < sizeof note_shapes / sizeof *note_shapes; i++) {
        size_t begin = strlen(note_shapes[i].begin), end = strlen(note_shapes[i].end);
        if (n > begin + end && !strncasecmp(name, note_shapes[i].begin, begin) &&
            !strcasecmp(name + n - end, note_shapes[i].end))
            return true;
    }
    return IS_AMONG(notes, name) != NULL;
}

enum kb_ransom_kind kb_ransom_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    if (dot && dot[1] && dot != name) {
        if (IS_AMONG(endings, dot + 1))
            return KB_RANSOM_ENDING;
        if (IS_AMONG(common, dot + 1))
            return KB_RANSOM_COMMON;
    }
    return is_note(name) ? KB_RANSOM_NOTE : KB_RANSOM_NONE;
}

static bool is_sorted(const char *const *list, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (strcmp(list[i - 1], list[i]) >= 0)
            return false;
    return true;
}

bool kb_ransom_names_sorted(void)
{
    return is_sorted(endings, sizeof endings / sizeof *endings) && is_sorted(common, sizeof common / sizeof *common) &&
           is_sorted(notes, sizeof notes / sizeof *notes);
}

const char *kb_ransom_names_dated(void)
{
    return dated;
}
