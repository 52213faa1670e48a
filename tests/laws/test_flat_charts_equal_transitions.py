"""A flat statechart behaves exactly like a stock `transitions.Machine`.

One difference is wanted: actions run between exits and entries, where the stock `before` runs ahead of the exits. So
actions are compared among themselves, and guards, exits and entries among themselves.
"""

from hypothesis import given, settings
from hypothesis import strategies as st
from transitions import Machine, MachineError

from caseway.engine.statechart import Statechart

NAMES = ("a", "b", "c", "d")
EVENTS = ("e", "f", "g")

TRANSITION = st.tuples(
    st.sampled_from(EVENTS),
    st.sampled_from(NAMES),
    st.sampled_from((*NAMES, None)),
    st.lists(st.integers(0, 7), max_size=2),
    st.integers(0, 2),
)
CHART = st.tuples(
    st.sampled_from(NAMES), st.lists(TRANSITION, max_size=10), st.lists(st.sampled_from(EVENTS), max_size=12)
)


class Log:
    """What guards and callbacks have done, in order; a guard's answer depends on how many came before."""

    def __init__(self):
        self.calls, self.actions = [], []

    def asks(self, guard):
        self.calls.append(f"{guard}?")
        return (guard + len(self.calls)) % 3 != 0

    def does(self, action):
        self.actions.append(action)


class Subject(Log):
    state, memory = (), ()

    def moved(self, microstep):
        assert self.state == microstep.arrives.names

    def next_event(self):
        return None


class Model(Log):
    state = None


def states(subject_of):
    return [
        {
            "name": name,
            "on_enter": [lambda given, name=name: subject_of(given).calls.append(f"+{name}")],
            "on_exit": [lambda given, name=name: subject_of(given).calls.append(f"-{name}")],
        }
        for name in NAMES
    ]


def transitions(rows, subject_of, actions):
    return [
        {
            "trigger": event,
            "source": source,
            "dest": dest,
            "conditions": [lambda given, guard=guard: subject_of(given).asks(guard) for guard in guards],
            actions: [lambda given, row=row, n=n: subject_of(given).does((row, n)) for n in range(count)],
        }
        for row, (event, source, dest, guards, count) in enumerate(rows)
    ]


def outcome(react):
    """True: it moved. False: every guard said no. None: nothing waits for this event."""
    try:
        return react()
    except MachineError:
        return None


@settings(max_examples=400, derandomize=True, deadline=None, database=None)
@given(CHART)
def test_a_flat_chart_does_what_the_stock_machine_does(made):
    initial, rows, events = made
    chart, subject = (
        Statechart(states(lambda given: given), transitions(rows, lambda given: given, "actions"), [initial]),
        Subject(),
    )
    stock, model = Machine(None, send_event=True, auto_transitions=False, initial=None), Model()
    stock.add_states(states(lambda given: given.model))
    stock.add_transitions(transitions(rows, lambda given: given.model, "before"))

    chart.start(subject)
    stock.set_state(initial, model)
    assert subject.calls == [f"+{initial}"]  # the stock machine enters its initial state in silence
    model.calls.append(f"+{initial}")

    for event in [each for each in events if each in stock.events]:
        waiting = bool(chart.candidates(subject.state, (), event))
        expected = outcome(lambda event=event: stock.events[event].trigger(model))
        assert outcome(lambda event=event: chart.react(subject, event)) == expected
        assert waiting == (expected is not None)
        assert subject.state == (model.state,)
        assert subject.calls == model.calls
        assert subject.actions == model.actions
