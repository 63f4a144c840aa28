// Forms: Enter never submits while kana are converted, unsaved changes warn, drafts survive a closed tab.
import { all, converting, whenPresent } from "./dom";
import { recall, remember } from "./prefs";

const DRAFT = "banso:draft:";
type Kept = Record<string, string[]>;

function startConversionGuard(): void {
  let composing = false;
  let endedAt = -Infinity;
  document.addEventListener("compositionstart", () => (composing = true), true);
  document.addEventListener(
    "compositionend",
    (event) => {
      composing = false;
      endedAt = event.timeStamp;
    },
    true,
  );
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || !converting(event)) return;
      event.stopPropagation(); // htmx and our own keys never see it
      if (!event.isComposing) event.preventDefault(); // Safari: the conversion is over, the Enter belonged to it
    },
    true,
  );
  document.addEventListener(
    "submit",
    (event) => {
      const byEnter = event.timeStamp - endedAt < 30 && document.activeElement instanceof HTMLInputElement;
      if (!composing && !byEnter) return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
}

function fields(form: HTMLFormElement): (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[] {
  return all<HTMLInputElement>("input, select, textarea", form).filter(
    (field) => field.name && field.name !== "csrfmiddlewaretoken" && !["password", "file", "hidden", "submit"].includes(field.type),
  );
}

function read(form: HTMLFormElement): Kept {
  const kept: Kept = {};
  for (const field of fields(form)) {
    const values = (kept[field.name] ??= []);
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      if (field.checked) values.push(field.value);
    } else if (field instanceof HTMLSelectElement && field.multiple) {
      values.push(...Array.from(field.selectedOptions, (option) => option.value));
    } else values.push(field.value);
  }
  return kept;
}

function write(form: HTMLFormElement, kept: Kept): void {
  const taken: Record<string, number> = {};
  for (const field of fields(form)) {
    const values = kept[field.name];
    if (!values) continue;
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      field.checked = values.includes(field.value);
    } else if (field instanceof HTMLSelectElement && field.multiple) {
      for (const option of field.options) option.selected = values.includes(option.value);
    } else {
      const place = (taken[field.name] = (taken[field.name] ?? -1) + 1);
      if (values[place] !== undefined) field.value = values[place];
    }
  }
}

function keepDraft(form: HTMLFormElement): void {
  const key = DRAFT + form.dataset.draft;
  const fresh = JSON.stringify(read(form));
  const note = form.querySelector<HTMLElement>("[data-draft-note]");
  const kept = recall(key);
  if (kept !== null && kept !== fresh) {
    try {
      write(form, JSON.parse(kept) as Kept);
      form.dataset.changed = "yes";
      if (note) note.hidden = false;
    } catch {
      remember(key, null);
    }
  }
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => remember(key, JSON.stringify(read(form))), 250);
  });
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    clearTimeout(timer);
    remember(key, null);
  });
  form.addEventListener("click", (event) => {
    if (!(event.target as Element).closest("[data-draft-discard]")) return;
    clearTimeout(timer);
    remember(key, null);
    write(form, JSON.parse(fresh) as Kept);
    delete form.dataset.changed;
    if (note) note.hidden = true;
  });
}

function startGuards(): void {
  const guarded = "form[data-guard], form[data-draft]";
  whenPresent<HTMLFormElement>("form[data-draft]", keepDraft);
  document.addEventListener("input", (event) => {
    const form = (event.target as Element).closest<HTMLFormElement>(guarded);
    if (form) form.dataset.changed = "yes";
  });
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented) return;
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) {
      event.preventDefault();
      return;
    }
    delete form.dataset.changed;
    if (form.matches("[data-logout]")) forgetDrafts();
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector(`form[data-guard][data-changed]`)) event.preventDefault();
  });
}

/** Whoever logs out leaves no text behind on a shared machine. */
function forgetDrafts(): void {
  try {
    Object.keys(localStorage)
      .filter((key) => key.startsWith(DRAFT))
      .forEach((key) => localStorage.removeItem(key));
  } catch {
    // no storage, no drafts
  }
}

export function startForms(): void {
  startConversionGuard();
  startGuards();
  document.addEventListener("change", (event) => {
    const field = (event.target as Element).closest<HTMLInputElement>("[data-autosubmit]");
    field?.form?.requestSubmit();
  });
}
