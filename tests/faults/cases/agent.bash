# shellcheck shell=bash disable=SC2154 # set by lib.bash
# SPDX-License-Identifier: Apache-2.0
# The agent itself: killed and told to stop at any moment, several at once.

# a_disk_drill: from a disk that the drill mounts itself, with a check
a_disk_drill() {
    local uuid
    need_root
    uuid=$(make_disk a "$(label A)")
    two_systems medium="{kind: hdd, label: $(label A), fs_uuid: \"$uuid\", title: 外付けHDD A}" probes='[{files: "**"}]'
    cp -a "$disk/." "$work/mnt/a/"
    umount "$work/mnt/a"
    attach a
    device=$(losetup -n -O NAME -j "$work/a.img")
    drill 0
    image=$(hash_of "$work/a.img")
}

# at_random COUNT SIGNAL STATUS…: the signal so often, each time at another moment of a drill
at_random() {
    local count=$1 signal=$2 begun ms n
    shift 2
    a_disk_drill
    begun=$(now_ms)
    drill 0
    ms=$(($(now_ms) - begun))
    RANDOM=20261123
    for ((n = 1; n <= count; n++)); do
        keep_acknowledged
        start_drill
        sleep "$(awk -v ms="$ms" -v r="$RANDOM" 'BEGIN { print ms / 1000 * r / 32768 }')"
        kill "-$signal" "$pid" 2>/dev/null || true
        until_true 60 fails kill -0 "$pid" || { echo "still at work a minute after SIG$signal"; return 1; }
        got=0
        wait "$pid" || got=$?
        echo "point $n: exit $got"
        one_of "status after SIG$signal" "$got" 0 "$@"
        no_crash
        if [ "$signal" = TERM ] && [ "$got" -ne 143 ]; then
            is 'objects of JSON' "$(jq -s length "$out")" 1
            [ "$got" -ne 130 ] || [ -z "$(json '.record // empty')" ] || is record "$(json .record.status)" cancelled
        fi
        outcome "exit $got"
        restarts
        is 'mounted' "$(findmnt -rn -S "$device" || true)" ''
    done
    is 'image' "$(hash_of "$work/a.img")" "$image"
}

fault kill-at-random 'SIGKILL at random moments of a drill from a disk it mounts'
kill-at-random() {
    local count=4
    [ -z "$FAULTS_FULL" ] || count=200
    at_random "$count" KILL 137
}

fault sigterm-at-random 'SIGTERM at random moments: it ends, says so, leaves nothing'
sigterm-at-random() {
    local count=4
    [ -z "$FAULTS_FULL" ] || count=60
    at_random "$count" TERM 130 143
}

fault two-agents 'two drills of one plan, many at once: one works, the others say who does; each stands in the ledger'
two-agents() {
    local n status pids='' lines
    two_systems
    drill 0
    keep_acknowledged
    lines=$(wc -l <"$work/ledger/ledger.jsonl")
    worker_faults "restore pread share-20261120.tar 1+ slow:700"
    for n in 1 2 3 4; do
        (status=0; "$KOBOSHI_BIN" drill "$plan" all --json --lang en "${places[@]}" >"$work/out.$n" 2>"$work/err.$n" </dev/null || status=$?
            echo "$status" >"$work/status.$n") &
        pids+=" $!"
    done
    # while they work: readers are answered
    for n in 1 2 3; do
        limit=20 exits 0 status "${evidence[@]}" --json
        limit=20 exits 0 evidence verify "${evidence[@]}"
    done
    # shellcheck disable=SC2086
    wait $pids
    for n in 1 2 3 4; do
        one_of "status of $n" "$(cat "$work/status.$n")" 0 75
        [ "$(cat "$work/status.$n")" -eq 0 ] || grep -q 'in use: process' "$work/err.$n"
        outcome "exit $(cat "$work/status.$n")"
    done
    grep -qx 0 "$work"/status.[1-4]
    n=$(cat "$work"/status.[1-4] | grep -cx 0)
    is 'lines' "$(($(wc -l <"$work/ledger/ledger.jsonl") - lines))" $((2 * n + 4 - n))
    restarts
}

fault many-writers 'eight processes that append to one ledger: every line that was acknowledged is there, once, in one chain'
many-writers() {
    local n pids='' rounds=12
    two_systems
    drill 0
    keep_acknowledged
    for n in 1 2 3 4 5 6 7 8; do
        "$built/ledger_load" "$work/ledger" "$work/keys/agent.pem" "writer$n" $rounds >"$work/acks.$n" 2>"$work/load.$n" &
        pids+=" $!"
    done
    for n in $pids; do wait "$n"; done
    is 'acknowledged' "$(cat "$work"/acks.[1-8] | grep -c -- -)" $((8 * rounds * 2 / 3))
    while read -r n; do
        is "line $n" "$(grep -cF "\"$n\"" "$work/ledger/ledger.jsonl")" 1
    done < <(sed -n '/-/p' "$work"/acks.[1-8])
    outcome 'all lines there'
    restarts
}

