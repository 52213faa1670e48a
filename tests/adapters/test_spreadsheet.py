"""CSV that spreadsheets read as what it says."""

import csv
from io import StringIO

import pytest

from caseway.adapters.csv_transfer import CsvTransfer
from caseway.adapters.spreadsheet import csv_file, harmless
from caseway.engine.payee import Payee
from caseway.engine.settlement import Batch, BatchLine
from tests.contracts.sample import minutes


@pytest.mark.parametrize("cell", ["=1+1", "+31", "@SUM(A1)", "-a", " =1", "\t=1", "\rx", "＝1+1", "-1+1", "-"])
def test_what_a_spreadsheet_would_compute_begins_with_an_apostrophe(cell):
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["anna", "2.25", "-2.25", "-1", "", "a=b", "Łódź"])
def test_texts_and_numbers_stay_as_they_are(cell):
    assert harmless(cell) == cell


def test_a_file_reads_back_whatever_is_in_its_cells():
    rows = [["a,b", 'say "hi"', "two\nlines", "Łęcka"], ["", "1", "2", "3"]]
    written = csv_file(["a", "b", "c", "d"], rows).decode()
    assert list(csv.reader(StringIO(written))) == [["a", "b", "c", "d"], *rows]


def test_none_is_an_empty_cell():
    assert csv_file(["a", "b"], [[None, 0]]) == b"a,b\n,0\n"


def test_a_batch_is_a_table_with_exact_amounts_in_any_unit():
    lines = (
        BatchLine(1, Payee("=cmd()", "=HYPERLINK()", "NL91ABNA0417164300"), 10**12),
        BatchLine(2, Payee("ben", "Ben"), 5),
    )
    batch = Batch("B", "KWD", "payable", minutes(0), minutes(0).date(), Payee("p", "P"), "csv", lines)
    made = CsvTransfer().file(batch)
    assert (made.name, made.type) == ("B.csv", "text/csv")
    assert made.content.decode() == (
        "batch,number,payee,name,account,amount,unit\n"
        "B,1,'=cmd(),'=HYPERLINK(),NL91ABNA0417164300,1000000000.000,KWD\n"
        "B,2,ben,Ben,,0.005,KWD\n"
    )
