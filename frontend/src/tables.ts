// Tables by keyboard: j and k move, x ticks, Enter opens, / goes to the search field, Escape unticks. And the bulk bar.
import { all, converting, typing } from "./dom";

const ROWS = "table.grid tbody tr[data-href], table.grid tbody tr:has(> td > input[data-select-row])";

function ticks(): HTMLInputElement[] {
  return all<HTMLInputElement>("input[data-select-row]");
}

function showBulk(): void {
  const boxes = ticks();
  const ticked = boxes.filter((box) => box.checked).length;
  for (const bar of all<HTMLElement>("[data-bulk-bar]")) {
    bar.hidden = ticked === 0;
    for (const place of all("[data-bulk-count]", bar)) place.textContent = String(ticked);
  }
  for (const box of all<HTMLInputElement>("input[data-select-all]")) {
    box.checked = ticked > 0 && ticked === boxes.length;
    box.indeterminate = ticked > 0 && ticked < boxes.length;
  }
}

/** Only the field of the chosen 項目 is shown and sent. */
function showBulkField(): void {
  for (const choice of all<HTMLSelectElement>("select[data-bulk-field]")) {
    for (const part of all<HTMLElement>("[data-bulk-value]", choice.form ?? document)) {
      const chosen = part.dataset.bulkValue === choice.value;
      part.hidden = !chosen;
      for (const field of all<HTMLInputElement | HTMLSelectElement>("input, select", part)) field.disabled = !chosen;
    }
  }
}

function openRow(row: HTMLElement): void {
  const link = row.querySelector<HTMLAnchorElement>("a[data-row-link], a[href]");
  if (link) link.click();
  else if (row.dataset.href) location.assign(row.dataset.href);
}

function move(step: number): void {
  const rows = all<HTMLElement>(ROWS);
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.classList.contains("row-current"));
  const next = rows[now < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(now + step, 0), rows.length - 1)]!;
  rows[now]?.classList.remove("row-current");
  next.classList.add("row-current");
  next.scrollIntoView({ block: "nearest" });
  const focus = next.querySelector<HTMLElement>("a[data-row-link], a[href]");
  focus?.focus({ preventScroll: true });
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || converting(event) || typing(event.target)) return;
  if (event.metaKey || event.ctrlKey || event.altKey || document.querySelector("dialog[open]")) return;
  const current = document.querySelector<HTMLElement>("table.grid tr.row-current");
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    move(event.key === "j" ? 1 : -1);
  } else if (event.key === "x" && current) {
    const box = current.querySelector<HTMLInputElement>("input[data-select-row]");
    if (box) box.click();
  } else if (event.key === "Enter" && current && (event.target === document.body || current.contains(event.target as Node))) {
    if ((event.target as Element).closest("a, button, summary, input")) return;
    event.preventDefault();
    openRow(current);
  } else if (event.key === "/") {
    const field = document.querySelector<HTMLInputElement>("[data-list-search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "Escape" && ticks().some((box) => box.checked)) {
    ticks().forEach((box) => (box.checked = false));
    showBulk();
  }
}

export function startTables(): void {
  let last: HTMLInputElement | null = null;
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target instanceof HTMLInputElement && target.matches("[data-select-row]")) {
      const boxes = ticks();
      if (event.shiftKey && last && boxes.includes(last)) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(target)].sort((a, b) => a - b) as [number, number];
        boxes.slice(from, to + 1).forEach((box) => (box.checked = target.checked));
      }
      last = target;
      showBulk();
      return;
    }
    if (target instanceof HTMLInputElement && target.matches("[data-select-all]")) {
      ticks().forEach((box) => (box.checked = target.checked));
      showBulk();
      return;
    }
    const row = target.closest<HTMLElement>("table.grid tbody tr[data-href]");
    if (!row || target.closest("a, button, input, label, select, summary")) return;
    if (String(getSelection()) !== "") return; // the reader is copying text out of the row
    openRow(row);
  });
  document.addEventListener("click", (event) => {
    const head = event.shiftKey ? (event.target as Element).closest<HTMLElement>("a[data-sort-add]") : null;
    if (!head) return;
    event.preventDefault(); // not a new window: one more key of the order
    location.assign(head.dataset.sortAdd ?? "");
  });
  document.addEventListener("change", (event) => {
    if ((event.target as Element).matches("select[data-bulk-field]")) showBulkField();
  });
  const show = (): void => {
    showBulk();
    showBulkField();
  };
  document.addEventListener("htmx:afterSettle", show); // htmx 2
  document.addEventListener("htmx:after:settle", show); // htmx 4
  show();
}
