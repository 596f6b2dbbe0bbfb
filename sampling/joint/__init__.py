"""Joint inclusion probabilities: the chance that two units are drawn together.

>>> from sampling.joint import joint_probabilities
>>> joint_probabilities([0.2, 0.5, 0.6, 0.7], "pps_sampford").matrix.round(4)[0]
array([0.2   , 0.0459, 0.0635, 0.0906])
"""

from .answer import FORMULAS, Joint, joint_probabilities
from .strata import stratified_probabilities

__all__ = ["FORMULAS", "Joint", "joint_probabilities", "stratified_probabilities"]
