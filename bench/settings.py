"""The product's settings with one route more: the reference that every figure is a ratio to."""

from network.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
