import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from caseway.schemas.validator import DEPTH, NODES, faults, properties, schema

NAMES = ["process", "scenarios", "calendar"]

VISIT = {
    "process": "orange-friends-visit",
    "version": 1,
    "title": {"en": "Orange Friends visit", "pl": "Wizyta Orange Friends"},
    "sources": {
        "OF-01": "Zgłoszenia Klientów zazwyczaj wysyłamy do kilku Friendów na raz.",
        "OF-02": "Zgłoszenie podejmij w ciągu godziny.",
        "OF-03": "Po 12h wszystkie zgłoszenia, na które nikt nie zareagował zostaną wygaszone.",
        "OF-04": "Według nas 3 próby kontaktu to wystarczająca ilość.",
    },
    "parameters": {"claim_within": "PT1H", "expire_after": "PT12H", "contact_attempts": 3},
    "roles": {"customer": "Customer", "friend": "Orange Friend", "dispatcher": "Dispatcher"},
    "data": {
        "type": "object",
        "required": ["customer", "candidates"],
        "properties": {
            "customer": {
                "type": "object",
                "properties": {"name": {"type": "string"}},
                "x-visible-to": ["customer", "dispatcher", "assignee"],
            },
            "candidates": {"type": "array", "items": {"type": "string"}},
            "attempts": {"type": "integer", "default": 0},
        },
    },
    "events": {
        "accept": {"by": ["friend"]},
        "decline": {"by": ["friend"]},
        "no_contact": {
            "by": ["assignee"],
            "data": {"type": "object", "required": ["note"], "properties": {"note": {"type": "string"}}},
        },
    },
    "messages": {
        "claim_reminder": {
            "to": "case.candidates",
            "subject": {"en": "A customer is waiting"},
            "body": {"en": "Request {{ meta.case }} is still free."},
        }
    },
    "initial": "offered",
    "states": {
        "offered": {
            "work": {
                "role": "friend",
                "candidates": "case.candidates",
                "claim": "accept",
                "pass": "decline",
                "implements": ["OF-01"],
            },
            "after": [
                {
                    "delay": "param.claim_within",
                    "actions": [{"message": "claim_reminder"}],
                    "implements": ["OF-02"],
                },
                {"delay": "param.expire_after", "target": "expired", "implements": ["OF-03"]},
            ],
            "on": {"accept": {"target": "contacting"}},
        },
        "contacting": {
            "on": {
                "no_contact": [
                    {
                        "guard": "case.attempts + 1 >= param.contact_attempts",
                        "target": "closed_unreached",
                        "implements": ["OF-04"],
                    },
                    {"actions": [{"set": {"attempts": "case.attempts + 1"}}]},
                ]
            }
        },
        "expired": {"type": "final"},
        "closed_unreached": {"type": "final"},
    },
}

