/** Drawings of 20 by 20, each its own constant so that a page carries only what it shows. */
export const alert = '<path d="M10 3.2l7.3 13H2.7z"/><path d="M10 8v3.7M10 13.9v.1"/>';
export const bell =
  '<path d="M5 8.5a5 5 0 0 1 10 0c0 4 1.5 5 1.5 5h-13S5 12.5 5 8.5zM8.3 16.5a2 2 0 0 0 3.4 0"/>';
export const board =
  '<rect x="2.5" y="3.5" width="15" height="11" rx="1.5"/><path d="M5.5 11c1.5-3 2.5-3 3.5-1.5s2 1.5 3-.5 1.5-1.5 2.5-.5M6 17.5l1-3M14 17.5l-1-3"/>';
export const book =
  '<path d="M10 5.5C8 4 5.5 3.8 3 4v11.5c2.5-.2 5 0 7 1.5 2-1.5 4.5-1.7 7-1.5V4c-2.5-.2-5 0-7 1.5zM10 5.5V17"/>';
export const cal =
  '<rect x="3" y="4.5" width="14" height="12.5" rx="2"/><path d="M3 8.5h14M7 2.5v3.5M13 2.5v3.5"/>';
export const cam =
  '<rect x="2.5" y="5" width="10.5" height="10" rx="2"/><path d="M13 9l4.5-2.5v7L13 11"/>';
export const camOff =
  '<path d="M5.5 5h-1a2 2 0 0 0-2 2v6a2 2 0 0 0 2 2H11a2 2 0 0 0 1.7-1M9.5 5H11a2 2 0 0 1 2 2v2l4.5-2.5v7l-2-1.1M3 3l14 14"/>';
export const captions =
  '<rect x="2.5" y="4.5" width="15" height="11" rx="2"/><path d="M9 8.7a2 2 0 1 0 0 2.6M14.5 8.7a2 2 0 1 0 0 2.6"/>';
export const chat =
  '<path d="M3 5.5a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H9l-4 3.5v-3.5a2 2 0 0 1-2-2z"/>';
export const check = '<path d="M4 10.5l4 4 8-9"/>';
export const clock = '<circle cx="10" cy="10" r="7.3"/><path d="M10 5.5V10l3 2"/>';
export const cross = '<path d="M5 5l10 10M15 5L5 15"/>';
export const disk =
  '<ellipse cx="10" cy="5" rx="6.5" ry="2.3"/><path d="M3.5 5v10c0 1.3 2.9 2.3 6.5 2.3s6.5-1 6.5-2.3V5M3.5 10c0 1.3 2.9 2.3 6.5 2.3s6.5-1 6.5-2.3"/>';
export const down = '<path d="M5 7.5l5 5 5-5"/>';
export const download = '<path d="M10 3v9.5M6 8.5l4 4 4-4M3.5 16.5h13"/>';
export const ellipse = '<ellipse cx="10" cy="10" rx="7.5" ry="5.5"/>';
export const eraser = '<path d="M11 4l5 5-7 7H6l-3-3zM7.5 7.5l5 5M8 16h9"/>';
export const face =
  '<circle cx="10" cy="10" r="7.3"/><path d="M7.3 8.5v.1M12.7 8.5v.1M7 12.2c1.7 1.8 4.3 1.8 6 0"/>';
export const film =
  '<rect x="2.5" y="4" width="15" height="12" rx="2"/><path d="M8.5 7.7v4.6l3.8-2.3z"/>';
export const forward = '<path d="M16 6v4h-4M15.7 10a6.3 6.3 0 1 0-1.3 4.7"/>';
export const fullScreen = '<path d="M7 3H3v4M13 3h4v4M7 17H3v-4M13 17h4v-4"/>';
export const hand =
  '<path d="M6.5 10.5V5a1.25 1.25 0 0 1 2.5 0v4.5M9 9V3.7a1.25 1.25 0 0 1 2.5 0V9M11.5 9.2V4.7a1.25 1.25 0 0 1 2.5 0V11.5c0 3.5-1.7 6-5 6-2.6 0-3.7-1.3-4.9-3.5L2.9 11.7a1.2 1.2 0 0 1 2-1.3l1.6 1.9"/>';
