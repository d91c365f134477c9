import type { Attachment } from 'svelte/attachments';

/** Puts this very element in: a decoded picture, which a new element would decode again. */
export function holding(image: HTMLImageElement | null): Attachment<HTMLElement> {
  return (place) => {
    if (image === null) return;
    place.appendChild(image);
    return () => {
      if (image.parentNode === place) place.removeChild(image);
    };
  };
}
