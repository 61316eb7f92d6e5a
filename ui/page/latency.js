// How long responses took: percentiles of this run, and the distribution of one endpoint across runs.
import {get, getWhenDone} from './api.js';
import {bars} from './chart.js';
import {el, fill, note, table} from './dom.js';
import {reportOf, runNav} from './run_links.js';
import {count, duration} from './text.js';

const MOST_ENDPOINTS = 200;
const MOST_RUNS = 4;  // beside each other in one picture

const ms = (value) => (value < 10 ? value.toFixed(2) : value.toFixed(1));

function columnCells(column) {
  return column ? [ms(column.p50_ms), ms(column.p95_ms), ms(column.p99_ms)] : ['–', '–', '–'];
}

function latencyTable(latency) {
  const sides = ['recorded', ...(latency.proves ? ['baseline_run'] : []), 'candidate'];
  const names = {recorded: 'recorded', baseline_run: 'baseline', candidate: 'this run'};
  const columns = [['Endpoint', 'wrap'], ['Responses', 'n'],
                   ...sides.flatMap((side) => ['p50', 'p95', 'p99'].map((p) => [`${names[side]} ${p} ms`, 'n'])),
                   ['Change']];
  const rows = [latency.total, ...latency.endpoints].slice(0, MOST_ENDPOINTS).map((row, i) => [
    i === 0 ? el('b', {}, 'all') : row.name, count(row.candidate?.responses ?? 0),
    ...sides.flatMap((side) => columnCells(row[side])),
    row.change === 'not_proven' ? '–'
      : el('span.tag.' + (row.change === 'slower' ? 'bad' : 'good'), {}, row.change)]);
  return table('Latency by endpoint', columns, rows);
}

// Only the bins in which anything lies.
function distribution(endpoint, sources, bounds) {
  const found = sources.map(({name, cls, page}) => ({name, cls, row: page.endpoints.find((one) =>
    one.endpoint === endpoint)})).filter(({row}) => row);
  const used = bounds.map((_, i) => i).filter((i) => found.some(({row}) => row.bins[i] > 0));
  if (used.length === 0) return note('info', 'No response of it was timed.');
  const [first, last] = [used[0], used.at(-1)];
  // The end of the last bin is the bound of the next one.
  const ends = [first, Math.floor((first + last + 1) / 2), last + 1];
  const labels = ends.map((i, k) => [k, i < bounds.length ? duration(bounds[i]) : 'longer']);
  return [
    bars(`How many responses of ${endpoint} took how long`,
         found.map(({name, cls, row}) => ({name, cls, values: row.bins.slice(first, last + 1)})), labels),
    table(`Times of ${endpoint}`,
          [['Run'], ['Responses', 'n'], ['p50', 'n'], ['p95', 'n'], ['p99', 'n'], ['Longest', 'n']],
          found.map(({name, row}) => [name, count(row.responses), duration(row.p50_us), duration(row.p95_us),
                                      duration(row.p99_us), duration(row.max_us)])),
  ];
}

async function survey(context, recording, run) {
  const first = await getWhenDone(`recordings/${recording}/endpoints`, {run, limit: 1000}, context.signal,
                                  ({done, total}) => context.say(`Reading times: ${count(done)} of ${count(total)}`));
  context.say('');
  return {bounds: first.bounds_us, endpoints: first.items};
}

async function across(context, recording) {
  const {runs} = await get('overview', {}, context.signal);
  const others = runs.filter((run) => run.recording === recording && !run.recheck_of).slice(0, MOST_RUNS - 1);
  const ids = [...new Set([Number(context.id), ...others.map((run) => run.id)])].slice(0, MOST_RUNS - 1).sort();
  const sources = [{name: 'recorded', cls: 'series0', page: await survey(context, recording)}];
  for (const [i, id] of ids.entries())
    sources.push({name: `run ${id}`, cls: `series${i + 1}`, page: await survey(context, recording, id)});
  const names = sources[0].page.endpoints.map((row) => row.endpoint);
  const place = el('div', {});
  const select = el('select', {id: 'endpoint', onchange: () => show()},
                    names.map((name) => el('option', {value: name}, name)));
  const show = () => fill(place, distribution(select.value, sources, sources[0].page.bounds));
  if (names.length === 0) return note('info', 'Nothing was recorded.');
  show();
  return [el('div.field', {}, el('label', {htmlFor: 'endpoint'}, 'Endpoint'), select), place];
}

export async function render(context) {
  const {id} = context;
  const report = await reportOf(context, 'Comparing');
  context.title(`Latency of run ${id}`);
  context.nav(runNav(id, report.recording));
  const place = el('div', {}, el('p.muted', {}, 'Reading times …'));
  across(context, report.recording).then((content) => fill(place, content))
    .catch((error) => { if (!context.signal.aborted) fill(place, note('bad', error.message)); });
  const {latency} = report;
  return [
    el('h1', {}, `Latency of run ${id}`),
    latency ? [el('p', {}, latency.proves
      ? 'Slower and faster are proven against the baseline run, which was measured in the same way.'
      : 'Recorded times are those of the server’s kernel, without the network: they prove nothing about this run. ' +
        'replay --baseline TARGET measures both in the same way.'), latencyTable(latency)]
      : note('info', 'Nothing was measured: no request got a response on both sides.'),
    el('h2', {}, 'Distribution across runs'), place,
  ];
}
