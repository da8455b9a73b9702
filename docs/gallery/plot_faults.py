"""
Faults of published deconvnets
==============================

Each fault stands between the digit it is about and the difference it makes. Here ties in a pooling window are spread over all winners, and a way down forgets to rectify.
"""

import npdeconv as nd

for name in ("ties_spread", "unrectified"):
    fault = nd.breakage.fault_of(name)
    nd.plot.fault(fault, nd.breakage.show(fault))
