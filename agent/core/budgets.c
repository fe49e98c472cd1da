/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of a set's limits. */
#include "koboshi/budgets.h"

#include "koboshi/limits.h"

const struct kb_budgets kb_budgets_usual = {
    .bytes = KB_UNPACKED_BYTES_MAX,
    .ratio = KB_RATIO_MAX,
    .entries = KB_ENTRIES_USUAL,
    .window = KB_ABSENT,
    .memory = KB_WORKER_MEMORY_MAX,
    .cpu = KB_WORKER_CPU_MAX,
    .time = KB_WORKER_TIME_MAX,
};

static const struct kb_key budgets_keys[] = {
    KB_KEY(struct kb_budgets, bytes, KB_SIZE, .flags = KB_HAS_DEFAULT, .def = KB_UNPACKED_BYTES_MAX, .min = 1,
           .max = INT64_MAX / 4,
           .gloss = {"展開後のデータ量の上限（既定 64TiB）", "limit on the unpacked size (64TiB unless written)"}),
    KB_KEY(struct kb_budgets, ratio, KB_INT, .flags = KB_HAS_DEFAULT, .def = KB_RATIO_MAX, .min = 1, .max = 1000000,
           .gloss = {"圧縮率の上限（展開後 ÷ 圧縮後、既定 1000）",
                     "limit on unpacked size divided by packed size (1000 unless written)"}),
    KB_KEY(struct kb_budgets, entries, KB_INT, .flags = KB_HAS_DEFAULT, .def = KB_ENTRIES_USUAL, .min = 1,
           .max = KB_ENTRIES_MAX,
           .gloss = {"項目数の上限（既定 1,000万）", "limit on the number of entries (10 million unless written)"}),
    KB_KEY(struct kb_budgets, window, KB_SIZE, .min = 1 << 20, .max = KB_DECODER_WINDOW_CEILING,
           .gloss = {"展開に使うメモリの上限（既定 128MiB、7z は 512MiB）",
                     "limit on the memory that unpacking asks for (128MiB, 7z 512MiB unless written)"}),
    KB_KEY(struct kb_budgets, memory, KB_SIZE, .flags = KB_HAS_DEFAULT, .def = KB_WORKER_MEMORY_MAX,
           .min = KB_WORKER_MEMORY_LEAST, .max = KB_WORKER_MEMORY_CEILING,
           .gloss = {"検査プロセスが使うメモリの上限（既定 8GiB）",
                     "limit on the memory of the checking process (8GiB unless written)"}),
    KB_KEY(struct kb_budgets, cpu, KB_DURATION, .flags = KB_HAS_DEFAULT, .def = KB_WORKER_CPU_MAX, .min = 1,
           .max = KB_WORKER_SECONDS_CEILING,
           .gloss = {"検査プロセスが使うCPU時間の上限（既定 7日）",
                     "limit on the processor time of the checking process (7 days unless written)"}),
    KB_KEY(struct kb_budgets, time, KB_DURATION, .flags = KB_HAS_DEFAULT, .def = KB_WORKER_TIME_MAX, .min = 1,
           .max = KB_WORKER_SECONDS_CEILING,
           .gloss = {"検査にかかる時間の上限（既定 7日。訓練の max_duration が短ければそちら）",
                     "limit on the time the checks take (7 days unless written; max_duration of the drill if less)"}),
};
const struct kb_shape kb_budgets_shape = KB_SHAPE(struct kb_budgets, "budgets", budgets_keys);

int64_t kb_budgets_window(const struct kb_budgets *budgets, int64_t usual)
{
    return budgets->window == KB_ABSENT ? usual : budgets->window;
}

struct kb_text kb_budget_limit(struct kb_arena *arena, struct kb_text limit, const char *key)
{
    return kb_text_new(arena, "%1$s (in the plan, `budgets.%3$s` of the set raises it)%2$.0s",
                       "%2$s（計画のバックアップに budgets.%3$s を書くと引き上げられます）%1$.0s", limit.en, limit.ja,
                       key);
}