EVERYTHING = {
    "process": "a",
    "version": 2,
    "description": "All of the language.",
    "parameters": {"on": True, "list": [1, "a"], "n": 0},
    "data": {
        "type": "object",
        "properties": {
            "size": {"enum": ["s", "l"]},
            "due": {"type": ["string", "null"], "format": "date-time"},
            "votes": {"type": "object", "additionalProperties": {"type": "integer"}},
        },
    },
    "conditions": {"late": "now > case.due", "both": ["late", {"any": [True, {"none": ["late"]}]}]},
    "messages": {"m": {"to": {"text": "desk"}, "subject": "", "body": "{{ meta.case }}", "implements": ["A-1"]}},
    "payouts": {
        "p": {"amount": 0, "unit": "EUR", "payee": "meta.assignee", "purpose": {"en": "Fee"}},
        "q": {
            "amount": "percent(1, 2)",
            "unit": "POINTS",
            "payee": {"text": "x"},
            "account": "cash",
            "payer": {"text": "y"},
            "payer_account": "z",
        },
    },
    "calendars": {
        "shared": "nl-be-office",
        "desk": {
            "title": {"en": "Desk"},
            "description": "Where customers call.",
            "zone": "Europe/Amsterdam",
            "hours": {"monday": ["09:00-12:30", "13:00-17:00"], "sunday": []},
            "holidays": ["NL", "DE-BY"],
            "closed": [{"date": "2026-12-24", "reason": "Christmas Eve"}, {"every": "12-31", "reason": {"en": "Late"}}],
            "open": [{"holiday": "Good Friday", "reason": "Not here", "hours": ["09:00-13:00"]}],
        },
    },
    "service_levels": {
        "answer": {
            "title": "Soon",
            "description": "Promised.",
            "budget": {"working": "PT8H", "calendar": "desk"},
            "runs_in": ["a"],
            "stands_still_in": ["a.b"],
            "met_in": ["d"],
            "met_on": ["e"],
            "restarts_on": ["e"],
            "warnings": [1, 99],
            "target": {"on_time": "param.n", "late": 0},
            "implements": ["A-1"],
        },
        "plain": {"budget": "PT1H", "runs_in": ["a"], "met_on": ["e"], "target": {"on_time": 100}},
    },
    "report": {"by": "case.size", "per": "week", "calendar": "desk"},
    "states": {
        "a": {
            "on": {"answer.breached": {}, "answer.warned.75": {"target": "d"}},
            "entry": [
                {"set": {"x.y": None, "z": [1, "two", {"text": "three"}, {"text": "four", "five": 5}]}, "when": "late"},
                {"append": {"to": "notes", "item": {"by": "actor.id"}}},
                {"change": {"in": "notes", "set": {"read": True}}},
                {"remove": {"from": "notes", "where": "item.read"}},
                {"raise": "e"},
                {"raise": {"event": "e", "data": {"points": 3}}, "implements": ["A-1"]},
                {"arm": {"timer": "e", "delay": "PT1H"}},
                {"arm": {"timer": "e", "at": "case.due"}},
                {"arm": {"timer": "e", "at": "case.due", "plus": {"working": "param.n", "calendar": "desk"}}},
                {"cancel": "a.after.1"},
                {"pay": "p"},
            ],
            "initial": "b",
            "closed": True,
            "states": {"b": {}, "h": {"type": "history", "deep": True, "default": "b"}},
            "always": {"guard": ["late", True], "target": ["c.r.x", "c.s.x"], "internal": False},
            "done": [{"target": "d", "title": "Done"}],
            "after": [
                {"delay": "P1D", "name": "remind"},
                {"delay": {"working": "PT8H", "calendar": "desk"}, "every": "P1D", "times": 3},
                {"at": "case.due", "minus": "P1D"},
                {"at": "case.due", "plus": "P1D", "every": "P7D", "times": "param.n"},
                {"every": "P7D"},
            ],
            "guidance": [{"text": "Be kind."}, {"role": ["x", "y"], "text": {"en": "Be kind."}}],
        },
        "c": {"type": "parallel", "states": {"r": {"states": {"x": {"type": "final"}}}, "s": {"states": {"x": {}}}}},
        "d": {"type": "final", "exit": [], "closed": True, "guidance": [{"text": "Bye."}]},
    },
}

STORY = {
    "process": "orange-friends-visit",
    "version": 1,
    "people": {"anna": {"roles": ["friend"]}, "ben": {"id": "f7", "tags": ["expert"]}},
    "scenarios": [
        {
            "name": "A friend accepts in time and visits",
            "proves": ["OF-01", "OF-02"],
            "given": {"data": {"candidates": ["anna"]}, "at": "2026-03-02T09:00:00Z", "id": "OF-42"},
            "steps": [
                {"send": "accept", "as": "anna", "data": {}, "refused": "not-allowed"},
                {"wait": "PT1H"},
                {"until": "2026-05-04T15:00:00Z"},
                {"expect": {"state": "offered", "assignee": None}},
            ],
            "expect": {
                "state": ["contacting"],
                "closed": True,
                "final": True,
                "assignee": "anna",
                "data": {"attempts": 3},
                "refusals": 0,
                "messages": [{"message": "claim_reminder", "to": "anna"}],
                "postings": [{"owner": "anna", "account": "cash", "amount": 225, "unit": "EUR"}],
                "balances": {"anna/cash/EUR": 225},
                "timers": ["claim_within"],
                "service_levels": {
                    "answer": {"status": "met", "consumed": "PT7H59M", "due": None, "warned": [75], "run": 2},
                    "other": {"due": "2026-05-04T15:00:00Z"},
                },
                "guidance": {"anna": ["OF-01", "Be kind."], "friend:f8": []},
                "work": {"anna": {"offered": ["offered", "visit.reviewing/answer-2"], "mine": []}},
            },
        }
    ],
}


CALENDAR = {"calendar": "nl-be-office", **EVERYTHING["calendars"]["desk"]}


def process(**parts):
    return {"process": "a", "version": 1, "states": {"s": {}}} | parts


def state(**parts):
    return process(states={"s": parts})


def transition(**parts):
    return state(on={"e": parts})


def action(**parts):
    return state(entry=[parts])


def data(**parts):
    return process(data={"type": "object", "properties": {"f": parts}})


