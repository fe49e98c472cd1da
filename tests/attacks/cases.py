# SPDX-License-Identifier: Apache-2.0
"""The hostile archives: each class in each format that can express it, and what must be said of it.

No zip or 7z: hard links, extended attributes, sparse files, pax and GNU headers. No 7z: names that are not Unicode, NUL in
names, entries over one another or said twice (its directory stands once). No tar: encryption, two directories."""
import gzip
import os
import struct
import subprocess
import zlib

from writers import (BLOCK, CHARACTER, FIFO, FOLDER, SOCKET, SYMLINK, TAR_END, Entry, LZMA2, Zipped, crc_of_zeros, deflate_zeros, gnu_long,
                     gzip_quine, gzip_zeros, lzma2_zeros, octal, padded, pax_header, seven_zip, squeezed, tar, tar_entry, tar_header, zip_end, zip_line,
                     zip_local, zip_of, zipped)

GIB = 1 << 30
EVERY = ('tar', 'zip', '7z')
UP = 3  # from a set's own folder to the one that holds the scratch: drill, scratch, there


class Case:
    """One archive. disk: of a bomb, the bytes that its budget lets into the scratch."""

    def __init__(self, name, kind, data, rules, good, keys, target, bomb, disk):
        self.name, self.kind, self.data, self.rules, self.good, self.keys, self.target = name, kind, data, rules, good, keys, target
        self.bomb, self.disk = bomb, disk

        if name == 'ratio':  # a thousand times the archive
            self.disk = max(disk, 1000 * len(data))

    @property
    def id(self):
        return f'{self.name}-{self.kind.replace(".", "-")}'


class Suite:
    """full: as large as the real thing. around: the folder that must not change, which holds scratch and bait."""

    def __init__(self, around, full):
        self.around, self.full, self.cases = os.fsencode(around), full, []
        self.bait = self.around + b'/beside'

    def add(self, name, kind, data, rules='', good=False, keys='', target='', bomb=False, disk=64 << 20):
        """rules: each of these is found, or one of those with a | between; good: it may be, or it must be (True)."""
        self.cases.append(Case(name, kind, data, rules.split(), good, keys, target, bomb, disk))

    def entries(self, name, entries, rules='', kinds=EVERY, **more):
        """The same entries in every format, with an honest file before and after them."""
        entries = [Entry('first.txt', b'first'), *entries, Entry('last.txt', b'last')]
        for kind in kinds:
            data = {'tar': tar, 'zip': zip_of, '7z': seven_zip}[kind](entries)
            self.add(name, kind, data, rules, **more)


