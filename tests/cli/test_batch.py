from __future__ import annotations

import json

import pytest

from caseway.adapters import wiring
from caseway.adapters.sql import SqlStore
from caseway.engine.errors import WorldError

NOTE = {"case": "R-1", "event": "remark", "data": {"text": "Hello"}}
TAKE = {"case": "R-1", "event": "take", "as": "clerk:anna", "id": "take"}


def batch(*lines):
    """Write lines as a file of events; texts stand as they are."""
    return "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)


def send(terminal, text, *more, code=0):
    result = terminal.run("send", "--batch", "-", *more, stdin=text, code=code)
    return [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def opened(terminal):
    """Open R-1 now, so that none of its timers is due."""
    terminal.run("start", "repair", "--id", "R-1", "--data", "owner.name=Jan")


def notes(terminal):
    return terminal.json("show", "R-1")["data"]["notes"]


def test_what_came_of_each_event_is_printed_as_json_lines_in_order(terminal):
    opened(terminal)
    (terminal.folder / "events.jsonl").write_text(batch({**NOTE, "id": "1"}, TAKE), encoding="utf-8")

    result = terminal.run("send", "--batch", "events.jsonl")

    noted, taken = map(json.loads, result.stdout.splitlines())
    assert noted == {
        "line": 1, "case": "R-1", "event": "remark", "id": "1", "status": "done",
        "revision": 2, "from": ["waiting"], "to": ["waiting"], "effects": [],
    }  # fmt: skip
    assert (taken["id"], taken["to"], taken["effects"][0]["kind"]) == ("take", ["taken"], "cancel-timer")
    assert result.stderr == "2 done, 0 refused, 0 failed\n"


def test_with_json_nothing_but_the_outcomes_is_said(terminal):
    opened(terminal)

    assert send(terminal, batch(TAKE), "--json")[1] == ""


def test_sending_the_file_again_changes_nothing(terminal):
    opened(terminal)
    text = batch({**NOTE, "id": "1"}, {**NOTE, "id": "2"})

    assert send(terminal, text) == send(terminal, text)
    assert notes(terminal) == ["Hello", "Hello"]


def test_events_are_sent_by_those_whom_their_lines_name_and_else_by_the_actor(terminal):
    opened(terminal)
    note = {"case": "R-1", "event": "note", "data": {"text": "x"}}

    taken, mine, theirs = send(
        terminal,
        batch({**TAKE, "as": "clerk+owner:ewa"}, {**note, "id": "1"}, {**note, "id": "2", "as": "clerk:anna"}),
        "--as", "clerk:ewa",
        code=4,
    )[0]  # fmt: skip

    assert (taken["status"], mine["status"], theirs["error"]["code"]) == ("done", "done", "not-allowed")


def test_one_event_that_is_refused_or_fails_does_not_stop_the_rest(terminal):
    opened(terminal)
    lines = (
        {**NOTE, "id": "1"},
        {"case": "R-9", "event": "take", "id": "2"},
        {**TAKE, "as": "owner:jan"},
        {**NOTE, "id": "3"},
    )

    outcomes, said = send(terminal, batch(*lines), code=4)

    assert [each["status"] for each in outcomes] == ["done", "refused", "refused", "done"]
    assert outcomes[1]["error"] == {
        "code": "unknown-case",
        "message": "There is no case R-9.",
        "facts": {"case": "R-9"},
    }
    assert said == "2 done, 2 refused, 0 failed\n"


def test_a_fault_of_the_process_weighs_more_than_a_refusal(terminal):
    opened(terminal)
    lines = (
        {"case": "R-1", "event": "break_it", "id": "1"},
        {"case": "R-9", "event": "take", "id": "2"},
        {**NOTE, "id": "3"},
    )

    outcomes, said = send(terminal, batch(*lines), code=3)

    assert [each["status"] for each in outcomes] == ["failed", "refused", "done"]
    assert outcomes[0]["error"]["code"] == "faulty-step"
    assert said == "1 done, 1 refused, 1 failed\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("junk", "this is not JSON: column 1: Expecting value."),
        ('{"a": 1', "this is not JSON: column 8: Expecting ',' delimiter."),
        ("[" * 100_000, "this is not JSON that can be read: "),
        ('{"data": NaN}', "this is not JSON that can be read: NaN is no JSON number."),
        ("3", "this is JSON, but no object."),
        ({**TAKE, "evnt": "take"}, 'a line has no key "evnt"; did you mean "event"?'),
        ({"event": "take", "id": "1"}, 'there is no "case".'),
        ({"case": "R-1", "id": "1"}, 'there is no "event".'),
        ({**TAKE, "case": 7}, '"case" is no text of 1 to 200 printable characters.'),
        ({**TAKE, "id": ""}, '"id" is no text of 1 to 200 printable characters.'),
        ({**TAKE, "id": "\ud800"}, '"id" is no text of 1 to 200 printable characters.'),
        ({**TAKE, "event": "x" * 201}, '"event" is no text of 1 to 200 printable characters.'),
        ({**TAKE, "as": "anna"}, "'anna' names nobody; write a role and an id"),
        ({**TAKE, "data": [1]}, '"data" is no JSON object.'),
        (
            {"case": "R-1", "event": "take"},
            'there is no "id", by which the event would be known if the file is sent again.',
        ),
    ],
)
def test_a_line_that_makes_no_sense_is_told_with_its_number_and_does_not_stop_the_rest(terminal, line, told):
    opened(terminal)

    first, bad, last = send(terminal, batch({**NOTE, "id": "1"}, "", line, {**NOTE, "id": "2"}), code=4)[0]

    assert (first["status"], bad["status"], last["status"], last["line"]) == ("done", "refused", "done", 4)
    assert bad["error"]["code"] == "invalid-line"
    assert bad["error"]["message"].startswith(f"Line 3: {told}")
    assert bad["error"]["facts"] == {"line": 3}


