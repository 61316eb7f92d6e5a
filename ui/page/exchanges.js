// The exchanges of a recording: filtered, a page at a time; of a recording that is still written, the newest ones.
import {get} from './api.js';
import {button, el, fill, link, note, table} from './dom.js';
import {runNav} from './run_links.js';
import {bytes, count, cut, duration, plural, when} from './text.js';

const PAGE = 100;
const LIVE_MS = 2000;

const FIELDS = [
  ['method', 'Method', {placeholder: 'GET', size: 6}], ['path', 'Path contains', {placeholder: '/orders or /users/*'}],
  ['status', 'Status', {placeholder: '4xx', size: 7}], ['new_status', 'New status', {placeholder: '500', size: 7}],
  ['connection', 'Connection', {inputmode: 'numeric', size: 6}], ['text', 'Text in heads or bodies', {}],
  ['from', 'From (UTC)', {placeholder: '2027-01-31T12:00:00Z'}],
  ['to', 'To (UTC)', {placeholder: '2027-01-31T13:00:00Z'}],
  ['least_ms', 'Takes at least ms', {inputmode: 'numeric', size: 7}],
];
const FLAGS = [['differing', 'differing'], ['failed', 'failed'], ['incomplete', 'incomplete']];
const OF_RUNS = new Set(['new_status', 'differing', 'failed']);

function form(parameters, runs, apply) {
  const run = parameters.get('run');
  const fits = ([name]) => run || !OF_RUNS.has(name);
  const fields = FIELDS.filter(fits).map(([name, label, attributes]) => el('div.field', {},
    el('label', {htmlFor: `f-${name}`}, label),
    el('input', {type: 'text', id: `f-${name}`, name, value: parameters.get(name) ?? '', autocomplete: 'off',
                 ...attributes})));
  const flags = FLAGS.filter(fits).map(([name, label]) => el('label.flag', {},
    el('input', {type: 'checkbox', name, value: '1', checked: parameters.get(name) === '1'}), label));
  const choice = el('div.field', {}, el('label', {htmlFor: 'f-run'}, 'Beside them'),
    el('select', {id: 'f-run', name: 'run'}, el('option', {value: ''}, 'no run'),
       runs.map((one) => el('option', {value: one.id, selected: String(one.id) === run}, `run ${one.id}`))));
  const order = el('label.flag', {}, el('input', {type: 'checkbox', name: 'newest_first', value: '1',
                                                  checked: parameters.get('newest_first') === '1'}), 'newest first');
  return el('form.filter', {onsubmit: (event) => {
    event.preventDefault();
    const given = new URLSearchParams([...new FormData(event.target)].filter(([, value]) => value.trim() !== ''));
    if (!given.get('run')) OF_RUNS.forEach((name) => given.delete(name));
    apply(given);
  }}, el('div.fields', {}, fields, choice), el('p.buttons', {}, flags, order,
    el('button.primary', {type: 'submit'}, 'Filter'), button('Clear', () => apply(run ? new URLSearchParams({run})
                                                                                    : new URLSearchParams()))));
}

function newCell(line) {
  if (!line.new) return el('span.muted', {}, 'not sent');
  if (line.new.failure) return el('span.tag.bad', {}, line.new.failure);
  return line.new.status === line.status ? String(line.new.status) : el('b.bad', {}, line.new.status ?? '–');
}

function row(line, run) {
  const query = run ? `?run=${run}` : '';
  return [link(`#/exchanges/${line.id}${query}`, `#${line.id}`), when(line.started_us).slice(0, 19), line.method,
          cut(line.target, 200), line.status ?? '–', ...(run ? [newCell(line)] : []), duration(line.duration_us),
          ...(run ? [duration(line.new?.duration_us)] : []), bytes(line.response_bytes),
          line.complete ? 'all' : el('span.tag.warn', {}, 'incomplete')];
}

function columns(run) {
  return [['Exchange', 'n'], ['Began (UTC)', 'opt'], ['Method'], ['Path', 'wrap'], ['Status', 'n'],
          ...(run ? [['New', 'n']] : []),
          ['Took', 'n'], ...(run ? [['New took', 'n.opt']] : []), ['Body', 'n.opt'], ['Bytes', 'opt']];
}

