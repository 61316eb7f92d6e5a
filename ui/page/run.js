// A run: the verdict, what differs by cause, and what is to be done about it.
import {get} from './api.js';
import {approveForm} from './approve.js';
import {button, details, el, facts, fill, link, note, table} from './dom.js';
import {reportOf, runNav} from './run_links.js';
import {count, cut, duration, plural, when} from './text.js';

const LISTS = ['groups', 'dependent_findings', 'approved', 'failures', 'unresolved', 'approvals', 'rules'];
const MOST = 1000;  // of each: the gate keeps as many findings

const SEVERITY = {high: 'Must fix', medium: 'Check', low: 'Minor'};

const sampleLink = (run, sample) => link(`#/exchanges/${sample.exchange}?run=${run}`, `#${sample.exchange}`);

const side = (value) => (value === null ? el('em', {}, 'absent') : el('code', {}, cut(value, 160)));

// One response may have a finding several times.
function sampleLinks(run, finding) {
  const each = new Map(finding.samples.map((one) => [one.exchange, one]));
  return [...each.values()].map((one) => [sampleLink(run, one), ' ']);
}

function sampleLine(run, finding) {
  const sample = finding.samples[0];
  if (!sample) return null;
  return el('p.sample', {}, side(sample.baseline), ' → ', side(sample.candidate),
            sample.note ? el('span.muted', {}, ' ', sample.note) : null, ' ',
            el('span.links', {}, 'look: ', sampleLinks(run, finding)));
}

function memberRows(run, members) {
  return members.map((one) => [el('code', {}, one.signature), one.endpoint, el('code', {}, one.location), one.kind,
                               count(one.exchanges), sampleLinks(run, one)]);
}

const MEMBER_COLUMNS = [['Signature'], ['Endpoint', 'wrap'], ['Location', 'wrap'], ['Kind'], ['Exchanges', 'n'],
                        ['Samples']];

function groupEntry(run, group, number, again) {
  const place = el('div', {});
  const first = group.members[0];
  const approve = button('Approve…', () => {
    if (place.childElementCount > 0) return place.replaceChildren();
    fill(place, approveForm({path: `runs/${run}/approvals`, value: {signatures: group.findings}, done: again}));
    place.querySelector('input').focus();
    return undefined;
  }, {'aria-label': `Approve ${cut(group.title, 80)}`});
  const scope = [plural(group.exchanges, 'response'), group.endpoints.length > 1
    ? ', ' + plural(group.endpoints.length, 'endpoint') : ''];
  return el('li.finding.' + group.severity, {},
            el('div.line', {}, el('span.number', {}, String(number)),
               el('div.what', {}, el('p.title', {}, group.title), el('p.muted', {}, scope),
                  first ? sampleLine(run, first) : null),
               approve),
            place,
            group.findings.length > 1
              ? details(plural(group.findings.length, 'finding') + ' of this cause',
                        table('Findings of this cause', MEMBER_COLUMNS, memberRows(run, group.members)),
                        group.findings.length > group.members.length
                          ? el('p.muted', {}, `and ${count(group.findings.length - group.members.length)} more`) : null)
              : null);
}

function groupList(run, groups, again) {
  if (groups.total === 0) return note('good', 'No difference that is not approved.');
  const parts = [];
  let number = 0;
  for (const severity of ['high', 'medium', 'low']) {
    const those = groups.items.filter((group) => group.severity === severity);
    if (those.length === 0) continue;
    parts.push(el('h3', {}, SEVERITY[severity]),
               el('ol.findings', {}, those.map((group) => groupEntry(run, group, ++number, again))));
  }
  if (groups.next !== null)
    parts.push(note('info', `The first ${count(groups.items.length)} of ${count(groups.total)} causes are shown.`));
  return parts;
}

// What the bound on findings left out, by cause.
function notKept(report) {
  const total = report.counts.findings_not_kept, causes = report.not_kept ?? [];
  if (total === 0) return null;
  const others = total - causes.reduce((sum, one) => sum + one.differences, 0);
  const items = causes.map((one) => el('li', {}, `${count(one.differences)} of `, one.endpoint, ' ',
                                       one.name ? el('code', {}, one.name) : null, ' ', one.kind));
  return el('div.note.warn', {}, `${plural(total, 'more difference')}, of findings beyond those that are kept:`,
            el('ul', {}, items, others > 0 ? el('li', {}, `${count(others)} of other causes`) : null));
}

function verdictLine(report) {
  const {counts, verdict} = report;
  const skipped = Object.values(counts.skipped_by_reason).reduce((sum, one) => sum + one, 0);
  return [
    el('p.counts', {}, el('b', {}, count(counts.compared)), ' compared · ', el('b', {}, count(counts.equal)),
       ' match · ', el('b', {}, count(counts.different)), ' differ · ', el('b', {}, count(counts.failed)),
       ' failed · ', el('b', {}, count(skipped)), ' not sent'),
    verdict.passed ? null
                   : el('ul.reasons', {}, verdict.reasons.map((reason) => el('li', {}, reason))),
  ];
}

