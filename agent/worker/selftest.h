/* SPDX-License-Identifier: Apache-2.0 */
/* `koboshi-worker selftest`: what a confined worker can and cannot do on this machine, shown as a table or as JSON. */
#pragma once

/* kb_worker_selftest(n, arguments): the exit status: 0 all as it must be, 1 not, 2 usage, 13 confinement is not to be
 * had here. Arguments: --json, --lang ja|en, --landlock-abi N (at least 2), --user NAME. */
int kb_worker_selftest(int n, char *const *arguments);
