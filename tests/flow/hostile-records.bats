# Goal: a ledger, records and a pack that a stranger made up and signed: whatever stands in them is shown, refused or called
# wrong; no program dies of it, and nothing in it acts on a terminal or becomes HTML.
# SPDX-License-Identifier: Apache-2.0
load lib

stranger() { # a ledger with drills, comings and goings of media; its key is the stranger's
    line=${KOBOSHI_BIN%/*}/ledger_line
    [ -x "$line" ] || line=$repo/build/dev/bin/ledger_line
    [ -x "$line" ] || skip 'needs build/dev/bin/ledger_line, which comes with the preset dev'
    flip_at "$(share_tar)" 2000
    write_plan manifest='共有/share-%Y%m%d.sha256' functions='{order: {title: {ja: 受発注, en: Orders}, rto: 1h, rpo: 24h, needs: [files]}}'
    drill 1
    drill 1
    "$line" "$work/ledger" "$work/keys/agent.pem" seen disk arrived
    "$line" "$work/ledger" "$work/keys/agent.pem" seen disk left
    "$line" "$work/ledger" "$work/keys/agent.pem" swapped disk disk
    exits 0 evidence verify "${evidence[@]}"
    mv "$work/ledger" "$work/as-it-was"
    bad=0 told=0 more=''
}

raw() { LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]' "$@"; }

runs() { # runs WHAT ALLOWED VERB ARG…: ends with one of the allowed exit statuses, and says nothing harmful
    local what=$1 allowed=$2 got=0 problem=''
    shift 2
    told=$((told + 1))
    timeout -k 5 30 "$KOBOSHI_BIN" "$@" --ledger "$work/ledger" --keys "$work/keys" --no-color >"$out" 2>"$err" </dev/null || got=$?
    case " $allowed " in *" $got "*) ;; *) problem="exit $got, expected one of: $allowed" ;; esac
    ! grep -qE 'AddressSanitizer|LeakSanitizer|runtime error' "$out" "$err" || problem+=" $(grep -hm 1 -E 'Sanitizer|runtime error' "$out" "$err")"
    ! raw "$out" "$err" || problem+=' control characters'
    ! grep -qiE '<(script|img)' "$out" || [[ " $* " != *html* ]] || problem+=' HTML that was not escaped'
    [ -z "$problem" ] || { bad=$((bad + 1)); printf '%.80s, %s %s: %s\n' "$what" "$1" "$2" "$problem"; [ -z "${VERBOSE:-}" ] || head -c 1500 "$out" "$err"; }
}

# forge WHERE WHAT LITERAL: the ledger says so now, and everything that reads ledgers reads it
forge() {
    local what="$*"
    rm -rf "$work/ledger" "$work/pack"
    cp -a "$work/as-it-was" "$work/ledger"
    python3 "$BATS_TEST_DIRNAME/forge.py" "$work/ledger" "$@"
    "$line" "$work/ledger" "$work/keys/agent.pem" sealed
    runs "$what" '0 1' evidence verify
    runs "$what" '0 1' evidence verify --json
    runs "$what" '0 1 12' evidence list
    runs "$what" "0 1 12$more" report --format text --lang ja
    runs "$what" "0 1 12$more" report --format html --lang en
    runs "$what" "0 1 12$more" report --format json
    runs "$what" "0 1 12$more" report --json
    runs "$what" '0 1 12' status "$plan" --lang en
    runs "$what" '0 1 12' status "$plan" --json
    runs "$what" '0 1 12' media "$plan" --lang ja
    runs "$what" '0 1 12' media "$plan" --json
    runs "$what" '0 1 12' check "$plan" --lang ja
    runs "$what" '0 1 12' evidence export -o "$work/pack"
    if [ -e "$work/pack/verify.sh" ]; then
        (cd "$work/pack" && timeout 60 sh ./verify.sh >"$out" 2>"$err" </dev/null) || true
        ! raw "$out" "$err" || { bad=$((bad + 1)); echo "$what: verify.sh prints control characters"; }
    fi
}

all_as_expected() { # all_as_expected AT-LEAST
    [ "$bad" -eq 0 ] || { echo "$bad of $told runs did not end as they should"; return 1; }
    [ "$told" -ge "$1" ] || { echo "only $told runs"; return 1; }
}

@test "what is forged and sealed is read as any other" {
    stranger
    cp -a "$work/as-it-was" "$work/ledger"
    python3 "$BATS_TEST_DIRNAME/forge.py" "$work/ledger" lines label '"x"'
    "$line" "$work/ledger" "$work/keys/agent.pem" sealed
    exits 0 evidence verify "${evidence[@]}"
    python3 "$BATS_TEST_DIRNAME/forge.py" "$work/ledger" records zone '"UTC"'
    exits 1 evidence verify "${evidence[@]}" # not sealed again
}

@test "numbers: at and beyond the limits of 64 bits, negative, fractions, other types" {
    stranger
    for where in lines records; do
        for literal in 9223372036854775807 -9223372036854775808 -9223372036854775807 4611686018427387904 -1 0 9223372036854775808 -9223372036854775809 \
            "1$(printf '0%.0s' {1..400})" 0.5 1e308 1e999 '"1"' null true '[]' '{}'; do
            forge "$where" numbers "$literal"
        done
    done
    all_as_expected 400
}

@test "a fraction where a line has a number is no ledger: exit 12" {
    stranger
    forge lines bytes 0.5
    runs status 12 status "$plan"
    runs 'status, JSON' 12 status "$plan" --json
    all_as_expected 14
}

@test "texts: ANSI, C1, bidirectional controls, line feeds, HTML, 10 MB, deep JSON, twice the same key" {
    stranger
    acts=$(printf '"a\\u001b[2J\\u001b]0;owned\\u0007\\u009b2J\\u202e\\u061c\\u2028\\r\\n\\u007f</style></title><script>x</script><img src=x>\\"%%s%%n"')
    bare=$(printf '"a\xc2\x9b2J\xe2\x80\xae\xd8\x9c\xe2\x80\xa8\x7f<script>x</script>"')
    printf '"%s"' "$(head -c 60000 /dev/zero | tr '\0' x)" >"$work/wide"
    for where in lines records; do
        for literal in "$acts" "$bare" '""' '"\u0000"' '"\ud800"' '"/etc/passwd"' '"../../../etc/passwd"' "$(cat "$work/wide")" '{"ja": "\u001b[2J", "en": 5}' "$(printf '[%.0s' {1..3000})"; do
            forge "$where" texts "$literal"
        done
    done
    for key in status medium presence name operator label fs_uuid serial proof list set file plan agent_version signer reason; do
        forge lines "$key" "$acts"
        forge lines "$key" '"../../../../etc/passwd"'
    done
    for key in title status severity rule entry found path medium; do forge records "$key" "$acts"; done
    more=' 15' # a zone that this machine does not know
    forge records zone "$acts"
    all_as_expected 500
}

@test "what is too large or too deep is said to be so: a text of 10 MB, a record of 70 MB, JSON of 10^5 levels" {
    stranger
    cp -a "$work/as-it-was" "$work/pristine"
    for make in "printf '\"'; head -c 10M /dev/zero | tr '\\0' x; printf '\"'" "head -c 70M /dev/zero | tr '\\0' ' '; printf 1" "head -c 100000 /dev/zero | tr '\\0' '['"; do
        rm -rf "$work/ledger"
        cp -a "$work/pristine" "$work/ledger"
        sh -c "$make" >"$work/long"
        {
            printf '{"format": 1, "title": '
            cat "$work/long"
            printf '}\n'
        } >"$work/ledger/drills/000002/record.json"
        (cd "$work/ledger/drills/000002" && cut -c 67- SHA256SUMS | xargs sha256sum >"$work/sums" && cp "$work/sums" SHA256SUMS)
        python3 "$BATS_TEST_DIRNAME/forge.py" "$work/ledger" lines nothing 0
        "$line" "$work/ledger" "$work/keys/agent.pem" sealed
        runs "${make:0:40}" '0 1' evidence verify
        for format in text html json; do runs "${make:0:40}" '10 12' report --format "$format"; done
        runs "${make:0:40}" '0 1' status "$plan"
    done
    all_as_expected 15
}
