"""The fault catalogue: whatever a provider does wrong, no wrong byte is kept and no right one is lost."""

import email.utils
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from stalkeer.adapters.files.space import volume_of
from stalkeer.adapters.transfers.request import FailureKind, Fetched, Stopped, Tls, TransferFailed, TransferLimits
from stalkeer.demo.content import Pattern, ServedFile
from stalkeer.demo.provider import Provider
from tests.adapters.transfers.conftest import KEY, SIZE
from tests.doubles import provider_faults as faults
from tests.doubles.certificates import self_signed, server_context
from tests.doubles.disks import mounted_disk
from tests.doubles.provider_faults import on, script

HALF = 150_000
OTHER = Pattern(SIZE, seed=77)


def assert_whole(desk, outcome, expected=None):
    assert isinstance(outcome, Fetched), outcome
    assert desk.part.read_bytes() == (desk.film if expected is None else expected)


# --- connections that end -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behaviour", [faults.reset_after(HALF), faults.cut_after(HALF), faults.chunked(5000, ends=False)]
)
def test_a_lost_connection_is_taken_up_where_it_broke(desk, behaviour):
    desk.provider.hook = on(behaviour, first=1)
    desk.watching.reconnects = 1

    outcome = desk.fetch()

    assert_whole(desk, outcome)
    assert desk.watching.interruptions[0].is_cut
    assert desk.watching.size <= SIZE + 2 * 65_536


def test_a_connection_lost_over_and_over_brings_the_film_all_the_same(desk):
    desk.provider.hook = on(faults.cut_after(100_000), first=6)
    desk.watching.reconnects = 6

    assert_whole(desk, desk.fetch())


def test_without_leave_to_reconnect_the_cut_is_reported_and_what_came_is_kept(desk):
    desk.provider.hook = on(faults.cut_after(HALF))

    outcome = desk.fetch()

    assert isinstance(outcome, TransferFailed) and outcome.is_cut and outcome.kind is FailureKind.TRANSIENT
    assert desk.watching.offset == HALF and desk.part.read_bytes() == desk.film[:HALF]


def test_silence_before_the_headers_ends_after_its_own_time(desk):
    desk.provider.hook = on(faults.silent)

    outcome = desk.fetch(limits=TransferLimits(headers_s=0.1))

    assert isinstance(outcome, TransferFailed) and "no answer in time" in outcome.message


def test_a_slow_but_living_server_is_not_given_up(desk):
    desk.provider.hook = on(faults.drip(30_000, 0.05))

    assert_whole(desk, desk.fetch(limits=TransferLimits(silence_s=0.5, no_progress_s=0.5)))


def test_a_server_that_hangs_up_without_an_answer_is_transient(desk):
    desk.provider.hook = on(faults.closed_without_answer)

    outcome = desk.fetch()

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.TRANSIENT


def test_a_second_stream_of_the_account_cuts_the_first_and_it_resumes(desk):
    desk.provider.add(KEY, Pattern(3_000_000))
    desk.provider.rate = 20_000_000
    started = threading.Event()
    desk.watching.on_received = lambda size: started.set()
    desk.watching.reconnects = 1

    def watch_television():
        started.wait(5)
        with socket.create_connection(("127.0.0.1", desk.provider.port)) as viewer:
            viewer.sendall(b"GET /movie/anna/pw/7.mkv HTTP/1.1\r\nUser-Agent: tv\r\nConnection: close\r\n\r\n")
            location = viewer.recv(4096).split(b"Location: ")[1].split(b"\r\n")[0].decode()
        with socket.create_connection(("127.0.0.1", desk.provider.port)) as viewer:
            viewer.sendall(f"GET {location} HTTP/1.1\r\nUser-Agent: tv\r\n\r\n".encode())
            viewer.recv(1000)

    thread = threading.Thread(target=watch_television)
    thread.start()
    outcome = desk.fetch()
    thread.join()

    assert_whole(desk, outcome)
    assert desk.provider.connections.killed["anna"] >= 1


