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
    asked += 1;
    drawer.hidden = true;
    body.replaceChildren();
    note(null);
    opener?.focus();
  };
  const open = async (path: string): Promise<void> => {
    const turn = ++asked;
    const answer = await fetch(path, { headers: { "HX-Request": "true", "X-Banso-Drawer": "1" }, credentials: "same-origin" });
    if (turn !== asked) return;
    if (!answer.ok || answer.redirected) {
      location.assign(path);
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== asked) return;
    const part = page.querySelector("main") ?? page.body;
    body.replaceChildren(...Array.from(part.childNodes, (node) => document.importNode(node, true)));
    drawer.hidden = false;
    (window as unknown as { htmx?: Htmx }).htmx?.process(body);
    drawer.querySelector<HTMLElement>("[data-drawer-close]")?.focus();
    drawer.scrollTop = 0;
    note(path);
  };

  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    if (target.closest("[data-drawer-close]")) {
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
  document.addEventListener("banso:drawer", (event) => {
    const path = ownPath(String((event as CustomEvent).detail));
    if (path !== null) open(path).catch(() => location.assign(path));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) close();
  });
  const wanted = new URL(location.href).searchParams.get("drawer");
  if (wanted?.startsWith("/") && ownPath(wanted) === wanted) open(wanted).catch(() => note(null));
}
