import { placeAt, type Place } from './ink';

/** Where on the slide a hand, a pen or a mouse is; the event is one of the slide's own pad. */
export function placeOf(event: PointerEvent): Place {
  return placeIn((event.currentTarget as HTMLElement).getBoundingClientRect(), event);
}

/** All places since the last event: a pen says more than one between two frames. */
export function placesOf(event: PointerEvent): Place[] {
  const all = event.getCoalescedEvents?.() ?? [];
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return all.length < 2 ? [placeOf(event)] : all.map((one) => placeIn(box, one));
}

function placeIn(box: DOMRect, { clientX, clientY }: PointerEvent): Place {
  return placeAt({ x: (clientX - box.left) / box.width, y: (clientY - box.top) / box.height });
}
