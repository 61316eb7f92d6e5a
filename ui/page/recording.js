// A recording: what came in over time, its endpoints, and whether all of it is there.
import {get, getWhenDone} from './api.js';
import {bars} from './chart.js';
import {details, el, facts, fill, link, note, table} from './dom.js';
import {bytes, clock, count, duration, plural, when} from './text.js';

const LIVE_MS = 2000;

const SECRETS = {
  replaced: 'replaced by pseudonyms before they reached the disk',
  kept: 'kept as they were sent',
  unknown: 'not known: an older version wrote it',
};

function trafficChart({traffic}) {
  const {first_us, interval_us, exchanges} = traffic;
  if (exchanges.length === 0) return note('info', 'No exchange yet.');
  const middle = Math.floor(exchanges.length / 2);
  const label = (i) => clock(first_us + i * interval_us);
  return [el('p.muted', {}, `Exchanges in intervals of ${duration(interval_us)}`),
          bars('Exchanges over time', [{name: 'exchanges', values: exchanges, cls: 'series0'}],
               [[0, label(0)], [1, label(middle)], [2, label(exchanges.length)]])];
}

const STATUSES = ['2xx', '3xx', '4xx', '5xx'];

function statusCells(statuses) {
  const known = STATUSES.map((name) => statuses[name] ?? 0);
  const others = Object.values(statuses).reduce((sum, one) => sum + one, 0) - known.reduce((sum, one) => sum + one, 0);
  return [...known, others].map((number) => (number === 0 ? '–' : count(number)));
}

// Gives the place, and what reads it anew when there are others than so many exchanges: one reading at a time, and what
// is there stays until the new is.
function endpoints(context) {
  const place = el('div', {}, el('p.muted', {}, 'Reading endpoints …'));
  const read = async () => {
    const page = await getWhenDone(`recordings/${context.id}/endpoints`, {limit: 200}, context.signal,
                                   ({done, total}) => place.querySelector('table') || fill(place, el('p.muted', {},
                                     `Reading endpoints: ${count(done)} of ${count(total)}`)));
    fill(place, table('Endpoints', [['Endpoint', 'wrap'], ['Exchanges', 'n'], ...STATUSES.map((name) => [name, 'n']),
                                    ['other', 'n'], ['p50', 'n'], ['p95', 'n'], ['Longest', 'n']],
                      page.items.map((one) => [one.endpoint, count(one.exchanges), ...statusCells(one.statuses),
                                               duration(one.p50_us), duration(one.p95_us), duration(one.max_us)])),
         page.next === null ? null : el('p.muted', {}, `The first ${page.items.length} of ${count(page.total)}.`));
  };
  let known = -1, wanted = -1, isReading = false;
  const load = async (exchanges) => {
    wanted = exchanges;
    if (isReading) return;
    isReading = true;
    while (known !== wanted && !context.signal.aborted) {
      known = wanted;
      await read().catch((error) => { if (!context.signal.aborted) fill(place, note('bad', error.message)); });
    }
    isReading = false;
  };
  return [place, load];
}

function head(recording) {
  const took = recording.ended_us === null ? null : duration(recording.ended_us - recording.started_us);
  const missing = recording.incomplete === 0 ? 'all whole' : `${count(recording.incomplete)} incomplete`;
  return [
    recording.ended_us === null
      ? note('warn', 'Live: this recording has no end yet. Numbers are read again every two seconds. ',
             'Where they stand still, its recorder was killed.') : null,
    facts([['What', recording.command], ['Name', recording.name], ['Host', recording.host],
           ['Began', when(recording.started_us)], ['Took', took],
           ['Exchanges', [count(recording.exchanges), `, ${missing}`]], ['File', bytes(recording.file.bytes ?? 0)],
           ['Secrets', SECRETS[recording.secrets]],
           ['Listened on', recording.local_addresses.slice(0, 5).join(', ')]]),
    el('h2', {}, 'Traffic'), trafficChart(recording),
    el('p', {}, link(`#/recordings/${recording.id}/exchanges`, `All ${plural(recording.exchanges, 'exchange')}`)),
  ];
}

function ledger(recording) {
  if (recording.ledger.length === 0)
    return note('info', 'The ledger is written when the recording ends.');
  const lost = recording.ledger.filter((line) => line.key.startsWith('lost.') && line.count > 0);
  return [
    lost.length === 0 ? note('good', 'The ledger counts nothing as lost.')
      : note('bad', `Lost, by reason: ${lost.map((line) => `${line.key.slice(5)} ${count(line.count)}`).join(', ')}`),
    details('All lines', table('Ledger', [['What'], ['Count', 'n'], ['Bytes', 'n']],
                               recording.ledger.map((line) => [line.key, count(line.count), count(line.bytes)]))),
  ];
}

export async function render(context) {
  const {id, signal} = context;
  const place = el('div', {});
  const below = el('div', {});
  const [byEndpoint, readEndpoints] = endpoints(context);
  const load = async () => {
    const recording = await get(`recordings/${id}`, {}, signal);
    readEndpoints(recording.exchanges);
    fill(place, head(recording));
    fill(below, ledger(recording));
    if (recording.ended_us === null) {
      setTimeout(() => {
        if (!signal.aborted) load().catch((error) => { if (!signal.aborted) fill(place, note('bad', error.message)); });
      }, LIVE_MS);
    }
  };
  await load();
  context.title(`Recording ${id}`);
  context.nav([['#/', 'Overview'], [`#/recordings/${id}`, `Recording ${id}`],
               [`#/recordings/${id}/exchanges`, 'Exchanges']]);
  return [
    el('h1', {}, `Recording ${id}`), place, el('h2', {}, 'Endpoints'), byEndpoint, el('h2', {}, 'Completeness'),
    below,
  ];
}
