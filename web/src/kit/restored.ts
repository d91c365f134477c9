/**
 * A page that left has ended its sessions. When the browser brings it back out of its memory (the
 * back button), it starts anew.
 */
export function startAnewWhenRestored(): void {
  addEventListener('pageshow', (event) => {
    if (event.persisted) location.reload();
  });
}
