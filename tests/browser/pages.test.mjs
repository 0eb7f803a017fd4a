// The pages in Debian's Chromium: nothing breaks, nothing leaves, everyone can read them.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { example, hostile, served, wide } from './world.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = process.env.VIGIE_SHOTS;
const servers = [];
let browser, english, french, attack, many;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  english = example('en');
  french = example('fr');
  attack = hostile();
  many = wide();
});
after(async () => {
  servers.forEach((server) => server.end());
  await browser?.close();
});

/** Opens a page; `heard` holds what it said and asked for. */
async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  const page = await context.newPage();
  const heard = { console: [], requests: [], dialogs: 0 };
  page.on('console', (message) => heard.console.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => heard.console.push(`error: ${error.message}`));
  page.on('request', (request) => heard.requests.push(request.url()));
  page.on('dialog', (dialog) => { heard.dialogs += 1; dialog.dismiss(); });
  await page.goto(url);
  return { page, heard, close: () => context.close() };
}

function quiet(heard, url) {
  assert.deepEqual(heard.console, []);
  assert.deepEqual(heard.requests, [url.split('#')[0]], 'something but the page itself was asked for');
  assert.equal(heard.dialogs, 0);
}

const harmless = (text) => [...text].map((letter) => (/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]/u.test(letter) ? '\ufffd' : letter)).join('');

/** Spaces that do not break are spaces. */
const plain = (text) => text.replaceAll('\u00a0', ' ');

/** Every finding of the JSON can be seen: its severity, its subject, its reason. */
async function findingsAreSeen(page, json, words = true) {
  const lines = page.locator('#findings li');
  assert.equal(await lines.count(), json.verdict.findings.length);
  for (const [place, finding] of json.verdict.findings.entries()) {
    const line = lines.nth(place);
    assert.ok(await line.isVisible());
    const text = plain(await line.innerText());
    if (words) {
      assert.ok(text.includes(finding.reason), `${text} does not say ${finding.reason}`);
      assert.ok(text.includes(finding.severity));
    }
    if (finding.feature) assert.ok(text.includes(harmless(finding.feature).slice(0, 79)), text);
  }
}

const names = (page) => page.locator('#list > details:visible > summary > b').allTextContents();

describe('a report', () => {
  test('opens from disk, silent, and says every finding', async () => {
    for (const report of [english.last, english.down, attack.last, many.last]) {
      const { page, heard, close } = await open(report.url);
      await findingsAreSeen(page, report.json);
      assert.equal(plain(await page.locator('h1').innerText()), harmless(report.json.verdict.sentence));
      quiet(heard, report.url);
      await close();
    }
  });

  test('speaks French: no English sentence is left over', async () => {
    const { page, heard, close } = await open(french.last.url);
    await findingsAreSeen(page, french.last.json, false);
    // Parts that are in English only say so, for those who have them read aloud.
    await page.evaluate(() => document.querySelectorAll('[lang=en]').forEach((part) => part.remove()));
    const text = plain(await page.locator('body').innerText());
    for (const word of ['À surveiller', 'surtout :', 'Depuis quand', 'part refusée 26,2 % → 31,4 %']) assert.ok(text.includes(word), word);
    for (const word of ['features', 'Watch', 'most of it', 'window', 'rows', 'missing']) assert.ok(!text.includes(word), word);
    assert.equal(await page.locator('html').getAttribute('lang'), 'fr');
    quiet(heard, french.last.url);
    await close();
  });

  test('sorts, filters, and is worked by keyboard', async () => {
    const { page, heard, close } = await open(english.last.url);
    const before = await names(page);
    await page.getByRole('button', { name: 'feature', exact: true }).click();
    assert.deepEqual(await names(page), [...before].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
    await page.getByRole('button', { name: 'PSI' }).click();
    const wanted = [...english.last.json.features].sort((a, b) => b.psi.value - a.psi.value).slice(0, 5).map((feature) => feature.name);
    assert.deepEqual((await names(page)).slice(0, 5), wanted);
    await page.keyboard.press('/');
    await page.keyboard.type('ext_source');
    assert.deepEqual((await names(page)).sort(), before.filter((name) => name.includes('EXT_SOURCE')).sort());
    assert.equal(await page.locator('#shown').innerText(), String((await names(page)).length));
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('details[open]:visible').count(), 1);
    await page.locator('#find').fill('no such feature');
    assert.ok(await page.locator('#none').isVisible());
    await page.locator('#find').press('Escape');
    assert.equal((await names(page)).length, before.length);
    await page.locator('#only').selectOption('alarm');
    const alarms = english.last.json.features.filter((feature) => feature.severity === 'alarm').map((feature) => feature.name);
    assert.deepEqual(await names(page), alarms);
    quiet(heard, english.last.url);
    await close();
  });

  test('is whole with JavaScript off', async () => {
    for (const report of [english.last, attack.last]) {
      const { page, heard, close } = await open(report.url, { javaScriptEnabled: false });
      await findingsAreSeen(page, report.json);
      assert.equal((await names(page)).length, report.json.features.length);
      assert.ok(!(await page.locator('.tools').isVisible()), 'a tool that does nothing is shown');
      const id = await page.locator('#list > details:not([open])').first().getAttribute('id', { timeout: 1_000 }).catch(() => null);
      if (id) {
        const closed = page.locator(`#${id}`);
        await closed.locator('summary').click();
        assert.ok(await closed.locator('table').first().isVisible());
      }
      quiet(heard, report.url);
      await close();
    }
  });

  test('holds nothing of an attack', async () => {
    for (const url of [attack.last.url, attack.world.index]) {
      const { page, heard, close } = await open(url);
      assert.ok(!(await page.title()).includes('owned'));
      assert.equal(await page.locator('img').count(), 0);
      assert.ok((await page.locator('script').count()) <= 1);
      assert.ok(!/[\u202e\u001b]/.test(await page.content()), 'a mark of direction or a control is left');
      quiet(heard, url);
      await close();
    }
  });

  test('fits its weight', () => {
    const weigh = (file) => ({ bytes: statSync(file).size, zipped: gzipSync(readFileSync(file), { level: 9 }).length });
    const [usual, large] = [weigh(english.last.file), weigh(many.last.file)];
    console.log('125 features:', usual, '1,658 features:', large);
    assert.ok(usual.bytes <= 400_000 && usual.zipped <= 90_000);
    assert.ok(large.bytes <= 4_000_000);
  });

  test('is quick', async () => {
    for (const [report, paint, ready] of [[english.last, 500, 1_000], [many.last, 1_500, 3_000]]) {
      let best = { paint: Infinity, ready: Infinity };
      for (let turn = 0; turn < 3; turn += 1) {
        const { page, close } = await open(report.url);
        const took = await page.evaluate(async () => {
          await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
          const [navigation] = performance.getEntriesByType('navigation');
          return { paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity, ready: navigation.domContentLoadedEventEnd };
        });
        if (took.ready < best.ready) best = took;
        await close();
      }
      console.log(`${report.json.features.length} features: first paint ${Math.round(best.paint)} ms, interactive ${Math.round(best.ready)} ms`);
      assert.ok(best.paint <= paint && best.ready <= ready, JSON.stringify(best));
    }
  });

  test('with 1,658 features filters within a breath', async () => {
    const { page, close } = await open(many.last.url);
    const took = await page.evaluate(() => {
      const find = document.getElementById('find'), from = performance.now();
      find.value = '_77';
      find.dispatchEvent(new Event('input'));
      document.body.getBoundingClientRect();
      return performance.now() - from;
    });
    assert.ok(took < 500, `${took} ms`);
    await close();
  });
});

