# SPDX-License-Identifier: Apache-2.0
# Writes build_id.h: the version and the SHA-256 over the contents of all sources, in path order.
file(GLOB_RECURSE sources RELATIVE ${ROOT} ${ROOT}/agent/*.c ${ROOT}/agent/*.h ${ROOT}/include/koboshi/*.h)
list(SORT sources)
set(all "")
foreach(source ${sources})
  file(SHA256 ${ROOT}/${source} digest)
  string(APPEND all "${digest} ${source}\n")
endforeach()
string(SHA256 digest "${all}")
string(SUBSTRING ${digest} 0 16 short)
file(WRITE ${OUT} "#define KB_VERSION \"${VERSION}\"\n#define KB_BUILD_ID \"${VERSION}-${short}\"\n")