export const highlighter = '<path d="M11.5 3.5l5 5-5.5 5.5H7.5L5.5 12V9.5zM6 13l-3 3.5h4.5"/>';
export const key = '<circle cx="7" cy="13" r="3.5"/><path d="M9.5 10.5L16.5 3.5M13.5 6.5l2 2"/>';
export const laser =
  '<circle cx="10" cy="10" r="2" fill="currentColor" stroke="none"/><path d="M10 3v2.5M10 14.5V17M3 10h2.5M14.5 10H17M5 5l1.7 1.7M13.3 13.3L15 15M15 5l-1.7 1.7M6.7 13.3L5 15"/>';
export const layout = '<rect x="2.5" y="4" width="15" height="12" rx="1.5"/><path d="M12.5 4v12"/>';
export const line = '<path d="M4 16L16 4"/>';
export const link =
  '<path d="M8.5 11.5a3 3 0 0 0 4.3 0l3-3a3 3 0 0 0-4.3-4.3L10 5.7M11.5 8.5a3 3 0 0 0-4.3 0l-3 3a3 3 0 0 0 4.3 4.3L10 14.3"/>';
export const list = '<path d="M7 5h10M7 10h10M7 15h10M3.5 5h.1M3.5 10h.1M3.5 15h.1"/>';
export const map = '<path d="M2.5 5.5L7.5 3.5l5 2 5-2v11l-5 2-5-2-5 2zM7.5 3.5v11M12.5 5.5v11"/>';
export const mic =
  '<rect x="7.5" y="2.5" width="5" height="9" rx="2.5"/><path d="M4.5 9.5a5.5 5.5 0 0 0 11 0M10 15v2.5M7.5 17.5h5"/>';
export const micOff =
  '<path d="M7.5 7.5V9a2.5 2.5 0 0 0 4 2M12.5 8.6V5a2.5 2.5 0 0 0-4.7-1.2M4.5 9.5a5.5 5.5 0 0 0 8.8 4.4M15.5 9.5c0 .9-.2 1.7-.6 2.5M10 15v2.5M7.5 17.5h5M3 3l14 14"/>';
export const minus = '<path d="M4 10h12"/>';
export const more =
  '<circle fill="currentColor" stroke="none" cx="4.5" cy="10" r="1.3"/><circle fill="currentColor" stroke="none" cx="10" cy="10" r="1.3"/><circle fill="currentColor" stroke="none" cx="15.5" cy="10" r="1.3"/>';
export const next = '<path d="M7.5 4.5L13 10l-5.5 5.5"/>';
export const note = '<path d="M4 3.5h12v9l-4 4H4zM16 12.5h-4v4M7 7h6M7 10h4"/>';
export const pause =
  '<rect fill="currentColor" stroke="none" x="5" y="4" width="3.5" height="12" rx="1"/><rect fill="currentColor" stroke="none" x="11.5" y="4" width="3.5" height="12" rx="1"/>';
export const pen = '<path d="M12.7 4.3l3 3L7 16l-3.7.7L4 13z"/><path d="M11 6l3 3"/>';
export const phone = '<rect x="5.5" y="2.5" width="9" height="15" rx="2"/><path d="M9 15h2"/>';
export const play =
  '<path fill="currentColor" stroke="none" d="M6.5 4.2v11.6a.6.6 0 0 0 .9.5l9-5.8a.6.6 0 0 0 0-1l-9-5.8a.6.6 0 0 0-.9.5z"/>';
export const plus = '<path d="M10 4v12M4 10h12"/>';
export const pointer = '<path d="M4.5 3.5l4.2 12.3 2.2-5 5-2.2z"/>';
export const prev = '<path d="M12.5 4.5L7 10l5.5 5.5"/>';
export const print =
  '<path d="M6 7V3h8v4M6 14H3.5V8.5a1.5 1.5 0 0 1 1.5-1.5h10a1.5 1.5 0 0 1 1.5 1.5V14H14M6 11.5h8V17H6z"/>';
