"""
What excites a feature map most
===============================

For each map, the patches of the nine images that excite it most, beside their projections (figure 2 of the paper).
What the nine have in common is what the map looks for.
"""

import numpy as np

import npdeconv as nd

digits, rng = nd.data.load_strokes(2000), np.random.default_rng(0)
net = nd.experiments.small_network((28, 28, 1), 10, rng)
nd.training.fit(net, digits, nd.optimizers.Adam(0.002), epochs=3, batch_size=32, rng=rng)

found = nd.visualize.find_strongest(net, digits.images, ["relu3"], k=9)["relu3"]
chosen = nd.visualize.most_active(found, 6)
patches = nd.visualize.find_patches(net, digits.images, "relu3", found=found)
ax = nd.plot.strongest(patches, found, feature_maps=chosen, title="six maps of relu3")

# %%
# All maps of a layer at once, each by its strongest projection.

ax = nd.plot.strongest_projections(patches, found, title="relu3")

# %%
# Whole images instead of patches, and beneath each the projection of the whole map.

whole = nd.visualize.top_images(
    net, digits.images, "relu3", found=found, feature_maps=chosen[:3], select="map"
)
ax = nd.plot.top_images(whole, title="three maps of relu3, whole")
