"""The restaking layer, compiled: the day's rewards, the week's decisions, faults.

``operators_week`` is the fast form of ``NodeOperator.step`` and ``avs_week`` that of ``AVS.step``; those two are the
definitions and a test compares them row by row. Indices: r restaking venue, o operator, s service (AVS).
``allocation[o, s]`` is the part of operator o's stake that answers to AVS s: 1 where stake is pooled, and 0 where o
does not serve s, so that the stake which secures s is ``sum_o stake[o] * allocation[o, s]`` in every stake mode.
"""

import math

import numpy as np

from .._compile import compiled
from . import draws
from . import restaking_records as constant
from .sorting import stable_order
from .totals import add_in_order

# --- physics: rewards of the day --------------------------------------------------------------------------------------


@compiled
def index_services(opted, operators, avs, board, served):
    """Lists the AVSs of each operator (``served``), counts both sides, and sets fault hazards by load."""
    avs["operators"][:] = 0
    for o in range(opted.shape[0]):
        count = 0
        for s in range(opted.shape[1]):
            if opted[o, s] == 0:
                continue
            served[o, count] = s
            count += 1
            avs[s]["operators"] += 1
        operators[o]["avs_count"] = count
        own = board["fault_rate"] * (1.0 - board["client_correlation"]) / operators[o]["skill"]
        overload = max(0.0, count / operators[o]["capacity"] - 1.0)
        operators[o]["hazard"] = own * (1.0 + constant.OVERLOAD * overload)


@compiled
def survey_stake(stake_eth, delegation, allocation, operators, avs, board):
    """Stake of every operator and AVS, quality of service, and the totals on the board."""
    secured, served_well = np.zeros(avs.size), np.zeros(avs.size)
    total, weighted = 0.0, 0.0
    for o in range(operators.size):
        stake = operators[o]["self_stake"]
        for r in range(stake_eth.size):
            stake += stake_eth[r] * delegation[r, o]
        operators[o]["stake"] = stake
        total += stake
        weighted += stake * operators[o]["commission"]
        count = operators[o]["avs_count"]
        if count == 0:
            continue
        uptime = stake * min(1.0, operators[o]["capacity"] / count)
        allocated = allocation[o]
        for s in range(avs.size):  # dense: allocations of others are 0, and this loop vectorises
            secured[s] += stake * allocated[s]
            served_well[s] += uptime * allocated[s]
    for s in range(avs.size):
        avs[s]["stake"] = secured[s]
        avs[s]["quality"] = served_well[s] / secured[s] if secured[s] > 0.0 else 0.0
    board["total_stake"] = total
    board["stake_commission"] = weighted


@compiled
def set_pay(avs, board):
    """What every active AVS pays today, as yearly rates: customers' fees passed on, tokens at what buyers give."""
    for s in range(avs.size):
        a = avs[s]
        if a["active"] == 0:
            continue
        age = board["day"] - a["arrival_day"]
        a["customers"] = a["fees"] * (1.0 + a["demand_growth"]) ** (age / constant.DAYS_PER_YEAR) * a["service_level"]
        a["fee_pay"] = a["customers"] * min(1.0, a["payout"] * a["rate"])
        a["token_ask"] = a["emission"] * a["rate"]
        budget = a["buyers"] * 0.5 ** (age / a["buyers_half_life"]) * board["sentiment"]
        a["token_pay"] = min(a["token_ask"], budget)
        per_stake = 1.0 / a["stake"] if a["stake"] > 0.0 else 0.0
        a["fee_apr"] = a["fee_pay"] * per_stake
        a["token_apr"] = a["token_pay"] * per_stake


@compiled
def _book_pay(avs):
    """Adds the day's pay to what every AVS has paid; without stake there is nobody to pay."""
    for s in range(avs.size):
        a = avs[s]
        if a["active"] == 0 or a["stake"] <= 0.0:
            continue
        a["fees_paid"] += a["fee_pay"] / constant.DAYS_PER_YEAR
        a["tokens_paid"] += a["token_pay"] / constant.DAYS_PER_YEAR
        a["tokens_asked"] += a["token_ask"] / constant.DAYS_PER_YEAR


