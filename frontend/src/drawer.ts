// The side drawer: a link with data-drawer opens its page's fragment beside the list, and the URL says so (?drawer=/path),
// so that a link shows a colleague the same thing. Without script, or on any failure, the link opens its own page.
import { ownPath } from "./dom";

interface Htmx {
  process(element: Element): void;
}

export function startDrawer(): void {
  const drawer = document.querySelector<HTMLElement>("[data-drawer-panel]");
  const body = drawer?.querySelector<HTMLElement>("[data-drawer-body]");
  if (!drawer || !body) return;
  let opener: HTMLElement | null = null;
  let asked = 0;

  const note = (path: string | null): void => {
    const url = new URL(location.href);
    if (path === null) url.searchParams.delete("drawer");
    else url.searchParams.set("drawer", path);
    history.replaceState(history.state, "", url);
  };
  const close = (): void => {
    if (drawer.hidden) return;
    if (body.querySelector("form[data-guard][data-changed]") && !window.confirm(drawer.dataset.leave ?? "")) return;
    asked += 1;
    drawer.hidden = true;
    body.replaceChildren();
    note(null);
    opener?.focus();
  };
  const show = (text: string): void => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const part = page.querySelector("main") ?? page.body;
    body.replaceChildren(...Array.from(part.childNodes, (node) => document.importNode(node, true)));
    drawer.hidden = false;
    (window as unknown as { htmx?: Htmx }).htmx?.process(body);
    drawer.scrollTop = 0;
  };
  // A form in the drawer is sent from it: refusals are shown in place, what was saved leads to where the answer says.
  const send = async (form: HTMLFormElement): Promise<void> => {
    const turn = ++asked;
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "HX-Request": "true", "X-Banso-Drawer": "1" },
      credentials: "same-origin",
      redirect: "manual",
    });
    if (turn !== asked) return;
    const where = answer.headers.get("X-Banso-Location");
    if (where !== null && ownPath(where) !== null) {
      delete form.dataset.changed; // it is saved: leaving asks nothing
      const here = new URL(location.href);
      here.searchParams.delete("drawer");
      const same = here.pathname === where;
      location.assign(same ? here.pathname + here.search : where);
      return;
    }
    const words = answer.headers.get("Content-Type")?.includes("text/html") ? await answer.text() : "";
    if (turn !== asked) return;
    if (answer.status !== 422 || !words) {
      HTMLFormElement.prototype.submit.call(form); // whatever it is, the page of its own says it
      return;
    }
    show(words);
    drawer.querySelector<HTMLElement>(".error-summary")?.focus();
  };
  const open = async (path: string, told = false): Promise<void> => {
    const turn = ++asked;
    const answer = await fetch(path, { headers: { "HX-Request": "true", "X-Banso-Drawer": "1" }, credentials: "same-origin" });
    if (turn !== asked) return;
    if (!answer.ok || answer.redirected) {
      location.assign(path);
      return;
    }
    const words = await answer.text();
    if (turn !== asked) return;
    show(words);
    const heading = told ? body.querySelector<HTMLElement>("h1, h2") : null; // nobody clicked: say what stands here
    heading?.setAttribute("tabindex", "-1");
    (heading ?? drawer.querySelector<HTMLElement>("[autofocus]") ?? drawer.querySelector<HTMLElement>("[data-drawer-close]"))?.focus();
    note(path);
  };

  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const leave = target.closest("[data-drawer-close]");
    if (leave && drawer.contains(leave)) {
      event.preventDefault();
      close();
      return;
    }
    const link = target.closest<HTMLAnchorElement>("a[data-drawer]");
    if (!link || event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    const path = ownPath(link.href);
    if (path === null) return;
    event.preventDefault();
    if (!drawer.contains(link)) opener = link;
    open(path).catch(() => location.assign(path));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (event.defaultPrevented || !form.matches("[data-drawer-form]") || !drawer.contains(form)) return;
    event.preventDefault();
    const buttons = form.querySelectorAll<HTMLButtonElement>("button:not([type=button])");
    buttons.forEach((button) => (button.disabled = true)); // one deed, however often it is clicked
    send(form)
      .catch(() => HTMLFormElement.prototype.submit.call(form))
      .finally(() => buttons.forEach((button) => (button.disabled = false)));
  });
  document.addEventListener("banso:drawer", (event) => {
    const path = ownPath(String((event as CustomEvent).detail));
    if (path !== null) open(path).catch(() => location.assign(path));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) close();
  });
  const wanted = new URL(location.href).searchParams.get("drawer");
  if (wanted?.startsWith("/") && ownPath(wanted) === wanted) open(wanted, true).catch(() => note(null));
}
