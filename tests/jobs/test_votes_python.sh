#!/bin/sh
# The example of the README reads a votes file, and every axis has a name.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

make_votes=$(dirname "$HRMPI")/tests/make_votes
# The distribution's python3-h5py belongs to its own Python, which may not be the first in PATH.
python=
for one in python3 /usr/bin/python3; do
    [ -n "$python" ] || ! "$one" -c 'import h5py, numpy' 2>err || python=$one
done
if [ -z "$python" ]; then
    echo "skipped: python3 has no h5py (python3-h5py): $(tail -n 1 err)"
    exit 77
fi
expect_exit 0 "$make_votes" votes.h5 checkpoints=2 perturbations=3 puzzles=40 block=16
awk '/^```/ { inside = /python/; next } inside' "$HRM_SOURCE/README.md" >example.py
grep -q '"votes.h5"' example.py || fail "the README has no example"
cat >>example.py <<'END'
assert grids.shape == (2, 3, 40, 81) and grids.min() >= 1 and grids.max() <= 9
blank, digits = questions == 1, questions.astype(int) - 1
certified = passes["flags"] & 4 > 0
keeps = (blank | (grids == digits)).all(axis=-1)
assert certified.any() and not certified.all() and keeps[certified].all()
units = np.arange(81).reshape(9, 9)
for unit in [*units, *units.T]:
    assert (np.sort(grids[certified][:, unit]) == np.arange(1, 10)).all()
file = h5py.File("votes.h5", "r")
assert [a.label for a in file["passes"].dims] == ["checkpoint", "perturbation", "puzzle"]
for name in "passes", "question", "answer", "rating", "blocks", "checkpoint_step":
    assert file[name].attrs["long_name"] and file[name].attrs["units"]
try:
    import xarray
except ImportError:
    xarray = None
if xarray:
    data = xarray.open_dataset("votes.h5", engine="h5netcdf")
    assert data.passes.dims == ("checkpoint", "perturbation", "puzzle"), data.passes.dims
    assert data.passes.sel(checkpoint=1).shape == (3, 40) and not any("phony" in d for d in data.dims)
END
expect_exit 0 "$python" example.py
expect_text "right: 0."
