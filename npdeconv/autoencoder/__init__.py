"""A stacked autoencoder, pretrained layer by layer: Hinton & Salakhutdinov, Science 313, 504 (2006).

An autoencoder gives back its input through a narrow code. Deep ones were hard to train from random
weights. The paper's way has three steps:

1. Pretrain. A restricted Boltzmann machine (`machine.py`) learns to model the pixels, another one to
   model the hidden units of the first, and so on up to the code.
2. Unroll. The weights of every machine are used twice: on the way up, and transposed on the way down.
3. Fine-tune. The whole network (`stack.py`) descends the gradient of its error, and the copies part.
"""

from npdeconv.autoencoder.machine import RBM, LinearRBM
from npdeconv.autoencoder.stack import Autoencoder

__all__ = ["RBM", "Autoencoder", "LinearRBM"]
