// Chromium, and what makes a page fail a journey: a violation of the content security policy, an error in the console.
import { chromium } from 'playwright-core';

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});

/** A page that remembers what went wrong on it. `expected` lists console errors a journey provokes on purpose. */
export async function open(browser, { script = true, width = 1440, height = 900, scheme = 'light', state, bypass = false, expected = [] } = {}) {
  const context = await browser.newContext({
    javaScriptEnabled: script, viewport: { width, height }, colorScheme: scheme, storageState: state, bypassCSP: bypass,
    reducedMotion: 'reduce', hasTouch: width < 600,
  });
  const troubles = [];
  const page = await context.newPage();
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (e) => console.error(`policy violation: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
  });
  page.on('console', (m) => {
    if (m.type() === 'error' && !expected.some((part) => m.text().includes(part))) troubles.push(m.text());
  });
  page.on('pageerror', (e) => troubles.push(String(e)));
  return { page, context, troubles };
}

/** Uses a one-time link as a person would, and returns what the browser keeps. */
export async function signIn(page, link) {
  await page.goto(link);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor({ state: 'attached' });
  return page.context().storageState();
}

/** Resolves when the islands of the page are awake. */
export const awake = (page) => page.waitForFunction(() => document.documentElement.classList.contains('scripted'));
