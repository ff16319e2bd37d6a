// The gallery of parts (app/examples/gallery.rs), shown with the server's own style: seen before any page uses them.
import { readFile } from 'node:fs/promises';

const FILE = process.env.GALLERY;

/** Makes `<server>/gallery` answer with the gallery in this browser context. */
export async function show(context, server) {
  const shell = await (await fetch(`${server.url}/sign-in`)).text();
  const icons = shell.match(/data-icons="([^"]+)"/)[1];
  const head = [...shell.matchAll(/<link rel="(?:stylesheet|icon)"[^>]*>/g)].map((m) => m[0]).join('');
  const html = (await readFile(FILE, 'utf8')).replace('{HEAD}', head).replaceAll('<use href="#', `<use href="${icons}#`);
  await context.route(`${server.url}/gallery`, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: html }));
}
