"""Potentials: what each account is worth, now and at best. One public function per analysis."""

from kamlab.potential.dossier import account_dossier
from kamlab.potential.editions import customer_edition

__all__ = ["account_dossier", "customer_edition"]
