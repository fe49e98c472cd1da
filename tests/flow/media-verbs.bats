# Goal: the register of media tells what is here, its log what came and went, a new disk gets its name in the plan, and
# the disk of the week leaves only when it is fresh, plausible, verified and unchanged.
# SPDX-License-Identifier: Apache-2.0
load lib


two_disks() { # hdd-a and hdd-b, each written by its backup job, neither attached
    uuid_a=$(make_disk a "$(label A)")
    uuid_b=$(make_disk b "$(label B)")
    for day in 3 2 1; do generation a "$day" && generation b "$day"; done
    umount "$work/mnt/a" "$work/mnt/b"
    swap_plan
}

swap_plan() { # swap_plan [SET-KEYS]
    cat >"$plan" <<YAML
koboshi: 1
plan: {id: media-test, title: {ja: 復旧計画（試験）, en: Recovery plan (test)}, version: "1", language: ja, timezone: Asia/Tokyo}
systems:
  files: {title: {ja: 共有フォルダ, en: File share}, backup_sets: [share]}
rotations:
  weekly: {disks: [hdd-a, hdd-b], swap: $(LC_ALL=C date +%a | tr "[:upper:]" "[:lower:]")}
media:
  # 週替わりのディスク
  hdd-a: {kind: hdd, label: $(label A), fs_uuid: $uuid_a, home: 金庫（本社）, purchased: 2024-05-01}   # 1台目
  hdd-b: {kind: hdd, label: $(label B), fs_uuid: $uuid_b, home: 社長自宅}

backup_sets:
  share:
    title: {ja: 共有フォルダ, en: File share}
    format: archive
    ${1:-}
    copies:
      - {medium: hdd-a, path: "share-%Y%m%d.tar", manifest: "share-%Y%m%d.sha256", interval: 24h}
      - {medium: hdd-b, path: "share-%Y%m%d.tar", manifest: "share-%Y%m%d.sha256", interval: 24h}
YAML
}

generation() { # generation DISK DAYS: a good backup of so many days ago, at its last minute, on the mounted disk
    local day to
    day=$(date -d "$2 days ago" +%Y%m%d)
    to=$work/mnt/$1/share-$day
    [ -d "$work/tree" ] || make_tree "$work/tree"
    tar -C "$work/tree" --sort=name -cf "$to.tar" 総務 営業 技術
    hashes "$work/tree" >"$to.sha256"
    [ "$2" -eq 0 ] || touch -d "$day 23:59" "$to.tar"
}

write_on() { # write_on DISK COMMAND…: with the disk mounted writable, as the backup job has it
    local name=$1 status=0
    shift
    mount_image "$work/$name.img" "$work/mnt/$name"
    "$@" || status=$?
    umount "$work/mnt/$name"
    return "$status"
}

media() { # media STATUS ARG…
    local status=$1
    shift
    exits "$status" media "$@" "${evidence[@]}" --json --lang en
}

swap() { # swap STATUS ARG…
    local status=$1
    shift
    a_key >/dev/null
    exits "$status" swap "$plan" "${places[@]}" --json --lang en "$@"
}

detach() { losetup -d "$(losetup -n -O NAME -j "$work/$1.img")"; }
ledger() { jq -c "$1" "$work/ledger/ledger.jsonl"; }
medium() { json ".media[] | select(.medium == \"$1\") | $2"; }
bad() { json '[.findings[] | select(.severity == "bad") | .rule] | unique | join(" ")'; }

@test "the register: here, absent, of whom nothing is known yet; a disk that the plan does not name is shown" {
    need_root
    two_disks
    make_disk c "$(label C)" >/dev/null
    umount "$work/mnt/c"
    attach a
    attach c
    before=$(hash_of "$work/a.img")
    media 0 "$plan"
    is a "$(medium hdd-a .status)" here
    is b "$(medium hdd-b .status)" absent
    is home "$(medium hdd-a .home)" '金庫（本社）'
    is verified "$(medium hdd-a .verified)" null
    is stranger "$(json ".not_in_plan[] | select(.label == \"$(label C)\") | .fs_type")" ext4
    is 'own ones among strangers' "$(json ".not_in_plan[] | select(.label == \"$(label A)\") | .device")" ''
    one_of health "$(medium hdd-a .health.verdict)" unknown
    [ "$(medium hdd-a .health.reason.en)" != null ]
    exits 0 media list "$plan" "${evidence[@]}" --lang ja
    says 接続中
    says なし
    says 未取得
    says 'koboshi media learn'
    is 'too wide' "$(python3 -c '
import sys, unicodedata
for line in open(sys.argv[1], encoding="utf-8").read().split("\n\n")[0].split("\n"):
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
    if width > 80: print(width, line)' "$out")" ''
    is image "$(hash_of "$work/a.img")" "$before"
    nothing_left
}

