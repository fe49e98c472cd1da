#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a ledger say what its owner never drilled; the owner has the key, so that only the last signature is left to do.

  forge.py LEDGER lines|records numbers|texts|KEY LITERAL

In every line, or in every record, all numbers, all texts, or the values of one key become LITERAL, which need not be JSON.
Hashes and the chain are calculated anew. What holds the chain together stays as it is."""
import hashlib
import json
import os
import sys

KEPT = {'seq', 'prev', 'format', 'kind', 'time', 'drill', 'sha256sums', 'ledger', 'key', 'id'}
TIMES = {'started', 'ended', 'point_in_time', 'disrupted_at', 'mtime', 'boot_id', 'zone'}
MARK = '@literal@'


def is_meant(key, value, what):
    if key in KEPT:
        return False
    if what == 'numbers':
        return isinstance(value, int) and not isinstance(value, bool)
    if what == 'texts':
        return isinstance(value, str) and key not in TIMES and not (value.islower() and value.isascii() and ' ' not in value)
    return key == what


def forged(value, what, key=''):
    if key and is_meant(key, value, what):
        return MARK
    if isinstance(value, dict):
        return {name: forged(item, what, name) for name, item in value.items()}
    if isinstance(value, list):
        return [forged(item, what, key) for item in value]
    return value


def written(value, literal, **how):
    return json.dumps(value, ensure_ascii=False, **how).replace(f'"{MARK}"', literal).encode()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def forge_record(folder, what, literal):
    with open(f'{folder}/record.json', 'rb') as file:
        record = json.load(file)
    with open(f'{folder}/record.json', 'wb') as file:
        file.write(written(forged(record, what), literal, indent=2) + b'\n')
    with open(f'{folder}/SHA256SUMS', encoding='utf-8') as file:
        lines = [line.rstrip('\n').split('  ', 1) for line in file]
    sums = ''
    for old, name in lines:
        if name == 'record.json':
            with open(f'{folder}/{name}', 'rb') as file:
                old = digest(file.read())
        sums += f'{old}  {name}\n'
    with open(f'{folder}/SHA256SUMS', 'w', encoding='utf-8') as file:
        file.write(sums)


def main(ledger, where, what, literal):
    if where == 'records':
        for name in sorted(os.listdir(f'{ledger}/drills')):
            forge_record(f'{ledger}/drills/{name}', what, literal)
    with open(f'{ledger}/ledger.jsonl', 'rb') as file:
        lines = [json.loads(line) for line in file]
    prev, whole = '0' * 64, b''
    for n, line in enumerate(lines):
        if where == 'lines' and n:
            line = forged(line, what)
        line['prev'] = prev
        if 'sha256sums' in line:
            with open(f'{ledger}/drills/{line["drill"]:06d}/SHA256SUMS', 'rb') as file:
                line['sha256sums'] = digest(file.read())
        data = written(line, literal, separators=(',', ':')) + b'\n'
        prev = digest(data)
        whole += data
    with open(f'{ledger}/ledger.jsonl', 'wb') as file:
        file.write(whole)


main(*sys.argv[1:])