def test_a_stop_frees_a_connection_that_is_still_being_made(desk):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())
        results = []
        url = f"http://127.0.0.1:{full.getsockname()[1]}/7.mkv"
        thread = threading.Thread(
            target=lambda: results.append(desk.fetch(url=url, limits=TransferLimits(connect_s=30)))
        )
        thread.start()
        assert desk.watching.connected.wait(5)

        begun = time.monotonic()
        while thread.is_alive() and time.monotonic() - begun < 5:
            desk.watching.stop()  # until the connect has really begun
            thread.join(0.05)

        assert isinstance(results[0], Stopped) and time.monotonic() - begun < 1
        for filler in fillers:
            filler.close()


# --- ranges ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "behaviour",
    [
        faults.content_range("bytes 0-299999/300000"),
        faults.content_range("bytes 84464-299999/300001"),
        faults.content_range("bytes 84464-84000/300000"),
        faults.content_range("bytes 84464-400000/300000"),
        faults.content_range("bytes */300000"),
        faults.content_range("nonsense"),
        faults.content_range(None),
        faults.shifted_by(1000),
        faults.shifted_by(-1000),
        faults.unsatisfiable("bytes */300000"),
        faults.unsatisfiable("bytes 0-99/100"),
        faults.unsatisfiable(None),
    ],
)
def test_a_part_that_does_not_fit_is_never_appended(desk, behaviour):
    held = desk.hold(desk.film[:HALF])
    desk.provider.hook = on(behaviour, first=1)

    outcome = desk.fetch(durable_offset=held, total=SIZE)

    assert_whole(desk, outcome)


@pytest.mark.parametrize("held", [1000, 65_536, HALF, SIZE - 1])
def test_the_whole_body_of_a_server_without_ranges_is_compared_with_the_stored_bytes(desk, held):
    desk.hold(desk.film[:held])
    desk.provider.hook = on(faults.ignores_range)

    outcome = desk.fetch(durable_offset=held, total=SIZE)

    assert_whole(desk, outcome)
    assert desk.watching.size == SIZE


def test_an_early_cut_of_a_server_without_ranges_loses_no_stored_bytes(desk):
    held = desk.hold(desk.film[:HALF])
    desk.provider.hook = script(
        lambda exchange: exchange.deliver(exchange.answer.__class__(200, {}, exchange.answer.content), cut_after=50_000)
    )
    desk.watching.reconnects = 1

    outcome = desk.fetch(durable_offset=held, total=SIZE)

    assert_whole(desk, outcome)


