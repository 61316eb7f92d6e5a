// A body in windows: what is not asked for is neither sent nor drawn.
import {get} from './api.js';
import {button, el, fill, note} from './dom.js';
import {bytes, count} from './text.js';

const WINDOW = 64 * 1024;

export function bodyView({id, run, side, signal}) {
  const place = el('div.body', {}, el('p.muted', {}, 'Reading …'));
  let raw = false;
  const load = async () => {
    const text = el('pre', {tabindex: 0, 'aria-label': `Body, ${side}`});
    const below = el('p.buttons', {});
    const more = async (offset) => {
      const page = await get(`exchanges/${id}/body`, {run, side, raw: raw ? 1 : 0, offset, limit: WINDOW}, signal);
      text.append(el('span', {}, page.text));
      const end = page.next ?? page.total;
      fill(below, page.next === null ? null
        : button(`Show more (${bytes(page.total - end)} left)`, () => more(page.next)));
      return page;
    };
    const page = await more(0);
    const toggle = button(raw ? 'Show pretty' : 'Show raw', () => { raw = !raw; load(); });
    const size = `${count(page.wire_bytes)} bytes on the wire`;
    fill(place, el('p.muted', {}, size, page.missing_bytes > 0 ? `, ${count(page.missing_bytes)} of them missing` : '',
                   raw ? ', as they were sent' : `, shown as ${page.form}`, ' ', page.wire_bytes > 0 ? toggle : null),
         page.note ? note('warn', page.note) : null, page.total > 0 ? text : null, below);
  };
  load().catch((error) => {
    if (!signal.aborted) fill(place, note(error.code === 'not_found' ? 'info' : 'bad', error.message));
  });
  return place;
}

export function headView(lines) {
  return el('pre.head', {tabindex: 0, 'aria-label': 'Head'}, lines.map((line, i) => {
    const colon = i === 0 ? -1 : line.indexOf(':');
    return [colon > 0 ? [el('b', {}, line.slice(0, colon)), line.slice(colon)] : line, '\n'];
  }));
}
