"""Sound: scatterers, beam, attenuation, compression. Levels are dB; fields are (depth, lateral) arrays.

The field of many unresolved scatterers is complex Gaussian, so its envelope is Rayleigh: mean over SD 1.913, and
20·log10 of it has an SD of 5.57 dB whatever the level. Fewer scatterers make it K-distributed.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Complex = NDArray[np.complex64]

ZONES = 3
"""Depth zones of the beam; the point spread between them is interpolated."""


def scatterers(rng: np.random.Generator, shape: tuple[int, int]) -> Complex:
    """Complex Gaussian amplitudes of variance 1."""
    pair = rng.standard_normal((2, *shape), np.float32) * np.float32(np.sqrt(0.5))
    return np.asarray(pair[0] + 1j * pair[1], np.complex64)


def clumped(rng: np.random.Generator, field: Complex, scatterers_per_cell: float) -> Complex:
    """Make a field K-distributed: few scatterers in each resolution cell vary its power."""
    coarse = rng.gamma(scatterers_per_cell, 1 / scatterers_per_cell, (field.shape[0] // 2 + 1, field.shape[1] // 2 + 1))
    power = np.repeat(np.repeat(np.sqrt(coarse.astype(np.float32)), 2, 0), 2, 1)
    return np.asarray(field * power[: field.shape[0], : field.shape[1]], np.complex64)


def beamed(field: Complex, axial_px: float, lateral_px: tuple[float, ...]) -> Complex:
    """Convolve with a Gaussian point spread: one axial width, a lateral width for each of the depth zones (SD in px).

    The power of an even field stays 1.
    """
    spread = _along(field, 0, axial_px)
    zones = np.stack([_along(spread, 1, width) for width in lateral_px])
    if len(zones) == 1:
        return np.asarray(zones[0], np.complex64)
    depth = np.linspace(0, len(zones) - 1, field.shape[0], dtype=np.float32)
    mixed = np.zeros_like(field)
    for index, zone in enumerate(zones):
        weight = np.clip(1 - np.abs(depth - index), 0, 1)
        mixed += zone * np.sqrt(weight)[:, None]
    return np.asarray(mixed, np.complex64)


def _along(field: Complex, axis: int, sigma_px: float) -> Complex:
    """Gaussian filter of unit power along one axis, by FFT with mirrored edges left out: speckle has none to keep."""
    frequency = np.fft.fftfreq(field.shape[axis]).astype(np.float32)
    response = np.exp(-2 * (np.pi * sigma_px * frequency) ** 2).astype(np.float32)
    response /= np.sqrt(np.mean(response**2))
    shape = (-1, 1) if axis == 0 else (1, -1)
    return np.asarray(np.fft.ifft(np.fft.fft(field, axis=axis) * response.reshape(shape), axis=axis), np.complex64)


def attenuated(level_db: Array, depth_mm: Array, db_per_mm: float) -> Array:
    """What is left of echoes after the way there and back where gain does not make up for it."""
    return np.asarray(level_db - np.float32(db_per_mm) * depth_mm, np.float32)


def gain_curve(rng: np.random.Generator, rows: int, size_db: float) -> Array:
    """An imperfect time-gain compensation: sliders set by hand, dB by row, (rows, 1)."""
    sliders = rng.normal(0, size_db, 7)
    return np.interp(np.linspace(0, 6, rows), np.arange(7), sliders).astype(np.float32)[:, None]


def dropouts(rng: np.random.Generator, columns: int, number: int) -> Array:
    """Loss in dB where the probe does not touch: soft stripes, (1, columns)."""
    place = np.arange(columns, dtype=np.float32)
    loss = np.zeros(columns, np.float32)
    for _ in range(number):
        width = float(rng.uniform(0.01, 0.05)) * columns
        loss += float(rng.uniform(3, 16)) * np.exp(-(((place - rng.uniform(0, columns)) / width) ** 2)).astype(
            np.float32
        )
    return loss[None, :]


def envelope_db(field: Complex) -> Array:
    """20·log10 of the envelope."""
    return np.asarray(20 * np.log10(np.abs(field) + np.float32(1e-6)), np.float32)


def compressed(db: Array, reference_db: float, range_db: float, gamma: float) -> NDArray[np.uint8]:
    """Grey levels of a display: `reference_db` is white, `range_db` below it black."""
    share = np.clip((db - np.float32(reference_db)) / np.float32(range_db) + 1, 0, 1)
    return np.asarray(255 * share ** np.float32(gamma), np.uint8)