@pytest.mark.parametrize("held", [1000, 70_000, HALF])
def test_another_file_without_ranges_replaces_what_is_held_only_once_it_is_past_it(desk, held):
    desk.hold(OTHER.read(0, held))

    def cut_early(exchange):
        exchange.deliver(exchange.answer.__class__(200, {}, exchange.answer.content), cut_after=held // 2)

    desk.provider.hook = script(*[cut_early] * (2 if held > 65_536 else 1))  # a range is asked for first, then all

    cut = desk.fetch(durable_offset=held, total=SIZE)
    kept = desk.part.read_bytes()
    outcome = desk.fetch(durable_offset=held, total=SIZE)

    assert isinstance(cut, TransferFailed) and kept == OTHER.read(0, held)
    assert_whole(desk, outcome)
    assert list(desk.part.parent.iterdir()) == [desk.part]


@pytest.mark.parametrize("shape", ["bytes */{size}", "bytes 0-{end}/{size}"])
def test_a_whole_part_answered_with_416_is_done(desk, shape):
    held = desk.hold(desk.film)
    desk.provider.hook = on(faults.unsatisfiable(shape.format(size=SIZE, end=SIZE - 1)))

    outcome = desk.fetch(durable_offset=held)

    assert_whole(desk, outcome)


def test_a_server_that_gives_only_so_much_at_a_time_is_asked_on(desk):
    desk.provider.hook = on(faults.at_most(100_000))
    held = desk.hold(desk.film[:70_000])

    outcome = desk.fetch(durable_offset=held)

    assert_whole(desk, outcome)
    assert desk.watching.interruptions == []


def test_the_same_etag_for_another_file_is_not_believed(desk):
    desk.provider.files["/plain.mkv"] = ServedFile(OTHER, etag='"same"')
    held = desk.hold(desk.film[:HALF])
    validators = desk.request().validators.from_document({"etag": '"same"'})

    outcome = desk.fetch(url=desk.provider.url + "/plain.mkv", durable_offset=held, validators=validators)

    assert_whole(desk, outcome, OTHER.read(0, SIZE))


def test_a_file_that_changes_while_it_is_fetched_ends_as_one_version(desk):
    desk.provider.hook = script(faults.cut_after(HALF), faults.serves(OTHER), faults.serves(OTHER))
    desk.watching.reconnects = 1

    outcome = desk.fetch()

    assert_whole(desk, outcome, OTHER.read(0, SIZE))


def test_a_token_that_has_expired_is_not_used_again(desk):
    desk.provider.hook = on(faults.cut_after(HALF), first=1)
    desk.watching.reconnects = 1
    desk.provider.monotonic = lambda: 1000.0 if len(desk.provider.requests) >= 2 else 0.0

    outcome = desk.fetch()

    paths = [request.path.split("/")[1] for request in desk.provider.requests]
    assert_whole(desk, outcome)
    assert paths == ["movie", "vauth", "movie", "vauth"]


# --- bodies ---------------------------------------------------------------------------------------------------------

PAGES = [
    (b"<html><body>404</body></html>", "text/html"),
    (b"<!DOCTYPE html><title>blocked</title>", "video/mp4"),
    (b'\xef\xbb\xbf  {"user_info": {"auth": 0}}', "application/json"),
    (b'[{"error": "x"}]', "video/x-matroska"),
    (b"Your account is blocked", "text/plain"),
    (b"", "text/html"),
]


@pytest.mark.parametrize(("page", "content_type"), PAGES)
@pytest.mark.parametrize("held", [0, HALF])
def test_a_page_in_place_of_the_film_is_never_kept_as_media(desk, page, content_type, held):
    desk.hold(desk.film[:held])
    desk.provider.hook = on(faults.body(page, content_type))

    outcome = desk.fetch(durable_offset=held)

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.ACCOUNT
    assert desk.part.read_bytes() == desk.film[:held]


def test_a_page_declared_as_part_of_the_film_is_not_appended(desk):
    held = desk.hold(desk.film[:HALF])
    page = b"<html>" + bytes(SIZE - HALF + 65_536 - 6)
    headers = {"Content-Range": f"bytes {HALF - 65_536}-{SIZE - 1}/{SIZE}"}
    desk.provider.hook = script(
        lambda exchange: exchange.send_raw(
            b"HTTP/1.1 206 Partial Content\r\nContent-Type: text/html\r\n"
            + f"Content-Range: {headers['Content-Range']}\r\nContent-Length: {len(page)}\r\n\r\n".encode()
            + page
        )
    )

    assert_whole(desk, desk.fetch(durable_offset=held))


def test_a_compressed_answer_is_refused(desk):
    held = desk.hold(desk.film[:HALF])
    desk.provider.hook = on(faults.gzipped)

    outcome = desk.fetch(durable_offset=held)

    assert isinstance(outcome, TransferFailed) and "compresses" in outcome.message
    assert desk.part.read_bytes() == desk.film[:HALF]
    assert all(request.headers["accept-encoding"] == "identity" for request in desk.provider.requests)


@pytest.mark.parametrize("held", [0, HALF])
def test_bytes_beyond_the_length_are_not_read(desk, held):
    desk.hold(desk.film[:held])
    desk.provider.hook = on(faults.longer_than_said(b"surplus" * 100))

    assert_whole(desk, desk.fetch(durable_offset=held))


def test_a_chunked_film_is_whole_with_its_last_chunk(desk):
    desk.provider.hook = on(faults.chunked(7777))

    outcome = desk.fetch()

    assert_whole(desk, outcome)
    assert outcome.is_length_known


@pytest.mark.parametrize("held", [0, HALF])
def test_garbage_between_chunks_is_a_cut(desk, held):
    desk.hold(desk.film[:held])
    desk.provider.hook = on(faults.chunked(7777, garbage_after=100_000), first=1)
    desk.watching.reconnects = 1

    assert_whole(desk, desk.fetch(durable_offset=held))


def test_a_film_without_a_length_says_that_its_end_is_unproven(desk):
    desk.provider.hook = on(faults.without_length)

    outcome = desk.fetch()

    assert_whole(desk, outcome)
    assert not outcome.is_length_known


def test_a_film_without_a_length_that_was_cut_can_be_gone_on_with(desk):
    desk.provider.hook = on(lambda exchange: faults.without_length(exchange, cut=HALF), first=1)

    first = desk.fetch()
    second = desk.resume()

    assert isinstance(first, Fetched) and not first.is_length_known and first.size == HALF
    assert_whole(desk, second)


# --- statuses and redirects -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, FailureKind.ACCOUNT),
        (401, FailureKind.ACCOUNT),
        (403, FailureKind.ACCOUNT),
        (404, FailureKind.GONE),
        (407, FailureKind.TRANSIENT),
        (410, FailureKind.GONE),
        (429, FailureKind.TRANSIENT),
        (451, FailureKind.ACCOUNT),
        (456, FailureKind.ACCOUNT),
        (458, FailureKind.ACCOUNT),
        (500, FailureKind.TRANSIENT),
        (502, FailureKind.TRANSIENT),
        (503, FailureKind.TRANSIENT),
        (504, FailureKind.TRANSIENT),
        (509, FailureKind.TRANSIENT),
        (511, FailureKind.TRANSIENT),
        (204, FailureKind.TRANSIENT),
    ],
)
def test_every_status_has_its_kind_and_costs_nothing_of_what_is_held(desk, status, kind):
    held = desk.hold(desk.film[:HALF])
    desk.provider.hook = on(faults.status(status))

    outcome = desk.fetch(durable_offset=held)

    assert isinstance(outcome, TransferFailed) and (outcome.kind, outcome.status) == (kind, status)
    assert str(status) in outcome.message
    assert desk.part.read_bytes() == desk.film[:HALF]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("120", 120, 120),
        ("999999999999", 3600, 3600),
        (timedelta(minutes=10), 300, 600),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 0, 0),
    ],
    ids=["seconds", "far too many seconds", "a date to come", "a date gone by"],
)
def test_retry_after_is_passed_on_up_to_an_hour(desk, status, value, least, most):
    if isinstance(value, timedelta):
        value = email.utils.format_datetime(datetime.now(UTC) + value, usegmt=True)
    desk.provider.hook = on(faults.status(status, Retry_After=value))

    outcome = desk.fetch()

    assert least <= outcome.retry_after_s <= most


