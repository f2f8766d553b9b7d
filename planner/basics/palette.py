"""Name the colours that things on a map are told apart by."""

from __future__ import annotations

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""
Told apart by people with any common colour vision deficiency.

Reference: Okabe and Ito, Color Universal Design, 2008; its yellow and black are
left out, since one vanishes on a light map and the other is for text.
"""
