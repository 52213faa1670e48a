"""The shell around the pure engine: load, step, commit. Nothing else in the engine calls ports."""

from caseway.engine.outcome import Outcome
from caseway.engine.runtime.relay import DELIVERY_ATTEMPTS, LEASE, Relayed
from caseway.engine.runtime.runtime import Runtime
from caseway.engine.runtime.stepper import FIRINGS

__all__ = ["DELIVERY_ATTEMPTS", "FIRINGS", "LEASE", "Outcome", "Relayed", "Runtime"]
