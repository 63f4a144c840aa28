"""By which names this instance may be opened: what the operator gave, and this machine's own."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from banso_web.config.env import Environment

LOCAL = ("localhost", "127.0.0.1", "[::1]")
EVERYWHERE = ("0.0.0.0", "::", "")


def allowed_hosts(env: Environment) -> list[str]:
    """Values of Django's ALLOWED_HOSTS: the host of BANSO_PUBLIC_URL, BANSO_ALLOWED_HOSTS, BANSO_HOST, the machine's names.

    Listening everywhere without a public URL (a try-out in the office network) the machine's own name counts, so that
    colleagues can open it; its numeric addresses do not, they would have to be named.
    """
    names = [urlsplit(env.public_url).hostname or "", *env.allowed_hosts]
    if env.host in EVERYWHERE:
        names.append(socket.gethostname())
    else:
        names.append(f"[{env.host}]" if ":" in env.host else env.host)
    return list(dict.fromkeys(name.lower() for name in (*names, *LOCAL) if name))
