# Goal: what has changed since the last good drill is counted, compared with the plan's limit, and an attack is seen red
# while ordinary work stays quiet.
# SPDX-License-Identifier: Apache-2.0
load lib

office() { # office DIR: forty files of an office, each of its real format
    mkdir -p "$1/営業" "$1/総務"
    local i
    for i in $(seq -w 1 20); do
        printf 'PK\3\4 見積 %s' "$i" >"$1/営業/見積$i.xlsx"
        printf '議事録その%s。今日の出席者は次のとおりです。\n' "$i" >"$1/総務/議事録$i.txt"
    done
    printf 'この内容は変わりません。\n' >"$1/総務/canary.txt"
}

generation() { # generation DAY: the tree as it is now, as the backup of that day
    mkdir -p "$disk/共有"
    tar -C "$work/tree" --sort=name -cf "$disk/共有/share-202611$1.tar" 営業 総務
    touch -d "2026-11-$1 22:00" "$disk/共有/share-202611$1.tar"
}

canary() { hash_of "$work/tree/総務/canary.txt"; }

first_drill() { # first_drill [EXPECT]: one good drill of the untouched office
    office "$work/tree"
    generation 18
    write_plan expect="${1:-}"
    drill 0
    all_good
}

change() { unit "change.$1"; }

@test "the first drill has nothing to compare with and says so; the second counts what ordinary work did" {
    first_drill '{max_change: 30%}'
    is change "$(unit change)" null
    says 'no earlier list of it could be compared with'
    printf 'PK\3\4 改訂' >"$work/tree/営業/見積01.xlsx"
    printf 'PK\3\4 新規' >"$work/tree/営業/見積21.xlsx"
    rm "$work/tree/総務/議事録20.txt"
    generation 19
    drill 0
    all_good
    is compared "$(change before) $(change now) $(change changed) $(change vanished) $(change added)" '41 41 1 1 1'
    is with "$(change with.drill) $(change with.file)" '1 共有/share-20261118.tar'
    is list "$(change with.list)" "$(jq -r '.units[0].list' "$work"/ledger/drills/000001/record.json)"
    is lists "$(change changed_list) $(change vanished_list) $(change added_list)" '営業/見積01.xlsx 総務/議事録20.txt 営業/見積21.xlsx'
    is unchecked "$(json '[.record.not_proven[].en | select(test("max_change"))] | length')" 0
    exits 0 report 2 --lang ja "${evidence[@]}"
    says '前回との比較'
    says 'ファイル中、変更 1・消失 1（4.8%）、新規 1'
    exits 0 evidence verify "$work/ledger"
}

@test "more than max_change has changed: red with numbers, and the good drill stays what is compared with" {
    first_drill '{max_change: 30%}'
    local i
    for i in $(seq -w 1 15); do printf 'PK\3\4 書き換え' >"$work/tree/営業/見積$i.xlsx"; done
    generation 19
    drill 1
    found change-large
    is status "$(unit status)" failed
    says '36.5% of 41 files: 15 changed (営業/見積01.xlsx'
    says 'at most 30% changed or gone since drill 000001'
    generation 20
    drill 1
    found change-large
    is with "$(change with.drill)" 1
    write_plan expect='{max_change: 40%}' # somebody looked, and it was right
    drill 0
    write_plan expect='{max_change: 30%}'
    generation 21
    drill 0
    all_good
    is with "$(change with.drill)" 4
}

