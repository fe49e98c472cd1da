/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of media, rotations and the keys to them. */
#include "keys.h"

static const struct kb_form fs_uuid = {
    "^[0-9A-Fa-f-]{4,36}$",
    {"blkid が表示する UUID（16進数字とハイフン）", "the UUID that blkid shows (hexadecimal digits and hyphens)"}};

#define ANSWER(field, ja_, en_) KB_KEY(struct kb_medium, field, KB_ANSWER, .gloss = {ja_, en_})

static const struct kb_key encryption_keys[] = {
    KB_KEY(struct kb_encryption, kind, KB_ENUM, .values = kb_encryption_names, .flags = KB_REQUIRED,
           .gloss = {"暗号化の方式", "how it is encrypted"}),
    KB_KEY(struct kb_encryption, key, KB_STR, .ref = "keys",
           .gloss = {"鍵（keys の識別名）。鍵そのものは書かない",
                     "the key, by its id in `keys`; never the secret itself"}),
};
const struct kb_shape kb_plan_encryption_shape = KB_SHAPE_OR_SCALAR(struct kb_encryption, "encryption", encryption_keys,
                                                                    "kind");

static const struct kb_key offsite_keys[] = {
    KB_KEY(struct kb_offsite, away, KB_BOOL, .flags = KB_HAS_DEFAULT, .def = 1,
           .gloss = {"会社とは別の場所にある（offsite: true と同じ）", "kept at another site, as offsite: true says"}),
    KB_KEY(struct kb_offsite, km, KB_INT, .min = 0, .max = 20000, .gloss = {"会社からの距離（km）", "distance in km"}),
    KB_KEY(struct kb_offsite, same_hazard_zone, KB_ANSWER,
           .gloss = {"会社と同じ浸水・地震の想定区域にある", "in the same flood or quake hazard zone"}),
};
static const struct kb_shape offsite_shape = KB_SHAPE_OR_SCALAR(struct kb_offsite, "offsite", offsite_keys, "away");

static const struct kb_key medium_keys[] = {
    KB_KEY(struct kb_medium, title, KB_TEXT, .gloss = {"媒体の名前", "name of the medium"}),
    KB_KEY(struct kb_medium, kind, KB_ENUM, .values = kb_medium_kind_names, .flags = KB_REQUIRED,
           .gloss = {"媒体の種類: "
                     "hdd（外付けHDD）・rdx・nas・folder（フォルダ）・snapshot・cloud_export（クラウドからの書き出し）",
                     "hdd (external disk), rdx, nas, folder, snapshot or cloud_export"}),
    KB_KEY(struct kb_medium, label, KB_STR, .gloss = {"ディスクに貼ったラベル", "label on the disk"}),
    KB_KEY(struct kb_medium, fs_uuid, KB_STR, .form = &fs_uuid,
           .gloss = {"ファイルシステムのUUID（blkid で確認）", "UUID of its file system, as blkid shows it"}),
    KB_KEY(struct kb_medium, luks_uuid, KB_STR, .form = &fs_uuid,
           .gloss = {"暗号化された領域（LUKS・BitLocker）のUUID",
                     "UUID of the encrypted container around it (LUKS, BitLocker)"}),
    KB_KEY(struct kb_medium, serial, KB_STR, .gloss = {"ディスクのシリアル番号", "serial number of the disk"}),
    KB_KEY(struct kb_medium, mount, KB_STR,
           .gloss = {"フォルダの場所（絶対パスか計画ファイルからの相対パス）",
                     "folder: absolute, or relative to the plan file"}),
    KB_KEY(struct kb_medium, source, KB_STR,
           .gloss = {"nas: マウント元（例: //nas.local/backup）",
                     "nas: what must be mounted there, as //nas.local/backup"}),
    KB_KEY(struct kb_medium, fs, KB_STR,
           .gloss = {"nas: マウントの種類（例: cifs・nfs）", "nas: type of that mount, as cifs or nfs"}),
    KB_KEY(struct kb_medium, on, KB_STR, .ref = "hosts", .gloss = {"つながっている機器", "host it is attached to"}),
    KB_KEY(struct kb_medium, home, KB_TEXT, .gloss = {"普段の保管場所", "where it is kept"}),
    KB_KEY(
        struct kb_medium, offsite, KB_OBJECT, .of = &offsite_shape,
        .gloss =
            {"会社とは別の場所に保管している: true か {km: 距離, same_hazard_zone: …}（書かなければ社内。金庫も社内）",
             "kept at another site: true, or {km: …, same_hazard_zone: …}; without it on site, also in a safe"}),
    KB_KEY(struct kb_medium, retrieval, KB_DURATION, KB_ANY_TIME,
           .gloss = {"取りに行って接続するまでの時間", "time to fetch and attach it"}),
    KB_KEY(struct kb_medium, purchased, KB_DATE, .gloss = {"購入日", "date of purchase"}),
    KB_KEY(struct kb_medium, encryption, KB_OBJECT, .of = &kb_plan_encryption_shape,
           .gloss = {"媒体の暗号化", "how the medium is encrypted"}),
    ANSWER(online, "普段からネットワークや機器につながっている", "always connected"),
    ANSWER(writable_by_admin, "管理者の権限で書き換え・削除ができる",
           "an administrator account can change or delete it"),
    ANSWER(same_host, "元のデータと同じ機器の中にある", "inside the very machine whose data it holds"),
    ANSWER(provider_hosted, "クラウド事業者の設備にある", "lies with a cloud provider"),
    KB_KEY(struct kb_medium, media_rated, KB_BOOL,
           .gloss = {"保管する金庫が磁気媒体の耐火に対応している（紙用の金庫ではHDDは守れない）",
                     "its safe is rated for data media (a paper safe does not protect disks)"}),
};
const struct kb_shape kb_plan_medium_shape = KB_SHAPE(struct kb_medium, "medium", medium_keys);