@compiled
def share_out(stake_eth, delegation, allocation, served, operators, avs, rewards):
    """Hands the day's pay to stake pro rata: operators keep commission and what their own stake earns.

    Totals are the sums of what was received, so that paid = received holds by construction.
    """
    fee_apr, token_apr, fees, tokens, commission, totals = rewards
    fee_apr[:] = 0.0
    token_apr[:] = 0.0
    fees_kept, tokens_kept = 0.0, 0.0
    fee_rate, token_rate = avs["fee_apr"].copy(), avs["token_apr"].copy()
    for o in range(operators.size):
        fee, token = 0.0, 0.0
        for j in range(operators[o]["avs_count"]):
            s = served[o, j]
            fee += allocation[o, s] * fee_rate[s]
            token += allocation[o, s] * token_rate[s]
        passed_on = 1.0 - operators[o]["commission"]
        kept = operators[o]["stake"] - (operators[o]["stake"] - operators[o]["self_stake"]) * passed_on
        fees_kept += fee * kept / constant.DAYS_PER_YEAR
        tokens_kept += token * kept / constant.DAYS_PER_YEAR
        commission[o] = (fee + token) * kept / constant.DAYS_PER_YEAR
        operators[o]["reward"] = commission[o]
        operators[o]["earned"] += commission[o]
        for r in range(stake_eth.size):
            fee_apr[r] += delegation[r, o] * fee * passed_on
            token_apr[r] += delegation[r, o] * token * passed_on
    totals[0], totals[1] = fees_kept, tokens_kept
    for r in range(stake_eth.size):
        fees[r] = stake_eth[r] * fee_apr[r] / constant.DAYS_PER_YEAR
        tokens[r] = stake_eth[r] * token_apr[r] / constant.DAYS_PER_YEAR
        totals[0] += fees[r]
        totals[1] += tokens[r]


@compiled
def accrue_day(stake_eth, delegation, allocation, served, operators, avs, board, rewards):
    """The day's rewards, from stakes to venues; see :class:`..restaking_layer.Rewards` for ``rewards``."""
    survey_stake(stake_eth, delegation, allocation, operators, avs, board[0])
    set_pay(avs, board[0])
    _book_pay(avs)
    share_out(stake_eth, delegation, allocation, served, operators, avs, rewards)


# --- node operators ---------------------------------------------------------------------------------------------------


@compiled
def _service_score(operator, service, allocated, running, taste, board):
    """Logit utility of serving one AVS, before strain; positive: worth it."""
    assumed = 1.0
    if board["degree"] > 0.0:
        number = operator["avs_count"] if running else operator["avs_count"] + 1
        assumed = min(1.0, board["degree"] / number)
    stake = operator["stake"]
    others = max(0.0, service["stake"] - stake * allocated)
    committed = stake * assumed
    pay = service["fee_pay"] + service["token_pay"]
    reward = pay * committed / (others + committed) if committed > 0.0 else 0.0
    delegated = stake - operator["self_stake"]
    kept = (operator["self_stake"] + operator["commission"] * delegated) / stake if stake > 0.0 else 0.0
    earned = reward * kept
    slashing = 0.0
    if board["slashing_live"] and service["clear_slashing"]:
        faults = operator["hazard"] + board["fault_rate"] * board["client_correlation"]
        missed = constant.REPUTATION_YEARS * constant.DAYS_PER_YEAR * operator["reward"]
        slashing = faults * service["slash_fraction"] * assumed * (operator["self_stake"] + missed)
    profit = (earned - slashing - operator["cost"]) / max(operator["cost"], constant.SMALLEST_COST)
    staying = constant.SET_UP if running else 0.0
    return board["choice_precision"] * (profit + staying) + taste