@test "both disks of a rotation at once: said; a clone, or another disk of that label: exit 1, by name" {
    need_root
    two_disks
    attach a
    attach b
    media 0 "$plan"
    is finding "$(json '.findings[].rule')" rotation-together
    detach b
    cp --sparse=always "$work/a.img" "$work/clone.img"
    attach clone
    media 1 "$plan"
    is finding "$(bad)" medium-twice
    is status "$(medium hdd-a .status)" twice
    detach a
    detach clone
    tune2fs -U random "$work/clone.img" >/dev/null 2>&1 </dev/null || { e2fsck -fy "$work/clone.img" >/dev/null; tune2fs -U random "$work/clone.img" >/dev/null; }
    attach clone
    media 1 "$plan"
    is finding "$(bad)" medium-wrong
    is status "$(medium hdd-a .status)" wrong
}

@test "learn: the new disk stands in the plan, every other byte as it was; the plan loads; twice is refused" {
    need_root
    two_disks
    uuid_c=$(make_disk c "$(label C)")
    umount "$work/mnt/c"
    attach c
    device=$(losetup -n -O NAME -j "$work/c.img")
    cp "$plan" "$work/before.yaml"
    chmod 0640 "$plan"
    exits 2 media learn "$plan" --device "$device" --id 'HDD C'
    exits 75 media learn "$plan" --label nobody-has-this --id hdd-c
    cmp "$plan" "$work/before.yaml"
    exits 0 media learn "$plan" --device "$device" --id hdd-c --lang ja
    says "+   hdd-c: {kind: hdd, label: \"$(label C)\", fs_uuid: \"$uuid_c\"}"
    is 'lines that differ' "$(diff "$work/before.yaml" "$plan" | grep -c '^[<>]')" 1
    is mode "$(stat -c %a "$plan")" 640
    exits 0 check "$plan"
    media 0 "$plan"
    is c "$(medium hdd-c .status)" here
    cp "$plan" "$work/before.yaml"
    exits 75 media learn "$plan" --device "$device" --id hdd-d
    cmp "$plan" "$work/before.yaml"
}

# watching DISK… : the log of the plan's media, in the background, until the marks of a first look are there
watching() {
    a_key >/dev/null
    "$KOBOSHI_BIN" media watch "$plan" "${evidence[@]}" --json --lang en "$@" >"$work/log" 2>"$work/log.err" </dev/null &
    watcher=$!
}

logged() { # logged N: waits until the log has so many lines
    for _ in $(seq 300); do
        [ "$(wc -l <"$work/log")" -ge "$1" ] && return 0
        kill -0 "$watcher" 2>/dev/null || break
        sleep 0.1
    done
    echo "the log has $(wc -l <"$work/log") lines, not $1"
    cat "$work/log" "$work/log.err"
    return 1
}

@test "watch: present, left, arrived, each as a line of the ledger; a short dropout is none; Ctrl-C ends it with 0" {
    need_root
    two_disks
    attach a
    before=$(hash_of "$work/a.img")
    watching
    logged 1
    detach a
    logged 2
    attach b
    logged 3
    detach b # shorter than it takes to count
    attach b
    sleep 6
    kill -INT "$watcher"
    status=0
    wait "$watcher" || status=$?
    is exit "$status" 0
    is log "$(jq -r '.medium + " " + .presence' "$work/log" | xargs)" 'hdd-a present hdd-a left hdd-b arrived'
    is ledger "$(ledger 'select(.kind == "medium_seen") | .medium + " " + .presence' | tr -d '"' | xargs)" \
        'hdd-a present hdd-a left hdd-b arrived'
    is uuid "$(ledger 'select(.presence == "arrived") | .fs_uuid')" "\"$uuid_b\""
    is label "$(ledger 'select(.presence == "arrived") | .label')" "\"$(label B)\""
    is 'for a drill' "$(ledger 'select(.presence == "arrived") | .for_drill')" false
    media 0 "$plan"
    is a "$(medium hdd-a .status)" absent
    [ "$(medium hdd-a .since)" != null ]
    [ "$(medium hdd-b .since)" != null ]
    # what leaves while nobody watches is told by the next watch; what comes now is for a drill
    detach b
    attach a
    watching --for-drill
    logged 2
    kill -TERM "$watcher"
    wait "$watcher"
    is again "$(jq -r '.medium + " " + .presence + " " + (.for_drill // false | tostring)' "$work/log" | sort | xargs)" \
        'hdd-a present true hdd-b left false'
    exits 0 evidence verify "${evidence[@]}"
    exits 0 evidence list "${evidence[@]}"
    says 'hdd-b arrived'
    is image "$(hash_of "$work/a.img")" "$before"
    nothing_left
}