static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};
static const char *const connections[] = {"always", "during_backup", NULL};
static const struct kb_key rotation_keys[] = {
    KB_KEY(struct kb_rotation, title, KB_TEXT, .gloss = {"交換サイクルの名前", "name of the rotation"}),
    KB_KEY(struct kb_rotation, disks, KB_STRS, .ref = "media", .flags = KB_REQUIRED | KB_NONEMPTY,
           .gloss = {"交代で使うディスク（順番どおり）", "disks that take turns, in order"}),
    KB_KEY(struct kb_rotation, swap, KB_ENUM, .values = weekdays, .flags = KB_REQUIRED,
           .gloss = {"交換する曜日", "day of the week on which they are exchanged"}),
    KB_KEY(struct kb_rotation, connected, KB_ENUM, .values = connections, .flags = KB_HAS_DEFAULT,
           .def = KB_CONNECTED_ALWAYS,
           .gloss = {"always（つないだまま）か during_backup（バックアップ中だけ）か",
                     "always attached, or only during_backup"}),
    KB_KEY(struct kb_rotation, at, KB_STR, .ref = "hosts", .gloss = {"つなぐ機器", "host they are attached to"}),
};
const struct kb_shape kb_plan_rotation_shape = KB_SHAPE(struct kb_rotation, "rotation", rotation_keys);

const char *const kb_key_place_names[] = {"paper", "offline", "system", NULL};
static const struct kb_key key_copy_keys[] = {
    KB_KEY(struct kb_key_copy, place, KB_TEXT, .flags = KB_REQUIRED, .gloss = {"保管場所", "where it is kept"}),
    KB_KEY(struct kb_key_copy, kind, KB_ENUM, .values = kb_key_place_names, .flags = KB_REQUIRED,
           .gloss = {"paper（紙）・offline（切り離した媒体）・system（システムの中）", "paper, offline or system"}),
    KB_KEY(struct kb_key_copy, system, KB_STR, .ref = "systems",
           .gloss = {"system: 保管しているシステム", "system: the system that holds it"}),
    KB_KEY(struct kb_key_copy, onsite, KB_ANSWER,
           .gloss = {"社内にある（書かなければ社内）", "on site; true unless written"}),
};
static const struct kb_shape key_copy_shape = KB_SHAPE(struct kb_key_copy, "key_copy", key_copy_keys);

static const struct kb_key secret_keys[] = {
    KB_KEY(struct kb_secret, title, KB_TEXT, .gloss = {"鍵・パスフレーズの呼び名", "name of the key or passphrase"}),
    KB_KEY(struct kb_secret, custodian, KB_STR, .ref = "roles", .flags = KB_REF_OR_NAME,
           .gloss = {"管理者（役割の識別名か名前）", "who keeps it: a role's id, or a name"}),
    KB_KEY(struct kb_secret, deputy, KB_STR, .ref = "roles", .flags = KB_REF_OR_NAME,
           .gloss = {"代行者（管理者が不在のとき）", "who keeps it in their absence"}),
    KB_KEY(
        struct kb_secret, stored, KB_LIST, .of = &key_copy_shape,
        .gloss = {"保管しているところ（鍵そのものは書かない）", "where its copies are kept; never the secret itself"}),
    KB_KEY(struct kb_secret, rotated_on, KB_DATE, .gloss = {"最後に変更した日", "date on which it was last changed"}),
};
const struct kb_shape kb_plan_secret_shape = KB_SHAPE(struct kb_secret, "key", secret_keys);
