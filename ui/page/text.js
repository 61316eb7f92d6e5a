// Recorded text is hostile: what could hide or reorder what is shown is written as an escape. Every string that dom.js
// puts on the page passes through here.

// Controls, separators, what has no width or reorders text (Unicode's Default_Ignorable_Code_Point), the blank pattern of
// Braille, lone surrogates: as base/text.cc.
const UNSAFE = new RegExp([
  '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u2800\\ufff9-\\ufffb]',
  '\\p{Default_Ignorable_Code_Point}', '\\p{Cs}',
].join('|'), 'gu');

function escape(character) {
  const point = character.codePointAt(0);
  if (point < 0x100) return '\\x' + point.toString(16).padStart(2, '0');
  return point > 0xffff ? `\\u{${point.toString(16)}}` : '\\u' + point.toString(16).padStart(4, '0');
}

export const visible = (text) => String(text).replace(UNSAFE, escape);

export const count = (number) => Number(number).toLocaleString('en-US');

export const plural = (number, one, many = one + 's') => `${count(number)} ${Number(number) === 1 ? one : many}`;

export function bytes(number) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = Number(number), unit = 0;
  for (; value >= 1024 && unit + 1 < units.length; ++unit) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

// Microseconds as people read them; an absent time is a dash.
export function duration(us) {
  if (us === null || us === undefined) return '–';
  if (us < 1000) return `${us} µs`;
  if (us < 1e6) return `${(us / 1000).toFixed(us < 1e4 ? 2 : 1)} ms`;
  return us < 6e7 ? `${(us / 1e6).toFixed(2)} s` : `${Math.floor(us / 6e7)} min ${Math.round((us % 6e7) / 1e6)} s`;
}

// Microseconds since 1970, in UTC, as the reports have it.
export function when(us) {
  if (us === null || us === undefined) return '–';
  const date = new Date(us / 1000);
  return Number.isNaN(date.getTime()) ? '–' : date.toISOString().replace('T', ' ').slice(0, 19) + ' UTC';
}

export function clock(us) {
  const date = new Date(us / 1000);
  return Number.isNaN(date.getTime()) ? '–' : date.toISOString().slice(11, 23);
}

export function cut(text, most) {
  const whole = String(text);
  return whole.length <= most ? whole : whole.slice(0, most) + '…';
}
