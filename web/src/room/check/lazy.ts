/** The check of the room: loaded when somebody asks for it, or when it is due by itself. */
export { default as CheckScene } from './CheckScene.svelte';
export { unattended } from './unattended';