def test_a_redirect_loop_ends(desk):
    desk.provider.redirects = False
    desk.provider.hook = on(faults.redirect(desk.url))

    outcome = desk.fetch()

    assert isinstance(outcome, TransferFailed) and "redirects more than" in outcome.message
    assert len(desk.provider.requests) == 11


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:text/plain,x", "javascript:1", "http://"]
)
def test_a_redirect_to_anything_but_http_is_refused(desk, target):
    desk.provider.redirects = False
    desk.provider.hook = on(faults.redirect(target))

    outcome = desk.fetch()

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.TRANSIENT
    assert not desk.part.exists() or desk.part.stat().st_size == 0


def test_credentials_are_dropped_when_a_redirect_leads_to_another_host(desk):
    with Provider() as elsewhere:
        elsewhere.add("/film.mkv", Pattern(SIZE))
        desk.provider.redirects = False
        desk.provider.hook = on(faults.redirect(f"{elsewhere.url}/film.mkv"))
        headers = {"Authorization": "Basic eDp5", "Cookie": "session=1", "User-Agent": "player", "Referer": "http://x/"}

        desk.fetch(headers=headers)

        there = elsewhere.requests[0].headers
        here = desk.provider.requests[0].headers
    assert (here["authorization"], here["cookie"]) == ("Basic eDp5", "session=1")
    assert "authorization" not in there and "cookie" not in there
    assert (there["user-agent"], there["referer"]) == ("player", "http://x/")


