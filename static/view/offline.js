// The service worker, which keeps the page for when there is no network: see worker.js.

import { open } from '../state/app.js';

const workers = navigator.serviceWorker; // there is none over plain HTTP

export function begin() {
  if (!workers) return;
  workers.register('worker.js').catch(reportError);
  workers.onmessage = ({ data }) => data.open && open(data.open); // its notification was clicked
}

export async function notifyByWorker(title, what) {
  return (await workers.ready).showNotification(title, what);
}
