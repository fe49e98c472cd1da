# Goal: a newcomer with two backup disks has a drilled, signed and reported plan in under ten commands, none of which is
# anything but what the one before printed; and not one bit of the disks has changed.
# SPDX-License-Identifier: Apache-2.0
load lib

# backups as three usual jobs leave them: DIR gets a tar.zst with its sums and a gzipped SQLite for each of the last
# fourteen days that is a workday, and a zip per weekday
fill_disk() {
    local to=$1 i day weekdays=(日 月 火 水 木 金 土)
    mkdir -p "$to/share" "$to/orders" "$to/会計"
    for i in $(seq 20 -1 1); do
        day=$(date -d "$i days ago" +%u)
        [ "$day" -le 5 ] || continue
        local stamp
        stamp=$(date -d "$i days ago" +%Y%m%d)
        tar -C "$work/tree" --sort=name -cf - . | zstd -q -o "$to/share/share-$stamp.tar.zst"
        hashes "$work/tree" >"$to/share/share-$stamp.sha256"
        gzip -c "$work/orders.db" >"$to/orders/orders-$stamp.db.gz"
        mkdir -p "$to/会計/${weekdays[$day]}"
        rm -f "$to/会計/${weekdays[$day]}/books.zip"
        (cd "$work/tree" && zip -qr "$to/会計/${weekdays[$day]}/books.zip" 営業)
        touch -d "$i days ago 22:00" "$to"/*/*-"$stamp".* "$to/会計/${weekdays[$day]}/books.zip"
    done
    printf '交換は金曜\n' >"$to/メモ.txt"
    mkdir "$to/System Volume Information"
    : >"$to/Thumbs.db"
}

two_disks() {
    local name
    command -v zip sqlite3 >/dev/null || skip 'needs zip and sqlite3'
    make_tree "$work/tree"
    sqlite3 "$work/orders.db" 'CREATE TABLE orders(id INTEGER, item TEXT); INSERT INTO orders VALUES (1, "灯油"), (2, "軽油")'
    for name in a b; do
        if [ "$(id -u)" -eq 0 ] && losetup -f >/dev/null 2>&1; then
            make_disk "$name" "BK-$name" >/dev/null
            fill_disk "$work/mnt/$name"
            umount "$work/mnt/$name"
            hash_of "$work/$name.img" >"$work/$name.before"
            mount_image "$work/$name.img" "$work/mnt/$name" ro
        else
            mkdir -p "$work/mnt/$name"
            fill_disk "$work/mnt/$name"
        fi
    done
}

# what was printed as the next commands, one a line
suggested() { sed -n 's/^  \(koboshi .*\)/\1/p' "$out"; }

follow() { # follow COMMAND: exactly as printed, from where the first one was typed
    local got=0
    koboshi() { timeout -k 5 120 "$KOBOSHI_BIN" "$@"; }
    (cd "$work" && eval "$1") >"$work/said" 2>"$err" </dev/null || got=$?
    [ "$got" -eq 0 ] || { echo "$1: exit $got"; cat "$work/said" "$err"; return 1; }
}

@test "a newcomer's session: init, check, drill, report, status, evidence" {
    two_disks
    cd "$work"
    exits 0 init work --scan mnt/a --scan mnt/b --lang ja "${places[@]}"
    says '世代、間隔の中央値1日、土日なし'
    says 'メモ.txt'
    fails says 'System Volume'
    suggested >"$work/commands"
    is 'commands suggested' "$(cut -d " " -f 2 "$work/commands" | xargs)" 'check drill report status evidence'
    while read -r command; do follow "$command"; done <"$work/commands"
    plan=$work/work/plan.yaml
    exits 0 drill "$plan" --json "${places[@]}"
    all_good
    is 'sets drilled' "$(json '[.record.units[].set] | sort | join(" ")')" 'books orders share'
    is 'hash, restored' "$(json '.record.units[] | select(.set == "share") | .result.proof | .hash + " " + .restored')" 'reached reached'
    is 'database opened' "$(json '.record.units[] | select(.set == "orders") | .result.proof.opened')" reached
    is 'copies of each set' "$(grep -c -- '- medium:' "$plan")" 6
    if [ -e "$work/a.before" ]; then is 'media known by UUID' "$(grep -c 'fs_uuid:' "$plan")" 2; fi
    nothing_left_but_mounts
}

nothing_left_but_mounts() {
    local name
    is 'left in scratch' "$(find "$work/scratch" -mindepth 1 | head -n 3)" ''
    for name in a b; do
        [ ! -e "$work/$name.before" ] && continue
        umount "$work/mnt/$name"
        is "disk $name" "$(hash_of "$work/$name.img")" "$(cat "$work/$name.before")"
    done
}

@test "a full backup with its parts, as tar makes them, is drilled from the drafted plan at once" {
    local i stamp kind=full
    mkdir -p "$disk/週次"
    make_tree "$work/tree"
    for i in 5 4 3 2 1; do
        stamp=$(date -d "$i days ago" +%Y%m%d)
        printf '%s\n' "$i" >"$work/tree/営業/日報$i.txt"
        tar -C "$work/tree" -g "$work/snapshot" -czf "$disk/週次/share-$kind-$stamp.tar.gz" 総務 営業 技術
        touch -d "$i days ago 22:00" "$disk/週次/share-$kind-$stamp.tar.gz"
        kind=inc
    done
    exits 0 init "$work/work" --scan "$disk" --lang en "${places[@]}"
    says 'chain'
    exits 0 drill "$work/work/plan.yaml" --json "${places[@]}"
    all_good
    is 'files of the last state' "$(unit result.files_restored)" 10
}
