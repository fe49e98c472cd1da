# Goal: everything wrong with a plan is told in one go, at its line and column, with the line shown, in both languages.
# SPDX-License-Identifier: Apache-2.0
load lib

five_errors() {
    cat >"$plan" <<'YAML'
koboshi: 1
plan: {id: t, title: 試験, version: "1"}
systems:
  files:
    title: 共有フォルダ
    bakup_sets: [share]
    rto: 4:00
  orders: {title: 受発注, depends_on: [lan]}
  web: {title: 受付, depends_on: [desk]}
  desk: {title: 窓口, depends_on: [web]}
media:
  disk: {kind: floppy, mount: disk}
backup_sets:
  share: {format: archive, copies: [{medium: disk, path: "share-%Y%m%d.tar"}]}
YAML
}

places_told() { grep -o '^[^ ]*plan\.yaml:[0-9]*:[0-9]*:' "$out" "$err" -h | sed 's/.*plan\.yaml:\([0-9]*\):.*/\1/' | LC_ALL=C sort -n | xargs; }

@test "five separate errors are all told, each at its line" {
    five_errors
    exits 3 check "$plan" --lang en --no-color
    is lines "$(places_told)" '6 7 8 10 12'
    says 'plan.yaml:6:5:'
    says 'backup_sets' # did you mean
    says 'bakup_sets: [share]'
    grep -q '^ *|* *^' "$out" "$err" # the caret
    says 'lan'
    exits 3 check "$plan" --lang ja --no-color
    is lines "$(places_told)" '6 7 8 10 12'
    says 'というキーはありません'
}

@test "a drill with such a plan does not run and leaves no record" {
    five_errors
    drill 3
    [ ! -e "$work/ledger" ] || [ "$(grep -c drill_started "$work/ledger/ledger.jsonl")" -eq 0 ]
}

@test "a duplicate key, a tab, a Shift_JIS file" {
    five_errors
    printf 'koboshi: 1\nplan: {id: t, id: u, title: 試験, version: "1"}\n' >"$plan"
    exits 3 check "$plan" --lang en --no-color
    says 'plan.yaml:2:'
    printf 'koboshi: 1\nplan:\n\tid: t\n' >"$plan"
    exits 3 check "$plan" --lang en --no-color
    says 'plan.yaml:3:'
    printf 'koboshi: 1\nplan: {id: t, title: \x95\x9c\x8b\x8c, version: "1"}\n' >"$plan"
    exits 3 check "$plan" --lang ja --no-color
    says 'Shift_JIS'
}

@test "a good plan passes, and the schema is JSON Schema draft-07" {
    write_plan
    exits 0 check "$plan"
    exits 0 schema
    [[ $(json '.["\u0024schema"]') == http://json-schema.org/draft-07/schema* ]]
    is type "$(json .type)" object
    [ "$(json '.properties | keys | length')" -ge 9 ]
}

@test "a plan that is not there is no plan error" {
    exits 10 check "$work/nowhere.yaml" --lang ja
    says nowhere.yaml
}

@test "every plan that comes with the product is valid" {
    local shipped n=0
    for shipped in "$repo"/plans/*.yaml; do
        exits 0 check "$shipped"
        n=$((n + 1))
    done
    [ "$n" -gt 0 ]
}
