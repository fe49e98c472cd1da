# Goal: a zip that shows one thing to Explorer and another to us is never good; self-extracting and streamed ones are.
# SPDX-License-Identifier: Apache-2.0
load lib

verify() { # verify STATUS PATH…
    local status=$1
    shift
    exits "$status" verify --json --lang en --no-color "$@"
}

rules() {
    json '[.items[0].findings[].rule] | unique | join(" ")'
}

share_zip() { # share_zip: a zip of a few files, its path on stdout
    mkdir -p "$work/zip/総務"
    seq 1 30000 >"$work/zip/見積.txt"
    seq 1 500 >"$work/zip/総務/月報.csv"
    seq 1 40 >"$work/zip/readme.txt"
    (cd "$work/zip" && LC_ALL=C.UTF-8 zip -qr "$work/share.zip" .)
    printf '%s\n' "$work/share.zip"
}

@test "seekable, streamed and self-extracting" {
    zip=$(share_zip)
    verify 0 "$zip"
    is files "$(json '.items[0].result.files')" 3
    is hash "$(json '.items[0].result.sha256')" "$(hash_of "$zip")"
    is rules "$(rules)" ''
    (cd "$work/zip" && zip -qr - . | cat >"$work/streamed.zip")
    verify 0 "$work/streamed.zip"
    is rules "$(rules)" ''
    { printf '#!/bin/sh\nexit 0\n' && cat "$zip"; } >"$work/sfx.zip"
    verify 0 "$work/sfx.zip"
    is rules "$(rules)" zip-detail
    is files "$(json '.items[0].result.files')" 3
}

@test "another name in the directory than at the content" {
    zip=$(share_zip)
    at=$(grep -abo readme.txt "$zip" | tail -1 | cut -d: -f1) # the directory stands last
    printf readme.exe | dd of="$zip" bs=1 seek="$at" conv=notrunc status=none
    verify 1 "$zip"
    is rules "$(rules)" zip-differs
    is entry "$(json '.items[0].findings[0].entry')" readme.txt
    exits 1 verify --lang ja --no-color "$zip"
    says '目次のとおりの名前 readme.exe'
    fails grep -q 'readme.exe（格納' "$out" # said once where it is the same
}

@test "an entry that the directory does not list" {
    zip=$(share_zip)
    python3 - "$zip" <<'END'
import struct, sys
data = open(sys.argv[1], 'rb').read()
end = data.rindex(b'PK\5\6')
n, size, start = struct.unpack('<HII', data[end + 10:end + 20])
lines, at = [], start
while data[at:at + 4] == b'PK\1\2':
    whole = 46 + sum(struct.unpack('<HHH', data[at + 28:at + 34]))
    lines.append(data[at:at + whole])
    at += whole
left = b''.join(line for line in lines if b'readme.txt' not in line)
open(sys.argv[1], 'wb').write(data[:start] + left + b'PK\5\6' +
                              struct.pack('<HHHHIIH', 0, 0, n - 1, n - 1, len(left), start, 0))
END
    verify 1 "$zip"
    is rules "$(rules)" zip-hidden
    is severity "$(json '.items[0].findings[0].severity')" warning
    is found "$(json '.items[0].findings[0].found.en | contains("readme.txt")')" true
    is files "$(json '.items[0].result.files')" 2
}

@test "entries over one another are not unpacked" {
    python3 - "$work/bomb.zip" <<'END'
import struct, sys, zlib
deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
data = bytes(10000000)
packed = deflate.compress(data) + deflate.flush()
same = struct.pack('<HHIIIIHH', 0, 8, 0x5b754800, zlib.crc32(data), len(packed), len(data), 3, 0)
names = [b'%03d' % i for i in range(100)]
out = b''.join(b'PK\3\4\24\0' + same + name for name in names) + packed
lines = b''.join(b'PK\1\2\24\0\24\0' + same + struct.pack('<HHHII', 0, 0, 0, 0, 33 * i) + name
                 for i, name in enumerate(names))
open(sys.argv[1], 'wb').write(out + lines + b'PK\5\6' + struct.pack('<HHHHIIH', 0, 0, 100, 100, len(lines), len(out), 0))
END
    verify 1 "$work/bomb.zip"
    is rules "$(rules)" zip-overlap
    is unpacked "$(json '.items[0].result.bytes_unpacked')" 0
}