// Asks slice after slice until a page is full or all was looked at.
class Listing {
  constructor(context, recording) {
    this.context = context;
    this.recording = recording;
    this.parameters = Object.fromEntries(context.parameters);
    this.place = el('div', {});
    this.said = el('p.muted', {'aria-live': 'polite'});
    this.rows = [];
    this.looked = 0;
    this.next = undefined;
    this.cut = 0;
    this.say(true);
  }

  say(running) {
    const all = count(this.recording.exchanges);
    const found = plural(this.rows.length, 'exchange');
    fill(this.said, running ? `Searching: looked at ${count(this.looked)} of ${all}, ${found} so far …`
      : this.next === null ? `${found} of ${all}` : `${found} so far; looked at ${count(this.looked)} of ${all}`,
         this.cut > 0 ? ` · of ${plural(this.cut, 'body', 'bodies')} only the first 4 MiB were searched` : '');
  }

  async fillPage() {
    const wanted = this.rows.length + PAGE;
    const {signal} = this.context;
    while (this.next !== null && this.rows.length < wanted) {
      const page = await get(`recordings/${this.recording.id}/exchanges`,
                             {...this.parameters, after: this.next, limit: wanted - this.rows.length}, signal);
      this.rows.push(...page.items);
      this.looked += page.looked_at;
      this.cut += page.bodies_cut;
      this.next = page.next;
      this.say(true);
      if (page.stopped === 'time') this.draw();
    }
    this.say(false);
    this.draw();
  }

  draw() {
    const {run} = this.parameters;
    const isEmpty = this.rows.length === 0;
    fill(this.place,
         isEmpty && this.next !== null ? null
           : isEmpty ? note('info', 'No exchange is like this. Take a filter away, or clear them all.')
             : table('Exchanges', columns(run), this.rows.map((line) => row(line, run))),
         this.next === null || isEmpty ? null : button('Show more', () => this.fillPage().catch((e) => this.fail(e))));
  }

  fail(error) {
    if (this.context.signal.aborted) return;
    const hint = error.code === 'not_evaluated'
      ? link(`#/runs/${this.parameters.run}`, ' Compare the run first, then come back.') : null;
    fill(this.said);
    fill(this.place, note('bad', error.message, hint));
  }

  // The newest ones again and again, while a recorder writes.
  follow() {
    const {signal} = this.context;
    setTimeout(async () => {
      if (signal.aborted) return;
      try {
        this.recording = await get(`recordings/${this.recording.id}`, {}, signal);
        const page = await get(`recordings/${this.recording.id}/exchanges`, {...this.parameters, limit: PAGE}, signal);
        Object.assign(this, {rows: page.items, looked: page.looked_at, next: page.next});
        this.say(false);
        this.draw();
        if (this.recording.ended_us === null) this.follow();
      } catch (error) {
        this.fail(error);
      }
    }, LIVE_MS);
  }
}

export async function render(context) {
  const {id, signal, parameters, nav, title} = context;
  const [recording, {runs}] = await Promise.all([get(`recordings/${id}`, {}, signal), get('overview', {}, signal)]);
  const run = parameters.get('run');
  title(`Exchanges of recording ${id}`);
  nav(run ? runNav(run, id) : [['#/', 'Overview'], [`#/recordings/${id}`, `Recording ${id}`],
                               [`#/recordings/${id}/exchanges`, 'Exchanges']]);
  const listing = new Listing(context, recording);
  const isLive = recording.ended_us === null && parameters.get('newest_first') === '1';
  listing.fillPage().then(() => { if (isLive) listing.follow(); }).catch((error) => listing.fail(error));
  const apply = (given) => { location.hash = `#/recordings/${id}/exchanges${given.size > 0 ? '?' + given : ''}`; };
  return [
    el('h1', {}, `Exchanges of recording ${id}`),
    recording.ended_us === null && !isLive ? note('warn', 'This recording has no end yet. ',
      link(`#/recordings/${id}/exchanges?newest_first=1`, 'Follow the newest ones')) : null,
    form(parameters, runs.filter((one) => String(one.recording) === id && !one.recheck_of), apply),
    listing.said, listing.place,
  ];
}