def test_a_login_in_the_url_goes_along_as_basic_authorisation(desk):
    desk.provider.add("/film.mkv", Pattern(SIZE))

    desk.fetch(url=desk.provider.url.replace("//", "//me:p%40ss@") + "/film.mkv")

    assert desk.provider.requests[0].headers["authorization"] == "Basic bWU6cEBzcw=="


def test_only_get_is_ever_used_and_a_user_agent_is_always_sent(desk):
    desk.provider.hook = on(faults.refuses_head)

    assert_whole(desk, desk.fetch(headers={"User-Agent": ""}))

    assert {request.method for request in desk.provider.requests} == {"GET"}
    assert all(request.headers["user-agent"] for request in desk.provider.requests)


def test_a_single_connection_at_a_time_is_used(desk):
    noticing, still_open = threading.Event(), []
    desk.provider.hook = on(faults.noticed_late(faults.cut_after(50_000), noticing), first=4)
    desk.watching.reconnects = 4
    desk.watching.on_opening = lambda: still_open.append(desk.provider.open_streams())

    outcome = desk.fetch()
    noticing.set()

    assert_whole(desk, outcome)
    assert desk.provider.connections.opened["anna"] == 5
    assert still_open == [0] * 10, "a redirect and a stream, five times"
    assert desk.provider.connections.peak["anna"] == 1


def test_a_connection_that_was_left_is_closed_before_the_next_is_opened(desk):
    noticing, still_open = threading.Event(), []
    desk.provider.hook = on(faults.noticed_late(faults.stall_after(50_000), noticing), first=2)
    desk.watching.reconnects = 2
    desk.watching.on_opening = lambda: still_open.append(desk.provider.open_streams())

    outcome = desk.fetch(limits=TransferLimits(silence_s=0.1))
    noticing.set()

    assert_whole(desk, outcome)
    assert still_open == [0] * 6 and desk.provider.connections.peak["anna"] == 1


# --- TLS ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def secure(tmp_path):
    pem = self_signed(tmp_path)
    with Provider(tls=server_context(pem), redirects=False) as running:
        running.add("/film.mkv", Pattern(SIZE))
        yield running, pem


def test_a_trusted_certificate_lets_the_film_through(desk, secure):
    provider, pem = secure

    outcome = desk.fetch(url=f"{provider.url}/film.mkv", tls=Tls(ca_file=pem))

    assert_whole(desk, outcome, Pattern(SIZE).read(0, SIZE))


def test_an_untrusted_certificate_is_refused_without_trying_again(desk, secure):
    provider, _pem = secure
    desk.watching.reconnects = 5

    outcome = desk.fetch(url=f"{provider.url}/film.mkv")

    assert isinstance(outcome, TransferFailed) and "certificate" in outcome.message
    assert desk.watching.interruptions == []


def test_verification_can_be_switched_off(desk, secure):
    provider, _pem = secure

    assert isinstance(desk.fetch(url=f"{provider.url}/film.mkv", tls=Tls(verify=False)), Fetched)


