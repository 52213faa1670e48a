"""Documents that go with messages: from the process file to the PDF in somebody's hands."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from caseway.adapters import wiring
from caseway.adapters.checked_file import Unsound, check_process, definition_in
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.document_renderer import DocumentRenderer
from caseway.adapters.document_template import LENGTH, html
from caseway.adapters.folder_delivery import FolderDelivery
from caseway.adapters.pdf import pdf
from caseway.adapters.smtp_delivery import SmtpDelivery
from caseway.adapters.template_fault import template_faults
from caseway.adapters.webhook_delivery import WebhookDelivery
from caseway.engine.definition import speak
from caseway.engine.document import DocumentRule, filled
from caseway.engine.errors import Undeliverable, WorldError
from caseway.engine.journal import entry_from_record, entry_record, replay
from caseway.engine.value import Fields
from tests.delivery.mailbox import open_mailbox, trusting
from tests.delivery.receiver import receiving

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)

PROCESS = """
process: naprawa
version: 1
data:
  type: object
  required: [customer, lines]
  properties:
    customer: {type: object, required: [name], properties: {name: {type: string}, city: {type: string}}}
    lines:
      type: array
      items: {type: object, required: [what, amount], properties: {what: {type: string}, amount: {type: integer}}}
events: {finish: {}}
parameters: {share: 15}
documents:
  bill:
    title: {pl: Rachunek}
    template: bill.html.j2
    data:
      number: meta.case
      customer: case.customer
      lines: case.lines
      total: sum(case.lines.map(line, line.amount))
      commission: percent(sum(case.lines.map(line, line.amount)), param.share)
    formats: [html, pdf]
messages:
  billed: {to: {text: anna@example.org}, subject: Rachunek, body: W załączniku., attach: [bill]}
states:
  open: {on: {finish: {target: done, actions: [{message: billed}]}}}
  done: {type: final}
