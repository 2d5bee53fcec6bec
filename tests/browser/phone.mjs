// A phone: Chromium at 390 x 844 with a fresh profile, which talks to the platform alone and tells what went wrong.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { base } from './platform.mjs';

const WIDTH = 390;
const HEIGHT = 844;
const screenshots = join(import.meta.dirname, 'screenshots');

export async function takePhone(story) {
  mkdirSync(screenshots, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width: WIDTH, height: HEIGHT },
    hasTouch: true,
    isMobile: true,
    locale: 'zh-CN',
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const faults = [];
  let pictures = 0;

  page.on('pageerror', (error) => faults.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy|\[Vue warn\]/i.test(message.text())) faults.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol !== 'data:' && origin !== base) faults.push(`asked for ${request.url()}`);
  });

  return {
    page,
    faults,
    // The whole page as it looks on a phone that is tall enough; nothing may stick out at the side.
    async photograph(name) {
      pictures += 1;
      const [width, height] = await page.evaluate(() => [
        document.documentElement.scrollWidth,
        document.documentElement.scrollHeight,
      ]);
      await page.setViewportSize({ width: WIDTH, height: Math.max(HEIGHT, height) });
      await page.screenshot({ path: join(screenshots, `${story}-${String(pictures).padStart(2, '0')}-${name}.png`) });
      await page.setViewportSize({ width: WIDTH, height: HEIGHT });
      assert.ok(width <= WIDTH, `${name}: the page is ${width} pixels wide and the phone ${WIDTH}`);
    },
    async cutNetwork() {
      await context.setOffline(true);
      await page.route('**/api/**', (route) => route.abort('internetdisconnected'));
    },
    // The pages come again, the API does not: the program can be loaded as from a cache, and nothing else works.
    async restorePagesOnly() {
      await context.setOffline(false);
    },
    async restoreNetwork() {
      await context.setOffline(false);
      await page.unroute('**/api/**');
    },
    async putAway() {
      await browser.close();
    },
  };
}
