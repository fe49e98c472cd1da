# Goal: a drill that restores a sample reads everything, restores exactly what a stranger computes from the record, and
# never looks like a drill of everything.
load lib
load attend

needs_python() { command -v python3 >/dev/null || skip 'needs python3'; }

many() { # many DIR: 300 small files and some larger ones
    local i
    make_tree "$1"
    for i in $(seq 300); do
        mkdir -p "$1/台帳/$((i % 7))"
        printf '伝票 %s\n' "$i" >"$1/台帳/$((i % 7))/伝票-$i.txt"
    done
    noise 2000000 7 >"$1/技術/動画1.bin"
    noise 2000000 8 >"$1/技術/動画2.bin"
    ln "$1/台帳/1/伝票-1.txt" "$1/台帳/1/写し.txt"
    ln -s ../営業 "$1/台帳/営業"
}

# by_record: the files of the sample, by the list of entries and the record in $out alone; no koboshi here.
by_record() {
    local list
    list=$work/ledger/objects/$(unit list).zst
    zstd -dqf "$list" -o "$work/list"
    python3 - "$work/list" "$out" <<'PY'
import hashlib, json, sys
sample = json.load(open(sys.argv[2]))["record"]["units"][0]["result"]["sample"]
assert sample["also"] == len(sample.get("also_taken", []))
taken = set(name.encode() for name in sample.get("also_taken", []))
for line in open(sys.argv[1], "rb"):
    path = line.rstrip(b"\n")[66:]
    lot = int.from_bytes(hashlib.sha256(b"%d\n" % sample["seed"] + path).digest()[:8], "big")
    if lot * 100 < sample["percent"] << 64:
        taken.add(path)
for path in sorted(taken):
    sys.stdout.buffer.write(path + b"\n")
PY
}

# by_backup BACKUP SEED: the same by the backup and the seed alone, with 10 %.
by_backup() {
    python3 - "$1" "$2" <<'PY'
import hashlib, os, sys, tarfile, zipfile
backup, seed = sys.argv[1], int(sys.argv[2])
def tree(folder, below=b""):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path):
            yield from tree(path, below + name + b"/")
        elif not os.path.islink(path):
            yield below + name, os.path.getsize(path)
if os.path.isdir(backup):
    files = list(tree(backup.encode()))
elif backup.endswith(".zip"):
    files = [(e.filename.encode("utf-8" if e.flag_bits & 0x800 else "cp437"), e.file_size) for e in zipfile.ZipFile(backup).infolist()
             if not e.is_dir() and e.external_attr >> 28 != 0o12]
else:
    files = [(e.name.encode(), e.size) for e in tarfile.open(backup) if e.isreg()]
seen, taken = set(), []
for path, size in files:
    lot = int.from_bytes(hashlib.sha256(b"%d\n" % seed + path).digest()[:8], "big")
    size_class = sum(size > limit for limit in (64 << 10, 1 << 20, 16 << 20, 256 << 20))
    if lot * 100 < 10 << 64 or (size and size_class not in seen):
        taken.append(path)
        seen |= {size_class} if size else set()
for path in sorted(taken):
    sys.stdout.buffer.write(path + b"\n")
PY
}

restored() { # what lies in the kept scratch, hard links of what is there aside
    (cd "$(json .record.scratch)/share" && find . -type f ! -name 写し.txt -printf '%P\n' | LC_ALL=C sort)
}

is_the_sample() { # is_the_sample BACKUP: the scratch that was kept is the sample, of the right size and classes
    by_record >"$work/by_record"
    by_backup "$1" "$(json .record.seed)" >"$work/by_backup"
    restored >"$work/restored"
    diff "$work/by_record" "$work/restored"
    diff "$work/by_backup" "$work/restored"
    is files_taken "$(unit result.sample.files_taken)" "$(wc -l <"$work/restored")"
    [ "$(wc -l <"$work/restored")" -ge 10 ] && [ "$(wc -l <"$work/restored")" -le 80 ]
    grep -q '^技術/動画[12].bin$' "$work/restored" # one of the rare large ones
    (cd "$(json .record.scratch)/share" && find . -type f -printf '%P\0' | xargs -0 sha256sum) >"$work/sums"
    (cd "$work/tree" && sha256sum --quiet -c "$work/sums")
    is proof "$(unit proof | grep -o 'L4 ([^)]*)')" 'L4 (sample 10%)'
    is coverage "$(unit result.coverage)" sample
    is restore "$(json .record.verdict.restore)" conditional
    rm -rf "$(json .record.scratch)"
}

