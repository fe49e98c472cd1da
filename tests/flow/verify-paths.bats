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

@test "what the caller has open is not written to" {
    tar=$(share_tar zst)
    : >"$work/open"
    verify 0 "$tar" 4>>"$work/open" 5>>"$work/open" 6>>"$work/open" 7>>"$work/open"
    is 'bytes written' "$(stat -c %s "$work/open")" 0
}

@test "a list that is no list: a terminal shows five of its lines, JSON all" {
    tar=$(share_tar zst)
    seq 30 >"$work/list"
    exits 1 verify --lang en --no-color "$tar" --manifest "$work/list"
    is shown "$(grep -c 'The manifest cannot be read' "$out")" 5
    says '… 25 more findings; --json lists them all'
    verify 1 "$tar" --manifest "$work/list"
    is all "$(json '.items[0].findings | length')" 30
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
    tar=$(share_tar zst)
    exits 10 verify --lang ja --no-color "$tar" --manifest "$work/no-list"
    fails grep -q '^NG' "$out" # nothing was found out about the backup
}

@test "a format that is not accepted is refused by name" {
    printf '%32768s' '' >"$work/a.iso"
    printf '\001CD001\001' >>"$work/a.iso"
    truncate -s 1M "$work/a.iso"
    verify 1 "$work/a.iso"
    is finding "$(json '[.items[0].findings[].rule] | join(" ")')" format-refused
}

# --- seal ---------------------------------------------------------------------------------------------------------------

seal() { # seal STATUS PATH LIST
    a_key >/dev/null
    exits "$1" seal "$2" -o "$3" --keys "$work/keys" --lang en
}

signed() { # signed LIST: ssh-keygen accepts the signature, knowing nothing but the public half of the key
    printf 'agent %s\n' "$(cat "$work/keys/agent.pub")" >"$work/signers"
    ssh-keygen -q -Y verify -f "$work/signers" -I agent -n koboshi-manifest -s "$1.sig" <"$1"
}

lists() { # lists DIR LIST: every file there, each as it is now
    (cd "$1" && sha256sum -c --strict --quiet "$2") && is lines "$(wc -l <"$2")" "$(find "$1" -type f -printf x | wc -c)"
}

@test "seal: names with a newline, a backslash, blanks and Japanese; a changed byte is found, in list and signature" {
    make_tree "$work/tree"
    printf a >"$work/tree/総務/改行"$'\n'"と\\"
    printf b >"$work/tree/ 表 ソ "
    ln -s canary.txt "$work/tree/総務/link"
    seal 0 "$work/tree" "$work/総務.sha256"
    lists "$work/tree" "$work/総務.sha256"
    signed "$work/総務.sha256"
    verify 1 "$work/tree" --manifest "$work/総務.sha256" # all equal; that such a name is there is a finding
    is findings "$(json '[.items[0].findings[].rule] | join(" ")')" name-control
    is matched "$(json '.items[0].result | "\(.files_matched) \(.proof.hash)"')" '7 reached'
    printf x >>"$work/tree/総務/canary.txt"
    fails lists "$work/tree" "$work/総務.sha256"
    verify 1 "$work/tree" --manifest "$work/総務.sha256"
    is findings "$(json '[.items[0].findings[] | select(.severity == "bad") | .entry] | join(" ")')" 総務/canary.txt
    sed -i '1s/^./0/' "$work/総務.sha256"
    fails signed "$work/総務.sha256"
}

@test "seal: of a tar, what is in it" {
    tar=$(share_tar)
    seal 0 "$tar" "$work/in-tar.sha256"
    mkdir "$work/unpacked"
    tar -xf "$tar" -C "$work/unpacked"
    lists "$work/unpacked" "$work/in-tar.sha256"
    signed "$work/in-tar.sha256"
    verify 0 "$tar" --manifest "$work/in-tar.sha256"
    flip_at "$tar" "$(offset_of "$tar" 目印)"
    verify 1 "$tar" --manifest "$work/in-tar.sha256"
    is finding "$(json '[.items[0].findings[].rule] | join(" ")')" entry-differs
    truncate -s 200000 "$tar"
    seal 1 "$tar" "$work/half.sha256"
    [ ! -e "$work/half.sha256" ]
}

@test "seal: nothing to seal, and a list inside of what it lists, are refused; nothing is written" {
    mkdir "$work/empty"
    seal 1 "$work/empty" "$work/list"
    says 'not sealed'
    seal 10 "$work/ない" "$work/list"
    make_tree "$work/tree"
    seal 2 "$work/tree" "$work/tree/総務/list"
    tar=$(share_tar)
    before=$(hash_of "$tar")
    seal 2 "$tar" "$tar"
    is tar "$(hash_of "$tar")" "$before"
    is written "$(find "$work" -name 'list*')" ''
}

@test "seal: an opaque file by its whole hash; --format must fit what is there" {
    noise 100000 7 >"$work/顧客.bak"
    seal 1 "$work/顧客.bak" "$work/bak.sha256"
    a_key >/dev/null
    exits 0 seal "$work/顧客.bak" -o "$work/bak.sha256" --format file --keys "$work/keys"
    (cd "$work" && sha256sum -c --strict --quiet bak.sha256)
    verify 0 "$work/顧客.bak" --format file --manifest "$work/bak.sha256"
    flip_at "$work/顧客.bak" 5000
    verify 1 "$work/顧客.bak" --format file --manifest "$work/bak.sha256"
    is finding "$(json '[.items[0].findings[].rule] | join(" ")')" file-differs
    verify 2 "$work/顧客.bak" --format tree
    verify 2 "$work" --format archive
}