def calendar(**parts):
    return process(calendars={"c": {"zone": "UTC", "hours": {"monday": ["09:00-17:00"]}} | parts})


def level(**parts):
    return process(service_levels={"l": {"budget": "PT1H", "runs_in": ["s"], "met_in": ["t"]} | parts})


def timed(**parts):
    return state(after=[parts])


def scenario(**parts):
    return {"process": "a", "version": 1, "scenarios": [{"name": "n"} | parts]}


IN_S = ("states", "s")
IN_E = (*IN_S, "on", "e")
IN_ACTION = (*IN_S, "entry", 0)
IN_F = ("data", "properties", "f")
IN_N = ("scenarios", 0)
IN_C = ("calendars", "c")
IN_L = ("service_levels", "l")
IN_T = (*IN_S, "after", 0)
IN_ARM = (*IN_ACTION, "arm")

# document, code, path, at_key, what the message or the hint must say
PROCESS_FAULTS = [
    (None, "wrong-type", (), False, "give a mapping"),
    ([], "wrong-type", (), False, "a list, not a mapping"),
    ({"process": "a", "version": 1}, "missing-key", (), False, 'add "states"'),
    (process(proces="b"), "unknown-key", ("proces",), True, 'did you mean "process"?'),
    (process(process="Orange Friends"), "bad-name", ("process",), False, "small letters, digits and hyphens"),
    (process(process="a\n"), "bad-name", ("process",), False, "small letters, digits and hyphens"),
    (process(version="1"), "wrong-type", ("version",), False, "1 without quotes"),
    (process(version=0), "bad-value", ("version",), False, "at least 1 is possible"),
    (process(version=True), "wrong-type", ("version",), False, "true, not a whole number"),
    (process(title=2026), "wrong-type", ("title",), False, '"2026" in quotes'),
    (process(title=""), "too-short", ("title",), False, "is empty"),
    (process(title={}), "too-few", ("title",), False, "is empty"),
    (process(title={"English": "x"}), "bad-name", ("title", "English"), True, "as in en, pl or nl-BE"),
    (process(sources={"of1": "x"}), "bad-name", ("sources", "of1"), True, "as in OF-02"),
    (process(sources={"OF-1": None}), "wrong-type", ("sources", "OF-1"), False, "give a text"),
    (process(parameters={"rate": 0.5}), "wrong-type", ("parameters", "rate"), False, "a whole number"),
    (process(parameters={"in": 1}), "bad-name", ("parameters", "in"), True, "no word of the expression language"),
    (process(roles={"Friend": "x"}), "bad-name", ("roles", "Friend"), True, "small letters"),
    (process(states={}), "too-few", ("states",), False, "at least 1 needed"),
    (process(states=[]), "wrong-type", ("states",), False, "give a mapping"),
    (process(states={"s": None}), "wrong-type", IN_S, False, "{} for an empty one"),
    (process(states={"S-1": {}}), "bad-name", ("states", "S-1"), True, "small letters"),
    (process(events={"e": {"by": "friend"}}), "wrong-type", ("events", "e", "by"), False, "even of one item"),
    (process(events={"e": {"by": []}}), "too-few", ("events", "e", "by"), False, "at least 1 needed"),
    (process(events={"e": {"by": ["a", "a"]}}), "not-unique", ("events", "e", "by"), False, "twice"),
    (
        process(events={"e": {"data": {"type": "string"}}}),
        "not-allowed",
        ("events", "e", "data", "type"),
        False,
        "possible: object",
    ),
    (process(conditions={"c": 3}), "wrong-type", ("conditions", "c"), False, '"3" in quotes'),
    (process(conditions={"c": []}), "too-few", ("conditions", "c"), False, "is empty"),
    (process(conditions={"c": {"all": ["x"]}}), "unknown-key", ("conditions", "c", "all"), True, "possible: any, none"),
    (process(messages={"m": {"to": "x"}}), "missing-key", ("messages", "m"), False, "lacks"),
    (
        process(messages={"m": {"to": {"txt": "x"}, "subject": "", "body": ""}}),
        "unknown-key",
        ("messages", "m", "to", "txt"),
        True,
        '"text"',
    ),
    (
        process(payouts={"p": {"amount": -1, "unit": "EUR", "payee": "x"}}),
        "bad-value",
        ("payouts", "p", "amount"),
        False,
        "at least 0",
    ),
    (
        process(payouts={"p": {"amount": 2.5, "unit": "EUR", "payee": "x"}}),
        "wrong-type",
        ("payouts", "p", "amount"),
        False,
        "a whole number",
    ),
    (
        process(payouts={"p": {"amount": 1, "unit": "eur", "payee": "x"}}),
        "bad-name",
        ("payouts", "p", "unit"),
        False,
        "in capitals",
    ),
    (data(type="int"), "not-allowed", (*IN_F, "type"), False, 'did you mean "integer"?'),
    (data(type=["string", "integer"]), "not-allowed", (*IN_F, "type"), False, "possible"),
    (data(), "missing-key", IN_F, False, 'add "type"'),
    (data(type="string", format="datetime"), "not-allowed", (*IN_F, "format"), False, '"date-time"'),
    (data(type="string", pattern="x"), "unknown-key", (*IN_F, "pattern"), True, "possible"),
    (data(type="object", additionalProperties=True), "not-allowed", (*IN_F, "additionalProperties"), False, "false"),
    (
        data(type="object", properties={"aB": {"type": "string"}}),
        "bad-name",
        (*IN_F, "properties", "aB"),
        True,
        "small letters",
    ),
    (data(type="string", enum=["a", "a"]), "not-unique", (*IN_F, "enum"), False, "twice"),
    (process(data={"properties": {}}), "missing-key", ("data",), False, 'add "type"'),
    (state(type="paralel", states={"x": {}}), "not-allowed", (*IN_S, "type"), False, 'did you mean "parallel"?'),
    (state(type="parallel"), "missing-key", IN_S, False, 'add "states"'),
    (state(type="parallel", initial="x", states={"x": {}}), "unknown-key", (*IN_S, "initial"), True, "possible"),
    (state(type="final", on={}), "unknown-key", (*IN_S, "on"), True, "possible"),
    (state(type="history"), "missing-key", IN_S, False, 'add "default"'),
    (state(type="history", default="x", entry=[]), "unknown-key", (*IN_S, "entry"), True, "possible"),
    (state(closed="yes"), "wrong-type", (*IN_S, "closed"), False, "true or false"),
    (state(onn={}), "unknown-key", (*IN_S, "onn"), True, 'did you mean "on"?'),
    (state(after={"delay": "PT1H"}), "wrong-type", (*IN_S, "after"), False, "give a list"),
    (
        state(after=[{"target": "s"}]),
        "missing-key",
        (*IN_S, "after", 0),
        False,
        'item 1 of "after" lacks the key "delay"',
    ),
    (state(after=[{"delay": 3600}]), "wrong-type", (*IN_S, "after", 0, "delay"), False, '"3600" in quotes'),
    (state(work={"claim": "accept"}), "missing-key", (*IN_S, "work"), False, 'add "role"'),
    (state(guidance=["Be kind."]), "wrong-type", (*IN_S, "guidance", 0), False, "give a mapping"),
    (state(on={"e": []}), "too-few", IN_E, False, "is empty"),
    (state(on={"e": "s"}), "wrong-type", IN_E, False, "a mapping or a list"),
    (transition(gaurd="x"), "unknown-key", (*IN_E, "gaurd"), True, 'did you mean "guard"?'),
    (state(on={"e": [{"to": "x"}]}), "unknown-key", (*IN_E, 0, "to"), True, "possible"),
    (transition(target="Contacting"), "bad-name", (*IN_E, "target"), False, "as in active.contacting"),
    (transition(target=["a", "B"]), "bad-name", (*IN_E, "target", 1), False, "with dots between"),
    (transition(guard=None), "wrong-type", (*IN_E, "guard"), False, "nothing (null)"),
    (transition(implements="OF-01"), "wrong-type", (*IN_E, "implements"), False, "even of one item"),
    (transition(actions={"pay": "p"}), "wrong-type", (*IN_E, "actions"), False, "even of one item"),
    (action(set={"a": 1}, message="m"), "action-verbs", (*IN_ACTION, "message"), True, '"set" and "message"'),
    (action(when="x"), "action-verbs", IN_ACTION, False, "give it one of set, append"),
    (action(), "action-verbs", IN_ACTION, False, "does nothing"),
    (action(mesage="x"), "unknown-key", (*IN_ACTION, "mesage"), True, 'did you mean "message"?'),
    (action(set={}), "too-few", (*IN_ACTION, "set"), False, "is empty"),
    (action(set={"a.": 1}), "bad-name", (*IN_ACTION, "set", "a."), True, "with dots between"),
    (action(set={"a": {"text": 3}}), "wrong-type", (*IN_ACTION, "set", "a", "text"), False, '"3" in quotes'),
    (action(append={"to": "x"}), "missing-key", (*IN_ACTION, "append"), False, 'add "item"'),
    (action(remove={"from": "x"}), "missing-key", (*IN_ACTION, "remove"), False, 'add "where"'),
    (action(arm={"timer": "e", "delay": "PT1H", "until": "x"}), "unknown-key", (*IN_ARM, "until"), True, "possible"),
    (action(arm={"timer": "e", "delay": "PT1H", "at": "case.x"}), "unknown-key", (*IN_ARM, "at"), True, "the others"),
    (action(arm={"timer": "e", "delay": "PT1H", "plus": "PT1H"}), "unknown-key", (*IN_ARM, "plus"), True, "the others"),
    (
        action(arm={"timer": "e", "at": "case.x", "minus": "PT1H", "plus": "PT1H"}),
        "unknown-key",
        (*IN_ARM, "plus"),
        True,
        "the others",
    ),
    (action(arm={"timer": "e"}), "missing-key", IN_ARM, False, 'add "at"'),
    (action(arm={"timer": "e", "at": "param.x"}), "bad-name", (*IN_ARM, "at"), False, "case.appointment.starts_at"),
    (timed(delay="PT1H", at="case.x"), "unknown-key", (*IN_T, "at"), True, "the others"),
    (timed(delay="PT1H", minus="PT1H"), "unknown-key", (*IN_T, "minus"), True, "the others"),
    (timed(at="case.x", minus="PT1H", plus="PT1H"), "unknown-key", (*IN_T, "plus"), True, "the others"),
    (timed(every="PT1H", plus="PT1H"), "unknown-key", (*IN_T, "plus"), True, "the others"),
    (timed(delay="PT1H", times=2), "unknown-key", (*IN_T, "times"), True, "the others"),
    (timed(every="PT1H", times=0), "bad-value", (*IN_T, "times"), False, "at least 1"),
    (timed(every="PT1H", times="3"), "bad-name", (*IN_T, "times"), False, "param.reminders"),
    (timed(every=60), "wrong-type", (*IN_T, "every"), False, '"60" in quotes'),
    (timed(delay={"working": "PT8H"}), "missing-key", (*IN_T, "delay"), False, 'add "calendar"'),
    (timed(delay={"work": "PT8H", "calendar": "c"}), "unknown-key", (*IN_T, "delay", "work"), True, '"working"'),
    (timed(delay={"working": 8, "calendar": "c"}), "wrong-type", (*IN_T, "delay", "working"), False, "in quotes"),
    (state(on={"l.breach": {}}), "bad-name", (*IN_S, "on", "l.breach"), True, "answer.warned.75"),
    (state(on={"l.warned.100": {}}), "bad-name", (*IN_S, "on", "l.warned.100"), True, "answer.warned.75"),
    (process(calendars={"c": "Office"}), "bad-name", IN_C, False, "as in nl-be-office"),
    (process(calendars={"c": None}), "wrong-type", IN_C, False, "a text or a mapping"),
    (process(calendars={"c": {"hours": {}}}), "missing-key", IN_C, False, 'add "zone"'),
    (calendar(calendar="c"), "unknown-key", (*IN_C, "calendar"), True, "possible"),
    (calendar(hours={"mon": []}), "unknown-key", (*IN_C, "hours", "mon"), True, '"monday"'),
    (calendar(hours={"monday": "09:00-17:00"}), "wrong-type", (*IN_C, "hours", "monday"), False, "even of one item"),
    (calendar(hours={"monday": ["9:00"] * 49}), "too-many", (*IN_C, "hours", "monday"), False, "at most 48"),
    (calendar(holidays=["nl"]), "bad-name", (*IN_C, "holidays", 0), False, "as in NL or DE-BY"),
    (calendar(holidays=["NL", "NL"]), "not-unique", (*IN_C, "holidays"), False, "twice"),
    (calendar(closed=[{"date": "2026-12-24"}]), "missing-key", (*IN_C, "closed", 0), False, 'add "reason"'),
    (calendar(closed=[{"reason": "x"}]), "day-verbs", (*IN_C, "closed", 0), False, "one of date, every"),
    (
        calendar(open=[{"date": "2026-12-24", "holiday": "x", "reason": "x"}]),
        "day-verbs",
        (*IN_C, "open", 0, "holiday"),
        True,
        "cannot have both",
    ),
    (
        calendar(open=[{"date": "2026-12-24", "reason": "x", "hours": []}]),
        "too-few",
        (*IN_C, "open", 0, "hours"),
        False,
        "is empty",
    ),
    (process(service_levels={"l": {"runs_in": ["s"], "met_in": ["t"]}}), "missing-key", IN_L, False, 'add "budget"'),
    (
        process(service_levels={"l": {"budget": "PT1H", "runs_in": ["s"]}}),
        "missing-key",
        IN_L,
        False,
        'add "met_in"',
    ),
    (level(runs_in=[]), "too-few", (*IN_L, "runs_in"), False, "at least 1"),
    (level(runs_in="s"), "wrong-type", (*IN_L, "runs_in"), False, "even of one item"),
    (level(warnings=[100]), "bad-value", (*IN_L, "warnings", 0), False, "at most 99"),
    (level(warnings=[0]), "bad-value", (*IN_L, "warnings", 0), False, "at least 1"),
    (level(target={}), "too-few", (*IN_L, "target"), False, "is empty"),
    (level(target={"on_time": 101}), "bad-value", (*IN_L, "target", "on_time"), False, "at most 100"),
    (level(target={"late": -1}), "bad-value", (*IN_L, "target", "late"), False, "at least 0"),
    (level(target={"late": "few"}), "bad-name", (*IN_L, "target", "late"), False, "as in param.tolerated"),
    (process(report={}), "too-few", ("report",), False, "is empty"),
    (process(report={"by": "case.x", "per": "year"}), "not-allowed", ("report", "per"), False, "month"),
    (process(report={"by": "x", "per": "day"}), "bad-name", ("report", "by"), False, "with case in front"),
    (action(**{"raise": {"data": {}}}), "missing-key", (*IN_ACTION, "raise"), False, 'add "event"'),
    (process(version=10**30), "integer-too-large", ("version",), False, "64 bits"),
]

