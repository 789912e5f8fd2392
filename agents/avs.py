"""Actively validated services (AVSs): what they pay for restaked security, and when they stop.

``AVS.step`` is the definition of a service's week, in ordinary Python. ``avs_week`` in ``model/kernels/restaking.py``
is the same for all rows at once and must agree with it decision for decision. The model that it lives in has its
restaking layer as ``model.restaking_layer``.
"""

import math
from typing import TYPE_CHECKING

from ..model.kernels.restaking_records import (
    HIGHEST_RATE,
    LOWEST_RATE,
    RATE_SPEED,
    SERVICE_SPEED,
    TOKEN_PAYS,
    VAGUE_CREDIBILITY,
    WEEK,
)
from .population import RowAgent

if TYPE_CHECKING:
    from ..model.restaking_layer import RestakingLayer


class AVS(RowAgent):
    """One row of the layer's services: terms, rate of pay, service level, what customers and token buyers give.

    Columns (see the record type ``AVS``) read and write as attributes: ``service.rate``.
    """

    active: int
    ending: int
    clear_slashing: int
    arrival_day: int
    minimum_days: float
    patience_days: float
    target: float
    rate: float
    service_level: float
    quality: float
    stake: float
    customers: float
    fee_pay: float
    token_ask: float
    token_pay: float
    failing_days: float

    @property
    def layer(self) -> "RestakingLayer":
        """The restaking layer that the service rents security from."""
        return self.model.restaking_layer

    def step(self) -> None:
        """One week of a service that is open: serves, sets its rate of pay, asks itself whether to go on."""
        if not self.active:
            return
        self.serve()
        self.set_rate()
        self.take_stock()

    def serve(self) -> None:
        """Customers get uptime times security, and notice with a delay. A vague slashing rule secures nothing."""
        secured = min(1.0, self.stake / self.target)
        if not self.clear_slashing:
            secured = min(secured, VAGUE_CREDIBILITY)
        self.service_level = self.service_level + SERVICE_SPEED * (self.quality * secured - self.service_level)

    def set_rate(self) -> None:
        """Pays less when more stake came than it wants, more when it is short."""
        short = min(max(1.0 - self.stake / self.target, -1.0), 1.0)
        self.rate = min(max(self.rate * math.exp(RATE_SPEED * short), LOWEST_RATE), HIGHEST_RATE)

    def take_stock(self) -> None:
        """Gives up when neither customers nor the token have carried it for longer than its patience."""
        carried = self.customers >= self.fee_pay + self.token_ask
        token_pays = self.token_pay >= TOKEN_PAYS * self.token_ask
        self.failing_days = 0.0 if carried or token_pays else self.failing_days + WEEK
        old = self.layer.board.day - self.arrival_day >= self.minimum_days
        if old and self.failing_days >= self.patience_days:
            self.ending = 1
