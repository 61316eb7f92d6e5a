// What a person does with the viewer, in Debian's Chromium.
import {readFileSync} from 'node:fs';
import {Viewer, axe, check, go, launch, open, screenshot, settled, until} from './harness.mjs';

const PAGES = {
  overview: '#/', run: '#/runs/1', noise: '#/runs/1/noise', latency: '#/runs/1/latency', recording: '#/recordings/1',
  exchanges: '#/recordings/1/exchanges?run=1', exchange: '#/exchanges/1?run=1', hostile: '#/exchanges/40?run=1',
  locked: null, missing: '#/exchanges/999999',
};
const HIDDEN = /[\u0000-\u0008\u001b\u0080-\u009f\u200b\u202a-\u202e\u2066-\u2069]/;
const LARGE = 43;  // the exchange with 10 MiB
const text = (page) => page.evaluate(() => document.querySelector('main').innerText);

// Failing run → finding → diff → approve → the gate passes.
async function approves(browser, viewer) {
  const {page, wrong} = await open(browser, viewer);
  await page.click('text=Look at run 1, the newest');
  await settled(page);
  check((await text(page)).startsWith('Failed Run 1'), 'the run failed');
  check((await text(page)).includes('customer → customerName'), 'the rename is one cause');
  await page.click('.finding:has-text("customerName") .links a');
  await settled(page);
  await page.waitForSelector('td.ins');
  check((await page.textContent('table.diff')).includes('customerName'), 'the difference is shown');
  await page.goBack();
  await settled(page);
  for (let left = await page.locator('.finding').count(); left > 0; --left) {
    await page.click('.finding button:has-text("Approve")');
    await page.keyboard.type('accepted in a test');  // the reason has the focus
    await page.waitForSelector('.change');
    const shown = await page.textContent('.change');
    await page.click('form.approve button[type=submit]');
    await until(page, (before) => document.querySelectorAll('.finding').length < before, left);
    const line = shown.split('\n')[0].slice(2).trim();
    check(readFileSync(viewer.rules, 'utf8').includes(line.replace(/,$/, '')), `in the file, too: ${line}`);
  }
  check((await text(page)).startsWith('Passed Run 1'), 'the gate passes');
  await page.reload();
  await settled(page);
  check((await text(page)).startsWith('Passed Run 1'), 'the gate passes after loading again');
  return wrong;
}

// A learned location becomes exact: a rule is written, and what it allowed is a finding.
async function decides(browser, viewer) {
  const {page, wrong} = await open(browser, viewer);
  await go(page, '#/runs/1/noise');
  await page.click('button:has-text("Make exact")');
  await page.keyboard.type('must stay as it is');
  await page.waitForSelector('.change');
  await page.click('form.approve button[type=submit]');
  await page.waitForSelector('text=Compare again by these rules');
  check(readFileSync(viewer.rules, 'utf8').includes('"path": "$.load", "exact": true'), 'the rule is in the file');
  await go(page, '#/runs/1');
  check((await text(page)).includes('$.load'), 'and is followed');
  return wrong;
}

async function filters(browser, viewer) {
  const {page, wrong} = await open(browser, viewer);
  await go(page, '#/recordings/1/exchanges?run=1');
  await page.fill('#f-path', '/orders/');
  await page.keyboard.press('Enter');
  await until(page, () => location.hash.includes('path='));
  await settled(page);
  check((await text(page)).includes('12 exchanges of'), 'by path: ' + await text(page));
  await go(page, '#/recordings/1/exchanges?run=1&new_status=5xx');
  check((await text(page)).includes('1 exchange of'), 'by status');
  await go(page, '#/recordings/1/exchanges?text=ANNA');
  check((await text(page)).includes('1 exchange of'), 'by text');
  await go(page, '#/runs/1');
  await go(page, '#/recordings/1/exchanges?run=1&differing=1&path=/catalog');
  check((await text(page)).includes('12 exchanges of'), 'differing');
  await go(page, '#/recordings/1/exchanges?path=/nothing');
  check((await text(page)).includes('No exchange is like this'), 'an empty list says what to do');
  return wrong;
}

// The page answers while ten mebibytes are there, and draws a part of them.
async function large(browser, viewer) {
  const {page, wrong} = await open(browser, viewer);
  await go(page, `#/exchanges/${LARGE}?run=1`);
  await page.waitForSelector('td.ins');
  check((await page.textContent('td.ins >> nth=0')).includes('bbbb'), 'the one line that differs, of half a million');
  await page.click('role=tab[name="Recorded response"]');
  await page.waitForSelector('.body pre');
  const length = () => page.evaluate(() => document.querySelector('.body pre').textContent.length);
  const first = await length();
  check(first > 1000 && first <= 128 * 1024, `a window is drawn: ${first}`);
  await page.click('.body button:has-text("Show more")');
  await until(page, (before) => document.querySelector('.body pre').textContent.length > before, first);
  check(await length() <= 2 * 128 * 1024, 'and one more');
  return wrong;
}