"""

BILL = """<!doctype html>
<html><head><meta charset="utf-8"><title>Rachunek {{ number }}</title></head><body>
<h1>Rachunek {{ number }}</h1>
<p>Dla: <b>{{ customer.name }}</b>{% if customer.city %}, {{ customer.city }}{% endif %}</p>
<table border="1" width="100%">
<thead><tr><th width="70%">Usługa</th><th width="30%">Kwota</th></tr></thead>
<tbody>
{% for line in lines %}<tr><td>{{ line.what }}</td><td align="right">{{ line.amount | money("PLN") }}</td></tr>
{% endfor %}</tbody>
</table>
<p>Razem: {{ total | money("PLN") }}</p>
<p>Prowizja: {{ commission | money("PLN") }}</p>
</body></html>
"""

ZOLW = {
    "customer": {"name": "Grażyna Żółć <b>&"},
    "lines": [{"what": "Naprawa żelazka", "amount": 12_345}, {"what": "Dojazd nocą", "amount": 4_005}],
}


def folder(tmp_path: Path, template: str = BILL, process: str = PROCESS) -> Path:
    beside = tmp_path / "processes" / "naprawa"
    beside.mkdir(parents=True, exist_ok=True)
    (beside / "v1.yaml").write_text(process, encoding="utf-8")
    (beside / "bill.html.j2").write_text(template, encoding="utf-8")
    return beside.parent


def opened(tmp_path: Path, delivery: Any, url: str = "memory:", **more: Any):
    processes = folder(tmp_path, **more)
    return closing(wiring.open(url, processes=processes, delivery=delivery, clock=SimulatedClock(NINE)))


def billed(run: Any, data: Mapping[str, Any] = ZOLW) -> None:
    run.start("naprawa", data, id="N-1")
    run.send("N-1", "finish")


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def test_a_pdf_says_what_the_case_said_in_polish_letters_and_its_sums_are_right(tmp_path):
    with opened(tmp_path, FolderDelivery(tmp_path / "out")) as run:
        billed(run)
        assert run.relay().failed == ()
    (file,) = (tmp_path / "out").glob("*.pdf")
    lines = text_of(file.read_bytes()).splitlines()
    assert "Dla: Grażyna Żółć <b>&" in lines
    assert "Naprawa żelazka 123.45 PLN" in lines
    assert "Dojazd nocą 40.05 PLN" in lines
    assert "Razem: 163.50 PLN" in lines
    assert "Prowizja: 24.53 PLN" in lines
    assert 12_345 + 4_005 == 16_350
    assert round(16_350 * 0.15 + 1e-9) == 2_453
    (message,) = (tmp_path / "out").glob("*.json")
    assert json.loads(message.read_text(encoding="utf-8"))["files"] == sorted(
        (path.name for path in (tmp_path / "out").iterdir() if path.suffix != ".json"),
        key=lambda name: name[-4:] == ".pdf",
    )


def test_html_escapes_what_data_hold(tmp_path):
    with opened(tmp_path, FolderDelivery(tmp_path / "out")) as run:
        billed(run)
        run.relay()
    (file,) = (tmp_path / "out").glob("*.html")
    assert "<b>Grażyna Żółć &lt;b&gt;&amp;</b>" in file.read_text(encoding="utf-8")


def test_a_repetition_brings_the_same_bytes(tmp_path):
    found = []
    for name in ("one", "two"):
        with opened(tmp_path / name, FolderDelivery(tmp_path / name / "out")) as run:
            billed(run)
            run.clock.set(NINE.replace(hour=10 + len(found)))
            run.relay()
        found.append({path.name: path.read_bytes() for path in (tmp_path / name / "out").iterdir()})
    assert found[0] == found[1]
    assert len(found[0]) == 3


def test_a_document_says_what_was_true_when_it_was_sent_and_by_the_template_of_its_version(tmp_path):
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    with opened(tmp_path, None, url) as run:
        billed(run)
    newer = PROCESS.replace("version: 1", "version: 2")
    (tmp_path / "processes" / "naprawa" / "v2.yaml").write_text(newer, encoding="utf-8")
    out = tmp_path / "out"
    with opened(tmp_path, FolderDelivery(out), url, template="changed") as run:
        assert run.relay().delivered == ("N-1:2:0",)
    assert "Razem: 163.50 PLN" in next(out.glob("*.html")).read_text(encoding="utf-8")


def test_the_journal_keeps_the_data_of_a_document_and_not_the_document(tmp_path):
    with opened(tmp_path, None) as run:
        billed(run)
        (line,) = [each for each in run.history("N-1") if each.effects]
        record = json.loads(json.dumps(entry_record(line)))
        assert entry_from_record(record) == line
        assert record["effects"][0]["attached"][0]["data"]["commission"] == 2_453
        assert replay(run.store.journal("N-1")) == run.store.load("N-1", "").case


def test_a_webhook_gets_the_files_in_its_json(tmp_path):
    with receiving() as receiver, opened(tmp_path, WebhookDelivery(receiver.url, "s")) as run:
        billed(run)
        assert run.relay().failed == ()
    (arrival,) = receiver.arrived
    page, printed = arrival.message["files"]
    assert [(each["name"], each["type"]) for each in (page, printed)] == [
        ("bill.html", "text/html"),
        ("bill.pdf", "application/pdf"),
    ]
    assert "Grażyna Żółć" in text_of(b64decode(printed["content"]))
    assert "data" not in arrival.message


def test_a_mail_has_the_files_attached(tmp_path):
    with open_mailbox() as box:
        to = SmtpDelivery(f"smtp://127.0.0.1:{box.port}?from=cases@example.org", tls=trusting())
        with opened(tmp_path, to) as run:
            billed(run)
            assert run.relay().failed == ()
    (mail,) = box.taken
    page, printed = mail.iter_attachments()
    assert (page.get_filename(), printed.get_filename()) == ("bill.html", "bill.pdf")
    assert "Razem: 163.50 PLN" in text_of(printed.get_content())


# templates: what is told before a case runs

SHAPES = {
    "name": {"type": "string"},
    "count": {"type": "integer"},
    "note": {"type": ["string", "null"]},
    "person": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "home": {"type": ["object", "null"], "properties": {"street": {"type": "string"}}},
        },
    },
    "lines": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"what": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}}},
        },
    },
    "extra": {"type": ["array", "null"], "items": {"type": "string"}},
    "free": {"type": "object", "additionalProperties": {"type": "integer"}},
    "unknown": None,
}


def told(template: str, *, is_printed: bool = False) -> list[tuple[str, str, str]]:
    """The faults of a template: their codes, what they point at, and their hints."""
    found = template_faults(template, SHAPES, is_printed=is_printed)
    return [(each.code, re.split(r"[} \n]", template[each.offset or 0 :], maxsplit=1)[0], each.hint) for each in found]


@pytest.mark.parametrize(
    "template",
    [
        "",
        "plain",
        "{{ name }} {{ count + 1 - 2 }} {{ -count }} {{ name ~ count }}",
        "{% for line in lines %}{{ loop.index }}/{{ loop.length }} {{ line.what }}{% for tag in line.tags %}{{ tag }}{% endfor %}{% else %}none{% endfor %}",
        "{% for line in lines if line.what == 'a' and not count %}{{ line['what'] }}{% endfor %}",
        "{% if person.home %}{{ person.home.street }}{% elif count > 3 or count in [1, 2] %}x{% else %}{{ note }}{% endif %}",
        "{% if person.home is not none and count %}{{ person.home.street }}{% endif %}",
        "{{ person.home.street if person.home else '' }}",
        "{% for each in extra or [] %}{{ each }}{% endfor %}{% if extra %}{% for each in extra %}{{ each }}{% endfor %}{% endif %}",
        "{{ unknown.anything.at.all }} {{ free.any }} {{ lines[0].what }} {{ lines | length }} {{ lines | first }}",
        "{# {{ nothing }} #}{% raw %}{{ nothing }}{% endraw %}",
        "{{ count | money('EUR') }} {{ name | upper | default('x') }} {{ name | date('%d.%m.%Y', 'Europe/Warsaw') }} {{ name is defined }}",
    ],
)
def test_a_template_that_asks_for_what_there_is_is_sound(template):
    assert told(template) == []


@pytest.mark.parametrize(
    ("template", "code", "at", "hint"),
    [
        ("<p>\n  {{ nmae }}", "template-unknown", "nmae", 'did you mean "name"?'),
        ("{% for l in lines %}{{ l.waht }}{% endfor %}", "template-unknown", "waht", 'did you mean "what"?'),
        ("{{ person.home.stret if person.home }}", "template-unknown", "stret", 'did you mean "street"?'),
        ("{{ name }}{% for l in lines %}{% endfor %}{{ l }}", "template-unknown", "l", ""),
        ("{{ loop.index }}", "template-unknown", "loop.index", ""),
        ("{{ name | uper }}", "template-unknown", "uper", 'did you mean "upper"?'),
        ("{{ name | safe }}", "template-unknown", "safe", ""),
        ("{{ name is strang }}", "template-unknown", "strang", ""),
        ("{{ name.city }}", "template-unknown", "city", ""),
        ("{{ person.home.street }}", "may-be-null", "street", "{% if person.home %}"),
        ("{% for e in extra %}{% endfor %}", "may-be-null", "extra", "extra or []"),
        ("{% for e in name %}{% endfor %}", "not-a-list", "name", ""),
        ("{% for e in lines %}", "template-syntax", "{%", ""),
        ("ok\n{{ name", "template-syntax", "{{", ""),
        ("{{ }}", "template-syntax", "{{", ""),
        ("{% include 'secret' %}", "template-foreign", "{%", "computed in `data`"),
        ("{% extends 'x' %}", "template-foreign", "{%", ""),
        ("{% import 'x' as y %}", "template-foreign", "{%", ""),
        ("{% macro m() %}{% endmacro %}", "template-foreign", "{%", ""),
        ("{% set x = name %}", "template-foreign", "{%", ""),
        ("{{ name.upper() }}", "template-foreign", "{{", ""),
        ("{{ unknown.__class__ }}", "template-foreign", "__class__", ""),
        ("{{ unknown['__class__'] }}", "template-foreign", "__class__", ""),
        ("{{ name * 1000000000 }}", "template-foreign", "{{", ""),
        ("{{ count ** 99999 }}", "template-foreign", "{{", ""),
        ("{{ {'a': 1} }}", "template-foreign", "{{", ""),
        ("{% autoescape false %}{{ name }}{% endautoescape %}", "template-foreign", "{%", ""),
        ("{% with x = name %}{% endwith %}", "template-foreign", "{%", ""),
        ("{% filter upper %}{{ name }}{% endfilter %}", "template-foreign", "{%", ""),
        ("{% for a, b in lines %}{% endfor %}", "template-foreign", "{%", ""),
        ("{% for a in lines recursive %}{% endfor %}", "template-foreign", "{%", ""),
        ("{{ name | round(999999999) }}", "template-unknown", "round", ""),
        ("{{ 1" + "0" * 5000 + " }}", "template-syntax", "{{", ""),
        ("{{ " + "-" * 60 + "count }}", "template-syntax", "{{", "fewer levels"),
        ("{{ " + "(" * 3000 + "count" + ")" * 3000 + " }}", "template-syntax", "{{", "fewer levels"),
    ],
)  # fmt: skip
def test_what_a_template_cannot_do_is_told_where_it_stands(template, code, at, hint):
    found = told(template)
    assert [(each[0], each[1].startswith(at)) for each in found[:1]] == [(code, True)], found
    assert hint in found[0][2]


def test_a_pdf_cannot_show_everything_that_html_can():
    template = '<h1>{{ name }}</h1>\n<p>x</p><img src="file:///etc/passwd"><script>1</script>'
    assert told(template) == []
    assert [each[:2] for each in told(template, is_printed=True)] == [
        ("template-element", "<img"),
        ("template-element", "<script>1</script>"),
    ]


def test_all_that_is_wrong_is_told_in_order_and_each_place_once():
    assert [each[1] for each in told("{{ a }} {{ b }}\n{{ a }} {{ a }}")] == ["a", "b", "a", "a"]


# rendering


def test_null_is_nothing_and_truth_is_written_as_it_is_in_yaml():
    assert html("{{ a }}{{ b }} {{ c }}", {"a": None, "b": True, "c": 1.5}) == "true 1.5"


def test_what_the_data_lack_is_null_where_it_is_declared():
    shape = {"type": "array", "items": SHAPES["person"]}
    assert filled([{"city": "X"}, {"home": {}}], shape) == [
        {"city": "X", "home": None},
        {"city": None, "home": {"street": None}},
    ]
    assert filled({"any": 1}, SHAPES["free"]) == {"any": 1}
    assert filled([1], None) == [1]


def rule(template: str) -> DocumentRule:
    return DocumentRule("paper", template, Fields({}), {}, ("pdf",))


@pytest.mark.parametrize(
    ("template", "data", "why"),
    [
        ("{{ missing }}", {}, "undefined"),
        ("{{ a.b }}", {"a": {}}, "no attribute"),
        (
            "{% for x in a %}{% for y in a %}{% for z in a %}{% endfor %}{% endfor %}{% endfor %}",
            {"a": [0] * 100},
            "rounds",
        ),
        ("{% for x in a %}{{ b }}{% endfor %}", {"a": [0] * 100, "b": "x" * 5_000}, f"{LENGTH:,} characters"),
        ("{{ a + 1 }}", {"a": "x"}, "paper"),
        ("{{ a | money('EUR') }}", {"a": 1.5}, "minor units"),
        ("{{ a | date }}", {"a": "tomorrow"}, "tomorrow"),
        ("{{ a | date('%Y', 'Mars/Olympus') }}", {"a": "2026-03-02T09:00:00Z"}, "Mars"),
        ("{% for x in a %}{% endfor %}", {"a": 5}, "paper"),
    ],
)
def test_a_document_that_cannot_be_made_is_set_aside_with_the_reason(template, data, why):
    with pytest.raises(Undeliverable, match="paper") as caught:
        DocumentRenderer().make(rule(template), data, "html", NINE)
    assert why in str(caught.value)


def test_a_pdf_that_cannot_be_made_is_set_aside_with_the_reason():
    nested = "<table><tr><td><table><tr><td>x</td></tr></table></td></tr></table>"
    with pytest.raises(Undeliverable, match="cannot be made a PDF"):
        DocumentRenderer().make(rule(nested), {}, "pdf", NINE)


def test_a_pdf_reads_no_file_whatever_html_it_is_given(monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("it asked for an image")

    monkeypatch.setattr("fpdf.FPDF.image", fail)
    made = pdf('<p>a<img src="/etc/passwd"><IMG SRC="http://127.0.0.1/"></p><font face="x">b</font>', "T", NINE)
    assert text_of(made).split() == ["a", "b"]


def test_all_that_a_pdf_may_hold_can_be_drawn():
    page = """<h1>A</h1><h2>B</h2><h3>C</h3><h6>D</h6><p align="right">e <b>f</b> <i>ę</i> <u>g</u> <s>s</s> <code>ż</code><br>h<sub>1</sub>
    <sup>2</sup></p><hr><ul><li>i</li><li>j<ol><li>ł</li></ol></li></ul><dl><dt>k</dt><dd>l</dd></dl><pre>ó  m</pre>
    <blockquote>n</blockquote><a href="https://example.org">ś</a><center>o</center><div>p</div><span>q</span>
    <table><thead><tr><th>r</th></tr></thead><tbody><tr><td>ć</td></tr></tbody></table>"""
    words = text_of(pdf(page, "T", NINE))
    assert all(letter in words for letter in "ABCDefęgsżhijłklómnśopqrć")
    assert PdfReader(BytesIO(pdf(page, "T", NINE))).metadata["/Title"] == "T"


def test_a_pdf_without_the_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "caseway.adapters.pdf", None)
    with pytest.raises(WorldError, match=r"caseway\[documents\]"):
        DocumentRenderer().make(rule("x"), {}, "pdf", NINE)


# files beside a process


def test_a_template_is_part_of_its_process(tmp_path):
    one = definition_in(folder(tmp_path / "a") / "naprawa" / "v1.yaml")
    other = definition_in(folder(tmp_path / "b", template=BILL + " ") / "naprawa" / "v1.yaml")
    assert one.hash != other.hash
    assert one.documents["bill"].template == BILL
    assert (one.documents["bill"].formats, speak(one.documents["bill"].title)) == (("html", "pdf"), "Rachunek")


def test_a_fault_in_a_template_is_told_in_its_own_file(tmp_path):
    processes = folder(tmp_path, template=BILL.replace("customer.city }}", "customer.cty }}"))
    found = check_process(processes / "naprawa" / "v1.yaml")
    (diagnostic,) = found.diagnostics
    assert Path(diagnostic.file).name == "bill.html.j2"
    assert (diagnostic.line, diagnostic.code) == (4, "template-unknown")
    assert diagnostic.source_line[diagnostic.column - 1 :].startswith("cty }}")
    assert found.definition is None
    assert not found.is_sound
    with pytest.raises(Unsound, match=r"bill\.html\.j2:4:"):
        definition_in(processes / "naprawa" / "v1.yaml")


def test_a_template_in_the_process_itself_is_checked_in_its_place(tmp_path):
    inside = PROCESS.replace("template: bill.html.j2", 'template: {text: "<b>{{ totl }}</b>"}')
    (diagnostic,) = check_process(folder(tmp_path, process=inside) / "naprawa" / "v1.yaml").diagnostics
    assert Path(diagnostic.file).name == "v1.yaml"
    assert diagnostic.source_line[diagnostic.column - 1 :].startswith("totl")


@pytest.mark.parametrize("name", ["../bill.html.j2", "/etc/passwd", "bill.html", "C:bill.j2", ".j2", "a\\b.j2"])
def test_a_template_stands_beside_its_process_and_nowhere_else(tmp_path, name):
    (tmp_path / "processes").mkdir()
    (tmp_path / "processes" / "bill.html.j2").write_text("secret")
    process = PROCESS.replace("template: bill.html.j2", f"template: '{name}'")
    found = check_process(folder(tmp_path, process=process) / "naprawa" / "v1.yaml")
    assert found.definition is None
    assert all(each.value == name for each in found.diagnostics)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000])
def test_a_template_that_cannot_be_read_is_told_where_it_is_named(tmp_path, content):
    processes = folder(tmp_path)
    (processes / "naprawa" / "bill.html.j2").write_bytes(content)
    (diagnostic,) = check_process(processes / "naprawa" / "v1.yaml").diagnostics
    assert (diagnostic.code, Path(diagnostic.file).name) == ("template-unreadable", "v1.yaml")


def test_a_document_shows_its_reader_only_what_is_theirs_to_see(tmp_path):
    hidden = PROCESS.replace(
        "properties: {name: {type: string}", "x-visible-to: [clerk], properties: {name: {type: string}"
    )
    hidden = hidden.replace("events:", "roles: {clerk: Clerk}\nevents:")
    codes = [each.code for each in check_process(folder(tmp_path, process=hidden) / "naprawa" / "v1.yaml").diagnostics]
    assert codes == ["hidden-field"]
    seen = hidden.replace("attach: [bill]", "attach: [bill], as: clerk")
    assert check_process(folder(tmp_path, process=seen) / "naprawa" / "v1.yaml").is_sound
