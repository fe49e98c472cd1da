# Goal: a folder read in the order of its disk has the same findings, list and counts as one read by its names, on aged file systems and failing ones.
# SPDX-License-Identifier: Apache-2.0
load lib

aged() { # aged NAME TYPE SIZE: an image with a folder whose files lie scattered, mounted writable at $work/mnt/NAME
    local at=$work/mnt/$1 i
    command -v "mkfs.$2" >/dev/null || skip "mkfs.$2 is not installed"
    truncate -s "$3" "$work/$1.img"
    case $2 in
        xfs) mkfs.xfs -q "$work/$1.img" ;;
        *) mkfs."$2" -q -F "$work/$1.img" ;;
    esac
    mkdir -p "$at"
    mount_image "$work/$1.img" "$at"
    mkdir -p "$at/filler" "$at/t/深い/a/b"
    # every other block stays taken: what comes later lies in pieces
    for i in $(seq 1 600); do noise 40000 "$i" >"$at/filler/$i"; done
    sync -f "$at"
    for i in $(seq 1 2 600); do rm "$at/filler/$i"; done
    for i in $(seq 300 -1 1); do
        noise $((i * 331 % 90000)) "$i" >"$at/t/file-$i"
        [ $((i % 7)) -ne 0 ] || noise 30000 "$i" >>"$at/t/深い/a/b/log"
        [ $((i % 9)) -ne 0 ] || noise 50000 "$i" >>"$at/t/growing.db"
    done
    truncate -s 3M "$at/t/sparse"
    printf 'the end' >>"$at/t/sparse"
    fallocate -l 1M "$at/t/never-written"
    : >"$at/t/empty"
    ln -s file-1 "$at/t/link"
    hashes "$at/t" >"$work/$1.sha256"
}

look() { # look ORDER NAME STATUS: verified so; its findings and counts without the clock to $work/ORDER.json
    exits "$3" verify "$work/mnt/$2/t" --manifest "$work/$2.sha256" --order "$1" --json --lang en
    jq '.items[0] | del(.result.read_ns)' "$out" >"$work/$1.json"
}

alike() {
    cmp "$work/names.json" "$work/physical.json" && return 0
    diff "$work/names.json" "$work/physical.json" | head -n 40
    return 1
}

pieces() { filefrag "$1" | grep -o '[0-9]* extent' | cut -d ' ' -f 1; }

aged_both_ways() { # aged_both_ways TYPE SIZE
    need_root
    aged "$1" "$1" "$2"
    [ "$(pieces "$work/mnt/$1/t/growing.db")" -gt 3 ] || echo "# growing.db lies in $(pieces "$work/mnt/$1/t/growing.db") pieces"
    look names "$1" 0
    look physical "$1" 0
    alike
    is files "$(jq .result.files_matched "$work/physical.json")" "$(wc -l <"$work/$1.sha256")"
    flip_at "$work/mnt/$1/t/growing.db" 777777
    rm "$work/mnt/$1/t/file-77"
    printf x >>"$work/mnt/$1/t/深い/a/b/log"
    look names "$1" 1
    look physical "$1" 1
    alike
    is rules "$(jq -r '[.findings[].rule] | sort | join(" ")' "$work/names.json")" 'entry-differs entry-differs entry-missing'
}

@test "ext4 that aged: by names and by extents alike, also with faults" { aged_both_ways ext4 96M; }

@test "xfs that aged: by names and by extents alike, also with faults" { aged_both_ways xfs 320M; }

@test "a file system that does not tell its extents is read all the same" {
    local at=$work/mnt/fat
    need_root
    command -v mkfs.vfat >/dev/null || skip 'mkfs.vfat is not installed'
    grep -qw vfat /proc/filesystems || modprobe vfat 2>/dev/null || skip 'this kernel has no vfat'
    truncate -s 64M "$work/fat.img"
    mkfs.vfat "$work/fat.img" >/dev/null
    mkdir -p "$at"
    mount_image "$work/fat.img" "$at" iocharset=utf8 || skip 'vfat cannot be mounted here'
    make_tree "$at/t"
    hashes "$at/t" >"$work/fat.sha256"
    look names fat 0
    look physical fat 0
    alike
}

@test "places that cannot be read: the same ones are told in the same words" {
    need_root
    aged bad ext4 96M
    sync -f "$work/mnt/bad"
    umount "$work/mnt/bad"
    # the disk ends before its last third: what lies there cannot be read
    mount_image "$work/bad.img" "$work/mnt/bad" ro,noload
    truncate -s 24M "$work/bad.img"
    echo 3 >/proc/sys/vm/drop_caches
    look names bad 1
    echo 3 >/proc/sys/vm/drop_caches
    look physical bad 1
    alike
    jq -e '[.findings[].rule] | index("read-failed")' "$work/names.json" >/dev/null
}

@test "a drill takes --order, and restores the same" {
    make_tree "$disk/共有/share-20261120"
    hashes "$disk/共有/share-20261120" >"$disk/共有/share-20261120.sha256"
    write_plan format=tree path='共有/share-%Y%m%d' manifest='共有/share-%Y%m%d.sha256'
    drill 0 --order physical
    all_good
    is files "$(unit result.files_restored)" 5
}

restored() { # restored ORDER STATUS: what the record says of it to $work/ORDER.json
    drill "$2" --order "$1"
    jq '.record.units[0] | {status, proof, findings, result: (.result | del(.read_ns, .reread_ns))}' "$out" >"$work/$1.json"
}

@test "a mirror on an aged disk: restored by its extents as by its names, also with faults" {
    need_root
    aged old ext4 96M
    cp "$work/old.sha256" "$work/mnt/old/t.sha256"
    write_plan format=tree path=t manifest=t.sha256 medium='{kind: folder, mount: mnt/old}' set='method: mirror'
    restored names 0
    restored physical 0
    alike
    is 'restored and read again' "$(jq -r '[.proof, .result.files_restored, .result.files_reread] | join(" ")' "$work/physical.json")" \
        "L4 $(wc -l <"$work/old.sha256") $(wc -l <"$work/old.sha256")"
    flip_at "$work/mnt/old/t/growing.db" 777777
    printf x >>"$work/mnt/old/t/深い/a/b/log"
    rm "$work/mnt/old/t/file-77"
    restored names 1
    restored physical 1
    alike
    is 'what lies in the scratch folder' "$(ls -A "$work/scratch")" ''
}

@test "another word than auto, physical or names is refused" {
    exits 2 verify "$disk" --order fast --lang en
    says 'auto, physical or names'
    exits 2 verify "$disk" --order fast --lang ja
    says 'auto・physical・names'
}

@test "a word that is no order is told once, and no backup is called bad for it" {
    make_tree "$work/tree"
    exits 2 verify --lang en --no-color --order fast "$work/tree" "$work/tree"
    is lines "$(wc -l <"$out") $(wc -l <"$err")" '0 1'
}
