// Days are typed as people write them; the server reads them (banso.periods). Here the day is said back with its weekday, and
// a button opens the browser's own calendar. Without script the field is a plain text field and works.
import { whenPresent } from "./dom";

const ERAS: Record<string, number> = { 令和: 2018, R: 2018, 平成: 1988, H: 1988, 昭和: 1925, S: 1925, 大正: 1911, T: 1911 };
const DAY = /^(?:(\d{4})|(令和|平成|昭和|大正|[RHST])\s*(\d{1,2}|元))\s*[年/.-]\s*(\d{1,2})\s*[月/.-]\s*(\d{1,2})\s*日?/;

const CALENDAR = // as in core.ui.icons
  '<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5" aria-hidden="true"><path d="M3.5 4.5h13v12h-13zM3.5 8h13M7 3v3M13 3v3"/></svg>';

/** 2026-11-24 of what was typed, or null where this simple reading finds no day (the server may still). */
export function isoDay(text: string): string | null {
  const plain = text.normalize("NFKC").trim().toUpperCase().replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
  const found = DAY.exec(plain);
  if (!found) return null;
  const year = found[1] ? Number(found[1]) : ERAS[found[2]!]! + (found[3] === "元" ? 1 : Number(found[3]));
  const day = new Date(Date.UTC(year, Number(found[4]) - 1, Number(found[5])));
  if (day.getUTCMonth() !== Number(found[4]) - 1 || day.getUTCDate() !== Number(found[5])) return null;
  return day.toISOString().slice(0, 10);
}

/** 14:30 of what was typed (14:30, １４時３０分, 14時), or midnight; 午後 is left to the server. */
export function clockOf(text: string): string {
  const found = /(\d{1,2})(?::(\d{2})|\s*時\s*(?:(\d{1,2})\s*分)?)/.exec(text.normalize("NFKC"));
  return found ? `${found[1]!.padStart(2, "0")}:${(found[2] ?? found[3] ?? "0").padStart(2, "0")}` : "00:00";
}

function setUp(field: HTMLInputElement): void {
  if (field.dataset.dayReady) return;
  field.dataset.dayReady = "yes";
  const moment = field.dataset.day === "moment";
  const box = document.createElement("span");
  box.className = "day-field";
  field.replaceWith(box);
  const said = document.createElement("span");
  said.className = "day-said";
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn btn-sm btn-quiet day-open", innerHTML: CALENDAR });
  button.setAttribute("aria-label", field.dataset.dayLabel ?? "");
  const native = document.createElement("input");
  Object.assign(native, { type: moment ? "datetime-local" : "date", className: "day-native", tabIndex: -1 });
  native.setAttribute("aria-hidden", "true");
  box.append(field, button, native, said);

  const say = (): void => {
    const iso = isoDay(field.value);
    const day = iso ? new Date(`${iso}T00:00:00Z`) : null;
    const weekday = day?.toLocaleDateString(document.documentElement.lang, { weekday: "short", timeZone: "UTC" });
    const shown = iso?.replaceAll("-", "/") ?? "";
    const same = field.value.trim().startsWith(shown);
    said.textContent = day ? (same ? `(${weekday})` : `${shown}(${weekday})`) : "";
  };
  button.addEventListener("click", () => {
    const iso = isoDay(field.value);
    native.value = iso ? (moment ? `${iso}T${clockOf(field.value)}` : iso) : "";
    try {
      native.showPicker();
    } catch {
      field.focus();
    }
  });
  native.addEventListener("input", (event) => event.stopPropagation());
  native.addEventListener("change", (event) => {
    event.stopPropagation();
    if (!native.value) return;
    field.value = native.value.replaceAll("-", "/").replace("T", " ");
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
  field.addEventListener("input", say);
  field.addEventListener("change", say);
  say();
}

export function startDays(): void {
  whenPresent<HTMLInputElement>("input[data-day]", setUp);
}
