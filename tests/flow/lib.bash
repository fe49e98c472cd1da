# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What flow tests share: backups made by the real tools, faults planted into them, koboshi run with a ledger, keys and
# scratch of its own, and assertions that say what they saw. Every test gets $work, a plan at $plan, a medium at $disk.

export LC_ALL=C.UTF-8 TZ=Asia/Tokyo
unset LANG LANGUAGE LC_MESSAGES
umask 022
repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
: "${KOBOSHI_BIN:=$repo/build/dev/bin/koboshi}"

setup() {
    work=$BATS_TEST_TMPDIR
    plan=$work/plan.yaml disk=$work/disk
    out=$work/out err=$work/err # of the last koboshi
    export XDG_STATE_HOME=$work/state
    evidence=(--ledger "$work/ledger" --keys "$work/keys")
    places=("${evidence[@]}" --scratch "$work/scratch")
    mkdir -p "$disk" "$work/scratch" "$work/mnt"
    chmod o+x "$BATS_RUN_TMPDIR" # checks run under an account of their own
    [ "$(date +%s)" -gt "$(date -d 2026-11-21 +%s)" ] || { echo "the clock says $(date): the backups of these tests would lie in the future"; return 1; }
    [ -x "$KOBOSHI_BIN" ] || { echo "no program at $KOBOSHI_BIN; set KOBOSHI_BIN"; return 1; }
}

