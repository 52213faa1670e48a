from __future__ import annotations


def test_a_process_is_drawn_by_name(terminal):
    told = terminal.run("diagram", "repair").stdout

    assert "stateDiagram-v2" in told
    assert "Waiting for a clerk" in told


def test_a_process_is_drawn_from_a_file_in_a_language(terminal):
    assert "Wacht op een medewerker" in terminal.run("diagram", "processes/repair/v1.yaml", "--lang", "nl").stdout


def test_a_drawing_goes_into_a_file(terminal):
    result = terminal.run("diagram", "repair", "--output", "repair.mmd")

    assert result.stdout == ""
    assert "stateDiagram-v2" in (terminal.folder / "repair.mmd").read_text(encoding="utf-8")


def test_a_drawing_comes_as_json(terminal):
    found = terminal.json("diagram", "repair")

    assert (found["process"], found["version"], found["form"]) == ("repair", 1, "mermaid")
    assert found["diagram"].startswith("---\n")


def test_a_process_that_is_not_there_says_what_there_is(terminal):
    assert "repair" in terminal.run("diagram", "repare", code=3).stderr
    assert terminal.json("diagram", "repare", code=3)["error"]["code"] == "unknown-process"


def test_a_file_that_cannot_be_written_is_the_worlds_fault(terminal):
    assert (
        "nowhere/x.mmd: No such file" in terminal.run("diagram", "repair", "--output", "nowhere/x.mmd", code=5).stderr
    )