pack() { # pack: many files as tar
    many "$work/tree"
    mkdir -p "$disk/共有"
    tar -C "$work/tree" --sort=name -cf "$disk/共有/share-20261120.tar" 総務 営業 技術 台帳
    hashes "$work/tree" >"$disk/共有/share-20261120.sha256"
    touch -d '2026-11-20 22:00' "$disk/共有/share-20261120.tar"
}

@test "an archive: the files restored are those of an independent computation, with every seed" {
    needs_python
    pack
    write_plan manifest='共有/share-%Y%m%d.sha256' drill='restore: {sample: 10%}'
    for seed in 1 77; do
        drill 0 --keep --seed "$seed"
        all_good
        is seed "$(json .record.seed)" "$seed"
        is 'read whole' "$(unit result.files_matched)" "$(unit result.files_compared)"
        is_the_sample "$disk/共有/share-20261120.tar"
    done
    drill 0 --keep # without a seed: a fresh one
    is_the_sample "$disk/共有/share-20261120.tar"
    first=$(json .record.seed)
    drill 0
    [ "$(json .record.seed)" -ne "$first" ]
    nothing_left
}

@test "a tree" {
    needs_python
    many "$work/tree"
    mkdir -p "$disk/共有"
    cp -a "$work/tree" "$disk/共有/share-20261120"
    rm "$disk/共有/share-20261120/台帳/1/写し.txt" "$work/tree/台帳/1/写し.txt"
    write_plan format=tree path='共有/share-%Y%m%d' drill='restore: {sample: 10%}'
    drill 0 --keep --seed 5
    is_the_sample "$disk/共有/share-20261120"
}

@test "a zip" {
    needs_python
    command -v zip >/dev/null || skip 'needs zip'
    many "$work/tree"
    rm "$work/tree/台帳/1/写し.txt"
    mkdir -p "$disk/共有"
    (cd "$work/tree" && zip -qry "$disk/共有/share-20261120.zip" .)
    touch -d '2026-11-20 22:00' "$disk/共有/share-20261120.zip"
    write_plan path='共有/share-%Y%m%d.zip' drill='restore: {sample: 10%}'
    drill 0 --keep --seed 6
    is_the_sample "$disk/共有/share-20261120.zip"
}

@test "it never looks like a drill of everything: text, JSON, HTML, ledger, status" {
    pack
    write_plan manifest='共有/share-%Y%m%d.sha256' drill='restore: {sample: 10%}' \
        functions='{order: {title: {ja: 受発注, en: Orders}, rto: 8h, rpo: 3650d, needs: [files]}}'
    drill_text 0 ja
    says 'L4（抜き取り 10%）'
    says '復旧所要時間（実測・推定＋計画値）'
    grep -qE '[1-9][0-9]*(秒|分|時間)以上、推定を含む' "$out" || is 'estimated time' none 'a time, at least, with an estimate in it'
    says '復元 条件付き達成'
    exits 0 report --ledger "$work/ledger" --lang ja --no-color
    says '確認済み（抜き取り 10%）'
    says '抜き取り 10%：'
    says '推定時間の根拠'
    says '抜き取りだけを復元しました'
    exits 0 report --ledger "$work/ledger" --lang en --format html -o "$work/r.html"
    for words in 'L4 (sample 10%)' 'Sample of 10%: ' 'partly estimated' 'Only a sample restored' 'only a sample restored: 1' 'for everything' 'Of share only a sample of 10% was restored'; do
        grep -qF -- "$words" "$work/r.html" || { echo "not in the page: $words"; return 1; }
    done
    drill 0
    is source "$(json '.record.units[0].steps[] | select(.id == "restore") | .source')" estimated
    [ "$(json '.record.units[0].steps[] | select(.id == "restore") | .estimated_ns > .ns')" = true ]
    is 'time of the function' "$(json '.record.functions[0].parts[] | select(.step == "restore") | .source')" estimated
    says 'Of share only a sample of 10% was restored'
    jq -e 'select(.kind == "drill_finished") | .systems[0] | .proof == "L4 (sample 10%)" and .estimated' "$work/ledger/ledger.jsonl" >/dev/null
    exits 0 status "$plan" --json --lang en --ledger "$work/ledger"
    says 'L4 (sample 10%)'
    is sampled "$(json '[.. | objects | select(has("sampled")) | .sampled] | unique | join(" ")')" true
}