teardown() { # nothing stays running, mounted or attached
    local image device target pid
    for pid in $(jobs -p); do kill -9 "$pid" 2>/dev/null || true; done
    for image in "$BATS_TEST_TMPDIR"/*.img; do
        [ -e "$image" ] || continue
        for device in $(losetup -n -O NAME -j "$image"); do
            for target in $(findmnt -rn -S "$device" -o TARGET | tac); do umount "$target"; done
            blockdev --setrw "$device" 2>/dev/null || true
            losetup -d "$device" 2>/dev/null || true # one that goes with its mount is gone
        done
    done
}

# --- running koboshi ----------------------------------------------------------------------------------------------------

exits() { # exits STATUS VERB ARG…: runs koboshi and wants this exit status
    local want=$1 got=0
    shift
    timeout -k 5 "${limit:-120}" "$KOBOSHI_BIN" "$@" >"$out" 2>"$err" </dev/null || got=$?
    [ "$got" -eq "$want" ] && return 0
    echo "koboshi $1: exit $got, expected $want"
    head -c 4000 "$out" "$err"
    return 1
}

a_key() { # the key that signs; prints its fingerprint
    [ -e "$work/fingerprint" ] || {
        exits 0 keygen --keys "$work/keys" --lang en
        grep -o 'SHA256:[A-Za-z0-9+/]\{43\}' "$out" | sed -n 1p >"$work/fingerprint"
    }
    grep '^SHA256:' "$work/fingerprint"
}

drill() { # drill STATUS [ARG…]: the plan's drill "all", as JSON in $out
    local status=$1
    shift
    a_key >/dev/null
    exits "$status" drill "$plan" all --json --no-color --lang en "${places[@]}" "$@"
}

drill_text() { # drill_text STATUS LANG [ARG…]: the same as people see it
    local status=$1 lang=$2
    shift 2
    a_key >/dev/null
    exits "$status" drill "$plan" all --no-color --lang "$lang" "${places[@]}" "$@"
}

json() { jq -r "$1" "$out"; }
unit() { json ".record.units[0].$1"; }

# --- assertions ---------------------------------------------------------------------------------------------------------

is() { # is WHAT ACTUAL EXPECTED
    [ "$2" = "$3" ] && return 0
    printf '%s: found "%s", expected "%s"\n' "$1" "$2" "$3"
    head -c 6000 "$out" "$err"
    return 1
}

one_of() { # one_of WHAT ACTUAL EXPECTED…
    local what=$1 actual=$2 expected
    shift 2
    for expected; do [ "$actual" != "$expected" ] || return 0; done
    is "$what" "$actual" "one of: $*"
}

fails() { # fails COMMAND…: a plain "! command" would not end a test
    if "$@"; then echo "should have failed: $*"; return 1; fi
}

says() { # says TEXT: in what koboshi printed last
    grep -qF -- "$1" "$out" "$err" && return 0
    echo "nothing says: $1"
    head -c 6000 "$out" "$err"
    return 1
}

# shellcheck disable=SC2120
found() { # found [RULE…]: exactly these findings, no false alarm beside them (notes aside)
    is findings "$(json '[.record.findings[] | select(.severity != "note") | .rule] | unique | join(" ")')" "$(printf '%s\n' "$@" | LC_ALL=C sort | xargs)"
}

found_at() { # found_at RULE ENTRY: the finding names the entry
    is "entry of $1" "$(json "[.record.findings[] | select(.rule == \"$1\") | .entry] | join(\" \")")" "$2"
}

all_good() { # a green drill with figures behind it
    # shellcheck disable=SC2119
    found
    is status "$(json '[.record.units[].status] | unique | join(" ")')" good
    [ "$(json '[.record.units[].result.files_restored] | min')" -gt 0 ] || is files_restored 0 'more than 0'
}

nothing_left() { # no scratch, no mount, no worker of this test
    is 'left in scratch' "$(find "$work/scratch" -mindepth 1 | head -n 3)" ''
    is 'left mounted' "$(grep -F "$work" /proc/self/mounts || true)" ''
}

# --- backups ------------------------------------------------------------------------------------------------------------

noise() { # noise BYTES SEED: bytes that no compressor shortens, the same in every run
    openssl enc -aes-256-ctr -K "$(printf '%064d' "$2")" -iv "$(printf '%032d' 0)" -in /dev/zero 2>/dev/null | head -c "$1"
}

make_tree() { # make_tree DIR: files as a small company has them, Japanese names throughout
    mkdir -p "$1/総務/規程" "$1/営業" "$1/技術"
    printf '第1条（目的）この規程は…\n' >"$1/総務/規程/就業規則.txt"
    printf '復旧訓練の印\n' >"$1/総務/canary.txt"
    printf '品名,数量\n灯油,200\n軽油,18\n' >"$1/営業/見積（表ソ能）.csv"
    : >"$1/営業/空.txt"
    noise 300000 1 >"$1/技術/図面.bin"
    printf '目印' >>"$1/技術/図面.bin"
    noise 50000 2 >>"$1/技術/図面.bin"
}

hashes() { # hashes DIR: GNU manifest of every file below
    (cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum)
}

share_tar() { # share_tar [FILTER…]: the tree as tar below 共有/, its manifest beside it; prints the path
    local to=$disk/共有/share-20261120.tar
    make_tree "$work/tree"
    mkdir -p "$disk/共有"
    tar -C "$work/tree" --sort=name -cf "$to" 総務 営業 技術
    hashes "$work/tree" >"$disk/共有/share-20261120.sha256"
    case ${1:-} in
        zst) zstd -q --rm "$to" -o "$to.zst"; to=$to.zst ;;
        gz) gzip "$to"; to=$to.gz ;;
    esac
    touch -d '2026-11-20 22:00' "$to"
    printf '%s\n' "$to"
}

flip_at() { # flip_at FILE OFFSET: all bits of one byte
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
    # shellcheck disable=SC2059
    printf "\\x$(printf %02x $((byte ^ 255)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

offset_of() { LC_ALL=C grep -abo -m 1 -F -- "$2" "$1" | sed -n 1p | cut -d : -f 1; } # offset_of FILE TEXT

# --- plans --------------------------------------------------------------------------------------------------------------

# write_plan KEY=VALUE…: the smallest plan around one backup set. Keys: format path manifest unpack as expect set
# (more keys of the set, on one line), probes (the YAML list of one probe step), medium
# and functions (YAML), steps (whole lines before restore, indented by six), drill and head (more keys of drill and plan).
write_plan() {
    local format=archive path='共有/share-%Y%m%d.tar' manifest='' unpack='' as='' expect='' set='' probes='' steps='' functions='' drill='' head=''
    local medium='{kind: folder, mount: disk, title: 外付けHDD A}' pair
    for pair; do
        case ${pair%%=*} in
            format | path | manifest | unpack | as | expect | set | probes | medium | functions | steps | drill | head) printf -v "${pair%%=*}" %s "${pair#*=}" ;;
            *) echo "write_plan: no such key: $pair"; return 1 ;;
        esac
    done
    functions=${functions:+functions: $functions}
    manifest=${manifest:+", manifest: \"$manifest\""}
    drill=${drill:+", $drill"}
    head=${head:+", $head"}
    [ -z "$probes" ] || probes="      - {id: usable, do: probe, probes: $probes}"
    cat >"$plan" <<YAML
koboshi: 1
plan: {id: flow-test, title: {ja: 復旧計画（試験）, en: Recovery plan (test)}, version: "1", language: ja, timezone: Asia/Tokyo$head}
$functions
systems:
  files: {title: {ja: 共有フォルダ, en: File share}, backup_sets: [share]}
media:
  disk: $medium
backup_sets:
  share:
    title: {ja: 共有フォルダ, en: File share}
    format: $format
    copies: [{medium: disk, path: "$path"$manifest}]
    recovery: restore-share
    ${unpack:+unpack: $unpack}
    ${as:+as: $as}
    ${expect:+expect: $expect}
    $set
procedures:
  restore-share:
    title: {ja: 共有フォルダの復元, en: Restore the file share}
    steps:
$steps
      - {id: restore, do: restore}
$probes
drills:
  all: {title: {ja: 月次訓練, en: Monthly drill}, systems: [files]$drill}
YAML
}

# --- disks --------------------------------------------------------------------------------------------------------------

need_root() {
    [ "$(id -u)" -eq 0 ] || skip 'needs root: loop devices and mounts'
    losetup -f >/dev/null 2>&1 || skip 'needs loop devices, this machine has none'
}

# attach_image IMAGE: as a disk is plugged in, not mounted; prints the device. A loop device stays read-only when a drill
# that was killed switched it so, whoever gets it next.
attach_image() {
    local device
    device=$(losetup -f --show "$1")
    blockdev --setrw "$device"
    printf '%s\n' "$device"
}

mount_image() { # mount_image IMAGE FOLDER [OPTIONS]: attached as long as it is mounted
    local device status=0
    device=$(attach_image "$1")
    mount ${3:+-o "$3"} "$device" "$2" || status=$?
    losetup -d "$device"
    return "$status"
}

tag() { basename "$BATS_RUN_TMPDIR" | tr -dc '[:alnum:]' | tail -c 5; }
label() { printf 'KM%s-%s' "$(tag)" "$1"; } # label NAME: one that no other test's disk has

make_disk() { # make_disk NAME LABEL: $work/NAME.img with ext4, mounted writable at $work/mnt/NAME; prints its UUID
    truncate -s 64M "$work/$1.img"
    mkfs.ext4 -q -F -L "$2" "$work/$1.img"
    mkdir -p "$work/mnt/$1"
    mount_image "$work/$1.img" "$work/mnt/$1"
    blkid -p -s UUID -o value "$work/$1.img"
}

attach() { attach_image "$work/$1.img" >/dev/null; } # attach NAME

hash_of() { sha256sum "$1" | cut -d ' ' -f 1; }
