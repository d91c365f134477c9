/** The build without subtitles, alternate audio and DRM has the same types. */
declare module 'hls.js/light' {
  export { default } from 'hls.js';
}
