"""Which happenings a target is told of, when, in how many messages, and in which words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stalkeer.core.notify.grouping import Rhythm, ready
from stalkeer.core.notify.intake import Wishes, take_in
from stalkeer.core.notify.quiet_hours import QuietHours
from stalkeer.core.notify.retry import delay_after, is_given_up
from stalkeer.core.notify.template import Markup, check_template, escape, fill
from stalkeer.core.notify.topics import RecordedEvent, Topic, read_event
from stalkeer.core.notify.wording import LONGEST_TEXT, Tone, write_message
from stalkeer.errors import InvalidInput

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
ALL = Wishes("phone", since_event=0)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def episode(number: int, kind: str = "download.completed", reason: str = "", at: datetime = NOON, **more):
    title = f"Severance S01E{number:02}"
    words = {"download.completed": "was imported as /tv/x.mkv", "download.failed": f"failed: {reason}"}
    more = {"library": "7", "work": "Severance", "season": 1, "instance": "sonarr", "id": number, **more}
    return read_event(
        RecordedEvent(at=at, kind=kind, level="info", message=f"{title} {words[kind]}", title=title, **more)
    )


def film(number: int, at: datetime = NOON, title: str = "", **more):
    title = title or f"Film {number} (2020)"
    more = {"library": f"m{number}", "work": title, "instance": "radarr", **more}
    kind = more.pop("kind", "download.completed")
    message = more.pop("message", f"{title} was imported as /films/x.mkv")
    return read_event(RecordedEvent(number, at, kind, "info", message, title=title, **more))


def trouble(number: int, kind: str, check: str = "account", subject: str = "main", level: str = "error", at=NOON):
    words = "The account of main expired on 2026-01-14"
    message = words if kind != "health.over" else f"No longer: {words}"
    return read_event(RecordedEvent(number, at, kind, level, message, check=check, subject=subject, fix="Renew it"))


def test_a_season_of_24_with_one_failure_makes_one_message_that_names_it():
    season = [episode(n, at=after(n)) for n in range(1, 25) if n != 7]
    season.append(episode(7, "download.failed", "example.com/…/x.mkv: the server answered with status 404", after(7)))

    [group] = ready(season, Rhythm(after(28)))
    message = write_message(group)

    assert message.title == "Severance, season 1: 23 imported, 1 failed"
    assert message.text.splitlines() == [
        "Failed: S01E07 – the file is not there any more (404)",
        "Imported: E01–E06, E08–E24",
    ]
    assert message.tone is Tone.FAILURE


def test_an_episode_that_failed_and_was_imported_after_all_counts_as_imported():
    message = write_message([episode(1, "download.failed", "it broke", id=1), episode(1, id=2, at=after(1))])

    assert message.title == "Severance, season 1: 1 imported"


def test_a_group_waits_until_it_is_quiet_for_three_minutes_and_thirty_at_most():
    assert ready([film(1)], Rhythm(after(2.9))) == []
    assert len(ready([film(1)], Rhythm(after(3)))) == 1
    growing = [episode(n, at=after(n)) for n in range(1, 30)]
    assert ready(growing, Rhythm(after(29))) == []
    assert len(ready([*growing, episode(31, at=after(30.5))], Rhythm(after(31)))) == 1


def test_a_hundred_movies_in_a_minute_make_one_message():
    many = [film(n, NOON + timedelta(seconds=n * 0.6)) for n in range(1, 101)]
    assert ready(many, Rhythm(after(1))) == []

    [group] = ready(many, Rhythm(after(4)))
    message = write_message(group)

    assert message.title == "100 imported"
    assert message.text.startswith("Imported: Film 1 (2020), Film 2 (2020)")
    assert message.text.endswith("and 90 more")


def test_a_steady_flow_of_movies_is_told_of_twice_an_hour_once_there_were_many_messages():
    flow = [film(n, after(n)) for n in range(5)]

    assert ready(flow, Rhythm(after(20), sent_lately=5)) == []
    assert len(ready(flow, Rhythm(after(31), sent_lately=5))) == 1


def test_a_trouble_is_told_at_once_however_many_messages_there_were():
    [group] = ready([trouble(1, "health.found")], Rhythm(after(3), sent_lately=50))

    assert write_message(group).title == "The account of main expired on 2026-01-14"
    assert write_message(group).text == "Renew it"


def test_each_trouble_makes_one_message_and_another_when_it_is_over():
    found, over = trouble(1, "health.found"), trouble(2, "health.over")

    assert take_in(ALL, [found], [], set()).added == (found,)
    assert take_in(ALL, [over], [], {found.trouble}).added == (over,)
    assert write_message([over]).title == "Over: The account of main expired on 2026-01-14"
    assert write_message([over]).tone is Tone.SUCCESS


def test_a_trouble_that_is_over_before_it_was_told_is_never_told():
    found, over = trouble(1, "health.found"), trouble(2, "health.over")

    assert take_in(ALL, [found, over], [], set()).added == ()
    later = take_in(ALL, [over], [found], set())
    assert (later.added, later.dropped) == ((), {1})


def test_a_trouble_that_is_back_before_its_end_was_told_is_not_told_again():
    over, back = trouble(2, "health.over"), trouble(3, "health.found")

    intake = take_in(ALL, [back], [over], {over.trouble})

    assert (intake.added, intake.dropped) == ((), {2})


def test_the_end_of_a_trouble_that_nobody_was_told_of_is_not_told():
    assert take_in(ALL, [trouble(2, "health.over")], [], set()).added == ()


@pytest.mark.parametrize(
    ("check", "level", "topic"),
    [
        ("source", "warning", Topic.SOURCE),
        ("source", "error", Topic.REPEATED),
        ("guard", "warning", Topic.SOURCE),
        ("instance", "warning", Topic.INSTANCE),
        ("instance", "error", Topic.REPEATED),
        ("item", "warning", Topic.REPEATED),
        ("disk", "error", Topic.DISK),
        ("backup", "warning", Topic.HEALTH),
    ],
)
def test_a_finding_is_told_as_the_event_that_users_choose(check, level, topic):
    assert trouble(1, "health.found", check=check, level=level).topic is topic


def test_what_the_user_chose_is_no_trouble():
    assert trouble(1, "health.found", check="alone", level="info") is None


def test_a_target_gets_only_its_events_and_instances_and_nothing_older():
    mine = Wishes("phone", 5, frozenset({Topic.IMPORTED}), frozenset({"radarr"}))

    assert not mine.includes(film(5))
    assert mine.includes(film(6))
    assert not mine.includes(episode(6))
    assert not mine.includes(trouble(6, "health.found"))


def test_a_target_is_not_told_that_it_cannot_be_reached_itself():
    own = trouble(1, "health.found", check="notification", subject="phone")

    assert not ALL.includes(own)
    assert Wishes("other", 0).includes(own)


def test_quiet_hours_hold_everything_back_then_make_one_summary():
    hours = QuietHours.of_text("22:00-07:00")
    night = [
        film(1, NOON.replace(hour=23)),
        episode(2, at=NOON.replace(hour=23)),
        trouble(3, "health.found", at=NOON.replace(hour=23)),
    ]
    morning = NOON.replace(hour=7) + timedelta(days=1)

    assert ready(night, Rhythm(morning - timedelta(minutes=1), hours)) == []
    [summary] = ready(night, Rhythm(morning, hours))

    assert write_message(summary).title == "2 imported, 1 trouble"
    assert "Trouble: The account of main expired on 2026-01-14" in write_message(summary).text


def test_quiet_hours_within_a_day_and_over_midnight():
    assert QuietHours.of_text("12:00-14:00").holds(NOON)
    assert not QuietHours.of_text("12:00-14:00").holds(NOON.replace(hour=14))
    assert QuietHours.of_text("22:00-7:30").holds(NOON.replace(hour=7, minute=29))
    assert QuietHours.of_text("  ") is None
    for wrong in ("22", "22:00-25:00", "nights", "07:00-07:00", "2026-01-01"):
        with pytest.raises(InvalidInput):
            QuietHours.of_text(wrong)


@pytest.mark.parametrize(
    "title",
    ["\x1b[31mred\x00\u202e (2020)", "line\nbreak\r\nforged: message", "<script>alert(1)</script>", "x" * 5_000],
    ids=["controls", "lines", "markup", "long"],
)
def test_a_hostile_title_stays_a_short_line(title):
    message = write_message([film(1, title=title)])

    assert len(message.title) < 200
    assert message.title.isprintable()


def test_a_hostile_title_names_nobody_is_no_link_and_has_no_markup():
    title = "@everyone <@123> [free](http://evil.example) *b* <b>x</b> `c`"

    plain = escape(title, Markup.TEXT)
    assert all(part not in plain for part in ("@everyone", "<@", "://", "](", "<b"))
    assert escape("*b* [x](y) <i>", Markup.MARKDOWN).startswith(r"\*b\* \[x\]")
    assert "<b>" not in escape(title, Markup.HTML)
    assert "&lt;" in escape("a < b", Markup.HTML)


def test_a_reason_names_no_server_of_the_provider():
    failed = film(
        1,
        kind="download.failed",
        message="Film 1 (2020) failed: http://user:pw@panel.example:8080/movie/u/p/1.mkv: the server closed it",
    )

    assert "panel" not in failed.words
    assert "pw" not in failed.words


def test_a_message_about_very_much_fits_into_the_smallest_service():
    many = [film(n, kind="download.failed", message=f"Film {n} (2020) failed: {'why ' * 90}") for n in range(40)]

    assert len(write_message(many).text) <= LONGEST_TEXT


def test_a_text_is_filled_with_plain_fields_and_nothing_else():
    values = {"title": "A {text} film", "text": "secret"}

    assert fill("New: {title}!", values, Markup.TEXT) == "New: A {text} film!"
    with pytest.raises(InvalidInput, match="no field|has a field"):
        check_template("{title.__class__} {password}", "text_template")


def test_a_message_is_tried_for_a_week_and_one_that_is_refused_three_times():
    assert [delay_after(n).total_seconds() for n in (1, 2, 6, 7, 50)] == [30, 60, 1800, 3600, 3600]
    assert not is_given_up(100, timedelta(days=6), is_refused=False)
    assert is_given_up(1, timedelta(days=7), is_refused=False)
    assert is_given_up(3, timedelta(minutes=2), is_refused=True)


def test_an_event_whose_download_is_gone_is_named_without_its_reason():
    event = RecordedEvent(
        1, NOON, "download.failed", "error", "Some Film (2020) failed: panel.example/1.mkv: no answer"
    )

    told = read_event(event)

    assert told.heading == "Some Film (2020)"
    assert "panel" not in told.words


@pytest.mark.parametrize(
    ("kind", "words", "title"),
    [("watch.review", "needs your decision", "needs your decision"), ("watch.failed", "cannot be imported", "failed")],
)
def test_a_file_of_a_watch_folder_that_cannot_go_on_is_told_with_its_reason(kind, words, title):
    message = f"dune.mkv of the watch folder /data/watch {words}: it is cut off: at byte 7"

    told = write_message([read_event(RecordedEvent(1, NOON, kind, "warning", message))])

    assert (told.title, told.text) == (
        f"dune.mkv of the watch folder /data/watch: {title}",
        "it is cut off: at byte 7",
    )


def test_an_instance_that_asks_for_the_user_needs_a_decision():
    message = "Radarr needs your action: Dune (2021): no files found are eligible"

    told = read_event(RecordedEvent(1, NOON, "instance.attention", "warning", message, instance="radarr"))

    assert (told.topic, told.heading) == (Topic.DECISION, message)
