# Goal: whatever lies where a plan should be, check and drill refuse it in seconds and bounded memory, with the exit status of
# what is wrong, line and column where there are any, and a message that a terminal can show; nothing gets into the ledger.
# SPDX-License-Identifier: Apache-2.0
load lib

raw() { LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]' "$@"; }

# A plan is read whole (4 MiB at most) and made into nodes, of which the shortest takes two bytes and a hundred in memory;
# AddressSanitizer keeps 256 MiB of what was freed on top.
memory=$((700 << 10))

begin() { # the smallest good plan, and a ledger with one good drill
    share_tar >/dev/null
    write_plan manifest='共有/share-%Y%m%d.sha256'
    drill 0
    lines=$(wc -l <"$work/ledger/ledger.jsonl") bad=0 told=0
    cp "$plan" "$work/good.yaml"
}

# refused STATUS WHAT [FILE]: check in both languages, and a drill, of the plan as it is now
refused() {
    local want=$1 what=$2 file=${3:-$plan} verb got problem peak
    for verb in 'check --lang en --no-color' 'check --lang ja --json' 'drill --lang ja --no-color'; do
        local -a words
        read -ra words <<<"$verb"
        told=$((told + 1)) got=0 problem=''
        case ${words[0]} in drill) words=(drill "$file" all "${words[@]:1}" "${places[@]}") ;; *) words=(check "$file" "${words[@]:1}") ;; esac
        command time -f %M -o "$work/peak" timeout -k 5 20 "$KOBOSHI_BIN" "${words[@]}" >"$out" 2>"$err" </dev/null || got=$?
        peak=$(tail -n 1 "$work/peak")
        [ "$got" -eq "$want" ] || problem="exit $got, expected $want"
        [ "$peak" -le "$memory" ] || problem+=" $peak KiB"
        ! raw "$out" "$err" || problem+=' control characters'
        [ "$(cat "$out" "$err" | wc -c)" -gt 20 ] || problem+=' nothing said'
        [ "$(cat "$out" "$err" | wc -c)" -lt 200000 ] || problem+=" $(cat "$out" "$err" | wc -c) bytes said"
        ! grep -qE 'AddressSanitizer|runtime error' "$out" "$err" || problem+=' sanitizer report'
        [ "$want" -ne 3 ] || [ "${words[0]}" != check ] || grep -qE ':[0-9]+:[0-9]+: |"column": ' "$out" "$err" || problem+=' no line and column'
        [ -z "$problem" ] || { bad=$((bad + 1)); printf '%s, %s: %s\n' "$what" "$verb" "$problem"; [ -z "${VERBOSE:-}" ] || head -c 1500 "$out" "$err"; }
    done
}

ended() { # ended AT-LEAST: so many were refused as they should, and nothing of it stands in the ledger
    [ "$bad" -eq 0 ] || { echo "$bad of $told were not refused as they should"; return 1; }
    [ "$told" -ge "$1" ] || { echo "only $told were tried"; return 1; }
    is 'lines of the ledger' "$(wc -l <"$work/ledger/ledger.jsonl")" "$lines"
    exits 0 evidence verify "${evidence[@]}"
}

with() { # with TEXT: the good plan, and printf's TEXT behind it
    cp "$work/good.yaml" "$plan"
    # shellcheck disable=SC2059
    printf -- "$1" >>"$plan"
}

repeat() { { yes "$2" || true; } | head -n "$1" | tr -d '\n'; } # repeat N TEXT

@test "what is no file: folder, FIFO, device, loops, nothing, unreadable" {
    begin
    mkdir "$work/folder"
    mkfifo "$work/pipe"
    ln -s loop "$work/loop"
    ln -s nowhere "$work/dangling"
    for file in folder pipe loop dangling missing "$(printf 'missing\033[31m\xc2\x9b\xe2\x80\xae')" "$(repeat 300 x)" "good.yaml/x"; do
        refused 10 "$file" "$work/$file"
    done
    for file in /dev/zero /dev/null ''; do refused 10 "$file" "${file:-$work/}"; done
    refused 3 'a file of no size that has content' /proc/self/environ
    : >"$plan"
    refused 3 'an empty file'
    printf '\n\n# nothing\n' >"$plan"
    refused 3 'comments'
    ended 36
}

@test "a plan that may not be read: exit 11" {
    begin
    chmod 0 "$plan"
    local -a as=()
    [ "$(id -u)" -ne 0 ] || as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    got=0
    "${as[@]}" "$KOBOSHI_BIN" check "$plan" --lang en >"$out" 2>"$err" </dev/null || got=$?
    is exit "$got" 11
    says "$plan"
}