function slower(report, run) {
  const {latency} = report;
  if (!latency) return null;
  const proven = latency.endpoints.filter((row) => row.change === 'slower');
  const text = proven.length > 0 ? `${plural(proven.length, 'endpoint')} proven slower`
    : latency.proves ? 'No endpoint is proven slower'
      : 'Recorded times prove no slowdown: a run with --baseline does';
  return el('p', {}, text, ' · ', link(`#/runs/${run}/latency`, 'latency'));
}

function quietParts(run, report, lists) {
  const {coverage, totals} = report;
  const list = (title, page, columns, row) => (page.total === 0 ? null
    : details(`${title} (${count(page.total)})`, table(title, columns, page.items.map(row)),
              page.next === null ? null : el('p.muted', {}, `The first ${count(page.items.length)} are shown.`)));
  return [
    el('h2', {}, 'Behind the verdict'),
    slower(report, run),
    el('p', {}, `${plural(totals.noise, 'field')} ${totals.noise === 1 ? 'varies on its' : 'vary on their'} own · `,
       link(`#/runs/${run}/noise`, 'noise'),
       ` · checked: ${count(coverage.exact)} locations by value, ${count(coverage.shape)} by shape, ` +
       `${count(coverage.presence)} headers by presence, ${count(coverage.ignored)} ignored by rule`),
    list('Only there because of another finding', lists.dependent_findings, MEMBER_COLUMNS,
         (one) => memberRows(run, [one])[0]),
    list('Approved', lists.approved, [['Signature'], ['Endpoint', 'wrap'], ['Location', 'wrap'], ['Exchanges', 'n'],
                                      ['Why', 'wrap']],
         (one) => [el('code', {}, one.signature), one.endpoint, el('code', {}, one.location), count(one.exchanges),
                   one.approval]),
    list('Requests without a response', lists.failures, [['Exchange', 'n'], ['Request', 'wrap'], ['Why']],
         (one) => [sampleLink(run, one), `${one.method} ${one.target}`, one.reason]),
    list('Values that the target did not return', lists.unresolved,
         [['Exchange', 'n'], ['Value', 'wrap'], ['What happened', 'wrap'], ['Not sent', 'n']],
         (one) => [sampleLink(run, one), el('code', {}, one.location), one.outcome, count(one.exchanges)]),
    list('Approvals in the rules file', lists.approvals, [['Signature'], ['Reason', 'wrap'], ['Expires'],
                                                          ['Exchanges', 'n'], ['Problem', 'wrap']],
         (one) => [el('code', {}, one.signature), one.reason, one.expires || 'never', count(one.exchanges),
                   one.problem || 'none']),
    list('Rules', lists.rules, [['Rule'], ['Endpoint', 'wrap'], ['Location', 'wrap'], ['Allowed', 'n'],
                                ['Problem', 'wrap']],
         (one) => [one.name, one.endpoint, el('code', {}, one.path), count(one.allowed), one.problem || 'none']),
    details('Ledger of the run', table('Ledger of the run', [['What'], ['Count', 'n'], ['Bytes', 'n']],
                                       Object.entries(report.ledger).map(([key, line]) => [key, count(line.count),
                                                                                           count(line.bytes)]))),
  ];
}

async function load(context) {
  const report = await reportOf(context, 'Comparing');
  const against = context.parameters.get('against');
  const pages = await Promise.all(LISTS.map((name) => get(`runs/${context.id}/report/${name}`, {limit: MOST, against},
                                                          context.signal)));
  return {report, lists: Object.fromEntries(LISTS.map((name, i) => [name, pages[i]]))};
}

export async function render(context) {
  const {id, signal, say} = context;
  const place = el('div', {});
  let run = null;
  const draw = async () => {
    const {report, lists} = await load(context);
    run ??= await get(`runs/${id}`, {}, signal);
    context.title(`Run ${id} ${report.verdict.passed ? 'passed' : 'failed'}`);
    context.nav(runNav(id, run.recording));
    const again = async (result) => {
      await draw();
      place.querySelector('h1').focus();
      say(`Written to ${result.file}. The gate ${result.verdict?.passed ? 'passes' : 'fails'} now.`);
    };
    const took = run.ended_us === null ? null : duration(run.ended_us - run.started_us);
    return fill(place,
                el('h1', {tabindex: -1}, el('span.verdict.' + (report.verdict.passed ? 'good' : 'bad'), {},
                                            report.verdict.passed ? 'Passed' : 'Failed'), ` Run ${id}`),
                facts([['Target', run.target], ['Recording', link(`#/recordings/${run.recording}`, run.recording)],
                       ['Began', when(run.started_us)], ['Took', took],
                       ['Baseline', report.baseline ? `run ${report.baseline.run}` : 'recorded responses']]),
                run.ended_us === null ? note('warn', 'This run has no end: it is still running, or was killed. ',
                                             button('Compare again', draw)) : null,
                verdictLine(report),
                el('h2', {}, lists.groups.total === 0 ? 'Differences'
                                                       : `Differences by cause (${count(lists.groups.total)})`),
                notKept(report), groupList(id, lists.groups, again), quietParts(id, report, lists));
  };
  await draw();
  return place;
}
