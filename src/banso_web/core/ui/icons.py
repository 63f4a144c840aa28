"""Our own icons, drawn on a 20 by 20 grid with one line width; inline, so that they take the ink of their place."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

ICONS: dict[str, str] = {
    "home": '<path d="M3 9.5 10 3.5l7 6M5 8.5V16h10V8.5M8.5 16v-4.5h3V16"/>',
    "customers": '<circle cx="7.5" cy="7" r="2.8"/><path d="M2.5 16.5c.4-3 2.4-4.6 5-4.6s4.6 1.6 5 4.6M13 4.6a2.6 2.6 0 0 1 0 4.9M15 12.3c1.5.7 2.3 2.1 2.5 4.2"/>',
    "portfolio": '<path d="M3 3.5h14v13H3zM3 8h14M3 12.3h14M7.7 3.5v13M12.3 3.5v13"/>',
    "today": '<path d="M3.5 4.5h13v12h-13zM3.5 8h13M7 3v3M13 3v3"/><path d="m7.5 12 2 2 3.5-3.5"/>',
    "renewal": '<path d="M16.5 10a6.5 6.5 0 0 1-11.4 4.2M3.5 10a6.5 6.5 0 0 1 11.4-4.2M15.5 2.8v3.4h-3.4M4.5 17.2v-3.4h3.4"/>',
    "onboarding": '<path d="M4 17V3.5M4 4.5h9.5l-1.8 3 1.8 3H4"/>',
    "playbook": '<path d="M10 5.5C8.4 4.2 6 3.8 3 4v11.5c3-.2 5.4.2 7 1.5 1.6-1.3 4-1.7 7-1.5V4c-3-.2-5.4.2-7 1.5zM10 5.5V17"/>',
    "kpi": '<circle cx="10" cy="10" r="6.8"/><circle cx="10" cy="10" r="3.2"/><path d="M10 10h.01"/>',
    "waterfall": '<path d="M3 16.5V6h3v10.5M8.5 9V5.5h3V9zM14 16.5V7.5h3v9M2.5 16.5h15"/>',
    "ltv": '<path d="M3 16.5h14M4 13.5c3 0 4.5-1.5 6-4.5s3-4.5 6-4.5"/><circle cx="10" cy="9" r="1.3"/>',
    "cohort": '<path d="M3 3.5h14v4H3zM3 7.5h10.5v4.5H3zM3 12h6v4.5H3z"/>',
    "forecast": '<path d="M3 14.5 7.5 9l3 3 3-4"/><path d="M13.5 8 17 4.5" stroke-dasharray="1.5 1.5"/><path d="M3 17h14"/>',
    "closing": '<path d="M5 9h10v7.5H5zM7 9V6.5a3 3 0 0 1 6 0V9M10 12v1.5"/>',
    "risk": '<path d="M10 3.5 17.5 16.5h-15zM10 8.5v3.5M10 14.3h.01"/>',
    "health": '<path d="M2.5 10.5h3.5l2-5 3.5 9 2-4h4"/>',
    "usage": '<path d="M3 16.5h14M5 16.5v-5M8.5 16.5V8M12 16.5v-6.5M15.5 16.5V4.5"/>',
    "voice": '<path d="M3 4h14v9.5h-7l-4 3v-3H3zM6.5 7.5h7M6.5 10h4.5"/>',
    "survey": '<path d="M4.5 3.5h11v13h-11zM7 7.5l1 1 1.5-2M11.5 7.5h2M7 12l1 1 1.5-2M11.5 12h2"/>',
    "ticket": '<path d="M3 5.5h14V9a1.3 1.3 0 0 0 0 2.5v3H3v-3A1.3 1.3 0 0 0 3 9zM12 5.5v9" />',
    "program": '<path d="M3.5 8.5v3.5h2.5l6 3.5V5L6 8.5zM14.5 8a3 3 0 0 1 0 4.5"/>',
    "team": '<circle cx="10" cy="6" r="2.5"/><circle cx="4.5" cy="8.5" r="1.8"/><circle cx="15.5" cy="8.5" r="1.8"/><path d="M5.5 16.5c.3-3.3 2-5 4.5-5s4.2 1.7 4.5 5M1.8 15c.2-1.9 1.2-2.9 2.7-3M18.2 15c-.2-1.9-1.2-2.9-2.7-3"/>',
    "members": '<circle cx="10" cy="7" r="3"/><path d="M4 16.5c.5-3.2 2.9-5 6-5s5.5 1.8 6 5"/>',
    "settings": '<path d="M3 6h8M15 6h2M3 10h2M9 10h8M3 14h7M14 14h3"/><circle cx="13" cy="6" r="1.8"/><circle cx="7" cy="10" r="1.8"/><circle cx="12" cy="14" r="1.8"/>',
    "import": '<path d="M10 3.5V12M6.5 8.8 10 12.3l3.5-3.5M3.5 12.5v4h13v-4"/>',
    "export": '<path d="M10 12.3V3.8M6.5 7 10 3.5 13.5 7M3.5 12.5v4h13v-4"/>',
    "match": '<circle cx="7.5" cy="10" r="4.5"/><circle cx="12.5" cy="10" r="4.5"/>',
    "audit": '<path d="M5 3.5h7.5L15.5 6.5v10H5zM7.5 8.5h5.5M7.5 11h5.5M7.5 13.5h3.5"/>',
    "glossary": '<path d="M4.5 3.5H14a1.5 1.5 0 0 1 1.5 1.5v11.5H6A1.5 1.5 0 0 1 4.5 15zM4.5 15A1.5 1.5 0 0 1 6 13.5h9.5M8 7h4.5"/>',
    "api": '<path d="m7 6.5-4 3.5 4 3.5M13 6.5l4 3.5-4 3.5M11.3 4.5l-2.6 11"/>',
    "search": '<circle cx="8.8" cy="8.8" r="5"/><path d="m12.5 12.5 4 4"/>',
    "calendar": '<path d="M3.5 4.5h13v12h-13zM3.5 8h13M7 3v3M13 3v3"/>',
    "language": '<circle cx="10" cy="10" r="6.8"/><path d="M3.2 10h13.6M10 3.2c2 1.9 3 4.2 3 6.8s-1 4.9-3 6.8c-2-1.9-3-4.2-3-6.8s1-4.9 3-6.8z"/>',
    "theme": '<circle cx="10" cy="10" r="6.5"/><path d="M10 3.5v13a6.5 6.5 0 0 0 0-13z" fill="currentColor"/>',
    "person": '<circle cx="10" cy="7" r="3"/><path d="M4 16.5c.5-3.2 2.9-5 6-5s5.5 1.8 6 5"/>',
    "menu": '<path d="M3.5 5.5h13M3.5 10h13M3.5 14.5h13"/>',
    "fold": '<path d="M3.5 4h13v12h-13zM8 4v12M13.5 8 11.5 10l2 2"/>',
    "close": '<path d="m5 5 10 10M15 5 5 15"/>',
    "columns": '<path d="M3.5 4h13v12h-13zM8 4v12M12.3 4v12"/>',
    "filter": '<path d="M3 4.5h14L11.5 11v5L8.5 14.5V11z"/>',
    "print": '<path d="M6 7.5V3.5h8v4M6 13.5H3.5v-6h13v6H14M6 11.5h8v5H6z"/>',
    "help": '<circle cx="10" cy="10" r="6.8"/><path d="M8 8.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.4M10 13.8h.01"/>',
    "history": '<path d="M4 10a6 6 0 1 0 1.9-4.4L4 7.3M4 3.8v3.5h3.5M10 6.8V10l2.3 1.5"/>',
    "mark": '<path d="M3 15.5c3.5 0 4.5-3 7-5.5s4-4 7-4M3 10.5c2.5 0 3.5-1.5 5-3"/><circle cx="16.5" cy="6" r="1.5" fill="currentColor"/>',
    "plus": '<path d="M10 4v12M4 10h12"/>',
    "chat": '<path d="M3 4.5h14v9H10l-4 3v-3H3zM6.5 9h.01M10 9h.01M13.5 9h.01"/>',
    "dot": '<circle cx="10" cy="10" r="2.2"/>',
}  # fmt: skip


def icon(name: str, css: str = "icon") -> SafeString:
    """An inline icon, hidden from screen readers (the word beside it speaks). An unknown name is a dot."""
    shape = mark_safe(ICONS.get(name, ICONS["dot"]))
    return format_html(
        '<svg class="{}" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round"'
        ' stroke-linejoin="round" aria-hidden="true" focusable="false">{}</svg>',
        css,
        shape,
    )
