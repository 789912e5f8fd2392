"""What is said while kernels are compiled: nothing of short work, a sentence and how far it is of long."""

import io
from types import SimpleNamespace

import pytest

from restaking.model._compile_notice import CompileNotice


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Work:
    """Compilations of two seconds each, told to a notice."""

    def __init__(self, *, cold: bool, stream: io.StringIO, seconds: float = 2.0) -> None:
        self.now, self.seconds = 0.0, seconds
        self.notice = CompileNotice(
            lambda dispatcher: dispatcher == "ours",
            lambda: 20,
            lambda: cold,
            stream=stream,
            clock=lambda: self.now,
        )

    def compile(self, dispatcher: str = "ours") -> None:
        event = SimpleNamespace(data={"dispatcher": dispatcher})
        self.notice.on_start(event)
        self.now += self.seconds
        self.notice.on_end(event)


def test_short_work_is_done_in_silence():
    stream = io.StringIO()
    work = Work(cold=True, stream=stream, seconds=0.04)
    for _ in range(20):
        work.compile()
        work.now += 100.0  # what happens between does not count
    assert stream.getvalue() == ""


def test_other_peoples_functions_are_not_told_of():
    stream = io.StringIO()
    Work(cold=True, stream=stream, seconds=60.0).compile("theirs")
    assert stream.getvalue() == ""


def test_a_log_gets_a_sentence_and_a_line_now_and_then_with_the_time_left():
    stream = io.StringIO()
    work = Work(cold=True, stream=stream)
    for _ in range(8):
        work.compile()
    lines = stream.getvalue().splitlines()
    assert "once per version" in lines[0]
    assert lines[1:] == ["compiled 6 of about 17 functions, 22 s left"]


def test_without_knowing_what_is_left_no_time_is_promised():
    stream = io.StringIO()
    work = Work(cold=False, stream=stream)
    for _ in range(8):
        work.compile()
    lines = stream.getvalue().splitlines()
    assert "not been used on this machine" in lines[0]
    assert lines[1:] == ["compiled 6 functions"]


def test_a_terminal_gets_a_line_that_moves_and_goes(monkeypatch: pytest.MonkeyPatch):
    stream = Terminal()
    monkeypatch.setattr("sys.__stderr__", stream)
    work = Work(cold=True, stream=stream)
    work.compile()
    work.compile()
    text = stream.getvalue()
    assert "\rcompiled 1 of about 17 functions, 32 s left" in text
    assert text.endswith("\r" + " " * 60 + "\r")


def test_a_terminal_that_something_else_writes_to_gets_whole_lines():
    stream = Terminal()
    work = Work(cold=True, stream=stream)
    for _ in range(8):
        work.compile()
    assert "\r" not in stream.getvalue()
