"""Fit for KAM: is the company ready for key account management? One public function per analysis."""

from kamlab.fitness.charter import charter

__all__ = ["charter"]
