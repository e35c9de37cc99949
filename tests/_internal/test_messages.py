from __future__ import annotations

import logging

from skgraph._internal.messages import shown_messages

messages = logging.getLogger("skgraph")


def test_messages_are_printed_once_and_warnings_by_their_name(capsys):
    root = logging.StreamHandler()
    logging.getLogger().addHandler(root)  # as Hydra's in a sweep
    try:
        with shown_messages():
            messages.info("step 1 of 2")
            logging.getLogger("skgraph.training").warning("a 100 % collapse")
    finally:
        logging.getLogger().removeHandler(root)
    assert capsys.readouterr() == ("step 1 of 2\nwarning: a 100 % collapse\n", "")


def test_afterwards_the_logger_is_as_it_was(capsys, caplog):
    before = messages.level, messages.propagate, list(messages.handlers)
    with shown_messages():
        pass
    messages.warning("collapse")
    assert capsys.readouterr().out == "" and caplog.messages == ["collapse"]
    assert before == (messages.level, messages.propagate, messages.handlers)