def outside(s):
    """Names and links that lead out of the scratch."""
    s.entries('absolute', [Entry(s.bait + b'/planted', b'x'), Entry(s.bait + b'/secret', b'overwritten')], 'name-unsafe')
    s.entries('parent', [Entry('../' * up + name, b'x') for up in range(1, UP + 1) for name in ('planted', 'beside/secret', 'beside/planted')],
              'name-unsafe')
    s.entries('parent-inside', [Entry('a/b/../../../' + '../' * (UP - 1) + 'beside/planted', b'x'), Entry('a/..', kind=FOLDER)], 'name-unsafe')
    s.entries('folder-out', [Entry(s.bait + b'/made', kind=FOLDER, mode=0o777), Entry('../' * UP + 'made', kind=FOLDER)], 'name-unsafe')
    s.entries('symlink-write', [Entry('door', kind=SYMLINK, target=s.bait), Entry('door/planted', b'x'), Entry('door/secret', b'overwritten')],
              'entry-kind|names-collide')
    s.entries('symlink-parent', [Entry('door', kind=SYMLINK, target='../' * UP + 'beside'), Entry('door/planted', b'x')], 'entry-kind|names-collide')
    s.entries('symlink-climb', [Entry('a/b/up', kind=SYMLINK, target='../..'),
                                Entry('climb', kind=SYMLINK, target='a/b/up/' + '../' * UP + 'beside/secret')], 'entry-kind')
    s.entries('symlink-then-file', [Entry('name', kind=SYMLINK, target=s.bait + b'/secret'), Entry('name', b'overwritten')], 'name-twice')
    s.entries('folder-then-symlink', [Entry('d', kind=FOLDER), Entry('d', kind=SYMLINK, target=s.bait), Entry('d/planted', b'x')], 'name-twice')
    s.entries('symlink-above', [Entry('x', kind=SYMLINK, target='.'), Entry('x/x/x/../y', b'x')], 'name-unsafe')
    s.entries('symlink-proc', [Entry('p', kind=SYMLINK, target='/proc/self/cwd'), Entry('p/planted', b'x')], 'entry-kind|names-collide')
    s.entries('hardlink-out', [Entry('hard', hard=True, target='../' * UP + 'beside/secret'), Entry('hard', b'overwritten')],
              'entry-kind|name-unsafe', kinds=('tar',))
    s.entries('hardlink-absolute', [Entry('hard', hard=True, target=s.bait + b'/secret'), Entry('hard', b'overwritten')],
              'entry-kind|name-unsafe', kinds=('tar',))
    s.entries('hardlink-of-symlink', [Entry('soft', kind=SYMLINK, target=s.bait + b'/secret'), Entry('hard', hard=True, target='soft'),
                                      Entry('hard', b'overwritten')], 'entry-kind', kinds=('tar',))
    s.entries('pax-path', [Entry('harmless', b'x', pax={'path': s.bait + b'/planted'})], 'name-unsafe', kinds=('tar',))
    s.entries('windows-out', [Entry('..\\..\\..\\beside\\planted', b'x'), Entry('C:\\Windows\\planted', b'x'),
                              Entry('\\\\server\\share\\planted', b'x'), Entry('a/..\\..\\planted', b'x')], 'name-unsafe', kinds=('tar', 'zip'))
    # an overlong "." in UTF-8, full-width dots, a division slash: never dots and slashes
    s.entries('dots-otherwise', [Entry(b'\xc0\xae\xc0\xae/planted', b'x'), Entry(b'..\xc0\xafplanted', b'x')], kinds=('tar', 'zip'), good=None)
    s.entries('dots-alike', [Entry('．．/planted', b'x'), Entry('..∕planted', b'x')], good=None)


def kinds_and_rights(s):
    """What is neither file, folder nor link; rights that nobody may get."""
    s.entries('device', [Entry('null', kind=CHARACTER), Entry('disk', kind=BLOCK, device=(8, 0))], 'entry-kind')
    s.entries('fifo', [Entry('pipe', kind=FIFO)], 'entry-kind', kinds=('tar', '7z'))
    # Info-ZIP stores the kind of what it read from a pipe: such an entry is a file
    s.entries('fifo', [Entry('pipe', kind=FIFO)], kinds=('zip',), good=True)
    s.entries('socket', [Entry('socket', kind=SOCKET)], 'entry-kind', kinds=('zip', '7z'))
    s.entries('setuid', [Entry('root', b'#!/bin/sh\n', mode=0o6755), Entry('sticky', kind=FOLDER, mode=0o7777)], good=True)
    capability = struct.pack('<IIIII', 0x02000001, 0xffffffff, 0, 0, 0)
    s.entries('xattr', [Entry('root', b'x', mode=0o755, pax={b'SCHILY.xattr.security.capability': capability, 'SCHILY.xattr.user.koboshi': 'x',
                                                             b'LIBARCHIVE.xattr.security.capability': b'AQAAAv//', 'SCHILY.acl.access': 'user::rwx,user:0:rwx'})],
              kinds=('tar',), good=True)


