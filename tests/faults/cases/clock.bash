# shellcheck shell=bash disable=SC2154,SC2034 # set and used by lib.bash
# SPDX-License-Identifier: Apache-2.0
# Clocks that jump, and machines that start anew.

# a drill that takes a second and a half at the least, whose clock is set meanwhile
jumping_drill() { # jumping_drill SECONDS
    keep_acknowledged
    echo 0 >"$work/clock"
    worker_faults 'restore pread share-20261120.tar 1 slow:1500'
    start_drill LD_PRELOAD="$preload" KOBOSHI_FAULTS_CLOCK="$work/clock" KOBOSHI_FAULTS_BOOT="$work/boot"
    until_true 20 [ -s "$work/hits" ]
    echo "$1" >"$work/clock"
}

off_by() { # off_by NS SECONDS: as far as that, give or take a minute
    awk -v ns="$1" -v s="$2" 'BEGIN { d = ns / 1e9 - s; exit !(d > -60 && d < 60) }' || is 'clock off by' "$1" "$2 s"
}

fault clock-jumps 'the clock is set in the middle of a drill, forth, back, to 1970: told, and no duration is affected'
clock-jumps() {
    local jump
    two_systems
    drill 0
    cat /proc/sys/kernel/random/boot_id >"$work/boot"
    for jump in 7200 -86400 ${FAULTS_FULL:+-7200 315360000}; do
        jumping_drill "$jump"
        ends_with 0 30
        off_by "$(json .record.clock.jump_ns)" "$jump"
        off_by "$(json .record.ns)" 5
        off_by "$(json '[.record.units[].steps[].ns] | max')" 5
        [[ $(json '.record.deviations[].en') == *'wall clock was set'* ]]
        outcome "jump of $jump s told"
        restarts # its lines are older than the last one now
    done
    # a machine whose clock lost its battery: every backup lies in the future
    echo "-$(date +%s)" >"$work/clock"
    keep_acknowledged
    LD_PRELOAD=$preload KOBOSHI_FAULTS_CLOCK=$work/clock \
        "$KOBOSHI_BIN" drill "$plan" all --json --lang en "${places[@]}" >"$out" 2>"$err" </dev/null && got=0 || got=$?
    no_crash
    fails [ "$got" -eq 0 ]
    outcome "in 1970: exit $got, $(json '[.record.findings[] | select(.severity == "bad") | .rule] | unique | join(" ")')"
    restarts
}

fault reboot 'the machine starts anew in the middle of a drill: interrupted, cleaned; another boot id is told'
reboot() {
    two_systems
    drill 0
    echo 11111111-2222-4333-8444-555555555555 >"$work/boot"
    jumping_drill 0
    kill -9 "$pid"
    wait "$pid" || true
    outcome killed
    echo 66666666-2222-4333-8444-555555555555 >"$work/boot"
    worker_faults ''
    # its process id belongs to somebody else now, who has nothing to do with it
    sed -i "s/\"pid\": *[0-9]*/\"pid\":1/" "$work"/ledger/drills/*.running
    restarts
    is kinds "$(jq -r .kind "$work/ledger/ledger.jsonl" | tail -n 4 | xargs)" 'drill_started drill_interrupted drill_started drill_finished'
    # a machine that was frozen and goes on elsewhere
    jumping_drill 0
    echo 77777777-2222-4333-8444-555555555555 >"$work/boot"
    ends_with 0 30
    is 'boot changed' "$(json .record.clock.boot_changed)" true
    outcome 'another boot id told'
    restarts
}
