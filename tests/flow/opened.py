#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the path of each of these files whenever anybody opens it: opened.py FILE...; "ready" once it watches."""
import ctypes
import os
import struct
import sys

IN_OPEN = 0x20
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.inotify_init1(os.O_CLOEXEC)
watched = {}
for path in sys.argv[1:]:
    watch = libc.inotify_add_watch(fd, os.fsencode(path), IN_OPEN)
    if watch < 0:
        sys.exit(f'{path}: {os.strerror(ctypes.get_errno())}')
    watched[watch] = path
print('ready', flush=True)
while True:
    events = os.read(fd, 4096)
    while events:
        watch, _, _, n = struct.unpack_from('iIII', events)
        events = events[16 + n:]
        print(watched[watch], flush=True)
