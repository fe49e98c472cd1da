# shellcheck shell=bash disable=SC2034 # cases use what is set here
# SPDX-License-Identifier: Apache-2.0
# What the cases of tests/faults share: programs with faults in them, disks that die, and the judgement after each run.

# what tests/flow/lib.bash wants of bats; each case has a folder of its own
BATS_TEST_DIRNAME=$(cd "$(dirname "${BASH_SOURCE[0]}")/../flow" && pwd)
BATS_RUN_TMPDIR=$FAULTS_TMP BATS_TEST_TMPDIR=$FAULTS_TMP
# shellcheck source=tests/flow/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"
built=$(dirname "$KOBOSHI_BIN")
sanitizer=$(ldd "$KOBOSHI_BIN" | awk '/libasan/ { print $3 }')
preload="${sanitizer:+$sanitizer }$built/faults.so"
# LeakSanitizer has nothing to say of a process that is killed, and where a call failed leaks are not what is looked for
export ASAN_OPTIONS=detect_leaks=0

skip() { echo "skipped: $*"; exit 77; }
# fault NAME 'what', fault-long NAME 'what': the list of cases is read from these lines
fault() { :; }
fault-long() { :; }

# --- programs -----------------------------------------------------------------------------------------------------------

# koboshi in a folder of its own, beside a worker that can be told apart and given faults
programs() {
    mkdir -p "$work/bin"
    ln -f "$built/koboshi" "$work/bin/koboshi" 2>/dev/null || cp "$built/koboshi" "$work/bin/koboshi"
    KOBOSHI_BIN=$work/bin/koboshi
    worker_faults ''
}

worker_faults() { # worker_faults RULES: every worker from now on (see faults.c)
    cat >"$work/bin/.worker" <<SH
#!/bin/sh
export KOBOSHI_FAULTS_CASE='$work' KOBOSHI_FAULTS='$1' KOBOSHI_FAULTS_LOG='$work/hits' LD_PRELOAD='${1:+$preload}'
exec '$built/koboshi-worker' "\$@"
SH
    chmod +x "$work/bin/.worker"
    mv "$work/bin/.worker" "$work/bin/koboshi-worker"
    rm -f "$work/hits"
    : >"$work/hits"
    chmod 666 "$work/hits"
}

# agent RULES VERB ARG…: koboshi with faults in itself; $got is its status, 137 when it was killed. $hit: a rule acted
agent() {
    local rules=$1 begun ended
    shift
    rm -f "$work/hits.agent"
    got=0 hit=0
    begun=$(now_ms)
    KOBOSHI_FAULTS=$rules KOBOSHI_FAULTS_LOG=$work/hits.agent LD_PRELOAD=$preload \
        timeout -k 5 "${limit:-60}" "$KOBOSHI_BIN" "$@" >"$out" 2>"$err" </dev/null 3>&- || got=$?
    ended=$(now_ms)
    [ ! -s "$work/hits.agent" ] || hit=1
    [ "$got" -ne 124 ] || { echo "koboshi $1 hangs with $rules after $((ended - begun)) ms"; return 1; }
    no_crash
}

agent_drill() { # agent_drill RULES [ARG…]
    local rules=$1
    shift
    agent "$rules" drill "$plan" all --json --lang en "${places[@]}" "$@"
}

no_crash() { # a sanitizer's report is never an outcome
    if grep -qE 'ERROR: AddressSanitizer|runtime error:|SUMMARY: ' "$out" "$err"; then
        head -c 6000 "$err"
        return 1
    fi
}

now_ms() { date +%s%3N; }

# start_drill [NAME=VALUE…]: in the background, $pid its process
start_drill() {
    env --default-signal=INT,HUP "$@" "$KOBOSHI_BIN" drill "$plan" all --json --lang en "${places[@]}" >"$out" 2>"$err" </dev/null 3>&- &
    pid=$!
}

ends_with() { # ends_with STATUS SECONDS: the drill that was started
    got=0
    until_true "$2" fails kill -0 "$pid" || { echo "still at work after $2 s"; return 1; }
    wait "$pid" || got=$?
    is exit "$got" "$1"
    no_crash
}

# --- the judgement ------------------------------------------------------------------------------------------------------

# Of the ledger before a run: what was acknowledged until then
keep_acknowledged() {
    local size=0
    rm -f "$work/acknowledged"
    [ ! -e "$work/ledger/checkpoint" ] || size=$(sed -n 2p "$work/ledger/checkpoint")
    [ ! -e "$work/ledger/ledger.jsonl" ] || head -n "$size" "$work/ledger/ledger.jsonl" >"$work/acknowledged"
}

nothing_lost() {
    [ -e "$work/acknowledged" ] || return 0
    cmp -n "$(stat -c %s "$work/acknowledged")" "$work/acknowledged" "$work/ledger/ledger.jsonl" && return 0
    echo 'acknowledged lines are gone or changed'
    return 1
}

workers_left() { # processes of this case's workers
    local pid
    for pid in /proc/[0-9]*; do
        ! { tr '\0' '\n' <"$pid/environ" | grep -qxF "KOBOSHI_FAULTS_CASE=$work"; } 2>/dev/null || printf '%s\n' "${pid#/proc/}"
    done
}