def names(s):
    s.entries('nfc-nfd', [Entry('\u304c.txt', b'1'), Entry('\u304b\u3099.txt', b'2')], 'names-alike', kinds=('tar', 'zip'), good=True)
    # the library composes the names of a 7z: both are one name then, and that has to be said
    s.entries('nfc-nfd', [Entry('\u304c.txt', b'1'), Entry('\u304b\u3099.txt', b'2')], 'name-twice', kinds=('7z',))
    s.entries('case', [Entry('README', b'1'), Entry('ReadMe', b'2')], good=True)
    s.entries('case-windows', [Entry('README', b'1'), Entry('ReadMe', b'2')], 'names-collide', target='ntfs')
    s.entries('twice', [Entry('name', b'1'), Entry('name', b'2')], 'name-twice')
    s.entries('long-path', [Entry('/'.join(['n' * 100] * 80), b'x')], 'budget-exceeded')
    s.entries('long-name', [Entry('長' * 2700, b'x'), Entry('n' * 300, b'x')], 'not-representable')
    s.entries('deep', [Entry('d/' * 10000 + 'f', b'x')], 'budget-exceeded')
    s.entries('deep-folders', [Entry('d/' * n, kind=FOLDER) for n in range(1, 300)], 'budget-exceeded')
    s.entries('windows-names', [Entry('CON', b'x'), Entry('nul.txt', b'x'), Entry('COM1', b'x'), Entry('end.', b'x'), Entry('space ', b'x'),
                                Entry('a:b', b'x'), Entry('q?', b'x')], 'not-representable', target='ntfs')
    s.entries('control', [Entry('\x1b]0;owned\x07\x1b[2J\x1b[31mred', b'x'), Entry('line\nline\r', b'x'), Entry('\x7f\x08', b'x'),
                          Entry('\u009b31m', b'x'), Entry('\u202excod.exe', b'x')], 'name-control')
    s.entries('markup', [Entry('<script>alert(1)</script>', b'x'), Entry('"\'&lt;%n%s', b'x'), Entry('`id`$(id);id', b'x')], good=None)
    for kind, make in (('tar', tar), ('zip', lambda entries: zip_of(entries, utf8=False))):
        s.add('cp932', kind, make([Entry(name.encode('cp932'), b'x') for name in ('表.txt', 'ソ/能.txt', '予定表/十.txt')]), good=True)
    s.add('nul', 'zip', zip_of([Entry(b'good.txt\0.exe', b'x')]), 'name-unsafe|zip-differs')
    s.entries('empty', [Entry('', b'x'), Entry('.', b'x'), Entry('//', b'x')], 'name-unsafe', kinds=('tar', 'zip'))
    s.entries('below-a-file', [Entry('a', b'1'), Entry('a/b', b'2'), Entry('a/b/c', b'3')], 'names-collide')
    s.entries('file-for-folder', [Entry('a/b', b'1'), Entry('a', b'2')], 'names-collide|name-twice')
    s.entries('symlink-loop', [Entry('a', kind=SYMLINK, target='b'), Entry('b', kind=SYMLINK, target='a'), Entry('me', kind=SYMLINK, target='me'),
                               Entry('d/up', kind=SYMLINK, target='../d')], good=None)


