"""A plain and slow interpreter of statecharts, after the algorithm in Appendix D of W3C SCXML.

It keeps the procedure of the standard: ordered sets as lists, every set worked out anew, nothing kept but the configuration and what
history remembers. It reads the same dicts as `Statechart` and moves the same kind of subject, so that the two can be compared.

Three departures, all wanted: each guard is asked once per selection (the standard may ask a parent's once per leaf); `done` climbs
through nested parallel states, as section 3.4 of the standard says and its appendix forgets; and a history state adds what is around
its targets as far as the transition's domain only (the appendix goes on to the history's parent, and so enters again, without having
left it, what is active between the two).
"""

from collections import Counter


class Interpreter:
    def __init__(self, states, transitions, initial=()):
        self.states = {
            state["name"]: {
                "parent": "",
                "kind": "state",
                "initial": (),
                "deep": False,
                "on_enter": [],
                "on_exit": [],
                **state,
            }
            for state in states
        }
        self.order = list(self.states)
        self.transitions = [
            {"conditions": [], "actions": [], "internal": False, **transition} for transition in transitions
        ]
        self.initial = tuple(initial)
        self.within = {
            name: [child for child in self.order if self.parent(child) == name] for name in ("", *self.order)
        }
        self.outward = {"": []}
        for name in self.order:
            self.outward[name] = [self.parent(name), *self.outward[self.parent(name)]]
        self.active = []
        self.remembered = {}
        self.running = True
        self.met = Counter()

    # the tree

    def parent(self, name):
        return self.states[name]["parent"]

    def kind(self, name):
        return self.states[name]["kind"] if name else "state"

    def children(self, name):
        return [child for child in self.within[name] if self.kind(child) != "history"]

    def histories(self, name):
        return [child for child in self.within[name] if self.kind(child) == "history"]

    def ancestors(self, name, stop=None):
        """From the parent outward to the root (""), without `stop` and what is beyond it."""
        outward = self.outward[name]
        return outward[: outward.index(stop)] if stop in outward else outward

    def inside(self, name, other):
        return other in self.ancestors(name)

    def compound(self, name):
        return self.kind(name) == "state" and self.children(name) != []

    def in_document_order(self, names):
        return sorted(names, key=self.order.index)

    def defaults(self, name):
        initial = self.states[name]["initial"] if name else self.initial
        return list(initial) or self.children(name)[:1]

    def atoms(self):
        return [name for name in self.in_document_order(self.active) if not self.children(name)]

    # the main loop

    def start(self, subject):
        self.enter(subject, [(self.defaults(""), "")], [], [])
        self.to_rest(subject)

    def react(self, subject, event):
        """True: something happened. False: all guards said no. None: nothing waits for this event."""
        waiting = [self.candidates(atom, event) for atom in self.atoms()]
        if not self.running or not any(waiting):
            return None
        chosen = self.select(subject, event)
        if not chosen:
            return False
        self.microstep(subject, chosen)
        self.to_rest(subject)
        return True

    def to_rest(self, subject):
        for _ in range(10_000):
            if not self.running:
                return
            chosen = self.select(subject, "")
            if chosen:
                self.met["eventless"] += 1
            else:
                event = subject.next_event()
                if event is None:
                    return
                chosen = self.select(subject, event)
                self.met["raised, handled" if chosen else "raised, dropped"] += 1
            if chosen:
                self.microstep(subject, chosen)
        raise AssertionError("no rest")

    # selection

    def candidates(self, atom, event):
        """One list for each state from the leaf outward."""
        return [
            transition
            for name in (atom, *self.ancestors(atom))
            for transition in self.transitions
            if transition["source"] == name and transition["trigger"] == event
        ]

    def select(self, subject, event):
        answers, enabled = {}, []
        for atom in self.atoms():
            for transition in self.candidates(atom, event):
                label = transition["label"]
                if label in answers:
                    self.met["guard shared by leaves"] += bool(transition["conditions"])
                else:
                    answers[label] = all(guard(subject) for guard in transition["conditions"])
                if answers[label]:
                    if transition not in enabled:
                        enabled.append(transition)
                    break
        return self.without_conflicts(enabled)

    def without_conflicts(self, enabled):
        filtered = []
        for first in enabled:
            preempted, beaten = False, []
            for second in filtered:
                if set(self.exits_of(first)) & set(self.exits_of(second)):
                    if self.inside(first["source"], second["source"]):
                        beaten.append(second)
                        self.met["conflict, inner wins"] += 1
                    else:
                        preempted = True
                        self.met["conflict, earlier wins"] += 1
                        break
            if not preempted:
                filtered = [each for each in filtered if each not in beaten] + [first]
        return filtered

    def exits_of(self, transition):
        if not transition["dest"]:
            return []
        domain = self.domain(transition)
        return [name for name in self.active if self.inside(name, domain)]

    def domain(self, transition):
        targets, source = self.effective(self.targets(transition)), transition["source"]
        if transition["internal"] and self.compound(source) and all(self.inside(target, source) for target in targets):
            return source
        for around in self.ancestors(source):
            if (around == "" or self.compound(around)) and all(self.inside(target, around) for target in targets):
                return around
        raise AssertionError(transition)

    def targets(self, transition):
        dest = transition["dest"]
        return [dest] if isinstance(dest, str) else list(dest or ())

    def effective(self, targets):
        found = []
        for target in targets:
            for each in self.remembered_or_default(target) if self.kind(target) == "history" else [target]:
                if each not in found:
                    found.append(each)
        return found

    def remembered_or_default(self, history):
        if history in self.remembered:
            return self.remembered[history]
        return self.effective(self.states[history]["initial"])

    # one microstep

    def microstep(self, subject, chosen):
        self.met["microstep"] += 1
        self.met["several arcs"] += len(chosen) > 1
        exits = [
            name
            for name in reversed(self.in_document_order(self.active))
            if any(name in self.exits_of(each) for each in chosen)
        ]
        for name in exits:
            for history in self.histories(name):
                deep = self.states[history]["deep"]
                active = self.in_document_order(self.active)
                self.remembered[history] = [
                    each
                    for each in active
                    if (self.inside(each, name) and not self.children(each) if deep else self.parent(each) == name)
                ]
        for name in exits:
            for call in self.states[name]["on_exit"]:
                call(subject)
            self.active.remove(name)
        for transition in chosen:
            self.count(transition)
            for call in transition["actions"]:
                call(subject)
        self.enter(subject, [(self.targets(each), self.domain(each)) for each in chosen if each["dest"]], chosen, exits)

    def count(self, transition):
        targets = self.targets(transition)
        self.met["targetless"] += not targets
        self.met["several targets"] += len(targets) > 1
        self.met["internal"] += (
            bool(targets) and transition["internal"] and self.domain(transition) == transition["source"]
        )
        for target in targets:
            if self.kind(target) == "history":
                depth = "deep" if self.states[target]["deep"] else "shallow"
                self.met[f"{depth} history, {'remembered' if target in self.remembered else 'default'}"] += 1

    def enter(self, subject, landings, chosen, exits):
        entries = []
        for targets, domain in landings:
            for target in targets:
                self.add_inside(target, entries)
            for target in self.effective(targets):
                self.add_around(target, domain, entries)
        entries = self.in_document_order(entries)
        after = self.in_document_order([*self.active, *entries])
        self.met["self-made illegal"] += len(after) != len(set(after)) or not self.legal(after)
        subject.state = tuple(name for name in after if not self.children(name))
        subject.memory = tuple(sorted((history, tuple(names)) for history, names in self.remembered.items()))
        subject.saw([each["label"] for each in chosen], exits, entries)
        for name in entries:
            self.active.append(name)
            for call in self.states[name]["on_enter"]:
                call(subject)
            if self.kind(name) == "final":
                self.finish(subject, name)

    def finish(self, subject, final):
        parent = self.parent(final)
        if parent == "":
            self.running = False
            self.met["top final"] += 1
            return
        subject.raise_event(f"done.state.{parent}")
        self.met["done compound"] += 1
        around = self.parent(parent)
        while around and self.kind(around) == "parallel" and self.final(around):
            subject.raise_event(f"done.state.{around}")
            self.met["done parallel"] += 1
            around = self.parent(around)
            self.met["done parallel around parallel"] += (
                bool(around) and self.kind(around) == "parallel" and self.final(around)
            )

    def final(self, name):
        if self.kind(name) == "parallel":
            return all(self.final(region) for region in self.children(name))
        return any(self.kind(child) == "final" and child in self.active for child in self.children(name))

    def add_inside(self, name, entries):
        """A state and what must be active in it; the standard's addDescendantStatesToEnter."""
        if self.kind(name) == "history":
            for each in self.remembered_or_default(name):
                self.add_inside(each, entries)
            return
        if name not in entries:
            entries.append(name)
        if self.compound(name):
            self.add_all(self.defaults(name), name, entries)
        if self.kind(name) == "parallel":
            self.add_regions(name, entries)

    def add_all(self, names, top, entries):
        for name in names:
            self.add_inside(name, entries)
        for name in self.effective(names):
            self.add_around(name, top, entries)

    def add_around(self, name, top, entries):
        """What lies between a state and the domain; the standard's addAncestorStatesToEnter."""
        for around in self.ancestors(name, top):
            if around and around not in entries:
                entries.append(around)
            if around and self.kind(around) == "parallel":
                self.add_regions(around, entries)

    def add_regions(self, name, entries):
        for region in self.children(name):
            if not any(self.inside(entered, region) for entered in entries):
                self.add_inside(region, entries)

    def legal(self, active):
        """One child of the root and of each compound state, all of each parallel one, and every parent."""
        if sum(self.parent(name) == "" for name in active) != 1:
            return False
        for name in active:
            inside = [child for child in self.children(name) if child in active]
            if self.compound(name) and len(inside) != 1:
                return False
            if self.kind(name) == "parallel" and inside != self.children(name):
                return False
            if self.parent(name) and self.parent(name) not in active:
                return False
        return True