@test "watch: started over and over, it tells what is here once, not each time" {
    need_root
    two_disks
    attach a
    for _ in 1 2 3; do
        watching
        sleep 4
        kill -INT "$watcher"
        wait "$watcher"
    done
    is ledger "$(ledger 'select(.kind == "medium_seen") | .medium + " " + .presence' | tr -d '"' | xargs)" 'hdd-a present'
}

@test "swap: a disk on which the plan puts nothing, or without an interval an old one: not yet, with its reason" {
    need_root
    two_disks
    attach a
    sed -i '/medium: hdd-a, path/d' "$plan"
    swap 1
    is reasons "$(bad)" medium-unused
    exits 1 swap "$plan" --lang ja "${places[@]}"
    says '理由 1 件'
    swap_plan
    sed -i 's/, interval: 24h//' "$plan"
    swap 0 --verify
    old() { rm "$work"/mnt/a/*; generation a 9; generation a 8; }
    detach a
    write_on a old
    attach a
    swap 1 --verify
    is reasons "$(bad)" generation-stale
    nothing_left
}

@test "status: of a plan its own drills only, and each system that never had one" {
    need_root
    two_disks
    attach a
    a_key >/dev/null
    exits 0 drill "$plan" --json --lang en "${places[@]}"
    exits 0 status "$plan" --json "${evidence[@]}"
    is systems "$(json '.systems[].system')" files
    is never "$(json '.never_drilled | length')" 0
    sed -i 's/media-test/other-plan/' "$plan"
    exits 0 status "$plan" --json "${evidence[@]}"
    is systems "$(json '.systems | length')" 0
    is never "$(json '.never_drilled[]')" files
    exits 0 status "$plan" --lang ja "${evidence[@]}"
    says '訓練の記録がありません'
}

@test "watch: what comes while a drill holds its lock has come for the drill" {
    need_root
    two_disks
    lock=/run/koboshi/locks/medium-$(printf %s "${uuid_a,,}" | sha256sum | cut -c 1-32).lock
    mkdir -p /run/koboshi/locks
    python3 -c '
import fcntl, json, os, sys, time
with open(sys.argv[1], "w") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print(json.dumps({"pid": os.getpid()}), file=file, flush=True)
    time.sleep(60)' "$lock" &
    attach b
    watching
    logged 1
    attach a
    logged 2
    kill -INT "$watcher"
    wait "$watcher"
    is log "$(jq -r '.medium + " " + .presence + " " + (.for_drill | tostring)' "$work/log" | xargs)" \
        'hdd-b present false hdd-a arrived true'
    rm "$lock"
}

@test "swap: fresh, verified now, with its manifest: it may leave, and the ledger says that it did" {
    need_root
    two_disks
    swap 75
    attach a
    before=$(hash_of "$work/a.img")
    swap 1 # nothing has read the newest generation yet
    is reasons "$(bad)" generation-unverified
    is logged "$(json .logged)" false
    swap 0 --verify
    is good "$(json .good)" true
    is logged "$(json .logged)" false # nobody was there to say so
    is lines "$(ledger 'select(.kind == "medium_swapped")')" ''
    swap 0 --yes
    is out "$(json .out)" hdd-a
    is in "$(json .in)" hdd-b
    is generations "$(json '.sets[0].generations')" 3
    is manifest "$(json '.sets[0].manifest')" there
    is line "$(ledger 'select(.kind == "medium_swapped") | [.medium, .medium_in, .rotation, .fs_uuid, (.generations | length), .reason]')" \
        "[\"hdd-a\",\"hdd-b\",\"weekly\",\"$uuid_a\",3,null]"
    is read "$(ledger 'select(.kind == "verified") | .reads[0] | .medium + " " + .set')" '"hdd-a share"'
    media 0 "$plan"
    [ "$(medium hdd-a .verified)" != null ]
    is image "$(hash_of "$work/a.img")" "$before"
    exits 0 evidence verify "${evidence[@]}"
    exits 0 evidence export -o "$work/pack" "${evidence[@]}"
    sh "$work/pack/verify.sh" "$(a_key)"
    exits 0 status "$plan" "${evidence[@]}" --lang ja
    says "$(label B) → $(label A)"
    says 'あと7日'
    nothing_left
}

@test "swap: in people's words, in both languages, --to names the one that comes" {
    need_root
    two_disks
    a_key >/dev/null
    attach a
    exits 1 swap "$plan" weekly --lang ja "${places[@]}"
    says 交換しないでください
    says 最新の世代がこのディスク上で検証されていません
    says 台帳には記録していません
    exits 0 swap "$plan" --verify --lang ja "${places[@]}"
    says 交換できます
    exits 0 swap "$plan" --to hdd-b --lang en --yes "${places[@]}"
    says 'It may be exchanged'
    says 'The exchange is in the ledger.'
    exits 2 swap "$plan" monthly "${places[@]}"
    exits 2 swap "$plan" --to hdd-z "${places[@]}"
}

@test "swap: the newest generation is three days old: not yet; --yes logs it with the reason" {
    need_root
    two_disks
    write_on a rm "$work/mnt/a/share-$(date -d '1 day ago' +%Y%m%d).tar" "$work/mnt/a/share-$(date -d '2 days ago' +%Y%m%d).tar"
    attach a
    swap 1 --verify
    is reasons "$(bad)" generation-stale
    swap 1 --yes
    is logged "$(json .logged)" true
    says generation-stale
    [[ $(ledger 'select(.kind == "medium_swapped") | .reason.en') == *'exchanged although'*'older than the plan allows'* ]]
    exits 0 evidence verify "${evidence[@]}"
}

gone_and_new() { # a week later: the oldest is gone, the newest of then was rewritten, a new one has come
    rm "$work/mnt/a/share-$(date -d '3 days ago' +%Y%m%d).tar"
    generation a 0
    printf 'x' >>"$work/mnt/a/share-$(date -d '1 day ago' +%Y%m%d).tar"
}

@test "swap: against the last time it was here: generations gone and rewritten are named; retention explains the first" {
    need_root
    two_disks
    attach a
    swap 0 --verify --yes
    detach a
    write_on a gone_and_new
    attach a
    swap 1 --verify
    is reasons "$(bad)" 'generation-rewritten generation-vanished'
    is new "$(json '.sets[0].new')" 1
    is vanished "$(json '.sets[0].vanished')" 1
    is rewritten "$(json '.sets[0].rewritten')" 1
    says "share-$(date -d '3 days ago' +%Y%m%d).tar"
    swap_plan 'retention: {daily: 3}'
    swap 1
    is reasons "$(bad)" generation-rewritten
    swap_plan 'retention: {daily: 7}'
    write_on_attached() { detach a && write_on a "$@" && attach a; }
    write_on_attached rm "$work/mnt/a/share-$(date -d '2 days ago' +%Y%m%d).tar"
    swap 1
    is reasons "$(bad)" 'generation-rewritten generation-vanished'
    nothing_left
}

@test "swap: a manifest that is missing, a backup of half the size, a disk whose pass finds damage: not yet" {
    need_root
    two_disks
    newest=share-$(date -d '1 day ago' +%Y%m%d)
    spoil() { rm "$work/mnt/a/$newest.sha256" && truncate -s 100K "$work/mnt/a/$newest.tar" && touch -d "${newest#share-} 23:59" "$work/mnt/a/$newest.tar"; }
    write_on a spoil
    attach a
    swap 1
    is reasons "$(bad)" 'generation-size generation-unverified manifest-absent'
    swap 1 --verify
    [[ $(bad) == *archive-truncated* ]]
    [[ $(bad) == *generation-unverified* ]]
    nothing_left
}

@test "swap: both disks of the rotation are here: said, and without --to or a log nobody can know which leaves" {
    need_root
    two_disks
    attach a
    attach b
    swap 2
    swap 0 --verify --to hdd-b
    is out "$(json .out)" hdd-a
    is warning "$(json '.findings[].rule')" rotation-together
}

# a worker that looks at nothing and says of every disk that it is here and that its health is this; what it was asked
# for stands in $work/asked
a_lying_worker() { # a_lying_worker HEALTH-JSON [STAGE]: it hangs when it is asked for this
    local real
    real=$(dirname "$KOBOSHI_BIN")/koboshi-worker
    mkdir -p "$work/bin"
    cp "$KOBOSHI_BIN" "$work/bin/koboshi"
    cat >"$work/bin/koboshi-worker" <<SH
#!/bin/bash
say() { local n=\$(printf %s "\$1" | wc -c); printf "\\\\0\\\\0\\\\x\$(printf %02x \$((n >> 8)))\\\\x\$(printf %02x \$((n & 255)))%s" "\$1" >&3; }
stage=\$(head -c 40 | grep -ao 'media-[a-z]*')
echo "\$stage" >>"$work/asked"
say '{"kind":"hello","build_id":"$("$real" --version)"}'
[ "\$stage" != "${2:-}" ] || exec sleep 60
if [ "\$stage" = media-look ]; then
    say '{"kind":"medium","medium":{"medium":"other","status":"ready","device":"/dev/sdx1","fs_uuid":"1234-ABCD"}}'
    say '{"kind":"health","health":$1}'
fi
say '{"kind":"end"}'
SH
    chmod +x "$work/bin/koboshi-worker"
    KOBOSHI_BIN=$work/bin/koboshi
}

one_disk_plan() {
    write_plan medium='{kind: hdd, label: BK-A, fs_uuid: 1234-ABCD}'
}

@test "a disk that says of itself that it is failing is a finding, one that wears a warning, with their figures" {
    one_disk_plan
    a_lying_worker '{"medium":"x","verdict":"failed","reallocated":2040,"pending":16,"power_on_hours":41210}'
    media 1 "$plan"
    is finding "$(bad)" medium-failing
    is health "$(medium disk .health.verdict)" failed
    exits 1 media list "$plan" "${evidence[@]}" --lang ja
    says 故障を予告しています
    says '代替セクタ 2,040'
    KOBOSHI_BIN=$repo/build/dev/bin/koboshi
    a_lying_worker '{"medium":"x","verdict":"passed","reallocated":1}'
    media 0 "$plan"
    is finding "$(json '.findings[].rule')" medium-wearing
}

@test "a worker that lies about a disk is a fault, and no disk is judged by it" {
    one_disk_plan
    a_lying_worker '{"medium":"x","verdict":"splendid"}'
    media 14 "$plan"
    is findings "$(json '.findings | length')" 0
}

@test "swap asks on a terminal: y writes it to the ledger, anything else writes nothing and ends with 130" {
    need_root
    two_disks
    attach a
    swap 0 --verify
    asked() { # asked ANSWER: the exit status of a swap that is answered so
        script -qefc "$(printf '%q ' "$KOBOSHI_BIN" swap "$plan" --lang ja "${places[@]}")" "$work/typescript" <<<"$1" >/dev/null
    }
    status=0
    asked n || status=$?
    is 'exit after no' "$status" 130
    is lines "$(ledger 'select(.kind == "medium_swapped")')" ''
    grep -q '交換を台帳に記録しますか' "$work/typescript"
    asked y
    is lines "$(ledger 'select(.kind == "medium_swapped") | .medium_in')" '"hdd-b"'
    nothing_left
}

@test "swap: Ctrl-C while a disk does not answer: the disk is let go of, nothing is written, exit 130" {
    uuid_a=1234-ABCD uuid_b=1234-ABCE
    swap_plan
    a_key >/dev/null
    a_lying_worker '{"medium":"x","verdict":"passed"}' media-open
    "$KOBOSHI_BIN" swap "$plan" --to hdd-b --yes "${places[@]}" --lang en >"$out" 2>"$err" </dev/null &
    swapper=$!
    for _ in $(seq 100); do ! grep -qs media-open "$work/asked" || break; sleep 0.1; done
    kill -INT "$swapper" || { cat "$out" "$err"; false; }
    status=0
    wait "$swapper" || status=$?
    is exit "$status" 130
    grep -q media-close "$work/asked"
    is lines "$(ledger 'select(.kind == "medium_swapped")')" ''
}
