#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a command as systemd would run a unit's ExecStart: under the mounts, devices, capabilities and system calls that
the unit file asks for, read from that file. A directive it does not know ends it, so that none goes unnoticed.

usage: as_service.py UNIT ROOM INSTALLED ETC STATE RUN [COMMAND…]
ROOM an empty folder for the new root; INSTALLED stands for /usr/local, ETC for /etc/koboshi, STATE for /var/lib/koboshi,
RUN for /run/koboshi; COMMAND instead of the unit's own. As root. What cannot be had without systemd is approximated:
DeviceAllow= by a /dev that has only these nodes (root with CAP_DAC_OVERRIDE may write to those that are "r"; systemd's device
filter refuses that); IPAddressDeny= not at all (no address family is left).
"""
import ctypes
import fnmatch
import os
import shlex
import shutil
import stat
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_SLAVE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 19
CLONE_NEWNS, MNT_DETACH, AT_FDCWD, AT_RECURSIVE = 0x20000, 2, -100, 0x8000
SYS_PIVOT_ROOT, SYS_MOUNT_SETATTR = 155 if os.uname().machine == 'x86_64' else 41, 442
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
EPERM, EAFNOSUPPORT, ENOSYS = 1, 97, 38

# Of no consequence for what the process may do, or for systemd to do when it has ended.
CONSEQUENCE_ELSEWHERE = {'Type', 'ExecStart', 'StateDirectoryMode', 'RuntimeDirectoryMode', 'RuntimeDirectoryPreserve',
                         'KillMode', 'SuccessExitStatus', 'TimeoutStopSec', 'Restart', 'RestartSec', 'IPAddressDeny',
                         'SystemCallErrorNumber', 'RestartPreventExitStatus', 'DevicePolicy', 'Nice', 'RestartForceExitStatus'}
# Taken with one value only; another one is another restriction, which this program does not know.
FIXED = {'NoNewPrivileges': 'yes', 'ProtectSystem': 'strict', 'ProtectHome': 'yes', 'PrivateTmp': 'yes', 'ProtectClock': 'yes',
         'ProtectHostname': 'yes', 'ProtectKernelLogs': 'yes', 'ProtectKernelModules': 'yes', 'ProtectKernelTunables': 'yes',
         'ProtectControlGroups': 'yes', 'RestrictNamespaces': 'yes', 'RestrictRealtime': 'yes',
         'LockPersonality': 'yes', 'MemoryDenyWriteExecute': 'yes', 'SystemCallArchitectures': 'native',
         'SystemCallErrorNumber': 'EPERM', 'DevicePolicy': 'closed', 'IPAddressDeny': 'any',
         'StateDirectory': 'koboshi', 'RuntimeDirectory': 'koboshi', 'PrivateMounts': 'yes', 'User': 'root',
         'PrivateUsers': 'no', 'PrivateDevices': 'no', 'PrivateNetwork': 'no', 'ProtectProc': 'default', 'ProcSubset': 'all'}
LISTS = {'RestrictSUIDSGID', 'CapabilityBoundingSet', 'DeviceAllow', 'ReadWritePaths', 'RestrictAddressFamilies', 'SystemCallFilter', 'UMask'}


def die(text):
    sys.exit(f'as_service: {text}')


def check(result, what):
    if result < 0:
        die(f'{what}: {os.strerror(ctypes.get_errno())}')
    return result


def read_unit(path):
    """The [Service] section: name -> list of values, in order."""
    section, unit = '', {}
    for line in open(path, encoding='utf-8'):
        line = line.strip()
        if not line or line[0] in '#;':
            continue
        if line[0] == '[':
            section = line
        elif section == '[Service]':
            name, _, value = line.partition('=')
            if name in FIXED and value != FIXED[name] or name not in FIXED and name not in LISTS | CONSEQUENCE_ELSEWHERE:
                die(f'{path}: it does not know how to apply {line}')
            unit.setdefault(name, []).append(value)
    return unit


def words(unit, name):
    return [word for value in unit.get(name, []) for word in value.split()]


def mount(source, target, kind=None, flags=0, data=None):
    def raw(text):
        return os.fsencode(text) if text is not None else None
    check(libc.mount(raw(source), raw(target), raw(kind), ctypes.c_ulong(flags), raw(data)), f'mount on {target}')


def set_readonly(path, on):
    flags = (ctypes.c_uint64 * 4)(1, 0, 0, 0) if on else (ctypes.c_uint64 * 4)(0, 1, 0, 0)
    check(libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(path), AT_RECURSIVE, flags, ctypes.c_size_t(32)),
          f'mount_setattr {path}')


def graft(source, target, instead):
    """target becomes what source is, but for the paths in `instead`, where other folders come."""
    if source in instead:
        os.makedirs(target, exist_ok=True)
        if instead[source]:
            mount(instead[source], target, flags=MS_BIND)
    elif not any(path.startswith(source.rstrip('/') + '/') for path in instead):
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
        elif os.path.isdir(source):
            os.makedirs(target, exist_ok=True)
            mount(source, target, flags=MS_BIND | MS_REC)
        elif os.path.isfile(source):
            shutil.copy2(source, target)
    else:
        os.makedirs(target, exist_ok=True)
        shutil.copystat(source, target)
        below = {name for name in os.listdir(source)} if os.path.isdir(source) else set()
        below |= {path[len(source.rstrip('/')) + 1:].split('/')[0] for path in instead if path.startswith(source.rstrip('/') + '/')}
        for name in sorted(below):
            graft(os.path.join(source, name), os.path.join(target, name), instead)


def make_devices(unit, target):
    """A /dev with the nodes that DevicePolicy=closed always has, and those of DeviceAllow=."""
    mount('tmpfs', target, 'tmpfs', MS_NOSUID, 'mode=755')
    for name in 'null zero full random urandom tty'.split():
        os.mknod(f'{target}/{name}', 0o666 | stat.S_IFCHR, os.stat(f'/dev/{name}').st_rdev)
        os.chmod(f'{target}/{name}', 0o666)
    for name in 'pts', 'shm':
        if os.path.isdir(f'/dev/{name}'):
            os.mkdir(f'{target}/{name}')
            mount(f'/dev/{name}', f'{target}/{name}', flags=MS_BIND)
    for name, to in ('fd', '/proc/self/fd'), ('stdin', '/proc/self/fd/0'), ('stdout', '/proc/self/fd/1'), ('stderr', '/proc/self/fd/2'):
        os.symlink(to, f'{target}/{name}')
    majors, block = {}, False
    for line in open('/proc/devices', encoding='ascii'):
        block |= line.startswith('Block')
        if block and line[:1] in ' 0123456789' and line.strip():
            majors[int(line.split()[0])] = line.split()[1]
    for value in unit.get('DeviceAllow', []):
        which, rights = value.split()
        mode = (0o400 if 'r' in rights else 0) | (0o200 if 'w' in rights else 0)
        for name in sorted(os.listdir('/dev')):
            node = os.stat(f'/dev/{name}', follow_symlinks=False)
            group = majors.get(os.major(node.st_rdev), '') if stat.S_ISBLK(node.st_mode) else None
            if which == f'/dev/{name}' or (which.startswith('block-') and group is not None and fnmatch.fnmatch(group, which[6:])):
                if not os.path.lexists(f'{target}/{name}'):
                    os.mknod(f'{target}/{name}', mode | stat.S_IFMT(node.st_mode), node.st_rdev)
                    os.chmod(f'{target}/{name}', mode)


def hide(path):
    if os.path.isdir(path):
        mount('tmpfs', path, 'tmpfs', MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, 'mode=000')
    elif os.path.exists(path):
        mount('/dev/null', path, flags=MS_BIND)


def enter_root(unit, room, instead):
    check(libc.unshare(CLONE_NEWNS), 'unshare')
    mount(None, '/', flags=MS_REC | MS_SLAVE)
    mount('tmpfs', room, 'tmpfs', 0, 'mode=755')
    private = ['/tmp', '/var/tmp'] if 'PrivateTmp' in unit else []
    own_dev = 'DevicePolicy' in unit
    graft('/', room, instead | {path: None for path in private} | ({'/dev': None} if own_dev else {}))
    if own_dev:
        make_devices(unit, f'{room}/dev')
    for path in private:
        mount('tmpfs', room + path, 'tmpfs', MS_NOSUID | MS_NODEV, 'mode=1777')
    os.chdir(room)
    check(libc.syscall(SYS_PIVOT_ROOT, b'.', b'.'), 'pivot_root')
    check(libc.umount2(b'.', MNT_DETACH), 'umount of the old root')
    os.chdir('/')
    if 'ProtectSystem' in unit:
        set_readonly('/', True)
        writable = ['/dev', '/proc', '/sys'] + private + words(unit, 'ReadWritePaths')
        writable += [f'/var/lib/{name}' for name in words(unit, 'StateDirectory')] + [f'/run/{name}' for name in words(unit, 'RuntimeDirectory')]
        for path in writable:
            set_readonly(path, False)
    if 'ProtectKernelTunables' in unit:
        mount('/proc/sys', '/proc/sys', flags=MS_BIND | MS_REC)
        set_readonly('/proc/sys', True)
        set_readonly('/sys', True)
    if 'ProtectControlGroups' in unit:
        set_readonly('/sys/fs/cgroup' if os.path.ismount('/sys/fs/cgroup') else '/sys', True)
    for name, paths in {'ProtectHome': ('/home', '/root', '/run/user'), 'ProtectKernelModules': ('/usr/lib/modules',),
                        'ProtectKernelLogs': ('/proc/kmsg',)}.items():
        for path in paths if name in unit else ():
            hide(path)


class Comparison(ctypes.Structure):
    _fields_ = [('arg', ctypes.c_uint), ('op', ctypes.c_int), ('a', ctypes.c_uint64), ('b', ctypes.c_uint64)]


NOT_EQUAL, EQUAL, MASKED, GREATER = 1, 4, 7, 6


class Filter:
    ALLOW, ERRNO = 0x7fff0000, 0x00050000

    def __init__(self, default):
        self.lib = ctypes.CDLL('libseccomp.so.2')
        self.lib.seccomp_init.restype = ctypes.c_void_p
        self.default = default
        self.context = ctypes.c_void_p(self.lib.seccomp_init(ctypes.c_uint32(default)))

    def rule(self, action, name, *comparisons):
        number = self.lib.seccomp_syscall_resolve_name(name.encode())
        if number < 0 or action == self.default: # not of this machine
            return
        array = (Comparison * max(1, len(comparisons)))(*comparisons)
        if self.lib.seccomp_rule_add_array(self.context, ctypes.c_uint32(action), number, len(comparisons), array):
            die(f'no rule for {name}')

    def load(self):
        if self.lib.seccomp_load(self.context):
            die('the system call filter cannot be loaded')


def expand(name, listed):
    """A set of system calls as systemd has it, sets in it included."""
    if name[:1] != '@':
        return {name}
    inside = listed.get(name)
    if inside is None:
        die(f'systemd knows no set of system calls {name}')
    return {call for part in inside for call in expand(part, listed)}


def allowed_calls(unit):
    listed, at = {}, None
    for line in subprocess.run(['systemd-analyze', 'syscall-filter', '--no-pager'], check=True, capture_output=True, text=True).stdout.splitlines():
        text = line.strip()
        if line[:1] == '@':
            at = listed.setdefault(text, [])
        elif text and text[0] != '#' and at is not None and line[:1] == ' ':
            at.append(text)
    allowed = set()
    for value in unit['SystemCallFilter']:
        calls = {call for word in value.lstrip('~').split() for call in expand(word, listed)}
        allowed = allowed - calls if value[0] == '~' else allowed | calls | expand('@default', listed)
    return allowed


def refusals(unit):
    """What is refused by its arguments, as systemd.exec(5) tells it of each directive."""
    deny = Filter(Filter.ALLOW)
    refuse = Filter.ERRNO | EPERM
    if 'RestrictAddressFamilies' in unit:
        # one filter holds what is refused: everything between those that are allowed
        numbers = {'AF_UNIX': 1, 'AF_INET': 2, 'AF_INET6': 10, 'AF_NETLINK': 16, 'AF_PACKET': 17}
        allowed = {numbers[word] for word in words(unit, 'RestrictAddressFamilies') if word != 'none'}
        for family in set(range(0, 64)) - allowed:
            deny.rule(Filter.ERRNO | EAFNOSUPPORT, 'socket', Comparison(0, EQUAL, family, 0))
        deny.rule(Filter.ERRNO | EAFNOSUPPORT, 'socket', Comparison(0, GREATER, 63, 0))
    if 'RestrictNamespaces' in unit:
        for flag in 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000:
            deny.rule(refuse, 'unshare', Comparison(0, MASKED, flag, flag))
            deny.rule(refuse, 'clone', Comparison(0, MASKED, flag, flag))
        deny.rule(refuse, 'setns')
        deny.rule(Filter.ERRNO | ENOSYS, 'clone3')
    if 'MemoryDenyWriteExecute' in unit:
        deny.rule(refuse, 'mmap', Comparison(2, MASKED, 6, 6))
        deny.rule(refuse, 'mprotect', Comparison(2, MASKED, 4, 4))
        deny.rule(refuse, 'pkey_mprotect', Comparison(2, MASKED, 4, 4))
        deny.rule(refuse, 'shmat', Comparison(2, MASKED, 0o100000, 0o100000))
    if unit.get('RestrictSUIDSGID') == ['yes']:
        for bit in stat.S_ISUID, stat.S_ISGID:
            for name, arg in ('chmod', 1), ('fchmod', 1), ('fchmodat', 2), ('mkdir', 1), ('mkdirat', 2), ('mknod', 1), ('mknodat', 2), ('creat', 1):
                deny.rule(refuse, name, Comparison(arg, MASKED, bit, bit))
            for name, arg in ('open', 2), ('openat', 3):
                deny.rule(refuse, name, Comparison(arg - 1, MASKED, os.O_CREAT, os.O_CREAT), Comparison(arg, MASKED, bit, bit))
        deny.rule(refuse, 'openat2') # systemd refuses it whole: its mode is behind a pointer
    if 'RestrictRealtime' in unit:
        for policy in 1, 2, 6: # FIFO, RR, DEADLINE
            deny.rule(refuse, 'sched_setscheduler', Comparison(1, EQUAL, policy, 0))
    if 'LockPersonality' in unit:
        deny.rule(refuse, 'personality', Comparison(0, NOT_EQUAL, 0, 0))
    return deny


def restrict(unit, calls):
    bounding = words(unit, 'CapabilityBoundingSet')
    lib = ctypes.CDLL('libcap.so.2')
    keep = set()
    for name in bounding:
        number = ctypes.c_int()
        if lib.cap_from_name(name.lower().encode(), ctypes.byref(number)):
            die(f'no such capability: {name}')
        keep.add(number.value)
    if 'CapabilityBoundingSet' in unit:
        for number in range(int(open('/proc/sys/kernel/cap_last_cap', encoding='ascii').read()) + 1):
            if number not in keep:
                check(libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0), 'capabilities')
    if 'NoNewPrivileges' in unit:
        check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'no_new_privs')
    refusals(unit).load()
    if calls is not None:
        allow = Filter(Filter.ERRNO | EPERM)
        for name in sorted(calls):
            allow.rule(Filter.ALLOW, name)
        allow.load()


def main():
    if len(sys.argv) < 7:
        die('usage: as_service.py UNIT ROOM INSTALLED ETC STATE RUN [COMMAND…]')
    path, room, installed, etc, state, run, *command = sys.argv[1:]
    unit = read_unit(path)
    calls = allowed_calls(unit) if 'SystemCallFilter' in unit else None
    instead = {'/usr/local': installed, '/etc/koboshi': etc, '/var/lib/koboshi': state, '/run/koboshi': run}
    os.chmod(state, int(unit.get('StateDirectoryMode', ['0755'])[0], 8))
    os.chmod(run, int(unit.get('RuntimeDirectoryMode', ['0755'])[0], 8))
    command = command or shlex.split(unit['ExecStart'][0])
    enter_root(unit, room, instead)
    environment = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin', 'LANG': 'C.UTF-8'}
    environment |= {name: value for name, value in os.environ.items() if name.endswith('SAN_OPTIONS')}
    # LeakSanitizer traces the process at its end, which the filter rightly refuses
    environment['ASAN_OPTIONS'] = ':'.join(filter(None, [environment.get('ASAN_OPTIONS'), 'detect_leaks=0']))
    os.umask(int(unit.get('UMask', ['0022'])[0], 8))
    restrict(unit, calls)
    os.execvpe(command[0], command, environment)


main()