SCENARIO_FAULTS = [
    ({"process": "a", "version": 1, "scenarios": []}, "too-few", ("scenarios",), False, "at least 1"),
    (scenario(name=""), "too-short", (*IN_N, "name"), False, "is empty"),
    (scenario(given={"at": "2026-03-02"}), "bad-format", (*IN_N, "given", "at"), False, "2026-03-02T09:00:00Z"),
    (scenario(steps=[{"wait": "1h"}]), "bad-format", (*IN_N, "steps", 0, "wait"), False, "PT1H"),
    (
        scenario(steps=[{"wait": "PT1H", "send": "e"}]),
        "step-verbs",
        (*IN_N, "steps", 0, "wait"),
        True,
        "cannot have both",
    ),
    (scenario(steps=[{}]), "step-verbs", (*IN_N, "steps", 0), False, "send, wait, until, ended, expect"),
    (scenario(steps=[{"ended": "damage"}]), "missing-key", (*IN_N, "steps", 0), False, 'add "state"'),
    (
        scenario(steps=[{"wait": "PT1H", "state": "paid"}]),
        "unknown-key",
        (*IN_N, "steps", 0, "state"),
        True,
        "does not go with the others",
    ),
    (
        scenario(steps=[{"wait": "PT1H", "as": "anna"}]),
        "unknown-key",
        (*IN_N, "steps", 0, "as"),
        True,
        "does not go with",
    ),
    (scenario(steps=[{"sent": "e"}]), "unknown-key", (*IN_N, "steps", 0, "sent"), True, 'did you mean "send"?'),
    (scenario(expect={"stat": "x"}), "unknown-key", (*IN_N, "expect", "stat"), True, 'did you mean "state"?'),
    (
        scenario(expect={"balances": {"anna": 3}}),
        "bad-name",
        (*IN_N, "expect", "balances", "anna"),
        True,
        "anna/payable/EUR",
    ),
    (scenario(steps=[{"until": "PT1H"}]), "bad-format", (*IN_N, "steps", 0, "until"), False, "2026-03-02T09:00:00Z"),
    (
        scenario(expect={"service_levels": {"l": {"status": "late"}}}),
        "not-allowed",
        (*IN_N, "expect", "service_levels", "l", "status"),
        False,
        "breached",
    ),
    (
        scenario(expect={"service_levels": {"l": {"consumed": "8h"}}}),
        "bad-format",
        (*IN_N, "expect", "service_levels", "l", "consumed"),
        False,
        "PT1H",
    ),
    (scenario(expect={"guidance": {}}), "too-few", (*IN_N, "expect", "guidance"), False, "is empty"),
    (
        scenario(expect={"guidance": {"anna": "OF-01"}}),
        "wrong-type",
        (*IN_N, "expect", "guidance", "anna"),
        False,
        "even of one item",
    ),
    (
        scenario(expect={"guidance": {"anna": ["OF-01", "OF-01"]}}),
        "not-unique",
        (*IN_N, "expect", "guidance", "anna"),
        False,
        "twice",
    ),
    (scenario(expect={"work": {"anna": ["s"]}}), "wrong-type", (*IN_N, "expect", "work", "anna"), False, "a mapping"),
    (
        scenario(expect={"work": {"anna": {"offer": []}}}),
        "unknown-key",
        (*IN_N, "expect", "work", "anna", "offer"),
        True,
        'did you mean "offered"?',
    ),
    (
        scenario(expect={"work": {"anna": {"mine": ["Reviewing"]}}}),
        "bad-name",
        (*IN_N, "expect", "work", "anna", "mine", 0),
        False,
        "as in open or reviewing/answer-2",
    ),
    (scenario(expect={"refusals": -1}), "bad-value", (*IN_N, "expect", "refusals"), False, "at least 0"),
]

