# SPDX-License-Identifier: Apache-2.0
"""Writers of tar, zip and 7z that write whatever they are told, true or not."""
import gzip
import lzma
import struct
import zlib

REGULAR, FOLDER, SYMLINK, CHARACTER, BLOCK, FIFO, SOCKET = 0o100000, 0o040000, 0o120000, 0o020000, 0o060000, 0o010000, 0o140000
WHEN = 1_763_600_000  # 2025-11-20


def encoded(name):
    return name if isinstance(name, bytes) else name.encode()


class Entry:
    """What an archive says of one file; where a format cannot say it, that part is left out."""

    def __init__(self, name, data=b'', kind=REGULAR, mode=0o644, target='', hard=False, pax=None, size=None, device=(1, 3)):
        self.name, self.data, self.kind, self.mode, self.target = encoded(name), data, kind, mode, encoded(target)
        self.hard, self.pax, self.size, self.device = hard, pax or {}, size, device

    @property
    def content(self):  # as zip and 7z keep links
        return self.target if self.kind == SYMLINK else self.data


# --- tar: POSIX.1-2017 pax, "ustar interchange format"; GNU long names and sparse files as in the manual of GNU tar --------

TYPES = {REGULAR: b'0', SYMLINK: b'2', CHARACTER: b'3', BLOCK: b'4', FOLDER: b'5', FIFO: b'6', SOCKET: b's'}


def octal(value, width):
    if 0 <= value < 8 ** (width - 1):
        return b'%0*o\0' % (width - 1, value)
    return (value & ((1 << 8 * width) - 1) | 1 << (8 * width - 1)).to_bytes(width, 'big')  # base 256


def tar_header(name, kind, size, mode=0o644, target=b'', device=(0, 0), magic=b'ustar\x0000', tail=b''):
    head = (name[:100].ljust(100, b'\0') + octal(mode, 8) + octal(0, 8) + octal(0, 8) + octal(size, 12) + octal(WHEN, 12) +
            b' ' * 8 + kind + target[:100].ljust(100, b'\0') + magic + b'\0' * 64 + octal(device[0], 8) + octal(device[1], 8) + tail)
    head = head.ljust(512, b'\0')
    return head[:148] + b'%06o\0 ' % sum(head) + head[156:]


def padded(data):
    return data + b'\0' * (-len(data) % 512)


def pax_record(key, value):
    body = b' ' + encoded(key) + b'=' + encoded(value) + b'\n'
    n = len(body)
    while len(str(n)) + len(body) != n:
        n = len(str(n)) + len(body)
    return str(n).encode() + body


def pax_header(records, kind=b'x'):
    body = b''.join(pax_record(key, value) for key, value in records.items())
    return tar_header(b'pax', kind, len(body)) + padded(body)


def gnu_long(kind, name):
    return tar_header(b'././@LongLink', kind, len(name) + 1, magic=b'ustar  \0') + padded(name + b'\0')


def tar_entry(e):
    out = pax_header(e.pax) if e.pax else b''
    if len(e.name) > 100:
        out += gnu_long(b'L', e.name)
    if len(e.target) > 100:
        out += gnu_long(b'K', e.target)
    kind = b'1' if e.hard else TYPES[e.kind]
    size = e.size if e.size is not None else len(e.data)
    return out + tar_header(e.name, kind, size, e.mode, e.target, e.device) + padded(e.data)


TAR_END = b'\0' * 1024


def tar(entries):
    return b''.join(map(tar_entry, entries)) + TAR_END


# --- zip: PKWARE APPNOTE 6.3.10 -----------------------------------------------------------------------------------------

class Zipped:
    """One entry twice: as its local header and as the directory say it; each word may be told apart."""

    def __init__(self, e, utf8=True, packed=None, method=None, flags=None, central=None, size=None, place=None, fields=b'', crc=None):
        content = e.content
        if packed is None:
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = deflate.compress(content) + deflate.flush()
            method = 8
            if len(packed) >= len(content):
                packed, method = content, 0
        self.name, self.packed = e.name, packed
        self.central_name = e.name if central is None else encoded(central)
        self.head = struct.pack('<HHIIII', flags if flags is not None else 0x800 if utf8 else 0, method, 0x5b740000,
                                zlib.crc32(content) if crc is None else crc, len(packed), len(content) if size is None else size)
        self.attributes = (e.kind | e.mode) << 16 | (16 if e.kind == FOLDER else 0)
        self.fields, self.place = fields, place


