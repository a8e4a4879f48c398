// Keeps the crisis page where the network is cut: the worker fetches it once, ahead. Nothing else of ours is ever kept.
navigator.serviceWorker?.register("/sw.js").catch(() => {});
