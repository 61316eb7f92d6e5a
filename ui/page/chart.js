// Bars, drawn by hand: few enough to need no library.
import {el, svg} from './dom.js';
import {count} from './text.js';

const WIDTH = 640, HEIGHT = 120, FOOT = 18;

// series: [{name, values, cls}], drawn behind each other; labels: [[index, text]]. `describe` says what it shows.
export function bars(describe, series, labels = []) {
  const length = Math.max(1, ...series.map(({values}) => values.length));
  const most = Math.max(1, ...series.flatMap(({values}) => values));
  const step = WIDTH / length;
  const picture = svg('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT + FOOT}`, role: 'img', class: 'chart',
                              'aria-label': describe, preserveAspectRatio: 'none'});
  series.forEach(({values, cls}, k) => values.forEach((value, i) => {
    if (value === 0) return;
    const height = Math.max(1, (value / most) * (HEIGHT - 4));
    const wide = (step * 0.86) / series.length;
    picture.append(svg('rect', {x: i * step + step * 0.07 + k * wide, y: HEIGHT - height, width: wide, height,
                                class: cls}, svg('title', {}, count(value))));
  }));
  picture.append(svg('line', {x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT, class: 'axis'}));
  const ticks = el('div.ticks', {'aria-hidden': 'true'}, labels.map(([, text]) => el('span', {}, text)));
  const legend = series.length > 1
    ? el('p.legend', {}, series.map(({name, cls}) => el('span.' + cls, {}, name))) : null;
  return el('figure.plot', {}, legend, picture, ticks);
}
