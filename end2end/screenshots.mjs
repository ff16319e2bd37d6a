// Pictures of every page, light and dark, wide and narrow, into results/.
import { mkdir } from 'node:fs/promises';
import { THEMES, WIDTHS } from './helpers/axe.mjs';
import { launch, open, signIn } from './helpers/browser.mjs';
import { show } from './helpers/gallery.mjs';
import { PAGES } from './helpers/pages.mjs';
import { start } from './helpers/server.mjs';

await mkdir('results', { recursive: true });
const browser = await launch();
const server = await start();
try {
  const first = await open(browser);
  const admin = await signIn(first.page, server.link);
  for (const { name, path, for: who, gallery } of PAGES) for (const scheme of THEMES) for (const width of WIDTHS) {
    const { page, context } = await open(browser, { scheme, width, state: who === 'nobody' ? undefined : admin, bypass: true });
    if (gallery) await show(context, server);
    await page.goto(server.url + path);
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: `results/${name}-${scheme}-${width}.png`, fullPage: true });
    await context.close();
  }
} finally {
  await browser.close();
  await server.stop();
}
