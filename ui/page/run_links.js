// The pages of one run, for the navigation; and the evaluation that all of them show.
import {getWhenDone} from './api.js';
import {el, fill} from './dom.js';
import {count} from './text.js';

export function runNav(run, recording) {
  return [['#/', 'Overview'], [`#/runs/${run}`, `Run ${run}`],
          [`#/recordings/${recording}/exchanges?run=${run}`, 'Exchanges'], [`#/runs/${run}/noise`, 'Noise'],
          [`#/runs/${run}/latency`, 'Latency'], [`#/recordings/${recording}`, `Recording ${recording}`]];
}

// The report, or what the job that makes it has done so far.
export function reportOf({id, signal, parameters}, what) {
  const main = document.getElementById('main');
  const bar = el('progress', {'aria-label': what});
  const text = el('p', {}, what);
  let shown = false;
  return getWhenDone(`runs/${id}/report`, {against: parameters.get('against')}, signal, ({done, total}) => {
    if (!shown) fill(main, el('h1', {}, `Run ${id}`), text, bar);
    shown = true;
    bar.max = Math.max(total, 1);
    if (done > 0) bar.value = done;
    fill(text, done === 0 ? `${what}: learning what varies on its own …`
                          : `${what}: ${count(done)} of ${count(total)} responses compared`);
  }).then(({report}) => report);
}