def test_a_line_tells_what_could_be_read_of_it(terminal):
    opened(terminal)

    (bad,) = send(terminal, batch({"case": "R-1", "event": "take", "id": 7}), code=4)[0]

    assert (bad["case"], bad["event"], bad["id"]) == ("R-1", "take", None)


def test_a_line_that_is_not_text_or_too_long_does_not_stop_the_rest(terminal, monkeypatch):
    monkeypatch.setattr("caseway.cli.batch.LARGEST", 1000)
    opened(terminal)
    good = batch({**NOTE, "id": "1"}).encode()
    (terminal.folder / "mixed").write_bytes(
        b"\xef\xbb\xbf" + good + b"\xff\n" + b"x" * 3000 + b"\n" + good + b"y" * 999 + b"\n" + b"z" * 1001
    )

    result = terminal.run("send", "--batch", "mixed", code=4)

    outcomes = [json.loads(line) for line in result.stdout.splitlines()]
    assert [each["status"] for each in outcomes] == ["done", "refused", "refused", "done", "refused", "refused"]
    told = [each["error"]["message"].partition(": ")[2][:20] for each in outcomes if "error" in each]
    assert told == ["this is not JSON tha", "it has more than 0 M", "this is not JSON: co", "it has more than 0 M"]


def test_events_without_an_id_are_sent_once_for_each_time_that_somebody_asks_for_it(terminal):
    opened(terminal)

    first, second = send(terminal, batch(NOTE, {**NOTE, "id": "1"}), "--new-ids")[0]
    again, known = send(terminal, batch(NOTE, {**NOTE, "id": "1"}), "--new-ids")[0]

    assert first["id"] != again["id"]
    assert (first["revision"], second["revision"], again["revision"], known["revision"]) == (2, 3, 4, 3)


@pytest.mark.parametrize("together", ["1", "3", "100"])
def test_how_many_are_committed_at_a_time_changes_nothing_in_what_comes_of_them(terminal, together):
    opened(terminal)
    lines = [{**NOTE, "id": f"{number}"} if number % 3 else "junk" for number in range(1, 11)]

    outcomes, said = send(terminal, batch(*lines), "--together", together, code=4)

    assert [each["line"] for each in outcomes] == list(range(1, 11))
    assert [each.get("revision") for each in outcomes] == [2, 3, None, 4, 5, None, 6, 7, None, 8]
    assert said == "7 done, 3 refused, 0 failed\n"


class _Unplugged(SqlStore):
    """A store whose database goes away after some groups of events."""

    lasts = 2

    def locked(self, wanted):
        if not self.lasts:
            raise WorldError("The database went away.")
        type(self).lasts -= 1
        return super().locked(wanted)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_where_the_world_fails_midway_what_was_printed_is_done_and_the_rest_is_sent_again(terminal, monkeypatch, more):
    opened(terminal)
    text = batch(*({**NOTE, "data": {"text": str(number)}, "id": f"{number}"} for number in range(7)))
    monkeypatch.setattr(_Unplugged, "lasts", 2)
    with monkeypatch.context() as patch:
        patch.setattr(wiring, "_store", _Unplugged.open)
        printed, said = send(terminal, text, "--together", "2", *more, code=5)

    if more:
        *printed, last = printed
        assert last == {"error": {"code": "world", "message": "The database went away.", "facts": {}}}
    else:
        assert said.startswith("Error: The database went away.\n4 done, 0 refused, 0 failed; the rest was not sent.")
    assert [each["status"] for each in printed] == ["done"] * 4
    assert notes(terminal) == ["0", "1", "2", "3"]
    assert send(terminal, text)[0][:4] == printed
    assert notes(terminal) == [str(number) for number in range(7)]


def test_an_empty_file_has_no_outcomes(terminal):
    opened(terminal)

    assert send(terminal, "\n \n") == ([], "0 done, 0 refused, 0 failed\n")


def test_an_instant_holds_for_every_line(terminal):
    terminal.start()

    send(terminal, batch({**NOTE, "id": "1"}), "--now", "2026-03-02T09:30:00Z")

    assert terminal.json("show", "R-1")["last_at"] == "2026-03-02T09:30:00Z"
    told = send(terminal, batch({**NOTE, "id": "2"}), "--now", "2999-01-01T00:00:00Z", "--json", code=4)[0]
    assert [each["error"]["code"] for each in told] == ["invalid-input"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("R-1", "--batch", "-"),
        ("R-1", "take", "--batch", "-"),
        ("--batch", "-", "--event-id", "1"),
        ("--batch", "-", "--data", "text=x"),
        ("--batch", "-", "--together", "0"),
        ("--batch", "nowhere.jsonl"),
        ("--batch", "."),
        ("R-1", "take", "--new-ids"),
        ("R-1", "take", "--together", "7"),
        ("R-1",),
        (),
    ],
)
def test_options_that_do_not_go_together_are_told(terminal, arguments):
    opened(terminal)

    assert terminal.json("send", *arguments, code=2)["error"]["code"] == "usage"


def test_a_file_that_cannot_be_read_to_its_end_is_the_worlds_fault(terminal):
    opened(terminal)

    (last,) = [
        json.loads(line)
        for line in terminal.run("send", "--batch", "/proc/self/mem", "--json", code=5).stdout.splitlines()
    ]

    assert last["error"]["code"] == "world"
    assert "cannot be read any further" in last["error"]["message"]