def many(s):
    """More than can be wanted: entries, bytes, layers."""
    n = 1_000_000 if s.full else 100_000
    first = tar_header(b'n0000000', b'0', 0)
    total = sum(first[:148]) + sum(first[156:]) + 8 * 32 - sum(b'0000000')

    def headers():
        for i in range(n):
            digits = b'%07d' % i
            yield b'n' + digits + first[8:148] + b'%06o\0 ' % (total + sum(digits)) + first[156:]
    s.add('entries', 'tar.gz', gzip.compress(b''.join(headers()) + TAR_END, 1), 'budget-exceeded', keys='budgets: {entries: 5000}', bomb=True)
    items = [Zipped(Entry(b'n%07d' % i), packed=b'', method=0) for i in range(n)]
    s.add('entries', 'zip', zipped(items), 'budget-exceeded', keys='budgets: {entries: 5000}', bomb=True)
    s.add('entries', '7z', seven_zip([Entry(b'n%07d' % i) for i in range(n)]), 'budget-exceeded', keys='budgets: {entries: 5000}', bomb=True)
    size = GIB
    s.add('ratio', 'tar.gz', gzip_zeros(size, tar_header(b'zeros', b'0', size), TAR_END), 'budget-exceeded', bomb=True)
    s.add('ratio', 'zip', zipped([Zipped(Entry('zeros'), packed=deflate_zeros(size), method=8, size=size, crc=crc_of_zeros(size))]),
          'budget-exceeded', bomb=True)
    s.add('ratio', '7z', seven_zip([Entry('zeros')], lzma2_zeros(size), [size], [crc_of_zeros(size)], LZMA2), 'budget-exceeded', bomb=True)
    s.add('bytes', 'tar.gz', gzip_zeros(size, tar_header(b'zeros', b'0', size), TAR_END), 'budget-exceeded', keys='budgets: {bytes: 8MB, ratio: 2000}', bomb=True, disk=8 << 20)
    huge = 1 << 40
    sparse = {'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.name': 'holes', 'GNU.sparse.realsize': str(huge)}
    blocks = padded(b'1\n%d\n1\n' % (huge - 1)) + b'x'
    s.add('sparse', 'tar', tar([Entry('holes', blocks, pax=sparse)]), 'budget-exceeded', bomb=True)
    old = tar_header(b'holes', b'S', 1, magic=b'ustar  \0', tail=b'')
    old = bytearray(old)
    old[386:386 + 24] = octal(huge - 1, 12) + octal(1, 12)
    old[483:495] = octal(huge, 12)
    old[148:156] = b' ' * 8
    old[148:156] = b'%06o\0 ' % sum(old)
    s.add('sparse-gnu', 'tar', bytes(old) + padded(b'x') + TAR_END, 'budget-exceeded', bomb=True)
    inner = zipped([Zipped(Entry('zeros'), packed=deflate_zeros(size), method=8, size=size, crc=crc_of_zeros(size))])
    nested = zip_of([Entry(f'{i}.zip', inner) for i in range(16)])
    s.add('nested', 'zip', nested, good=True, bomb=True)  # what lies inside a file is content, not unpacked
    s.add('nested', '7z', seven_zip([Entry('inner.zip', inner)]), good=True, bomb=True)
    layers = gzip_zeros(size, tar_header(b'zeros', b'0', size), TAR_END)
    s.add('nested', 'tar.gz', squeezed(squeezed(layers)), 'format-refused|archive-broken|zero-files', bomb=True)
    quine, onion = gzip_quine(), tar([Entry('f', b'x')])
    s.add('quine', 'tar.gz', quine, 'format-refused', bomb=True)  # one layer comes off, and it is the same again
    s.entries('quine', [Entry('r.gz', quine)], good=True, bomb=True)
    for _ in range(500):
        onion = squeezed(onion)
    s.add('nested-deep', 'tar.gz', onion, 'format-refused', bomb=True)
    s.add('members', 'tar.gz', squeezed(b'') * 50_000 + squeezed(tar([Entry('f', b'x')])), good=None, bomb=True)


