# Goal: verify and seal work on plain paths without a plan, and leave nothing behind.
# SPDX-License-Identifier: Apache-2.0
load lib

verify() { # verify STATUS PATH…
    local status=$1
    shift
    exits "$status" verify --json --lang en --no-color "$@"
}

@test "a good archive, with figures; nothing is written" {
    tar=$(share_tar zst)
    before=$(find "$work" -printf '%p %s %T@\n' | grep -v "^$work/\(out\|err\) \|^$work " | sort)
    verify 0 "$tar"
    is status "$(json '.items[0].status')" good
    is files "$(json '.items[0].result.files')" 5
    is bytes "$(json '.items[0].result.bytes_read')" "$(stat -c %s "$tar")"
    is hash "$(json '.items[0].result.sha256')" "$(hash_of "$tar")"
    is after "$(find "$work" -printf '%p %s %T@\n' | grep -v "^$work/\(out\|err\) \|^$work " | sort)" "$before"
}

@test "several paths: each has its own verdict, one bad one makes exit 1" {
    tar=$(share_tar zst)
    cp "$tar" "$work/切れた.tar.zst"
    truncate -s 100000 "$work/切れた.tar.zst"
    tar -cf "$work/空.tar" -T /dev/null
    verify 1 "$tar" "$work/切れた.tar.zst" "$work/空.tar"
    is statuses "$(json '[.items[].status] | join(" ")')" 'good failed failed'
    is 'empty one' "$(json '[.items[2].findings[].rule] | join(" ")')" zero-files
    exits 1 verify --lang ja --no-color "$work/切れた.tar.zst"
    says '切れた.tar.zst'
}

@test "a path that is not there, and no path at all" {
    exits 10 verify "$work/ない.tar" --lang ja
    says 'ない.tar'
    exits 2 verify --lang ja
}

@test "a format that is not accepted is refused by name" {
    printf '%32768s' '' >"$work/a.iso"
    printf '\001CD001\001' >>"$work/a.iso"
    truncate -s 1M "$work/a.iso"
    verify 1 "$work/a.iso"
    is finding "$(json '[.items[0].findings[].rule] | join(" ")')" format-refused
}

@test "seal writes what sha256sum reads, and a signature that ssh-keygen could check" {
    make_tree "$work/tree"
    a_key >/dev/null
    exits 0 seal "$work/tree" -o "$work/総務.sha256" "${evidence[@]}"
    (cd "$work/tree" && sha256sum -c --quiet "$work/総務.sha256")
    is lines "$(wc -l <"$work/総務.sha256")" 5
    [ -n "$(find "$work" -maxdepth 1 -name '総務.sha256.sig')" ]
    printf x >>"$work/tree/総務/canary.txt"
    cd "$work/tree"
    fails sha256sum -c --quiet --status "$work/総務.sha256"
}