CALENDAR_FAULTS = [
    ({"zone": "UTC", "hours": {}}, "missing-key", (), False, 'add "calendar"'),
    (CALENDAR | {"calendar": "Office"}, "bad-name", ("calendar",), False, "as in nl-be-office"),
    (CALENDAR | {"hour": {}}, "unknown-key", ("hour",), True, 'did you mean "hours"?'),
    (CALENDAR | {"zone": 1}, "wrong-type", ("zone",), False, "give a text"),
]

FAULTS = [
    *(("process", *fault) for fault in PROCESS_FAULTS),
    *(("scenarios", *fault) for fault in SCENARIO_FAULTS),
    *(("calendar", *fault) for fault in CALENDAR_FAULTS),
]
GOOD = [("process", VISIT), ("process", EVERYTHING), ("scenarios", STORY), ("calendar", CALENDAR)]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("draft", [Draft7Validator, Draft202012Validator])
def test_the_schemas_are_schemas_in_both_drafts(name, draft):
    draft.check_schema(schema(name))


def parts(content):
    """Yield every schema within a schema."""
    yield content
    for keyword in ("properties", "definitions"):
        for part in content.get(keyword, {}).values():
            if isinstance(part, dict):
                yield from parts(part)
    for keyword in ("items", "additionalProperties", "propertyNames", "if", "then", "else"):
        if isinstance(content.get(keyword), dict):
            yield from parts(content[keyword])
    for part in (*content.get("allOf", ()), *content.get("oneOf", ())):
        yield from parts(part)


