# SPDX-License-Identifier: Apache-2.0
# A file as the numbers of a C array: -DIN=… -DOUT=…
file(READ "${IN}" digits HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," numbers "${digits}")
string(REGEX REPLACE "((0x[0-9a-f][0-9a-f],)(0x[0-9a-f][0-9a-f],)(0x[0-9a-f][0-9a-f],)(0x[0-9a-f][0-9a-f],))" "\\1\n" numbers "${numbers}")
file(WRITE "${OUT}" "${numbers}0\n")
