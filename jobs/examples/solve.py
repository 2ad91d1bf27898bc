#!/usr/bin/env python3
"""Solve a Sudoku with libhrm, and watch its state settle. Takes nothing but Python.

    python3 solve.py libhrm.so MODEL.h5 PUZZLE
"""

import ctypes
import math
import sys


class Shape(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in (
        "positions", "vocabulary", "identifiers", "rows", "width", "segments", "batch")]
    _fields_ += [("step", ctypes.c_int64)]


class Q(ctypes.Structure):
    _fields_ = [("q_halt", ctypes.c_float), ("q_continue", ctypes.c_float),
                ("halts", ctypes.c_int32)]


def main(library, path, puzzle):
    hrm = ctypes.CDLL(library)
    hrm.hrm_model_backend.restype = ctypes.c_char_p
    error = ctypes.create_string_buffer(2048)

    def call(function, *arguments):
        if function(*arguments, error) != 0:
            sys.exit("solve.py: " + error.value.decode())

    model, worker, shape, q = ctypes.c_void_p(), ctypes.c_void_p(), Shape(), Q()
    call(hrm.hrm_model_open, path.encode(), None, ctypes.byref(model))
    hrm.hrm_model_shape(model, ctypes.byref(shape))
    if len(puzzle) != shape.positions:
        sys.exit(f"solve.py: a puzzle of this model has {shape.positions} cells")
    call(hrm.hrm_worker_open, model, 1, ctypes.byref(worker))

    # A blank is token 1, a digit the token behind its own.
    line = ctypes.c_uint16 * shape.positions
    tokens, answer = line(*(int(c) + 1 if c in "123456789" else 1 for c in puzzle)), line()
    state = ctypes.c_float * (shape.rows * shape.width)
    before, z_h, z_l = state(), state(), state()
    for segment in range(1, shape.segments + 1):
        call(hrm.hrm_worker_store, worker, 0, before, z_l)
        call(hrm.hrm_worker_segment, worker, 1, tokens, None)
        call(hrm.hrm_worker_store, worker, 0, z_h, z_l)
        call(hrm.hrm_worker_q, worker, 0, ctypes.byref(q))
        print(f"segment {segment}: q_halt {q.q_halt:.3f}, z_H moved {math.dist(before, z_h):.3f}")
        if q.halts:
            break
    call(hrm.hrm_worker_tokens, worker, 0, answer)
    print("".join(str(token - 1) if token > 1 else "." for token in answer))
    hrm.hrm_worker_close(worker)
    hrm.hrm_model_close(model)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
