# Goal: a restored CSV is read to its end: encoding, columns, rows; each fault is named with its row.
# SPDX-License-Identifier: Apache-2.0
load lib

members() { # members ROWS: a table as office software exports it
    local i
    echo '会員番号,氏名,備考'
    for ((i = 1; i <= $1; i++)); do printf '%d,"会員 ""%d"" 号","表ソ能\n二行目"\n' "$i" "$i"; done
}

csv_plan() { # csv_plan PROBE: what is in $work/members.csv becomes the backup of another day
    mkdir -p "$disk/名簿"
    day=$((${day:-0} + 1))
    cp "$work/members.csv" "$disk/名簿/members-202611$(printf '%02d' "$day").csv"
    write_plan format=file path='名簿/members-%Y%m%d.csv' as=members.csv probes="[$1]"
}

@test "UTF-8 and CP932, line breaks and quotes within fields" {
    members 300 >"$work/members.csv"
    csv_plan '{csv: members.csv, rows: "== 300", header: [氏名, 会員番号]}'
    drill 0
    all_good
    [[ $(unit proof) == *L5* ]] || is proof "$(unit proof)" 'with L5'
    members 300 | sed 's/$/\r/' | iconv -t cp932 >"$work/members.csv"
    csv_plan '{csv: members.csv, encoding: cp932, rows: ">= 300", header: [備考]}'
    drill 0
    all_good
    { printf '\xef\xbb\xbf'; members 2; } >"$work/members.csv"
    csv_plan '{csv: members.csv, encoding: utf-8, header: [会員番号]}'
    drill 0
    all_good
}

faulty() { # faulty PROBE TEXT: the drill fails with this finding
    csv_plan "$1"
    drill 1
    found probe-csv
    [[ $(json '.record.findings[] | select(.rule == "probe-csv") | .found.en') == *$2* ]] ||
        is found "$(json '.record.findings[].found.en')" "$2"
}

@test "too few rows, a missing column, another encoding, a row cut off, a row with a column more, no text at all" {
    members 300 >"$work/members.csv"
    faulty '{csv: members.csv, rows: "> 300"}' '300 rows below the header'
    faulty '{csv: members.csv, header: [会員番号, 電話]}' 'no column 電話; its columns: 会員番号, 氏名, 備考'
    faulty '{csv: members.csv, encoding: cp932}' 'it is UTF-8'
    members 300 | iconv -t cp932 >"$work/members.csv"
    faulty '{csv: members.csv, encoding: utf-8}' 'it is CP932'
    members 20 | head -n 40 >"$work/members.csv"
    faulty '{csv: members.csv}' 'within quotes'
    { members 3; echo '4,a,b,c'; } >"$work/members.csv"
    faulty '{csv: members.csv}' 'row 4 has 4 columns, the header has 3'
    members 0 >"$work/members.csv"
    faulty '{csv: members.csv}' '0 rows'
    members 3 | iconv -t utf-16 >"$work/members.csv"
    faulty '{csv: members.csv}' 'no text'
}

@test "keys of a CSV probe are checked in the plan" {
    members 3 >"$work/members.csv"
    csv_plan '{csv: members.csv, rows: "three"}'
    exits 3 check "$plan" --lang en
    says 'is none of'
    csv_plan '{opens: members.csv, rows: "> 3"}'
    exits 3 check "$plan" --lang en
    says 'belongs to another kind of probe (csv)'
}
