// The page script: everything here works on data attributes, so templates need no script of their own (strict CSP).
// Without it every page still works: links are links and forms are forms.
import { startDays } from "./days";
import { startDrawer } from "./drawer";
import { startForms } from "./forms";
import { startHere } from "./here";
import { startIslands } from "./islands";
import { startPalette } from "./palette";
import { keepRail, keepTheme, readTheme, type Theme } from "./prefs";
import { startTables } from "./tables";
import { startWaiting } from "./waiting";

function startTheme(): void {
  const show = (): void => {
    for (const button of document.querySelectorAll("[data-theme-set]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-theme-set") === readTheme()));
    }
  };
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-theme-set], [data-theme-toggle]");
    if (!button) return;
    const order: Theme[] = ["auto", "light", "dark"];
    const wanted = button.dataset.themeSet as Theme | undefined;
    keepTheme(wanted ?? order[(order.indexOf(readTheme()) + 1) % order.length]!);
    show();
  });
  show();
}

function startRail(): void {
  const root = document.documentElement;
  const show = (): void => {
    const open = innerWidth <= 760 ? root.dataset.rail === "open" : root.dataset.rail !== "folded";
    for (const button of document.querySelectorAll("[data-rail-toggle]")) button.setAttribute("aria-expanded", String(open));
  };
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("[data-rail-toggle]")) {
      if (innerWidth <= 760) {
        if (root.dataset.rail === "open") delete root.dataset.rail;
        else root.dataset.rail = "open";
      } else {
        const folded = root.dataset.rail !== "folded";
        if (folded) root.dataset.rail = "folded";
        else delete root.dataset.rail;
        keepRail(folded);
      }
      show();
    } else if (root.dataset.rail === "open" && !target.closest(".rail")) {
      delete root.dataset.rail;
      show();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || root.dataset.rail !== "open") return;
    delete root.dataset.rail;
    show();
    document.querySelector<HTMLElement>(".topbar [data-rail-toggle]")?.focus();
  });
  show();
}

function startMenus(): void {
  const close = (except: Element | null): void => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu-pop[open]")) {
      if (menu !== except) menu.open = false;
    }
  };
  document.addEventListener("click", (event) => close((event.target as Element).closest("details.menu-pop")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector<HTMLDetailsElement>("details.menu-pop[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary")?.focus();
  });
}

function startButtons(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    target.closest("[data-dismiss]")?.closest("[data-dismissable], .toast, .notice")?.remove();
    if (target.closest("[data-print]")) window.print();
    const copier = target.closest<HTMLElement>("[data-copy]");
    if (copier) void navigator.clipboard?.writeText(copier.dataset.copy ?? "");
    const from = target.closest<HTMLElement>("[data-copy-from]");
    const text = from && document.getElementById(from.dataset.copyFrom ?? "");
    if (text instanceof HTMLTextAreaElement) void navigator.clipboard?.writeText(text.value);
  });
}

startHere();
startTheme();
startRail();
startMenus();
startButtons();
startPalette();
startDrawer();
startTables();
startForms();
startDays();
startIslands();
startWaiting();
