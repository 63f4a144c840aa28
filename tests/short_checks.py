"""The files of the short checks, each in a segment of its own; the browser, the API and the command are asked about them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

# X11: names are their own readings.
ORDERS = {
    "X11": ["アート", "カート", "カード", "ガード", "キャッシュ", "ハ", "バ", "パ"],
    "X11B": ["アート", "アイ", "カート", "ガード", "カーナビ"],
}


def write(path: Path, head: str, rows: Sequence[Sequence[object]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head.split(","))
        writer.writerows(rows)
    return path


def files(folder: Path) -> list[Path]:
    """X17: 20 terms, 17 renewed. X19: ¥9,000,000 of 30 customers a year ago. X20: an announced end. X3: three spellings."""
    accounts: list[list[object]] = [
        ["N1", "㈱アシスト", "X3", ""],
        ["N2", "株式会社アシスト", "X3", ""],
        ["N3", "アシスト(株)", "X3", ""],
    ]
    contracts: list[list[object]] = []
    movements: list[list[object]] = []
    for number in range(20):
        code, gone, untouched = f"R{number:02}", number >= 17, number < 5
        accounts.append([code, f"更新{number:02}社", "X17", "2025-10-01"])
        ended = "2026-09-30" if gone else ""
        contracts.append(
            [
                f"C{code}",
                code,
                "A",
                "2025-10-01",
                "2026-09-30",
                "",
                ended,
                int(untouched),
                12 if untouched else "",
            ]
        )
        movements.append([f"M{code}", code, f"C{code}", "A", "2025-10-01", 100_000, "new"])
        if gone:
            movements.append([f"E{code}", code, f"C{code}", "A", "2026-09-30", -100_000, "churn"])
    for number in range(30):
        code = f"Y{number:02}"
        accounts.append([code, f"継続{number:02}社", "X19", "2025-01-01"])
        movements += [
            [f"M{code}", code, "", "A", "2025-01-01", 300_000, "new"],
            [f"U{code}", code, "", "A", "2026-03-01", 15_000, "upsell"],
        ]
    accounts += [
        ["Y90", "新規の会社", "X19", "2026-05-01"],
        ["P01", "予定の会社", "X20", "2026-01-01"],
        ["P02", "続く会社", "X20", "2026-01-01"],
    ]
    movements += [
        ["MY90", "Y90", "", "A", "2026-05-01", 2_710_000, "new"],
        ["MP01", "P01", "CP01", "A", "2026-01-01", 200_000, "new"],
        ["MP02", "P02", "", "A", "2026-01-01", 200_000, "new"],
    ]
    contracts.append(["CP01", "P01", "A", "2026-01-01", "2026-12-31", "2026-11-10", "2026-12-31", 0, ""])
    for segment, names in ORDERS.items():  # brought in another order than the one asked for
        accounts += [[f"{segment}{name}", name, segment, ""] for name in sorted(names, reverse=True)]
    return [
        write(folder / "accounts.csv", "account_id,name,segment,started_on", accounts),
        write(
            folder / "contracts.csv",
            "contract_id,account_id,product,starts_on,ends_on,notified_on,ended_on,auto_renew,renewal_months",
            contracts,
        ),
        write(
            folder / "movements.csv",
            "movement_id,account_id,contract_id,product,effective_on,mrr_delta,cause",
            movements,
        ),
    ]
