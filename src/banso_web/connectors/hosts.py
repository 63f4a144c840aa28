"""Which hosts and files a read may reach: who edits settings is not who runs the machine.

`BANSO_READ_HOSTS` names the hosts, and then only they are reached. Without it every host is, except this machine itself and
addresses that belong to the network's own machinery (loopback, link-local, the metadata services of clouds, multicast), in
whatever form an IPv6 address holds an IPv4 one. BigQuery and Snowflake are hosts as well.
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


#: Where clouds tell a machine its own keys, outside the link-local range: Alibaba, Azure, Oracle, Amazon and Google by IPv6.
_METADATA = {
    ipaddress.ip_address(one)
    for one in ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
}
_BROADCAST = ipaddress.IPv4Address("255.255.255.255")
#: A translator makes of the last 32 bits an address of IPv4.
_TRANSLATED = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("::/96"))
#: Where these bits stand is the network's own choice.
_LOCALLY_TRANSLATED = ipaddress.IPv6Network("64:ff9b:1::/48")


def allow(*hosts: str) -> None:
    """Raises ReadFailed where the operator names hosts, and not these."""
    allowed = settings.ENV.read_hosts
    for host in hosts:
        if not _NAME.fullmatch(host) or (allowed and host not in allowed):
            raise ReadFailed("host_not_allowed", host=host)


def address_of(host: str, port: int) -> str:
    """The address to connect to, looked up once: what was checked is what is reached."""
    allow(host)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ReadFailed("unknown_host", host=host) from None
    addresses = [str(one[4][0]) for one in found]
    if not settings.ENV.read_hosts and any(_own(address) for address in addresses):
        raise ReadFailed("host_not_allowed", host=host)
    return addresses[0]


def _own(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip in _LOCALLY_TRANSLATED:
        return True
    held = [ip]
    if isinstance(ip, ipaddress.IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if any(ip in network for network in _TRANSLATED):
            inner.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
        held += [one for one in inner if one is not None]
    return any(
        one.is_loopback
        or one.is_link_local
        or one.is_unspecified
        or one.is_multicast
        or one in _METADATA
        or one == _BROADCAST
        for one in held
    )


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
