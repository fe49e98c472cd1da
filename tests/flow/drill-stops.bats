# Goal: however a drill is stopped (by hand at any moment, by time, by a missing or hanging worker, by another drill)
# it ends, says so, and leaves nothing behind.
# SPDX-License-Identifier: Apache-2.0
load lib

# worker_that STAGE COMMAND: koboshi beside a worker that does this instead of the stage, and works otherwise
worker_that() {
    mkdir -p "$work/bin"
    cp "$KOBOSHI_BIN" "$work/bin/koboshi"
    cat >"$work/bin/koboshi-worker" <<SH
#!/bin/bash
job=\$(mktemp "$work/job.XXXXXX")
dd bs=4 count=1 of="\$job" status=none
read -r a b c d < <(od -An -tu1 "\$job")
head -c \$((a << 24 | b << 16 | c << 8 | d)) >>"\$job"
if grep -qa '"stage":"$1"' "\$job"; then
    : >"$work/reached"
    $2
fi
exec 5<&0
exec "$(dirname "$KOBOSHI_BIN")/koboshi-worker" < <(cat "\$job" - <&5) 5<&-
SH
    chmod +x "$work/bin/koboshi-worker"
    KOBOSHI_BIN=$work/bin/koboshi
}

start() { # a drill in the background, $agent its process, once the stage is reached
    a_key >/dev/null
    rm -f "$work/reached"
    env --default-signal=INT,HUP "$KOBOSHI_BIN" drill "$plan" all --json --lang en "${places[@]}" >"$out" 2>"$err" </dev/null 3>&- &
    agent=$!
    for _ in {1..300}; do
        [ ! -e "$work/reached" ] || return 0
        kill -0 "$agent" 2>/dev/null || { cat "$out" "$err"; return 1; }
        sleep 0.1
    done
    echo 'the stage was never reached'
    return 1
}

ends() { # ends STATUS: the drill that was started, within a minute
    local got=0
    (sleep 60; kill -9 "$agent") 2>/dev/null 3>&- &
    wait "$agent" || got=$?
    kill %2 2>/dev/null || true
    is exit "$got" "$1"
    is objects "$(jq -s length "$out")" 1
}

setup_share() {
    share_tar >/dev/null
    write_plan "$@"
}

@test "no worker program: a fault (14) with its path, recorded; nothing is called absent or damaged" {
    setup_share
    mkdir -p "$work/bin"
    cp "$KOBOSHI_BIN" "$work/bin/koboshi"
    KOBOSHI_BIN=$work/bin/koboshi
    drill 14
    is objects "$(jq -s length "$out")" 1
    is absent "$(json '[.record.findings[] | select(.rule == "medium-absent")] | length')" 0
    is status "$(json .record.status)" fault
    drill_text 14 ja
    says 'koboshi-worker を起動できません'
    exits 14 verify "$disk/共有/share-20261120.tar" --json --lang en "${places[@]}"
    is objects "$(jq -s length "$out")" 1
}

@test "cancelled while the medium is looked for: 130, nothing is said about the medium" {
    setup_share
    worker_that media-open 'sleep 300'
    start
    kill -TERM "$agent"
    ends 130
    is status "$(json .record.status)" cancelled
    is findings "$(json '.record.findings | length')" 0
    is unit "$(unit status)" cancelled
    is media "$(json '[.record.media[]? | select(.state.status == "absent")] | length')" 0
    nothing_left
    exits 0 evidence verify "${evidence[@]}"
}

@test "cancelled while restoring, by a closed terminal: 130, the scratch is gone" {
    setup_share
    worker_that restore 'mkdir -p '"$work"'/scratch/koboshi-x; rmdir '"$work"'/scratch/koboshi-x; sleep 300'
    start
    kill -HUP "$agent"
    ends 130
    is unit "$(unit status)" cancelled
    nothing_left
}

@test "cancelled twice while cleaning up hangs: 130, and the record names what is left" {
    setup_share
    worker_that cleanup 'sleep 300'
    start
    kill -INT "$agent"
    sleep 0.5
    kill -INT "$agent"
    ends 130
    is scratch "$(json .record.scratch)" "$(realpath "$work/scratch")/$(ls "$work/scratch")"
    says 'remove what is left by hand'
    exits 0 evidence verify "${evidence[@]}"
}

