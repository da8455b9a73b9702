"""
Images, boxes and sheets
========================

An image is drawn as people see it, with a box around the part that matters. Many small pictures become one sheet.
"""

import matplotlib.pyplot as plt

import npdeconv as nd

planted = nd.data.plant(nd.data.load_strokes(24))
pictures, boxes = planted.dataset.images, planted.boxes

figure, axes = plt.subplots(1, 3, figsize=(7, 2.7), layout="constrained")
for ax, picture, box, label in zip(axes, pictures, boxes, planted.dataset.labels, strict=False):
    nd.plot.image(picture, ax, title=nd.plot.literal(f"a {label}, for $0"))
    nd.plot.draw_box(box, ax)
nd.plot.use_fonts(figure)

# %%
# A sheet is an image, too.

sheet = nd.plot.montage(pictures / 255, columns=8)
ax = nd.plot.image(sheet, title="24 pictures in rows of 8")
