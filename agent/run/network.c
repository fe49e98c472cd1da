/* SPDX-License-Identifier: Apache-2.0 */
/* Routes, addresses and resolvers of this machine, from rtnetlink dumps and resolv.conf. */
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "koboshi/arena.h"
#include "koboshi/err.h"
#include "koboshi/file.h"
#include "koboshi/limits.h"
#include "koboshi/text.h"

/* 2000::/3 is all that is global of IPv6 (RFC 4291 §2.4), and some routers announce it instead of ::/0 */
enum { DST_LEN_MAX = 3 };

struct dump {
    struct kb_arena *arena;
    struct kb_network_facts *facts;
};

static const char *show_address(struct kb_arena *arena, int family, const void *address)
{
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(family, address, text, sizeof text) ? kb_strdup(arena, text) : "?";
}

static const char *show_interface(struct kb_arena *arena, unsigned index)
{
    char name[IF_NAMESIZE];
    return if_indextoname(index, name) ? kb_printable(arena, kb_strdup(arena, name)) : "?";
}

static size_t address_bytes(int family)
{
    return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

/* The attribute as an address of this family, or NULL. */
static const void *address_in(const struct nlattr *attribute, int family)
{
    return attribute && mnl_attr_get_payload_len(attribute) == address_bytes(family) ? mnl_attr_get_payload(attribute)
                                                                                     : NULL;
}

static const struct nlattr *find(const struct nlmsghdr *message, size_t head, int type)
{
    const struct nlattr *attribute;
    mnl_attr_for_each(attribute, message, (unsigned)head)
    {
        if (mnl_attr_get_type(attribute) == type)
            return attribute;
    }
    return NULL;
}

static int on_route(const struct nlmsghdr *message, void *owner)
{
    struct dump *dump = owner;
    if (message->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(message) < sizeof(struct rtmsg))
        return MNL_CB_OK;
    const struct rtmsg *route = mnl_nlmsg_get_payload(message);
    if (route->rtm_dst_len > DST_LEN_MAX || route->rtm_type != RTN_UNICAST || !address_bytes(route->rtm_family))
        return MNL_CB_OK;
    static const unsigned char zeros[KB_ADDRESS_BYTES];
    const void *to = address_in(find(message, sizeof *route, RTA_DST), route->rtm_family);
    const void *via = address_in(find(message, sizeof *route, RTA_GATEWAY), route->rtm_family);
    const struct nlattr *out = find(message, sizeof *route, RTA_OIF);
    bool has_out = out && mnl_attr_get_payload_len(out) == sizeof(uint32_t);
    struct kb_network_facts *facts = dump->facts;
    if (facts->routes.n == KB_NETWORK_FACTS_MAX)
        return MNL_CB_OK;
    facts->routes.v = kb_grow(dump->arena, facts->routes.v, facts->routes.n, sizeof *facts->routes.v);
    facts->routes.v[facts->routes.n++] = (struct kb_net_route){
        .family = route->rtm_family,
        .shown = kb_sprintf(dump->arena, "%s/%d%s%s%s%s", show_address(dump->arena, route->rtm_family, to ? to : zeros),
                            route->rtm_dst_len, via ? " via " : "",
                            via ? show_address(dump->arena, route->rtm_family, via) : "", has_out ? " dev " : "",
                            has_out ? show_interface(dump->arena, mnl_attr_get_u32(out)) : ""),
    };
    return MNL_CB_OK;
}

static bool stays_here(const struct kb_net_range *address)
{
    static const char *const local[] = {"127.0.0.0/8", "169.254.0.0/16", "::1", "fe80::/10"};
    for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
        struct kb_net_range range;
        if (kb_net_range_parse(local[i], &range) && kb_net_range_holds(&range, address))
            return true;
    }
    return false;
}

static int on_address(const struct nlmsghdr *message, void *owner)
{
    struct dump *dump = owner;
    if (message->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(message) < sizeof(struct ifaddrmsg))
        return MNL_CB_OK;
    const struct ifaddrmsg *head = mnl_nlmsg_get_payload(message);
    /* on a point-to-point link IFA_ADDRESS is the peer, IFA_LOCAL is ours (rtnetlink(7)) */
    const struct nlattr *local = find(message, sizeof *head, IFA_LOCAL);
    const void *address = address_in(local ? local : find(message, sizeof *head, IFA_ADDRESS), head->ifa_family);
    struct kb_network_facts *facts = dump->facts;
    if (!address)
        return MNL_CB_OK;
    struct kb_net_range range = {.family = head->ifa_family, .prefix = (int)address_bytes(head->ifa_family) * 8};
    memcpy(range.address, address, address_bytes(range.family));
    if (stays_here(&range))
        return MNL_CB_OK;
    if (facts->addresses.n == KB_NETWORK_FACTS_MAX) { /* the one that matters may be among the rest */
        errno = EOVERFLOW;
        return MNL_CB_ERROR;
    }
    facts->addresses.v = kb_grow(dump->arena, facts->addresses.v, facts->addresses.n, sizeof *facts->addresses.v);
    facts->addresses.v[facts->addresses.n++] = (struct kb_net_address){
        .range = range,
        .shown = kb_sprintf(dump->arena, "%s (%s)", show_address(dump->arena, range.family, range.address),
                            show_interface(dump->arena, head->ifa_index)),
    };
    return MNL_CB_OK;
}

