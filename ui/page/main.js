// Which page is shown: the part of the address after '#'.
import {ApiError, takeToken} from './api.js';
import {el, fill, link, note} from './dom.js';
import * as overview from './overview.js';
import * as recording from './recording.js';
import * as exchanges from './exchanges.js';
import * as exchange from './exchange.js';
import * as run from './run.js';
import * as noise from './noise.js';
import * as latency from './latency.js';

const ROUTES = [
  [/^$/, overview], [/^recordings\/(\d+)$/, recording], [/^recordings\/(\d+)\/exchanges$/, exchanges],
  [/^exchanges\/(\d+)$/, exchange], [/^runs\/(\d+)$/, run], [/^runs\/(\d+)\/noise$/, noise],
  [/^runs\/(\d+)\/latency$/, latency],
];

const main = document.getElementById('main');
const nav = document.getElementById('nav');
const status = document.getElementById('status');
let shown = new AbortController();

function showNav(links) {
  fill(nav, links.map(([href, text]) => {
    const isHere = href.split('?')[0] === location.hash.split('?')[0];
    return el('a', {href, 'aria-current': isHere ? 'page' : null}, text);
  }));
}

const NEXT = {
  token: 'A token is that of one start of the viewer, unless its option --token names one.',
  file: 'Another program may hold the file, or it was moved. tracerec ls says more; then load this page again.',
  gone: '',
  busy: 'Wait until some evaluations are done, then load this page again.',
};

function showError(error) {
  const code = error instanceof ApiError ? error.code : 'unexpected';
  const title = code === 'token' ? 'Locked' : code === 'not_found' ? 'Not there' : 'This could not be shown';
  document.title = `${title} – tracerec`;
  fill(main, el('h1', {}, title), note('bad', error.message), NEXT[code] ? el('p', {}, NEXT[code]) : null,
       code === 'token' ? null : el('p', {}, link('#/', 'All recordings and runs')));
}

async function show() {
  shown.abort();
  shown = new AbortController();
  const {signal} = shown;
  const [path, parameters] = location.hash.replace(/^#\/?/, '').split('?');
  const found = ROUTES.map(([pattern, page]) => [pattern.exec(path), page]).find(([match]) => match);
  if (!found) return fill(main, el('h1', {}, 'Not there'), el('p', {}, link('#/', 'All recordings and runs')));
  const context = {
    id: found[0][1], parameters: new URLSearchParams(parameters), signal, nav: showNav,
    say: (text) => fill(status, text),
    title: (text) => { document.title = `${text} – tracerec`; },
  };
  main.setAttribute('aria-busy', 'true');
  showNav([['#/', 'Overview']]);
  try {
    const content = await found[1].render(context);
    if (signal.aborted) return undefined;
    fill(main, content);
    main.querySelector('h1')?.setAttribute('tabindex', '-1');
    main.querySelector('h1')?.focus({preventScroll: true});
    scrollTo(0, 0);
  } catch (error) {
    if (!signal.aborted) showError(error);
  } finally {
    if (!signal.aborted) {
      main.removeAttribute('aria-busy');
      main.dataset.shown = location.hash;  // for whoever waits for it
    }
  }
  return undefined;
}

document.getElementById('skip').addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
takeToken();
addEventListener('hashchange', () => {
  takeToken();
  show();
});
show();
