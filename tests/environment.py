"""A pytest plugin, loaded before Django: tests run in a home of their own, marked as a test home (so BANSO_CLOCK may be used).

A conftest.py would come too late: one of an app may import models, and Django must be set up by then.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
SOAK = os.environ.get("BANSO_SOAK") == "1"
# The second engine's phase: what knows no database ran in the first one (BANSO_WHOLE=1 runs it again).
WHOLE = os.environ.get("BANSO_WHOLE") == "1"
SECOND = bool(os.environ.get("BANSO_DATABASE_URL")) and not WHOLE
MORE = 20  # times as many made-up examples in `make soak`
# Files that take longest begin first, so that no worker is left alone with one of them at the end.
LONGEST = ("tests/browser/test_every_page.py", "tests/test_nonsense.py", "tests/browser/", "tests/test_")

# How fast a machine makes examples is no property of the code: tests never assert on time.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

_home = Path(tempfile.mkdtemp(prefix="banso-test-"))
_owner = os.getpid()
(_home / "kind").write_text("test", "ascii")
(_home / "static").mkdir()  # where nothing is collected; whitenoise warns of a folder that is missing
os.environ["BANSO_HOME"] = str(_home)
os.environ.setdefault("BANSO_SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("BANSO_CLOCK", "2026-11-24T09:00+09:00")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "banso_web.config.settings")
# Several workers share the cores: threads of linear algebra that wait for each other by spinning would make seconds out of moments.
for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")
# Playwright's synchronous driver runs an event loop in the thread in which a browser test also asks the database.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@atexit.register
def _forget_home() -> None:
    if os.getpid() == _owner:  # a forked child leaves the home to its parent
        shutil.rmtree(_home, ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Argon2 is slow by design: within the tests a password is kept quickly (one test asks for the real one)."""
    from django.conf import settings as django

    django.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *django.PASSWORD_HASHERS]


def weight(item: pytest.Item) -> int:
    """The place of an item's file among the ones that take longest; whatever is not named there comes after them."""
    found = (place for place, start in enumerate(LONGEST) if item.nodeid.startswith(start))
    return next(found, len(LONGEST))


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes give a test no name: packed ones hold the second of packing, and two workers would name it differently."""
    return "bytes" if isinstance(val, bytes) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Before `-m` chooses: whatever uses hypothesis is a `property`, and tries more in a soak."""
    test = getattr(item, "obj", None)
    if getattr(test, "is_hypothesis_test", False):
        item.add_marker(pytest.mark.property)
        if SOAK:
            own = getattr(test, "_hypothesis_internal_use_settings", None) or settings()
            test._hypothesis_internal_use_settings = settings(own, max_examples=own.max_examples * MORE)


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], None]], Path]:
    """`made_once("sample", make)`: a folder that `make` filled, once for all workers of a run. Take a copy to write into it."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "made-once"
    shared.mkdir(exist_ok=True)

    def made(name: str, make: Callable[[Path], None]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the second worker to ask waits for the first
            if not done.exists():
                make(folder)
                done.touch()
        return folder

    return made


@cache
def _starts_processes(path: Path) -> bool:
    """Whether a file's tests may reach the database by another process, or by its address."""
    text = path.read_text("utf-8")
    return "subprocess" in text or "BANSO_DATABASE_URL" in text


def knows_a_database(item: pytest.Item) -> bool:
    """Whether a test is for the second engine too. Made-up examples meet it in `make soak`, and so does what is marked `first_engine`:
    who may open what, how often pages ask, what commands say."""
    if item.get_closest_marker("property") or item.get_closest_marker("first_engine"):
        return False
    asks = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    return bool(asks or item.get_closest_marker("django_db") or _starts_processes(item.path))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """`soak` runs only where it is asked for, `shared` only where the data lies; long files begin first."""
    if SECOND:
        config.hook.pytest_deselected(items=[item for item in items if not knows_a_database(item)])
        items[:] = [item for item in items if knows_a_database(item)]
    for item in items:
        if item.get_closest_marker("soak") and not SOAK:
            item.add_marker(pytest.mark.skip(reason="longer than `make test`: run `make soak`"))
        if item.get_closest_marker("shared") and not SHARED.is_dir():
            item.add_marker(pytest.mark.skip(reason="the real data does not lie beside this checkout"))
    items.sort(key=weight)
    if os.environ.get("BANSO_TEST_REVERSED") == "1":  # no test may need the one before it
        items.reverse()
