/** What a room needs that is behind the lesson: loaded once the lesson's voice is here, or when no
 *  live path brings it. */
export { watchBehind } from './behind/watch';
