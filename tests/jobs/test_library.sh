#!/bin/sh
# libhrm as others find it: what is installed, what it shows, and the examples, built by CMake and by
# pkg-config, and run by Python.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
build=$(dirname "$HRMPI")
if [ ! -e "$build/cmake_install.cmake" ] || ! command -v cmake >/dev/null || ! command -v pkg-config >/dev/null; then
    echo "skipped: the program is not in its build folder, or there is no cmake or pkg-config"
    exit 77
fi
# What is installed can be moved.
expect_exit 0 cmake --install "$build" --prefix "$scratch/first"
mv first prefix
examples=$(dirname "$(find "$scratch/prefix" -name solve.py)")
header=$(find prefix -path '*/include/*' -name hrm.h)
library=$(find prefix -name 'libhrm.so' -o -name libhrm.a)
PKG_CONFIG_PATH=$scratch/$(dirname "$(find prefix -name hrm.pc)")
export PKG_CONFIG_PATH
setting() { sed -n "s/^$1:[A-Z]*=//p" "$build/CMakeCache.txt"; }
compiler=$(setting CMAKE_C_COMPILER)

[ "$(wc -l <"$header")" -le 200 ] || fail "the header has more than 200 lines"
expect_exit 0 "$compiler" -std=c11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only "$header"
if command -v c++ >/dev/null; then
    expect_exit 0 c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c++ "$header"
fi

# The shared library shows the functions of the header and nothing else, and is found by its SONAME.
static=
sanitize=
[ "$(setting HRM_SANITIZE)" != ON ] || sanitize=-fsanitize=address,undefined
if [ "${library%.so}" != "$library" ]; then
    sed -n 's/^HRM_API .*\(hrm_[a-z_]*\)(.*/\1/p' "$header" | sort >wanted
    [ "$(wc -l <wanted)" -gt 10 ] || fail "few functions were found in the header"
    nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sort >shown
    if [ -z "$sanitize" ]; then cmp -s wanted shown || fail "shown: $(cat shown)"; fi
    readelf -d "$library" | grep -q 'SONAME.*libhrm\.so\.[0-9]*\.[0-9]*\]' || fail "no SONAME"
else
    static=--static
fi

expect_exit 0 cmake -S "$examples" -B by-cmake -DCMAKE_PREFIX_PATH="$scratch/prefix" \
    -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS=$sanitize
expect_exit 0 cmake --build by-cmake
# shellcheck disable=SC2046,SC2086 # lists of words
expect_exit 0 "$compiler" $sanitize "$examples/solve.c" -o by-pkg-config \
    $(pkg-config $static --cflags --libs hrm)
pkg-config --modversion hrm >version
LD_LIBRARY_PATH=$scratch/$(dirname "$library")${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

model=$(find "$scratch/prefix" -path '*/mixing/replica-0/step-00040000.h5')
row=$(gzip -dc "$HRM_SOURCE/jobs/data/easy-300.csv.gz" | sed -n '2p')
puzzle=$(echo "$row" | cut -d, -f2)
answer=$(echo "$row" | cut -d, -f3)
for program in by-cmake/solve ./by-pkg-config; do
    expect_exit 0 $program "$model" "$puzzle"
    expect_text "$answer after" "segments on"
    expect_exit 1 $program none.h5 "$puzzle"
    expect_text "solve: none.h5: cannot open: No such file"
    expect_exit 1 $program "$header" "$puzzle"
    expect_text "not an HDF5 file"
    expect_exit 2 $program "$model" 123
done

if ! command -v python3 >/dev/null || [ -n "$static$sanitize" ]; then
    echo "not run: the example in Python takes python3 and a shared library without sanitizers"
    exit 0
fi
expect_exit 0 python3 "$examples/solve.py" "$library" "$model" "$puzzle"
expect_text "$answer" "segment 1: q_halt" "z_H moved"
expect_exit 1 python3 "$examples/solve.py" "$library" none.h5 "$puzzle"
expect_text "solve.py: none.h5: cannot open: No such file"
