# Goal: whatever a list of hashes says, no file outside the backup is read, nothing is good where one of its lines could not
# be compared, nothing of it reaches a terminal as it is, and it takes neither long nor much memory.
# SPDX-License-Identifier: Apache-2.0
load lib

dialects='gnu space bsd hashdeep mtree certutil fciv fciv-xml powershell csv'

# A backup as folder and as archive; beside and above it files that would match, if anybody looked there.
backup() {
    mkdir -p "$work/in/tree/sub"
    printf 'one\n' >"$work/in/tree/a.txt"
    printf 'two\n' >"$work/in/tree/sub/b.txt"
    tar -C "$work/in/tree" -cf "$work/in/tree.tar" a.txt sub/b.txt
    printf 'outside\n' >"$work/outside"
    cp "$work/outside" "$work/in/outside"
    cp "$work/outside" "$work/like-outside"
    targets=("$work/in/tree" "$work/in/tree.tar")
    trap=$work/like-outside bad=0 told=0
}

watch_outside() { # from here on who opens one of the files outside is written down
    python3 "$BATS_TEST_DIRNAME/opened.py" "$work/outside" "$work/in/outside" >"$work/opened" &
    until grep -q ready "$work/opened"; do sleep 0.1; done
}

nothing_outside_was_opened() { # and it would have been seen
    is 'opened outside' "$(grep -v ready "$work/opened" || true)" ''
    cat "$work/outside" >/dev/null
    for _ in {1..100}; do ! grep -qF "$work/outside" "$work/opened" || return 0; sleep 0.1; done
    echo 'nobody watched the files outside'
    return 1
}

digest() { "$1sum" "$2" | cut -d ' ' -f 1; } # digest sha256 FILE

# line DIALECT PATH FILE: what such a list says of FILE, under this path (printf's escapes are undone: \0 is a NUL)
line() {
    local sha=${digest:-$(digest sha256 "$3")} md5=${digest:-$(digest md5 "$3")}
    case $1 in
        gnu) printf '%s  %b\n' "$sha" "$2" ;;
        space) printf '%s %b\n' "$sha" "$2" ;;
        bsd) printf 'SHA256 (%b) = %s\n' "$2" "$sha" ;;
        hashdeep) printf '%d,%s,%s,%b\n' "$(stat -c %s "$3")" "$md5" "$sha" "$2" ;;
        mtree) printf '%b type=file size=%d sha256digest=%s\n' "$2" "$(stat -c %s "$3")" "$sha" ;;
        certutil) printf 'SHA256 hash of %b:\n%s\nCertUtil: -hashfile command completed successfully.\n' "$2" "$sha" ;;
        fciv) printf '%s %b\n' "$md5" "$2" ;;
        fciv-xml) printf '<FILE_ENTRY><name>%b</name><MD5>%s</MD5></FILE_ENTRY>\n' "$2" "$(printf %s "$md5" | xxd -r -p | base64)" ;;
        powershell) printf 'Algorithm : SHA256\nHash      : %s\nPath      : %b\n\n' "$sha" "$2" ;;
        csv) printf '"SHA256","%s","%b"\n' "$sha" "$2" ;;
    esac
}

list() { # list DIALECT: the beginning, and true lines of the whole backup; the rest is standard input
    case $1 in
        hashdeep) printf '%%%%%%%% HASHDEEP-1.0\n%%%%%%%% size,md5,sha256,filename\n## Invoked from: /srv\n## \n' ;;
        mtree) printf '#mtree\n' ;;
        fciv) printf '//\n// File Checksum Integrity Verifier version 2.05.\n//\n' ;;
        fciv-xml) printf '<?xml version="1.0" encoding="utf-8"?>\n<FCIV>' ;;
        csv) printf '"Algorithm","Hash","Path"\n' ;;
    esac
    line "$1" ./a.txt "$work/in/tree/a.txt"
    line "$1" sub/b.txt "$work/in/tree/sub/b.txt"
    cat
    [ "$1" != fciv-xml ] || printf '</FCIV>\n'
}

