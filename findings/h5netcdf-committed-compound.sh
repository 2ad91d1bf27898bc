#!/usr/bin/env bash
# h5netcdf 1.8.2: a dataset of compounds with room behind the last field, which is what a C struct
# with padding at its end becomes, cannot be read when its type is committed, that is a named type of
# the file: "When changing to a smaller dtype, its size must be a divisor of the size of original
# dtype". netCDF-4 commits its types, so a good guess is that this is what h5netcdf reads best; the
# same dataset is read without it, and h5py reads both. xarray meets it by engine="h5netcdf".
#
# Exit: 0 as described, 1 the behaviour has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet install h5netcdf==1.8.2 h5py==3.16.0 numpy==2.4.6
cat >read.py <<'END'
import h5netcdf, h5py, numpy as np

print("h5netcdf", h5netcdf.__version__, "h5py", h5py.__version__)
outcomes = []
for size in 8, 12:
    for committed in False, True:
        pair = np.dtype({"names": ["a", "b"], "formats": ["<f4", "<u4"], "offsets": [0, 4], "itemsize": size})
        with h5py.File("pairs.h5", "w") as file:
            file["n"] = np.arange(3)
            file["n"].make_scale("n")
            if committed:
                file["pair"] = pair
            data = file.create_dataset("pairs", (3,), file["pair"] if committed else pair)
            data.dims[0].attach_scale(file["n"])
            data[:] = np.ones(3, pair)
            assert (data[:]["a"] == 1).all()
        try:
            with h5netcdf.File("pairs.h5") as file:
                outcome = "read" if (file["pairs"][:]["a"] == 1).all() else "read as something else"
        except ValueError as error:
            outcome = f"ValueError: {error}"
        print(f"8 bytes of fields in {size} bytes, {'committed' if committed else 'not committed'}: {outcome}")
        outcomes.append(outcome.split(":")[0])
raise SystemExit(outcomes != ["read", "read", "read", "ValueError"])
END
venv/bin/python read.py
