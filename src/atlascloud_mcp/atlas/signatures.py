"""What a signed address says of its own end.

Source: AWS, "Authenticating Requests: Using Query Parameters" (`X-Amz-Date`, `X-Amz-Expires`); Google Cloud Storage and
Alibaba Cloud OSS have the same under names of their own; older signatures, and CloudFront's, have `Expires` alone.
"""

import re
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

_SECONDS = re.compile(r"[0-9]{1,10}")
_DATE = re.compile(r"x-([a-z]{2,8})-date")


def ends_at(url: str) -> float | None:
    """The moment, in seconds since 1970, from which on nobody can read this address; None where it says nothing."""
    try:
        query = {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}
    except ValueError:
        return None
    ends = [float(query["expires"])] if _SECONDS.fullmatch(query.get("expires", "")) else []
    for name, value in query.items():
        vendor = _DATE.fullmatch(name)
        seconds = query.get(f"x-{vendor[1]}-expires", "") if vendor else ""
        if _SECONDS.fullmatch(seconds):
            with suppress(ValueError):
                signed = datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
                ends.append(signed.timestamp() + int(seconds))
    return min(ends, default=None)
