# Goal: verify takes a split backup by any of its pieces: all that lie beside it are read as one; a missing one is red.
# SPDX-License-Identifier: Apache-2.0
load lib

verify() { # verify STATUS PATH…
    local status=$1
    shift
    exits "$status" verify --json --lang en --no-color "$@"
}

split_backup() { # share.tar.zst in pieces .00 .01 … and .aa .ab …; share.7z in volumes
    tar=$(share_tar zst)
    head -c 400000 /dev/urandom >"$work/noise"
    tar -C "$work" -I zstd -cf "$work/big.tar.zst" noise
    split -b 100K -d "$work/big.tar.zst" "$work/big.tar.zst."
    split -b 100K "$work/big.tar.zst" "$work/let.tar.zst."
    (cd "$work" && 7z a -bd -v150k big.7z noise >/dev/null)
    [ -e "$work/big.tar.zst.03" ] && [ -e "$work/let.tar.zst.ad" ] && [ -e "$work/big.7z.003" ]
}

told_alone() { # how many say what their name looks like
    json '[.items[].result.caveats[].en | select(startswith("By its name"))] | length'
}

@test "the pieces of split and 7-Zip are read as one, by whichever is named, and once" {
    split_backup
    verify 0 "$work/big.tar.zst.00" "$work/let.tar.zst.ac" "$work/big.7z.001"
    is items "$(json '.items | length')" 3
    is pieces "$(json '[.items[].pieces | length] | join(" ")')" '4 4 3'
    is hash "$(json '.items[0].result.sha256')" "$(hash_of "$work/big.tar.zst")"
    is files "$(json '[.items[].result.files] | join(" ")')" '1 1 1'
    verify 0 "$work"/big.7z.00?
    is once "$(json '.items | length')" 1
    sha256sum "$work/big.tar.zst" | sed "s|$work/||" >"$work/list"
    verify 0 "$work/big.tar.zst.00" --manifest "$work/list"
    is L2 "$(json '.items[0].result.proof.hash')" reached
    exits 0 verify --lang ja --no-color "$work/big.7z.001"
    says '分割 3 個を結合'
}

@test "a missing piece is red, and what is missing is said" {
    split_backup
    rm "$work/big.7z.002" "$work/let.tar.zst.ad" "$work/big.tar.zst.00"
    verify 1 "$work/big.7z.001" "$work/let.tar.zst.aa" "$work/big.tar.zst.01"
    is gap "$(json '.items[0].findings[0].rule')" segment-missing
    is end "$(json '.items[1].findings[0].rule')" archive-truncated
    is first "$(json '.items[2].status')" failed
    exits 1 verify --lang ja --no-color "$work/big.tar.zst.02"
    says 'big.tar.zst.01 から big.tar.zst.03 までを1つのファイルとして読みました'
    rm "$work/big.tar.zst.01"
    exits 1 verify --lang en --no-color "$work/big.tar.zst.03"
    says 'whose first piece (such as big.tar.zst.00) is not here: the first one here is big.tar.zst.02'
}

@test "what only looks like pieces is not joined" {
    tar=$(share_tar zst)
    cp "$tar" "$work/whole.20" # whole, whatever it is called
    cp "$tar" "$work/whole.21"
    cp "$tar" "$work/turn.001" # three backups in turn
    cp "$tar" "$work/turn.002"
    verify 0 "$work/whole.20" "$work"/turn.00?
    is each "$(json '.items | length')" 3
    is joined "$(json '[.items[].pieces] | map(select(. != null)) | length')" 0
    is words "$(told_alone)" 0
    truncate -s 1000 "$work/turn.001"
    verify 1 "$work/turn.001"
    is words "$(told_alone)" 1
    head -c 99999 "$tar" >"$work/alone.04"
    verify 1 "$work/alone.04"
    is 'none beside it' "$(told_alone)" 0
}
