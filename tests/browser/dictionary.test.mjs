// The page of a reference with a data dictionary, in Chromium: what each feature is, for the mouse, the keyboard, screen readers
// and phones.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { described, SCRIPT } from './world.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = process.env.VIGIE_SHOTS;
let browser, english, french;

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
  english = described('en');
  french = described('fr');
});
after(() => browser?.close());

/** Opens a page and records its console output, requests and dialogs. */
async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  const page = await context.newPage();
  const observed = [];
  page.on('console', (message) => observed.push(message.text()));
  page.on('pageerror', (error) => observed.push(error.message));
  page.on('dialog', (dialog) => { observed.push('dialog'); dialog.dismiss(); });
  page.on('request', (request) => { if (request.url() !== url) observed.push(request.url()); });
  await page.goto(url);
  return { page, observed, close: () => context.close() };
}

describe('a report with a data dictionary', () => {
  test('shows the sentence as text and runs none of it', async () => {
    for (const { url, json } of [english, french]) {
      const { page, observed, close } = await open(url);
      const age = json.features.findIndex((feature) => feature.name === 'AGE');
      assert.ok(json.features[age].description.includes(SCRIPT));
      const row = page.locator(`#f${age}`);
      await row.evaluate((details) => { details.open = true; });
      assert.ok((await row.locator('.about').textContent()).includes(json.features[age].description));
      assert.equal(await row.locator('summary b').getAttribute('title'), json.features[age].description);
      assert.ok(!(await page.title()).includes('owned'));
      assert.deepEqual(observed, []);
      await close();
    }
  });

  test('describes each row to screen readers, and shows the sentence to the keyboard', async () => {
    const { page, close } = await open(english.url);
    const rows = page.locator('#list > details > summary[aria-describedby]');
    assert.equal(await rows.count(), english.json.features.filter((feature) => feature.description).length);
    await page.evaluate(() => document.querySelectorAll("#list > details").forEach((one) => { one.open = false; }));
    const row = rows.last();
    const id = await row.getAttribute('aria-describedby');
    const sentence = await page.locator(`#${id}`).textContent();
    const title = await row.locator('b').getAttribute('title');
    assert.ok(sentence.startsWith(title), `${sentence} does not begin with ${title}`);
    const shown = () => row.locator('b').evaluate((name) => getComputedStyle(name, '::after').content);
    assert.equal(await shown(), 'none');
    await page.locator('#find').focus();
    for (let step = 0; step < 60 && !(await row.evaluate((one) => one === document.activeElement)); step += 1) await page.keyboard.press('Tab');
    assert.ok((await shown()).includes(title));
    await page.keyboard.press('Enter');
    assert.equal(await shown(), 'none', 'an open row shows the sentence only once');
    assert.ok(await page.locator(`#${id}`).isVisible());
    await close();
  });

  test('finds features by their sentence', async () => {
    const { page, close } = await open(english.url);
    await page.fill('#find', 'OPEN CREDITS');
    assert.deepEqual((await page.locator('#list > details:visible > summary > b').allTextContents()).sort(), ['BUREAU_AMOUNT', 'BUREAU_OPEN']);
    await close();
  });

  test('names the source table of a finding in both languages', async () => {
    for (const [{ url }, words] of [[english, 'source table: bureau'], [french, 'table source : bureau']]) {
      const { page, close } = await open(url);
      const text = (await page.locator('#findings').innerText()).replaceAll('\u00a0', ' ');
      assert.ok(text.includes(words), text);
      await close();
    }
  });

  for (const [name, options] of [['light', {}], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: { width: 360, height: 780 } }], ['french phone', { viewport: { width: 360, height: 780 } }]]) {
    test(`is accessible and fits, ${name}`, async () => {
      const { page, close } = await open((name.startsWith('french') ? french : english).url, options);
      await page.evaluate(() => document.querySelectorAll('#list > details').forEach((row) => { row.open = true; }));
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= page.viewportSize().width, 'the page is wider than the screen');
      await page.evaluate(axe);
      const found = await page.evaluate(() => axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
      const serious = found.violations.filter((one) => ['serious', 'critical'].includes(one.impact));
      assert.deepEqual(serious.map((one) => `${one.id}: ${one.nodes[0].html}`), []);
      if (shots) {
        mkdirSync(shots, { recursive: true });
        await page.screenshot({ path: join(shots, `dictionary-${name.replace(' ', '-')}.png`), fullPage: true });
      }
      await close();
    });
  }
});
