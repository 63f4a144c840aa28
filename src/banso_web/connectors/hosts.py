"""Which hosts and files a read may reach: who edits settings is not who runs the machine.

`BANSO_READ_HOSTS` names the hosts, and then only they are reached. Without it every host is, except this machine itself and
addresses that belong to the network's own machinery (loopback, link-local with its metadata services, multicast).
Files lie below `BANSO_READ_FOLDER`; without it none are read.
"""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from pathlib import Path

from django.conf import settings

from banso_web.connectors.problems import ReadFailed

_NAME = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
#: Environment variables that may hold a password: no other one is ever sent to a host that somebody typed.
SECRET_NAME = re.compile(r"BANSO_READ_[A-Z0-9_]{1,60}")


def address_of(host: str, port: int) -> str:
    """The address to connect to, looked up once: what was checked is what is reached."""
    allowed = settings.ENV.read_hosts
    if not _NAME.fullmatch(host) or (allowed and host not in allowed):
        raise ReadFailed("host_not_allowed", host=host)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ReadFailed("unknown_host", host=host) from None
    addresses = [str(one[4][0]) for one in found]
    if not allowed and any(_own(address) for address in addresses):
        raise ReadFailed("host_not_allowed", host=host)
    return addresses[0]


def _own(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    return ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast


def inside(path: str) -> Path:
    """The file or folder that a path below BANSO_READ_FOLDER names, links followed."""
    root = settings.ENV.read_folder
    if not root:
        raise ReadFailed("no_folder")
    base = Path(root).resolve()
    try:
        found = (base / path).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise ReadFailed("no_file", path=path) from None
    if not found.is_relative_to(base):
        raise ReadFailed("outside_folder", path=path)
    return found


def secret_of(kept: str, variable: str) -> str:
    """The password: the kept one, or what the environment variable holds."""
    if not variable:
        return kept
    if not SECRET_NAME.fullmatch(variable) or variable not in os.environ:
        raise ReadFailed("no_variable", name=variable)
    return os.environ[variable]
