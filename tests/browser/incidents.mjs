// Pictures of the example's further days for readers who know nothing else: `node incidents.mjs FOLDER [en|fr]`.
//
// Protocol: someone who has seen neither the code nor the README gets the pictures of one letter at a time, and answers
// `questions.md` for each before the next. The wide and the narrow pictures go to different readers. Then the answers are
// compared with `key.json`, which the readers do not get. An answer that the page leaves open counts as open, not as right.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { incidents } from './world.mjs';

const [folder, language = 'en'] = process.argv.slice(2);
if (!folder || !['en', 'fr'].includes(language)) {
  console.error('usage: node incidents.mjs FOLDER [en|fr]');
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

// Letters that do not follow the order of the days.
const days = incidents(language);
const order = days.map((day, place) => ({ day, key: ((place + 1) * 5) % (days.length + 1) })).sort((a, b) => a.key - b.key);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const key = {};
for (const [place, { day }] of order.entries()) {
  const letter = String.fromCharCode(65 + place);
  for (const [width, height] of [[1440, 1000], [390, 844]]) {
    const page = await browser.newPage({ viewport: { width, height } });
    await page.goto(day.url);
    await page.screenshot({ path: join(folder, `${letter}-${width}.png`) });
    // Rows far below are laid out only when they are scrolled to.
    await page.addStyleTag({ content: 'details{content-visibility:visible!important}' });
    await page.screenshot({ path: join(folder, `${letter}-${width}-whole.png`), fullPage: true });
    await page.close();
  }
  const { date, what, severity, stories, findings } = day.expected;
  key[letter] = { date, what, severity, stories, findings, told: day.json.verdict.sentence };
}
await browser.close();

const questions = [
  'Is this a reason to worry today? (no / look into it / act now)',
  'What happened? Name the features or the part of the service.',
  'Since when? (the day; a time of day if one is given)',
  'Is the cause in the pipeline or in the applicants? (pipeline / population / the page says that it is not clear)',
  'What would you do first?',
];
const letters = Object.keys(key);
writeFileSync(join(folder, 'questions.md'), letters.map((letter) => `## ${letter}\n\n${questions.map((text, place) => `${place + 1}. ${text}\n   \n`).join('')}`).join('\n'));
writeFileSync(join(folder, 'key.json'), `${JSON.stringify(key, null, 2)}\n`);
console.log(`${letters.length} days, ${4 * letters.length} pictures in ${folder}`);