raw() { LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]' "$@"; }

# judged WANT WHAT FOLDER…: the list in $work/list ends so (0: good, 1: not), whatever is compared with it
judged() {
    local want=$1 what=$2 target problem got
    shift 2
    for target; do
        told=$((told + 1)) got=0 problem=''
        timeout -k 5 60 "$KOBOSHI_BIN" verify --json --lang en "$target" --manifest "$work/list" >"$out" 2>"$err" </dev/null || got=$?
        [ "$got" -eq "$want" ] || problem="exit $got, expected $want"
        [ "$want" -eq 0 ] || ! jq -e '.items[0] | .status == "good" or (.result.proof | index("L2"))' "$out" >/dev/null || problem+=' called good'
        [ "$want" -eq 1 ] || [ "$(json '.items[0].result | .files_compared >= 2 and .files_matched == .files_compared')" = true ] || problem+=' nothing compared'
        [ "$want" -eq 0 ] || [ "$(json '.items[0].findings | length')" -gt 0 ] || problem+=' no reason'
        ! grep -qE 'AddressSanitizer|runtime error' "$out" "$err" || problem+=' sanitizer report'
        ! raw "$out" "$err" || problem+=' control characters'
        [ -z "$problem" ] || { bad=$((bad + 1)); printf '%s, %s: %s\n' "$what" "${target##*/}" "$problem"; [ -z "${VERBOSE:-}" ] || head -c 1500 "$out" "$err"; }
    done
}

both() { judged "$1" "$2" "${targets[@]}"; }

all_as_expected() { # all_as_expected AT-LEAST: so many lists were judged, and each as it should
    [ "$bad" -eq 0 ] || { echo "$bad of $told lists were not judged as they should"; return 1; }
    [ "$told" -ge "$1" ] || { echo "only $told lists were judged"; return 1; }
}

# Paths that name nothing in the backup, though a file with that content lies where some of them point.
hostile_paths=("$BATS_TEST_TMPDIR/outside" ../outside ../../outside ./../outside sub/../../outside sub/../../../outside
    '..\\outside' 'sub\\..\\..\\outside' '/../outside' './/../outside' '//server/outside' 'C:\\outside' '../tree/a.txt' 'sub/../a.txt'
    . ./. .. ./.. ./ / a.txt/ sub sub/ 'a.txt\0' 'a.txt\0.png' '\0' '\033[2J\033]0;owned\007' '\0302\0233' 'a\0342\0200\0256txt.exe' 'a\r.txt'
    '\0377\0376' CON '%2e%2e/outside' '-' '*')

