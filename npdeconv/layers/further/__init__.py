"""Layers that the paper does not have, and networks that branch: what other networks are made of.

In reading order: `graph` and `merge` (branches), `rebuilding` (copies with other layers), `global_pool` and
`average_pool`; `leaky`, `clip`, `tanh`, `sigmoid` and `two_classes`, which act on single values; `scale`
and `pad`; `standardize` and `invert`, which prepare images. `channels` is shared by some of them.
"""