def test_https_only_refuses_http_and_redirects_to_it(desk, secure):
    provider, pem = secure
    provider.hook = on(faults.redirect(desk.url))

    plain = desk.fetch(https_only=True)
    redirected = desk.fetch(url=f"{provider.url}/film.mkv", https_only=True, tls=Tls(ca_file=pem))

    assert isinstance(plain, TransferFailed) and isinstance(redirected, TransferFailed)
    assert "https_only" in plain.message and "https_only" in redirected.message
    assert desk.provider.requests == []


def test_a_stop_over_tls_lets_no_encrypted_byte_into_the_part(desk, secure):
    provider, pem = secure
    provider.files["/film.mkv"] = ServedFile(Pattern(50_000_000))
    desk.watching.on_received = lambda size: desk.watching.stop() if size > 10_000_000 else None

    outcome = desk.fetch(url=f"{provider.url}/film.mkv", tls=Tls(ca_file=pem))

    held = desk.part.read_bytes()
    assert isinstance(outcome, Stopped) and held == Pattern(50_000_000).read(0, len(held))


# --- the disk -------------------------------------------------------------------------------------------------------


def test_a_disk_that_is_too_small_is_reported_at_once_and_nothing_is_lost(desk, tmp_path):
    with mounted_disk(tmp_path / "small", 20 * 1024 * 1024) as small:
        desk.part = small / "7.part"
        desk.provider.add(KEY, Pattern(30_000_000))

        outcome = desk.fetch()

        assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.LOCAL_DISK_FULL
        assert desk.watching.size < 30_000_000


def test_the_reserve_of_the_disk_is_not_touched(desk):
    free = volume_of(desk.part.parent).free

    outcome = desk.fetch(min_free=free * 2)

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.LOCAL_DISK_FULL
    assert desk.watching.durables[-1].total == SIZE, "the queue must learn how much room it needs"


def test_an_endless_stream_stops_at_the_reserve_of_the_disk(desk):
    desk.provider.hook = on(faults.without_length)
    free = volume_of(desk.part.parent).free

    outcome = desk.fetch(min_free=free * 2, limits=TransferLimits(sync_bytes=100_000))

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.LOCAL_DISK_FULL
    assert 0 < desk.watching.offset == desk.part.stat().st_size <= SIZE


def test_a_download_stopped_by_a_full_disk_keeps_its_bytes_and_resumes_when_there_is_room(desk, tmp_path):
    with mounted_disk(tmp_path / "small", 20 * 1024 * 1024) as small:
        desk.part = small / "7.part"
        desk.provider.add(KEY, Pattern(15_000_000))
        desk.provider.hook = on(faults.without_length, first=1)  # no length: nothing can be claimed beforehand
        filler = small / "filler"
        filler.write_bytes(bytes(10_000_000))

        full = desk.fetch()
        offset = desk.watching.offset
        filler.unlink()
        outcome = desk.resume()

        assert isinstance(full, TransferFailed) and full.kind is FailureKind.LOCAL_DISK_FULL
        assert offset > 5_000_000
        assert_whole(desk, outcome)


def test_a_folder_that_is_not_there_is_a_local_matter(desk, tmp_path):
    desk.part = tmp_path / "nowhere" / "7.part"

    outcome = desk.fetch()

    assert isinstance(outcome, TransferFailed) and outcome.kind is FailureKind.LOCAL_PERMISSION
    assert desk.provider.requests == []


def test_a_stop_frees_a_silent_tls_connection(desk, secure):
    provider, pem = secure
    provider.hook = on(faults.stall_after(100_000))
    results = []
    request = {"url": f"{provider.url}/film.mkv", "tls": Tls(ca_file=pem)}
    thread = threading.Thread(target=lambda: results.append(desk.fetch(**request)))
    thread.start()
    assert desk.watching.first_byte.wait(5)

    desk.watching.stop()
    thread.join(1)

    assert isinstance(results[0], Stopped)
    assert desk.part.read_bytes() == Pattern(SIZE).read(0, desk.part.stat().st_size)
