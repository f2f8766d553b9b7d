"""Edit a JSON file as a careless hand would: one value, anywhere."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**17), 10**17),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
)


def edited_by_hand(data: st.DataObject, text: str) -> str:
    """Return the text with one value, drawn from all of it, replaced or dropped."""
    document = json.loads(text)
    holder: Any = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        key = data.draw(st.sampled_from(keys))
        deeper = isinstance(holder[key], dict | list) and len(holder[key]) > 0
        if not deeper or data.draw(st.integers(0, 4)) == 0:
            break
        holder = holder[key]
    if data.draw(st.booleans()):
        del holder[key]
    else:
        holder[key] = data.draw(junk)
    return json.dumps(document)
