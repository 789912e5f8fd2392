"""The product's own samplers and analyses on functions whose sensitivities are known."""

from ..experiment import Experiment, Level, Origin
from .figure import draw
from .run import run

EXPERIMENT = Experiment(
    id="sa",
    title="Sensitivity analysis on the functions of Ishigami and Sobol'",
    citation=(
        "T. Ishigami, T. Homma (1990), An importance quantification technique in uncertainty analysis for computer "
        "models, ISUMA '90, https://doi.org/10.1109/ISUMA.1990.151285; A. Saltelli et al. (2010), Variance based "
        "sensitivity analysis of model output, Computer Physics Communications 181(2), "
        "https://doi.org/10.1016/j.cpc.2009.09.018; M. D. Morris (1991), Technometrics 33(2), "
        "https://doi.org/10.1080/00401706.1991.10484804"
    ),
    level=Level.NUM,
    question=(
        "Can the sensitivities that a sweep reports be believed? The designs and analyses of the experiment runner, on "
        "functions whose variance shares are known exactly."
    ),
    switched_off=(
        "The model: the functions stand in its place. Uses experiments.designs (Sobol and Morris samples) and "
        "experiments.analysis (indices, elementary effects, bootstrap)."
    ),
    parameters={"seed": 1, "n": 1024, "trajectories": 200, "seeds": 3},
    run=run,
    draw=draw,
    seconds=6.0,
    notes="The tolerance of .03 at a base sample of 1,024 is what the literature's estimator needs.",
    origins={
        "Ishigami": Origin.FORMULA,
        "Saltelli": Origin.FORMULA,
        "Morris": Origin.PUBLISHED,
        "": Origin.CONSTRUCTION,
    },
)
