/* SPDX-License-Identifier: Apache-2.0 */
/* Endings and notes that ransomware is known to leave: data, as of the day named below. */
#include "endings.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Looked through on this day, in stored copies; names that were found in none of them are left out:
 *   MITRE ATT&CK, procedure examples of T1486 (avos, avos2, avoslinux, basta, clop, cuba, medusa, powerranges, ryk,
 *   RyukReadMe)
 *   reports on the #StopRansomware advisories of CISA, FBI and others: AvosLocker, Akira AA24-109A, Rhysida AA23-319A,
 *   Medusa AA25-071A, Interlock AA25-203A; the advisories themselves were not at hand
 *   the note names of github.com/threatlabz/ransomware_notes, as github.com/mthcht/ThreatHunting-Keywords-yara-rules
 *   has them
 *   lists of endings and notes in published detection rules
 * What changes from victim to victim is not in it, nor what people name their own files (_readme.txt).
 */
static const char dated[] = "2026-11-23";

/* In lower case and in the order of strcmp(3), for the search. */
static const char *const endings[] = {
    "1nt3rlock", "8base",  "avos",       "avos2",    "avoslinux", "babyk",        "basta",       "bianlian",
    "blacksuit", "cerber", "cerber2",    "cerber3",  "clop",      "cryptolocker", "cryptowall",  "crysis",
    "cts1",      "dharma", "eking",      "elbie",    "gdcb",      "interlock",    "krab",        "lockbit",
    "locky",     "makop",  "mallox",     "malox",    "nokoyawa",  "phobos",       "powerranges", "rhysida",
    "ryk",       "ryuk",   "sodinokibi", "wannacry", "wcry",      "wncry",        "wncryt",      "zepto",
};

/* Also words, names of people and endings of other programs. */
static const char *const common[] = {
    "akira",     "conti", "crypt", "crypted", "crypto", "cuba",  "enc",  "encrypt",
    "encrypted", "faust", "lock",  "locked",  "medusa", "monti", "play", "royal",
};

static const char *const notes[] = {
    "!!!read_me_medusa!!!.txt",
    "!__readme__!.txt",
    "@please_read_me@.txt",
    "_help_instruction.txt",
    "_locky_recover_instructions.txt",
    "aaa_read_aaa.txt",
    "akira_readme.txt",
    "cactus.readme.txt",
    "criticalbreachdetected.pdf",
    "decrypt-files.txt",
    "get_your_files_back.txt",
    "how to recover your files.txt",
    "how_to_back_files.html",
    "how_to_back_files.txt",
    "how_to_decrypt.hta",
    "how_to_decrypt.html",
    "how_to_decrypt.txt",
    "how_to_decrypt_files.html",
    "how_to_decrypt_files.txt",
    "how_to_recover_files.html",
    "how_to_recover_files.txt",
    "info.hta",
    "readme.blacksuit.txt",
    "restore-my-files.txt",
    "your_files_are_encrypted.html",
    "your_files_are_encrypted.txt",
};

/* Notes of which only the beginning is the same everywhere. */
static const char *const note_beginnings[] = {"#blackhunt_readme.", "@wanadecryptor@.", "ryukreadme."};

static int by_name(const void *name, const void *item)
{
    return strcasecmp(name, *(const char *const *)item);
}

#define IS_AMONG(list, name) bsearch(name, list, sizeof(list) / sizeof *(list), sizeof *(list), by_name)

static bool is_note(const char *name)
{
    for (size_t i = 0; i < sizeof note_beginnings / sizeof *note_beginnings; i++)
        if (!strncasecmp(name, note_beginnings[i], strlen(note_beginnings[i])))
            return true;
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
