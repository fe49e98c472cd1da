# Goal: a NAS is known by what is mounted, a stranger's folder is never taken for it, and a dead one is named.
# SPDX-License-Identifier: Apache-2.0
load lib

# A real sshfs mount: sshd on the loopback, one key, the folder $work/nas behind it.
serve() {
    need_root
    [ -e /dev/fuse ] || skip 'needs /dev/fuse'
    command -v sshfs >/dev/null || skip 'needs sshfs'
    port=$((20000 + RANDOM % 20000))
    mkdir -p "$work/nas" "$work/mnt/nas" "$work/ssh" /run/sshd
    chmod 700 "$work/ssh"
    ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/host"
    ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/user"
    cp "$work/ssh/user.pub" "$work/ssh/authorized"
    cat >"$work/ssh/config" <<CONF
Port $port
ListenAddress 127.0.0.1
HostKey $work/ssh/host
AuthorizedKeysFile $work/ssh/authorized
PidFile $work/ssh/pid
StrictModes no
UsePAM no
PermitRootLogin yes
Subsystem sftp internal-sftp
CONF
    /usr/sbin/sshd -f "$work/ssh/config" -E "$work/ssh/log"
    share_tar >/dev/null
    cp -a "$disk/共有" "$work/nas/"
}

mount_nas() { # mount_nas FOLDER [OPTION…]
    local folder=$1
    shift
    sshfs -p "$port" -o "IdentityFile=$work/ssh/user" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o allow_other "$@" "root@127.0.0.1:$folder" "$work/mnt/nas"
}

teardown() {
    ! grep -qF " $BATS_TEST_TMPDIR/mnt/nas " /proc/self/mounts || umount -l "$BATS_TEST_TMPDIR/mnt/nas"
    [ ! -e "$BATS_TEST_TMPDIR/ssh/pid" ] || kill "$(cat "$BATS_TEST_TMPDIR/ssh/pid")" 2>/dev/null || true
}

nas_plan() { # nas_plan SOURCE [FS]
    write_plan medium="{kind: nas, mount: \"$work/mnt/nas\", source: \"$1\", fs: ${2:-fuse.sshfs}}" manifest='共有/share-%Y%m%d.sha256'
}

@test "the share that the plan names is drilled; what was mounted and read by what is in the record" {
    serve
    mount_nas "$work/nas" -o ro
    nas_plan "root@127.0.0.1:$work/nas"
    drill 0
    all_good
    is source "$(json '.record.media[0].state.source')" "root@127.0.0.1:$work/nas"
    is driver "$(json '.record.media[0].state.driver')" fuse.sshfs
    is files "$(unit result.files_restored)" 5
    is notes "$(json '[.record.findings[] | .rule] | map(select(. == "share-writable")) | length')" 0
}

@test "a share mounted writable is drilled, and that it is writable is noted" {
    serve
    mount_nas "$work/nas"
    nas_plan "root@127.0.0.1:$work/nas" sshfs
    drill 0
    all_good
    is notes "$(json '[.record.findings[] | .rule] | map(select(. == "share-writable")) | length')" 1
}

@test "another share in its place, another type, nothing mounted: each is named and nothing is read" {
    serve
    mkdir -p "$work/other"
    cp -a "$work/nas/共有" "$work/other/"
    mount_nas "$work/other" -o ro
    nas_plan "root@127.0.0.1:$work/nas"
    drill 1
    found medium-wrong
    says "root@127.0.0.1:$work/other"
    is restored "$(unit result.files_restored)" 0
    nas_plan "//nas.local/backup" cifs
    drill 1
    found medium-wrong
    umount "$work/mnt/nas"
    mkdir -p "$work/nas/private" # a part of the right share, mounted by itself
    cp -a "$work/nas/共有" "$work/nas/private/"
    mount_nas "$work/nas" -o ro
    mount --bind "$work/mnt/nas/private" "$work/mnt/nas"
    nas_plan "root@127.0.0.1:$work/nas"
    drill 1
    found medium-wrong
    says "root@127.0.0.1:$work/nas/private"
    umount "$work/mnt/nas"
    umount "$work/mnt/nas"
    cp -a "$work/nas/共有" "$work/mnt/nas/" # the trap: a job that wrote into the empty mount point
    drill 1
    found mount-empty
    says 'no share is mounted'
    drill_text 1 ja
    says '共有がマウントされていません'
}

@test "a NAS that died while mounted is unreadable, not empty, and the drill ends" {
    serve
    mount_nas "$work/nas" -o ro
    nas_plan "root@127.0.0.1:$work/nas"
    pkill -9 -f "sshfs -p $port"
    limit=60 drill 1
    found medium-unreadable
}

@test "a share that is mounted goes into a drafted plan as what it is, and is drilled from it" {
    serve
    mount_nas "$work/nas" -o ro
    exits 0 init "$work/drafted" --scan "$work/mnt/nas" --keys "$work/keys" --lang en
    plan=$work/drafted/plan.yaml
    grep -qF 'kind: nas' "$plan"
    grep -qF "source: \"root@127.0.0.1:$work/nas\"" "$plan"
    exits 0 drill "$plan" --json --no-color --lang en "${places[@]}"
    all_good
    is driver "$(json '.record.media[0].state.driver')" fuse.sshfs
}
