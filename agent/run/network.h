/* SPDX-License-Identifier: Apache-2.0 */
/* What network this machine is on, read from the kernel and from resolv.conf alone: nothing is ever sent out. */
#pragma once

#include <stdbool.h>

#include "koboshi/shape.h"

struct kb_arena;
struct kb_err;

enum { KB_ADDRESS_BYTES = 16 };

/* An address or a range of addresses. */
struct kb_net_range {
    int family;                              /* AF_INET, AF_INET6 */
    unsigned char address[KB_ADDRESS_BYTES]; /* 4 or 16 bytes, network order */
    int prefix;                              /* leading bits that count */
};

struct kb_net_route {
    int family;
    const char *shown; /* "0.0.0.0/0 via 192.0.2.1 dev eth0" */
};
struct kb_net_address {
    struct kb_net_range range; /* prefix: all bits */
    const char *shown;         /* "192.0.2.7 (eth0)" */
};

/*
 * routes: to everything, or to a large part of it, as VPNs and IPv6 routers set them (prefix 0 to 3), in any table;
 * routes that refuse (unreachable, blackhole, prohibit) are none · addresses: of all interfaces, without loopback
 * (127/8, ::1) and link-local ones (169.254/16, fe80::/10), which no router forwards (RFC 3927 §2.7, RFC 4291 §2.5.6) ·
 * resolvers: "nameserver" of resolv.conf(5); where it names only a local stub, what systemd-resolved asks behind it,
 * else the stub.
 */
struct kb_network_facts {
    KB_LIST_OF(struct kb_net_route) routes;
    KB_LIST_OF(struct kb_net_address) addresses;
    KB_LIST_OF(const char *) resolvers;
};

/* kb_network_read(arena, ret_facts, err): rtnetlink(7) dumps of routes and addresses. KB_EIO if the kernel does not
 * answer: then nothing is known, and nothing may be claimed. */
int kb_network_read(struct kb_arena *arena, struct kb_network_facts *ret_facts, struct kb_err *err);

/* kb_net_range_parse(text, ret_range): "192.0.2.0/24", "192.0.2.7", "2001:db8::/32"; bits beyond the prefix must be
 * zero. */
bool kb_net_range_parse(const char *text, struct kb_net_range *ret_range);
bool kb_net_range_holds(const struct kb_net_range *range, const struct kb_net_range *address);

/* kb_resolvers_of(text, arena, facts): adds the name servers that resolv.conf names. */
void kb_resolvers_of(const char *text, struct kb_arena *arena, struct kb_network_facts *facts);