# Every drill that began has an end: finished with a record that is there, or interrupted
all_ended() {
    is 'drills without an end' "$(jq -rs '[.[] | select(.kind == "drill_started") | .drill] -
        [.[] | select(.kind == "drill_finished" or .kind == "drill_interrupted") | .drill] | map(tostring) | join(" ")' \
        "$work/ledger/ledger.jsonl")" ''
    local number
    for number in $(jq -r 'select(.kind == "drill_finished") | .drill' "$work/ledger/ledger.jsonl"); do
        [ -s "$(printf '%s/ledger/drills/%06d/record.json' "$work" "$number")" ] || is "record of $number" 'not there' there
    done
}

nothing_of_it_left() {
    local left='' device
    nothing_left
    while read -r _ device _; do is 'left mounted' "$(findmnt -rn -S "$device" || true)" ''; done < <(cat "$work/dying" 2>/dev/null)
    for _ in {1..50}; do
        left=$(workers_left | xargs)
        [ -n "$left" ] || return 0
        sleep 0.1
    done
    is 'workers left' "$left" ''
}

# no_false_green: what koboshi just said with status 0 stands in a ledger that verifies, with figures behind it
no_false_green() {
    [ "$got" -eq 0 ] || return 0
    all_good
    is 'last line' "$(tail -n 1 "$work/ledger/ledger.jsonl" | jq -r '"\(.kind) \(.drill)"')" "drill_finished $(json .record.id)"
}

# no half-written file beside the ledger
nothing_half_written() {
    is 'half-written' "$(find "$work/ledger/" -name '.*.new' | head -n 1)" ''
}

# restarts: faults are over; the next drill is good within the time, and everything is as if nothing had been
restarts() {
    local begun ms cpu
    worker_faults ''
    begun=$(now_ms)
    { TIMEFORMAT='%U %S'; time drill "${1:-0}" >"$work/restart" 2>&1; } 2>"$work/cpu" || { cat "$work/restart"; return 1; }
    ms=$(($(now_ms) - begun))
    cpu=$(awk '{ printf "%d", ($1 + $2) * 1000 }' "$work/cpu")
    printf '%s\n' "$ms" >>"$work/restarts"
    # of a machine that others use only the share of this drill counts; of any, that it does not hang
    { [ "$cpu" -lt 2000 ] && [ "$ms" -lt 20000 ]; } || is 'ms until the next drill had ended' "$ms (CPU $cpu)" 'less than 2000'
    no_crash
    [ "${1:-0}" -ne 0 ] || all_good
    nothing_lost
    all_ended
    nothing_of_it_left
    nothing_half_written
    exits 0 evidence verify "${evidence[@]}"
}

outcome() { printf '%s\n' "$*" >>"$work/outcomes"; } # outcome TEXT: how one run went

# --- what is drilled ----------------------------------------------------------------------------------------------------

# A share as tar with its manifest, and orders as one file: two systems that have nothing to do with each other.
two_systems() {
    a_key >/dev/null
    # shellcheck disable=SC2119
    share_tar >/dev/null
    mkdir -p "$disk/受発注"
    noise 200000 5 >"$disk/受発注/orders-20261120.dat"
    write_plan manifest='共有/share-%Y%m%d.sha256' "$@"
    sed -i -e 's/^  files: .*/&\n  orders: {title: 受発注, backup_sets: [orders]}/' -e 's/systems: \[files\]/systems: [files, orders]/' \
        -e 's/^backup_sets:$/&\n  orders: {title: 受発注, format: file, copies: [{medium: disk, path: "受発注\/orders-%Y%m%d.dat"}]}/' "$plan"
}

status_of() { json ".record.units[] | select(.set == \"$1\") | .status"; }

# --- disks that die -----------------------------------------------------------------------------------------------------

need_fuse() {
    need_root
    [ -e /dev/fuse ] || skip 'needs /dev/fuse'
}

# dying_disk NAME: $work/NAME.img behind the device $device, which fails as told with disk_faults
dying_disk() {
    local folder
    folder=$(mktemp -d /var/tmp/koboshi-dying-XXXXXX)
    "$built/failing_disk" "$work/$1.img" "$folder" 3>&-
    device=$(losetup -f --show -r "$folder/disk")
    printf '%s %s %s\n' "$1" "$device" "$folder" >>"$work/dying"
}

# disk_faults NAME TEXT: how it fails from now on (see failing_disk.c); pages that were read before are forgotten
disk_faults() {
    awk -v name="$1" '$1 == name { print $3 }' "$work/dying" | while read -r folder; do printf '%s\n' "$2" >"$folder/faults"; done
    blockdev --flushbufs "$(awk -v name="$1" '$1 == name { print $2 }' "$work/dying")"
}

disks_end() { # nothing stays mounted or attached, and who hangs is let go
    local name device folder target
    [ -e "$work/dying" ] || return 0
    while read -r name device folder; do
        printf 'good\n' >"$folder/faults" || echo "disk $name does not listen"
        for target in $(findmnt -rn -S "$device" -o TARGET | tac); do umount "$target" || umount -l "$target"; done
        losetup -d "$device" 2>/dev/null || true
        umount "$folder" 2>/dev/null || umount -l "$folder" || true
        rmdir "$folder"
    done <"$work/dying"
    rm "$work/dying"
}

# until_true SECONDS COMMAND…: asks until it is true
until_true() {
    local tries=$(($1 * 20))
    shift
    for ((; tries > 0; tries--)); do
        ! "$@" || return 0
        sleep 0.05
    done
    echo "never came true: $*"
    return 1
}
