"""Records of node operators and services (AVSs), and the constants of their behaviour.

They stand beside the kernels, so that a change of either changes the code version. Amounts are ETH, rates and pay are
per year, times are days. Constants without a source are assumptions; they are few and each says what it stands for.
"""

import numpy as np

DAYS_PER_YEAR = 365.0
ROW_STRIDE = 1 << 20
"""Distance between the draws of two rows of a table: rows may have so many columns."""
WEEK = 7.0

OPERATOR = np.dtype(
    [
        ("stake", "f8"),  # delegated and own stake, as of the last accrual
        ("self_stake", "f8"),  # its own part of it
        ("commission", "f8"),  # fraction of AVS rewards on delegated stake
        ("skill", "f8"),  # divides the fault rate; the mean of 1/skill is 1
        ("capacity", "f8"),  # number of AVSs that it serves without strain
        ("cost", "f8"),  # running cost of one AVS, ETH per year
        ("client", "i4"),  # client implementation that it runs
        ("avs_count", "i4"),  # number of AVSs that it serves
        ("reviewing", "u1"),  # 1 in a week in which it goes through its AVSs
        ("hazard", "f8"),  # faults of its own per year at the present load, client bugs apart
        ("faults", "i4"),  # faults since the start
        ("fault_memory", "f8"),  # faults that delegators still remember
        ("share_memory", "f8"),  # its usual share of all stake
        ("reward", "f8"),  # commission and reward on own stake, ETH of the day
        ("earned", "f8"),  # the same since the start, ETH
        ("slashed", "f8"),  # stake lost to slashing since the start, delegated stake included, ETH
    ],
    align=True,
)

AVS = np.dtype(
    [
        ("family", "i4"),  # index of the scenario's table
        ("arrival_day", "i4"),
        ("active", "u1"),  # 1 while it pays and slashes
        ("ending", "u1"),  # 1 once it has decided to stop
        ("ended_day", "i4"),  # -1 while it has not ended
        ("clear_slashing", "u1"),
        ("slash_fraction", "f8"),  # of the stake allocated to it by an operator at fault
        ("fees", "f8"),  # what customers pay at full service on arrival, ETH per year
        ("demand_growth", "f8"),  # per year
        ("payout", "f8"),  # part of the fees passed on, at a rate of 1
        ("emission", "f8"),  # value on arrival of a year's token rewards at a rate of 1, ETH
        ("buyers", "f8"),  # what outside buyers of the token pay in the first year, ETH
        ("buyers_half_life", "f8"),  # days
        ("target", "f8"),  # stake that it wants, ETH
        ("minimum_days", "f8"),
        ("patience_days", "f8"),
        ("rate", "f8"),  # multiple of the announced rewards that it pays now
        ("service_level", "f8"),  # what customers get, in [0, 1]
        ("quality", "f8"),  # stake-weighted uptime of its operators, in [0, 1]
        ("stake", "f8"),  # stake that secures it, ETH
        ("operators", "i4"),  # operators that serve it
        ("customers", "f8"),  # what customers pay, ETH per year
        ("fee_pay", "f8"),  # what it passes on of that, ETH per year
        ("token_ask", "f8"),  # value that its token rewards claim to have, ETH per year
        ("token_pay", "f8"),  # what outside buyers pay for them, ETH per year
        ("fee_apr", "f8"),  # fee_pay per ETH of stake
        ("token_apr", "f8"),  # token_pay per ETH of stake
        ("failing_days", "f8"),  # how long neither customers nor token buyers have carried it
        ("profit_share", "f8"),  # of corruption on arrival, over the stake that answers to it
        ("profit_growth", "f8"),  # per year
        ("own_set", "u1"),  # 1 when it pays validators of its own instead of renting
        ("secured_day", "i4"),  # first day on which the target was reached, -1 before
        ("fees_paid", "f8"),  # since the start, ETH
        ("tokens_asked", "f8"),
        ("tokens_paid", "f8"),
    ],
    align=True,
)

BOARD = np.dtype(
    [
        ("day", "f8"),
        ("sentiment", "f8"),  # multiple of outside token buyers' normal budget
        ("degree", "f8"),  # sum of an operator's allocations; 0 when the whole stake answers to every AVS (pooled)
        ("slashing_live", "u1"),
        ("fault_rate", "f8"),  # per operator of mean skill and year
        ("client_correlation", "f8"),  # share of faults that come from client bugs
        ("choice_precision", "f8"),  # logit weight of a year's profit over the running cost
        ("attachment", "f8"),  # exponent of present stake in where stake goes
        ("total_stake", "f8"),  # over operators
        ("stake_commission", "f8"),  # sum of stake times commission
    ],
    align=True,
)
"""What everybody sees at the start of a decision, beside the records; one record."""

UNIQUE_DEGREE = 1.0
ELASTIC_DEGREE = 2.0
"""Sum of an operator's allocations; elastic networks are strongest a little below 2 (Bar-Zur, Eyal 2025)."""

REVIEW = 0.25
"""Chance that an operator goes through its AVSs in a given week; not all at once, or they would all run together."""
SET_UP = 0.25
"""Cost of joining an AVS over a year's running cost: whoever serves it stays for slightly less."""
STRAIN = 2.0
"""Running cost of one more AVS at twice the capacity, beyond the normal one, as a multiple of it."""
OVERLOAD = 4.0
"""Own faults at twice the capacity, beyond the normal rate, as a multiple of it."""
REPUTATION_YEARS = 2.0
"""An operator expects a slashed part of its stake to be missed by its commission for so long."""
SMALLEST_COST = 0.1
"""Unit of profit where serving an AVS costs nothing, ETH per year."""

COMPETITION = 0.05
"""Part of the gap to competitors' commission that is closed in a week."""
SHARE_RESPONSE = 0.02
"""Weekly change of commission per unit of logarithmic change of the share of stake."""
MARGIN_RESPONSE = 0.0005
"""Weekly rise of commission where rewards pay none of the costs, and fall where there are hardly any costs."""
COMMISSION_STEP = 0.01
"""Largest change of commission in a week."""
COMMISSION_CAP = 0.5
SHARE_MEMORY = 0.25
"""Part of the gap between usual and present share that is forgotten in a week."""

VAGUE_CREDIBILITY = 0.3
"""Largest service level without clear slashing conditions: it works, but nothing is secured."""
SERVICE_SPEED = 0.25
"""Part of the gap between offered and perceived service that customers close in a week (four weeks' memory)."""
RATE_SPEED = 0.05
"""Largest logarithmic change of the rate of pay in a week."""
LOWEST_RATE, HIGHEST_RATE = 0.1, 3.0
TOKEN_PAYS = 0.5
"""A token no longer pays when buyers give less than this part of what rewards claim to be worth."""

YIELD_RESPONSE = 200.0
"""Logarithmic weight of an operator per unit of net yield: 0.1 % a year more is a weight 22 % larger."""
RECORD_RESPONSE = 0.7
"""A remembered fault halves an operator's weight."""
SKILL_RESPONSE = 0.5
"""Logarithmic weight of an operator per unit of logarithmic skill: uptime is public."""
FAULT_HALF_LIFE = 180.0
"""Days in which delegators forget half of a fault."""
TASTE_SPREAD = 0.3
"""Standard deviation of the logarithm of what a venue makes of an operator, for reasons outside the model."""
REDELEGATION = 0.01
"""Part of existing delegations that is up for review in a week; a move costs 14 days of escrow."""
SMALLEST_SHARE = 1e-3
"""Share of stake, over an equal share, that a newcomer counts with in preferential attachment."""
