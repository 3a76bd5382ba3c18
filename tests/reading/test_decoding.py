"""Text in the encodings that people have; what is no text is refused."""

import pytest

from dropout_gluon.errors import LogError
from dropout_gluon.logs import documented_log
from dropout_gluon.reading.decoding import decoded
from dropout_gluon.reading.reader import read_file

RECORDS = documented_log("scratch")[:3]
TEXT = "".join(f"{record}\n" for record in RECORDS)
CHINESE = "丢弃法：训练日志，第二次。\n" + TEXT.replace(", ", "，")  # noqa: RUF001
FRENCH = "Régularisation à la main, déjà vue\n" + TEXT
QUOTED = "The book’s “dropout” — again…\n" + TEXT  # noqa: RUF001
TEXTS = {
    "utf-8": CHINESE,
    "utf-8-sig": CHINESE,
    "utf-16": CHINESE,
    "utf-32": CHINESE,
    "gbk": CHINESE + "镕\n",
    "gb18030": CHINESE,
    "latin-1": FRENCH,
    "cp1252": QUOTED,
}


@pytest.mark.parametrize(("encoding", "text"), TEXTS.items(), ids=TEXTS)
def test_encodings(tmp_path, encoding, text):
    (tmp_path / "log.txt").write_bytes(text.encode(encoding))
    (log,) = read_file(tmp_path / "log.txt").logs
    assert log.epochs == RECORDS
    assert log.heading == text.partition("\n")[0]


def test_marks_of_either_order():
    for name, mark in (("utf-16-be", b"\xfe\xff"), ("utf-32-be", b"\0\0\xfe\xff")):
        assert decoded(mark + CHINESE.encode(name), "log.txt") == CHINESE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (TEXT.encode("utf-16-le"), "log: binary, not text"),
        (TEXT.encode("utf-32-le"), "log: binary, not text"),
        (b"\x89PNG\r\n", "log:1: byte 0x89 is not UTF-8"),
        (b"a\nb\n" + bytes(range(0x80, 0xA0)), "log:3: byte 0x80 is not UTF-8"),
        ("\xc9\u0201\u0111".encode() + b"\x80a", "log:1: byte 0x80 is not UTF-8"),
        (TEXT.encode("utf-32")[:-1], "log:3: byte 0x0a is not UTF-32"),
    ],
)
def test_what_is_no_text(content, message):
    with pytest.raises(LogError) as caught:
        decoded(content, "log")
    assert str(caught.value).startswith(message)


def test_a_long_file_is_decided_by_its_first_strange_bytes():
    french = b"a" * 10**6 + b" \xe9 " * 10**6
    assert decoded(french, "log") == french.decode("latin-1")
