"""Keeps the memory of one step for the next, which a CPU's training time depends on."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3
"""Numbers of glibc's malloc.h."""


def keep_freed_memory() -> bool:
    """Have glibc keep what is freed, instead of giving it back to the system; whether it agreed.

    Each step of training frees and takes the same hundreds of megabytes. By default glibc maps and unmaps them
    anew, and the system fills every page with zeros first: measured on MobileNetV2, batches of 128 photos of
    128x96 pixels, two cores, that took a third of the time. Other systems' allocators are left as they are.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl has none
        return False
    # Above the largest value that glibc takes for the threshold, everything comes from the heap.
    return all([mallopt(M_MMAP_THRESHOLD, 2**30), mallopt(M_TRIM_THRESHOLD, 2**31 - 1), mallopt(M_TOP_PAD, 2**28)])