@compiled
def allocate(opted, allocation, avs, degree):
    """Allocations of one operator: all to each where pooled, else pro rata to pay and at most the whole stake each."""
    free, left = 0, degree
    for s in range(opted.size):
        allocation[s] = 1.0 if opted[s] else 0.0
        free += opted[s]
    if degree <= 0.0 or free <= degree:
        return
    for s in range(opted.size):
        allocation[s] = -1.0 if opted[s] else 0.0  # -1: still to be set
    while free > 0:
        pay = 0.0
        for s in range(opted.size):
            if allocation[s] < 0.0:
                pay += avs[s]["fee_pay"] + avs[s]["token_pay"]
        capped, before = 0, left
        for s in range(opted.size):
            if allocation[s] >= 0.0:
                continue
            share = (avs[s]["fee_pay"] + avs[s]["token_pay"]) / pay if pay > 0.0 else 1.0 / free
            if before * share >= 1.0:
                allocation[s] = 1.0
                left -= 1.0
                capped += 1
        free -= capped
        if capped > 0:
            continue
        for s in range(opted.size):
            if allocation[s] < 0.0:
                share = (avs[s]["fee_pay"] + avs[s]["token_pay"]) / pay if pay > 0.0 else 1.0 / free
                allocation[s] = before * share
        return


@compiled
def _choose_services(operator, avs, opted, allocation, taste, score, board):
    """Opts into the best AVSs for as long as the next one is worth its strain."""
    for s in range(avs.size):
        score[s] = -math.inf
        if avs[s]["active"]:
            score[s] = _service_score(operator, avs[s], allocation[s], opted[s] == 1, taste[s], board)
    opted[:] = 0
    number = 0
    while number < avs.size:
        best = 0
        for s in range(1, avs.size):
            if score[s] > score[best]:
                best = s
        number += 1
        beyond = max(0.0, number - operator["capacity"]) / operator["capacity"]
        if score[best] - board["choice_precision"] * constant.STRAIN * beyond <= 0.0:
            break
        opted[best] = 1
        score[best] = -math.inf
    allocate(opted, allocation, avs, board["degree"])


@compiled
def _reprice(operator, board):
    """Commission towards competitors', lower after lost stake, higher at a loss and lower at a profit."""
    commission, stake = operator["commission"], operator["stake"]
    rivals = board["total_stake"] - stake
    gap = (board["stake_commission"] - stake * commission) / rivals - commission if rivals > 0.0 else 0.0
    share = stake / board["total_stake"] if board["total_stake"] > 0.0 else 0.0
    usual = operator["share_memory"]
    drift = math.log(share / usual) if share > 0.0 and usual > 0.0 else 0.0
    costs = operator["cost"] * operator["avs_count"]
    income = operator["reward"] * constant.DAYS_PER_YEAR
    larger = max(costs, income)
    loss = (costs - income) / larger if larger > 0.0 else 0.0
    change = constant.COMPETITION * gap + constant.SHARE_RESPONSE * drift + constant.MARGIN_RESPONSE * loss
    step = min(max(change, -constant.COMMISSION_STEP), constant.COMMISSION_STEP)
    operator["commission"] = min(max(commission + step, 0.0), constant.COMMISSION_CAP)
    operator["share_memory"] = usual + constant.SHARE_MEMORY * (share - usual)


@compiled
def operators_week(operators, avs, opted, allocation, taste, board):
    """Decisions of all operators; the fast form of ``NodeOperator.step``."""
    score = np.empty(avs.size)
    for o in range(operators.size):
        if avs.size > 0 and operators[o]["reviewing"]:
            _choose_services(operators[o], avs, opted[o], allocation[o], taste[o], score, board[0])
        _reprice(operators[o], board[0])


# --- services ---------------------------------------------------------------------------------------------------------


