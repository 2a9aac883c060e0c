"""Simulated B-mode frames of the cattle ribeye with known truth: the cross-section between the 12th and 13th rib.

No real ribeye image with a mask is public, so models are trained on these. Anatomy, scatterers, beam, attenuation and
scanner are drawn anew for each seed; the same seed gives the same frame, byte for byte. numpy and Pillow only.
"""

from training.phantoms.phantom import Phantom, make_phantom

__all__ = ["Phantom", "make_phantom"]
