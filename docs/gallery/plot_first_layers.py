"""
Coarse and fine first layers
============================

Small networks like AlexNet, with first filters of 5x5 and stride 2, and of 3x3 and stride 1, each with and without renormalization of filters, after a few steps on drawn digits.
The paper (section 4.1) says that renormalization keeps one filter from dominating, and that finer first filters leave fewer dead maps, and less of the grid of their stride in what the
second layer shows. A dot is a seed; red marks are controls: what white noise has, the images themselves, or the neighboring frequencies. So few steps decide nothing:
:doc:`/filters` has numbers from photos.
"""

import npdeconv as nd

digits, test = nd.data.load_strokes(200), nd.data.load_strokes(100, seed=1)
result = nd.experiments.compare_first_layers(digits, test, seeds=[0, 1], epochs=3, radius=0.01)
axes = nd.plot.first_layers(result, title="200 drawn digits, 3 epochs")
