"""Ethereum's issuance curve, queues and the validation of the CADLabs model."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="eth-issuance",
    title="Issuance, yield and queues of Ethereum, and the CADLabs validation",
    citation=(
        "Ethereum consensus specifications (phase 0 to Electra), https://github.com/ethereum/consensus-specs; "
        "dapplion, T. Beiko (2023), EIP-7514, https://eips.ethereum.org/EIPS/eip-7514; "
        "M. Neuder et al. (2023), EIP-7251, https://eips.ethereum.org/EIPS/eip-7251; "
        "CADLabs (2021), Ethereum Economic Model, https://github.com/CADLabs/ethereum-economic-model"
    ),
    level=Level.NUM,
    question=(
        "What does staking pay before anything is restaked, and how long does leaving take? Every restaking yield "
        "is measured against the first, every exit waits at least for the second."
    ),
    switched_off=(
        "Everything but the chain: no stakers, no MEV, no restaking. Uses model.ethereum (issuance, duties, churn, "
        "queues) and model.markets.redemption (parallel or serial escrow)."
    ),
    parameters={
        "participation": 0.999 * 0.999 * 0.982,
        "cadlabs_supply_eth": 112e6,
        "cadlabs_days": 360,
        "cadlabs_staas_fee": 0.15,
        "projection_start": "2023-09-15",
        "projection_staked_eth": 25.84e6,
        "projection_supply_eth": 120.2e6,
    },
    run=run,
    draw=draw,
    seconds=1.0,
    notes=(
        "Yields and issuance are the specification's formula evaluated; the tolerance on yields is half of the last "
        "printed digit. EIP-7514 gives about 1.6 % for consensus rewards at 100 % staked; the formula gives 1.52 % at "
        "120 million ETH, so that check allows one unit of the printed digit. The projection starts from 25.84 "
        "million ETH staked in mid-September 2023 (beaconcha.in, quoted by the press) and a supply of 120.2 million. "
        "The specification rounds the base reward down to whole gwei: up to 0.14 % less at 30 million ETH; the CADLabs "
        "runs round, so they are compared with the rounded curve. Their slashings (40.5 ETH in 360 days) are left "
        "out. They also charge offline validators for the head vote, which the specification does not; the comparison "
        "follows them. The printed profit yield of staking as a service, 18 to 19 %, is that of the full service, "
        "which keeps 15 %; services at 12 % come to 19.1 %."
    ),
    origins={
        "consensus specifications": Origin.FORMULA,
        "Elowsson": Origin.FORMULA,
        "EIP-7251": Origin.FORMULA,
        "EigenLayer safety delays": Origin.PUBLISHED,
        "EIP-7514": Origin.PUBLISHED,
        "1_model_validation.ipynb": Origin.PUBLISHED,
        "": Origin.FORMULA,
    },
)
