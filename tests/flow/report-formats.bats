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

@test "an unknown verb or option is a usage error that says what there is" {
    exits 2 restore
    exits 2 drill --no-such-option
    exits 0 --help
    for verb in check verify seal drill report evidence keygen schema status; do says "$verb"; done
}
