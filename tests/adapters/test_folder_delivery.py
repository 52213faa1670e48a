import json
import os
from pathlib import Path

import pytest

from caseway.adapters.folder_delivery import FolderDelivery, file_name
from caseway.engine.effect import Message
from caseway.engine.errors import WorldError
from caseway.engine.ports import Delivery

HELLO = Message("OF-1:2:0", "hello", "anna", {"nl": "Dag", "pl": "Cześć"}, {"nl": "Er wacht een klant."})


def test_a_message_becomes_a_file_of_json(tmp_path):
    FolderDelivery(tmp_path / "out" / "box").deliver("OF-1", HELLO)
    (file,) = (tmp_path / "out" / "box").iterdir()
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "case": "OF-1",
        "id": "OF-1:2:0",
        "message": "hello",
        "to": "anna",
        "subject": {"nl": "Dag", "pl": "Cześć"},
        "body": {"nl": "Er wacht een klant."},
    }
    assert file.name.startswith("of-1-2-0-")
    assert "Cześć" in file.read_text(encoding="utf-8")


def test_delivering_again_writes_the_same_file_again(tmp_path):
    delivery: Delivery = FolderDelivery(tmp_path)
    delivery.deliver("OF-1", HELLO)
    (file,) = tmp_path.iterdir()
    file.write_text("spoiled")
    delivery.deliver("OF-1", HELLO)
    assert list(tmp_path.iterdir()) == [file]
    assert json.loads(file.read_text(encoding="utf-8"))["to"] == "anna"


IDS = [
    "OF-1:1:0",
    "of-1:1:0",
    "OF-1/1:0",
    "OF-1:1:0 ",
    "",
    "..",
    "../../etc/x",
    "CON",
    "ż",
    "Ż",
    "x" * 5000,
    "a\0b",
    "a\nb",
    "\udc80",
]


def test_every_id_has_a_file_name_of_its_own_that_any_file_system_takes(tmp_path):
    names = [file_name(key) for key in IDS]
    assert len({name.lower() for name in names}) == len(IDS)
    for key, name in zip(IDS, names, strict=True):
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
        assert len(name) < 128
        FolderDelivery(tmp_path).deliver("OF-1", Message(key, "hello", "anna", {}, {}))
    assert {file.name for file in tmp_path.iterdir()} == set(names)


def test_a_folder_that_cannot_be_is_named_in_the_error(tmp_path):
    (tmp_path / "box").write_text("a file")
    with pytest.raises(WorldError, match=r"OF-1:2:0.*box"):
        FolderDelivery(tmp_path / "box").deliver("OF-1", HELLO)


def test_a_delivery_that_fails_leaves_no_draft_behind(tmp_path):
    blocked = tmp_path / file_name(HELLO.id)
    blocked.mkdir()
    with pytest.raises(WorldError):
        FolderDelivery(tmp_path).deliver("OF-1", HELLO)
    assert list(tmp_path.iterdir()) == [blocked]


def test_the_folder_may_be_named_as_text(tmp_path):
    FolderDelivery(os.fspath(tmp_path)).deliver("OF-1", HELLO)
    assert [type(file) for file in tmp_path.iterdir()] == [type(Path())]
