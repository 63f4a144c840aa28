// Small shared helpers of the page script.

/** True while kana are being converted. Safari ends the composition first and then sends Enter with key code 229. */
export function converting(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229;
}

/** True where a bare letter is text, not a command. */
export function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio", "button", "submit"].includes(target.type);
}

export function all<T extends Element>(selector: string, within: ParentNode = document): T[] {
  return Array.from(within.querySelectorAll<T>(selector));
}

/** A path of this site, or null: what a link may open in the drawer. */
export function ownPath(href: string): string | null {
  const url = new URL(href, location.href);
  return url.origin === location.origin ? url.pathname + url.search : null;
}

/** Runs `setUp` for every element that matches now or is put into the page later, by whichever way. */
export function whenPresent<T extends Element>(selector: string, setUp: (found: T) => void): void {
  const visit = (root: ParentNode): void => {
    if (root instanceof Element && root.matches(selector)) setUp(root as unknown as T);
    all<T>(selector, root).forEach(setUp);
  };
  visit(document);
  new MutationObserver((changes) => {
    for (const change of changes) {
      change.addedNodes.forEach((node) => {
        if (node instanceof Element) visit(node);
      });
    }
  }).observe(document.documentElement, { childList: true, subtree: true });
}
