/** What a room needs that is behind the lesson: loaded once the lesson's voice is here, or when no
 *  live path brings it. */
export { watchBehind } from './behind/watch';
/** With it, because it is needed no sooner and a request more costs more than its code. */
export { watchStrand } from './strand/watch';
export { watchCaptions } from './captions/captions.svelte';
/** What is seen when no lesson is on, or when somebody asks: here for the same reason. */
export { default as EndedScene } from './EndedScene.svelte';
export { default as KeyHelp } from './KeyHelp.svelte';
