"""The order of a day: what happens between one close and the next."""

DAY: tuple[tuple[str, str], ...] = (
    (
        "news",
        "what happens to the world: launches, snapshots, plans, airdrops, openings, set events, sentiment; "
        "stakers hear of it",
    ),
    ("accrue", "base yield, AVS fees and tokens, programme incentives and points accrue to every holding"),
    (
        "decide",
        "stakers whose turn it is choose by yesterday's close; protocols, operators and AVSs act on their calendar",
    ),
    ("queue", "deposits are minted, redemptions requested and paid; escrow and validator queues move on"),
    ("trade", "rounds of trading: orders hit the pools, arbitrageurs and patient capital answer"),
    ("faults", "operator faults, slashing and contract exploits, with what they drag down"),
    ("settle", "recipients sell tokens, surprises change trust and beliefs, ledgers are checked"),
    ("record", "series, entities and events of the day are written down"),
)
"""Name and meaning of each step of a day, in order. ``RestakingEcosystem.step`` runs the methods of these names."""
