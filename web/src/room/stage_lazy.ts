/** What sends from the stage: loaded once the lesson's voice is here, or when the room is called. */
export { Publisher } from '$rtc/publisher';
