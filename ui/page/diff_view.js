// Two responses as lines: inline, or beside each other. Lines come in pages; each page is drawn once.
import {get} from './api.js';
import {button, el, fill, note} from './dom.js';
import {count, cut} from './text.js';

const PAGE = 500;
const MOST_COLUMNS = 2000;  // of a line that is drawn

const KIND = {'-': 'del', '+': 'ins'};
const SAYS = {'-': 'before', '+': 'after'};

const kindOf = (line) => KIND[line[0]] ?? (line.startsWith('  … ') ? 'gap' : 'same');

// What differs between two lines that stand for each other, marked.
function marked(text, other) {
  let begin = 0;
  const most = Math.min(text.length, other.length);
  while (begin < most && text[begin] === other[begin]) ++begin;
  let end = 0;
  while (end < most - begin && text[text.length - 1 - end] === other[other.length - 1 - end]) ++end;
  if ((begin + end) * 2 < most) return text;  // two other lines
  return [text.slice(0, begin), el('mark', {}, text.slice(begin, text.length - end)), text.slice(text.length - end)];
}

const textOf = (line) => cut(line.slice(2), MOST_COLUMNS);

// Runs of lines that went and came, in pairs; equal lines by themselves.
function pairs(lines) {
  const all = [];
  for (let at = 0; at < lines.length;) {
    if (!KIND[lines[at][0]]) {
      all.push([lines[at], lines[at]]);
      ++at;
      continue;
    }
    const went = [], came = [];
    while (at < lines.length && lines[at].startsWith('-')) went.push(lines[at++]);
    while (at < lines.length && lines[at].startsWith('+')) came.push(lines[at++]);
    for (let i = 0; i < Math.max(went.length, came.length); ++i) all.push([went[i], came[i]]);
  }
  return all;
}

function cell(line, other, cls) {
  if (line === undefined) return el('td.code.none', {});
  const kind = kindOf(line);
  const text = other !== undefined && kind !== 'same' && kind !== 'gap' ? marked(textOf(line), textOf(other))
                                                                       : textOf(line);
  return el('td.code.' + kind + (cls ? '.' + cls : ''), {}, text);
}

const mark = (kind) => el('td.mark', {}, kind === 'del' ? el('span', {'aria-label': SAYS['-']}, '−')
  : kind === 'ins' ? el('span', {'aria-label': SAYS['+']}, '+') : '');

function inlineRows(lines) {
  return pairs(lines).flatMap(([went, came]) => {
    if (went === came) return [el('tr', {}, mark(''), cell(went))];
    return [went, came].map((line, i) => line && el('tr', {}, mark(kindOf(line)), cell(line, i === 0 ? came : went)))
      .filter(Boolean);
  });
}

function sideRows(lines) {
  return pairs(lines).map(([went, came]) => (went === came
    ? el('tr', {}, cell(went), cell(came)) : el('tr', {}, cell(went, came), cell(came, went))));
}

function headOf(sides, beside) {
  const names = [sides.before, sides.after].map(({name, why}, i) => [
    el('span.' + (i === 0 ? 'del' : 'ins'), {}, (i === 0 ? '− ' : '+ ') + name), why ? el('span.bad', {}, ` ${why}`)
                                                                                    : null]);
  return beside ? el('tr', {}, names.map((name) => el('th', {scope: 'col'}, name)))
                : names.map((name) => el('tr', {}, el('th', {colspan: 2, scope: 'colgroup'}, name)));
}

export function diffView({id, run, against, signal}) {
  const place = el('div', {}, el('p.muted', {}, 'Reading …'));
  let beside = innerWidth > 1000;
  let lines = [], sides = null, next = 0, total = 0;
  const draw = () => {
    const rows = beside ? sideRows(lines) : inlineRows(lines);
    const choose = button(beside ? 'Show inline' : 'Show side by side', () => { beside = !beside; draw(); },
                          {id: 'diff-form'});
    fill(place, el('p.buttons', {}, choose),
         lines.length === 0 ? [sides.before, sides.after].filter(({there}) => !there)
           .map(({name, why}) => note('warn', `${name}: ${why || 'there is no response'}`))
           : el('div.scroll', {tabindex: 0, role: 'region', 'aria-label': 'Differences'},
                el('table.diff' + (beside ? '.beside' : ''), {}, el('thead', {}, headOf(sides, beside)),
                   el('tbody', {}, rows))),
         next === null ? null : button(`Show more (${count(total - lines.length)} lines left)`, more));
  };
  const more = async () => {
    const page = await get(`exchanges/${id}/diff`, {run, against, after: next, limit: PAGE}, signal);
    sides = page;
    lines = lines.concat(page.items);
    ({next, total} = page);
    draw();
  };
  more().catch((error) => { if (!signal.aborted) fill(place, note('bad', error.message)); });
  return place;
}
