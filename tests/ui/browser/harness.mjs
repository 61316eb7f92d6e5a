// A viewer, a browser, and what every page must keep to: no error on the console, no request to another host.
import {spawn, execFileSync} from 'node:child_process';
import {mkdtempSync, mkdirSync, readFileSync, rmSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {chromium} from 'playwright-core';

const require = createRequire(import.meta.url);
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const {TRACEREC_BINARY, VIEWER_FILE, SCREENSHOTS} = process.env;

export function check(truth, what) {
  if (!truth) throw new Error(what);
}

// Writes a recording as long as it is told to go on.
class Recorder {
  static async start(db) {
    const recorder = new Recorder();
    recorder.process = spawn(VIEWER_FILE, [db, 'live'], {stdio: ['pipe', 'pipe', 'inherit']});
    await recorder.written();
    return recorder;
  }

  // The number of exchanges, once they are in the file.
  written() {
    return new Promise((resolve, reject) => {
      this.process.stdout.once('data', (data) => resolve(Number(data)));
      this.process.once('exit', (code) => reject(new Error(`viewer_file ended with ${code}`)));
    });
  }

  goOn() {
    this.process.stdin.write('\n');
    return this.written();
  }

  end() {
    this.process.removeAllListeners('exit');
    this.process.stdin.end();
  }
}

// The program itself, on a file of its own. Gives the address that it prints.
export class Viewer {
  static async start({live = false} = {}) {
    const viewer = new Viewer();
    viewer.folder = mkdtempSync(path.join(tmpdir(), 'tracerec-viewer-'));
    viewer.db = path.join(viewer.folder, 'shop.db');
    viewer.rules = path.join(viewer.folder, 'rules.json');
    if (live) viewer.recorder = await Recorder.start(viewer.db);
    else execFileSync(VIEWER_FILE, [viewer.db]);
    viewer.process = spawn(TRACEREC_BINARY, ['-d', viewer.db, 'ui', '--listen', '127.0.0.1:0', '--rules', viewer.rules],
                           {stdio: ['ignore', 'pipe', 'inherit']});
    viewer.address = await new Promise((resolve, reject) => {
      let text = '';
      viewer.process.stdout.on('data', (data) => {
        text += data;
        if (text.includes('\n')) resolve(text.trim());
      });
      viewer.process.on('exit', (code) => reject(new Error(`tracerec ui ended with ${code}`)));
    });
    viewer.origin = new URL(viewer.address).origin;
    return viewer;
  }

  // Ctrl-C. Gives the exit code.
  async stop() {
    const ended = new Promise((resolve) => { this.process.on('exit', resolve); });
    this.process.kill('SIGINT');
    this.recorder?.end();
    const code = await ended;
    rmSync(this.folder, {recursive: true});
    return code;
  }
}

export const launch = () => chromium.launch({executablePath: '/usr/bin/chromium', args: ['--no-sandbox']});

// A page that notes what it must not do.
export async function open(browser, viewer, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const wrong = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) wrong.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(viewer.origin + '/')) wrong.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(viewer.address);
  await page.waitForSelector('h1');
  return {page, wrong, context};
}

// Another address within the page, until it is drawn.
export async function go(page, hash) {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await settled(page);
}

// Playwright's own waitForFunction needs eval, which the page's policy forbids.
export async function until(page, holds, argument) {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await page.evaluate(holds, argument)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`it did not come: ${holds}`);
}

export async function settled(page) {
  await until(page, () => document.querySelector('main h1') &&
    document.querySelector('main').dataset.shown === location.hash && !document.querySelector('progress') &&
    !/Reading|Searching/.test(document.body.innerText));
}

export async function axe(page, where) {
  // eval is forbidden to the page; the browser's own evaluation is not.
  await page.evaluate(AXE);
  const {violations} = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}));
  const lines = violations.flatMap(({id, help, nodes}) => nodes.slice(0, 3)
    .map((node) => `${id}: ${help}: ${node.html.slice(0, 200)} ${node.failureSummary?.slice(0, 300)}`));
  check(lines.length === 0, `axe, ${where}:\n  ${lines.join('\n  ')}`);
}

export async function screenshot(page, name) {
  mkdirSync(SCREENSHOTS, {recursive: true});
  await page.screenshot({path: path.join(SCREENSHOTS, `${name}.png`), fullPage: true});
}