/* One dump: the kernel is asked and answers; netlink never leaves the machine. */
static int dump_all(uint16_t type, mnl_cb_t take, struct dump *dump, struct kb_err *err)
{
    static const char en[] = "the kernel does not tell its routes and addresses (netlink): %s",
                      ja[] = "カーネルから経路とアドレスを取得できません（netlink）: %s";
    _Alignas(struct nlmsghdr) char buffer[KB_NETLINK_BYTES];
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (!socket)
        return kb_fail(err, KB_EIO, en, ja, strerror(errno));
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = 1;
    struct rtgenmsg *any = mnl_nlmsg_put_extra_header(message, sizeof *any);
    any->rtgen_family = AF_UNSPEC;
    int more = mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ? -1 : 1;
    unsigned port = mnl_socket_get_portid(socket);
    if (more > 0 && mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
        more = -1;
    while (more > 0) {
        ssize_t n = mnl_socket_recvfrom(socket, buffer, sizeof buffer);
        more = n < 0 ? -1 : mnl_cb_run(buffer, (size_t)n, 1, port, take, dump);
    }
    int cause = errno;
    (void)mnl_socket_close(socket);
    return more < 0 ? kb_fail(err, KB_EIO, en, ja, strerror(cause)) : 0;
}

bool kb_net_range_parse(const char *text, struct kb_net_range *ret_range)
{
    char address[INET6_ADDRSTRLEN];
    size_t n = strcspn(text, "/");
    if (n >= sizeof address)
        return false;
    memcpy(address, text, n);
    address[n] = '\0';
    struct kb_net_range range = {.family = strchr(address, ':') ? AF_INET6 : AF_INET};
    if (inet_pton(range.family, address, range.address) != 1)
        return false;
    int bits = (int)address_bytes(range.family) * 8;
    range.prefix = bits;
    if (text[n]) {
        const char *digits = text + n + 1;
        size_t length = strspn(digits, "0123456789");
        if (!length || length > 3 || digits[length])
            return false;
        range.prefix = 0;
        for (size_t i = 0; i < length; i++)
            range.prefix = range.prefix * 10 + (digits[i] - '0');
    }
    if (range.prefix > bits)
        return false;
    for (int bit = range.prefix; bit < bits; bit++)
        if (range.address[bit / 8] & (0x80 >> bit % 8))
            return false;
    *ret_range = range;
    return true;
}

bool kb_net_range_holds(const struct kb_net_range *range, const struct kb_net_range *address)
{
    if (range->family != address->family || address->prefix < range->prefix)
        return false;
    size_t whole = (size_t)range->prefix / 8;
    int rest = range->prefix % 8;
    unsigned char mask = (unsigned char)(0xff << (8 - rest));
    return !memcmp(range->address, address->address, whole) &&
           (!rest || ((range->address[whole] ^ address->address[whole]) & mask) == 0);
}

void kb_resolvers_of(const char *text, struct kb_arena *arena, struct kb_network_facts *facts)
{
    static const char word[] = "nameserver";
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *name = line + strspn(line, " \t");
        if (strncmp(name, word, strlen(word)) != 0 || !strspn(name + strlen(word), " \t"))
            continue;
        name += strlen(word);
        name += strspn(name, " \t");
        size_t n = strcspn(name, " \t\r\n");
        if (!n || facts->resolvers.n == KB_NETWORK_FACTS_MAX)
            continue;
        facts->resolvers.v = kb_grow(arena, facts->resolvers.v, facts->resolvers.n, sizeof *facts->resolvers.v);
        facts->resolvers.v[facts->resolvers.n++] = kb_escape(arena, name, n);
    }
}

static bool is_stub(const char *resolver)
{
    struct kb_net_range loopback, address;
    return kb_net_range_parse(resolver, &address) &&
           ((kb_net_range_parse("127.0.0.0/8", &loopback) && kb_net_range_holds(&loopback, &address)) ||
            (kb_net_range_parse("::1", &loopback) && kb_net_range_holds(&loopback, &address)));
}

/* No such file: no resolver; glibc would then ask a server on this very machine. */
static int read_resolvers(const char *path, struct kb_arena *arena, struct kb_network_facts *facts, struct kb_err *err)
{
    char *text = NULL;
    size_t n = 0;
    char whole[PATH_MAX]; /* often a link */
    if (!realpath(path, whole) && errno == ENOENT)
        return 0;
    if (kb_file_read(AT_FDCWD, whole, KB_RESOLV_BYTES_MAX, arena, &text, &n, err))
        return kb_wrap(err, "looking for configured resolvers", "名前解決の設定の確認中");
    kb_resolvers_of(text, arena, facts);
    return 0;
}

int kb_network_read(struct kb_arena *arena, struct kb_network_facts *ret_facts, struct kb_err *err)
{
    struct kb_network_facts facts = {0}, behind = {0};
    struct dump dump = {.arena = arena, .facts = &facts};
    int code = dump_all(RTM_GETROUTE, on_route, &dump, err);
    if (!code)
        code = dump_all(RTM_GETADDR, on_address, &dump, err);
    if (!code)
        code = read_resolvers("/etc/resolv.conf", arena, &facts, err);
    bool stubs = facts.resolvers.n > 0;
    for (size_t i = 0; i < facts.resolvers.n; i++)
        stubs = stubs && is_stub(facts.resolvers.v[i]);
    if (!code && stubs && access("/run/systemd/resolve/resolv.conf", F_OK) == 0) {
        code = read_resolvers("/run/systemd/resolve/resolv.conf", arena, &behind, err);
        facts.resolvers.n = behind.resolvers.n;
        facts.resolvers.v = behind.resolvers.v;
    }
    if (!code)
        *ret_facts = facts;
    return code;
}
