/* SPDX-License-Identifier: Apache-2.0 */
/* core: how many threads work on one thing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* kb_threads(wanted): so many, KB_THREADS_MAX at the most; 0 or less: one per processor that this process may use. */
size_t kb_threads(int64_t wanted);
