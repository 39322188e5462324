"""Experiments and holdouts: who gets what, and what it did.

definition   an experiment as planned      holdout      who is sent nothing, to measure the effect
assignment   which arm a person is in      counts       what is counted of an arm
comparing    two arms by their counts      verdict      whether it goes on, and if not, what won
settling     what a verdict changes        standing     what is decided of it so far
fixed · sequential · thompson · intervals · multiple · distributions     the statistics, by the standard library
lift         what sending did              words        a verdict as a sentence
"""

from kizuna.core.experiments.assignment import arm_of, salt_of
from kizuna.core.experiments.counts import HELD_OUT, ArmCounts
from kizuna.core.experiments.definition import (
    Arm,
    Experiment,
    after_the_draw,
    arm_in,
    arm_name,
    fingerprint_of,
    variant_of,
)
from kizuna.core.experiments.holdout import (
    NO_HOLDOUTS,
    Asked,
    GlobalHoldout,
    HeldOut,
    Holdout,
    Holdouts,
    SharedHoldout,
    held_out,
)

__all__ = [
    "HELD_OUT",
    "NO_HOLDOUTS",
    "Arm",
    "ArmCounts",
    "Asked",
    "Experiment",
    "GlobalHoldout",
    "HeldOut",
    "Holdout",
    "Holdouts",
    "SharedHoldout",
    "after_the_draw",
    "arm_in",
    "arm_name",
    "arm_of",
    "fingerprint_of",
    "held_out",
    "salt_of",
    "variant_of",
]
