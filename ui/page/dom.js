// Elements from values. Text is text: there is no way here to make markup of a string.
import {visible} from './text.js';

const PROPERTIES = new Set(['value', 'checked', 'disabled', 'type', 'htmlFor', 'required', 'selected']);

function append(parent, child) {
  if (child === null || child === undefined || child === false) return;
  if (Array.isArray(child)) child.forEach((one) => append(parent, one));
  else parent.append(child instanceof Node ? child : document.createTextNode(visible(child)));
}

// el('a.link', {href: '#/'}, 'text', …): properties, attributes, and `on…` for events.
export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (PROPERTIES.has(key)) element[key] = value;
    else element.setAttribute(key, key === 'href' ? value : visible(value));
  }
  append(element, children);
  return element;
}

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  append(element, children);
  return element;
}

export function fill(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
  return parent;
}

// A table whose columns are [title, class of its cells]. A wide one scrolls in its own box.
export function table(caption, columns, rows) {
  const head = el('tr', {}, columns.map(([title, cls]) => el('th' + (cls ? '.' + cls : ''), {scope: 'col'}, title)));
  const body = rows.map((cells) => el('tr', {}, cells.map((cell, i) => {
    const cls = columns[i][1];
    return cell instanceof HTMLTableCellElement ? cell : el('td' + (cls ? '.' + cls : ''), {}, cell);
  })));
  return el('div.scroll', {tabindex: 0, role: 'region', 'aria-label': caption},
            el('table', {}, el('caption.sr', {}, caption), el('thead', {}, head), el('tbody', {}, body)));
}

export const link = (href, ...children) => el('a', {href}, ...children);

export const button = (text, onclick, attributes = {}) => el('button', {type: 'button', onclick, ...attributes}, text);

// A list of names and values; what has no value is left out.
export function facts(pairs) {
  return el('dl.facts', {}, pairs.filter(([, value]) => value !== null && value !== undefined && value !== '')
    .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

export const note = (kind, ...children) => el('p.note.' + kind, {}, ...children);

export function details(summary, ...children) {
  return el('details', {}, el('summary', {}, summary), ...children);
}