@test "files that were encrypted and renamed: red without any key of the plan" {
    first_drill
    local file
    for file in "$work/tree/営業"/*.xlsx "$work/tree/総務"/議*.txt; do
        noise 2000 7 >"$file.lockbit"
        rm "$file"
    done
    printf 'pay\n' >"$work/tree/Restore-My-Files.txt"
    mv "$work/tree/Restore-My-Files.txt" "$work/tree/総務/"
    generation 19
    drill 1
    found change-renamed ransom-names
    is status "$(unit status)" failed
    is renamed "$(change renamed) $(change ending) $(change ending_files)" '40 .lockbit 40'
    is named "$(unit result.files_named) $(unit result.files_noisy)" '41 40'
    says '40 of 41 files now end in .lockbit: 営業/見積01.xlsx.lockbit'
    drill_text 1 ja
    says '大半のファイルが同じ新しい拡張子に改名されています'
    fails grep -qiw clean "$out"
}

@test "encrypted under their old names: the growing share of files that are not what they are called" {
    first_drill
    local file
    for file in "$work/tree/営業"/見積0*.xlsx; do noise 2000 8 >"$file"; done
    generation 19
    drill 1
    found signs-grow
    is status "$(unit status)" conditional
    is odd "$(unit result.files_odd) $(change odd_before)" '9 0'
    says '9 of 41 files; 9 files begin with random-looking bytes'
}

@test "most files are gone: told without max_change" {
    first_drill
    rm "$work/tree/営業"/*.xlsx "$work/tree/総務"/議事録1*.txt
    generation 19
    drill 1
    found change-vanished
    is gone "$(change vanished)" 30
}

@test "most files moved to another folder with equal content: said, and neither gone nor over the plan's limit" {
    first_drill
    mkdir "$work/tree/営業/2026"
    mv "$work/tree/営業"/*.xlsx "$work/tree/営業/2026"
    mkdir "$work/tree/総務/議事録"
    mv "$work/tree/総務"/議事録1*.txt "$work/tree/総務/議事録"
    rm "$work/tree/総務/議事録01.txt"
    generation 19
    drill 0
    all_good
    is moved "$(change moved) $(change vanished) $(change added)" '30 1 0'
    is lists "$(change moved_list) $(change vanished_list)" '営業/2026/見積01.xlsx, 営業/2026/見積02.xlsx, 営業/2026/見積03.xlsx, 営業/2026/見積04.xlsx, 営業/2026/見積05.xlsx, … 総務/議事録01.txt'
    exits 0 report 2 --lang ja "${evidence[@]}"
    tr -d ' \n' <"$out" | grep -qF '同じ内容で別の名前へ移動30'
    mv "$work/tree/営業/2026"/* "$work/tree/営業"
    generation 20
    write_plan expect='{max_change: 10%}'
    drill 0
    all_good
    is moved "$(change moved) $(change vanished)" '20 0'
}

@test "a year of ordinary work is quiet: growth, documents behind a password, one odd file, a folder moved" {
    first_drill
    local i
    for i in $(seq -w 1 30); do printf 'PK\3\4 新しい %s' "$i" >"$work/tree/営業/提案$i.xlsx"; done
    for i in $(seq -w 1 9); do printf '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 sealed %s' "$i" >"$work/tree/営業/給与$i.xlsx"; done
    printf '品名\t数量の一覧です。これは拡張子だけが違う表です。\n' >"$work/tree/営業/一覧.xlsx"
    mkdir "$work/tree/営業/旧"
    mv "$work/tree/営業"/見積0*.xlsx "$work/tree/営業/旧"
    printf '名前,値\n普通のシフトJISの表,ソ能表\n' | iconv -t CP932 >"$work/tree/総務/集計.csv"
    generation 19
    drill 0
    all_good
    is sealed "$(unit result.files_sealed) $(unit result.files_odd)" '9 1'
    is note "$(json '[.record.findings[].rule] | join(" ")')" format-odd
    is renamed "$(change renamed)" 0
}

@test "a canary that was changed, one that is gone, one that holds" {
    office "$work/tree"
    local good other
    good="{path: 総務/canary.txt, sha256: $(canary)}"
    other="{path: 営業/ない.txt, sha256: $(canary)}"
    generation 18
    write_plan expect="{canary: [$good]}"
    drill 0
    all_good
    is canaries "$(unit result.canaries) $(unit result.canaries_good)" '1 1'
    printf 'この内容は変わりました。\n' >"$work/tree/総務/canary.txt"
    generation 19
    write_plan expect="{canary: [$good, $other]}"
    drill 1
    found canary-differs canary-missing
    found_at canary-differs 総務/canary.txt
    found_at canary-missing 営業/ない.txt
    is canaries "$(unit result.canaries) $(unit result.canaries_good)" '2 0'
    drill_text 1 ja
    says '変わらないはずのファイル（canary）が変わっています'
    write_plan expect="{canary: [{path: ./総務/canary.txt, sha256: $(canary)}]}"
    drill 0
    is canaries "$(unit result.canaries) $(unit result.canaries_good)" '1 1'
}

@test "a canary in an archive that cannot be read to its end" {
    office "$work/tree"
    generation 18
    truncate -s 3000 "$disk/共有/share-20261118.tar"
    touch -d '2026-11-18 22:00' "$disk/共有/share-20261118.tar"
    write_plan expect="{canary: [{path: 総務/canary.txt, sha256: $(canary)}]}"
    drill 1
    found archive-truncated canary-unread
}

@test "bit rot in a finished generation without a manifest, its times untouched: not what was read before" {
    first_drill
    local tar=$disk/共有/share-20261118.tar
    drill 0
    all_good
    is same "$(unit baseline.with.drill) $(unit baseline.before) $(unit baseline.changed)" '1 41 0'
    says 'Unchanged since drill 000001'
    is proof "$(unit proof)" "$(jq -r '.units[0].proof' "$work"/ledger/drills/000001/record.json)" # no L2 of its own
    flip_at "$tar" "$(offset_of "$tar" 'その07')"
    touch -d '2026-11-18 22:00' "$tar"
    drill 1
    found baseline-differs
    is status "$(unit status)" failed
    says 'of 41 files 1 differ (総務/議事録07.txt: SHA-256 '
    says ', 0 are gone, 0 came' # no empty brackets
    drill_text 1 ja
    says '完了したバックアップの中身が、前に読んだときと違います'
}

@test "a planned verification leaves a list too, and is compared" {
    office "$work/tree"
    generation 18
    write_plan
    a_key >/dev/null
    exits 0 verify --plan "$plan" --lang en "${places[@]}"
    is listed "$(jq -r 'select(.kind == "verified") | .reads[0].list | length' "$work/ledger/ledger.jsonl")" 64
    rm "$work/tree/営業"/*.xlsx "$work/tree/総務"/議事録1*.txt
    generation 19
    drill 1
    found change-vanished
    is with "$(change with.drill)" null
    says 'the verification of 2026-'
    # whoever gets all of it can compare for himself
    exits 0 evidence export -o "$work/pack" "${evidence[@]}"
    local list
    list=$(jq -r 'select(.kind == "verified") | .reads[0].list' "$work/pack/ledger.jsonl")
    is 'list in the pack' "$(hash_of "$work/pack/objects/$list.zst")" "$list"
    is compared "$(jq -r '.units[0].change.with.list' "$work/pack/drills/000001/record.json")" "$list"
    is lines "$(zstd -dc "$work/pack/objects/$list.zst" | wc -l)" 41
    sh "$work/pack/verify.sh" >"$work/told" 2>&1 || { cat "$work/told"; return 1; }
    grep -qx 'OK: 1 lists of verifications checked, 0 not carried in this folder' "$work/told"
    exits 0 evidence verify "$work/pack"
    # strangers see a list that is not what was signed, as the agent does
    printf x >>"$work/pack/objects/$list.zst"
    exits 1 evidence verify "$work/pack"
    fails sh "$work/pack/verify.sh" >"$work/told" 2>&1
    grep -q "NG: objects/$list.zst, which a verification left" "$work/told"
    # a list that was tampered with is not believed
    printf x >>"$(printf '%s\n' "$work"/ledger/objects/*.zst | grep "$(jq -r 'select(.kind == "verified") | .reads[0].list' "$work/ledger/ledger.jsonl")")"
    drill 10 # the record is written; no report is made from a ledger that was tampered with
    found compare-lost
    says 'does not agree with its signatures'
    exits 1 evidence verify "$work/ledger" --lang en
    says 'was changed'
}

@test "a document that could be read in the last drill and is encrypted now" {
    command -v 7z >/dev/null || skip 'needs 7zip'
    office "$work/tree"
    mkdir -p "$disk/共有"
    (cd "$work/tree" && 7z a -tzip "$disk/共有/share-20261118.zip" . >/dev/null)
    touch -d '2026-11-18 22:00' "$disk/共有/share-20261118.zip"
    write_plan path='共有/share-%Y%m%d.zip'
    drill 0
    cp "$disk/共有/share-20261118.zip" "$disk/共有/share-20261119.zip"
    (cd "$work/tree" && 7z d "$disk/共有/share-20261119.zip" 営業/見積05.xlsx >/dev/null && 7z a -tzip -psecret -mem=AES256 "$disk/共有/share-20261119.zip" 営業/見積05.xlsx >/dev/null)
    touch -d '2026-11-19 22:00' "$disk/共有/share-20261119.zip"
    drill 1
    found encrypted no-longer-readable
    says '1 files cannot be read now: 営業/見積05.xlsx'
}

@test "a list that is gone from the ledger is told, once" {
    office "$work/tree"
    generation 18
    write_plan
    a_key >/dev/null
    exits 0 verify --plan "$plan" --json --lang en "${places[@]}"
    rm "$work"/ledger/objects/*.zst
    exits 1 verify --plan "$plan" --json --lang en "${places[@]}"
    found compare-lost
    is told "$(json '.record.findings | length')" 1
    is claimed "$(json '[.record.units[0].result.caveats[].en | select(test("Unchanged since"))] | length')" 0
}
