// A filter changes the address without a new page (htmx), so what stands outside the list would still name the old one: links
// with data-here="lang=en" (the present page with that one thing changed) and forms with data-here are brought up to date
// when they are used. Without script nothing changes the address behind their back.
import { isoDay } from "./days";
import { all } from "./dom";

const PLACES = ["after", "before"]; // another question has other rows

function changed(changes: string): string {
  const url = new URL(location.href);
  for (const place of PLACES) url.searchParams.delete(place);
  for (const [name, value] of new URLSearchParams(changes)) {
    if (value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  url.searchParams.delete("lang"); // once chosen it is a cookie
  const wanted = new URLSearchParams(changes).get("lang");
  if (wanted) url.searchParams.set("lang", wanted);
  return url.pathname + url.search + url.hash;
}

function refill(form: HTMLFormElement): void {
  for (const field of all<HTMLInputElement>("input[data-day='']", form)) field.value = isoDay(field.value) ?? field.value;
  const asked = new Set(all<HTMLInputElement>("input, select", form).filter((one) => one.type !== "hidden").map((one) => one.name));
  all<HTMLInputElement>("input[type=hidden]", form).filter((one) => !asked.has(one.name)).forEach((one) => one.remove());
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (asked.has(name) || PLACES.includes(name) || name === "lang" || value === "") continue;
    const kept = document.createElement("input");
    Object.assign(kept, { type: "hidden", name, value });
    form.prepend(kept);
  }
}

export function startHere(): void {
  const follow = (event: Event): void => {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-here]") : null;
    if (link) link.href = changed(link.dataset.here ?? "");
  };
  document.addEventListener("click", follow, true);
  document.addEventListener("auxclick", follow, true);
  document.addEventListener("contextmenu", follow, true);
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target as HTMLFormElement;
      if (form.matches("form[data-here]")) refill(form);
    },
    true,
  );
}
