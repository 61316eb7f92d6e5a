// One exchange: what was recorded, what the run got, and what is different.
import {get} from './api.js';
import {bodyView, headView} from './body_view.js';
import {diffView} from './diff_view.js';
import {button, el, facts, fill, link, note, table} from './dom.js';
import {runNav} from './run_links.js';
import {bytes, clock, count, cut, duration, when} from './text.js';

function timing(exchange) {
  const rows = [['recorded', duration(exchange.ttfb_us), duration(exchange.duration_us), '–']];
  if (exchange.new) rows.push([`run ${exchange.run.id}`, duration(exchange.new.ttfb_us),
                               duration(exchange.new.duration_us), duration(exchange.new.late_us)]);
  return table('Timing', [['Whose'], ['First byte', 'n'], ['Last byte', 'n'], ['Sent late by', 'n']], rows);
}

const value = (text) => (text === null ? el('em', {}, 'not known') : el('code', {}, cut(text, 120)));

function values(exchange) {
  const {taken, given, taken_total: all, given_total: of} = exchange.values;
  const run = exchange.run.id;
  const to = (id) => link(`#/exchanges/${id}?run=${run}`, `#${id}`);
  if (taken.length + given.length === 0)
    return el('p.muted', {}, 'No value of this request came from an earlier response.');
  return [
    taken.length === 0 ? null : table('Values put into this request',
      [['Where', 'wrap'], ['Recorded', 'wrap'], ['Sent', 'wrap'], ['From']],
      taken.map((one) => [one.location, value(one.recorded), one.resolved ? value(one.sent)
        : el('span.tag.bad', {}, 'the target did not return it'),
                          [to(one.producer_exchange), ' ', el('code', {}, one.producer_location)]])),
    all > taken.length ? el('p.muted', {}, `${count(taken.length)} of ${count(all)} are shown.`) : null,
    given.length === 0 ? null : table('Values of its response that others needed',
      [['From', 'wrap'], ['Needed by'], ['Where there', 'wrap']],
      given.map((one) => [el('code', {}, one.producer_location), to(one.exchange), one.location])),
    of > given.length ? el('p.muted', {}, `${count(given.length)} of ${count(of)} are shown.`) : null,
  ];
}

function timeline(exchange, run, signal) {
  const place = el('div', {}, el('p.muted', {}, 'Reading …'));
  get(`exchanges/${exchange.id}/timeline`, {run}, signal).then(({items}) => {
    const query = run ? `?run=${run}` : '';
    fill(place, table('Connection', [['Exchange', 'n'], ['At'], ['Request', 'wrap'], ['Status', 'n'],
                                     ...(run ? [['New', 'n']] : []), ['Took', 'n']],
      items.map((one) => [
        one.id === exchange.id ? el('b', {'aria-current': 'true'}, `#${one.id}`)
                               : link(`#/exchanges/${one.id}${query}`, `#${one.id}`),
        clock(one.started_us), `${one.method} ${cut(one.target, 120)}`, one.status ?? '–',
        ...(run ? [one.new ? one.new.status ?? one.new.failure : 'not sent'] : []), duration(one.duration_us)])));
  }).catch((error) => { if (!signal.aborted) fill(place, note('bad', error.message)); });
  return place;
}

function curl(exchange, run, signal) {
  const place = el('div', {});
  return [el('p.buttons', {}, button('Show the curl command', async () => {
    try {
      const {command, missing} = await get(`exchanges/${exchange.id}/curl`, {run}, signal);
      const copy = button('Copy', async () => {
        await navigator.clipboard.writeText(command);
        copy.textContent = 'Copied';
      });
      fill(place, el('pre.wrap', {tabindex: 0, 'aria-label': 'curl command'}, command), el('p.buttons', {}, copy),
           missing.map((line) => note('warn', line)));
    } catch (error) {
      fill(place, note('bad', error.message));
    }
  })), place];
}

function message(title, part, options) {
  if (!part) return [el('h3', {}, title), el('p.muted', {}, 'There is none.')];
  return [el('h3', {}, title), headView(part.head), bodyView(options)];
}

