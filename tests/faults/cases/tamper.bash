# shellcheck shell=bash disable=SC2154 # set by lib.bash
# SPDX-License-Identifier: Apache-2.0
# One bit, byte or line of the evidence is another: koboshi and verify.sh both find every one.

# a_pack: with two drills, in memory where there is room, since it is copied and bent many times
a_pack() {
    local memory=/dev/shm
    two_systems
    drill 0
    drill 0
    [ -w $memory ] || memory=$work
    pack=$(mktemp -d "$memory/koboshi-bends-XXXXXX")
    trap 'rm -rf "$pack" "$pack".[0-9]*; disks_end; teardown' EXIT
    exits 0 evidence export -o "$pack/pack" "${evidence[@]}"
    exits 0 evidence verify "$pack/pack"
    sh "$pack/pack/verify.sh" >"$out"
}

# bent BITS WHO STEP JOBS FILE…: see ledger_bends.c
bent() {
    local bits=$1 who=$2 step=$3 jobs=$4 file
    shift 4
    for file; do
        "$built/ledger_bends" "$pack/pack" "$file" "$bits" "$who" "$step" "$jobs" >"$out" 2>"$err" ||
            { cat "$out" "$err"; return 1; }
        no_crash
        sed -n '$s/ bends, / bends, by '"$who"' /p' "$out" | tee -a "$work/outcomes"
    done
}

covered='ledger.jsonl checkpoint checkpoint.sig allowed_signers agent.pub.pem drills/000001/SHA256SUMS'
records='drills/000001/record.json drills/000001/plan.yaml drills/000001/events.jsonl'

fault agent-finds-every-bend 'each bit of ledger, checkpoint and signature, each line dropped, doubled, swapped, each cut: koboshi finds it'
agent-finds-every-bend() {
    local bits=129
    [ -z "$FAULTS_FULL" ] || bits=255
    a_pack
    # shellcheck disable=SC2086
    bent $bits agent 1 1 $covered
    # shellcheck disable=SC2086
    bent 129 agent "$([ -n "$FAULTS_FULL" ] && echo 1 || echo 97)" 1 $records
}

fault script-finds-every-bend 'the same by verify.sh, of which the short run asks a sample'
script-finds-every-bend() {
    local file step
    a_pack
    if [ -n "$FAULTS_FULL" ]; then
        # shellcheck disable=SC2086
        bent 129 script 1 "$(nproc)" $covered
        # shellcheck disable=SC2086
        bent 1 script 41 "$(nproc)" $records
        return
    fi
    for file in $covered; do
        step=$(($(stat -c %s "$pack/pack/$file") / 13 | 1)) # odd: both bits and all ways come up
        bent 129 script "$step" "$(nproc)" "$file"
    done
}
