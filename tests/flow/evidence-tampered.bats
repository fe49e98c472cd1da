# Goal: an edited, dropped, swapped or truncated ledger line is found by koboshi and by stock tools alike.
# SPDX-License-Identifier: Apache-2.0
load lib

two_drills() { # a pack with two finished drills, and the signer's fingerprint
    share_tar >/dev/null
    write_plan manifest='共有/share-%Y%m%d.sha256'
    drill 0
    drill 0
    fingerprint=$(a_key)
    pack=$work/pack ledger=$work/pack/ledger.jsonl
    exits 0 evidence export -o "$pack" "${evidence[@]}"
    [ "$(wc -l <"$ledger")" -eq 5 ]
}

script() { (cd "$pack" && sh ./verify.sh "$@") >"$work/script" 2>&1; }

accepted() {
    exits 0 evidence verify "$pack" --key "$fingerprint" --lang en
    script "$fingerprint" || { cat "$work/script"; return 1; }
}

refused() { # refused TEXT: both say no, koboshi with this text
    exits 1 evidence verify "$pack" --key "$fingerprint" --lang en
    says "$1"
    exits 1 evidence verify "$pack" --key "$fingerprint" --lang ja
    if script "$fingerprint"; then echo 'verify.sh accepts it:'; cat "$work/script"; return 1; fi
}

edit() { # edit SED…: in place, and it did change something
    cp "$ledger" "$work/before"
    sed -i "$@" "$ledger"
    ! cmp -s "$ledger" "$work/before"
}

@test "what was signed is accepted, by koboshi, verify.sh, ssh-keygen and sha256sum" {
    two_drills
    accepted
    cd "$pack"
    ssh-keygen -Y verify -f allowed_signers -I "$(cut -d ' ' -f 1 allowed_signers)" -n koboshi-ledger -s checkpoint.sig <checkpoint
    for number in 000001 000002; do (cd "drills/$number" && sha256sum -c SHA256SUMS); done
    is 'head in checkpoint' "$(sed -n 3p checkpoint)" "$(tail -n 1 ledger.jsonl | sha256sum | cut -d ' ' -f 1)"
    is 'chain' "$(sed -n 4p ledger.jsonl | jq -r .prev)" "$(sed -n 3p ledger.jsonl | sha256sum | cut -d ' ' -f 1)"
}

@test "an edited line" {
    two_drills
    edit '3s/"good"/"fail"/'
    refused 3
}

@test "an edited last line" {
    two_drills
    edit '5s/"seq":5/"seq":5 /'
    refused 5
}

@test "an edited line with the whole chain after it calculated anew" {
    two_drills
    edit '3s/"good"/"fail"/'
    {
        sed -n 1,3p "$ledger"
        prev=$(sed -n 3p "$ledger")
        for n in 4 5; do
            prev=$(sed -n "${n}p" "$ledger" | sed "s/\"prev\":\"[0-9a-f]*\"/\"prev\":\"$(printf '%s\n' "$prev" | sha256sum | cut -d ' ' -f 1)\"/")
            printf '%s\n' "$prev"
        done
    } >"$work/forged"
    cp "$work/forged" "$ledger"
    refused checkpoint
    # and with a checkpoint to fit, which cannot be signed
    { sed -n 1,2p "$pack/checkpoint"; tail -n 1 "$ledger" | sha256sum | cut -d ' ' -f 1; } >"$work/checkpoint"
    cp "$work/checkpoint" "$pack/checkpoint"
    refused signature
}

@test "a dropped line" {
    two_drills
    edit 3d
    refused 3
}

@test "two lines swapped" {
    two_drills
    edit '3{h;d};4G'
    refused 3
}

@test "the last lines truncated, whole and in the middle of a line" {
    two_drills
    edit 5d
    refused 5
    truncate -s -10 "$work/before"
    cp "$work/before" "$ledger"
    refused 5
}

@test "a line added at the end" {
    two_drills
    edit '5p'
    refused 6
}

@test "an edited record, a lost record, a forged list of hashes" {
    two_drills
    cp -a "$pack" "$work/original"
    sed -i 's/共有/共無/' "$pack/drills/000001/record.json"
    refused record.json
    (cd "$pack/drills/000001" && sha256sum record.json plan.yaml events.jsonl >SHA256SUMS)
    refused SHA256SUMS
    rm -rf "$pack/drills/000001"
    refused 000001
    rm -rf "$pack"
    mv "$work/original" "$pack"
    accepted
}

@test "another key signs: consistent perhaps, but not this signer" {
    two_drills
    wrong=SHA256:$(printf 'A%.0s' {1..43})
    exits 1 evidence verify "$pack" --key "$wrong" --lang en
    fails script "$wrong"
    # without a fingerprint nobody may claim to know who signed
    script || true
    grep -q 'NOT established' "$work/script"
    ssh-keygen -q -t ed25519 -N '' -f "$work/other"
    signer=$(cut -d ' ' -f 1 "$pack/allowed_signers")
    rm "$pack/checkpoint.sig"
    ssh-keygen -q -Y sign -f "$work/other" -n koboshi-ledger "$pack/checkpoint" 2>/dev/null
    printf '%s namespaces="koboshi-ledger" %s\n' "$signer" "$(cat "$work/other.pub")" >"$pack/allowed_signers"
    fails script "$fingerprint"
    exits 1 evidence verify "$pack" --key "$fingerprint"
}

@test "the ledger itself is checked the same way, and an older checkpoint finds a rollback" {
    two_drills
    exits 0 evidence verify "${evidence[@]}"
    cp -a "$work/ledger" "$work/older"
    drill 0
    cp "$work/ledger/checkpoint" "$work/kept-elsewhere"
    exits 0 evidence verify --since "$work/kept-elsewhere" "${evidence[@]}"
    rm -rf "$work/ledger"
    mv "$work/older" "$work/ledger"
    exits 0 evidence verify "${evidence[@]}"
    exits 1 evidence verify --since "$work/kept-elsewhere" "${evidence[@]}"
}
