// What is written into the rules file: shown first, then written.
import {post} from './api.js';
import {button, el, fill, note} from './dom.js';

let forms = 0;

function field(label, attributes) {
  const id = `field-${++forms}`;
  return [el('div.field', {}, el('label', {htmlFor: id}, label), el('input', {id, ...attributes})), id];
}

// path: where it is sent; value: what besides the fields; withTerms: owner and expiry, too. done(result) comes after
// writing.
export function approveForm({path, value, done, withTerms = true}) {
  const preview = el('div', {'aria-live': 'polite'});
  const [reason] = field('Reason (reviewers read it)', {type: 'text', required: true, name: 'reason', maxlength: 500,
                                                        autocomplete: 'off'});
  const [owner] = field('Owner (whom to ask)', {type: 'text', name: 'owner', maxlength: 100, autocomplete: 'off'});
  const [expires] = field('Expires (last day)', {type: 'date', name: 'expires'});
  const write = button('Write to the rules file', null, {disabled: true});
  write.type = 'submit';
  write.classList.add('primary');

  const read = () => {
    const given = {...value};
    for (const input of form.querySelectorAll('input')) {
      if (input.value.trim() !== '') given[input.name] = input.value.trim();
    }
    return given;
  };
  let asked = 0;
  const show = async () => {
    const mine = ++asked;
    write.disabled = true;
    if (!read().reason) return fill(preview, el('p.muted', {}, 'Say why; then this shows what is written.'));
    try {
      const change = await post(path, read());
      if (mine !== asked) return undefined;
      write.disabled = false;
      return fill(preview, el('p', {}, 'This is written into ', el('code', {}, change.file), ':'),
                  el('pre.change', {tabindex: 0, 'aria-label': 'What is written'}, change.lines.join('\n')));
    } catch (error) {
      return mine === asked ? fill(preview, note('bad', error.message)) : undefined;
    }
  };
  const submit = async (event) => {
    event.preventDefault();
    if (write.disabled) return;
    write.disabled = true;
    try {
      await done(await post(path, {...read(), write: true}));
    } catch (error) {
      fill(preview, note('bad', error.message));
    }
  };
  let timer = 0;
  const form = el('form.approve', {onsubmit: submit, oninput: () => {
    write.disabled = true;
    clearTimeout(timer);
    timer = setTimeout(show, 150);
  }}, el('div.fields', {}, reason, withTerms ? [owner, expires] : null), preview, el('p', {}, write));
  show();
  return form;
}