@pytest.mark.parametrize("name", NAMES)
def test_every_key_is_described_for_its_reader(name):
    bare = [
        key
        for part in parts(schema(name))
        for key, value in part.get("properties", {}).items()
        if isinstance(value, dict) and not value.get("description", "").endswith((".", ")", "]", "}", "EUR"))
    ]
    assert bare == []
    assert all(definition.get("description") for definition in schema(name)["definitions"].values())


@pytest.mark.parametrize("name", NAMES)
def test_a_reference_stands_beside_nothing_that_the_older_draft_would_overlook(name):
    for part in parts(schema(name)):
        if "$ref" in part:
            assert part.keys() <= {"$ref", "description", "default"}
            assert part["$ref"].removeprefix("#/definitions/") in schema(name)["definitions"]


def test_a_calendar_has_the_same_form_in_a_process_and_in_a_file_of_its_own():
    whole, shared = schema("process"), schema("calendar")
    assert shared["definitions"].items() <= whole["definitions"].items()
    within = whole["definitions"]["calendar"]
    assert {key: value for key, value in shared["properties"].items() if key != "calendar"} == within["properties"]
    assert shared["required"] == ["calendar", *within["required"]]
    assert shared["description"].startswith(within["description"])


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_is_used(name):
    used = {part["$ref"].removeprefix("#/definitions/") for part in parts(schema(name)) if "$ref" in part}
    assert used == set(schema(name)["definitions"])


