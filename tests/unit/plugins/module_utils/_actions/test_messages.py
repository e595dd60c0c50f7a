# Copyright (c) 2026, the sessionops.citrix contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages: each is sent once, and its result is never better than known."""

from __future__ import annotations

import pytest
from ansible_collections.sessionops.citrix.plugins.module_utils._actions.messages import (
    ARGUMENT_SPEC,
    RESULTS,
    Message,
    send,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._common.errors import (
    ConnectionNotMade,
    OptionError,
    ResponseLost,
    Stalled,
)
from ansible_collections.sessionops.citrix.plugins.module_utils._site.selection import Target
from hypothesis import given
from hypothesis import strategies as st

MESSAGE = Message("Maintenance", "Please log off.", "Exclamation")
LOST = ResponseLost("The answer was lost.")
GIVEN = {"title": "Maintenance", "text": "Please log off.", "style": "exclamation", "include_unidentified": False}


def key(session_id="1"):
    return f"POST Sessions/{session_id}/$sendMessage"


def a_target(session_id="1"):
    session = {
        "Id": session_id,
        "State": "Active",
        "User": {"Name": "LAB\\user001"},
        "Machine": {"Name": "LAB\\vda-001"},
    }
    return Target.from_session(session_id, session)


def sent_to_one(api, answer):
    api.on(key(), answer)
    (entry,) = send(api, [a_target()], MESSAGE, check_mode=False)
    return entry


def outline(entry):
    return entry.result, entry.changed, entry.transaction_id


def test_messages_sent_once_entries_keep_order(fake_api):
    fake_api.on(key("1"), {})
    fake_api.on(key("2"), {"Id": "2"})
    entries = send(fake_api, [a_target("2"), a_target("1")], MESSAGE, check_mode=False)
    assert [(entry.id, *outline(entry), entry.reason) for entry in entries] == [
        ("2", "sent", True, f"transaction-of-{key('2')}", None),
        ("1", "sent", True, f"transaction-of-{key('1')}", None),
    ]
    assert sorted(fake_api.sent()) == [key("1"), key("2")]
    assert all(call.write for call in fake_api.calls)
    assert [call.body for call in fake_api.calls] == [
        {"Style": "Exclamation", "Title": "Maintenance", "Text": "Please log off."}
    ] * 2


def test_entry_has_user_and_machine(fake_api):
    entry = sent_to_one(fake_api, {})
    session = entry.session
    assert (session.user, session.machine, session.session_state) == ("LAB\\user001", "LAB\\vda-001", "Active")


@pytest.mark.parametrize("answer", [500, 502, 503, 504, LOST])
def test_messages_lost_response_unconfirmed_not_resent(fake_api, answer):
    entry = sent_to_one(fake_api, answer)
    assert (entry.result, entry.changed) == ("unconfirmed", False)
    assert entry.reason.startswith("the user may have received it, so it was not resent: ")
    assert ("The answer was lost." if answer is LOST else f"HTTP {answer}") in entry.reason
    assert fake_api.sent() == [key()]


@pytest.mark.parametrize("answer", [400, 403, 409, 429, ConnectionNotMade("No connection."), Stalled("Nothing moves.")])
def test_messages_refused_message_failed_unchanged(fake_api, answer):
    entry = sent_to_one(fake_api, answer)
    assert (entry.result, entry.changed) == ("failed", False)
    assert (f"HTTP {answer}" if isinstance(answer, int) else str(answer)) in entry.reason
    assert "may have got it" not in entry.reason
    assert fake_api.sent() == [key()]


def test_messages_session_ended_before_message(fake_api):
    fake_api.on("GET Sessions/1", 404)
    fake_api.on("GET Sessions/RecordingStatus?id=1", 404)
    entry = sent_to_one(fake_api, 404)
    assert outline(entry) == ("ended", False, f"transaction-of-{key()}")
    assert entry.reason == "the session ended before the message"


def test_messages_missing_sessions_read_at_once(fake_api):
    for number, answer in (("1", 404), ("2", 404), ("3", {})):
        fake_api.on(key(number), answer)
    fake_api.on("GET Sessions/1", 404)
    fake_api.on("GET Sessions/RecordingStatus?id=1", 404)
    fake_api.on("GET Sessions/2", {"Id": "2"})
    fake_api.max_concurrency = 1
    entries = send(fake_api, [a_target(number) for number in ("1", "2", "3")], MESSAGE, check_mode=False)
    assert [entry.result for entry in entries] == ["ended", "failed", "sent"]
    assert [call.method for call in fake_api.calls] == ["POST", "POST", "POST", "GET", "GET", "GET"]


def test_failed_session_does_not_affect_others(fake_api):
    for number in range(10):
        fake_api.on(key(str(number)), 403 if number == 4 else {})
    entries = send(fake_api, [a_target(str(number)) for number in range(10)], MESSAGE, check_mode=False)
    assert [entry.result for entry in entries] == ["failed" if number == 4 else "sent" for number in range(10)]


@pytest.mark.parametrize("check_mode", [True, False])
def test_messages_session_without_id_gets_none(fake_api, check_mode):
    entries = send(
        fake_api, [Target.from_session("1", None), Target.from_session("", {"Id": None})], MESSAGE, check_mode
    )
    assert [(entry.result, entry.changed) for entry in entries] == [("ended", False), ("failed", False)]
    assert fake_api.calls == []


@pytest.mark.parametrize("session_id", ["", ".", ".."])
def test_messages_invalid_id_does_not_affect_others(fake_api, session_id):
    fake_api.on(key(), {})
    entries = send(
        fake_api, [Target.from_session(session_id, {"Id": session_id}), a_target()], MESSAGE, check_mode=False
    )
    assert [entry.result for entry in entries] == ["failed", "sent"]
    assert fake_api.sent() == [key()]


def test_messages_check_mode_predicts_run_and_sends_nothing(fake_api):
    targets = [a_target("1"), Target.from_session("2", None), Target.from_session("", {"Id": None}), a_target("3")]
    rehearsed = send(fake_api, targets, MESSAGE, check_mode=True)
    assert fake_api.calls == []
    fake_api.on(key("1"), {})
    fake_api.on(key("3"), {})
    done = send(fake_api, targets, MESSAGE, check_mode=False)
    assert [entry.result for entry in done] == ["sent", "ended", "failed", "sent"]
    assert [entry.to_result() for entry in rehearsed] == [
        {**entry.to_result(), "transaction_id": None} for entry in done
    ]


def test_messages_no_sessions_nothing_sent(fake_api):
    assert send(fake_api, [], MESSAGE, check_mode=False) == []
    assert fake_api.calls == []


ANSWERS = st.sampled_from([{}, 400, 403, 404, 409, 429, 500, 503, LOST, Stalled("Nothing moves.")])


@given(st.lists(ANSWERS, max_size=8), st.booleans())
def test_messages_any_responses_one_correct_entry_each(new_fake_api, answers, check_mode):
    api = new_fake_api()
    for number, answer in enumerate(answers):
        api.on(key(str(number)), answer)
        api.on(f"GET Sessions/{number}", {"Id": str(number)})
    targets = [a_target(str(number)) for number in range(len(answers))]
    entries = send(api, targets, MESSAGE, check_mode)
    writes = [sent for sent in api.sent() if sent.startswith("POST")]
    assert sorted(writes) == ([] if check_mode else sorted(key(target.session.id) for target in targets))
    assert [entry.id for entry in entries] == [target.session.id for target in targets]
    for entry in entries:
        assert entry.result in RESULTS
        assert entry.changed is (entry.result == "sent")
        assert bool(entry.reason) is (entry.result != "sent")


# Options


@pytest.mark.parametrize("style", ARGUMENT_SPEC["style"]["choices"])
def test_messages_options_give_style_of_api(style):
    message = Message.from_params({**GIVEN, "style": style})
    assert (message.title, message.text) == ("Maintenance", "Please log off.")
    assert message.style in ("Information", "Exclamation", "Question", "Critical")
    assert message.style.lower() == style


def test_messages_text_sent_verbatim():
    assert Message.from_params({**GIVEN, "text": " Line 1\n\n  Zürich 日本 "}).text == " Line 1\n\n  Zürich 日本 "


@pytest.mark.parametrize("name", ["title", "text"])
@pytest.mark.parametrize("value", ["", " ", "\n\t "])
def test_messages_empty_text_rejected_with_option_name(name, value):
    with pytest.raises(OptionError, match=f"^{name}: is empty; write the text for the user$"):
        Message.from_params({**GIVEN, name: value})


def test_messages_lost_batch_may_have_been_shown_not_resent(fake_api):
    fake_api.batches.size = 2
    fake_api.on("POST $batch", fake_api.do_batch, LOST)
    for session_id in ("1", "2", "3", "4"):
        fake_api.on(key(session_id), {"Id": session_id})
    fake_api.max_concurrency = 1
    entries = send(fake_api, [a_target(session_id) for session_id in ("1", "2", "3", "4")], MESSAGE, check_mode=False)
    assert [entry.result for entry in entries] == ["sent", "sent", "unconfirmed", "unconfirmed"]
    assert all("was not resent: The answer was lost." in entry.reason for entry in entries[2:])
    assert fake_api.sent() == ["POST $batch"] * 2
