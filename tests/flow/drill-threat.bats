# Goal: a drill with a threat uses only copies that survive it: what the log says was attached is lost, what nobody saw is
# assumed and said to be, and a set of which nothing is left is red.
# SPDX-License-Identifier: Apache-2.0
load lib

generation() { # generation FOLDER DAYS_AGO: a good one; prints its name
    local day
    day=$(date -d "$2 days ago" +%Y%m%d)
    mkdir -p "$1/共有"
    [ -d "$work/tree" ] || make_tree "$work/tree"
    tar -C "$work/tree" --sort=name -cf "$1/共有/share-$day.tar" 総務 営業 技術
    touch -d "$day 22:00" "$1/共有/share-$day.tar"
    printf '共有/share-%s.tar\n' "$day"
}

two_disks() { # two_disks NAME…: A written 1 and 3 days ago, B 8 and 10 days ago; these are attached
    need_root
    line=${KOBOSHI_BIN%/*}/ledger_line
    [ -x "$line" ] || line=$repo/build/dev/bin/ledger_line
    [ -x "$line" ] || skip 'needs build/dev/bin/ledger_line, which comes with the preset dev'
    a=$(make_disk a "$(label A)") b=$(make_disk b "$(label B)")
    generation "$work/mnt/a" 3 >/dev/null
    a_newest=$(generation "$work/mnt/a" 1)
    b_oldest=$(generation "$work/mnt/b" 10)
    b_newest=$(generation "$work/mnt/b" 8)
    umount "$work/mnt/a" "$work/mnt/b"
    local name
    for name; do attach "$name"; done
    before=$(hash_of "$work/a.img")$(hash_of "$work/b.img")
    make_tree "$disk/mirror"
    a_key >/dev/null
}

rotation_plan() { # rotation_plan [DETECT] [DRILL_KEYS]: sets share on both disks, mirror in a folder
    cat >"$plan" <<YAML
koboshi: 1
plan: {id: flow-threat, title: {ja: 復旧計画, en: Plan}, version: "1", language: ja, timezone: Asia/Tokyo, rto_from: activation}
functions: {order: {title: 受発注, rpo: 72h, needs: [files]}}
hosts: {nas1: {title: NAS}, srv1: {title: サーバ}}
systems:
  files: {title: 共有フォルダ, on: nas1, backup_sets: [share]}
  desk: {title: 事務, on: srv1, backup_sets: [copy]}
rotations: {weekly: {disks: [hdd-a, hdd-b], swap: $(date -d '3 days' +%a | tr '[:upper:]' '[:lower:]'), at: nas1}}
media:
  hdd-a: {kind: hdd, label: $(label A), fs_uuid: $a}
  hdd-b: {kind: hdd, label: $(label B), fs_uuid: $b}
  box: {kind: folder, mount: disk, on: nas1}
backup_sets:
  share:
    title: 共有フォルダ
    format: archive
    copies: [{medium: hdd-a, path: "共有/share-%Y%m%d.tar"}, {medium: hdd-b, path: "共有/share-%Y%m%d.tar"}]
  copy: {title: 写し, format: tree, method: mirror, copies: [{medium: box, path: mirror}]}
threats:
  ransomware: {title: ランサムウェア, detect: ${1:-12h}}
  operator_error: {title: 誤削除, detect: 1d}
drills:
  all: {title: 訓練, systems: [files], threat: ransomware${2:+, $2}}
  both: {title: 両方, systems: [files, desk]}
YAML
}

detach() { losetup -d "$(losetup -n -O NAME -j "$work/$1.img")"; }

log() { "$line" "$work/ledger" "$work/keys/agent.pem" "$@"; }

chosen() { is medium "$(unit medium)" "$1" && is file "$(unit file)" "$2"; }
untouched() { is 'images after the drill' "$(hash_of "$work/a.img")$(hash_of "$work/b.img")" "$before"; }

@test "the log says that A was attached: B is used, and the record says why" {
    two_disks b
    rotation_plan
    log swapped hdd-b hdd-a
    drill 1 # older than the RPO
    found rpo-missed
    chosen hdd-b "$b_newest"
    is 'lost and survives' "$(unit 'survival | map([.medium, .survives, .assumed, .by] | map(tostring) | join(" ")) | join(", ")')" \
        'hdd-a false false attached, hdd-b true false null'
    is deviations "$(json '.record.deviations | length')" 0
    [[ $(unit choice.ja) == *"$(label A)は発生時に接続中のため失われます（想定: ランサムウェア）"* ]]
    is reason "$(json '.record.findings[].title.ja')" "$(label A)は発生時に接続中のため、目標復旧時点（RPO）を満たしません"
    drill_text 1 ja
    says "理由：$(label A)は発生時に接続中のため"
    says '交換を週2回にする'
    says "想定した脅威：ランサムウェア（使えるのは $(label B)（hdd-b） のみ）"
    exits 0 report --format text --lang ja "${evidence[@]}"
    says '想定した脅威で残る控え'
    says "$(label B)は発生から検知まで未接続"
    untouched
    nothing_left
}

@test "no log: the newest disk counts as attached, and that this is assumed is said" {
    two_disks a b
    rotation_plan
    drill 1
    chosen hdd-b "$b_newest"
    is assumed "$(unit 'survival | map(.assumed) | unique | join(" ")')" true
    [[ $(json '.record.deviations[].ja') == *'最も新しい世代'*"$(label A) を接続中とみなしました（最悪の場合）"* ]]
    drill_text 1 en
    exits 0 report --format html --lang ja "${evidence[@]}" -o "$work/report.html"
    grep -q '最悪の場合' "$work/report.html"
    untouched
}

@test "a disaster before the swap takes the other disk; what came for a drill is not counted" {
    two_disks b
    rotation_plan 0s
    log swapped hdd-b hdd-a
    sleep 1.1
    at=$(date +%Y-%m-%dT%H:%M:%S%:z)
    sleep 1.1
    log seen hdd-b arrived for-drill
    log swapped hdd-a hdd-b
    drill 1 --disrupted-at "$at"
    chosen hdd-b "$b_newest"
    detach b
    attach a
    drill 0
    chosen hdd-a "$a_newest"
    is deviations "$(json '.record.deviations | length')" 0
    untouched
}

@test "both attached before it was noticed: no copy is left, which is red" {
    two_disks b
    rotation_plan
    log swapped hdd-b hdd-a
    sleep 1.1
    at=$(date +%Y-%m-%dT%H:%M:%S%:z)
    sleep 1.1
    log swapped hdd-a hdd-b
    drill 1 --disrupted-at "$at"
    found no-surviving-copy rpo-missed
    is status "$(unit status)" failed
    is read "$(unit result.bytes_read)" 0
    is verdicts "$(json '.record.verdict | [.restore, .data] | join(" ")')" 'missed missed'
    drill_text 1 ja --disrupted-at "$at"
    says "$(label A)は発生時に接続中、$(label B)は検知前"
    says '交換を週2回にする'
    says '（使える媒体はありません）'
    says '復元 未達'
    untouched
}

@test "operator error takes the mirror and leaves the generations" {
    two_disks a
    rotation_plan
    a_key >/dev/null
    exits 1 drill "$plan" both --threat operator_error --json --lang en "${places[@]}"
    found no-surviving-copy
    is statuses "$(json '[.record.units[] | .set + " " + .status] | join(", ")')" 'share good, copy failed'
    is by "$(json '.record.units[1].survival[0].by')" mirror
    exits 0 drill "$plan" both --threat none --json --lang en "${places[@]}"
    is statuses "$(json '[.record.units[] | .set + " " + .status] | join(", ")')" 'share good, copy good'
    is survival "$(json '[.record.units[] | has("survival")] | unique | join(" ")')" false
}

@test "a machine fails: its own copies are gone, those of another one are not" {
    two_disks b
    rotation_plan
    log swapped hdd-b hdd-a
    exits 1 drill "$plan" both --threat hardware --json --lang en "${places[@]}"
    exits 0 report --format text --lang ja "${evidence[@]}"
    says '（nas1, srv1、それぞれ単独で）'
    says '機器は1台ずつ故障するものとして判定しました'
    exits 1 drill "$plan" both --threat hardware --json --lang en "${places[@]}"
    found rpo-missed
    is hosts "$(json '.record.threat.hosts | join(" ")')" 'nas1 srv1'
    is media "$(json '[.record.units[].medium] | join(" ")')" 'hdd-b box' # A was plugged into nas1; box is not srv1
    exits 0 drill "$plan" both --threat hardware --host srv1 --json --lang en "${places[@]}"
    is units "$(json '[.record.units[].set] | join(" ")')" copy
    exits 2 drill "$plan" both --threat hardware --host srv2 --lang ja "${places[@]}"
    says 'srv1'
    exits 2 drill "$plan" both --threat ransomware --host srv1 --lang en "${places[@]}"
    says '--threat hardware'
}

@test "a random generation can be drawn again with its seed" {
    two_disks b
    rotation_plan 12h 'generation: random'
    log swapped hdd-b hdd-a
    drill 1
    seed=$(json .record.seed) first=$(unit file)
    one_of file "$first" "$b_oldest" "$b_newest"
    drill 1 --seed "$seed"
    is file "$(unit file)" "$first"
    is seed "$(json .record.seed)" "$seed"
    for ((i = 0; i < 20; i++)); do
        drill 1 --seed "$i"
        unit file
    done | sort -u >"$work/files"
    is 'files drawn' "$(wc -l <"$work/files")" 2
}

@test "a threat the plan does not know: did you mean" {
    two_disks a
    rotation_plan
    exits 2 drill "$plan" all --threat ransomwear --lang ja "${places[@]}"
    says 'ransomware'
    exits 2 drill "$plan" all --threat flood --lang en "${places[@]}"
    says 'there are: none, ransomware, operator_error'
    exits 2 drill "$plan" all --seed x --lang en "${places[@]}"
}

@test "check shows which copy survives which threat" {
    two_disks a
    rotation_plan
    exits 0 check "$plan" --lang ja "${evidence[@]}"
    says '△'
    says '接続の記録がまだない'
    log swapped hdd-b hdd-a
    exits 0 check "$plan" --lang ja "${evidence[@]}"
    grep -q "共有フォルダ  1 $(label A) .*×" "$out"
    grep -q "共有フォルダ  2 $(label B) .*○" "$out"
    says '誤削除（operator_error）: 写し の控えが残りません'
    exits 0 check "$plan" --json "${evidence[@]}"
    is cell "$(json '.survival[] | select(.threat == "ransomware" and .medium == "hdd-a") | [.survives, .assumed, .by] | map(tostring) | join(" ")')" 'false false attached'
    is cell "$(json '.survival[] | select(.threat == "ransomware" and .medium == "hdd-b") | [.survives, .assumed] | map(tostring) | join(" ")')" 'true false'
}

# What `check` says of every copy under this threat must be what a drill of it then says, and uses.
agree() { # agree THREAT
    local cells want chosen_medium
    exits 0 check "$plan" --json "${evidence[@]}"
    cells='"\(.medium) \(.survives) \(.assumed) \(.by)"'
    want=$(json ".survival[] | select(.threat == \"$1\" and .system == \"files\") | $cells" | sort)
    timeout 120 "$KOBOSHI_BIN" drill "$plan" all --threat "$1" --json --lang en "${places[@]}" >"$out" 2>"$err" </dev/null || true
    is "copies under $1" "$(unit "survival[] | $cells" | sort)" "$want"
    chosen_medium=$(unit 'medium // ""')
    [ -z "$chosen_medium" ] || is "survival of the one chosen under $1" \
        "$(grep "^$chosen_medium " <<<"$want" | cut -d ' ' -f 2)" true
}

@test "check and drill say the same of every threat, with a log" {
    two_disks a b
    rotation_plan
    cat >>"$plan" <<'YAML'
  more: {title: 訓練, systems: [files]}
YAML
    sed -i 's/^threats:/&\n  hardware: {title: 故障, detect: 1h}\n  site_loss: {title: 火災, detect: 0h}\n  theft: {title: 盗難, detect: 1d}\n  month: {title: 潜伏, destroys: [attached], detect: 30d}\n  unnoticed: {title: 検知不明, destroys: [attached]}/' "$plan"
    sed -i "s/hdd-b: {kind: hdd,/& offsite: true,/" "$plan"
    for swap in 'hdd-b hdd-a' 'hdd-a hdd-b'; do
        # shellcheck disable=SC2086
        log swapped $swap
        sleep 1.1
        for threat in ransomware operator_error hardware site_loss theft month unnoticed; do agree "$threat"; done
    done
    exits 0 evidence verify "${evidence[@]}"
    untouched
}

@test "the verification machine is not where the disks are in use: one that visits it is not in its place" {
    two_disks b
    rotation_plan
    sed -i 's/^hosts: {/&ws1: {kind: verification}, /' "$plan"
    log swapped hdd-b hdd-a
    log seen hdd-b arrived # nobody said what for
    sleep 1.1
    drill 1
    chosen hdd-b "$b_newest"
    is survival "$(unit 'survival | map("\(.medium) \(.survives) \(.assumed)") | join(", ")')" 'hdd-a false false, hdd-b true false'
    log seen hdd-b left
    log seen hdd-a arrived
    log seen hdd-a left
    sleep 1.1
    drill 1
    chosen hdd-b "$b_newest" # A was plugged in here for a moment, and is back in its place
    is survival "$(unit 'survival | map("\(.medium) \(.survives) \(.assumed)") | join(", ")')" 'hdd-a false false, hdd-b true false'
}

@test "a lost copy that is no newer is no reason for old data" {
    two_disks a b
    detach a
    mount -o loop "$work/a.img" "$work/mnt/a"
    rm "$work/mnt/a/共有/"*
    generation "$work/mnt/a" 9 >/dev/null
    umount "$work/mnt/a"
    attach a
    rotation_plan
    log swapped hdd-b hdd-a
    drill 1
    chosen hdd-b "$b_newest"
    found rotation-together rpo-missed
    is reason "$(json '.record.findings[] | select(.rule == "rpo-missed") | .title.ja')" '目標復旧時点（RPO）を満たしません'
}

@test "nothing left only because nobody wrote down what was attached: that is what to do next" {
    two_disks a
    rotation_plan 30d
    drill 1
    found no-surviving-copy rpo-missed
    [[ $(json '.record.findings[] | select(.rule == "no-surviving-copy") | .next.ja') == *'koboshi swap'* ]] || is next "$(json .record.findings)" ''
    exits 1 status "$plan" --lang ja "${evidence[@]}"
    grep -q '^–  交換 weekly' "$out"
}