@compiled
def avs_week(avs, board):
    """Decisions of all active AVSs; the fast form of ``AVS.step``."""
    for s in range(avs.size):
        a = avs[s]
        if a["active"] == 0:
            continue
        coverage = min(1.0, a["stake"] / a["target"])
        secured = coverage if a["clear_slashing"] else min(coverage, constant.VAGUE_CREDIBILITY)
        a["service_level"] += constant.SERVICE_SPEED * (a["quality"] * secured - a["service_level"])

        short = min(max(1.0 - a["stake"] / a["target"], -1.0), 1.0)
        rate = a["rate"] * math.exp(constant.RATE_SPEED * short)
        a["rate"] = min(max(rate, constant.LOWEST_RATE), constant.HIGHEST_RATE)

        carried = a["customers"] >= a["fee_pay"] + a["token_ask"]
        token_pays = a["token_pay"] >= constant.TOKEN_PAYS * a["token_ask"]
        a["failing_days"] = 0.0 if carried or token_pays else a["failing_days"] + constant.WEEK
        old = board[0]["day"] - a["arrival_day"] >= a["minimum_days"]
        if old and a["failing_days"] >= a["patience_days"]:
            a["ending"] = 1


# --- delegators -------------------------------------------------------------------------------------------------------


@compiled
def _attraction(allocation, served, operators, avs, board, attraction):
    """Logarithmic weight of every operator with delegators, before taste.

    They see yield, uptime and what went wrong before, not the hazard itself: that stays hidden until it strikes.
    """
    equal = board["total_stake"] / operators.size
    for o in range(operators.size):
        gross = 0.0
        for j in range(operators[o]["avs_count"]):
            s = served[o, j]
            gross += allocation[o, s] * (avs[s]["fee_apr"] + avs[s]["token_apr"])
        net = gross * (1.0 - operators[o]["commission"])
        size = max(operators[o]["stake"], constant.SMALLEST_SHARE * equal)
        attraction[o] = (
            (board["attachment"] * math.log(size) if size > 0.0 else 0.0)
            + constant.YIELD_RESPONSE * net
            + constant.SKILL_RESPONSE * math.log(operators[o]["skill"])
            - constant.RECORD_RESPONSE * operators[o]["fault_memory"]
        )


@compiled
def spread(weight, cap, target):
    """Shares proportional to ``weight`` (zero: not used) and at most ``cap``; what is cut off goes to the others."""
    target[:] = 0.0
    left = 1.0
    while True:
        total = 0.0
        for o in range(weight.size):
            if target[o] == 0.0:
                total += weight[o]
        if total <= 0.0:
            break
        before, capped = left, False
        for o in range(weight.size):
            if target[o] == 0.0 and weight[o] > 0.0 and before * weight[o] / total > cap:
                target[o] = cap
                left -= cap
                capped = True
        if capped:
            continue
        for o in range(weight.size):
            if target[o] == 0.0 and weight[o] > 0.0:
                target[o] = before * weight[o] / total
        break


@compiled
def _best(weight, number, kept):
    """Keeps the ``number`` largest weights in ``kept`` and sets the others to zero."""
    for o in range(weight.size):
        kept[o] = weight[o]
    if number >= weight.size:
        return
    bar = weight[stable_order(weight)[weight.size - number]]
    ties = number
    for o in range(weight.size):
        ties -= weight[o] > bar
    for o in range(weight.size):
        if weight[o] < bar or (weight[o] == bar and ties == 0):
            kept[o] = 0.0
        elif weight[o] == bar:
            ties -= 1


@compiled
def spread_venues(weights, taste, limits, caps, delegation):
    """First delegations: ``weights * exp(taste)`` of the best operators of each venue, none above its cap."""
    weight, kept = np.empty(weights.size), np.empty(weights.size)
    for r in range(limits.size):
        for o in range(weights.size):
            weight[o] = weights[o] * math.exp(constant.TASTE_SPREAD * taste[r, o])
        _best(weight, limits[r], kept)
        spread(kept, caps[r], delegation[r])
        total = add_in_order(delegation[r])
        for o in range(weights.size):
            delegation[r, o] /= total


