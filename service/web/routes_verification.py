"""The route of the verification: how good the forecasts of a city were."""

import json

from fastapi import APIRouter, Query, Response

from service.verification.verb import FILE, verification_folder
from service.web.models import Verification
from service.web.replies import NEVER
from twin.errors import MissingError


def verification_router(catalogue, clock):
    """The route ``/api/verification``; in an exercise it says so by `clock`."""
    router = APIRouter(prefix="/api", tags=["verification"])

    @router.get("/verification", response_model=Verification)
    def get_verification(response: Response, city: str = Query(max_length=80)):
        """Scores that `floodtwin verify` wrote last; ``made`` is false where it never ran."""
        response.headers["Cache-Control"] = NEVER
        name = catalogue.city(city).name
        path = verification_folder(catalogue.settings.cities / city, name) / FILE
        written = _read(path) if path.is_file() else {"city": name, "made": False}
        return {"made": True, **written, **clock.mark()}

    return router


def _read(path):
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return {**written, "city": written["city"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MissingError(
            f"{path.name} cannot be read ({str(error)[:80]}), expected what `floodtwin verify` "
            "writes; run it again"
        ) from error