// Panels of which one is shown; arrows change it (WAI-ARIA, tabs).
function tabs(panels) {
  const place = el('div', {role: 'tabpanel', id: 'panel', 'aria-labelledby': 'tab-0', tabindex: 0});
  const choose = (i) => {
    heads.forEach((head, k) => {
      head.setAttribute('aria-selected', String(k === i));
      head.tabIndex = k === i ? 0 : -1;
    });
    place.setAttribute('aria-labelledby', `tab-${i}`);
    fill(place, panels[i][1]());
  };
  const heads = panels.map(([name], i) => button(name, () => choose(i), {role: 'tab', id: `tab-${i}`,
                                                                         'aria-controls': 'panel'}));
  const list = el('div.tabs', {role: 'tablist', 'aria-label': 'Parts of the exchange', onkeydown: (event) => {
    const step = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!step) return;
    const i = (heads.indexOf(document.activeElement) + step + heads.length) % heads.length;
    heads[i].focus();
    choose(i);
  }}, heads);
  choose(0);
  return [list, place];
}

function requestPanel(exchange, run, signal) {
  const sent = exchange.sent_request;
  const changed = sent && sent.head.join('\n') !== exchange.request.head.join('\n');
  return [message('Request as recorded', exchange.request, {id: exchange.id, run, side: 'request', signal}),
          changed ? [el('h3', {}, `Head as run ${run} sent it`), headView(sent.head)] : null,
          sent && sent.body_changed ? el('p.muted', {}, 'Values in the body were replaced: see Values.') : null];
}

function panelsOf(exchange, run, against, signal) {
  const {id} = exchange;
  const panels = [];
  if (run) panels.push(['Difference', () => diffView({id, run, against, signal})]);
  panels.push(['Request', () => requestPanel(exchange, run, signal)]);
  panels.push(['Recorded response', () => message('Recorded response', exchange.recorded,
                                                  {id, run, side: 'recorded', signal})]);
  if (run) panels.push([`Response in run ${run}`, () => message(`Response in run ${run}`, exchange.new?.head.length
    ? exchange.new : null, {id, run, side: 'new', signal})]);
  if (run) panels.push(['Values', () => values(exchange)]);
  panels.push(['Connection', () => timeline(exchange, run, signal)]);
  return panels;
}

// Who sent it, as far as its request says: others with the same cookie or token are found by their text.
function user(exchange, run) {
  const line = exchange.request.head.find((one) => /^(authorization|cookie):/i.test(one));
  if (!line) return null;
  const value = line.slice(line.indexOf(':') + 1).trim();
  const query = new URLSearchParams({text: value.slice(0, 200), ...(run ? {run} : {})});
  return link(`#/recordings/${exchange.recording}/exchanges?${query}`, `others with ${cut(value, 40)}`);
}

function neighbours(id, run) {
  const to = (other, text, label) => el('a', {href: `#/exchanges/${other}${run ? `?run=${run}` : ''}`,
                                              'aria-label': label}, text);
  return el('span.neighbours', {}, id > 1 ? to(id - 1, '‹', 'the exchange before') : null,
            to(id + 1, '›', 'the next exchange'));
}

export async function render({id, parameters, signal, nav, title}) {
  const run = parameters.get('run');
  const exchange = await get(`exchanges/${id}`, {run}, signal);
  title(`Exchange ${id}`);
  nav(run ? runNav(run, exchange.recording) : [['#/', 'Overview'],
    [`#/recordings/${exchange.recording}`, `Recording ${exchange.recording}`],
    [`#/recordings/${exchange.recording}/exchanges`, 'Exchanges']]);
  const connection = exchange.connection_row;
  return [
    el('h1', {}, `Exchange ${id}`, neighbours(Number(id), run)),
    el('p.request', {}, el('b', {}, exchange.method), ' ', el('code', {}, cut(exchange.target, 1000))),
    facts([['Status', exchange.new ? `${exchange.status ?? 'none'} → ${exchange.new.status ?? 'none'}`
      : exchange.status ?? 'none'],
           ['Began', when(exchange.started_us)], ['Complete', exchange.complete ? 'yes' : 'no'],
           ['Client', connection ? [connection.peer, connection.tls ? ', TLS' : ''] : 'not known'],
           ['Connection', link(`#/recordings/${exchange.recording}/exchanges?connection=${exchange.connection}` +
             (run ? `&run=${run}` : ''), `${exchange.connection}, number ${exchange.seq}`)],
           ['User', user(exchange, run)], ['Body', bytes(exchange.recorded?.wire_bytes ?? 0)]]),
    exchange.notes.trim() ? el('pre.wrap.muted', {}, exchange.notes.trim()) : null,
    run && !exchange.new ? note('warn', `Run ${run} did not send it.`) : null,
    exchange.new?.failure ? note('bad', `${exchange.new.failure_text} (${exchange.new.failure})`) : null,
    tabs(panelsOf(exchange, run, parameters.get('against'), signal)),
    el('h2', {}, 'Timing'), timing(exchange), curl(exchange, run, signal),
  ];
}