@test "a unit that takes longer than max_duration is ended, named, and its scratch removed" {
    setup_share drill='max_duration: 2s'
    worker_that restore 'sleep 300'
    drill 1
    found timed-out
    is status "$(unit status)" failed
    nothing_left
    drill_text 1 ja
    says '2.0秒以内に完了'
}

@test "two drills at once: the second exits 75, names the process that holds the medium, and leaves a not_run line" {
    setup_share
    worker_that restore 'sleep 300'
    start
    cp "$out" "$work/first"
    drill 75
    is objects "$(jq -s length "$out")" 1
    grep -q "$agent" "$out"
    is 'last line' "$(tail -n 1 "$work/ledger/ledger.jsonl" | jq -r .kind)" not_run
    out=$work/out.second drill_text 75 ja
    grep -q 'は使用中です' "$err"
    kill -INT "$agent"
    wait "$agent" || true
    exits 0 evidence verify "${evidence[@]}"
    is kinds "$(jq -r .kind "$work/ledger/ledger.jsonl" | sort | uniq -c | xargs)" \
        '1 drill_finished 1 drill_started 1 ledger_created 2 not_run'
}

@test "a worker that lies and leaves at once is a fault, not a bad backup" {
    setup_share
    worker_that restore 'printf "\0\0\0\4oops" >&3; exit 0'
    drill 14
    is status "$(json .record.status)" fault
}

@test "--keep: the scratch stays, and record and screen name it" {
    setup_share
    drill_text 0 ja --keep
    kept=$(find "$work/scratch" -mindepth 1 -maxdepth 1)
    [ -s "$kept/share/総務/canary.txt" ] || [ -s "$kept/files/share/総務/canary.txt" ]
    says "$kept"
    is kept "$(jq -r '.scratch + " " + (.scratch_kept | tostring)' "$work/ledger/drills/000001/record.json")" "$kept true"
    chmod -R u+w "$kept"
    rm -r "$kept"
}

@test "a set that two systems need is restored twice, side by side" {
    setup_share
    sed -i -e 's/^  files: .*/&\n  web: {title: Web, backup_sets: [share]}/' -e 's/systems: \[files\]/systems: [files, web]/' "$plan"
    drill 0
    is units "$(json '[.record.units[].status] | join(" ")')" 'good good'
    nothing_left
}

@test "what a first probe opened stays proven when a second one opens nothing" {
    setup_share probes='[{sqlite: 総務/台帳.db}]'
    sqlite3 "$work/tree/総務/台帳.db" 'CREATE TABLE a (b)'
    tar -C "$work/tree" -rf "$disk/共有/share-20261120.tar" 総務/台帳.db
    drill 0
    is opened "$(unit result.proof.opened)" reached
    sed -i 's/^      - {id: usable.*/&\n      - {id: there, do: probe, probes: [{files: "**"}]}/' "$plan"
    drill 0
    is opened "$(unit result.proof.opened)" reached
}

@test "a system outside the drill is refused by name" {
    setup_share
    sed -i -e 's/^  files: .*/&\n  web: {title: Web, backup_sets: [share]}/' "$plan"
    drill_text 2 en --system web
    says 'web'
    says 'files'
    drill_text 2 ja --system wab
    says 'wab'
}

@test "a disk that a killed drill left mounted is unmounted by the next one" {
    need_root
    uuid=$(make_disk a "$(label A)")
    mkdir -p "$work/mnt/a/共有"
    cp "$(share_tar)" "$work/mnt/a/共有/"
    umount "$work/mnt/a"
    attach a
    write_plan medium="{kind: hdd, label: $(label A), fs_uuid: \"$uuid\", title: 外付けHDD A}"
    device=$(losetup -n -O NAME -j "$work/a.img")
    good=$KOBOSHI_BIN
    worker_that restore 'sleep 300'
    start
    kill -9 "$agent"
    wait "$agent" || true
    mounted=$(findmnt -rn -S "$device" -o TARGET)
    [[ $mounted == /run/koboshi/mnt/koboshi-*-000001/disk ]] || is 'mounted at' "$mounted" 'a folder of the drill'
    KOBOSHI_BIN=$good
    drill 0
    is mounted "$(findmnt -rn -S "$device" || true)" ''
    [ ! -e "${mounted%/*}" ] || is 'folder of the mount' "${mounted%/*}" gone
    nothing_left
}