@test "paths that lead out, or nowhere: never good, in any dialect" {
    backup
    watch_outside
    for dialect in $dialects; do
        list "$dialect" </dev/null >"$work/list"
        both 0 "$dialect as it should be"
        for path in "${hostile_paths[@]}"; do
            line "$dialect" "$path" "$trap" | list "$dialect" >"$work/list"
            judged 1 "$dialect $path" "${targets[told % 2]}"
        done
    done
    all_as_expected $((10 * (2 + ${#hostile_paths[@]})))
    nothing_outside_was_opened
}

@test "the same file twice, digests of a wrong length, names that Windows wrote, NUL in a line" {
    backup
    local a=$work/in/tree/a.txt
    for dialect in $dialects; do
        line "$dialect" a.txt "$a" | list "$dialect" >"$work/list"
        both 0 "$dialect the same again"
        line "$dialect" a.txt "$trap" | list "$dialect" >"$work/list"
        both 1 "$dialect twice, and not the same"
        line "$dialect" './a.txt' "$trap" | list "$dialect" >"$work/list"
        both 1 "$dialect twice, written in two ways"
        for digest in "$(head -c 62 < <(digest sha256 "$a"))" "$(digest sha256 "$a")00" "$(digest sha256 "$a" | tr 0-9a-f g-v)" 0; do
            line "$dialect" a.txt "$a" | list "$dialect" >"$work/list"
            both 1 "$dialect digest '$digest'"
        done
        unset -v digest
        { list "$dialect" </dev/null; printf '\0\n'; } >"$work/list"
        both 1 "$dialect a line of a NUL"
        { printf '\0'; list "$dialect" </dev/null; } >"$work/list"
        both 1 "$dialect a NUL before all"
    done
    all_as_expected 160
    # 表 ends in 0x5C in CP932: it is no separator, and cannot be used as one
    printf 'three\n' >"$work/in/tree/sub/表"
    (cd "$work/in/tree" && tar -cf ../tree.tar a.txt sub/b.txt sub/表)
    for dialect in gnu bsd certutil fciv; do
        line "$dialect" 'sub\\\0225\0134' "$work/in/tree/sub/表" | list "$dialect" >"$work/list"
        both 0 "$dialect CP932"
        line "$dialect" 'sub\\\0225\0134' "$trap" | list "$dialect" >"$work/list"
        both 1 "$dialect CP932, another content"
        line "$dialect" 'sub\\\0225\0134..\\..\\..\\outside' "$trap" | list "$dialect" >"$work/list"
        both 1 "$dialect CP932, and out"
    done
    all_as_expected 190
}

@test "mtree: a digest beside what is no file, escapes, folders that are left too often" {
    backup
    local said
    said="sha256digest=$(digest sha256 "$trap")"
    for entry in ". $said" ".. $said" "./. $said" "./. type=file $said" ". type=file $said" "../outside $said" "sub type=dir $said" "link type=link $said" \
        "\\056\\056/outside type=file $said" "a\\000b type=file $said" "a\\x00b type=file $said" "\\q type=file $said" "gone.txt ripemd160digest=00" \
        $'sub type=dir\n..\n..\n..\noutside type=file '"$said" "/set type=dir"$'\n'"gone.txt $said" "a.txt type=file $said" "gone.txt type=file" \
        "a.txt type=file sha256digest=" "a.txt type=file size=-1" "a.txt type=file size=99999999999999999999" "a.txt type=file \\"; do
        printf '%s\n' "$entry" | list mtree >"$work/list"
        both 1 "mtree $entry"
    done
    all_as_expected 40
}

# bounded WHAT: verify of the list in $work/list is red within the time and memory that $seconds and $kib allow
bounded() {
    local got=0 peak
    command time -f %M -o "$work/peak" timeout -k 5 "$seconds" "$KOBOSHI_BIN" verify --json --lang en "$work/in/tree" --manifest "$work/list" >"$out" 2>"$err" </dev/null || got=$?
    peak=$(tail -n 1 "$work/peak")
    told=$((told + 1))
    [ "$got" -eq 1 ] || { bad=$((bad + 1)); echo "$1: exit $got, expected 1"; head -c 500 "$err"; }
    [ "$peak" -le "$kib" ] || { bad=$((bad + 1)); echo "$1: $peak KiB, expected at most $kib"; }
    [ "$(json '.items[0].findings | length')" -le 1002 ] || { bad=$((bad + 1)); echo "$1: $(json '.items[0].findings | length') findings one by one"; }
    echo "$1: $peak KiB"
}

@test "a million lines, a line of 100 MB, paths of 8 KB: red in time, in bounded memory" {
    backup
    # a line takes 150 bytes, twice that while its table doubles; AddressSanitizer keeps 256 MiB of what was freed
    seconds=60 kib=$((700 << 10))
    list gnu < <(seq -f "$(digest sha256 "$trap")  gone/%.0f" 1000000) >"$work/list"
    bounded 'a million files that are not there'
    { yes "$(digest sha256 "$trap")  a.txt" || true; } | head -n 1000000 | list gnu >"$work/list"
    bounded 'one file a million times, and otherwise'
    list gnu < <(seq -f 'nonsense %.0f' 1000000) >"$work/list"
    bounded 'a million lines that are none'
    # a line is never held beyond 20 KiB: what is needed is what a small list needs
    kib=$((300 << 10))
    for dialect in $dialects; do
        line "$dialect" "$(printf '%08192d' 0)" "$trap" | list "$dialect" >"$work/list"
        bounded "$dialect, a path of 8 KB"
        line "$dialect" "$(printf 'd/%.0s' {1..4096})x" "$trap" | list "$dialect" >"$work/list"
        bounded "$dialect, a path of 4,096 folders"
    done
    for dialect in gnu mtree fciv-xml csv; do
        { line "$dialect" PATH "$trap" | sed 's/PATH.*//' | head -c -1; head -c 100M /dev/zero | tr '\0' x; } | list "$dialect" >"$work/list"
        bounded "$dialect, a line of 100 MB"
    done
    head -c 100M /dev/zero >"$work/list"
    bounded '100 MB of NUL'
    rm "$work/list"
    [ "$bad" -eq 0 ]
    [ "$told" -ge 28 ]
}

@test "a list that is no file, lists itself, or lies in the backup" {
    backup
    line gnu list "$trap" | list gnu >"$work/in/tree/list"
    cp "$work/in/tree/list" "$work/list"
    judged 1 'a list of itself' "$work/in/tree"
    list gnu </dev/null >"$work/in/tree/list"
    cp "$work/in/tree/list" "$work/list"
    judged 0 'a list among the files' "$work/in/tree"
    rm "$work/in/tree/list" "$work/list"
    : >"$work/list"
    both 1 'an empty list'
    printf '\n# nothing\n\n' >"$work/list"
    both 1 'a list of comments'
    all_as_expected 6
    mkfifo "$work/pipe"
    ln -s loop "$work/loop"
    for what in "$work/in" /dev/zero "$work/pipe" "$work/loop" "$work/nothing"; do
        got=0
        timeout -k 5 60 "$KOBOSHI_BIN" verify --lang en --no-color "$work/in/tree" --manifest "$what" >"$out" 2>"$err" </dev/null || got=$?
        one_of "exit for $what" "$got" 1 10
        fails grep -q '^OK' "$out"
    done
}

make_bag() { # a bag of version 1.0 with every kind of tag file, in $bag; the files outside would match
    bag=$work/in/bag
    rm -rf "$bag"
    mkdir -p "$bag/data/sub"
    printf 'one\n' >"$bag/data/a.txt"
    printf 'two\n' >"$bag/data/sub/b.txt"
    printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >"$bag/bagit.txt"
    printf 'Source-Organization: x\nPayload-Oxum: 8.2\n' >"$bag/bag-info.txt"
    (cd "$bag" && sha256sum data/a.txt data/sub/b.txt >manifest-sha256.txt)
}

sealed_bag() { # sealed_bag WANT WHAT: with a tag manifest over what is there now, as folder and in an archive
    (cd "$bag" && find . -maxdepth 1 -type f ! -name 'tagmanifest-*' -printf '%P\n' | LC_ALL=C sort | xargs -r sha256sum | cat - "$work/tags" >tagmanifest-sha256.txt)
    rm -f "$bag.tar"
    tar -C "$work/in" -cf "$bag.tar" bag
    bags "$@" "$bag" "$bag.tar"
}

bags() { # bags WANT WHAT PATH…: judged as judged, without a list beside it
    local want=$1 what=$2 target problem got
    shift 2
    for target; do
        told=$((told + 1)) got=0 problem=''
        timeout -k 5 60 "$KOBOSHI_BIN" verify --json --lang en "$target" >"$out" 2>"$err" </dev/null || got=$?
        [ "$got" -eq "$want" ] || problem="exit $got, expected $want"
        [ "$want" -eq 0 ] || ! jq -e '.items[0] | .status == "good" or (.result.proof | index("L2"))' "$out" >/dev/null || problem+=' called good'
        [ "$want" -eq 1 ] || [ "$(json '.items[0].result.files_compared >= 2')" = true ] || problem+=' nothing compared'
        ! grep -qE 'AddressSanitizer|runtime error' "$out" "$err" || problem+=' sanitizer report'
        ! raw "$out" "$err" || problem+=' control characters'
        [ -z "$problem" ] || { bad=$((bad + 1)); printf '%s, %s: %s\n' "$what" "${target##*/}" "$problem"; [ -z "${VERBOSE:-}" ] || head -c 1500 "$out" "$err"; }
    done
}

@test "BagIt: paths out of the bag in each of its files, percent-encoded ones, lines that are none" {
    backup
    watch_outside
    : >"$work/tags"
    make_bag
    sealed_bag 0 'a bag as it should be'
    for path in ../outside ../../outside data/../../outside data/../../../outside data/./../../outside "$work/outside" data%2f..%2f..%2foutside \
        data/%2e%2e/%2e%2e/outside 'data/a.txt%0A../../outside' 'data/a.txt%0a' 'data/..\\..\\outside' 'data/a.txt\0' 'data\0/a.txt' data/ data . '' \
        'data/\033[2J' 'data/\0302\0233' 'data/\0342\0200\0256txt.exe' 'C:\\outside' '//server/data/a.txt' "data/$(printf '%08192d' 0)" "data/$(printf 'd/%.0s' {1..4096})x"; do
        make_bag
        printf '%s  %b\n' "$(digest sha256 "$trap")" "$path" >>"$bag/manifest-sha256.txt"
        sealed_bag 1 "manifest: ${path:0:60}"
        make_bag
        printf '%s  %b\n' "$(digest sha256 "$trap")" "$path" >"$work/tags"
        sealed_bag 1 "tagmanifest: ${path:0:60}"
        : >"$work/tags"
        make_bag
        printf 'file://%s 8 %b\n' "$work/outside" "$path" >"$bag/fetch.txt"
        sealed_bag 1 "fetch: ${path:0:60}"
    done
    for lines in 'https://example.invalid/x 8 data/gone.txt' 'data/a.txt' 'https://example.invalid/x -8 data/../../outside' '\0' 'x y z' 'https://example.invalid/x 99999999999999999999 data/gone'; do
        make_bag
        printf '%b\n' "$lines" >"$bag/fetch.txt"
        sealed_bag 1 "fetch: $lines"
    done
    for lines in '' 'BagIt-Version: 1.0' 'BagIt-Version: 9.9\nTag-File-Character-Encoding: UTF-8' 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-7' \
        'BagIt-Version: 1.0\0\nTag-File-Character-Encoding: UTF-8' 'BagIt-Version: \033[2J\nTag-File-Character-Encoding: \0302\0233'; do
        make_bag
        printf '%b' "$lines" >"$bag/bagit.txt"
        sealed_bag 1 "bagit.txt: $lines"
    done
    for lines in 'Payload-Oxum: 8.3' 'Payload-Oxum: -8.2' 'Payload-Oxum: 99999999999999999999.2' 'Payload-Oxum: 8.2\nPayload-Oxum: 9.2' 'Payload-Oxum: 8.2\0'; do
        make_bag
        printf '%b\n' "$lines" >"$bag/bag-info.txt"
        sealed_bag 1 "bag-info.txt: $lines"
    done
    make_bag
    { cat "$bag/manifest-sha256.txt"; printf '%s  data/a.txt\n' "$(digest sha256 "$trap")"; } >"$work/two"
    mv "$work/two" "$bag/manifest-sha256.txt"
    sealed_bag 1 'a file twice, otherwise'
    make_bag
    rm "$bag/data/a.txt"
    ln -s ../../outside "$bag/data/a.txt"
    printf '%s  data/a.txt\n%s  data/sub/b.txt\n' "$(digest sha256 "$trap")" "$(digest sha256 "$bag/data/sub/b.txt")" >"$bag/manifest-sha256.txt"
    sealed_bag 1 'a link out that would match'
    make_bag
    ln -sf ../outside "$bag/manifest-sha256.txt"
    sealed_bag 1 'a manifest that is a link'
    all_as_expected 150
    nothing_outside_was_opened
}
