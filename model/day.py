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
    (
        "queue",
        "deposits are minted, redemptions requested and paid, loops borrow; escrow and validator queues move on",
    ),
    (
        "trade",
        "rounds of trading: orders hit the pools, unsafe loans are liquidated where it pays, arbitrageurs and patient "
        "capital answer",
    ),
    (
        "faults",
        "operator faults, attacks that pay, slashing and contract exploits, with what they drag down and who bears it",
    ),
    (
        "settle",
        "recipients sell tokens, bills fall due, lenders come and go, the risk steward sets terms; surprises change "
        "trust and beliefs",
    ),
    ("record", "series, entities and events of the day are written down"),
)
"""Name and meaning of each step of a day, in order: ``RestakingEcosystem.step`` calls the methods of these names."""
