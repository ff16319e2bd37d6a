// axe needs to inject itself, so it runs in a context that bypasses the content security policy; nothing else does.
import { createRequire } from 'node:module';
import { open } from './browser.mjs';
import { show } from './gallery.mjs';

const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
export const THEMES = ['light', 'dark'];
export const WIDTHS = [1440, 390];

/** What axe finds on a page of PAGES, in words. */
export async function violations(browser, server, { path, gallery }, { scheme, width, state }) {
  const { page, context } = await open(browser, { scheme, width, state, bypass: true });
  try {
    if (gallery) await show(context, server);
    await page.goto(server.url + path);
    await page.addScriptTag({ path: source });
    const found = await page.evaluate(() => globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    }));
    return found.violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(' ')} (${v.help}; ${n.failureSummary?.split('\n')[1]?.trim() ?? ''})`));
  } finally {
    await context.close();
  }
}
