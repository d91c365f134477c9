/** Beside the room's own sheet, whose places these are. Chrome 80, sizes in vh. */
export default `
.cc { position: relative; display: flex; align-items: flex-end; min-width: 0; min-height: 0; }
.cc .said { flex: 1; min-width: 0; max-height: 12.4vh; overflow: hidden; display: flex;
  flex-direction: column; justify-content: flex-end; }
.cc p { font-size: var(--cr-cap); line-height: 6.2vh; color: var(--text); overflow-wrap: anywhere; }
.cc p.past { color: var(--text-3); }
.cc p.longer { font-size: 3.3vh; line-height: 4.1vh; }
.cc button { flex: none; display: flex; align-items: center; height: 6.2vh; padding: 0 1vh;
  margin-inline-start: auto; color: var(--text-3); }
.cc .said + button { margin-inline-start: 2vh; }
.cc button[aria-pressed='true'] { color: var(--text); }
.cc button svg.i { width: 3.4vh; height: 3.4vh; }
.cc kbd { margin-inline-start: 0.8vh; }
.onstage .cc .said { max-height: 8.8vh; }
.onstage .cc p { font-size: 3.6vh; line-height: 4.4vh; }
.onstage .cc p.long { font-size: 2.5vh; line-height: 2.9vh; }
@media (min-aspect-ratio: 3/2) {
  .lesson[data-captions] { grid-template-rows: minmax(0, 1fr) 21.4vh 12.6vh 13.2vh 7vh; }
  .lesson[data-captions] .say { grid-row: 4; }
  .lesson[data-captions] .ft { grid-row: 5; }
  .onstage[data-captions] { grid-template-rows: 12.4vh 37.4vh minmax(0, 1fr) 9vh 9vh 7vh; }
  .onstage[data-captions] .us { grid-row: 3 / 6; }
  .onstage[data-captions] .say { grid-row: 5; }
  .onstage[data-captions] .ft { grid-row: 6; }
}
@media (max-aspect-ratio: 3/2) and (orientation: landscape) {
  .cc .said, .onstage .cc .said { max-height: 18.4vh; }
  .cc p, .onstage .cc p { font-size: 3.6vh; line-height: 4.6vh; }
  .cc p.long, .onstage .cc p.long { font-size: 2.9vh; line-height: 3.6vh; }
  .lesson[data-captions] .cc .said { max-height: 12.6vh; }
  .lesson[data-captions] { grid-template-rows: minmax(0, 1fr) 12.6vh 19vh 7vh; }
  .lesson[data-captions] .cc { grid-column: 1 / -1; grid-row: 2; }
  .lesson[data-captions] .lead, .lesson[data-captions] .card, .lesson[data-captions] .us,
  .lesson[data-captions] .say { grid-row: 3; }
  .lesson[data-captions] .ft { grid-row: 4; }
  .onstage[data-captions] { grid-template-rows: 11vh minmax(0, 1fr) 9vh 19vh 7vh; }
  .onstage[data-captions] .cc { grid-row: 3; }
  .onstage[data-captions] .lead, .onstage[data-captions] .card, .onstage[data-captions] .us,
  .onstage[data-captions] .say { grid-row: 4; }
  .onstage[data-captions] .ft { grid-row: 5; }
}
@media (orientation: portrait) {
  .cc { align-self: end !important; }
}
`;