# stopped SIGNAL VERB ARG…: while its workers read slowly; it ends soon, and its workers with it
stopped() {
    local signal=$1
    shift
    rm -f "$work/hits"
    worker_faults '- pread - 1+ slow:3000'
    keep_acknowledged
    env --default-signal=INT,HUP "$KOBOSHI_BIN" "$@" >"$out" 2>"$err" </dev/null 3>&- &
    pid=$!
    until_true 10 [ -s "$work/hits" ] || { cat "$out" "$err"; return 1; }
    kill "-$signal" "$pid"
    until_true 2 fails kill -0 "$pid" >/dev/null || { echo "still at work two seconds after SIG$signal"; return 1; }
    got=0
    wait "$pid" || got=$?
    one_of "$1 after SIG$signal" "$got" 130 143 129
    no_crash
    nothing_of_it_left
    outcome "$1: exit $got"
}

fault stopped-in-every-verb 'SIGTERM, SIGINT, SIGHUP while verify, seal, init and drill read: they end at once, nothing is left'
stopped-in-every-verb() {
    local signal
    two_systems
    drill 0
    for signal in TERM ${FAULTS_FULL:+INT HUP}; do
        stopped "$signal" verify "$disk/共有/share-20261120.tar" --json --lang en
        stopped "$signal" verify --plan "$plan" --json --lang en "${evidence[@]}"
        stopped "$signal" seal "$disk/共有" -o "$work/sealed.sha256" --keys "$work/keys" --lang en
        is 'half a list' "$(find "$work" -maxdepth 1 -name '*sealed*' | head -n 1)" ''
        stopped "$signal" drill "$plan" all --json --lang en "${places[@]}"
    done
    restarts
}

# ended NAME MOMENTS VERB ARG…: SIGTERM at moments of a run whose every change of a disk is slow; nothing half made is left
ended() {
    local name=$1 moments=$2 begun ms n strange
    shift 2
    begun=$(now_ms)
    agent '- change - 1+ slow:20' "$@"
    is "$name" "$got" 0
    ms=$(($(now_ms) - begun))
    for ((n = 1; n <= moments; n++)); do
        rm -rf "$work/made"
        mkdir "$work/made"
        env --default-signal=HUP KOBOSHI_FAULTS='- change - 1+ slow:20' LD_PRELOAD="$preload" \
            "$KOBOSHI_BIN" "$@" >"$out" 2>"$err" </dev/null 3>&- &
        pid=$!
        sleep "$(awk -v ms="$ms" -v n="$n" -v of="$moments" 'BEGIN { print ms / 1000 * n / (of + 1) }')"
        kill -TERM "$pid" 2>/dev/null || true
        until_true 5 fails kill -0 "$pid" >/dev/null || { echo "$name: still at work five seconds after SIGTERM"; return 1; }
        got=0
        wait "$pid" || got=$?
        one_of "$name after SIGTERM" "$got" 0 130 143
        no_crash
        strange=$(find "$work" -path "$work/bin" -prune -o -name '*.new*' -print)
        is "half made by $name at moment $n" "$strange" ''
        outcome "$name: exit $got"
        "after_$name"
    done
}

after_export() { [ ! -e "$work/made/pack" ] || (cd "$work/made/pack" && sh verify.sh "$fingerprint" >/dev/null); }
after_report() { [ ! -e "$work/made/report.html" ] || tail -n 1 "$work/made/report.html" | grep -q "</html>$"; }
after_seal() { is 'list and signature' "$(find "$work/made" -type f | wc -l)" "$([ -e "$work/made/list" ] && echo 2 || echo 0)"; }
after_keygen() { is 'halves of a key' "$(find "$work/made" -type f | wc -l)" "$([ -e "$work/made/keys/agent.pem" ] && echo 2 || echo 0)"; }
after_verify() { nothing_lost; }
after_check() { :; }

fault stopped-in-short-verbs 'SIGTERM at moments of export, report, seal, keygen, evidence verify and check: whole or nothing'
stopped-in-short-verbs() {
    local moments=4
    [ -z "$FAULTS_FULL" ] || moments=30
    two_systems
    drill 0
    keep_acknowledged
    fingerprint=$(ssh-keygen -lf "$work/keys/agent.pub" | cut -d ' ' -f 2)
    mkdir "$work/made"
    ended export "$moments" evidence export -o "$work/made/pack" --lang en "${evidence[@]}"
    rm -rf "$work/made"/*
    ended report "$moments" report 1 --format html -o "$work/made/report.html" --lang en "${evidence[@]}"
    ended seal "$moments" seal "$disk/共有" -o "$work/made/list" --keys "$work/keys" --lang en
    ended keygen "$moments" keygen --keys "$work/made/keys" --lang en
    ended verify "$moments" evidence verify "${evidence[@]}"
    ended check "$moments" check "$plan" --lang en "${evidence[@]}"
    restarts
}
