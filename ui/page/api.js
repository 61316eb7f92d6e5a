// The API of the program that served this page. Its address has the token; it is kept for this address alone.
const KEY = 'tracerec.token';

export function takeToken() {
  const given = /^#token=([\w.~-]+)$/.exec(location.hash);
  if (!given) return;
  localStorage.setItem(KEY, given[1]);
  history.replaceState(null, '', '#/');
}

export class ApiError extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

async function call(path, options) {
  let response;
  try {
    response = await fetch('/api/v1/' + path, options);
  } catch (reason) {
    if (reason.name === 'AbortError') throw reason;
    throw new ApiError(0, 'gone', 'The viewer does not respond: it was ended, or the network is gone. ' +
      'Start tracerec ui again and open the address that it prints.');
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return {status: response.status, body};
  const error = body.error ?? {code: 'unexpected', message: `the viewer answered ${response.status}`};
  throw new ApiError(response.status, error.code, error.message);
}

const headers = () => ({Authorization: 'Bearer ' + (localStorage.getItem(KEY) ?? '')});

// parameters: empty ones are left out.
export function address(path, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  return given.length === 0 ? path : path + '?' + new URLSearchParams(given);
}

export async function get(path, parameters, signal) {
  return (await call(address(path, parameters), {headers: headers(), signal})).body;
}

// Of what is made by a job: asks again until it is done, and tells how far it is.
export async function getWhenDone(path, parameters, signal, progress) {
  for (let wait = 100; ; wait = Math.min(wait * 1.5, 1000)) {
    const {status, body} = await call(address(path, parameters), {headers: headers(), signal});
    if (status !== 202) return body;
    progress(body);
    await new Promise((resolve) => setTimeout(resolve, wait));
    signal?.throwIfAborted();
  }
}

export async function post(path, value) {
  const options = {method: 'POST', headers: {...headers(), 'Content-Type': 'application/json'},
                   body: JSON.stringify(value)};
  return (await call(path, options)).body;
}