def zip_local(z):
    return b'PK\3\4\x14\0' + z.head + struct.pack('<HH', len(z.name), len(z.fields)) + z.name + z.fields + z.packed


def zip_line(z, at):
    return (b'PK\1\2\x14\3\x14\0' + z.head + struct.pack('<HHHHHII', len(z.central_name), len(z.fields), 0, 0, 0, z.attributes, at) +
            z.central_name + z.fields)


def zip_end(n, size, at, comment=b''):
    if n < 0xffff:
        return b'PK\5\6' + struct.pack('<HHHHIIH', 0, 0, n, n, size, at, len(comment)) + comment
    return (b'PK\6\6' + struct.pack('<QHHIIQQQQ', 44, 45, 45, 0, 0, n, n, size, at) + b'PK\6\7' + struct.pack('<IQI', 0, at + size, 1) +
            b'PK\5\6' + struct.pack('<HHHHIIH', 0, 0, 0xffff, 0xffff, size, at, 0))


def zipped(items, listed=None, comment=b''):
    """listed: numbers of those that the directory names; without it all."""
    places, body, at = [], [], 0
    for z in items:
        places.append(at)
        body.append(zip_local(z))
        at += len(body[-1])
    lines = b''.join(zip_line(items[i], places[i] if items[i].place is None else items[i].place)
                     for i in (range(len(items)) if listed is None else listed))
    return b''.join(body) + lines + zip_end(len(items) if listed is None else len(listed), len(lines), at, comment)


def zip_of(entries, utf8=True):
    return zipped([Zipped(e, utf8) for e in entries])


# --- 7z: 7zFormat.txt of the LZMA SDK; one folder for all that is not empty ------------------------------------------------

def number(n):
    for extra in range(8):
        if n < 1 << (7 * (extra + 1)):
            return bytes([0xff << (8 - extra) & 0xff | n >> (8 * extra)]) + (n & ((1 << 8 * extra) - 1)).to_bytes(extra, 'little')
    return b'\xff' + n.to_bytes(8, 'little')


def bits(flags):
    flags = list(flags)
    return bytes(sum(0x80 >> i for i, flag in enumerate(flags[at:at + 8]) if flag) for at in range(0, len(flags), 8))


def seven_zip(entries, packed=None, sizes=None, crcs=None, coder=b'\x01\x00'):
    """packed, sizes, crcs: instead of the contents (copied), those of the stream; coder: as in a folder."""
    full = [e for e in entries if e.content or sizes]
    if packed is None:
        packed = b''.join(e.content for e in full)
    sizes = sizes or [len(e.content) for e in full]
    crcs = crcs or [zlib.crc32(e.content) for e in full]
    streams = b''
    if full:
        streams = (b'\x04\x06' + number(0) + number(1) + b'\x09' + number(len(packed)) + b'\0' +
                   b'\x07\x0b' + number(1) + b'\0' + number(1) + coder + b'\x0c' + number(sum(sizes)) + b'\0' +
                   b'\x08\x0d' + number(len(full)) + (b'\x09' + b''.join(map(number, sizes[:-1])) if len(full) > 1 else b'') +
                   b'\x0a\x01' + b''.join(struct.pack('<I', crc) for crc in crcs) + b'\0\0')
    names = b'\0' + b''.join(utf16(e.name) + b'\0\0' for e in entries)
    words = b'\x01\0' + b''.join(struct.pack('<I', (e.kind | e.mode) << 16 | 0x8000 | (16 if e.kind == FOLDER else 0)) for e in entries)
    files = number(len(entries))
    empty = [not (e.content or sizes) if not full else e not in full for e in entries]
    if any(empty):
        flags, plain = bits(empty), bits(e.kind != FOLDER for e, none in zip(entries, empty) if none)
        files += b'\x0e' + number(len(flags)) + flags + b'\x0f' + number(len(plain)) + plain
    files += b'\x11' + number(len(names)) + names + b'\x15' + number(len(words)) + words + b'\0'
    header = b'\x01' + streams + b'\x05' + files + b'\0'
    start = struct.pack('<QQI', len(packed), len(header), zlib.crc32(header))
    return b'7z\xbc\xaf\x27\x1c\0\x04' + struct.pack('<I', zlib.crc32(start)) + start + packed + header


def utf16(name):
    return name.decode('utf-8', 'surrogatepass').encode('utf-16-le', 'surrogatepass')


