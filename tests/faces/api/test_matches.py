import base64

import pytest
from sqlalchemy import update

from stalkeer.jobs.journal.reporting import QuietRun
from stalkeer.jobs.matching.match import match_wanted
from stalkeer.store.db.tables import download_items, sources
from stalkeer.store.downloads.downloads import NewDownload, NewItem, create_download
from stalkeer.store.library.targets import mark_imported
from tests.doubles.catalogue import Catalogue
from tests.doubles.engine import NotingEngine


@pytest.fixture
def house(app):
    return Catalogue(app.database, app.clock)


@pytest.fixture
def dune(app, house):
    """One film that is wanted, two entries that are it and one that may be."""
    wanted = house.film("Dune", 2021)
    house.list_entries("Dune (2021)", "FR - Dune (2021)", "Dune")
    match_wanted(app.matching, QuietRun())
    return wanted


def get(client, path, **query):
    answer = client.get(f"/api/v1{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(client, path, **body):
    answer = client.post(f"/api/v1{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_matches_are_listed_by_score_with_their_evidence(client, dune):
    listed = get(client, "/matches")

    assert listed["totalRecords"] == 3
    assert [(row["entry"], row["decision"]) for row in listed["records"]] == [
        ("FR - Dune (2021)", "confirm"),
        ("Dune (2021)", "confirm"),
        ("Dune", "review"),
    ]
    assert [finding["name"] for finding in listed["records"][0]["evidence"]] == ["title", "year"]


def test_matches_can_be_filtered_and_followed_by_cursor(client, dune):
    first = get(client, "/matches", pageSize=1)
    second = get(client, "/matches", pageSize=1, cursor=first["nextCursor"])

    assert first["records"][0]["id"] != second["records"][0]["id"]
    assert [row["entry"] for row in get(client, "/matches", decision="review")["records"]] == ["Dune"]
    assert get(client, "/matches", search="nothing like it")["records"] == []


@pytest.mark.parametrize("query", [{}, {"decision": "confirm"}, {"kind": "movie"}])
def test_a_match_whose_entry_left_its_playlist_is_neither_listed_nor_counted(app, client, house, dune, query):
    before = get(client, "/matches", **query)
    gone = before["records"][0]["entryId"]

    house.drop_entry(gone)

    after = get(client, "/matches", **query)
    assert gone not in [row["entryId"] for row in after["records"]]
    assert after["totalRecords"] == len(after["records"]) == before["totalRecords"] - 1


def test_matches_of_a_source_that_is_switched_off_are_not_counted(app, client, dune):
    with app.database.begin() as connection:
        connection.execute(sources.update().values(enabled=False))

    assert get(client, "/matches")["totalRecords"] == len(get(client, "/matches")["records"]) == 0


def test_matches_of_imported_items_are_listed_only_on_request(app, client, dune):
    match = get(client, "/matches")["records"][0]
    with app.database.begin() as connection:
        new = NewDownload(
            entry_id=match["entryId"],
            source_id=1,
            entry_key="key",
            name="Dune",
            title="Dune (2021)",
            kind="movie",
            items=(NewItem(match["wantedId"], 1, 1),),
        )
        create_download(connection, new, app.clock())
        connection.execute(update(download_items).values(state="imported", imported_file_id=7, active=False))
        mark_imported(connection, [match["wantedId"]], app.clock())

    assert get(client, f"/matches/{match['id']}")["evidence"] == match["evidence"]
    assert get(client, "/matches")["totalRecords"] == 0
    imported = get(client, "/matches", imported=True)
    assert {one["wantedId"] for one in imported["records"]} == {dune} and match["id"] in {
        one["id"] for one in imported["records"]
    }
    assert imported["totalRecords"] == len(imported["records"])
    assert 'href="/wanted/' in client.get("/matches/imported").text
    assert 'name="ids"' not in client.get("/matches/imported").text


def test_a_rejection_is_previewed_kept_listed_and_taken_back(client, dune):
    match = get(client, "/matches")["records"][0]["id"]

    preview = post(client, f"/matches/{match}/reject", dryRun=True)
    kept = post(client, f"/matches/{match}/reject", reason="a documentary")

    assert (preview["ruleId"], preview["changes"][0]["after"]) == (None, "rejected")
    assert get(client, f"/matches/{match}")["decision"] == "rejected"
    rules = get(client, "/rules")["records"]
    assert [(rule["action"], rule["reason"]) for rule in rules] == [("reject", "a documentary")]
    assert client.delete(f"/api/v1/rules/{kept['ruleId']}").status_code == 204
    assert get(client, f"/matches/{match}")["decision"] == "confirm"


def test_any_entry_can_be_taken_for_an_item_and_any_can_be_blocked(client, house, dune):
    [other] = house.list_entries("Wüstenplanet Neu")

    taken = post(client, "/matches/take", wantedId=dune, entryId=other)
    blocked = post(client, "/rules/block", entryId=other, reason="wrong film")

    assert [(c["entry"], c["after"]) for c in taken["changes"]] == [("Wüstenplanet Neu", "confirm")]
    assert [(c["before"], c["after"]) for c in blocked["changes"]] == [("confirm", "rejected")]


def test_a_match_is_confirmed_with_another_entry(client, house, dune):
    [other] = house.list_entries("Wüstenplanet Neu")
    match = get(client, "/matches")["records"][0]["id"]

    confirmed = post(client, f"/matches/{match}/confirm", entryId=other)

    assert [(c["wantedId"], c["entry"], c["after"]) for c in confirmed["changes"]] == [
        (dune, "Wüstenplanet Neu", "confirm")
    ]
    both = client.post(f"/api/v1/matches/{match}/confirm", json={"entryId": other, "wholeTitle": True})
    assert both.status_code == 422


def test_rules_are_walked_by_cursor(client, house, dune):
    for entry in house.list_entries("One", "Two", "Three"):
        post(client, "/rules/block", entryId=entry)

    first = get(client, "/rules", pageSize=2)
    second = get(client, "/rules", pageSize=2, cursor=first["nextCursor"])

    assert len({rule["id"] for page in (first, second) for rule in page["records"]}) == 3
    assert second["nextCursor"] is None


def test_an_offset_needs_a_series(client, dune):
    answer = client.post("/api/v1/rules/offset", json={"wantedId": dune, "season": 1})

    assert answer.status_code == 422
    assert "is a movie" in answer.json()["detail"]


def test_an_explanation_names_every_candidate_and_why(client, dune):
    explained = get(client, f"/missing/{dune}/explanation")

    assert explained["item"] == "Dune (2021)"
    assert {row["name"]: row["decision"] for row in explained["candidates"]}["Dune"] == "review"
    assert explained["summary"].startswith("It was found")
    assert client.get("/api/v1/missing/999/explanation").status_code == 404


def test_items_are_explained_by_a_part_of_their_title(client, dune):
    by_title, by_id = get(client, "/explain", search="dun"), get(client, "/explain", search=str(dune))

    assert [item["item"] for item in by_title["items"]] == ["Dune (2021)"]
    assert by_title == by_id
    assert get(client, "/explain", search="9" * 30) == {"items": [], "total": 0}


@pytest.mark.parametrize(
    "cursor", ["[1, 99999999999999999999999999]", "[NaN, 1]", "[1e400, 1]", '["a", "b"]', "[[1], 1]", "{}"]
)
def test_a_cursor_of_nowhere_is_not_found(client, cursor):
    word = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")

    assert client.get("/api/v1/matches", params={"cursor": word}).status_code == 404


def test_matching_is_started_in_the_engine(app, client, dune):
    engine = NotingEngine()
    object.__setattr__(app, "engine", engine)

    answer = client.post("/api/v1/matches/run", json={"wantedId": dune})

    assert answer.status_code == 202
    assert answer.json()["job"] == "match"


@pytest.mark.parametrize("wrong", [True, "1", 1.5])
def test_only_a_number_is_an_id(client, wrong):
    assert client.post("/api/v1/matches/run", json={"wantedId": wrong}).status_code == 422
    assert client.post("/api/v1/downloads", json={"items": [{"matchId": wrong}]}).status_code == 422
