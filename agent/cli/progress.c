/* SPDX-License-Identifier: Apache-2.0 */
/* How far the work is: a bar on a terminal, a steady line elsewhere. */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"
#include "koboshi/run.h"

enum { LINE_EVERY_S = 10, BAR_CELLS = 20, BAR_CELLS_NARROW = 8, NARROW = 60, WIDTH_UNKNOWN = 80 };

void kb_progress_begin(struct kb_progress_view *view, const struct kb_cli *cli)
{
    *view = (struct kb_progress_view){.cli = cli, .last_line_ns = kb_boot_ns()};
}

size_t kb_terminal_width(int fd)
{
    struct winsize size;
    if (ioctl(fd, TIOCGWINSZ, &size) || size.ws_col == 0)
        return WIDTH_UNKNOWN - 1;
    return size.ws_col - 1U;
}

/* As much of the text as fits into so many columns; never half a character. */
static const char *fitting(struct kb_arena *arena, const char *text, size_t columns)
{
    size_t n = 0, width = 0;
    while (text[n]) {
        size_t bytes = 1;
        while (((unsigned char)text[n + bytes] & 0xc0) == 0x80)
            bytes++;
        char one[5] = "";
        memcpy(one, text + n, bytes < sizeof one ? bytes : sizeof one - 1);
        width += kb_width(one);
        if (width > columns)
            break;
        n += bytes;
    }
    return kb_strndup(arena, text, n);
}

static const char *bar(struct kb_arena *arena, const struct kb_progress *progress, size_t n_cells)
{
    if (progress->bytes_total == KB_ABSENT || progress->bytes_total <= 0)
        return "";
    int64_t done = progress->bytes > progress->bytes_total ? progress->bytes_total : progress->bytes;
    size_t full = (size_t)((double)done / (double)progress->bytes_total * (double)n_cells);
    char text[BAR_CELLS * 3 + 1] = "";
    for (size_t i = 0; i < n_cells; i++)
        memcpy(text + 3 * i, i < full ? "█" : "░", 3);
    return kb_sprintf(arena, "%s %3d%% ", text, (int)((double)done / (double)progress->bytes_total * 100));
}

/* Bytes, their rate and the time left; of checks only how many are done. */
static const char *figures(struct kb_arena *arena, const struct kb_progress *progress, const struct kb_pace *pace,
                           enum kb_lang lang)
{
    bool of_bytes = !progress->phase || strcmp(progress->phase, "probe") != 0;
    int64_t ns = kb_boot_ns() - pace->since_ns, done = progress->bytes - pace->bytes;
    if (!of_bytes)
        return kb_sprintf(arena, "%s/%s", kb_show_count(arena, progress->bytes),
                          kb_show_count(arena, progress->bytes_total));
    const char *so_far = kb_sprintf(arena, "%s %s", kb_show_bytes(arena, progress->bytes),
                                    kb_show_rate(arena, done, ns));
    if (progress->bytes_total == KB_ABSENT || done <= 0 || progress->bytes >= progress->bytes_total)
        return so_far;
    double left = (double)ns * (double)(progress->bytes_total - progress->bytes) / (double)done;
    return kb_sprintf(arena, lang == KB_JA ? "%s 残り%s" : "%s %s left", so_far,
                      kb_show_ns(arena, (int64_t)left, lang));
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

/* Since when, and from which byte on, this unit has been in this phase. */
static const struct kb_pace *pace_of(struct kb_progress_view *view, const char *title, const char *phase, int64_t bytes)
{
    enum { PACES = sizeof view->paces / sizeof *view->paces };
    size_t i = 0;
    while (i < view->n_paces && view->paces[i].title != title)
        i++;
    if (i < view->n_paces && view->paces[i].phase == phase)
        return &view->paces[i];
    if (i == PACES) /* more units than ever work at once: the first has ended */
        i = 0;
    view->paces[i] = (struct kb_pace){title, phase, kb_boot_ns(), bytes};
    if (i == view->n_paces)
        view->n_paces++;
    return &view->paces[i];
}

/* On a terminal always; elsewhere a line now and then. */
static bool is_due(struct kb_progress_view *view)
{
    int64_t now = kb_boot_ns();
    if (!view->cli->terminal && now - view->last_line_ns < LINE_EVERY_S * KB_NS_PER_S)
        return false;
    view->last_line_ns = now;
    return true;
}

static size_t width_of(const struct kb_progress_view *view)
{
    return view->cli->terminal ? kb_terminal_width(STDERR_FILENO) : SIZE_MAX;
}

static void put_line(struct kb_progress_view *view, const char *line)
{
    bool terminal = view->cli->terminal;
    (void)fprintf(stderr, terminal ? "\r\033[K%s" : "%s\n", line);
    view->shown = terminal;
}

void kb_progress_show(struct kb_progress_view *view, const char *title, const struct kb_progress *progress)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    enum kb_lang lang = view->cli->lang;
    const char *phase = phase_word(progress->phase, lang);
    const struct kb_pace *pace = pace_of(view, title, phase, progress->bytes);
    if (!is_due(view))
        return;
    size_t width = width_of(view);
    const char *line = kb_sprintf(arena, "%s %s%s %s  %s", fitting(arena, kb_printable(arena, title), width / 3),
                                  bar(arena, progress, width < NARROW ? BAR_CELLS_NARROW : BAR_CELLS), phase,
                                  figures(arena, progress, pace, lang), progress->entry ? progress->entry : "");
    put_line(view, fitting(arena, line, width));
}

void kb_progress_stalled(struct kb_progress_view *view, const char *title, const struct kb_stall *stall)
{
    KB_SCOPED_ARENA arena = kb_arena_new();
    enum kb_lang lang = view->cli->lang;
    if (!is_due(view))
        return;
    size_t width = width_of(view);
    const char *name = fitting(arena, kb_printable(arena, title), width / 3);
    const char *bytes = kb_show_bytes(arena, stall->bytes), *since = kb_time_show(arena, stall->since),
               *ns = kb_show_ns(arena, stall->ns, lang);
    const char *line = lang == KB_JA
                           ? kb_sprintf(arena, "%s 停止中 %s（%s から、%s の位置）", name, ns, since, bytes)
                           : kb_sprintf(arena, "%s stalled for %s, since %s, after %s", name, ns, since, bytes);
    put_line(view, fitting(arena, line, width));
}

void kb_progress_clear(struct kb_progress_view *view)
{
    if (view->shown)
        (void)fputs("\r\033[K", stderr);
    view->shown = false;
}
