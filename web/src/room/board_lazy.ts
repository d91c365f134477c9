/** What the board needs beyond the first screen: loaded once the lesson's voice is here. */
export { SlideShelf } from '$kit/board/shelf.svelte';
export { default as BoardPlace } from './BoardPlace.svelte';