@pytest.mark.parametrize("name", NAMES)
def test_every_mapping_of_fixed_keys_is_closed(name):
    conditional = {"if", "allOf"}
    for part in parts(schema(name)):
        if "properties" in part and "type" in part and not conditional & part.keys():
            assert part["additionalProperties"] is False


def test_the_keys_of_the_language_can_be_listed():
    keys = properties("process")
    assert set(keys["process"]) == set(schema("process")["properties"])
    assert set(keys["action.append"]) == {"to", "item"}
    assert set(keys["guidance"]) == {"role", "text", "implements"}
    assert keys["transition"]["guard"]["description"]
    step = {"send", "as", "data", "refused", "wait", "until", "ended", "state", "expect"}
    assert set(properties("scenarios")["step"]) == step


@pytest.mark.parametrize(("name", "document"), GOOD)
def test_a_good_document_has_no_faults(name, document):
    assert faults(document, name) == ()


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named_in_its_place(case):
    name, document, code, path, at_key, words = case
    found = faults(document, name)
    fault = next((each for each in found if (each.code, each.path) == (code, path)), None)
    assert fault is not None, found
    assert fault.at_key == at_key
    assert words in fault.message + "; " + fault.hint
    others = [each for each in found if each.path[: len(path)] == path and each.code != code]
    assert others == []


