"""What delivers where: the targets and routes that people write, and the secrets of their environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from caseway.adapters.routed_delivery import Route, RoutedDelivery, routes
from caseway.engine.errors import InvalidInput
from caseway.engine.ports import Delivery, Directory

# Environment variables.
WEBHOOK_KEY = "CASEWAY_WEBHOOK_SECRET"
SMTP_USER, SMTP_LOGIN = "CASEWAY_SMTP_USER", "CASEWAY_SMTP_PASSWORD"


def delivery_to(target: str, directory: Directory, environ: Mapping[str, str] = os.environ) -> Delivery:
    """Return what delivers to `folder:PATH`, `webhook+https://...`, `smtp://...`, `smtps://...`, or by the routes in a TOML file.

    Secrets come from the environment alone. Raises InvalidInput.
    """
    if not target.endswith(".toml") or ":" in target:
        return _way(Route(target), directory, environ)
    try:
        text = Path(target).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The routes in {target} cannot be read: {error}.") from error
    return RoutedDelivery([(route, _way(route, directory, environ)) for route in routes(text, target)])


def delivery_in(folder: str | Path) -> Delivery:
    """Return what writes messages as files into a folder."""
    from caseway.adapters.folder_delivery import FolderDelivery  # noqa: PLC0415  # only the worker needs it

    return FolderDelivery(Path(folder))


def _way(route: Route, directory: Directory, environ: Mapping[str, str]) -> Delivery:
    """Return the delivery of one route; each is imported by those who need it."""
    scheme, _, rest = route.deliver.partition(":")
    timeout: dict[str, Any] = {} if route.timeout is None else {"timeout": route.timeout}
    match scheme:
        case "folder" if rest:
            return delivery_in(rest)
        case "webhook+https" | "webhook+http":
            from caseway.adapters.webhook_delivery import WebhookDelivery  # noqa: PLC0415  # only the worker needs it

            secret = _secret(route.secret or WEBHOOK_KEY, environ)
            return WebhookDelivery(route.deliver.removeprefix("webhook+"), secret, role=route.role, **timeout)
        case "smtp" | "smtps":
            from caseway.adapters.smtp_delivery import Addressee, SmtpDelivery  # noqa: PLC0415  # only the worker needs it

            def addressee(to: str) -> Addressee:
                person = directory.person(to)
                return Addressee(person.mail, person.languages) if person else Addressee(to if "@" in to else None)

            user, password = environ.get(SMTP_USER), environ.get(SMTP_LOGIN)
            return SmtpDelivery(route.deliver, user=user, password=password, addressee=addressee, **timeout)
    raise InvalidInput(
        f"Nothing can be delivered to {scheme if rest else route.deliver!r}; possible: folder:PATH, webhook+https://..., smtp://..., "
        "smtps://..., or a file of routes, NAME.toml."
    )


def _secret(name: str, environ: Mapping[str, str]) -> str:
    found = environ.get(name)
    if not found:
        raise InvalidInput(
            f"The environment variable {name} is not set; it holds the secret that requests are signed with."
        )
    return found