async function hostile(browser, viewer) {
  const {page, wrong} = await open(browser, viewer);
  for (const id of [39, 40, 41, 42]) {
    await go(page, `#/exchanges/${id}?run=1`);
    for (const tab of await page.locator('role=tab').all()) {
      await tab.click();
      await settled(page);
      check(!HIDDEN.test(await text(page)), `exchange ${id}: what reorders or hides text is not there itself`);
    }
    check(!(await page.title()).includes('owned'), 'nothing of it was run');
    check(await page.locator('main script, main img, main svg, main a[href^="javascript"]').count() === 0, 'no markup');
  }
  await go(page, '#/exchanges/39?run=1');
  check((await text(page)).includes('<script>document.title=1</script>'), 'the target is text');
  await go(page, '#/exchanges/40?run=1');
  await page.waitForSelector('td.ins');
  const shown = await text(page);
  check(shown.includes('\\u202e') || shown.includes('\\xe2\\x80\\xae'), 'what reorders text is an escape');
  await go(page, '#/runs/1');
  check((await text(page)).includes('\\xe2\\x80\\xae') && !HIDDEN.test(await text(page)), 'in findings, too');
  await go(page, '#/recordings/1/exchanges?run=1&path=hostile');
  return wrong;
}

async function keyboard(browser, viewer) {
  const {page, wrong} = await open(browser, viewer);
  await go(page, '#/exchanges/1?run=1');
  await page.focus('role=tab >> nth=0');
  await page.keyboard.press('ArrowRight');
  const chosen = await page.evaluate(() => document.activeElement.getAttribute('aria-selected'));
  check(chosen === 'true', 'arrows change tabs');
  await page.keyboard.press('Tab');
  check(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle) !== 'none', 'focus is seen');
  return wrong;
}

// A recorder writes while its recording is looked at.
async function live(browser, viewer) {
  const {page, wrong} = await open(browser, viewer);
  const shows = async (exchanges) => until(page, (wanted) => {
    const facts = [...document.querySelectorAll('.facts div')].map((one) => one.innerText);
    return facts.some((one) => one.startsWith('Exchanges') && one.includes(`${wanted},`));
  }, exchanges);
  await go(page, '#/recordings/1');
  await shows(38);
  check((await text(page)).includes('Live: this recording has no end yet'), 'it says that it is live');
  check(await viewer.recorder.goOn() === 76, 'more came');
  await shows(76);
  check((await text(page)).includes('All 76 exchanges'), 'the link follows');
  await until(page, () => document.querySelectorAll('table')[0].innerText.includes('GET /catalog\t24'));
  await screenshot(page, 'live-light-1280');
  await axe(page, 'live');
  await go(page, '#/recordings/1/exchanges');
  check((await text(page)).includes('76'), 'the exchanges can be looked at, too');
  await go(page, '#/recordings/1');
  viewer.recorder.end();
  await until(page, () => !document.body.innerText.includes('Live:'));
  return wrong;
}
live.options = {live: true};

// Everything in both themes and two widths: no violation, and no page wider than the window.
async function looks(browser, viewer) {
  const all = [];
  for (const colorScheme of ['light', 'dark']) {
    const {page, wrong, context} = await open(browser, viewer, {colorScheme, viewport: {width: 1280, height: 900}});
    for (const [name, hash] of Object.entries(PAGES)) {
      if (hash === null) await page.evaluate(() => { localStorage.clear(); location.hash = '#/runs/1?locked'; });
      else await go(page, hash);
      await settled(page);
      for (const width of [1280, 390]) {
        await page.setViewportSize({width, height: 900});
        await page.reload();  // some pages are laid out by the width that they begin with
        await settled(page);
        await screenshot(page, `${name}-${colorScheme}-${width}`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        check(wide <= width, `${name} is ${wide} pixels wide at ${width}`);
        await axe(page, `${name} ${colorScheme} ${width}`);
      }
      await page.setViewportSize({width: 1280, height: 900});
      if (hash === null) {
        check((await text(page)).startsWith('Locked'), 'without the token it is locked');
        await page.goto(viewer.address);
        await page.reload();
        await settled(page);
      }
    }
    // What the browser itself says of a response that is an error; both pages are there to show one.
    all.push(...wrong.filter((one) => !/status of (401|404)/.test(one)));
    await context.close();
  }
  return all;
}

const browser = await launch();
let failed = 0;
const tests = [looks, decides, filters, large, hostile, keyboard, live, approves];
const only = process.env.ONLY; // the name of one of them
for (const test of tests.filter(({name}) => !only || name === only)) {
  const viewer = await Viewer.start(test.options);
  const started = Date.now();
  try {
    const wrong = await test(browser, viewer);
    check(wrong.length === 0, wrong.join('\n'));
    const code = await viewer.stop();
    check(code === 0, `tracerec ui ended with ${code}`);
    console.log(`ok   ${test.name} ${Date.now() - started} ms`);
  } catch (error) {
    failed += 1;
    console.log(`FAIL ${test.name}: ${error.stack}`);
    if (viewer.process.exitCode === null) await viewer.stop();
  }
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