@test "large: 100 MB, scalars of 4 MB, 10^5 keys and items, 10^4 levels" {
    begin
    { cat "$work/good.yaml"; printf 'x: "'; head -c 100M /dev/zero | tr '\0' x; printf '"\n'; } >"$plan"
    refused 3 '100 MB'
    rm "$plan"
    for before in 'x: "' 'x: ' "x: '" 'x: |\n  ' '# ' '? ' '&' '*' '! ' '%%' '- ' '? [' '"'; do
        with "$before"
        head -c 3M /dev/zero | tr '\0' x >>"$plan"
        case $before in *'"'*) printf '"\n' >>"$plan" ;; esac
        [ "$before" = '# ' ] || refused 3 "3 MB behind $before"
    done
    for key in 'plan: {id: ' 'systems: {' 'drills: {all: {title: ' 'backup_sets: {share: {format: archive, recovery: ' 'backup_sets: {share: {format: archive, copies: [{medium: disk, path: "'; do
        { printf '%s' "$key"; head -c 3M /dev/zero | tr '\0' a; printf '"\n'; } >"$plan"
        refused 3 "3 MB in $key"
        { printf 'koboshi: 1\n%s"' "$key"; head -c 3M /dev/zero | tr '\0' a; printf '": x}}]}}\n'; } >"$plan"
        refused 3 "3 MB quoted in $key"
    done
    seq -f 'key%.0f: x' 100000 >"$plan"
    refused 3 '10^5 keys'
    { printf '{'; seq -f 'key%.0f: x,' 100000 | tr -d '\n'; printf '}\n'; } >"$plan"
    refused 3 '10^5 keys in one line'
    { cat "$work/good.yaml"; printf 'x:\n'; seq -f '  - %.0f' 100000; } >"$plan"
    refused 3 '10^5 items'
    { printf 'systems: ['; repeat 100000 '1,'; printf ']\n'; } >"$plan"
    refused 3 '10^5 items in one line'
    { cat "$work/good.yaml"; printf 'x: ['; repeat 200 "[$(repeat 9000 'a,')],"; printf ']\n'; } >"$plan"
    refused 3 'two million nodes'
    { printf 'koboshi: 1\nplan: {id: t, title: t, version: "1"}\nsystems:\n'; seq -f '  s%.0f: {title: t, depends_on: [s9, none], nonsense: 1}' 9999; } >"$plan"
    refused 3 '10^4 systems with three mistakes each'
    for open in '[' '{' '- ' '{a: ' '[{a: ' '? '; do
        { printf 'x: '; repeat 10000 "$open"; printf '\n'; } >"$plan"
        refused 3 "10^4 levels of $open"
        { repeat 10000 "$open"; printf '\n'; } >"$plan"
        refused 3 "10^4 levels of $open from the beginning"
    done
    { for i in {1..1000}; do printf '%*sk:\n' "$i" ''; done; } >"$plan"
    refused 3 '10^3 levels by indentation'
    ended 90
}

@test "what YAML can do and a plan must not: billion laughs, merges, tags, documents, twice the same key" {
    begin
    {
        printf 'a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n'
        for i in {1..30}; do printf 'a%d: &a%d [%s]\n' "$i" "$i" "$(repeat 9 "*a$((i - 1)), ")"; done
    } >"$plan"
    refused 3 'billion laughs'
    { for i in {1..30}; do printf 'a%d: &a%d {<<: [*a%d, *a%d]}\n' "$i" "$i" "$((i - 1))" "$((i - 1))"; done; } >"$plan"
    refused 3 'billion laughs by merging'
    { repeat 100000 '&a '; printf '\n'; } >"$plan"
    refused 3 'anchors'
    { repeat 100000 '*a, '; printf '\n'; } >"$plan"
    refused 3 'aliases'
    for text in 'x: &x [*x]\n' 'systems: {a: 1}\n' 'plan: {id: x}\n' '---\nkoboshi: 1\n' '...\n---\n' '%%TAG ! tag:x,2000:\n--- x\n' 'x: !!python/object/apply:os.system [id]\n' \
        'x: !<tag:yaml.org,2002:binary> aGk=\n' '<<: {systems: {}}\n' '? [a, b]\n: c\n' '? {a: b}\n: c\n' 'x: !!binary |\n  aGk=\n'; do
        with "$text"
        refused 3 "$text"
    done
    { cat "$work/good.yaml"; repeat 100000 $'plan: 1\n' | sed 's/plan/\nplan/g'; } >"$plan"
    refused 3 'one key a hundred thousand times'
    ended 50
}

