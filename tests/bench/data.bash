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

# long_archive MEMBER-BYTES MANIFEST: 16 members, each of blocks of 1 MiB that stand there 16 times in a row, so that a long
# archive needs a sixteenth of its length on disk; prints it
long_archive() {
    local block i
    mkdir long
    for ((block = 0; block < $1 >> 24; block++)); do
        noise 1048576 "$block" >long/block
        for i in {1..16}; do cat long/block; done
    done >long/all
    sha256sum long/all | awk '{ for (i = 1; i <= 16; i++) print $1 "  " i }' >"$2"
    for i in {1..16}; do ln long/all "long/$i"; done
    tar -C long --hard-dereference -cf - {1..16} | zstd -q -1 --long=23
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
        long16.tar.zst) long_archive $((member * 16)) long16.sha256 >part ;;
        long1.tar.zst) long_archive "$member" long1.sha256 >part ;;
        plan) make_plan ;;
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
        esac
        say "making $one"
        make_data "$one" >make.said 2>make.complained || {
            why="$one could not be made: $(tail -n 1 make.complained)"
            rm -rf part part.* long
            return 1
        }
    done
}
