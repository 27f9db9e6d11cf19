"""Python's garbage collector, set up for batches.

A batch makes tens of thousands of objects that live until it is over and form no cycles. By default the collector looks
at them, and again and again at everything that was loaded at start, each 700 objects: a quarter of a batch's time.
"""

import gc

# Objects made before a look at the youngest; such looks before one at the middle; those before one at all.
THRESHOLDS = (50_000, 20, 50)


def settle() -> None:
    """Call once everything is loaded: what is there stays for good and is not looked at again; what comes, seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