# Bounds, formats and the strict end of a pattern are ours alone.
OURS = [process(version=10**30), process(process="a\n")]
SHARED = [(name, document) for name, document, code, *_ in FAULTS if code != "bad-format" and document not in OURS]


@pytest.mark.parametrize(("name", "document"), SHARED)
def test_both_drafts_refuse_what_is_refused(name, document):
    assert not Draft7Validator(schema(name)).is_valid(document)
    assert not Draft202012Validator(schema(name)).is_valid(document)


@pytest.mark.parametrize(("name", "document"), GOOD)
def test_both_drafts_accept_what_is_accepted(name, document):
    assert Draft7Validator(schema(name)).is_valid(document)
    assert Draft202012Validator(schema(name)).is_valid(document)


def test_all_faults_are_told_at_once():
    document = process(verison=1, initial=3, states={"a": {"on": {"e": {"gaurd": "x"}}}, "b": {"type": "end"}})
    assert {fault.path for fault in faults(document, "process")} == {
        ("verison",),
        ("initial",),
        ("states", "a", "on", "e", "gaurd"),
        ("states", "b", "type"),
    }


def large(states, transitions):
    return process(
        events={f"e{event}": {} for event in range(transitions)},
        data={"type": "object", "properties": {"attempts": {"type": "integer", "default": 0}}},
        states={
            f"s{state}": {
                "on": {
                    f"e{event}": {
                        "guard": f"case.attempts + {state} >= {event}",
                        "target": f"s{(state * 7 + event) % states}",
                        "actions": [{"set": {"attempts": f"case.attempts + {event}"}}],
                    }
                    for event in range(transitions)
                }
            }
            for state in range(states)
        },
    )


def test_five_thousand_transitions_are_sound():
    assert faults(large(1000, 5), "process") == ()


def test_one_fault_is_found_among_five_thousand_transitions():
    document = large(1000, 5)
    document["states"]["s500"]["on"]["e3"]["actions"][0]["sett"] = {}
    (fault,) = faults(document, "process")
    assert fault.path == ("states", "s500", "on", "e3", "actions", 0, "sett")


def chain(levels, wrap, innermost):
    value = innermost
    for _ in range(levels):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    "document",
    [
        chain(30, lambda inner: {"states": {"s": inner}}, {"type": "final"}) | {"process": "a", "version": 1},
        transition(guard=chain(28, lambda inner: {"any": [inner]}, "x")),
        action(set={"a": chain(55, lambda inner: [inner], 1)}),
        process(data=chain(28, lambda inner: {"type": "object", "properties": {"a": inner}}, {"type": "string"})),
    ],
)
def test_a_document_may_be_deep(document):
    assert faults(document, "process") == ()


def test_a_fault_is_found_deep_within():
    document = chain(30, lambda inner: {"states": {"s": inner}}, {"x": 1}) | {"process": "a", "version": 1}
    (fault,) = faults(document, "process")
    assert fault.path == ("states", "s") * 30 + ("x",)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (chain(DEPTH + 1, lambda inner: [inner], 1), "too-deep"),
        (chain(100_000, lambda inner: {"states": inner}, 1), "too-deep"),
        ([[0] * 9_000] * (NODES // 9_000 + 1), "too-large"),
        ({1: 2}, "not-json"),
        ({"process": float("nan")}, "not-json"),
    ],
    ids=["one too deep", "a hundred thousand deep", "too large", "a key that is no text", "not a number"],
)
def test_an_excessive_document_is_refused_at_once(document, code):
    (fault,) = faults(document, "process")
    assert fault.code == code


KEYS = st.sampled_from(
    sorted({key for keys in properties("process").values() for key in keys} | {"a", "B", "e.f", "OF-1", ""})
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-1, 3), st.sampled_from(["", "a", "final", "object", "PT1H"]))
DOCUMENTS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=20,
)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(DOCUMENTS, DOCUMENTS, DOCUMENTS)
def test_any_document_is_judged_as_jsonschema_judges_it(state, data, anything):
    for document in (process(states={"s": state}, data=data), process(states={"s": {"entry": [state]}}), anything):
        valid = Draft7Validator(schema("process")).is_valid(document)
        found = faults(document, "process")
        assert (found == ()) == valid
        assert all(fault.message for fault in found)
