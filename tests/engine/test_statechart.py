"""The statechart's own promises, one by one; `tests/laws` holds it to the standard and to the stock machine."""

import gc
import threading
import weakref
from collections import deque

import pytest
from transitions import Machine, MachineError

from caseway.engine.errors import DefinitionError
from caseway.engine.statechart import EndlessLoop, Statechart


class Subject:
    """Writes down what happens to it. `truths` answers guards by name."""

    def __init__(self, **truths):
        self.state, self.memory = (), ()
        self.truths, self.kept, self.seen, self.raised = truths, [], [], deque()

    def keep(self, outcome):
        self.kept.append(outcome)
        if isinstance(outcome, str) and outcome.startswith("raise "):
            self.raised.append(outcome.removeprefix("raise "))

    def moved(self, microstep):
        self.kept.append("moved")
        self.seen.append(
            ([arc.label for arc in microstep.arcs], microstep.exited, microstep.entered, microstep.arrives.names)
        )

    def raise_event(self, name):
        self.kept.append(f"raised {name}")
        self.raised.append(name)

    def next_event(self):
        return self.raised.popleft() if self.raised else None


def says(outcome):
    return lambda subject: subject.keep(outcome)


def asks(name):
    def ask(subject):
        subject.kept.append(f"{name}?")
        return subject.truths[name]

    return ask