@test "a fault in a file that is not in the sample is still found" {
    pack
    write_plan manifest='共有/share-%Y%m%d.sha256' drill='restore: {sample: 1%}'
    drill 0 --keep --seed 3
    scratch=$(json .record.scratch)/share
    for i in $(seq 2 300); do [ -e "$scratch/台帳/$((i % 7))/伝票-$i.txt" ] || break; done
    rm -rf "$scratch"
    tar=$disk/共有/share-20261120.tar
    flip_at "$tar" "$(LC_ALL=C grep -abo -P "伝票 $i\$" "$tar" | head -n 1 | cut -d : -f 1)"
    drill 1 --seed 3
    found entry-differs
    found_at entry-differs "台帳/$((i % 7))/伝票-$i.txt"
    is proof "$(unit proof | grep -c 'L4 ')" 0
}

@test "what checks and canaries name is in the sample" {
    pack
    canary=$(sha256sum <"$work/tree/総務/canary.txt" | cut -d ' ' -f 1)
    write_plan manifest='共有/share-%Y%m%d.sha256' drill='restore: {sample: 1%}' expect="{canary: [{path: 総務/canary.txt, sha256: $canary}]}" \
        probes="[{files: '台帳/**/*.txt', at_least: 20}, {csv: 営業/見積（表ソ能）.csv}, {sha256: ./総務/canary.txt, is: $canary}]"
    for seed in 1 2 3; do
        drill 0 --seed "$seed" --keep
        all_good
        is proof "$(unit proof)" 'L4 (sample 1%) +L5'
        found
        [ -e "$(json .record.scratch)/share/総務/canary.txt" ]
        rm -rf "$(json .record.scratch)"
    done
}

@test "a command in a sampled drill is warned of, and the record says what it saw" {
    pack
    printf '#!/bin/sh\nexit 0\n' >"$work/look"
    chmod +x "$work/look"
    write_plan drill='restore: {sample: 10%}' probes="[{command: ['./look']}]"
    exits 0 check "$plan" --lang en
    says 'warning: drill all restores a sample of 10%: the command of step usable (restore-share) sees only part of the files of share'
    exits 0 check "$plan" --json
    is warnings "$(json '.warnings | length')" 1
    drill 0
    says 'The check commands of share saw the sample only'
    write_plan manifest='共有/share-%Y%m%d.sha256' drill='restore: {sample: 100%}' probes="[{command: ['./look']}]"
    exits 0 check "$plan" --json
    is warnings "$(json '.warnings | length')" 0
    drill 0
    is proof "$(unit proof)" 'L4 +L5'
    is coverage "$(unit result.coverage)" full
    is sample "$(unit result.sample)" null
}

@test "one file is no sample" {
    mkdir -p "$disk/db"
    noise 100000 4 | gzip >"$disk/db/orders-20261120.gz"
    touch -d '2026-11-20 22:00' "$disk/db/orders-20261120.gz"
    write_plan format=file path='db/orders-%Y%m%d.gz' unpack=true as=orders.db drill='restore: {sample: 10%}'
    drill 0
    is proof "$(unit proof)" 'L1 +L3 +L4 (no L2)'
    is coverage "$(unit result.coverage)" full
    is source "$(json '.record.units[0].steps[] | select(.id == "restore") | .source')" measured
}

@test "an attended drill, stopped after its restore: the seed stays, the time of the restore is an estimate" {
    needs_python
    pack
    a_plan manifest='共有/share-%Y%m%d.sha256' drill='restore: {sample: 10%}'
    attend 75 '\ns\nd\n山田\ns\nq\n' --seed 9 --keep
    attend 0 'r\nd\n業務課長\n\n' --resume
    is seed "$(json .record.seed)" 9
    is source "$(step restore source)" estimated
    [ "$(step restore estimated_ns)" -gt "$(step restore ns)" ]
    is proof "$(unit proof)" 'L4 (sample 10%) +L6'
    is restore "$(json .record.verdict.restore)" conditional
    by_record | diff - <(restored)
    rm -rf "$(json .record.scratch)"
}
