"""Pages of a REST list: by offset with totals, or by keyset with a link to the next page only."""

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from psbot.sandbox.faults.faults import apply_list_fault
from psbot.sandbox.rest_api.call import Call, MissingParameter, RestResponse

DEFAULT_PAGE_SIZE = 20
MAX_PAGE_SIZE = 100
MAX_COUNTED = 10_000

Thing = TypeVar("Thing")


def paginate(call: Call, everything: Sequence[Thing], to_entity: Callable[[Thing], Any]) -> RestResponse:
    """Return one page with GitLab's headers; beyond 10,000 entries without totals."""
    things = apply_list_fault(everything, call.fault)
    size = _positive_number(call, "per_page", DEFAULT_PAGE_SIZE)
    size, number = min(size, MAX_PAGE_SIZE), _positive_number(call, "page", 1)
    start = (number - 1) * size
    shown = [to_entity(one) for one in things[start : start + size]]
    is_last = start + size >= len(things)
    pages = max(1, -(-len(things) // size))
    headers = {
        "x-page": str(number),
        "x-per-page": str(size),
        "x-next-page": "" if is_last else str(number + 1),
        "x-prev-page": str(number - 1) if number > 1 else "",
    }
    links = {
        "first": 1,
        **({} if is_last else {"next": number + 1}),
        **({"prev": number - 1} if number > 1 else {}),
    }
    if len(things) <= MAX_COUNTED:
        headers |= {"x-total": str(len(things)), "x-total-pages": str(pages)}
        links["last"] = pages
    headers["link"] = ", ".join(
        f'<{_url(call, page=page, per_page=size)}>; rel="{rel}"' for rel, page in links.items()
    )
    return RestResponse(shown, headers=headers)


def paginate_by_keyset(
    call: Call, everything: Sequence[Thing], id_of: Callable[[Thing], int], to_entity: Callable[[Thing], Any]
) -> RestResponse:
    """Return one page with a link to the next one, without totals."""
    things = apply_list_fault(everything, call.fault)
    size = min(_positive_number(call, "per_page", DEFAULT_PAGE_SIZE), MAX_PAGE_SIZE)
    start = 0
    if call.query.get("cursor"):
        after = _parse_cursor(str(call.query["cursor"]))
        ids = [id_of(one) for one in things]
        start = ids.index(after) + 1 if after in ids else len(ids)
    shown = things[start : start + size]
    headers = {"x-per-page": str(size)}
    if start + size < len(things):
        cursor = base64.urlsafe_b64encode(json.dumps({"id": str(id_of(shown[-1]))}).encode()).decode()
        headers["link"] = f'<{_url(call, cursor=cursor, per_page=size)}>; rel="next"'
    return RestResponse([to_entity(one) for one in shown], headers=headers)


def _parse_cursor(cursor: str) -> int:
    try:
        return int(json.loads(base64.urlsafe_b64decode(cursor))["id"])
    except (ValueError, KeyError, TypeError):
        raise MissingParameter("cursor is invalid") from None


def _positive_number(call: Call, name: str, default: int) -> int:
    value = call.query.get(name)
    if value in (None, ""):
        return default
    if not str(value).isdigit():
        raise MissingParameter(f"{name} is invalid")
    return int(str(value)) or default


def _url(call: Call, **changed: object) -> str:
    query = {key: value for key, value in call.query.items() if key not in changed and key != "private_token"}
    pairs = [
        pair
        for key, value in {**query, **changed}.items()
        for pair in ([(f"{key}[]", one) for one in value] if isinstance(value, list) else [(key, value)])
    ]
    return f"{call.world.url}{call.path}?{urlencode(pairs)}"