def states(text):
    """Indented lines: a last name, and what else there is to say; entries and exits say their names."""
    found, path = [], []
    for line in text.strip("\n").splitlines():
        last, *words = line.split()
        path[(len(line) - len(line.lstrip())) // 2 - 2 :] = [last]
        name, parent = ".".join(path), ".".join(path[:-1])
        state = {"name": name, "parent": parent, "on_enter": [says(f"+{name}")], "on_exit": [says(f"-{name}")]}
        for word in words:
            if word == "deep":
                state["deep"] = True
            elif ":" in word:
                state["initial"] = tuple(word.removeprefix("initial:").split(","))
            else:
                state["kind"] = word
        found.append(state)
    return found


def transition(trigger, source, dest=None, *guards, internal=False, actions=None):
    label = f"{source} {trigger}"
    return {
        "trigger": trigger,
        "source": source,
        "dest": dest,
        "conditions": [asks(guard) for guard in guards],
        "actions": [says(label)] if actions is None else [says(action) for action in actions],
        "internal": internal,
        "label": label,
    }


def started(text, *transitions, initial=(), **truths):
    chart, subject = Statechart(states(text), transitions, initial), Subject(**truths)
    chart.start(subject)
    return chart, subject


def kept_by(chart, subject, event):
    subject.kept.clear()
    subject.seen.clear()
    return chart.react(subject, event), subject.kept


REGIONS = """
    p parallel
      x
        a
        b
        end final
      y
        a
        b
        end final
    q
"""


def test_a_chart_is_one_transitions_machine():
    chart, subject = started("    a\n    b", transition("go", "a", "b"))
    assert isinstance(chart, Machine)
    assert chart.get_model_state(subject).name == "a"
    assert chart.events["go"].trigger(subject)
    assert subject.state == ("b",)


def test_starting_enters_the_initial_states_outermost_first():
    _, subject = started(REGIONS)
    assert subject.kept == ["moved", "+p", "+p.x", "+p.x.a", "+p.y", "+p.y.a"]
    assert subject.seen == [([], (), ("p", "p.x", "p.x.a", "p.y", "p.y.a"), ("p.x.a", "p.y.a"))]


def test_a_chart_may_start_deep_inside_several_regions():
    _, subject = started(REGIONS, initial=("p.x.b", "p.y.b"))
    assert subject.state == ("p.x.b", "p.y.b")


def test_exits_come_before_actions_before_the_move_before_entries():
    chart, subject = started(REGIONS, transition("go", "p.x.a", "q"))
    assert kept_by(chart, subject, "go") == (
        True,
        ["-p.y.a", "-p.y", "-p.x.a", "-p.x", "-p", "p.x.a go", "moved", "+q"],
    )
    assert subject.seen == [(["p.x.a go"], ("p.y.a", "p.y", "p.x.a", "p.x", "p"), ("q",), ("q",))]


def test_a_transition_without_a_target_moves_nothing_and_is_recorded():
    chart, subject = started(REGIONS, transition("note", "p"))
    assert kept_by(chart, subject, "note") == (True, ["p note", "moved"])
    assert subject.seen == [(["p note"], (), (), ("p.x.a", "p.y.a"))]


def test_an_internal_transition_does_not_leave_its_source():
    text = "    a\n      b\n      c"
    chart, subject = started(text, transition("in", "a", "a.c", internal=True), transition("out", "a", "a.c"))
    assert kept_by(chart, subject, "in")[1] == ["-a.b", "a in", "moved", "+a.c"]
    assert kept_by(chart, subject, "out")[1] == ["-a.c", "-a", "a out", "moved", "+a", "+a.c"]


def test_the_inner_of_two_conflicting_transitions_wins():
    chart, subject = started(REGIONS, transition("go", "p", "q"), transition("go", "p.y.a", "p.y.b"))
    assert kept_by(chart, subject, "go")[1] == ["-p.y.a", "p.y.a go", "moved", "+p.y.b"]


def test_the_earlier_of_two_unrelated_conflicting_transitions_wins():
    chart, subject = started(REGIONS, transition("go", "p.y.a", "q"), transition("go", "p.x.a", "p.x.b"))
    assert kept_by(chart, subject, "go")[1] == ["-p.x.a", "p.x.a go", "moved", "+p.x.b"]


def test_regions_react_to_one_event_together():
    chart, subject = started(REGIONS, transition("go", "p.y.a", "p.y.b"), transition("go", "p.x.a", "p.x.b"))
    assert kept_by(chart, subject, "go")[1] == ["-p.y.a", "-p.x.a", "p.x.a go", "p.y.a go", "moved", "+p.x.b", "+p.y.b"]


def test_all_guards_are_asked_before_anything_moves_and_an_outer_one_once():
    chart, subject = started(
        REGIONS, transition("go", "p.x.a", "p.x.b", "x"), transition("go", "p", None, "outer"), x=True, outer=True
    )
    assert kept_by(chart, subject, "go")[1] == ["x?", "outer?", "-p.x.a", "p.x.a go", "p go", "moved", "+p.x.b"]
    subject.truths["outer"] = False
    assert kept_by(chart, subject, "go") == (False, ["outer?"])


def test_a_guard_holds_when_its_answer_is_truthy():
    chart, subject = started("    a\n    b", transition("go", "a", "b", "many"), many=2)
    assert chart.react(subject, "go")


def test_an_event_that_every_guard_denies_changes_nothing():
    chart, subject = started("    a\n    b", transition("go", "a", "b", "first", "second"), first=False)
    assert kept_by(chart, subject, "go") == (False, ["first?"])
    assert subject.state == ("a",)


def test_an_event_that_nothing_waits_for_is_an_error_that_names_it():
    chart, subject = started(REGIONS, transition("go", "q", "p"))
    for event in ("go", "never"):
        assert chart.candidates(subject.state, subject.memory, event) == ()
        with pytest.raises(MachineError, match=event):
            chart.react(subject, event)


def test_candidates_come_for_each_leaf_inner_before_outer():
    chart, subject = started(
        REGIONS, transition("go", "p", "q"), transition("go", "p.y.a", "p.y.b"), transition("go", "p.x.b")
    )
    found = chart.candidates(subject.state, subject.memory, "go")
    assert [[arc.label for arc in arcs] for arcs in found] == [["p go"], ["p.y.a go", "p go"]]
    assert chart.candidates((), (), "go") == ()


@pytest.mark.parametrize(("deep", "back"), [("", "a.c.d"), ("deep", "a.c.e")])
def test_history_enters_again_what_was_left(deep, back):
    text = f"    a\n      b\n      c\n        d\n        e\n      g\n      h history {deep} initial:a.g\n    out"
    chart, subject = started(
        text,
        transition("in", "a", "a.c.e"),
        transition("leave", "a", "out"),
        transition("back", "out", "a.h"),
        initial=("out",),
    )
    chart.react(subject, "back")
    assert subject.state == ("a.g",)
    for event in ("in", "leave", "back"):
        chart.react(subject, event)
    assert subject.state == (back,)


def test_a_history_state_is_not_a_default_child():
    _, subject = started("    a\n      h history initial:a.c\n      b\n      c")
    assert subject.state == ("a.b",)


def test_history_does_not_enter_again_what_is_still_active():
    text = "    a\n      h history deep initial:a.b\n      b\n        c\n        d\n    out"
    chart, subject = started(
        text,
        transition("leave", "a", "out"),
        transition("back", "out", "a.h"),
        transition("again", "a.b.c", "a.h"),
    )
    chart.react(subject, "leave")
    chart.react(subject, "back")
    assert kept_by(chart, subject, "again")[1] == ["-a.b.c", "a.b.c again", "moved", "+a.b.c"]


def test_a_done_event_follows_the_entries_of_the_final_state():
    text = "    a\n      b\n      c final\n    z"
    chart, subject = started(text, transition("go", "a.b", "a.c"), transition("done.state.a", "a", "z", actions=()))
    assert kept_by(chart, subject, "go")[1] == [
        "-a.b",
        "a.b go",
        "moved",
        "+a.c",
        "raised done.state.a",
        "-a.c",
        "-a",
        "moved",
        "+z",
    ]


def test_a_parallel_state_is_done_when_its_last_region_is():
    chart, subject = started(REGIONS, transition("x", "p.x.a", "p.x.end"), transition("y", "p.y.a", "p.y.end"))
    assert kept_by(chart, subject, "y")[1][-1] == "raised done.state.p.y"
    assert kept_by(chart, subject, "x")[1][-2:] == ["raised done.state.p.x", "raised done.state.p"]


def test_a_parallel_state_around_a_parallel_state_is_done_whichever_ends_last():
    text = """
    o parallel
      p parallel
        x
          a
          end final
        y
          a
          end final
      z
        a
        end final
"""
    ends = [
        transition(region, f"{path}.a", f"{path}.end")
        for region, path in (("x", "o.p.x"), ("y", "o.p.y"), ("z", "o.z"))
    ]
    for order in ("xyz", "zxy", "xzy"):
        chart, subject = started(text, *ends)
        for event in order:
            chart.react(subject, event)
        assert subject.kept.count("raised done.state.o") == 1


def test_eventless_transitions_run_before_raised_events():
    chart, subject = started(
        "    a\n    b\n    c\n    d",
        transition("go", "a", "b", actions=["raise later"]),
        transition("later", "b", "d"),
        transition("", "b", "c"),
        transition("later", "c", None, actions=["in c"]),
    )
    kept_by(chart, subject, "go")
    assert subject.state == ("c",)
    assert subject.kept[-2:] == ["in c", "moved"]


def test_a_raised_event_that_nobody_handles_is_dropped():
    chart, subject = started(
        "    a\n    b",
        transition("go", "a", "b", actions=["raise never", "raise back", "raise end"]),
        transition("back", "b", "a", "no"),
        transition("end", "b", None, actions=["ended"]),
        no=False,
    )
    assert kept_by(chart, subject, "go")[1][-3:] == ["no?", "ended", "moved"]


def test_nothing_happens_after_the_last_final_state():
    chart, subject = started(
        "    a\n    z final",
        transition("go", "a", "z", actions=["raise on"]),
        transition("on", "z", "a"),
        transition("", "z", "a"),
    )
    assert kept_by(chart, subject, "go")[1] == ["-a", "raise on", "moved", "+z"]
    assert chart.candidates(subject.state, subject.memory, "on") == ()
    with pytest.raises(MachineError, match="on"):
        chart.react(subject, "on")


def test_an_endless_loop_is_an_error_that_names_its_states():
    chart, subject = started(
        "    calm\n    a\n    b", transition("go", "calm", "a"), transition("", "a", "b"), transition("", "b", "a")
    )
    with pytest.raises(EndlessLoop, match=r'after 100 microsteps, going round "\w" -> "\w"') as loop:
        chart.react(subject, "go")
    assert set(loop.value.states) == {"a", "b"}
    assert isinstance(loop.value, DefinitionError)
    assert loop.value.code == "endless-loop"


def test_an_event_raised_for_ever_is_an_endless_loop_too():
    chart, subject = started("    a", transition("go", "a", None, actions=["raise go"]))
    with pytest.raises(EndlessLoop) as loop:
        chart.react(subject, "go")
    assert loop.value.states == ("a",)


def test_a_hundred_microsteps_less_one_are_no_endless_loop():
    chart, subject = started("    a", transition("go", "a", None, actions=["raise on"] * 99), transition("on", "a"))
    assert chart.react(subject, "go")


def test_an_event_may_have_any_name_that_the_stock_machine_reserves():
    chart, subject = started("    a\n    b", transition("state", "a", "b"), transition("trigger", "b", "a"))
    assert chart.react(subject, "state")
    assert chart.react(subject, "trigger")


@pytest.mark.parametrize(
    ("more", "initial"),
    [
        ([transition("go", "a", "nowhere")], ()),
        ([transition("go", "nowhere", "a")], ()),
        ([], ("nowhere",)),
    ],
)
def test_a_name_that_is_not_there_is_an_error_at_once(more, initial):
    with pytest.raises(ValueError, match="nowhere"):
        Statechart(states("    a"), more, initial)


@pytest.mark.parametrize(
    "dest", [("p.x.a", "p.x.b"), ("p.x.a", "q"), ("p", "p.x.a"), ("p.x.a", "p.x.a"), ("p.y.h", "p.y.b")]
)
def test_targets_that_exclude_each_other_are_an_error(dest):
    text = REGIONS.replace("    q", "        h history initial:p.y.a\n    q")
    with pytest.raises(ValueError, match="cannot be entered together"):
        Statechart(states(text), [transition("go", "q", dest)])


@pytest.mark.parametrize(
    "text",
    [
        "    a initial:b\n      c\n    b",
        "    a\n      c\n      h history initial:b\n    b",
        "    a\n      c\n      h history",
        "    a\n      c\n      h history initial:a.i\n      i history initial:a.h",
        "",
    ],
)
def test_a_default_that_leads_nowhere_is_an_error(text):
    with pytest.raises(ValueError, match=r"default|needs a state"):
        Statechart(states(text), [])


@pytest.mark.parametrize("names", [("a", "b", "a.c"), ("a.c", "a"), ("a", "a.c", "b", "a.d")])
def test_states_out_of_document_order_are_an_error(names):
    with pytest.raises(ValueError, match="document order"):
        Statechart([{"name": name, "parent": name.rpartition(".")[0]} for name in names], [])


def test_two_states_of_one_name_are_an_error():
    with pytest.raises(ValueError, match="same name"):
        Statechart([{"name": "a"}, {"name": "a"}], [])


def test_stock_callbacks_are_refused_rather_than_forgotten():
    with pytest.raises(TypeError, match="use actions"):
        Statechart(states("    a"), [{"trigger": "go", "source": "a", "dest": "a", "before": [print]}])


def test_what_is_given_is_not_changed():
    given, arcs = states("    a\n    b"), [transition("go", "a", "b")]
    before = [dict(state) for state in given], [dict(arc) for arc in arcs]
    Statechart(given, arcs)
    assert (given, arcs) == before


def many_regions(count):
    rows, arcs = [{"name": "p", "kind": "parallel"}], []
    for region in range(count):
        path = f"p.r{region}"
        rows += [
            {"name": path, "parent": "p"},
            {"name": f"{path}.a", "parent": path},
            {"name": f"{path}.b", "parent": path},
        ]
        for source, dest in ("ab", "ba"):
            arcs.append({"trigger": f"e{region}", "source": f"{path}.{source}", "dest": f"{path}.{dest}"})
    return Statechart(rows, arcs)


def test_no_more_than_the_limit_is_kept():
    chart, subject = many_regions(6), Subject()
    chart.memo_limit = 50
    chart.start(subject)
    expected, sizes = ["a"] * 6, set()
    for number in range(500):
        region = (number * 7 + number // 5) % 6
        chart.react(subject, f"e{region}")
        expected[region] = "ab"[expected[region] == "a"]
        assert subject.state == tuple(f"p.r{index}.{leaf}" for index, leaf in enumerate(expected))
        configurations = chart._configurations.values()
        sizes.add(sum(1 + len(each.candidates) + len(each.microsteps) for each in configurations))
    assert max(sizes) <= 50


def test_what_is_forgotten_is_let_go():
    chart, subject = many_regions(3), Subject()
    chart.memo_limit = 10
    chart.start(subject)
    first = weakref.ref(chart.get_model_state(subject))
    for number in range(30):
        chart.react(subject, f"e{number % 3}")
    gc.collect()
    assert first() is None


def test_threads_may_share_a_chart():
    chart, failed = many_regions(5), []
    chart.memo_limit = 20

    def run(salt):
        subject, expected = Subject(), ["a"] * 5
        chart.start(subject)
        for number in range(400):
            region = (number * 3 + number // 7 + salt) % 5
            chart.react(subject, f"e{region}")
            expected[region] = "ab"[expected[region] == "a"]
            if subject.state != tuple(f"p.r{index}.{leaf}" for index, leaf in enumerate(expected)):
                failed.append((salt, number))

    threads = [threading.Thread(target=run, args=(salt,)) for salt in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
