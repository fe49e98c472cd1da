/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzzer over the files of its corpus, without libFuzzer: replay FOLDER|FILE… No input at all is a failure. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"

enum { INPUT_BYTES_MAX = 8 << 20, INPUT_SECONDS_MAX = 10 };

/* false: it was taken for something else than its name says. */
static bool run_file(const char *path)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    struct kb_err err = {0};
    char *bytes;
    size_t n;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (kb_file_read(AT_FDCWD, path, INPUT_BYTES_MAX, arena, &bytes, &n, &err)) {
        (void)fprintf(stderr, "%s\n", err.frame[0].en);
        return false;
    }
    /* exactly as long as the input, so that a byte read behind it is seen */
    uint8_t *input = malloc(n ? n : 1);
    if (!input)
        return false;
    memcpy(input, bytes, n);
    (void)printf("%s\n", path); /* before it runs: the last line names what ended the program */
    (void)fflush(stdout);
    (void)alarm(INPUT_SECONDS_MAX);
    enum fuzz_verdict verdict = fuzz_one(input, n);
    (void)alarm(0);
    free(input);
    bool good = !strncmp(name, "good-", 5), bad = !strncmp(name, "bad-", 4);
    if ((good && verdict != FUZZ_SOUND) || (bad && verdict != FUZZ_REFUSED)) {
        (void)fprintf(stderr, "%s was %s\n", path, good ? "refused" : "taken for sound");
        return false;
    }
    return true;
}

static size_t n_run, n_wrong;

static void run(const char *path)
{
    struct dirent **names;
    int n = scandir(path, &names, NULL, alphasort);
    if (n < 0) {
        n_run++;
        n_wrong += errno != ENOTDIR || !run_file(path);
        return;
    }
    for (int i = 0; i < n; i++) {
        char *inside = NULL;
        if (names[i]->d_name[0] != '.' && asprintf(&inside, "%s/%s", path, names[i]->d_name) > 0) {
            n_run++;
            n_wrong += !run_file(inside);
        }
        free(inside);
        free(names[i]);
    }
    free(names);
}

int main(int argc, char **argv)
{
    if (LLVMFuzzerInitialize(&argc, &argv))
        return 2;
    for (int i = 1; i < argc; i++)
        run(argv[i]);
    (void)printf("%zu inputs, %zu not as their names say\n", n_run, n_wrong);
    return !n_run || n_wrong ? 1 : 0;
}
