# Goal: archives that nobody here made: an answer in time, never a crash, never "good" where a plain reader fails.
# SPDX-License-Identifier: Apache-2.0
load lib

@test "every sample of KOBOSHI_CORPUS/libarchive" {
    [ -n "${KOBOSHI_CORPUS:-}" ] || skip 'KOBOSHI_CORPUS is not set'
    samples=$KOBOSHI_CORPUS/libarchive
    [ -e "$samples/oracle.tsv" ] || skip "no samples at $samples"
    mkdir "$work/empty"
    cd "$work/empty"
    looked=0 wrong=0
    while IFS=$'\t' read -r file verdict _; do
        case $file in '#'*) continue ;; esac
        [ -e "$samples/samples/$file" ] || continue
        looked=$((looked + 1)) got=0
        timeout -k 1 10 "$KOBOSHI_BIN" verify --json --lang en "$samples/samples/$file" >"$out" 2>"$err" </dev/null || got=$?
        case $got in 0 | 1 | 1[0-9]) ;; *) echo "$file: exit $got"; wrong=$((wrong + 1)); continue ;; esac
        if [ "$got" -eq 0 ]; then
            case $verdict in FATAL | FAILED) echo "$file: good, where a plain reader says $verdict"; wrong=$((wrong + 1)) ;; esac
        elif [ "$(jq '[.items[0].findings[]?] | length' "$out" 2>/dev/null || echo 0)" -eq 0 ] && [ ! -s "$err" ]; then
            echo "$file: exit $got without a reason"
            wrong=$((wrong + 1))
        fi
        [ -z "$(ls -A)" ] || { echo "$file: left $(ls -A) behind"; wrong=$((wrong + 1)); rm -rf ./*; }
    done <"$samples/oracle.tsv"
    echo "$looked samples, $wrong wrong"
    [ "$looked" -gt 200 ]
    [ "$wrong" -eq 0 ]
}

# samples: what Debian's packages bring of other projects' archives; those that are not archives must be refused.
samples() {
    local folder
    for folder in /usr/share/go-1.19/src/archive/{tar,zip}/testdata /usr/share/clamav-testfiles; do
        [ ! -d "$folder" ] || find "$folder" -type f
    done
    [ ! -d /usr/lib/python3.11/test ] || find /usr/lib/python3.11/test -name '*.tar*' -o -name '*.zip'
}

@test "archives of Go, Python and ClamAV: never good where bsdtar fails, and a reason where not good" {
    looked=0 wrong=0 good=0
    while read -r file; do
        looked=$((looked + 1)) got=0
        timeout -k 1 10 "$KOBOSHI_BIN" verify --json --lang en "$file" >"$out" 2>"$err" </dev/null || got=$?
        case $got in 0 | 1 | 1[0-9]) ;; *) echo "$file: exit $got"; wrong=$((wrong + 1)); continue ;; esac
        if [ "$got" -eq 0 ]; then
            good=$((good + 1))
            if ! bsdtar -xOf "$file" >/dev/null 2>&1 </dev/null; then
                echo "$file: good, where bsdtar fails"
                wrong=$((wrong + 1))
            fi
        elif [ "$(jq '[.items[0].findings[]?] | length' "$out")" -eq 0 ] && [ ! -s "$err" ]; then
            echo "$file: exit $got without a reason"
            wrong=$((wrong + 1))
        fi
    done < <(samples)
    [ "$looked" -gt 0 ] || skip 'none of golang-1.19-src, libpython3.11-testsuite, clamav-testfiles is installed'
    echo "$looked samples, $good good, $wrong wrong"
    [ "$looked" -gt 100 ]
    [ "$good" -gt 20 ]
    [ "$wrong" -eq 0 ]
}
