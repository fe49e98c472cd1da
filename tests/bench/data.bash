# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The data that tests/bench/run measures on, each made in the work folder when a row needs it. Expects $bin, $here, $work,
# $files, $large, $member, $disk_files; sets $why when something cannot be made.
# shellcheck disable=SC2034,SC2154 # both belong to the script that reads this file

noise() { # noise BYTES SEED: bytes that no compressor shortens, the same in every run
    head -c "$1" /dev/zero | openssl enc -aes-256-ctr -K "$(printf %064d "$2")" -iv "$(printf %032d 0)"
}

sums() { (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum); } # sums FOLDER

# system_archive LIST: files as every machine has them; names that Koboshi would ask about are not among them
system_archive() {
    (cd / && find usr/include usr/share usr/lib -xdev -type f -readable -size -1024k ! -name '*.enc' -print0 | LC_ALL=C sort -z) | head -z -n "$files" >"$1"
    (cd / && xargs -0 sha256sum) <"$1" >system.sha256
    tar -C / --null -cf - -T "$1"
}

pack() { # pack KIND: as one member, and all these kinds take one after another
    case $1 in
        zst) zstd -q -1 --long=23 ;; # with the window in its header
        gz) gzip -1 ;;
        lz4) lz4 -q ;;
        xz) xz -T2 -1 ;; # in blocks
    esac
}

# piece: 16 MiB of blocks that stand there 16 times in a row, near enough for every packer, so that a long archive needs a
# sixteenth of its length on disk
make_piece() {
    local block
    mkdir blocks
    noise 1048576 3 | split -b 16384 - blocks/
    for block in blocks/*; do cat "$block"{,,,}{,,,}; done >part
    rm -r blocks
}

repeat() { local i; for ((i = 0; i < $2; i++)); do cat "$1"; done; } # repeat FILE TIMES

long_sums() { # long_sums PIECES: the manifest of 16 members, each so many pieces
    repeat piece "$1" | sha256sum | awk '{ for (i = 1; i <= 16; i++) print $1 "  " i }'
}

# long_archive PIECES KIND: a tar of these members, packed piece by piece; prints it
long_archive() {
    local i
    mkdir long
    for i in {1..16}; do
        truncate -s $(($1 << 24)) "long/$i" # a header says no more than its name and size
        tar -C long -cf - "$i" | head -c 512 | pack "$2"
        repeat "piece.$2" "$1"
    done
    head -c 1024 /dev/zero | pack "$2"
    rm -r long
}

long_zip() { # long_zip PIECES: the same as a zip, part.zip
    local i
    mkdir long
    repeat piece "$1" >long/1
    for i in {2..16}; do ln long/1 "long/$i"; done
    (cd long && zip -1 -q ../part.zip {1..16})
    rm -r long
}

make_plan() { # a plan whose only drill restores the archive
    mkdir -p part/disk
    ln share.tar.zst part/disk/share-20260101.tar.zst
    ln share.sha256 part/disk/share-20260101.sha256
    cat >part/plan.yaml <<YAML
koboshi: 1
plan: {id: bench, title: bench, version: "1"}
systems: {files: {title: files, backup_sets: [share]}}
media: {disk: {kind: folder, mount: $work/plan/disk}}
backup_sets:
  share:
    {title: share, format: archive, recovery: restore, copies: [{medium: disk, path: "share-%Y%m%d.tar.zst", manifest: "share-%Y%m%d.sha256"}]}
procedures: {restore: {title: restore, steps: [{id: restore, do: restore}]}}
drills: {all: {title: all, systems: [files]}}
YAML
    "$bin/koboshi" keygen --keys "$work/keys"
}

make_mirror() { # a plan whose only drill restores a disk of the model; where that is mounted is known then
    mkdir part
    cat >part/plan.in <<YAML
koboshi: 1
plan: {id: bench, title: bench, version: "1"}
systems: {files: {title: files, backup_sets: [share]}}
media: {disk: {kind: folder, mount: "@ABOVE@"}}
backup_sets:
  share: {title: share, format: tree, method: mirror, recovery: restore, copies: [{medium: disk, path: disk}]}
procedures: {restore: {title: restore, steps: [{id: restore, do: restore}]}}
drills: {all: {title: all, systems: [files]}}
YAML
    "$bin/koboshi" keygen --keys "$work/part/keys"
}

make_data() { # make_data NAME: as "part", which takes its name when it is whole
    case $1 in
        share) mkdir part && "$bin/make_tree" part "$files" 17600 && sums part >share.sha256 ;;
        share.tar) tar -cf part -C share --sort=name . ;;
        share.tar.zst) zstd -q -T2 share.tar -o part ;;
        share.tar.lz4) lz4 -q share.tar part ;;
        share.tar.gz) gzip -c share.tar >part ;;
        share.tar.xz) xz -T2 -3 -c share.tar >part ;;
        system.tar) system_archive system.list >part ;;
        system.tar.zst) zstd -q -T2 system.tar -o part ;;
        share.zip) (cd share && zip -qry ../part.zip .) && mv part.zip part ;;
        share.hashdeep) (cd share && hashdeep -c sha256 -r -l .) >part ;;
        share.rclone) sed 's,  \./,  ,' share.sha256 >part ;;
        large) noise "$large" 7 >part && sha256sum part | sed 's/part/large/' >large.sha256 ;;
        restic) restic init -q --no-cache -r part && restic backup -q --no-cache -r part share ;;
        borg) borg init -e none part && borg create part::share share && mv part borg ;;
        aged.ext4 | aged.xfs) "$here/disk" make --fs "${1#aged.}" --files "$disk_files" part && mv part.sha256 "$1.sha256" ;;
        fresh.ext4) "$here/disk" make --days 0 --files "$disk_files" part && mv part.sha256 "$1.sha256" ;;
        piece) make_piece ;;
        piece.*) pack "${1#piece.}" <piece >part ;;
        long16.sha256) long_sums $((member >> 20)) >part ;;
        long1.sha256) long_sums $((member >> 24)) >part ;;
        long16.tar.*) long_archive $((member >> 20)) "${1##*.}" >part ;;
        long1.tar.*) long_archive $((member >> 24)) "${1##*.}" >part ;;
        long16.zip) long_zip $((member >> 20)) && mv part.zip part ;;
        long1.zip) long_zip $((member >> 24)) && mv part.zip part ;;
        plan) make_plan ;;
        mirror) make_mirror ;;
        *) echo "nobody knows how to make $1" >&2; return 1 ;;
    esac || return
    [ ! -e part ] || mv part "$1"
}

need() { # need NAME…: what they are made of first
    local one
    for one; do
        [ ! -e "$one" ] || continue
        case $one in
            share.tar | share.zip | share.hashdeep | share.rclone | restic | borg) need share || return ;;
            share.tar.*) need share.tar || return ;;
            system.tar.zst) need system.tar || return ;;
            plan) need share.tar.zst || return ;;
            piece.*) need piece || return ;;
            long*.sha256) need piece || return ;;
            long*.tar.*) need "${one%%.*}.sha256" "piece.${one##*.}" || return ;;
            long*.zip) need "${one%%.*}.sha256" || return ;;
        esac
        say "making $one"
        make_data "$one" >make.said 2>make.complained || {
            why="$one could not be made: $(tail -n 1 make.complained)"
            rm -rf part part.* long blocks
            return 1
        }
    done
}