export const quiz =
  '<rect x="3" y="3" width="14" height="14" rx="2.5"/><path d="M6 7l1 1 1.7-2M11 7h3M6 12.5l1 1 1.7-2M11 12.5h3"/>';
export const rewind = '<path d="M4 6v4h4M4.3 10a6.3 6.3 0 1 1 1.3 4.7"/>';
export const rectangle = '<rect x="3" y="5" width="14" height="10" rx="1"/>';
export const screen =
  '<rect x="2.5" y="4" width="15" height="10" rx="1.5"/><path d="M10 11V7M8 8.7l2-2 2 2M7 17h6"/>';
export const search = '<circle cx="9" cy="9" r="5.5"/><path d="M13 13l4 4"/>';
export const send = '<path d="M3.5 10L17 3.5 13 17l-3.2-5.2zM9.8 11.8L17 3.5"/>';
export const shape =
  '<rect x="3" y="3" width="8" height="8" rx="1"/><circle cx="12.5" cy="12.5" r="4.5"/>';
export const shield =
  '<path d="M10 2.7l6 2.2v4.6c0 3.8-2.5 6.5-6 7.8-3.5-1.3-6-4-6-7.8V4.9z"/><path d="M7.3 10l2 2 3.5-4"/>';
export const slides =
  '<rect x="2.5" y="3.5" width="15" height="10" rx="1.5"/><path d="M10 13.5v3M7 16.5h6"/>';
export const stage = '<path d="M10 2.5l-6 9M10 2.5l6 9"/><ellipse cx="10" cy="14" rx="7" ry="3"/>';
export const star =
  '<path fill="currentColor" stroke="none" d="M10 2.6l2.2 4.7 5.2.6-3.8 3.6 1 5.1-4.6-2.5-4.6 2.5 1-5.1L2.6 7.9l5.2-.6z"/>';
export const sun =
  '<circle cx="10" cy="10" r="3.3"/><path d="M10 2.5v1.8M10 15.7v1.8M2.5 10h1.8M15.7 10h1.8M4.7 4.7L6 6M14 14l1.3 1.3M15.3 4.7L14 6M6 14l-1.3 1.3"/>';
export const timer = '<circle cx="10" cy="11.5" r="6"/><path d="M10 8.5v3M8 2.5h4M15 5.5l1 1"/>';
export const text = '<path d="M4 6V4h12v2M10 4v12M7.5 16h5"/>';
export const trash =
  '<path d="M3.5 5.5h13M8 5.5v-2h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 9v4.5M11.5 9v4.5"/>';
export const undo = '<path d="M7 4.5L3.5 8 7 11.5M3.5 8H12a4.5 4.5 0 0 1 0 9H9"/>';
export const user =
  '<circle cx="10" cy="7" r="3.3"/><path d="M4 17c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5"/>';
export const users =
  '<circle cx="7.5" cy="7" r="3"/><path d="M2 16.5c0-3 2.4-5 5.5-5s5.5 2 5.5 5M13 4.3a3 3 0 0 1 0 5.4M15 12c1.9.7 3 2.3 3 4.5"/>';
export const volume =
  '<path d="M3 8v4h2.8L10 15.5v-11L5.8 8zM13 7.5a3.5 3.5 0 0 1 0 5M15.3 5.2a6.8 6.8 0 0 1 0 9.6"/>';
export const wifi =
  '<path d="M2.5 8a11 11 0 0 1 15 0M5 11a7.5 7.5 0 0 1 10 0M7.5 13.8a3.9 3.9 0 0 1 5 0"/><circle fill="currentColor" stroke="none" cx="10" cy="16.3" r="1.2"/>';
export const wifiOff =
  '<path d="M2.5 8a11 11 0 0 1 5-2.7M17.5 8a11 11 0 0 0-6.3-2.9M5 11a7.5 7.5 0 0 1 4-1.9M15 11a7.5 7.5 0 0 0-2-1.3M3 3l14 14"/><circle fill="currentColor" stroke="none" cx="10" cy="15.8" r="1.2"/>';
