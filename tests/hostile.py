"""Texts that would do harm where a page took them for anything but text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

from planner.plan import Plan, Unserved
from planner.scenario import Scenario

TEXTS = (
    "<script>window.harmed=1</script>",
    "</script><script>window.harmed=1</script>",
    '"><img src=x onerror=window.harmed=1>',
    "<svg onload=window.harmed=1>",
    "{{ 7 * 191 }}{% raw %}",
    "${window.harmed=1}`;window.harmed=1;`",
    "';window.harmed=1;//",
    "</title></style><!-- &lt;b&gt; \u2028\u2029",
    "javascript:window.harmed=1",
    "__proto__",
)


def hostile_scenario(scenario: Scenario) -> Scenario:
    """Put a harmful text wherever a scenario holds a person's words or ids."""
    texts: Iterator[str] = cycle(TEXTS)
    return replace(
        scenario,
        name="".join(TEXTS),
        timezone=next(texts),
        attribution=next(texts),
        stations=tuple(
            replace(
                s, id=f"{s.id} {next(texts)}", name=next(texts), district=next(texts)
            )
            for s in scenario.stations
        ),
        zones=tuple(
            replace(
                z, id=f"{z.id} {next(texts)}", name=next(texts), district=next(texts)
            )
            for z in scenario.zones
        ),
        airspace=tuple(
            replace(a, id=f"{a.id} {next(texts)}", name=next(texts), reason=next(texts))
            for a in scenario.airspace
        ),
        districts=tuple(replace(d, name=next(texts)) for d in scenario.districts),
        response_teams=tuple(
            replace(t, name=next(texts)) for t in scenario.response_teams
        ),
    )


def hostile_plan(plan: Plan) -> Plan:
    """Put a harmful text wherever a plan holds an id or a reason of its own."""
    texts: Iterator[str] = cycle(TEXTS)
    names = {r.id: f"{r.id} {next(texts)}" for r in plan.routes}
    drones = {s.drone: f"{s.drone} {next(texts)}" for s in plan.roster}
    served = plan.routes[0].stops[0].zones[0]
    left_out = Unserved(
        zone=served, code=TEXTS[0], reason=" ".join(TEXTS), remedy=" ".join(TEXTS)
    )
    return replace(
        plan,
        routes=tuple(replace(r, id=names[r.id]) for r in plan.routes),
        roster=tuple(
            replace(s, drone=drones[s.drone], route=names[s.route]) for s in plan.roster
        ),
        unserved=(*plan.unserved, left_out),
        provenance={text: {text: text} for text in TEXTS},
    )
