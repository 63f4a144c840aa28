// The command palette (⌘K / Ctrl+K). The server fills [data-palette-results] (htmx on the input); this moves the choice.
import { all, converting } from "./dom";

export function startPalette(): void {
  const palette = document.querySelector<HTMLDialogElement>("dialog[data-palette]");
  if (!palette) return;
  const input = palette.querySelector<HTMLInputElement>("input");
  const results = palette.querySelector<HTMLElement>("[data-palette-results]");
  if (!input || !results) return;

  const items = (): HTMLElement[] => all<HTMLElement>(".palette-item", results);
  const choose = (wanted: HTMLElement | undefined): void => {
    items().forEach((item) => item.setAttribute("aria-selected", String(item === wanted)));
    wanted?.scrollIntoView({ block: "nearest" });
  };
  const chosen = (): number => items().findIndex((item) => item.getAttribute("aria-selected") === "true");
  const open = (): void => {
    if (palette.open) return;
    palette.showModal();
    if (chosen() < 0) choose(items()[0]);
    input.focus();
    input.select();
  };

  new MutationObserver(() => {
    if (chosen() < 0) choose(items()[0]);
  }).observe(results, { childList: true, subtree: true });

  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (palette.open) palette.close();
      else open();
    }
  });
  document.addEventListener("click", (event) => {
    if ((event.target as Element).closest("[data-palette-open]")) open();
    if (event.target === palette || (event.target as Element).closest("[data-palette] [data-theme-set]")) palette.close();
  });
  input.addEventListener("keydown", (event) => {
    if (converting(event)) return;
    const list = items();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      choose(list[(chosen() + step + list.length) % Math.max(list.length, 1)]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      (list[chosen()] ?? list[0])?.click();
    }
  });
}