# --- much out of little ---------------------------------------------------------------------------------------------------

PIECE = 16 << 20  # compressed once; what a compressor makes of it after a reset may be repeated


def crc_of_zeros(n):
    crc, block = 0, bytes(1 << 20)
    for _ in range(n >> 20):
        crc = zlib.crc32(block, crc)
    return crc


def deflate_zeros(n, head=b'', tail=b''):
    make = zlib.compressobj(9, zlib.DEFLATED, -15)
    begin = make.compress(head) + make.flush(zlib.Z_FULL_FLUSH)
    piece = make.compress(bytes(PIECE)) + make.flush(zlib.Z_FULL_FLUSH)
    return begin + piece * (n // PIECE) + make.compress(tail) + make.flush()


def gzip_zeros(n, head, tail):
    crc = zlib.crc32(head)
    block = bytes(1 << 20)
    for _ in range(n >> 20):
        crc = zlib.crc32(block, crc)
    return (b'\x1f\x8b\x08\0\0\0\0\0\x02\x03' + deflate_zeros(n, head, tail) +
            struct.pack('<II', zlib.crc32(tail, crc), len(head) + n + len(tail) & 0xffffffff))


LZMA2 = b'\x21\x21\x01\x12'  # a simple coder with one property: 2 MiB of dictionary


def lzma2_zeros(n):
    piece = lzma.compress(bytes(PIECE), lzma.FORMAT_RAW, filters=[{'id': lzma.FILTER_LZMA2, 'dict_size': 1 << 21}])
    return piece[:-1] * (n // PIECE) + b'\0'


def squeezed(data):
    return gzip.compress(data, 9, mtime=0)


# --- a gzip that unpacks to itself: Russ Cox, "Zip Files All The Way Down" (2010) ------------------------------------------

def print_next(n):  # a stored block (RFC 1951, 3.2.4): the n bytes that follow come out
    return struct.pack('<BHH', 0, n, n ^ 0xffff)


def packed_bits(text):  # in the order of RFC 1951, 3.1.1: the first bit is the lowest
    return bytes(int(text[at:at + 8][::-1], 2) for at in range(0, len(text), 8))


# twice: length 10 (code 264), 20 bytes back (code 8, and 3 as lowest bit first); a block with fixed codes, in 5 bytes as the other one
REPEAT_20 = packed_bits('010' + ('0001000' + '01000' + '110') * 2 + '0000000')


def self_of(name, crc):
    """170 bytes, four of them chosen by crc twice: the code that comes out is the code that stands there."""
    five, twenty = print_next(5), print_next(20)
    head = b'\x1f\x8b\x08\x08\0\0\0\0\x02\x03' + name + b'\0'  # 15 bytes, so that it and one instruction are 20
    tail = print_next(0) + b'\x03\0' + struct.pack('<II', crc, 170)  # 15 as well: nothing, the end, the trailer
    return (head + twenty + head + twenty + REPEAT_20 + five + REPEAT_20 + five + five + twenty + REPEAT_20 + five + five + twenty +
            REPEAT_20 + twenty + REPEAT_20 + twenty + REPEAT_20 + twenty + REPEAT_20 + twenty + REPEAT_20 + tail + REPEAT_20 + tail)


def solved(rows):
    """x of A x = b over GF(2), where row i is the bits of A's row i, and of b at 32; None if A is singular."""
    for at in range(32):
        pivot = next((i for i in range(at, 32) if rows[i] >> at & 1), None)
        if pivot is None:
            return None
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows = [row ^ rows[at] if i != at and row >> at & 1 else row for i, row in enumerate(rows)]
    return sum((row >> 32) << at for at, row in enumerate(rows))


def gzip_quine():
    """A CRC is affine in each bit of its input, so that the one of a file with its own CRC in it is 32 equations."""
    for n in range(10000):
        name = b'%04d' % n
        none = zlib.crc32(self_of(name, 0))
        columns = [zlib.crc32(self_of(name, 1 << bit)) ^ none ^ 1 << bit for bit in range(32)]
        crc = solved([sum((column >> row & 1) << bit for bit, column in enumerate(columns)) | (none >> row & 1) << 32 for row in range(32)])
        if crc is not None:
            quine = self_of(name, crc)
            assert gzip.decompress(quine) == quine
            return quine
    raise AssertionError('no name gives equations that can be solved')
