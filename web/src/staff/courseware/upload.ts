/** Sends one file with its progress, which fetch() can't tell. */

import { ApiError, UNREACHABLE } from '$kit/api';
import type { Courseware, Problem } from '$kit/protocol/schema';

export interface Sending {
  done: Promise<Courseware>;
  abort: () => void;
}

/** Raises ApiError with the server's sentence; `upload-cancelled` after `abort`. */
export function sendCourseware(
  path: string,
  file: File,
  onProgress: (sentBytes: number) => void,
): Sending {
  const request = new XMLHttpRequest();
  const done = new Promise<Courseware>((resolve, reject) => {
    request.open('POST', `${path}?name=${encodeURIComponent(file.name.slice(-200))}`);
    request.responseType = 'json';
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => {
      if (request.status === 201) resolve(request.response as Courseware);
      else reject(refusalIn(request));
    };
    request.onerror = () => reject(new ApiError(0, UNREACHABLE));
    request.onabort = () => reject(new ApiError(0, { ...UNREACHABLE, id: 'upload-cancelled' }));
    request.send(file);
  });
  return { done, abort: () => request.abort() };
}

function refusalIn(request: XMLHttpRequest): ApiError {
  const problem = request.response as Partial<Problem> | null;
  return new ApiError(request.status, problem?.error ?? UNREACHABLE);
}
