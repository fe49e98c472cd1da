/* SPDX-License-Identifier: Apache-2.0 */
/* Files that by their names are pieces of one backup. */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "koboshi/arena.h"

enum { TAIL_MIN = 2, TAIL_MAX = 6 };

/* The next or last ordinal of so many digits or small letters, in place; false where there is none. */
static bool step(char *tail, size_t n, bool up)
{
    for (size_t i = n; i-- > 0;) {
        bool digit = isdigit((unsigned char)tail[i]);
        char first = digit ? '0' : 'a', last = digit ? '9' : 'z';
        if (tail[i] != (up ? last : first)) {
            tail[i] = (char)(tail[i] + (up ? 1 : -1));
            return true;
        }
        tail[i] = up ? first : last;
    }
    return false;
}

/* All digits, or all small letters. */
static bool is_ordinal(const char *tail, size_t n)
{
    size_t digits = 0, letters = 0;
    for (size_t i = 0; i < n; i++) {
        digits += tail[i] >= '0' && tail[i] <= '9';
        letters += tail[i] >= 'a' && tail[i] <= 'z';
    }
    return n >= TAIL_MIN && n <= TAIL_MAX && (digits == n || letters == n);
}

bool kb_cli_piece(const struct kb_cli *cli, const char *path, struct kb_text *ret_told)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    size_t n = dot ? strlen(dot + 1) : 0;
    if (!dot || dot == name || !is_ordinal(dot + 1, n))
        return false;
    for (int up = 1; up >= 0; up--) {
        char *other = kb_strdup(cli->arena, path);
        if (!step(other + (dot + 1 - path), n, up) || access(other, F_OK))
            continue;
        const char *whole = kb_escape(cli->arena, name, (size_t)(dot - name));
        *ret_told = kb_text_new(
            cli->arena,
            "By its name this is one piece of a split backup (beside it: %1$s), and no piece can be "
            "judged alone. Join them elsewhere (cat %2$s.%4$.*3$s) and verify the whole, or write "
            "`path: %2$s.%%{part}` in a plan: then they are read as one file.",
            "名前からみて、分割されたバックアップの1つです（隣に %1$s があります）。1つだけでは"
            "判定できません。別の場所で結合したもの（cat %2$s.%4$.*3$s）を検証するか、計画に "
            "path: %2$s.%%{part} と書いてください（全部を1つのファイルとして読みます）。",
            kb_escape(cli->arena, other + (name - path), strlen(name)), whole, (int)n, "??????");
        return true;
    }
    return false;
}
