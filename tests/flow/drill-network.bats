# Goal: what a closed network must not have is found by looking alone: nothing is ever sent.
# SPDX-License-Identifier: Apache-2.0
load lib

# A network of its own: two hosts joined by one cable, with no way out.
make_net() {
    need_root
    command -v ip >/dev/null || skip 'needs iproute2'
    net=kb-$$-$RANDOM
    ip netns add "$net" || skip 'needs network namespaces'
    mkdir -p "/etc/netns/$net"
    : >"/etc/netns/$net/resolv.conf"
    ip -n "$net" link set lo up
    ip -n "$net" link add lan0 type veth peer name pc0
    ip -n "$net" address add 192.0.2.10/24 dev lan0
    ip -n "$net" link set lan0 up
    ip -n "$net" link set pc0 up
    share_tar >/dev/null
    write_plan manifest='共有/share-%Y%m%d.sha256'
    # the drill below runs inside it
    printf '#!/bin/sh\nexec ip netns exec %s %s "$@"\n' "$net" "$KOBOSHI_BIN" >"$work/koboshi"
    chmod +x "$work/koboshi"
    program=$KOBOSHI_BIN KOBOSHI_BIN=$work/koboshi
}

teardown() {
    [ -z "${net:-}" ] || { ip netns del "$net"; rm -r "/etc/netns/$net"; }
}

closed() { printf 'network: {closed: true, allow: ["192.0.2.0/24"]}\n' >>"$plan"; }

@test "a network without a way out is as it should be, and its facts are in the record" {
    make_net
    closed
    drill 0
    all_good
    is closed "$(json '.record.network.closed')" true
    is routes "$(json '.record.network.routes | length')" 0
    is resolvers "$(json '.record.network.resolvers | length')" 0
    is addresses "$(json '.record.network.addresses | join(" ")')" '192.0.2.10 (lan0)'
}

@test "a default route, IPv4 or IPv6 or in halves as a VPN sets it, is found; a refusing one is none" {
    make_net
    closed
    ip -n "$net" route add default via 192.0.2.1
    drill 1
    found network-route
    says '0.0.0.0/0 via 192.0.2.1 dev lan0'
    ip -n "$net" route del default
    ip -n "$net" route add 0.0.0.0/1 dev lan0 table 51820
    drill 1
    found network-route
    ip -n "$net" route del 0.0.0.0/1 table 51820
    ip -n "$net" -6 address add fe80::10/64 dev lan0 nodad
    ip -n "$net" -6 route add default via fe80::1 dev lan0
    drill 1
    found network-route
    is v6 "$(json '.record.host.default_route_v6')" true
    ip -n "$net" -6 route del default
    ip -n "$net" -6 route add 2000::/3 via fe80::1 dev lan0
    drill 1
    found network-route
    ip -n "$net" -6 route del 2000::/3
    ip -n "$net" route add unreachable default
    drill 0
    all_good
}

@test "an address outside the plan's ranges and a configured name server are found; without network: only noted" {
    make_net
    ip -n "$net" address add 198.51.100.7/24 dev lan0
    printf 'nameserver 192.0.2.53\n' >"/etc/netns/$net/resolv.conf"
    drill 0
    all_good
    is resolvers "$(json '.record.network.resolvers | join(" ")')" 192.0.2.53
    closed
    drill 1
    found network-address network-resolver
    says '198.51.100.7 (lan0)'
    drill_text 1 ja
    says '名前解決の設定'
}

@test "what cannot be looked at is a finding where the plan asks for it, not a closed network" {
    make_net
    head -c 70000 /dev/zero | tr '\0' '#' >"/etc/netns/$net/resolv.conf"
    drill 0
    is network "$(json .record.network)" null
    closed
    drill 1
    found network-unknown
    says resolv.conf
}

@test "nothing is sent: no socket but netlink and local ones is ever made, and the cable stays silent" {
    make_net
    closed
    command -v strace >/dev/null || skip 'needs strace'
    ip netns exec "$net" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 # the kernel's own router solicitations
    sent=$(ip -n "$net" -s -j link show lan0 | jq '.[0].stats64.tx.packets')
    printf '#!/bin/sh\nexec ip netns exec %s strace -f -qq -e trace=socket,connect,sendto,sendmsg -o %s %s "$@"\n' \
        "$net" "$work/trace" "$program" >"$work/koboshi"
    ASAN_OPTIONS=detect_leaks=0 drill 0
    grep -q 'AF_NETLINK' "$work/trace" # the trace saw what there is to see
    is 'other sockets' "$(grep -E 'socket\(' "$work/trace" | grep -vE 'AF_(NETLINK|UNIX|LOCAL)' || true)" ''
    is 'packets sent' "$(ip -n "$net" -s -j link show lan0 | jq '.[0].stats64.tx.packets')" "$sent"
}
