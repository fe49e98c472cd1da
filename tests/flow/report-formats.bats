# Goal: the report is made from the record alone, in text, JSON and self-contained HTML, in Japanese and English.
# SPDX-License-Identifier: Apache-2.0
load lib

one_bad_drill() {
    tar=$(share_tar)
    flip_at "$tar" "$(offset_of "$tar" 目印)"
    write_plan manifest='共有/share-%Y%m%d.sha256' functions='{order: {title: {ja: 受発注, en: Orders}, rto: 1h, needs: [files]}}'
    drill 1
}

@test "text and HTML name every finding in both languages" {
    one_bad_drill
    for format in text html; do
        exits 0 report --format "$format" --lang ja "${evidence[@]}"
        for text in '内容がハッシュ一覧と違います' '技術/図面.bin' '受発注' "$(sed -n 3p "$work/ledger/checkpoint" | cut -c 1-8)"; do says "$text"; done
        exits 0 report --format "$format" --lang en "${evidence[@]}"
        for text in 'The content differs from the manifest' '技術/図面.bin' 'Orders'; do says "$text"; done
    done
}

@test "JSON is the record" {
    one_bad_drill
    exits 0 report --format json "${evidence[@]}"
    is finding "$(json '[.. | objects | select(.rule? == "entry-differs")] | length > 0')" true
}

@test "HTML needs nothing from outside" {
    one_bad_drill
    exits 0 report --format html --lang ja "${evidence[@]}"
    is doctype "$(head -c 15 "$out" | tr '[:upper:]' '[:lower:]')" '<!doctype html>'
    fails grep -Eqi '(src|href)="?(https?:)?//|<script|@import|url\(' "$out"
    [ -s "$work/ledger/drills/000001/report.html" ]
}

@test "status and the list of evidence know the drill" {
    one_bad_drill
    exits 0 evidence list "${evidence[@]}" --lang en
    says 000001
    exits 1 status "${evidence[@]}" --lang ja # its last drill was not good
    says 'NG  files  訓練 1、'
}

@test "status and the list speak Japanese, and an attempt in which nothing ran hides no earlier drill" {
    share_tar zst >/dev/null
    write_plan path='共有/share-%Y%m%d.tar.zst' functions='{work: {title: {ja: 業務}, rpo: 1h, needs: [files]}}'
    drill 1 # restored well, and older than the objective of an hour
    exits 1 status "$plan" "${evidence[@]}" --lang ja
    says 'OK  共有フォルダ (files)  訓練 1、'
    says 'L1 +L3 +L4（L2なし）'
    says 'この訓練で未達: データ'
    drill 1 --generation 2031
    exits 1 status "$plan" "${evidence[@]}" --lang ja
    says 'OK  共有フォルダ (files)  訓練 1、'
    says 'その後の訓練 2（'
    is status "$(exits 1 status "$plan" "${evidence[@]}" --json; json '.systems[0] | [.drill, .status, .objectives_met] | map(tostring) | join(" ")')" '1 good false'
    exits 0 evidence list "${evidence[@]}" --lang ja
    says 訓練の終了
    fails grep -Eq 'drill_|completed| $' "$out"
}

@test "help: each verb tells its arguments, its own options first; help VERB is the same; a cause is told in Japanese" {
    for verb in init check approve verify seal drill report media swap evidence status keygen schema; do
        exits 0 help "$verb" --lang ja
        cp "$out" "$work/help"
        exits 0 "$verb" --help --lang ja
        cmp "$out" "$work/help"
        [ "$(grep -n 'どの動詞にも' "$out" | cut -d : -f 1)" -gt 3 ]
        is last "$(sed -n '/どの動詞にも/,$p' "$out" | grep -c -- --sandbox)" 0
    done
    exits 10 check "$work/none.yaml" --lang ja
    says 'ファイルまたはフォルダがありません'
    exits 2 keygen surplus --lang ja
    says '使い方: koboshi keygen（'
}

@test "an unknown verb or option is a usage error that says what there is" {
    exits 2 restore
    exits 2 drill --no-such-option
    exits 0 --help
    for verb in check verify seal drill report evidence keygen schema status; do says "$verb"; done
}
