// What varies on its own, and the evidence for it.
import {get} from './api.js';
import {approveForm} from './approve.js';
import {button, details, el, fill, note, table} from './dom.js';
import {reportOf, runNav} from './run_links.js';
import {count} from './text.js';

const PAGE = 100;

const percent = (share) => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

function evidence(entry) {
  const seen = entry.evidence;
  return `in ${count(seen.groups_differed)} of ${count(seen.groups)} groups of equal requests ` +
    `(${percent(seen.drift_low)} to ${percent(seen.drift_high)}), ${count(seen.members_differed)} of ` +
    `${count(seen.members)} responses`;
}

function entryRow(entry, decide) {
  const decision = (what) => button(what === 'exact' ? 'Make exact' : 'Ignore', () => decide(entry, what),
                                    {'aria-label': `${what === 'exact' ? 'Make exact' : 'Ignore'}: ` +
                                      `${entry.endpoint} ${entry.location}`});
  return [[entry.endpoint, el('br'), el('code', {}, entry.location)], entry.kinds, entry.shape || '–',
          evidence(entry), count(entry.applied), el('span.buttons', {}, decision('exact'), decision('ignore'))];
}

const COLUMNS = [['Where', 'wrap'], ['Varies in', 'opt'], ['Looks like', 'opt'],
                 ['Evidence', 'wrap'], ['Allowed', 'n'], ['Decide']];

async function list(context, name, decide) {
  const place = el('div', {});
  const rows = [];
  const more = async (after) => {
    const page = await get(`runs/${context.id}/report/${name}`,
                           {after, limit: PAGE, against: context.parameters.get('against')}, context.signal);
    rows.push(...page.items.map((entry) => entryRow(entry, decide)));
    fill(place, page.total === 0 ? el('p.muted', {}, 'None.') : table(name, COLUMNS, rows),
         page.next === null ? null
           : button(`Show more (${count(page.total - rows.length)} left)`, () => more(page.next)));
  };
  await more(0);
  return place;
}

export async function render(context) {
  const {id} = context;
  const report = await reportOf(context, 'Comparing');
  const form = el('div', {});
  const decide = (entry, what) => {
    fill(form, el('h2', {}, what === 'exact' ? 'Compare by value: ' : 'Ignore: ', el('code', {}, entry.location)),
         approveForm({path: 'rules', withTerms: false,
                      value: {what, endpoint: entry.endpoint, location: entry.location},
                      done: async (result) => {
                        fill(form, note('good', `Written to ${result.file}. `),
                             button('Compare again by these rules', () => location.reload()));
                        form.querySelector('button').focus();
                      }}));
    form.scrollIntoView({block: 'nearest'});
    form.querySelector('input').focus();
  };
  context.title(`Noise of run ${id}`);
  context.nav(runNav(id, report.recording));
  return [
    el('h1', {}, `Noise of run ${id}`),
    el('p', {}, 'Equal requests got different responses here, so another value is no finding; presence, type and ' +
       'shape are still checked. “Make exact” compares it by value; “Ignore” checks nothing at it.'),
    form,
    el('h2', {}, `Learned locations (${count(report.totals.noise)})`),
    await list(context, 'noise', decide),
    el('h2', {}, `Changed by writes only (${count(report.totals.state)})`),
    el('p.muted', {}, 'Differences there are findings: the state of the server changed in between.'),
    await list(context, 'state', decide),
    details(`Times and ids that differ as they must (${count(report.totals.generated)})`, await generated(context)),
  ];
}

async function generated(context) {
  const page = await get(`runs/${context.id}/report/generated`,
                         {limit: 1000, against: context.parameters.get('against')}, context.signal);
  return table('Times and ids', [['Endpoint', 'wrap'], ['Location', 'wrap'], ['Allowed', 'n']],
               page.items.map((one) => [one.endpoint, el('code', {}, one.location), count(one.applied)]));
}
