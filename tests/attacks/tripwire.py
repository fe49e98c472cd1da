# SPDX-License-Identifier: Apache-2.0
"""A folder that must not change: bait that anybody may write to, and what is noted of all that lies there."""
import hashlib
import os
import stat


def lay(around):
    """What attacks aim at; writable for everybody, so that not its rights keep it."""
    for folder in ('beside', 'beside/folder', 'disk', 'scratch'):
        os.mkdir(f'{around}/{folder}')
        os.chmod(f'{around}/{folder}', 0o777)
    for name in ('above.txt', 'beside/secret', 'beside/folder/deep', 'disk/other.txt'):
        with open(f'{around}/{name}', 'w', encoding='utf-8') as file:
            file.write(f'{name} as it was\n')
        os.chmod(f'{around}/{name}', 0o666)
    try:
        os.setxattr(f'{around}/beside/secret', 'user.koboshi', b'as it was')
    except OSError:
        pass  # not every file system has them
    os.link(f'{around}/beside/secret', f'{around}/beside/second')
    os.symlink('beside/secret', f'{around}/link')
    os.symlink('beside', f'{around}/door')
    os.mkfifo(f'{around}/beside/pipe')


def xattrs(path):
    try:
        return sorted((name, os.getxattr(path, name, follow_symlinks=False)) for name in os.listxattr(path, follow_symlinks=False))
    except OSError:
        return []


def content(path, st):
    if stat.S_ISLNK(st.st_mode):
        return os.readlink(path)
    if not stat.S_ISREG(st.st_mode):
        return None
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def noted(around):
    """Of every path: all that changes when it is touched. The scratch itself is not looked into."""
    found, waiting = {}, [around]
    while waiting:
        path = waiting.pop()
        st = os.lstat(path)
        told = (st.st_mode, st.st_ino, st.st_dev, st.st_uid, st.st_gid, xattrs(path))
        if path == f'{around}/scratch':
            found[path] = told
            continue
        found[path] = (*told, st.st_nlink, st.st_size, st.st_mtime_ns, st.st_ctime_ns, content(path, st))
        if stat.S_ISDIR(st.st_mode):
            waiting += [f'{path}/{name}' for name in os.listdir(path)]
    return found


def changes(before, after):
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
