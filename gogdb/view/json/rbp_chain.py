"""What a walk along rbp reports of a stack, as JSON."""

from __future__ import annotations

from gogdb.runtime.fp_chain import FramePointerChain
from gogdb.view.json.values import as_hex

__all__ = ["rbp_chain"]


def rbp_chain(chain: FramePointerChain | None) -> dict[str, object] | None:
    """Return the frames that a walk along rbp reports, and where and why it first loses a caller.

    None when there is no chain to walk.
    """
    if chain is None:
        return None
    divergence = None if chain.divergence is None else chain.links[chain.divergence]
    return {
        "source": chain.start.source,
        "start": as_hex(chain.start.value),
        "shown": [link.frame for link in chain.links if link.reported],
        "left_out": [link.frame for link in chain.links if not link.reported],
        "lost_at": divergence and divergence.frame,
        "why": divergence and divergence.why,
    }