@compiled
def delegate_week(stake_eth, stake_before, delegation, limits, caps, taste, allocation, served, operators, avs, board):
    """Where delegated stake goes: new stake at once, present stake slowly, to where weights are.

    The weight of an operator is ``stake^attachment * skill^SKILL_RESPONSE * exp(YIELD_RESPONSE * net yield -
    RECORD_RESPONSE * remembered faults + taste)``; a venue uses its best ``limits[r]`` operators and gives none more
    than ``caps[r]``. With an attachment of a < 1 shares converge to the fitness to the power 1 / (1 - a), above 1 the
    first takes all (preferential attachment: Barabasi, Albert 1999; sublinear and superlinear kernels: Krapivsky,
    Redner 2000).
    """
    number = operators.size
    attraction, weight = np.empty(number), np.empty(number)
    kept, target = np.empty(number), np.empty(number)
    _attraction(allocation, served, operators, avs, board[0], attraction)
    for r in range(stake_eth.size):
        highest = -math.inf
        for o in range(number):
            weight[o] = attraction[o] + constant.TASTE_SPREAD * taste[r, o]
            highest = max(highest, weight[o])
        for o in range(number):
            weight[o] = max(math.exp(weight[o] - highest), 1e-300)
        _best(weight, limits[r], kept)
        spread(kept, caps[r], target)
        inflow = max(0.0, stake_eth[r] - stake_before[r])
        moving = inflow / stake_eth[r] if stake_eth[r] > 0.0 else 0.0
        moving += (1.0 - moving) * constant.REDELEGATION
        total = 0.0
        for o in range(number):
            delegation[r, o] += moving * (target[o] - delegation[r, o])
            total += delegation[r, o]
        for o in range(number):
            delegation[r, o] /= total


# --- draws ------------------------------------------------------------------------------------------------------------


@compiled
def uniform_table(stream, table):
    """Uniform draws by row and column; growing the table keeps what is in it."""
    for row in range(table.shape[0]):
        for column in range(table.shape[1]):
            table[row, column] = draws.uniform(stream, row * constant.ROW_STRIDE + column)


@compiled
def draw_reviews(stream, number, operators):
    """Which operators go through their AVSs in the week (or round) called ``number``."""
    key = draws.day_key(stream, number)
    for o in range(operators.size):
        operators[o]["reviewing"] = draws.uniform(key, o) < constant.REVIEW


# --- faults -----------------------------------------------------------------------------------------------------------


@compiled
def draw_faults(own_stream, client_stream, day, operators, clients, board, cause):
    """Who is at fault today: ``cause[o]`` is -1 (nobody), ``clients`` (own fault) or the number of a buggy client.

    A client bug hits every operator that runs the client. Its rate is ``fault_rate * client_correlation`` a year and
    own faults make up the rest, so that correlation moves the variance of losses and not their mean.
    """
    own_key, client_key = draws.day_key(own_stream, day), draws.day_key(client_stream, day)
    shared = 1.0 - math.exp(-board[0]["fault_rate"] * board[0]["client_correlation"] / constant.DAYS_PER_YEAR)
    buggy = np.zeros(clients, np.bool_)
    for c in range(clients):
        buggy[c] = draws.uniform(client_key, c) < shared
    found = 0
    for o in range(operators.size):
        cause[o] = -1
        if operators[o]["avs_count"] == 0:
            continue
        if buggy[operators[o]["client"]]:
            cause[o] = operators[o]["client"]
        elif draws.uniform(own_key, o) < 1.0 - math.exp(-operators[o]["hazard"] / constant.DAYS_PER_YEAR):
            cause[o] = clients
        found += cause[o] >= 0
    return found
