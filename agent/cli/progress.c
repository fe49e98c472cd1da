/* SPDX-License-Identifier: Apache-2.0 */
/* How far the work is: a bar on a terminal, a steady line elsewhere. */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"

enum { LINE_EVERY_S = 10, BAR_CELLS = 20, WIDTH_UNKNOWN = 80, WIDTH_MIN = 30 };

void kb_progress_begin(struct kb_progress_view *view, const struct kb_cli *cli)
{
    *view = (struct kb_progress_view){.cli = cli, .started_ns = kb_boot_ns(), .last_line_ns = kb_boot_ns()};
}

static size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) || size.ws_col == 0)
        return WIDTH_UNKNOWN;
    return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

/* As much of the text as fits into so many columns; never half a character. */
static const char *fitting(struct kb_arena *arena, const char *text, size_t columns)
{
    size_t n = strlen(text);
    while (n && kb_width(kb_strndup(arena, text, n)) > columns) {
        n--;
        while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
    }
    return kb_strndup(arena, text, n);
}

static const char *bar(struct kb_arena *arena, const struct kb_progress *progress)
{
    if (progress->bytes_total == KB_ABSENT || progress->bytes_total <= 0)
        return "";
    int64_t done = progress->bytes > progress->bytes_total ? progress->bytes_total : progress->bytes;
    size_t cells = (size_t)((double)done / (double)progress->bytes_total * BAR_CELLS);
    char text[BAR_CELLS * 3 + 1] = "";
    for (size_t i = 0; i < BAR_CELLS; i++)
        memcpy(text + 3 * i, i < cells ? "█" : "░", 3);
    return kb_sprintf(arena, "%s %3d%% ", kb_strndup(arena, text, BAR_CELLS * 3),
                      (int)((double)done / (double)progress->bytes_total * 100));
}

static const char *time_left(struct kb_arena *arena, const struct kb_progress *progress, int64_t ns, enum kb_lang lang)
{
    if (progress->bytes_total == KB_ABSENT || progress->bytes <= 0 || progress->bytes >= progress->bytes_total)
        return "";
    double left = (double)ns * (double)(progress->bytes_total - progress->bytes) / (double)progress->bytes;
    return kb_sprintf(arena, lang == KB_JA ? " 残り%s" : " %s left", kb_show_ns(arena, (int64_t)left, lang));
}

static const char *phase_word(const char *phase, enum kb_lang lang)
{
    static const struct {
        const char *phase;
        struct kb_text word;
    } words[] = {
        {"read", {"読み取り", "reading"}}, {"reread", {"読み直し", "reading back"}}, {"probe", {"確認", "checking"}}};
    for (size_t i = 0; phase && i < sizeof words / sizeof *words; i++)
        if (!strcmp(words[i].phase, phase))
            return kb_pick(words[i].word, lang);
    return "";
}

void kb_progress_show(struct kb_progress_view *view, const char *title, const struct kb_progress *progress)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    enum kb_lang lang = view->cli->lang;
    int64_t now = kb_boot_ns(), ns = now - view->started_ns;
    if (!view->cli->terminal && now - view->last_line_ns < LINE_EVERY_S * KB_NS_PER_S)
        return;
    view->last_line_ns = now;
    const char *line = kb_sprintf(arena, "%s %s%s %s %s%s  %s", title, bar(arena, progress),
                                  phase_word(progress->phase, lang), kb_show_bytes(arena, progress->bytes),
                                  kb_show_rate(arena, progress->bytes, ns), time_left(arena, progress, ns, lang),
                                  progress->entry ? progress->entry : "");
    if (!view->cli->terminal) {
        (void)fprintf(stderr, "%s\n", line);
        return;
    }
    line = fitting(arena, line, terminal_width() - 1);
    view->shown = kb_width(line);
    (void)fprintf(stderr, "\r\033[K%s", line);
}

void kb_progress_clear(struct kb_progress_view *view)
{
    if (view->shown)
        (void)fputs("\r\033[K", stderr);
    view->shown = 0;
    view->started_ns = kb_boot_ns(); /* the next line is about other work */
}