describe('everyone can read it', () => {
  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing serious, ${colorScheme}`, async () => {
      const pages = { report: english.last.url, attack: attack.last.url, index: english.world.index };
      if (colorScheme === 'light') pages.French = french.down.url;
      for (const [name, url] of Object.entries(pages)) {
        const { page, close } = await open(url, { colorScheme });
        await page.evaluate(axe);
        const found = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
        const bad = found.violations.filter((violation) => ['serious', 'critical'].includes(violation.impact));
        assert.deepEqual(bad.map((violation) => `${name}: ${violation.id} ${violation.nodes.length}× ${violation.nodes[0].html.slice(0, 200)} ${violation.nodes[0].failureSummary}`), []);
        const rest = found.violations.map((violation) => `${violation.id} (${violation.impact})`);
        if (rest.length) console.log(`${name}, ${colorScheme}: ${rest.join(', ')}`);
        await close();
      }
    });
  }

  test('nothing is wider than a telephone', async () => {
    for (const url of [english.last.url, english.down.url, french.last.url, attack.last.url, english.world.index, attack.world.index]) {
      const { page, close } = await open(url, { viewport: { width: 390, height: 844 } });
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390, url);
      await close();
    }
  });
});

describe('over HTTP', () => {
  test('pages keep their style and script under a strict policy, and nothing else runs', async () => {
    for (const { world, last } of [english, attack]) {
      const server = await served(world);
      servers.push(server);
      const url = new URL(last.address, server.address).href;
      const { page, heard, close } = await open(url);
      await findingsAreSeen(page, last.json);
      assert.equal(await page.locator('main').evaluate((main) => getComputedStyle(main).maxWidth), '1120px');
      assert.ok(await page.locator('.tools').isVisible(), 'the script did not run');
      assert.deepEqual(heard.console, []);
      assert.deepEqual(heard.requests, [url]);
      await page.goto(server.address);
      assert.equal(page.url(), new URL('reports/', server.address).href);
      assert.deepEqual(heard.console, []);
      await page.locator('.told a').click();
      assert.equal(decodeURIComponent(page.url()), decodeURIComponent(url));
      await page.getByRole('link', { name: 'All reports' }).click();
      assert.ok((await page.locator('h1').innerText()) === 'Reports');
      assert.deepEqual(heard.console, []);
      assert.ok(heard.requests.every((request) => request.startsWith(server.address)));
      if (process.env.VIGIE_METRICS && world === english.world) {
        writeFileSync(process.env.VIGIE_METRICS, await (await fetch(new URL('metrics', server.address))).text());
      }
      await close();
    }
  });
});

test('pictures, where VIGIE_SHOTS names a folder', { skip: !shots }, async () => {
  mkdirSync(shots, { recursive: true });
  const pages = { report: english.last.url, down: english.down.url, french: french.last.url, index: english.world.index, hostile: attack.last.url, wide: many.last.url };
  for (const [name, url] of Object.entries(pages)) {
    for (const [width, height] of [[1440, 1500], [390, 1400]]) {
      for (const colorScheme of ['light', 'dark']) {
        const { page, close } = await open(url, { viewport: { width, height }, colorScheme });
        await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`) });
        await close();
      }
    }
  }
  const { page, close } = await open(english.last.url);
  await page.pdf({ path: join(shots, 'report.pdf'), format: 'A4', preferCSSPageSize: true, printBackground: true });
  await close();
});