def broken(s):
    """Archives that contradict themselves, hide something, or end."""
    kernel = deflate_zeros(64 << 20)
    size, crc = 64 << 20, crc_of_zeros(64 << 20)
    one = Zipped(Entry('000'), packed=kernel, method=8, size=size, crc=crc)
    local, lines = zip_local(one), b''
    for i in range(100):
        one.central_name = b'%03d' % i
        lines += zip_line(one, 0)
    s.add('overlap', 'zip', local + lines + zip_end(100, len(lines), len(local)), 'zip-overlap', bomb=True)
    s.add('mismatch', 'zip', zipped([Zipped(Entry('report.pdf', b'x'), central='report.exe')]), 'zip-differs')
    s.add('hidden', 'zip', zipped([Zipped(Entry('seen', b'x')), Zipped(Entry('unseen', b'y'))], listed=[0]), 'zip-hidden')
    inside = zip_of([Entry('other', b'y')])
    s.add('two-directories', 'zip', zipped([Zipped(Entry('one', b'x'))], comment=inside), 'zip-directory|zip-hidden|zip-differs|trailing-data')
    s.add('place', 'zip', zipped([Zipped(Entry('one', b'x'), place=0x7fffffff)]), 'zip-directory|archive-broken|archive-truncated|zip-overlap|zip-differs')
    s.add('zip64', 'zip', zipped([Zipped(Entry('one', b'x'), size=0xffffffff, fields=struct.pack('<HHQQ', 1, 16, 1 << 63, 1 << 63))]),
          'zip-directory|archive-broken|zip-differs|budget-exceeded|zip-overlap')
    s.add('encrypted', 'zip', zipped([Zipped(Entry('one', b'x'), packed=bytes(13), method=0, flags=0x801)]), 'encrypted')
    for kind, data in (('tar', tar_header(b'f', b'0', 100000)), ('zip', zip_local(Zipped(Entry('f', os.urandom(1000))))[:40]),
                       ('7z', seven_zip([Entry('f', b'x')])[:32])):
        s.add('header-only', kind, data, 'archive-truncated|no-end-of-archive|archive-broken|zero-files|zip-directory')
    for kind, data in (('negative', octal(-512, 12)), ('endless', octal((1 << 63) - 1, 12))):
        head = bytearray(tar_header(b'f', b'0', 0))
        head[124:136] = data
        head[148:156] = b' ' * 8
        head[148:156] = b'%06o\0 ' % sum(head)
        s.add('size-' + kind, 'tar', bytes(head) + TAR_END, 'archive-broken|archive-truncated|budget-exceeded|no-end-of-archive')
    s.add('pax-endless', 'tar', tar_header(b'pax', b'x', 1 << 33) + padded(b'x') + TAR_END, 'archive-broken|archive-truncated|budget-exceeded')
    s.add('long-endless', 'tar', tar_header(b'././@LongLink', b'L', 1 << 33) + padded(b'x') + TAR_END, 'archive-broken|archive-truncated|budget-exceeded')
    s.add('long-chain', 'tar', gnu_long(b'L', b'n' * 50) * 20000 + tar([Entry('f', b'x')]), good=None, bomb=True)
    s.add('pax-chain', 'tar', pax_header({'comment': 'x'}) * 20000 + tar([Entry('f', b'x')]), good=None, bomb=True)
    bad = bytearray(seven_zip([Entry('f', b'x')]))
    bad[20:28] = struct.pack('<Q', 1 << 62)
    bad[8:12] = struct.pack('<I', zlib.crc32(bad[12:32]))
    s.add('header-size', '7z', bytes(bad), 'archive-broken|archive-truncated|budget-exceeded')


def locked(s):
    """A 7z under a key, by the real tool."""
    made = s.around + b'/../made'
    os.makedirs(made, exist_ok=True)
    with open(made + b'/f', 'wb') as file:
        file.write(b'secret')
    try:
        for name, options in (('encrypted', []), ('encrypted-names', ['-mhe=on'])):
            subprocess.run(['7zz', 'a', '-pkoboshi', *options, made + b'/' + name.encode() + b'.7z', made + b'/f'], check=True, stdout=subprocess.DEVNULL)
            with open(made + b'/' + name.encode() + b'.7z', 'rb') as file:
                s.add(name, '7z', file.read(), 'encrypted')
    except FileNotFoundError:
        print('skipped: encrypted-7z, 7zz is not there')


def suite(around, full=False):
    s = Suite(around, full)
    for part in (outside, kinds_and_rights, names, many, broken, locked):
        part(s)
    return s
