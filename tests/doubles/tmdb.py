"""A TMDB on loopback: a handful of works under invented ids, the answers in the shapes of version 3 of its API."""

from stalkeer.demo.http import ApiRequest, JsonServer, Response

KEY = "0123456789abcdef0123456789abcdef"
TOKEN = "eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl"


def translation(language, country, title, *, name="title"):
    return {"iso_639_1": language, "iso_3166_1": country, "data": {name: title, "overview": ""}}


class Tmdb(JsonServer):
    """`answers`: path below /3 -> body; anything else is unknown to it."""

    def __init__(self):
        super().__init__()
        self.url = f"http://127.0.0.1:{self.port}"
        self.answers = {"authentication": {"success": True}}

    def film(self, number, translations, alternatives=()):
        self.answers[f"movie/{number}/translations"] = {"id": number, "translations": list(translations)}
        titles = [{"iso_3166_1": country, "title": title, "type": ""} for country, title in alternatives]
        self.answers[f"movie/{number}/alternative_titles"] = {"id": number, "titles": titles}

    def series(self, tvdb_id, number, translations, countries=(), alternatives=()):
        found = {"id": number, "name": "x", "origin_country": list(countries)}
        self.answers[f"find/{tvdb_id}"] = {"movie_results": [], "tv_results": [found]}
        self.answers[f"tv/{number}/translations"] = {"id": number, "translations": list(translations)}
        results = [{"iso_3166_1": country, "title": title, "type": ""} for country, title in alternatives]
        self.answers[f"tv/{number}/alternative_titles"] = {"id": number, "results": results}
        self.answers[f"tv/{number}/external_ids"] = {"id": number, "tvdb_id": tvdb_id}

    def answer(self, request: ApiRequest) -> Response:
        if request.query.get("api_key") != KEY and request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(401, {"status_code": 7, "status_message": "Invalid API key", "success": False})
        body = self.answers.get(request.path.removeprefix("/3/"))
        if body is None:
            return Response(404, {"status_code": 34, "status_message": "The resource could not be found."})
        return Response(200, body)