# In names, ids, texts, keys; as they are, and as double-quoted YAML can write them.
@test "control characters, bidirectional ones, bytes that are no UTF-8, other encodings" {
    begin
    for bytes in '\001' '\033[2J' '\007' '\177' '\302\233' '\302\205' '\342\200\256' '\342\201\246' '\342\200\217' '\342\200\250' '\330\234' '\357\273\277' '\377' '\300\200' \
        '\355\240\200' '\370\210\200\200\200' '\364\220\200\200' '\000' '\r\033[31m'; do
        for where in "s/flow-test/flow$(printf '%s' "$bytes" | sed 's/\\/\\o/g')test/" "s/試験/試$(printf '%s' "$bytes" | sed 's/\\/\\o/g')験/" \
            "s/^systems/sys$(printf '%s' "$bytes" | sed 's/\\/\\o/g')tems/" "s/files:/fi$(printf '%s' "$bytes" | sed 's/\\/\\o/g')les:/"; do
            LC_ALL=C sed "$where" "$work/good.yaml" >"$plan"
            case $bytes in '\342\200\250' | '\302\205') fails cmp -s "$work/good.yaml" "$plan" ;; *) refused 3 "$bytes by $where" ;; esac
        done
    done
    for escape in '\\0' '\\x1b[2J' '\\a' '\\x7f' '\\x9b' '\\N' '\\u202e' '\\u2066' '\\u200f' '\\L' '\\P' '\\u061c'; do
        for where in "s/id: flow-test/id: \"flow${escape}test\"/" "s/復旧計画（試験）/\"復旧${escape}計画\"/" "s/^systems:/\"sys${escape}tems\":/" "s/  files:/  \"fi${escape}les\":/"; do
            sed "$where" "$work/good.yaml" >"$plan"
            refused 3 "$escape by $where"
        done
    done
    for encoding in UTF-16LE UTF-16BE UTF-16 UTF-32LE UTF-32BE CP932 EUC-JP ISO-2022-JP UTF-7; do
        iconv -f UTF-8 -t "$encoding" "$work/good.yaml" >"$plan"
        refused 3 "$encoding"
    done
    head -c 1M /dev/urandom >"$plan"
    refused 3 noise
    ended 300
}

@test "numbers and durations beyond all bounds, patterns that take long to match" {
    begin
    for value in 99999999999999999999 -1 9223372036854775807 9223372036854775808 1e999 0x7fffffffffffffff .inf -.inf .nan 9223372036854775807h 99999999999d -5h "$(repeat 5000 9)h" '"１０h"' 1.5h "" '{}' '[]'; do
        for where in "s/, systems: \[files\]/&, max_duration: $value/" "s/koboshi: 1/koboshi: $value/" "s/recovery: restore-share/&\n    expect: {min_files: $value}/" \
            "s/recovery: restore-share/&\n    expect: {min_bytes: $value}/" "s/recovery: restore-share/&\n    budgets: {bytes: $value}/"; do
            sed "$where" "$work/good.yaml" >"$plan"
            case $where in *"min_bytes: 9223372036854775807}"* | *'min_bytes: 0}'*) continue ;; esac # a size is any number of bytes
            refused 3 "$where"
        done
    done
    ended 200
}

@test "a good plan at a path that acts on a terminal, and names on a disk that do: no verb shows them as they are" {
    begin
    bad=0
    there="$work/here$(printf '\033[31m\302\233\342\200\256')"
    mkdir "$there"
    sed "s|mount: disk|mount: $disk|" "$work/good.yaml" >"$there/plan.yaml"
    cp -a "$disk" "$there/disk"
    cp "$there/disk/共有/share-20261120.tar" "$there/disk/share-20261119$(printf '\342\200\256\302\233').tar"
    cp "$there/disk/共有/share-20261120.tar" "$there/disk/共有$(printf '\342\200\256')-20261120.tar"
    shown() { # shown STATUS VERB ARG…
        exits "$@"
        ! raw "$out" "$err" || { bad=$((bad + 1)); echo "$2: control characters"; }
    }
    shown 0 check "$there/plan.yaml"
    shown 0 check "$there/plan.yaml" --json
    shown 0 drill "$there/plan.yaml" all "${places[@]}"
    shown 0 status "$there/plan.yaml" "${evidence[@]}"
    shown 0 media "$there/plan.yaml" "${evidence[@]}"
    shown 2 approve "$there/plan.yaml" --role boss --by "山田$(printf '\342\200\256')" "${evidence[@]}"
    shown 0 approve "$there/plan.yaml" --role boss --by 山田 "${evidence[@]}"
    shown 0 check "$there/plan.yaml" "${evidence[@]}"
    shown 0 init "$there/new" "${evidence[@]}"
    shown 0 init "$there/scanned" --scan "$there/disk" "${evidence[@]}"
    shown 0 init "$there/scanned-json" --scan "$there/disk" --json "${evidence[@]}"
    shown 0 verify "$there/disk/共有/share-20261120.tar"
    shown 0 seal "$there/disk" -o "$there/list" --keys "$work/keys"
    shown 0 evidence export -o "$there/pack" "${evidence[@]}"
    shown 0 keygen --keys "$there/keys"
    shown 10 verify "$there/nothing.tar"
    shown 2 "$(printf 'no\033[31mverb')"
    shown 2 check "$there/plan.yaml" "--no$(printf '\033[31m\342\200\256')"
    [ "$bad" -eq 0 ]
}
