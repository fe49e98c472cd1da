/* SPDX-License-Identifier: Apache-2.0 */
/* A sandbox that is not there must fail loudly: what must be impossible is tried. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "koboshi/file.h"

#include "confine.h"

static bool may_list_root(void)
{
    KB_SCOPED_FD fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 || errno != EACCES;
}

/* Everybody may write to this device but for Landlock. */
static bool may_write_device(void)
{
    KB_SCOPED_FD fd = open("/dev/zero", O_WRONLY | O_CLOEXEC);
    return fd >= 0;
}

static bool may_become_root(void)
{
    return geteuid() != 0 && !setresuid((uid_t)-1, 0, (uid_t)-1);
}

static bool may_gain_rights(void)
{
    return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

static bool may_open_socket(void)
{
    KB_SCOPED_FD fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0;
}

/* Whose arguments no filter can look into; without one it is refused for their size. */
static bool may_clone_unseen(void)
{
    return syscall(SYS_clone3, NULL, (size_t)0) >= 0 || errno != ENOSYS;
}

/* Whoever may gets EBADF. */
static bool may_load_modules(void)
{
    return syscall(SYS_finit_module, -1, "", 0) >= 0 || (errno != EPERM && errno != ENOSYS);
}

int kb_outcome_check(struct kb_confining *c)
{
    static const struct {
        bool (*possible)(void);
        struct kb_text what;
        bool by_landlock;
    } outcomes[] = {
        {may_list_root, {"閉じ込めたはずなのに / を一覧できます", "confined, and yet / can be listed"}, true},
        {may_write_device,
         {"閉じ込めたはずなのに /dev/zero に書き込めます", "confined, and yet /dev/zero can be written"},
         true},
        {may_become_root, {"閉じ込めたはずなのに root に戻れます", "confined, and yet uid 0 comes back"}},
        {may_gain_rights, {"閉じ込めたはずなのに権限を得られます", "confined, and yet rights can be gained"}},
        {may_open_socket, {"閉じ込めたはずなのにソケットを作れます", "confined, and yet a socket can be made"}},
        {may_clone_unseen, {"閉じ込めたはずなのに clone3 を使えます", "confined, and yet clone3 can be called"}},
        {may_load_modules,
         {"閉じ込めたはずなのにカーネルモジュールを読み込めます", "confined, and yet kernel modules can be loaded"}},
    };
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++) {
        bool tried = !outcomes[i].by_landlock || c->params->level != KB_CONFINE_MEDIA;
        int code = tried && outcomes[i].possible() ? kb_confine_lacks(c, outcomes[i].what) : 0;
        if (code)
            return code;
    }
    return 0;
}
