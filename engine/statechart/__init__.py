"""Statecharts as in W3C SCXML, Appendix D, each carried by one `transitions.Machine`.

`transitions` runs flat machines. A statechart *is* a flat machine: its states are whole configurations and its
transitions are whole microsteps. There may be many, so each is worked out when first needed and then kept. That is all
this room adds; naming, registering, guarding and triggering stay with `transitions`.

    Node(State)            a state in the tree            Arc(Transition)        a transition as its author wrote it
    Configuration(State)   a set of active nodes          Microstep(Transition)  what chosen arcs do to a configuration
"""

from caseway.engine.statechart.chart import EndlessLoop, Statechart, Trigger
from caseway.engine.statechart.microstep import Configuration, Microstep
from caseway.engine.statechart.subject import Subject
from caseway.engine.statechart.tree import Arc, Node

__all__ = ["Arc", "Configuration", "EndlessLoop", "Microstep", "Node", "Statechart", "Subject", "Trigger"]
