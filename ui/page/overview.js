// All recordings and runs of the file.
import {get} from './api.js';
import {el, link, note, table} from './dom.js';
import {bytes, count, plural, when} from './text.js';

function state(row) {
  return row.ended_us === null ? el('span.tag.warn', {}, 'open') : 'ended';
}

function runRow(run) {
  const kind = run.recheck_of ? ` recheck of ${run.recheck_of}` : '';
  const name = run.recheck_of ? `run ${run.id}` : link(`#/runs/${run.id}`, `run ${run.id}`);
  return [[name, kind], String(run.recording), when(run.started_us), run.target,
          count(run.responses), count(run.failed), state(run)];
}

export async function render({signal, title, nav}) {
  const all = await get('overview', {}, signal);
  title('Overview');
  nav([['#/', 'Overview']]);
  const newest = all.runs.find((run) => !run.recheck_of);
  return [
    el('h1', {}, 'Recordings and runs'),
    el('p.muted', {}, all.file.path, ' · ', bytes(all.file.bytes ?? 0), ` · rules in ${all.rules_file}`),
    newest ? el('p', {}, el('a.primary', {href: `#/runs/${newest.id}`}, `Look at run ${newest.id}, the newest`)) : null,
    el('h2', {}, plural(all.runs.length, 'run')),
    all.runs.length === 0
      ? note('info', 'Nothing was replayed yet. ', el('code', {}, 'tracerec replay --target HOST:PORT'),
             ' re-sends a recording to a staging server; then this page shows what differs.')
      : table('Runs', [['Run'], ['Recording', 'n'], ['Began'], ['Target', 'wrap'], ['Responses', 'n'], ['Failed', 'n'],
                       ['State']],
              all.runs.map(runRow)),
    el('h2', {}, plural(all.recordings.length, 'recording')),
    all.recordings.length === 0
      ? note('info', 'Nothing was recorded yet. ', el('code', {}, 'tracerec record --pid PID'), ' records a server.')
      : table('Recordings', [['Recording'], ['Began'], ['What', 'wrap'], ['Exchanges', 'n'], ['Incomplete', 'n'],
                             ['Connections', 'n'], ['State']],
              all.recordings.map((one) => [
                link(`#/recordings/${one.id}`, `recording ${one.id}`), when(one.started_us),
                one.name || one.command || '–', link(`#/recordings/${one.id}/exchanges`, count(one.exchanges)),
                count(one.incomplete), count(one.connections), state(one)])),
  ];
}
